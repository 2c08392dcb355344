/* SPDX-License-Identifier: ISC */
#include "net/loopbase.h"

#include <errno.h>
#include <stdbool.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

/*
 * libevent reckons in CLOCK_MONOTONIC, which stands still in suspend; our instants are of CLOCK_BOOTTIME, which does
 * not. Whenever the two have drifted apart all armed timers are given to libevent anew, or each would be late by the
 * time slept. A timerfd that is cancelled when the wall clock jumps, as it does on resume, wakes the loop for that.
 */

enum {
	LOST_MIN_MS = 2000,		/* B60 */
	DRIFT_US = 10 * 1000,
	TIMERS_MIN = 64,
	PRIORITIES = 2,			/* 0 for on_time_lost, 1 for all else: libevent's default is the middle */
};

struct loop_signal {
	LIST_ENTRY(loop_signal) link;
	struct loop *loop;
	struct event *event;
	void (*on_signal)(void *arg, int signal_number);
	void *arg;
};

struct loop {
	struct event_base *base;
	struct instant now;		/* as of the callback that runs */
	struct instant before;		/* as of the last callback of an earlier instant */
	bool running;
	bool stopped;
	bool continued;			/* SIGCONT is listened to */
	LIST_HEAD(, loop_signal) signals;
	LIST_HEAD(, timer) armed;
	int64_t slept_us;		/* CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC by that */
	int clock_fd;
	struct event *clock_event;
	struct event *lost_event;
	int64_t lost_ms;		/* not told yet; 0: nothing */
	struct instant lost_at;		/* what was armed before is not late once more */
	void (*on_time_lost)(void *arg, int64_t ms);
	void *on_time_lost_arg;
	size_t timers;			/* there are */
	size_t reserved;		/* so many can be armed at a time without memory */
	int64_t now_us;			/* as `now` */
	int64_t turn_began_us;		/* CLOCK_MONOTONIC; 0: nothing was called in this turn yet */
	struct loop_delays delays;
};

struct timer {
	LIST_ENTRY(timer) link;		/* while it is armed */
	struct loop *loop;
	struct event *event;
	struct instant due;
	struct instant armed_at;
	void (*on_due)(void *arg);
	void *arg;
};

static int64_t
clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t
boottime_us(void)
{
	return clock_us(CLOCK_BOOTTIME);
}

static int64_t
slept_us(void)
{
	return boottime_us() - clock_us(CLOCK_MONOTONIC);
}

struct event_base *
loop_base(struct loop *loop)
{
	return loop->base;
}

static void
hand_over(struct timer *timer)
{
	int64_t delay_us = 0;
	struct timeval delay;

	if (timer->due.ms > INT64_MAX / 2000)
		delay_us = INT64_MAX / 4000;	/* further than any clock will go */
	else
		delay_us = timer->due.ms * 1000 - boottime_us();
	if (delay_us < 0)
		delay_us = 0;
	delay.tv_sec = (time_t)(delay_us / 1000000);
	delay.tv_usec = (suseconds_t)(delay_us % 1000000);
	event_add(timer->event, &delay);	/* has its room: reserve() */
}

/* ---- time that was lost ---- */

/* Told from a callback of its own, before all others that wait: whoever runs now may not be pulled apart by it. */
static void
lose(struct loop *loop, int64_t ms)
{
	if (ms <= LOST_MIN_MS || loop->on_time_lost == NULL || !loop->running)
		return;
	loop->lost_ms = ms > loop->lost_ms ? ms : loop->lost_ms;
	loop->lost_at = loop->now;
	event_active(loop->lost_event, EV_TIMEOUT, 0);
}

static void
on_lost(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	int64_t ms = loop->lost_ms;

	(void)fd;
	(void)what;
	loop_woken(loop);
	loop->lost_ms = 0;
	if (ms > 0 && loop->on_time_lost != NULL)
		loop->on_time_lost(loop->on_time_lost_arg, ms);
}

static bool
has_drifted(int64_t slept, int64_t before)
{
	return slept - before >= DRIFT_US || before - slept >= DRIFT_US;
}

void
loop_woken(struct loop *loop)
{
	int64_t monotonic_us = clock_us(CLOCK_MONOTONIC), slept, before = loop->slept_us;
	struct timer *timer;

	loop->before = loop->now;
	loop->now_us = boottime_us();
	loop->now.ms = loop->now_us / 1000;
	slept = loop->now_us - monotonic_us;
	if (loop->turn_began_us == 0)
		loop->turn_began_us = monotonic_us;
	if (!has_drifted(slept, before))
		return;
	slept = slept_us();	/* or we were only held up between the two clocks */
	if (!has_drifted(slept, before))
		return;
	loop->slept_us = slept;
	LIST_FOREACH(timer, &loop->armed, link)
		hand_over(timer);
	lose(loop, (slept - before) / 1000);
}

static void
watch_clock(const struct loop *loop)
{
	struct itimerspec far = { .it_value = { .tv_sec = INT32_MAX } };

	timerfd_settime(loop->clock_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL);
}

static void
on_clock(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		watch_clock(loop);	/* ECANCELED: the wall clock has jumped */
	loop_woken(loop);
}

/* SIGCONT does not say for how long the process was stopped; not for longer than since the last wake-up. */
static void
on_continued(void *arg, int signal_number)
{
	struct loop *loop = arg;

	(void)signal_number;
	lose(loop, instant_since(loop->before, loop->now));
}

int
loop_on_time_lost(struct loop *loop, void (*on_time_lost)(void *arg, int64_t ms), void *arg)
{
	loop->on_time_lost = on_time_lost;
	loop->on_time_lost_arg = arg;
	if (loop->continued || on_time_lost == NULL)
		return 0;
	loop->continued = true;
	return loop_on_signal(loop, SIGCONT, on_continued, loop);
}

/* Without the timerfd a resume is seen at the next wake-up; that is all that it is for. */
static bool
open_clock(struct loop *loop)
{
	loop->slept_us = slept_us();
	loop->lost_event = event_new(loop->base, -1, 0, on_lost, loop);
	if (loop->lost_event == NULL || event_priority_set(loop->lost_event, 0) < 0)
		return false;
	loop->clock_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->clock_fd < 0)
		return true;
	loop->clock_event = event_new(loop->base, loop->clock_fd, EV_READ | EV_PERSIST, on_clock, loop);
	if (loop->clock_event == NULL || event_add(loop->clock_event, NULL) < 0)
		return false;
	watch_clock(loop);
	return true;
}

/* ---- the loop ---- */

struct loop *
loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	struct event_config *config = event_config_new();

	if (loop && config) {
		/*
		 * Without libevent's own cached time: delays are reckoned from the true now, or timers set late in a
		 * turn would come early.
		 */
		event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
		event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
		loop->base = event_base_new_with_config(config);
	}
	if (config)
		event_config_free(config);
	if (!loop || !loop->base) {
		free(loop);
		return NULL;
	}
	LIST_INIT(&loop->signals);
	LIST_INIT(&loop->armed);
	loop->clock_fd = -1;
	loop->lost_at.ms = INT64_MIN;
	if (event_base_priority_init(loop->base, PRIORITIES) < 0 || !open_clock(loop)) {
		loop_free(loop);
		return NULL;
	}
	return loop;
}

void
loop_free(struct loop *loop)
{
	struct loop_signal *s;

	if (!loop)
		return;
	while ((s = LIST_FIRST(&loop->signals)) != NULL) {
		LIST_REMOVE(s, link);
		event_free(s->event);
		free(s);
	}
	if (loop->clock_event)
		event_free(loop->clock_event);
	if (loop->lost_event)
		event_free(loop->lost_event);
	if (loop->clock_fd >= 0)
		close(loop->clock_fd);
	event_base_free(loop->base);
	free(loop);
}

int
loop_run(struct loop *loop)
{
	int result = 0;

	loop->running = true;
	loop->now.ms = boottime_us() / 1000;
	loop_woken(loop);
	loop->lost_at = loop->now;	/* nobody was late for what was armed before */
	while (!loop->stopped && result >= 0) {
		loop->turn_began_us = 0;
		result = event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
		if (loop->turn_began_us != 0)
			delays_add(&loop->delays.turns, clock_us(CLOCK_MONOTONIC) - loop->turn_began_us);
	}
	loop->running = false;
	loop->stopped = false;
	return result < 0 ? -EIO : 0;
}

void
loop_stop(struct loop *loop)
{
	loop->stopped = true;
	event_base_loopbreak(loop->base);
}

struct instant
loop_now(const struct loop *loop)
{
	/* Before and after the run there are no wake-ups that would refresh it. */
	return loop->running ? loop->now : (struct instant){ .ms = boottime_us() / 1000 };
}

const struct loop_delays *
loop_delays(const struct loop *loop)
{
	return &loop->delays;
}

int64_t
loop_wall_ms(const struct loop *loop)
{
	struct timespec t;

	(void)loop;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
disarm(struct timer *timer)
{
	if (instant_is_never(timer->due))
		return;
	LIST_REMOVE(timer, link);
	timer->due = INSTANT_NEVER;
}

/* It comes later than the loop would let it: nobody was there to see it. */
static int64_t
late_us(const struct timer *timer)
{
	struct instant expected = instant_max(instant_max(timer->due, timer->armed_at), timer->loop->lost_at);

	return timer->loop->now_us - expected.ms * 1000;
}

static void
on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct timer *timer = arg;
	int64_t us;

	(void)fd;
	(void)what;
	loop_woken(timer->loop);
	us = late_us(timer);
	lose(timer->loop, us / 1000);
	/* What must wait for on_time_lost, or is early, since the clocks of libevent and ours differ by a hair. */
	if (timer->loop->lost_ms > 0 || !instant_due(timer->due, timer->loop->now)) {
		hand_over(timer);
		return;
	}
	delays_add(&timer->loop->delays.timers, us);
	disarm(timer);
	timer->on_due(timer->arg);	/* may have freed the timer */
}

static void
on_filler(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/*
 * Arming cannot fail for a user who has no way to tell anybody, so the room is taken when there is one: when the timer
 * is made. libevent's heap grows with what is in it and never shrinks, so it is filled once.
 */
static bool
reserve(struct loop *loop, size_t count)
{
	static const struct timeval far = { .tv_sec = 1000000000 };
	size_t want = count < TIMERS_MIN ? TIMERS_MIN : count * 2, size = event_get_struct_event_size(), added = 0;
	char *fillers;

	if (count <= loop->reserved)
		return true;
	fillers = calloc(want, size);
	if (!fillers)
		return false;
	while (added < want) {
		struct event *filler = (struct event *)(void *)(fillers + added * size);

		if (evtimer_assign(filler, loop->base, on_filler, NULL) < 0 || evtimer_add(filler, &far) < 0)
			break;
		added++;
	}
	if (added == want)
		loop->reserved = want;
	while (added > 0)
		evtimer_del((struct event *)(void *)(fillers + --added * size));
	free(fillers);
	return count <= loop->reserved;
}

struct timer *
timer_new(struct loop *loop, void (*on_due)(void *arg), void *arg)
{
	struct timer *timer = reserve(loop, loop->timers + 1) ? calloc(1, sizeof(*timer)) : NULL;

	if (!timer)
		return NULL;
	timer->loop = loop;
	timer->due = INSTANT_NEVER;
	timer->on_due = on_due;
	timer->arg = arg;
	timer->event = evtimer_new(loop->base, on_timeout, timer);
	if (!timer->event) {
		free(timer);
		return NULL;
	}
	loop->timers++;
	return timer;
}

void
timer_set(struct timer *timer, struct instant due)
{
	disarm(timer);
	timer->due = due;
	if (instant_is_never(due)) {
		evtimer_del(timer->event);
		return;
	}
	timer->armed_at.ms = boottime_us() / 1000;
	LIST_INSERT_HEAD(&timer->loop->armed, timer, link);
	hand_over(timer);
}

struct instant
timer_due(const struct timer *timer)
{
	return timer->due;
}

void
timer_free(struct timer *timer)
{
	if (!timer)
		return;
	disarm(timer);
	timer->loop->timers--;
	event_free(timer->event);
	free(timer);
}

static void
on_signal_event(evutil_socket_t number, short what, void *arg)
{
	struct loop_signal *s = arg;

	(void)what;
	loop_woken(s->loop);
	s->on_signal(s->arg, (int)number);
}

int
loop_on_signal(struct loop *loop, int signal_number, void (*on_signal)(void *arg, int signal_number), void *arg)
{
	struct loop_signal *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->on_signal = on_signal;
	s->arg = arg;
	s->event = evsignal_new(loop->base, signal_number, on_signal_event, s);
	/* SIGCONT before what has gathered meanwhile. */
	if (s->event && signal_number == SIGCONT)
		event_priority_set(s->event, 0);
	if (!s->event || evsignal_add(s->event, NULL) < 0) {
		if (s->event)
			event_free(s->event);
		free(s);
		return -EINVAL;
	}
	LIST_INSERT_HEAD(&loop->signals, s, link);
	return 0;
}
