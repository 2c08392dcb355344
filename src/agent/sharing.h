/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_SHARING_H
#define SIPKEEPD_AGENT_SHARING_H

/*
 * Which accounts share a serverspec that is a name with others: those spread over its equals (B6).
 */

#include <stdbool.h>

#include "agent/config.h"

/* Zeroed: nobody uses a name yet. */
struct sharing {
	struct name_use *uses;
};

/* First all accounts are counted. Returns false without memory. */
bool sharing_count(struct sharing *sharing, const struct account_config *account);

/* Then each can be asked about: one of its names is another one's, too. */
bool sharing_shares(const struct sharing *sharing, const struct account_config *account);

void sharing_fini(struct sharing *sharing);

#endif
