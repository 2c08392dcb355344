/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_DRAIN_H
#define SIPKEEPD_AGENT_DRAIN_H

/*
 * Servers that the admin has drained: each account takes one only when nothing else will do, and leaves it as soon as
 * another one is up and free (B74). Kept by peer until undrained, so that neither a reload nor a name that leads
 * elsewhere for a while forgets it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"

struct drains {
	struct peer *peers;
	size_t count;
	unsigned version;		/* another one, and higher, after each change */
};

bool drains_has(const struct drains *drains, const struct peer *peer);
void drains_fini(struct drains *drains);

#endif
