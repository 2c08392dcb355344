/* SPDX-License-Identifier: ISC */
#include "base/delays.h"

static const int64_t limit_us[DELAYS_BUCKETS] = { 100, 1000, 5000, 10000, 20000, 50000, 100000, 500000, INT64_MAX };

int64_t
delays_limit_us(size_t bucket)
{
	return limit_us[bucket];
}

void
delays_add(struct delays *delays, int64_t us)
{
	size_t bucket = 0;

	while (us > limit_us[bucket])
		bucket++;
	delays->count[bucket]++;
	delays->total++;
	delays->sum_us += us > 0 ? (uint64_t)us : 0;
}
