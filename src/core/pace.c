/* SPDX-License-Identifier: ISC */
#include "core/pace.h"

enum { ONE = 1000 };

/* What it holds at most: a tenth of a second's worth, one at least. */
static int64_t
room(int64_t rate)
{
	return rate >= 20 ? rate / 10 * ONE : 2 * ONE;
}

static void
fill(struct pace *p, int64_t rate, struct instant now)
{
	if (!p->begun) {
		p->begun = true;
		p->level = room(rate);
	} else {
		p->level += instant_since(p->at, now) * rate;	/* thousandths in milliseconds: the units meet */
	}
	if (p->level > room(rate))
		p->level = room(rate);
	p->at = now;
}

bool
pace_take(struct pace *p, int64_t rate, struct instant now)
{
	fill(p, rate, now);
	if (p->level < ONE)
		return false;
	p->level -= ONE;
	return true;
}

void
pace_spend(struct pace *p, int64_t rate, struct instant now)
{
	fill(p, rate, now);
	p->level -= ONE;
}

struct instant
pace_next(struct pace *p, int64_t rate, struct instant now)
{
	fill(p, rate, now);
	if (p->level >= ONE)
		return now;
	return instant_add(now, (ONE - p->level + rate - 1) / rate);
}
