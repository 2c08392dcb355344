/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CHOICE_H
#define SIPKEEPD_AGENT_CHOICE_H

/*
 * Where an account should be: its whole table put before selection_choose(), and what comes out told in the words of
 * the registration machine.
 */

#include "core/registration.h"

struct account;

/*
 * Sets account->selection and account->chosen.
 *
 * until   for REGISTRATION_EV_WAIT
 */
enum registration_event choice_make(struct account *account, struct instant *until);

#endif
