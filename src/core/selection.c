/* SPDX-License-Identifier: ISC */
#include "core/selection.h"

/* B31: up before unknown before down. */
static int
class_of(const struct selection_candidate *c)
{
	switch (c->health) {
	case HEALTH_UP:
		return 0;
	case HEALTH_UNKNOWN:
		return 1;
	case HEALTH_DOWN:
		break;
	}
	return 2;
}

static bool
is_free(const struct selection_candidate *c, struct instant now)
{
	return !c->blocked || instant_due(c->free_at, now);
}

bool
selection_better(const struct selection_candidate *a, const struct selection_candidate *b)
{
	return a->rank != b->rank ? a->rank < b->rank : a->priority < b->priority;
}

static bool
equal(const struct selection_candidate *a, const struct selection_candidate *b)
{
	return a->rank == b->rank && a->priority == b->priority;
}

/* By rank, priority and the account's own order, whatever their state. */
static bool
preferred(const struct selection_candidate *a, const struct selection_candidate *b)
{
	return equal(a, b) ? a->order < b->order : selection_better(a, b);
}

/* a is taken before b, by B31; neither is the active one. */
static bool
taken_before(const struct selection_candidate *a, const struct selection_candidate *b)
{
	if (class_of(a) != class_of(b))
		return class_of(a) < class_of(b);
	return preferred(a, b);
}

/* The free one that comes first by B31; `except` (-1: nobody) is left out. Returns -1 if there is none. */
static int
first_free(const struct selection_candidate *c, size_t count, int except, struct instant now)
{
	int best = -1;

	for (int i = 0; i < (int)count; i++)
		if (i != except && is_free(&c[i], now) && (best < 0 || taken_before(&c[i], &c[best])))
			best = i;
	return best;
}

static struct instant
earliest_release(const struct selection_candidate *c, size_t count, struct instant now)
{
	struct instant earliest = INSTANT_NEVER;

	for (size_t i = 0; i < count; i++)
		if (!is_free(&c[i], now))
			earliest = instant_min(earliest, c[i].free_at);
	return earliest;
}

/* Every candidate is left out: the one whose time comes first. */
static struct selection
wait_for_one(const struct selection_candidate *c, size_t count)
{
	int first = 0;

	for (int i = 1; i < (int)count; i++)
		if (instant_before(c[i].free_at, c[first].free_at) ||
		    (c[i].free_at.ms == c[first].free_at.ms && taken_before(&c[i], &c[first])))
			first = i;
	return (struct selection){ .chosen = first, .reason = SELECTION_WAIT, .look_again = c[first].free_at };
}

/* The active one is free and not down; is there a better one to go back to (B38)? */
static struct selection
stay_or_go_back(const struct selection_candidate *c, size_t count, int active, int64_t stable_ms, struct instant now)
{
	bool unlisted = c[active].rank == SELECTION_UNLISTED;
	struct selection stay = { active, SELECTION_BEST, earliest_release(c, count, now) };
	int target = -1, passed = -1;

	for (int i = 0; i < (int)count; i++) {
		struct instant stable_at = instant_add(c[i].health_since, unlisted ? 0 : stable_ms);
		enum selection_reason why_not;

		if (i == active)
			continue;
		if (equal(&c[i], &c[active]) && stay.reason == SELECTION_BEST)
			stay.reason = SELECTION_EQUAL;
		if (!selection_better(&c[i], &c[active]))
			continue;
		if (!is_free(&c[i], now)) {
			why_not = SELECTION_BETTER_BLOCKED;
		} else if (c[i].health != HEALTH_UP) {
			why_not = SELECTION_BETTER_UNPROVEN;
		} else if (!instant_due(stable_at, now)) {
			why_not = SELECTION_BETTER_UNSTABLE;
			stay.look_again = instant_min(stay.look_again, stable_at);
		} else {
			if (target < 0 || taken_before(&c[i], &c[target]))
				target = i;
			continue;
		}
		if (passed < 0 || preferred(&c[i], &c[passed])) {	/* the reason is the most preferred one's */
			passed = i;
			stay.reason = why_not;
		}
	}
	if (target < 0)
		return stay;
	return (struct selection){ target,
		unlisted ? SELECTION_DELISTED : SELECTION_FAILBACK, stay.look_again };
}

struct selection
selection_choose(const struct selection_candidate *c, size_t count, int active, int64_t stable_ms, struct instant now)
{
	struct instant release = earliest_release(c, count, now);
	int best, other;

	if (count == 0)
		return (struct selection){ -1, SELECTION_NONE, INSTANT_NEVER };
	best = first_free(c, count, -1, now);
	if (best < 0)
		return wait_for_one(c, count);
	if (active < 0)
		return (struct selection){ best, SELECTION_FIRST, release };
	if (!is_free(&c[active], now))
		return (struct selection){ best,
			c[active].health == HEALTH_DOWN ? SELECTION_DOWN : SELECTION_REFUSED, release };

	other = first_free(c, count, active, now);
	if (c[active].silent && other >= 0 && c[other].health == HEALTH_UP)
		return (struct selection){ other, SELECTION_SILENT, release };
	if (c[active].health != HEALTH_DOWN)
		return stay_or_go_back(c, count, active, stable_ms, now);
	if (other >= 0 && c[other].health != HEALTH_DOWN)
		return (struct selection){ other, SELECTION_DOWN, release };
	return (struct selection){ active, SELECTION_ALONE, release };
}

const char *
selection_reason_str(enum selection_reason reason)
{
	static const char *const text[SELECTION_REASONS] = {
		[SELECTION_NONE] = "no-candidate",
		[SELECTION_FIRST] = "first",
		[SELECTION_BEST] = "best",
		[SELECTION_EQUAL] = "equal",
		[SELECTION_BETTER_UNPROVEN] = "better-unproven",
		[SELECTION_BETTER_UNSTABLE] = "better-unstable",
		[SELECTION_BETTER_BLOCKED] = "better-blocked",
		[SELECTION_ALONE] = "alone",
		[SELECTION_DOWN] = "active-down",
		[SELECTION_SILENT] = "active-silent",
		[SELECTION_REFUSED] = "active-refused",
		[SELECTION_FAILBACK] = "failback",
		[SELECTION_DELISTED] = "active-delisted",
		[SELECTION_WAIT] = "wait",
	};

	return text[reason];
}

const char *
selection_reason_text(enum selection_reason reason)
{
	static const char *const text[SELECTION_REASONS] = {
		[SELECTION_NONE] = "no server is known",
		[SELECTION_FIRST] = "the most preferred server there was to try",
		[SELECTION_BEST] = "the most preferred server",
		[SELECTION_EQUAL] = "as good as any; no move among equals",
		[SELECTION_BETTER_UNPROVEN] = "a better server has not been seen up",
		[SELECTION_BETTER_UNSTABLE] = "a better server has not been up for long enough",
		[SELECTION_BETTER_BLOCKED] = "a better server refused this account, put it off or did not answer it",
		[SELECTION_ALONE] = "down, but no other server is better off",
		[SELECTION_DOWN] = "the server before it went down",
		[SELECTION_SILENT] = "the server before it left a REGISTER unanswered",
		[SELECTION_REFUSED] = "the server before it refused this account, put it off or did not answer it",
		[SELECTION_FAILBACK] = "back to a better server",
		[SELECTION_DELISTED] = "the server before it is no longer listed",
		[SELECTION_WAIT] = "every server refused this account, put it off or did not answer it; waiting",
	};

	return text[reason];
}
