/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_RELOAD_H
#define SIPKEEPD_AGENT_RELOAD_H

/*
 * Another set of accounts in place of the present one, in two halves: all that can fail, then all that is done (B71).
 * Each half goes account by account, and other events may come between any two of them: until the second half begins
 * they meet the old accounts alone, then those of both that are already what they shall be, and the others still as
 * they were.
 */

#include <stdbool.h>
#include <stddef.h>

struct agent;
struct config_box;
struct reload;

/*
 * Accounts as in the box. One at a time; it is the agent's (agent->reload) until it is over.
 *
 * Returns NULL without memory.
 */
struct reload *reload_begin(struct agent *agent, struct config_box *box);

/*
 * Goes on with so many accounts.
 *
 * error   on failure: why
 * Returns 1 if more is to be done, 0 if all is (the reload is freed), -ECANCELED if nothing has been done nor will be
 * (it is freed, too).
 */
int reload_go_on(struct reload *reload, size_t accounts, char error[256]);

/* The agent is about to end: what has begun to be done is done, what has not is dropped. NULL is fine. */
void reload_hurry(struct reload *reload);

/* Drops it wherever it is. NULL is fine. */
void reload_free(struct reload *reload);

#endif
