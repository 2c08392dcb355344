/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_JOURNAL_H
#define SIPKEEPD_CONTROL_JOURNAL_H

/*
 * What went wrong, as incidents and not as single transitions: when it began and ended, how long it took to find it
 * and until the accounts were registered again. The newest JOURNAL_KEPT are kept in memory and in the file "journal" of
 * state-dir, over restarts. As text a line each, the oldest first:
 *
 *	2026-11-22T15:25:44Z server-down udp:192.0.2.1:5060 (silence): found after 8.5 s, 12 accounts, 12 registered
 *	again within 9.1 s, over after 5m02s
 *
 *	kind		about		begins				ends
 *	server-down	a server	first packet that it left	it is up, or unknown
 *					unanswered
 *	refused		a server	an account is refused or held	as many have registered again, or nothing more
 *					off there			came in ten minutes
 *	network-down	-		an account is frozen		as many go on
 *	dns-failed	a question	a lookup fails			an answer
 */

#include "agent/agent.h"
#include "control/status.h"
#include "net/loop.h"

#define JOURNAL_KEPT 256
#define JOURNAL_WRITE_MS (60 * 1000) /* flash wears */

struct journal;

/*
 * Listens to the agent, which must outlive it.
 *
 * state_dir   NULL: kept in memory only
 * write_ms    the file is written that long after a change, and at the end: JOURNAL_WRITE_MS
 * NULL without memory.
 */
struct journal *journal_new(struct loop *loop, struct agent *agent, const char *state_dir, int64_t write_ms);

/* Before anything is recorded. A file that is broken is one warning, and is written anew. */
void journal_read(struct journal *journal);

void journal_free(struct journal *journal);	/* writes what is not written yet; NULL is fine */

void journal_write(struct journal *journal, enum status_form form, struct strbuf *to);

#endif
