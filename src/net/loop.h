/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_LOOP_H
#define SIPKEEPD_NET_LOOP_H

/*
 * The event loop: the clocks, timers and signals. In the daemon this is libevent, in the tests the virtual world.
 */

#include <stdint.h>

#include "base/delays.h"
#include "base/instant.h"

struct loop;
struct timer;

struct loop *loop_new(void);	/* NULL without memory */
void loop_free(struct loop *loop);

/* Runs until loop_stop(). Returns 0 or negative errno. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Now, read once per wake-up: CLOCK_BOOTTIME, which goes on in suspend (B60). */
struct instant loop_now(const struct loop *loop);

/*
 * The program stood still for more than two seconds (suspend, SIGSTOP): what fell due meanwhile fell due unseen (B60).
 * Called before any timer that is late for that reason, and from the loop alone.
 *
 * on_time_lost   ms: for how long, at the least known; NULL: nobody is told
 * Returns 0 or negative errno.
 */
int loop_on_time_lost(struct loop *loop, void (*on_time_lost)(void *arg, int64_t ms), void *arg);

/* Wall clock, since 1970: for what outlives the program, never for a deadline of its own. */
int64_t loop_wall_ms(const struct loop *loop);

static inline int64_t
loop_wall_s(const struct loop *loop)
{
	return loop_wall_ms(loop) / 1000;
}

/*
 * A timer that is not armed yet.
 *
 * on_due   called once each time it comes due; it may set or free its own timer
 * Returns NULL without memory.
 */
struct timer *timer_new(struct loop *loop, void (*on_due)(void *arg), void *arg);

/*
 * Arms it for that instant alone, whatever it was armed for; INSTANT_NEVER disarms. Past instants are due at once. It
 * needs no memory.
 */
void timer_set(struct timer *timer, struct instant due);
struct instant timer_due(const struct timer *timer);	/* INSTANT_NEVER if not armed */
void timer_free(struct timer *timer);			/* NULL is fine; it does not fire any more */

/* ---- How long the loop lets others wait. ---- */

struct loop_delays {
	/* From the first callback after a wake-up to the end of the last one: nobody else is served meanwhile. */
	struct delays turns;

	/* From the instant that a timer was set for, or the setting if that came later, to its callback. */
	struct delays timers;
};

/* Counted since the loop was made; time that was lost (above) is no timer's lateness. Borrowed. */
const struct loop_delays *loop_delays(const struct loop *loop);

/* Calls on_signal from the loop, not from the signal. Returns 0 or negative errno. */
int loop_on_signal(struct loop *loop, int signal_number, void (*on_signal)(void *arg, int signal_number), void *arg);

#endif
