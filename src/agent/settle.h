/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_SETTLE_H
#define SIPKEEPD_AGENT_SETTLE_H

/*
 * What an account does at the end of an event that has touched it: freeze or thaw (B60), what has come due, the choice,
 * a refresh that is wanted, what it left behind; then its timer is armed for the next time.
 */

struct account;

/* Chooses and acts until nothing more follows. For agent_settle() only. */
void settle_account(struct account *account);

#endif
