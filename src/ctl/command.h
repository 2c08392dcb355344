/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CTL_COMMAND_H
#define SIPKEEPD_CTL_COMMAND_H

/* What the tool can do: one entry of the table in sipkeepctl.c for each command. */

#include <stdbool.h>

struct command {
	const char *name;
	const char *arguments;		/* as the help shows them; "" for none */
	const char *help;
	/*
	 * words   the command and its arguments, up to a NULL
	 * Returns the exit status.
	 */
	int (*run)(const char *socket, char *words[]);
};

#endif
