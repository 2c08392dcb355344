/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_SAVEDSTATE_H
#define SIPKEEPD_AGENT_SAVEDSTATE_H

/*
 * What lives on in state-dir (B55): the file "key", of the Contacts' parameters (B40), written once; and the file
 * "state", with the DNS answers that are believed, all that call servers may hold for the accounts, and the drained
 * servers. It is written when that changes, a second later, once in five at most; a refresh is no change. Whatever goes
 * wrong with it is one warning.
 */

struct account;
struct agent;
struct savedstate;

/* Touches no file yet. NULL without memory. */
struct savedstate *savedstate_new(struct agent *agent);
void savedstate_free(struct savedstate *state);		/* writes nothing; NULL is fine, as it is everywhere below */

/* ---- The start. ---- */

/*
 * Reads the key, or makes it, into the agent; reads the state: the names remember its answers, the agent what is
 * drained. Before any name is watched.
 */
void savedstate_read(struct savedstate *state);

/* What an earlier run has left at call servers for this account becomes its own: before its list is built. */
void savedstate_recall(struct savedstate *state, struct account *account);

/* All accounts have had theirs; what was kept for others is forgotten. */
void savedstate_started(struct savedstate *state);

/* ---- While it runs. ---- */

/* The account has acted: is there something else to keep for it? */
void savedstate_look(struct savedstate *state, struct account *account);

/* The account goes. */
void savedstate_gone(struct savedstate *state, const struct account *account);

/* The end of an event. */
void savedstate_settle(struct savedstate *state);

/* Writes now, if there is something to write. */
void savedstate_flush(struct savedstate *state);

#endif
