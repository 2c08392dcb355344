/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "net/entropy.h"
#include "net/loop.h"

struct fixture {
	struct loop *loop;
	struct timer *timers[4];
	int order[8];
	unsigned count;
	struct instant now;
	int signal_number;
};

static int64_t
boottime_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
stop(void *arg)
{
	struct fixture *f = arg;

	f->now = loop_now(f->loop);
	loop_stop(f->loop);
}

static void
first(void *arg)
{
	struct fixture *f = arg;

	f->order[f->count++] = 1;
}

static void
second(void *arg)
{
	struct fixture *f = arg;

	f->order[f->count++] = 2;
}

/* Sets itself again twice, then frees itself. */
static void
again(void *arg)
{
	struct fixture *f = arg;

	ck_assert(instant_is_never(timer_due(f->timers[0])));
	if (++f->count < 3) {
		timer_set(f->timers[0], loop_now(f->loop));
		return;
	}
	timer_free(f->timers[0]);
	f->timers[0] = NULL;
	loop_stop(f->loop);
}

START_TEST(test_timer_order_and_now)
{
	struct fixture f = { .loop = loop_new() };
	struct timer *a = timer_new(f.loop, first, &f), *b = timer_new(f.loop, second, &f);
	struct timer *end = timer_new(f.loop, stop, &f);
	struct instant start = loop_now(f.loop);

	ck_assert(instant_is_never(timer_due(a)));
	timer_set(a, instant_add(start, 40));
	timer_set(b, instant_add(start, 20));
	timer_set(end, instant_add(start, 150));
	ck_assert_int_eq(timer_due(a).ms, start.ms + 40);
	ck_assert_int_eq(loop_run(f.loop), 0);
	ck_assert_uint_eq(f.count, 2);
	ck_assert_int_eq(f.order[0], 2);
	ck_assert_int_eq(f.order[1], 1);
	/* After a whole sleep the callback has the time of now, not of before. */
	ck_assert_int_ge(f.now.ms, start.ms + 150);
	ck_assert_int_le(boottime_ms() - f.now.ms, 100);
	timer_free(a);
	timer_free(b);
	timer_free(end);
	timer_free(NULL);
	loop_free(f.loop);
}
END_TEST

START_TEST(test_timer_never_early)
{
	struct fixture f = { .loop = loop_new() };
	struct timer *end = timer_new(f.loop, stop, &f);

	for (int i = 0; i < 20; i++) {
		struct instant due = instant_add(loop_now(f.loop), i % 5);

		timer_set(end, due);
		loop_run(f.loop);
		ck_assert(instant_due(due, f.now));
		ck_assert_int_le(f.now.ms - due.ms, 100);
	}
	timer_free(end);
	loop_free(f.loop);
}
END_TEST

START_TEST(test_timer_disarm_and_far)
{
	struct fixture f = { .loop = loop_new() };
	struct timer *a = timer_new(f.loop, first, &f), *far = timer_new(f.loop, second, &f);
	struct timer *end = timer_new(f.loop, stop, &f);

	timer_set(a, instant_add(loop_now(f.loop), 10));
	timer_set(a, INSTANT_NEVER);
	timer_set(far, (struct instant){ .ms = INT64_MAX - 1 });
	timer_set(end, instant_add(loop_now(f.loop), 40));
	loop_run(f.loop);
	ck_assert_uint_eq(f.count, 0);
	timer_free(a);
	timer_free(far);
	timer_free(end);
	loop_free(f.loop);
}
END_TEST

START_TEST(test_timer_sets_and_frees_itself)
{
	struct fixture f = { .loop = loop_new() };

	f.timers[0] = timer_new(f.loop, again, &f);
	timer_set(f.timers[0], (struct instant){ .ms = 0 });	/* long past: due at once */
	loop_run(f.loop);
	ck_assert_uint_eq(f.count, 3);
	loop_free(f.loop);
}
END_TEST

static void
on_signal(void *arg, int number)
{
	struct fixture *f = arg;

	f->signal_number = number;
	stop(f);
}

static void
raise_it(void *arg)
{
	(void)arg;
	kill(getpid(), SIGUSR1);
}

static void
sleep_30_ms(void *arg)
{
	nanosleep(&(struct timespec){ .tv_nsec = 30 * 1000 * 1000 }, NULL);
	first(arg);
}

static uint64_t
above_20_ms(const struct delays *delays)
{
	uint64_t count = 0;

	for (size_t i = 0; i < DELAYS_BUCKETS; i++)
		if (delays_limit_us(i) > 20000)
			count += delays->count[i];
	return count;
}

/* One callback sleeps: its turn is long, and the timer that fell due meanwhile is late. */
START_TEST(test_delays_are_counted)
{
	struct fixture f = { .loop = loop_new() };
	struct timer *sleeper = timer_new(f.loop, sleep_30_ms, &f), *late = timer_new(f.loop, second, &f);
	struct timer *end = timer_new(f.loop, stop, &f);
	const struct loop_delays *delays = loop_delays(f.loop);
	struct instant now = loop_now(f.loop);

	ck_assert_uint_eq(delays->turns.total, 0);
	timer_set(sleeper, now);
	timer_set(late, instant_add(now, 5));
	timer_set(end, instant_add(now, 200));
	ck_assert_int_eq(loop_run(f.loop), 0);
	ck_assert_uint_eq(delays->timers.total, 3);
	ck_assert_uint_ge(above_20_ms(&delays->timers), 1);
	ck_assert_uint_ge(delays->turns.total, 2);
	ck_assert_uint_ge(above_20_ms(&delays->turns), 1);
	ck_assert_uint_ge(delays->turns.sum_us, 30000);
	timer_free(sleeper);
	timer_free(late);
	timer_free(end);
	loop_free(f.loop);
}
END_TEST

START_TEST(test_signal)
{
	struct fixture f = { .loop = loop_new() };
	struct timer *t = timer_new(f.loop, raise_it, &f);

	ck_assert_int_eq(loop_on_signal(f.loop, SIGUSR1, on_signal, &f), 0);
	ck_assert_int_lt(loop_on_signal(f.loop, 12345, on_signal, &f), 0);
	timer_set(t, instant_add(loop_now(f.loop), 30));
	loop_run(f.loop);
	ck_assert_int_eq(f.signal_number, SIGUSR1);
	ck_assert_int_le(boottime_ms() - f.now.ms, 100);
	timer_free(t);
	loop_free(f.loop);
}
END_TEST

START_TEST(test_stopped_before_run)
{
	struct fixture f = { .loop = loop_new() };

	loop_stop(f.loop);
	ck_assert_int_eq(loop_run(f.loop), 0);
	ck_assert_int_le(llabs((long long)(loop_wall_s(f.loop) - time(NULL))), 1);
	loop_free(f.loop);
}
END_TEST

START_TEST(test_entropy)
{
	char a[33], b[33];
	unsigned seen[3] = { 0 };

	entropy_hex(a, 32);
	entropy_hex(b, 32);
	ck_assert_uint_eq(strspn(a, "0123456789abcdef"), 32);
	ck_assert_uint_eq(strlen(b), 32);
	ck_assert_str_ne(a, b);
	for (int i = 0; i < 3000; i++) {
		uint32_t n = entropy_below(3);

		ck_assert_uint_lt(n, 3);
		seen[n]++;
	}
	for (int i = 0; i < 3; i++)
		ck_assert_uint_gt(seen[i], 800);
	ck_assert_uint_eq(entropy_below(1), 0);
}
END_TEST

struct lost {
	struct fixture f;
	int64_t lost_ms;
	unsigned calls, fired_before;
};

static void
on_lost(void *arg, int64_t ms)
{
	struct lost *l = arg;

	l->calls++;
	l->lost_ms = ms;
	l->fired_before = l->f.count;
}

/* Stops us for that long, from outside. */
static pid_t
stop_us_for(int ms)
{
	pid_t us = getpid(), helper = fork();

	if (helper != 0)
		return helper;
	usleep(200 * 1000);
	kill(us, SIGSTOP);
	usleep((useconds_t)ms * 1000);
	kill(us, SIGCONT);
	_exit(0);
}

static void
run_stopped(struct lost *l, int stop_ms, int due_ms, int end_ms)
{
	struct timer *due, *end;
	pid_t helper;

	*l = (struct lost){ .f = { .loop = loop_new() } };
	due = timer_new(l->f.loop, first, &l->f);
	end = timer_new(l->f.loop, stop, &l->f);
	ck_assert_int_eq(loop_on_time_lost(l->f.loop, on_lost, l), 0);
	timer_set(due, instant_add(loop_now(l->f.loop), due_ms));
	timer_set(end, instant_add(loop_now(l->f.loop), end_ms));
	helper = stop_us_for(stop_ms);
	loop_run(l->f.loop);
	waitpid(helper, NULL, 0);
	timer_free(due);
	timer_free(end);
	loop_free(l->f.loop);
}

/* B60: told once, and before the timer that fell due meanwhile. */
START_TEST(b60_time_lost_with_a_timer_due)
{
	struct lost l;

	run_stopped(&l, 3000, 500, 4500);
	ck_assert_uint_eq(l.calls, 1);
	ck_assert_int_gt(l.lost_ms, 2000);
	ck_assert_uint_eq(l.fired_before, 0);
	ck_assert_uint_eq(l.f.count, 1);
}
END_TEST

START_TEST(b60_time_lost_with_nothing_due)
{
	struct lost l;

	run_stopped(&l, 3000, 4000, 4500);
	ck_assert_uint_eq(l.calls, 1);
	ck_assert_int_gt(l.lost_ms, 2000);
	ck_assert_uint_eq(l.f.count, 1);
}
END_TEST

START_TEST(b60_a_short_stop_is_none)
{
	struct lost l;

	run_stopped(&l, 500, 400, 1500);
	ck_assert_uint_eq(l.calls, 0);
	ck_assert_uint_eq(l.f.count, 1);
}
END_TEST

static bool no_memory;

static void *
scarce_realloc(void *old, size_t size)
{
	return no_memory ? NULL : realloc(old, size);
}

static void *
scarce_malloc(size_t size)
{
	return no_memory ? NULL : malloc(size);
}

static void
count(void *arg)
{
	struct fixture *f = arg;

	f->count++;
}

/* Who has a timer can set it: it was made with the room that it needs. */
START_TEST(test_arming_needs_no_memory)
{
	struct fixture f = { 0 };
	struct timer *timers[300], *end, *late;
	size_t made = 0;

	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	f.loop = loop_new();
	end = timer_new(f.loop, stop, &f);
	while (made < UNIT_COUNT(timers))
		timers[made++] = timer_new(f.loop, count, &f);
	no_memory = true;
	for (size_t i = 0; i < made; i++)
		timer_set(timers[i], instant_add(loop_now(f.loop), 10));
	timer_set(end, instant_add(loop_now(f.loop), 60));
	late = timer_new(f.loop, count, &f);
	ck_assert_ptr_null(late);
	loop_run(f.loop);
	ck_assert_uint_eq(f.count, made);
	no_memory = false;
	while (made > 0)
		timer_free(timers[--made]);
	timer_free(end);
	loop_free(f.loop);
}
END_TEST

static Suite *
loop_suite(void)
{
	Suite *s = suite_create("loop");
	TCase *c = tcase_create("loop");

	tcase_set_timeout(c, 30);
	tcase_add_test(c, test_timer_order_and_now);
	tcase_add_test(c, test_timer_never_early);
	tcase_add_test(c, test_timer_disarm_and_far);
	tcase_add_test(c, test_timer_sets_and_frees_itself);
	tcase_add_test(c, test_arming_needs_no_memory);
	tcase_add_test(c, test_delays_are_counted);
	tcase_add_test(c, test_signal);
	tcase_add_test(c, test_stopped_before_run);
	tcase_add_test(c, test_entropy);
	tcase_add_test(c, b60_time_lost_with_a_timer_due);
	tcase_add_test(c, b60_time_lost_with_nothing_due);
	tcase_add_test(c, b60_a_short_stop_is_none);
	suite_add_tcase(s, c);
	return s;
}

UNIT_MAIN(loop_suite)
