/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_EXPLAIN_H
#define SIPKEEPD_CONTROL_EXPLAIN_H

/*
 * Why an account is where it is, since when, and what would change it (B74), from account_explain():
 *
 *	100@example.com: registered, active 192.0.2.2 for 4m02s
 *	  why: a better server has not been seen up
 *	  came there: the server before it went down
 *	  P1:1  192.0.2.1  down  down for 4m02s (silence); taken once it is up
 *	  P2:1  192.0.2.2  up*  the choice; if it went down: 192.0.2.3
 *	  P3:1  192.0.2.3  up  less preferred
 */

#include "agent/agent.h"
#include "base/str.h"
#include "control/status.h"

/* Appends it. Returns 0 or -ENOMEM. */
int explain_write(const struct account *account, enum status_form form, struct strbuf *to);

#endif
