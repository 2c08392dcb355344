/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CORE_SELECTION_H
#define SIPKEEPD_CORE_SELECTION_H

/*
 * Which candidate an account should be on, and why: one pure function over the whole table, asked at every event
 * (B31, B38, B39).
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/instant.h"
#include "core/health.h"

#define SELECTION_UNLISTED 5	/* rank of an active candidate that is no longer listed: any other is better */

struct selection_candidate {
	enum health_state health;
	struct instant health_since;	/* when it entered that state */
	bool silent;			/* active only: its first REGISTER has been unanswered for 4 s (B37) */
	unsigned rank;			/* 1..4, lower preferred; SELECTION_UNLISTED: left by DNS or configuration */
	unsigned priority;		/* lower preferred */
	unsigned order;			/* the account's own order, lower preferred (B6) */
	bool blocked;			/* failed or held off (B16, B18), until: */
	struct instant free_at;
	bool drained;			/* on request it takes nothing while another one will do (B74) */
};

enum selection_reason {
	SELECTION_NONE,			/* there is no candidate */
	SELECTION_FIRST,		/* nothing was active: the best there is (B31) */
	SELECTION_BEST,			/* the active one is the best there is */
	SELECTION_EQUAL,		/* the active one stays among equals (B39) */
	SELECTION_BETTER_UNPROVEN,	/* a better one exists but is not known to be up (B38) */
	SELECTION_BETTER_UNSTABLE,	/* a better one is up, not for long enough (B38) */
	SELECTION_BETTER_BLOCKED,	/* a better one failed or is held off for this account (B16, B18) */
	SELECTION_BETTER_DRAINED,	/* a better one is drained (B74) */
	SELECTION_DRAINED_ALONE,	/* the active one is drained, but no other is up and free (B74) */
	SELECTION_ALONE,		/* the active one is down and nothing better is to be had (B31) */
	SELECTION_DOWN,			/* failover: the active one went down (B37) */
	SELECTION_SILENT,		/* failover: the active one left the first REGISTER unanswered (B37) */
	SELECTION_REFUSED,		/* failover: the active one failed or is held off (B37) */
	SELECTION_FAILBACK,		/* a better one is up (B38) */
	SELECTION_DELISTED,		/* the active one is no longer listed and a listed one is up */
	SELECTION_DRAINED,		/* the active one is drained and another one is up and free (B74) */
	SELECTION_WAIT,			/* all failed or held off: this one's time comes first (B31) */
	SELECTION_REASONS,
};

struct selection {
	int chosen;			/* index; -1: none */
	enum selection_reason reason;
	struct instant look_again;	/* the choice may be another one then, with no event in between */
};

/*
 * active   index of the active candidate; -1: none
 * stable_ms  how long a better one must have been up before a failback; not asked of one that replaces an
 *            active one that is no longer listed or drained
 *
 * Drained ones come after all that are not known to be down: the last resort, but better than a dead one.
 *
 * Source: B31, B37, B38, B39, B74.
 */
struct selection selection_choose(const struct selection_candidate *candidates, size_t count, int active,
    int64_t stable_ms, struct instant now);

/* What stands between a candidate and being chosen. */
enum selection_verdict {
	SELECTION_IS_CHOSEN,
	SELECTION_IS_BLOCKED,		/* failed or held off, `until` then */
	SELECTION_IS_DRAINED,
	SELECTION_IS_DOWN,
	SELECTION_IS_UNPROVEN,		/* not known to be up */
	SELECTION_IS_UNSTABLE,		/* has not been up for long enough, `until` then */
	SELECTION_IS_SILENT,		/* the active one, whose first REGISTER has no answer */
	SELECTION_IS_LEFT,		/* the active one, which another one replaces (failback, drain, delisted) */
	SELECTION_IS_EQUAL,		/* as good, but no account moves among equals, or later in the account's order */
	SELECTION_IS_WORSE,		/* of worse rank or priority */
	SELECTION_VERDICTS,
};

struct selection_view {
	enum selection_verdict verdict;
	struct instant until;		/* INSTANT_NEVER: no time ends it */
	bool would_be_chosen;		/* were it up for long, free and not drained, and the others as they are */
};

/*
 * Why each candidate is chosen or not (B74): asks selection_choose() about the table as it is, and as it would be.
 *
 * candidates  changed for the time of the call only
 * views       count of them, filled
 * if_down     index that the choice would be if the chosen one went down; -1: there is no candidate. NULL is fine.
 * Returns the choice.
 */
struct selection selection_explain(struct selection_candidate *candidates, size_t count, int active,
    int64_t stable_ms, struct instant now, struct selection_view *views, int *if_down);

/* a is of strictly better rank, or of the same rank and strictly better priority. */
bool selection_better(const struct selection_candidate *a, const struct selection_candidate *b);

/* The word for log, tool, JSON and manual ("active-down"), and the sentence for people. */
const char *selection_reason_str(enum selection_reason reason);
const char *selection_reason_text(enum selection_reason reason);
const char *selection_verdict_str(enum selection_verdict verdict);
const char *selection_verdict_text(enum selection_verdict verdict);

#endif
