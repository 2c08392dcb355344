/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_FLOW_H
#define SIPKEEPD_AGENT_FLOW_H

/*
 * What becomes of the way to a call server while nothing is asked: pings that keep a NAT binding open, and a connection
 * that ends idle (B20). Parts of struct server.
 */

#include <stdbool.h>

struct server;

/* Returns false without memory. */
bool flow_init(struct server *server);
void flow_fini(struct server *server);

/* Other accounts, or other settings of theirs: when is the next ping? */
void flow_plan(struct server *server);

/* Its connection has ended with nothing unanswered: the accounts that are there refresh, once a minute at most. */
void flow_ended(struct server *server);

#endif
