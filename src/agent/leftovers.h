/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_LEFTOVERS_H
#define SIPKEEPD_AGENT_LEFTOVERS_H

/*
 * Bindings that an account left behind where its unregister was not answered, or could not be sent: taken back once
 * the server answers again (B40).
 */

#include <stdbool.h>

struct account;

/* Sends the next unregister in the background, if there is one to send and nothing in its way. */
void leftovers_clean_up(struct account *account);

/* Some registrar may still hold a binding of the account (B43). */
bool leftovers_any(const struct account *account);

#endif
