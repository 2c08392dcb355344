/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include "core/pace.h"

static struct instant
at(int64_t ms)
{
	return (struct instant){ ms };
}

/* How many of many wishes come true from `from_ms` on, one try each millisecond. */
static int
taken(struct pace *p, int64_t rate, int64_t from_ms, int64_t for_ms)
{
	int count = 0;

	for (int64_t t = from_ms; t < from_ms + for_ms; t++)
		while (pace_take(p, rate, at(t)))
			count++;
	return count;
}

/* B42: 100 a second, and a single one never waits. */
START_TEST(b42_rate)
{
	static const int64_t rates[] = { 1, 7, 20, 100, 1000 };
	int64_t rate = rates[_i];
	struct pace p = { 0 };
	int first, later;

	ck_assert(instant_due(pace_next(&p, rate, at(500)), at(500)));
	first = taken(&p, rate, 500, 1);
	ck_assert_int_ge(first, 1);
	ck_assert_int_le(first, rate / 10 > 2 ? (int)rate / 10 : 2);
	later = taken(&p, rate, 501, 10000);
	ck_assert_int_ge(later, (int)rate * 10 - 1);
	ck_assert_int_le(later, (int)rate * 10 + 1);
}
END_TEST

/* B42: answers to challenges count. */
START_TEST(b42_challenges_count)
{
	struct pace p = { 0 };

	taken(&p, 100, 0, 1);
	for (int i = 0; i < 50; i++)
		pace_spend(&p, 100, at(0));
	ck_assert(!pace_take(&p, 100, at(500)));
	ck_assert_int_eq(pace_next(&p, 100, at(500)).ms, 510);
	ck_assert(pace_take(&p, 100, at(510)));
}
END_TEST

/* pace_next() is the first instant at which pace_take() says yes. */
START_TEST(b42_next)
{
	struct pace p = { 0 };
	int64_t now = 0;

	taken(&p, 7, now, 1);
	for (int i = 0; i < 100; i++) {
		int64_t next = pace_next(&p, 7, at(now)).ms;

		ck_assert_int_gt(next, now);
		ck_assert(!pace_take(&p, 7, at(next - 1)));
		ck_assert(pace_take(&p, 7, at(next)));
		now = next;
	}
	/* What is not used is not saved for more than a moment. */
	ck_assert_int_eq(taken(&p, 7, now + 1000000, 1), 2);
}
END_TEST

static Suite *
pace_suite(void)
{
	Suite *suite = suite_create("pace");
	TCase *tcase = tcase_create("B42");

	tcase_add_loop_test(tcase, b42_rate, 0, 5);
	tcase_add_test(tcase, b42_challenges_count);
	tcase_add_test(tcase, b42_next);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(pace_suite)
