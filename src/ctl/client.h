/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CTL_CLIENT_H
#define SIPKEEPD_CTL_CLIENT_H

/* The tool's end of the control socket (control/control.h): one request, its answer's first line, then the body. */

#include <stdbool.h>
#include <stdio.h>

#include "base/str.h"

/* What the tool ends with, unless a command has its own words for it. */
enum {
	EXIT_REFUSED = 1,	/* by the daemon; a wait that timed out */
	EXIT_USAGE = 2,
	EXIT_NO_DAEMON = 3,
};

struct client {
	int fd;
	int timeout_ms;		/* for each piece of the answer; -1: as long as it takes */
	struct strbuf in;	/* what has come */
	size_t at;		/* what of it was taken */
	char why[600];		/* what did not work, in words, one line */
	int error;		/* errno of that; 0: it was none */
	bool broke_off;		/* the answer has no end */
};

/*
 * Asks, and reads the answer's first line; client_fini() in any case.
 *
 * words     of the request, up to a NULL
 * patient   the answer may take as long as it takes
 * Returns 0; or one of the above, `why` filled. A body follows EXIT_REFUSED, too.
 */
int client_ask(struct client *client, const char *path, char *const words[], bool patient);
void client_fini(struct client *client);

/* "sipkeepctl: " and why, to standard error. */
void client_complain(const struct client *client);

/*
 * The next line of the body, terminated in place of its newline, borrowed until the next call.
 *
 * Returns NULL at the end of the answer, and with `broke_off` and `why` set when that came too early.
 */
char *client_line(struct client *client, size_t *len);

/* More has come already: the next call may not have to wait. */
bool client_has_more(const struct client *client);

#endif
