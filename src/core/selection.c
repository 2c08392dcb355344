/* SPDX-License-Identifier: ISC */
#include "core/selection.h"

/* B31: up before unknown before down. B74: a drained one last, but before one that cannot serve at all. */
static int
class_of(const struct selection_candidate *c)
{
	switch (c->health) {
	case HEALTH_UP:
		return c->drained ? 2 : 0;
	case HEALTH_UNKNOWN:
		return c->drained ? 3 : 1;
	case HEALTH_DOWN:
		break;
	}
	return c->drained ? 5 : 4;
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

/* The active one is drained, free and not down: away to the best that is proven up, whatever its place (B74). */
static struct selection
leave_drained(const struct selection_candidate *c, size_t count, int active, struct instant now)
{
	struct selection leave = { -1, SELECTION_DRAINED, earliest_release(c, count, now) };

	leave.chosen = first_free(c, count, active, now);
	if (leave.chosen >= 0 && c[leave.chosen].health == HEALTH_UP && !c[leave.chosen].drained)
		return leave;
	return (struct selection){ active, SELECTION_DRAINED_ALONE, leave.look_again };
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
		if (c[i].drained) {
			why_not = SELECTION_BETTER_DRAINED;
		} else if (!is_free(&c[i], now)) {
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
	if (c[active].health != HEALTH_DOWN && c[active].drained)
		return leave_drained(c, count, active, now);
	if (c[active].health != HEALTH_DOWN)
		return stay_or_go_back(c, count, active, stable_ms, now);
	if (other >= 0 && c[other].health != HEALTH_DOWN)
		return (struct selection){ other, SELECTION_DOWN, release };
	return (struct selection){ active, SELECTION_ALONE, release };
}

/* ---- why, and why not (B74) ---- */

/* Why not that one: what is wrong with itself first, then how it compares with the chosen one. */
static struct selection_view
look_at(const struct selection_candidate *c, int i, int active, const struct selection *s, int64_t stable_ms,
    struct instant now)
{
	const struct selection_candidate *it = &c[i], *chosen = &c[s->chosen];
	struct instant stable_at = instant_add(it->health_since, stable_ms);
	struct selection_view view = { .verdict = SELECTION_IS_WORSE, .until = INSTANT_NEVER };

	if (!is_free(it, now)) {
		view.verdict = SELECTION_IS_BLOCKED;
		view.until = it->free_at;
	} else if (i == active && it->health != HEALTH_DOWN && s->reason == SELECTION_SILENT) {
		view.verdict = SELECTION_IS_SILENT;
	} else if (it->drained) {
		view.verdict = SELECTION_IS_DRAINED;
	} else if (it->health == HEALTH_DOWN) {
		view.verdict = SELECTION_IS_DOWN;
	} else if (i == active) {
		view.verdict = SELECTION_IS_LEFT;
	} else if (it->health == HEALTH_UNKNOWN && (chosen->health == HEALTH_UP || s->chosen == active) &&
	    (!preferred(chosen, it) || chosen->drained)) {
		view.verdict = SELECTION_IS_UNPROVEN;
	} else if (selection_better(it, chosen) && !instant_due(stable_at, now)) {
		view.verdict = SELECTION_IS_UNSTABLE;
		view.until = stable_at;
	} else if (equal(it, chosen)) {
		view.verdict = SELECTION_IS_EQUAL;
	}
	return view;
}

/* The choice with one candidate as another one. */
static int
chosen_with(struct selection_candidate *c, size_t count, int active, int64_t stable_ms, struct instant now, int i,
    struct selection_candidate as)
{
	struct selection_candidate was = c[i];
	int chosen;

	c[i] = as;
	chosen = selection_choose(c, count, active, stable_ms, now).chosen;
	c[i] = was;
	return chosen;
}

struct selection
selection_explain(struct selection_candidate *c, size_t count, int active, int64_t stable_ms, struct instant now,
    struct selection_view *views, int *if_down)
{
	struct selection s = selection_choose(c, count, active, stable_ms, now);
	struct selection_candidate as;

	for (int i = 0; i < (int)count; i++) {
		views[i] = (struct selection_view){ SELECTION_IS_CHOSEN, INSTANT_NEVER, true };
		if (i == s.chosen)
			continue;
		views[i] = look_at(c, i, active, &s, stable_ms, now);
		as = c[i];
		as.health = HEALTH_UP;
		as.health_since = instant_add(now, -stable_ms);
		as.silent = as.blocked = as.drained = false;
		views[i].would_be_chosen = chosen_with(c, count, active, stable_ms, now, i, as) == i;
	}
	if (if_down == NULL)
		return s;
	*if_down = s.chosen;
	if (s.chosen >= 0) {
		as = c[s.chosen];
		as.health = HEALTH_DOWN;
		*if_down = chosen_with(c, count, s.chosen, stable_ms, now, s.chosen, as);
	}
	return s;
}

const char *
selection_verdict_str(enum selection_verdict verdict)
{
	static const char *const text[SELECTION_VERDICTS] = {
		[SELECTION_IS_CHOSEN] = "chosen",
		[SELECTION_IS_BLOCKED] = "blocked",
		[SELECTION_IS_DRAINED] = "drained",
		[SELECTION_IS_DOWN] = "down",
		[SELECTION_IS_UNPROVEN] = "unproven",
		[SELECTION_IS_UNSTABLE] = "unstable",
		[SELECTION_IS_SILENT] = "silent",
		[SELECTION_IS_LEFT] = "left",
		[SELECTION_IS_EQUAL] = "equal",
		[SELECTION_IS_WORSE] = "worse",
	};

	return text[verdict];
}

const char *
selection_verdict_text(enum selection_verdict verdict)
{
	static const char *const text[SELECTION_VERDICTS] = {
		[SELECTION_IS_CHOSEN] = "the choice",
		[SELECTION_IS_BLOCKED] = "refused this account, put it off or did not answer it",
		[SELECTION_IS_DRAINED] = "drained on request",
		[SELECTION_IS_DOWN] = "down",
		[SELECTION_IS_UNPROVEN] = "not seen up yet",
		[SELECTION_IS_UNSTABLE] = "not up for long enough yet",
		[SELECTION_IS_SILENT] = "leaves the first REGISTER unanswered",
		[SELECTION_IS_LEFT] = "the account is about to leave it",
		[SELECTION_IS_EQUAL] = "as good; no move among equals",
		[SELECTION_IS_WORSE] = "less preferred",
	};

	return text[verdict];
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
		[SELECTION_BETTER_DRAINED] = "better-drained",
		[SELECTION_DRAINED_ALONE] = "drained-alone",
		[SELECTION_ALONE] = "alone",
		[SELECTION_DOWN] = "active-down",
		[SELECTION_SILENT] = "active-silent",
		[SELECTION_REFUSED] = "active-refused",
		[SELECTION_FAILBACK] = "failback",
		[SELECTION_DELISTED] = "active-delisted",
		[SELECTION_DRAINED] = "active-drained",
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
		[SELECTION_BETTER_DRAINED] = "a better server is drained",
		[SELECTION_DRAINED_ALONE] = "drained, but no other server is up and free",
		[SELECTION_ALONE] = "down, but no other server is better off",
		[SELECTION_DOWN] = "the server before it went down",
		[SELECTION_SILENT] = "the server before it left a REGISTER unanswered",
		[SELECTION_REFUSED] = "the server before it refused this account, put it off or did not answer it",
		[SELECTION_FAILBACK] = "back to a better server",
		[SELECTION_DELISTED] = "the server before it is no longer listed",
		[SELECTION_DRAINED] = "the server before it is drained",
		[SELECTION_WAIT] = "every server refused this account, put it off or did not answer it; waiting",
	};

	return text[reason];
}
