/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_BASE_INSTANT_H
#define SIPKEEPD_BASE_INSTANT_H

/*
 * A point of time, as a type of its own: it cannot be mixed up with a duration, which is an integer whose name
 * ends in _ms or _s. The clock behind it never jumps and goes on in suspend (net/loop.h); its zero means nothing.
 */

#include <stdbool.h>
#include <stdint.h>

struct instant {
	int64_t ms;
};

#define INSTANT_NEVER ((struct instant){ .ms = INT64_MAX })

static inline bool
instant_is_never(struct instant t)
{
	return t.ms == INT64_MAX;
}

/* t + ms; never stays never. */
static inline struct instant
instant_add(struct instant t, int64_t ms)
{
	return instant_is_never(t) ? t : (struct instant){ .ms = t.ms + ms };
}

/* Milliseconds from `then` to `now`, negative if `then` lies ahead. Neither may be never. */
static inline int64_t
instant_since(struct instant then, struct instant now)
{
	return now.ms - then.ms;
}

static inline bool
instant_before(struct instant a, struct instant b)
{
	return a.ms < b.ms;
}

/* The instant has come: t <= now. */
static inline bool
instant_due(struct instant t, struct instant now)
{
	return t.ms <= now.ms;
}

static inline struct instant
instant_min(struct instant a, struct instant b)
{
	return a.ms < b.ms ? a : b;
}

static inline struct instant
instant_max(struct instant a, struct instant b)
{
	return a.ms > b.ms ? a : b;
}

#endif
