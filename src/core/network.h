/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CORE_NETWORK_H
#define SIPKEEPD_CORE_NETWORK_H

/*
 * Is the local network down for an account? From what the kernel knows of the ways to its servers. Pure.
 *
 * Source: B61.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/path.h"

enum network_way {			/* to one address */
	NETWORK_WAY,
	NETWORK_NO_WAY,			/* no route over an interface that is up, has carrier and an address */
	NETWORK_ROUTER_FAILED,		/* there is one, over a router that does not answer */
};

enum network_state {			/* for one account */
	NETWORK_UP,			/* a way to some of its servers; the others are down then, each for itself */
	NETWORK_DOWN,			/* no way to any */
	NETWORK_ROUTERS_FAILED,		/* ways, but over routers alone that do not answer */
};

enum network_way network_way(const struct path *path);

/* ways: to each of its candidates; while it has none, to each name server. Of none at all nothing is known: up. */
enum network_state network_judge(const enum network_way *ways, size_t count);

/* For the log: "no way to any server". */
const char *network_state_text(enum network_state state);
const char *network_state_str(enum network_state state);	/* the word for programs */

#endif
