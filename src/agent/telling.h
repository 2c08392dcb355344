/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_TELLING_H
#define SIPKEEPD_AGENT_TELLING_H

/*
 * What a server has to tell the accounts that have it as a candidate. There may be a hundred thousand of them: some are
 * told at once, the others as the backlog is worked off. Whoever chooses before it is told sees the server as it is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct agent;
struct candidate;
struct server;

enum telling_what {			/* bits */
	TELLING_STATE = 1,		/* all choose anew */
	TELLING_UP = 2,			/* waits that its silence began are over (B41) */
	TELLING_REFRESH = 4,		/* who is there registers anew */
	TELLING_ADDRESS = 8,		/* our packets to it leave from another address now (B62) */
};

/* Part of a server. Zeroed: nothing to tell. */
struct telling {
	unsigned what;
	struct candidate *next;		/* to be told; those behind it follow */
	TAILQ_ENTRY(server) link;	/* of the agent's list, while what is not 0 */
};

TAILQ_HEAD(telling_list, server);

/* Begins, or begins anew; what others have not been told yet is told with it. */
void telling_begin(struct server *server, unsigned what);

/* That is not so any more: who was not told of it yet will not be. */
void telling_forget(struct server *server, unsigned what);

/* Goes on with so many accounts. Returns false if there was nothing to tell. */
bool telling_go_on(struct agent *agent, size_t count);

/* The candidate leaves its server. */
void telling_leave(struct candidate *candidate);

#endif
