/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_WAYS_H
#define SIPKEEPD_AGENT_WAYS_H

/*
 * The network as the agent sees it (B60-B62): which servers there is a way to, for which accounts that amounts to a
 * network that is down, and whose evidence counts meanwhile. It tells servers and accounts what has changed by marking
 * them; freezing and thawing is the accounts' own doing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/network.h"

struct account;
struct agent;
struct server;
struct ways;

/* Where the kernel does not tell, everything is taken for reachable. NULL without memory. */
struct ways *ways_new(struct agent *agent);
void ways_free(struct ways *ways);		/* NULL is fine */

/* Looks at the way to a new server. */
void ways_learn(struct server *server);

/* Looks at everything anew; accounts that it touches are unsettled. */
void ways_look(struct agent *agent);

/*
 * Something speaks for or against a server: does it count? Takes in first what the kernel has told meanwhile.
 *
 * unreachable   the evidence is that nobody can be reached: the way is looked at itself
 * Returns false while the network is down for all accounts that use the server (B60).
 */
bool ways_judge(struct server *server, bool unreachable);

/*
 * Silence, while the kernel is just asking whether the router is still there: not before it knows. That takes it some
 * seconds.
 */
bool ways_doubt(const struct server *server);

enum network_state ways_network(const struct account *account);

/* A random wait, 5 s at most, for one of so many that go on together. */
int64_t ways_spread_ms(size_t count);

#endif
