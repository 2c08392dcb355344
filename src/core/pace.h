/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CORE_PACE_H
#define SIPKEEPD_CORE_PACE_H

/*
 * How many REGISTERs a server gets in a second: a bucket that fills at a steady rate and holds a tenth of a second's
 * worth, so that few never wait and many go one after the other (B42). Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"

/* Zeroed: full. */
struct pace {
	bool begun;
	struct instant at;	/* when `level` was true */
	int64_t level;		/* thousandths of a REGISTER; below 0: more were sent than it holds */
};

/*
 * One may be sent now: takes it.
 *
 * rate   per second, 1 or more
 */
bool pace_take(struct pace *p, int64_t rate, struct instant now);

/* One was sent without asking (the answer to a challenge). */
void pace_spend(struct pace *p, int64_t rate, struct instant now);

/* When pace_take() will say yes; now if it would at once. */
struct instant pace_next(struct pace *p, int64_t rate, struct instant now);

#endif
