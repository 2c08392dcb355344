/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_VERDICT_H
#define SIPKEEPD_AGENT_VERDICT_H

/*
 * What the end of a REGISTER leaves with the account and the candidate: a grant, a refusal, a hold-off (B15, B16,
 * B18, B33), and the record of it (B73). What follows from it is chosen in settle_account().
 */

#include <stdint.h>

struct account;
struct attempt_outcome;
struct candidate;
struct server;

void verdict_accepted(struct account *account, struct candidate *candidate, const struct attempt_outcome *outcome);
void verdict_not_accepted(struct account *account, struct candidate *candidate,
    const struct attempt_outcome *outcome);

/* The end of an unregister, whatever it was for. */
void verdict_unregistered(struct account *account, const struct candidate *candidate,
    const struct attempt_outcome *outcome);

/* A server wants no REGISTERs for a while, as it told another account (B42). */
void verdict_hold_off(struct account *account, const struct server *server, int sip_code, int64_t retry_after_ms);

#endif
