/* SPDX-License-Identifier: ISC */
/* B38: how long a better server must have been up, after failbacks that lasted and some that did not. */
#include "core/failback.h"
#include "unit.h"

enum { MIN = 60 * 1000 };

static struct instant
at(int64_t ms)
{
	return (struct instant){ ms };
}

static const int64_t configured[] = { 0, 30 * 1000, 15 * MIN, 120 * MIN };

static int64_t
most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

START_TEST(b38_as_configured_at_first)
{
	struct failback f = { 0 };

	ck_assert_int_eq(failback_stable_ms(&f, configured[_i], at(0)), configured[_i]);
	failback_left(&f, at(5));	/* it did not come by a failback */
	ck_assert_int_eq(failback_stable_ms(&f, configured[_i], at(5)), configured[_i]);
	failback_begin(&f, at(10));
	ck_assert_int_eq(failback_stable_ms(&f, configured[_i], at(10)), configured[_i]);
}
END_TEST

START_TEST(b38_10_min_doubling_to_1_h)
{
	static const int64_t waits[] = { 10, 20, 40, 60, 60, 60 };
	struct failback f = { 0 };
	int64_t now = 1000000;

	for (size_t i = 0; i < UNIT_COUNT(waits); i++) {
		failback_begin(&f, at(now));
		now += i % 2 != 0 ? 10 * MIN - 1 : 0;	/* refused at once, or gone a moment too early */
		failback_left(&f, at(now));
		ck_assert_int_eq(failback_stable_ms(&f, configured[_i], at(now)), most(waits[i] * MIN, configured[_i]));
		/* Leaving what it went to next says nothing more, and no waiting ends it. */
		failback_left(&f, at(now + 1));
		now += 100 * MIN;
		ck_assert_int_eq(failback_stable_ms(&f, configured[_i], at(now)), most(waits[i] * MIN, configured[_i]));
	}
}
END_TEST

START_TEST(b38_until_one_has_lasted)
{
	for (int asked = 0; asked < 2; asked++) {
		struct failback f = { 0 };

		for (int i = 0; i < 3; i++) {
			failback_begin(&f, at(0));
			failback_left(&f, at(1));
		}
		failback_begin(&f, at(100));
		ck_assert_int_eq(failback_stable_ms(&f, 0, at(100 + 10 * MIN - 1)), 40 * MIN);
		if (asked != 0)
			ck_assert_int_eq(failback_stable_ms(&f, 0, at(100 + 10 * MIN)), 0);
		failback_left(&f, at(100 + 10 * MIN));
		ck_assert_int_eq(failback_stable_ms(&f, 0, at(100 + 10 * MIN)), 0);

		/* The doubling has begun anew. */
		failback_begin(&f, at(100 * MIN));
		failback_left(&f, at(100 * MIN));
		ck_assert_int_eq(failback_stable_ms(&f, 0, at(100 * MIN)), 10 * MIN);
	}
}
END_TEST

/* A server that answers OPTIONS and refuses REGISTER is up all the time: its uptime counts anew. */
START_TEST(b38_uptime_counts_from_the_failure)
{
	struct failback f = { 0 };

	ck_assert_int_eq(failback_uptime_from(&f, at(500)).ms, 500);
	failback_begin(&f, at(1000));
	failback_left(&f, at(2000));
	ck_assert_int_eq(failback_uptime_from(&f, at(500)).ms, 2000);
	ck_assert_int_eq(failback_uptime_from(&f, at(3000)).ms, 3000);
	failback_begin(&f, at(20 * MIN));
	failback_left(&f, at(30 * MIN));
	ck_assert_int_eq(failback_uptime_from(&f, at(500)).ms, 500);
}
END_TEST

static Suite *
failback_suite(void)
{
	Suite *suite = suite_create("failback");
	TCase *tcase = tcase_create("B38");

	tcase_add_loop_test(tcase, b38_as_configured_at_first, 0, UNIT_COUNT(configured));
	tcase_add_loop_test(tcase, b38_10_min_doubling_to_1_h, 0, UNIT_COUNT(configured));
	tcase_add_test(tcase, b38_until_one_has_lasted);
	tcase_add_test(tcase, b38_uptime_counts_from_the_failure);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(failback_suite)
