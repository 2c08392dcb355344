/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_STATUSTABLE_H
#define SIPKEEPD_CONTROL_STATUSTABLE_H

/*
 * The accounts, one a line:
 *
 *	ACCOUNT                      STATE        ACTIVE               FOR  SERVERS
 *	100@example.com              registered   192.0.2.1          4m02s  P1:1 up*  P2:1 up
 */

#include "agent/agent.h"
#include "base/str.h"

#define STATUSTABLE_SERVERS_MAX 8	/* of an account; how many more there are is said */

void statustable_head(struct strbuf *to);
void statustable_row(struct strbuf *to, const struct account *account);

#endif
