/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_BASE_DELAYS_H
#define SIPKEEPD_BASE_DELAYS_H

/*
 * A histogram of short times, from a tenth of a millisecond to half a second.
 */

#include <stddef.h>
#include <stdint.h>

#define DELAYS_BUCKETS 9

/* Zeroed: none was counted. */
struct delays {
	uint64_t count[DELAYS_BUCKETS];	/* those up to its limit and above the one before */
	uint64_t total;
	uint64_t sum_us;
};

/* 100, 1000, 5000, 10000, 20000, 50000, 100000, 500000; INT64_MAX for the last bucket. */
int64_t delays_limit_us(size_t bucket);

/* Counts one; less than 0 is 0. */
void delays_add(struct delays *delays, int64_t us);

#endif
