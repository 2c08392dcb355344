/* SPDX-License-Identifier: ISC */
#include "net/loopbase.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <time.h>

#include <event2/event.h>

enum { TIMERS_MIN = 64 };

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
	bool running;
	bool stopped;
	LIST_HEAD(, loop_signal) signals;
	size_t timers;			/* there are */
	size_t reserved;		/* so many can be armed at a time without memory */
};

struct timer {
	struct loop *loop;
	struct event *event;
	struct instant due;
	void (*on_due)(void *arg);
	void *arg;
};

static int64_t
boottime_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct event_base *
loop_base(struct loop *loop)
{
	return loop->base;
}

void
loop_woken(struct loop *loop)
{
	loop->now.ms = boottime_us() / 1000;
}

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
	event_base_free(loop->base);
	free(loop);
}

int
loop_run(struct loop *loop)
{
	int result = 0;

	loop->running = true;
	loop_woken(loop);
	if (!loop->stopped)
		result = event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
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

static void
arm(struct timer *timer)
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

static void
on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct timer *timer = arg;

	(void)fd;
	(void)what;
	loop_woken(timer->loop);
	if (!instant_due(timer->due, timer->loop->now)) {
		arm(timer);		/* the clocks of libevent and ours differ by a hair */
		return;
	}
	timer->due = INSTANT_NEVER;
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
	timer->due = due;
	if (instant_is_never(due))
		evtimer_del(timer->event);
	else
		arm(timer);
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
	if (!s->event || evsignal_add(s->event, NULL) < 0) {
		if (s->event)
			event_free(s->event);
		free(s);
		return -EINVAL;
	}
	LIST_INSERT_HEAD(&loop->signals, s, link);
	return 0;
}
