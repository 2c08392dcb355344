/* SPDX-License-Identifier: ISC */
#ifndef CALLSERVER_COMMANDS_H
#define CALLSERVER_COMMANDS_H

/*
 * The line protocol: one command a line, answered by one line "ok" or "error TEXT"; `bindings` and `stats` say
 * a line for each item before it. commands_help() lists them all.
 */

#include <stddef.h>
#include <stdio.h>

#include "server.h"

struct commands {
	struct site *site;
	struct server **servers;
	size_t count;
	FILE *to;
};

enum command_end {
	COMMAND_DONE,
	COMMAND_REFUSED,
	COMMAND_QUIT,
};

/* line   without its newline; taken apart in place */
enum command_end commands_run(const struct commands *commands, char *line);

void commands_help(FILE *to);

#endif
