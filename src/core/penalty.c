/* SPDX-License-Identifier: ISC */
#include "core/penalty.h"

enum {
	FAILED_KNOWN_MS = 30 * 1000,
	FAILED_MIN_MS = 5 * 60 * 1000,
	FAILED_MAX_MS = 2 * 60 * 60 * 1000,
	HELD_MIN_MS = 30 * 1000,
	HELD_MAX_MS = 5 * 60 * 1000,
	RETRY_AFTER_MIN_S = 5,
	RETRY_AFTER_MAX_S = 60 * 60,
};

enum penalty_meaning
penalty_meaning(int sip_code)
{
	if (sip_code >= 200 && sip_code < 300)
		return PENALTY_ACCEPTS;
	if (sip_code == 401 || sip_code == 407)
		return PENALTY_CHALLENGES;
	if (sip_code == 423)
		return PENALTY_TOO_BRIEF;
	if (sip_code == 408 || sip_code == 480 || sip_code >= 500)
		return PENALTY_PUTS_OFF;
	return PENALTY_REFUSES;
}

static int64_t
doubled(int64_t wait_ms, int64_t first_ms, int64_t most_ms)
{
	if (wait_ms < first_ms)
		return first_ms;
	return wait_ms * 2 < most_ms ? wait_ms * 2 : most_ms;
}

static int64_t
longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* part (0..all) of a duration, chosen by 32 random bits */
static int64_t
drawn(int64_t all_ms, uint32_t draw)
{
	return (int64_t)(((uint64_t)all_ms * draw) >> 32);
}

void
penalty_fail(struct penalty *p, int sip_code, int64_t retry_after_ms, struct instant now)
{
	if (p->accepted_before && p->failed_wait_ms == 0)
		p->failed_wait_ms = FAILED_KNOWN_MS;
	else
		p->failed_wait_ms = doubled(p->failed_wait_ms, FAILED_MIN_MS, FAILED_MAX_MS);
	p->kind = PENALTY_FAILED;
	p->by_answer = true;
	p->credentials = sip_code == 401 || sip_code == 403 || sip_code == 407;
	p->sip_code = sip_code;
	p->free_at = instant_add(now, longer(p->failed_wait_ms, retry_after_ms));
}

void
penalty_hold(struct penalty *p, int sip_code, int64_t retry_after_ms, uint32_t draw, struct instant now)
{
	int64_t wait_ms, least_ms;

	p->held_wait_ms = doubled(p->held_wait_ms, HELD_MIN_MS, HELD_MAX_MS);
	wait_ms = p->held_wait_ms / 2 + drawn(p->held_wait_ms / 2, draw);
	least_ms = retry_after_ms + drawn(retry_after_ms / 10, draw);
	p->by_answer = sip_code != 0;
	p->free_at = instant_add(now, longer(wait_ms, least_ms));
	if (p->kind == PENALTY_FAILED)
		return;			/* it has fared no better (B16) */
	p->kind = PENALTY_HELD;
	p->sip_code = sip_code;
}

void
penalty_accept(struct penalty *p)
{
	*p = (struct penalty){ .accepted_before = true };
}

void
penalty_lift(struct penalty *p, struct instant now)
{
	p->failed_wait_ms = 0;
	p->held_wait_ms = 0;
	p->free_at = instant_min(p->free_at, now);
}

void
penalty_seen_up(struct penalty *p, struct instant now)
{
	if (p->kind != PENALTY_NONE && !p->by_answer)
		p->free_at = instant_min(p->free_at, now);
}

bool
penalty_blocks(const struct penalty *p, struct instant now)
{
	return p->kind != PENALTY_NONE && !instant_due(p->free_at, now);
}

int64_t
penalty_retry_after_ms(uint64_t seconds)
{
	if (seconds < RETRY_AFTER_MIN_S)
		seconds = RETRY_AFTER_MIN_S;
	if (seconds > RETRY_AFTER_MAX_S)
		seconds = RETRY_AFTER_MAX_S;
	return (int64_t)seconds * 1000;
}
