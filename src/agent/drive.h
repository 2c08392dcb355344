/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_DRIVE_H
#define SIPKEEPD_AGENT_DRIVE_H

/*
 * The machine of an account (core/registration.h), driven: an event goes in, and the actions that come out are done,
 * until nothing more follows: REGISTERs sent and given up, moves, the end of a REGISTER. When it is driven, and by what,
 * is decided in settle.h.
 */

#include <stdbool.h>

#include "base/instant.h"
#include "core/registration.h"

struct account;
struct attempt;
struct candidate;
struct clienttx_result;

/* until   as registration_step() wants it with that event; INSTANT_NEVER: none */
void drive_machine(struct account *account, enum registration_event event, struct instant until);

/* A transaction of one of its attempts has ended. */
void drive_on_result(struct account *account, struct attempt *attempt, const struct clienttx_result *result);

/* What is under way is dropped without a verdict; it goes on as soon as its network is up (B60). */
void drive_freeze(struct account *account);

/* It is there, or on its way there, from now on; NULL: nowhere. */
void drive_set_active(struct account *account, struct candidate *candidate);

/* The unregister that nobody waits for is given up. candidate: only one to that; NULL: whichever. */
void drive_drop_background(struct account *account, const struct candidate *candidate);

/* A registrar may hold something for the account where it is. */
bool drive_is_bound(const struct account *account);

/* After a freeze: the active one has granted, and neither a refusal nor a hold-off forbids to ask it again. */
bool drive_may_go_on(const struct account *account);

#endif
