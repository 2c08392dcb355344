/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CORE_PENALTY_H
#define SIPKEEPD_CORE_PENALTY_H

/*
 * What one account has met with its REGISTERs at one server, and how long that server is left out for it: refused
 * (`failed`, B15, B16) or held off (B18). Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"

enum penalty_kind {
	PENALTY_NONE,
	PENALTY_FAILED,		/* the server refuses this account */
	PENALTY_HELD,		/* it did not answer, or that it cannot now */
};

struct penalty {
	enum penalty_kind kind;		/* shown until a REGISTER there fares better, even when its time is over */
	struct instant free_at;		/* left out until then */
	bool by_answer;			/* an answer began it: it runs out, whatever OPTIONS says (B41) */
	bool credentials;		/* 401, 403 or 407 (B16) */
	int sip_code;			/* the answer; 0: silence */
	bool accepted_before;		/* a REGISTER was accepted there since the start */
	int64_t failed_wait_ms;		/* last wait; 0: none yet */
	int64_t held_wait_ms;
};

/* What a final answer to REGISTER means. Source: B15, B18, B33, B35, B36. */
enum penalty_meaning {
	PENALTY_ACCEPTS,	/* 2xx */
	PENALTY_CHALLENGES,	/* 401, 407 */
	PENALTY_TOO_BRIEF,	/* 423 */
	PENALTY_REFUSES,	/* the other 4xx, and 3xx */
	PENALTY_PUTS_OFF,	/* 408, 480, 5xx, 6xx */
};

enum penalty_meaning penalty_meaning(int sip_code);

/*
 * The account was refused.
 *
 * retry_after_ms   as clamped by penalty_retry_after_ms(); 0: none
 *
 * Source: B16: 5 min (30 s the first time where it was accepted before), doubling to 2 h.
 */
void penalty_fail(struct penalty *p, int sip_code, int64_t retry_after_ms, struct instant now);

/*
 * It was put off, or not answered at all (sip_code 0).
 *
 * draw   a random number of the caller's, all 32 bits: the wait is between half and all of 30 s doubling to 5 min,
 *        and not before Retry-After plus up to a tenth
 *
 * Source: B18.
 */
void penalty_hold(struct penalty *p, int sip_code, int64_t retry_after_ms, uint32_t draw, struct instant now);

/* A REGISTER was accepted: nothing is left of it. */
void penalty_accept(struct penalty *p);

/* On request, or after a reload that changed the account: free now, and the waits begin anew (B16, B74). */
void penalty_lift(struct penalty *p, struct instant now);

/* The server was seen to come up: ends a wait that silence began (B41). */
void penalty_seen_up(struct penalty *p, struct instant now);

bool penalty_blocks(const struct penalty *p, struct instant now);

/* Retry-After in seconds to milliseconds, between 5 s and 1 h (B14). */
int64_t penalty_retry_after_ms(uint64_t seconds);

#endif
