/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_CONTROL_H
#define SIPKEEPD_CONTROL_CONTROL_H

/*
 * The control socket: one request line a connection (control/request.h), answered by "ok" or "error CODE text" on
 * the first line, then the body, then the end of the connection. sipkeepctl(1) is its client.
 *
 *	CODE			means
 *	usage			no request, or one that makes no sense
 *	no-such-account		there is no such account
 *	no-such-server		no account uses such a server
 *	refused			the new configuration is not in force; the body says why, one finding a line
 *	timeout			wait: it did not come true in time
 *	busy			too many are waiting or following already
 *	no-memory
 *
 * Long answers are written as the client takes them (control/readings.h): what waits for one client is bounded however
 * many accounts there are. A command is an entry in the tables of request.c (how it is said) and commands.c (what it
 * does), and one in the tool's.
 *
 * Whoever may connect may ask for everything; the socket's permissions decide who may.
 */

#include <stdbool.h>

#include "agent/agent.h"
#include "base/str.h"
#include "net/loop.h"
#include "net/stream.h"

struct control;

struct control_hooks {
	/*
	 * Reads the configuration anew and applies it (B71); if that is under way, it is done once more after it. What
	 * comes of it is told by control_reload_begins() and control_reload_ends().
	 */
	void (*reload)(void *arg);
	void *arg;
	const char *version;		/* of the program; must outlive it */
	const char *state_dir;		/* for the journal; NULL: none. Not needed after control_new() */
};

/*
 * Listens, at a path and to the agent.
 *
 * place   as in stream_listen()
 * error   on failure: why (256 bytes)
 * Returns NULL on failure.
 */
struct control *control_new(struct loop *loop, struct agent *agent, const struct stream_place *place,
    const struct control_hooks *hooks, char error[256]);

/* A reload begins, whoever wanted it. */
void control_reload_begins(struct control *control);

/*
 * It is over.
 *
 * good     the new configuration is in force
 * report   what happened, whole lines, or NULL
 */
void control_reload_ends(struct control *control, bool good, const char *report);

/* Reads the journal: not earlier, as the file belongs to who the daemon has become, and root follows no link of theirs. */
void control_begin(struct control *control);

/* Before its agent and its loop. Who still waits is closed without an answer. NULL is fine. */
void control_free(struct control *control);

#endif
