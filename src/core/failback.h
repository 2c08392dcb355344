/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CORE_FAILBACK_H
#define SIPKEEPD_CORE_FAILBACK_H

/*
 * How long a better server must have been up before an account goes back to it: a failback that was refused or did
 * not last makes the next one wait (B38). Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"

#define FAILBACK_LASTED_MS (10 * 60 * 1000)
#define FAILBACK_WAIT_MIN_MS (10 * 60 * 1000)
#define FAILBACK_WAIT_MAX_MS (60 * 60 * 1000)

/* Zeroed: no failback yet. */
struct failback {
	bool on_trial;		/* one was begun and has not been seen to last */
	struct instant began;
	struct instant failed_at;	/* when the last one was found not to have lasted */
	int64_t wait_ms;	/* earned by failbacks that did not last; 0: none */
};

/* The account sets out to a better server. */
void failback_begin(struct failback *f, struct instant now);

/* The account leaves where it is for the server's sake: if it had come by a failback, did that last? */
void failback_left(struct failback *f, struct instant now);

/*
 * Since when a server's uptime counts: since it came up, but not before the last failback failed (one that answers
 * OPTIONS and refuses REGISTER has been up all the time).
 */
struct instant failback_uptime_from(const struct failback *f, struct instant up_since);

/* The move was given up before it came to anything: it says nothing. */
void failback_dropped(struct failback *f);

/* The uptime that is asked of a better server now: the configured one, or more. */
int64_t failback_stable_ms(struct failback *f, int64_t configured_ms, struct instant now);

#endif
