/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_STATUS_H
#define SIPKEEPD_CONTROL_STATUS_H

/*
 * The status of everything, as text for people and as JSON for programs (B70). Written from agent.h's status
 * structures only, account by account, so that a big configuration never stands in memory twice.
 *
 * Text:
 *	sipkeepd: generation 1, up 1h02m, accounts 1, registered 1, servers 2
 *
 *	100@example.com: registered, active 172.29.102.138, granted 300 s, refresh in 3m58s, redundant: yes
 *	  why: the sentence of selection_reason_text()
 *	  P1:1  172.29.102.138  up*
 *	  P2:1  172.29.102.139  up
 *
 * What other people wrote (SIP reasons, DNS errors) comes out without control characters, JSON in valid UTF-8.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/agent.h"
#include "base/str.h"
#include "control/accountfilter.h"
#include "control/accountwalk.h"

enum status_form {
	STATUS_TEXT,
	STATUS_JSON,
};

/*
 * Writes the status.
 *
 * only   this account alone, or NULL for all
 * put    called for each piece; in text every piece is made of whole lines. Anything but 0 ends the writing.
 * Returns 0, what put returned, or -ENOMEM.
 */
int status_write(const struct agent *agent, const struct account *only, enum status_form form,
    int (*put)(void *arg, const char *bytes, size_t len), void *arg);

/*
 * The same piece by piece, for a reader who takes his time. Accounts may come and go in between: who is there all the
 * time is shown once, and JSON stays whole. Counts at its beginning are of the time of the first piece.
 */
struct status_walk {
	const struct agent *agent;
	enum status_form form;
	bool table;			/* text only: one line an account (statustable.h); may be set after the init */
	enum {
		STATUS_WALK_HEAD,
		STATUS_WALK_ACCOUNTS,
		STATUS_WALK_TAIL,
		STATUS_WALK_END,
	} stage;
	const struct accountfilter *filter;	/* NULL: all accounts */
	struct accountwalk place;
	size_t accounts;		/* shown so far */
	size_t matched;			/* that the filter lets through so far */
};

void status_walk_init(struct status_walk *walk, const struct agent *agent, enum status_form form);
void status_walk_fini(struct status_walk *walk);

/*
 * Appends the next piece.
 *
 * only     as above; looked at with the first piece only
 * enough   after so many bytes the account that is being written is the piece's last
 * Returns 1 if more follows, 0 if that was all, or -ENOMEM.
 */
int status_walk(struct status_walk *walk, const struct account *only, size_t enough, struct strbuf *to);

#define STATUS_DURATION_SIZE 24

/* "0s", "58s", "4m58s", "1h02m", "3d04h". Negative counts as 0. Returns text. */
const char *status_duration_str(int64_t s, char text[STATUS_DURATION_SIZE]);

#endif
