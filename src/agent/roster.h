/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_ROSTER_H
#define SIPKEEPD_AGENT_ROSTER_H

/*
 * The list of an account's candidates, from its server field: names watched, the list built anew when they lead
 * elsewhere, known candidates kept with what is known of them (B50).
 */

#include <stdbool.h>

struct account;
struct candidate;
struct peer;

/* Watches the names of the present configuration, and no others. */
void roster_watch(struct account *account);

/*
 * Builds the list anew. A candidate that is not listed any more stays, as SELECTION_UNLISTED, while the account
 * needs it. Without memory the old list stays.
 */
void roster_rebuild(struct account *account);

/*
 * A server that an earlier run has left a binding at: on the list as SELECTION_UNLISTED, until that is built anew.
 * NULL without memory, and for a server that cannot be reached or is our own.
 */
struct candidate *roster_add_unlisted(struct account *account, const struct peer *peer, const char *name);

/*
 * Counts the account where it would be by B6 and B31 if all servers were up and took it; nowhere once it was removed
 * from the configuration. After the list, or that, has changed.
 */
void roster_expect(struct account *account);

/* The candidate is about to be freed. */
void roster_forget(struct account *account, const struct candidate *candidate);

/* Another number when one of its names has changed since roster_rebuild(). */
unsigned roster_names_changes(const struct account *account);

/* Frees the unlisted ones that nothing needs any more. */
void roster_prune(struct account *account);

/*
 * A name has not been answered yet that is of better rank than everything on the list which is neither down nor drained
 * (B32).
 */
bool roster_awaits_better(const struct account *account);

/* Asks for the names again while no server is up, once a minute at most (B50). */
void roster_look_again(struct account *account);

/* The timers have changed: its servers look them up anew. */
void roster_forget_timing(struct account *account);

/* The credentials have changed: nonces and what the servers made of them do not count. */
void roster_forget_nonces(struct account *account);

void roster_fini(struct account *account);

#endif
