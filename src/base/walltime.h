/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_BASE_WALLTIME_H
#define SIPKEEPD_BASE_WALLTIME_H

/* Instants of the wall clock as text. What time it is, the caller knows. */

#include <stdint.h>

#define WALLTIME_SIZE 32

/* "2026-11-22T15:25:44Z". s: since 1970; before that, or beyond the calendar, it is 1970 that is written. Returns text. */
const char *walltime_utc(int64_t s, char text[WALLTIME_SIZE]);

/* "16:25:44.012", here. ms: since 1970. Returns text. */
const char *walltime_clock(int64_t ms, char text[WALLTIME_SIZE]);

#endif
