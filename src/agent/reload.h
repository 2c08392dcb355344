/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_RELOAD_H
#define SIPKEEPD_AGENT_RELOAD_H

/*
 * Another set of accounts in place of the present one, in two halves: all that can fail, then all that is done
 * (B71).
 */

#include <stdbool.h>
#include <stddef.h>

struct account;
struct agent;
struct config_box;

struct reload {
	struct config_box *box;
	struct account **accounts;	/* as configured: known ones and new ones */
	bool *known;
	bool *shared;
	size_t count;
};

/* Makes what is needed; nothing is touched. Returns false without memory, all freed. */
bool reload_prepare(struct reload *reload, struct agent *agent, struct config_box *box);

/* Puts it in place: starts new accounts, stops those that are gone. Nothing of it fails. */
void reload_adopt(struct reload *reload, struct agent *agent);

#endif
