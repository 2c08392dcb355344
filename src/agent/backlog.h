/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_BACKLOG_H
#define SIPKEEPD_AGENT_BACKLOG_H

/*
 * The end of each event, agent_settle() of agent_private.h, and what of it is left for the next turns of the loop: one
 * event can touch a hundred thousand accounts, and meanwhile the loop must go on. So only so many of them are dealt
 * with in one turn; the others stay unsettled, which does no harm, as an account always chooses by all there is.
 */

#include <stdbool.h>
#include <stddef.h>

struct agent;

#define BACKLOG_SLICE 64	/* accounts in one turn: some milliseconds if each of them sends a REGISTER */

/* Returns false without memory. */
bool backlog_init(struct agent *agent);
void backlog_fini(struct agent *agent);		/* forgets what is left */

/* Names lead elsewhere: each account looks whether it watches one of them. */
void backlog_names_changed(struct agent *agent);

/* All accounts are to be stopped, until agent->stop_by at the latest (B43). */
void backlog_stop_all(struct agent *agent);

#endif
