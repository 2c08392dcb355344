/* SPDX-License-Identifier: ISC */
#include "core/penalty.h"
#include "unit.h"

enum { S = 1000, MIN = 60 * S };

static const struct instant now = { 1000000 };

static struct instant
after(int64_t ms)
{
	return instant_add(now, ms);
}

static int64_t
wait_of(const struct penalty *p)
{
	return instant_since(now, p->free_at);
}

/* Left out up to its time, and not a moment longer. */
static void
blocks_for(const struct penalty *p, int64_t ms)
{
	ck_assert_int_eq(wait_of(p), ms);
	ck_assert(penalty_blocks(p, now));
	ck_assert(penalty_blocks(p, after(ms - 1)));
	ck_assert(!penalty_blocks(p, after(ms)));
	ck_assert(!penalty_blocks(p, after(ms + 1)));
}

/* ---- what an answer means ---- */

START_TEST(b15_b18_meaning_of_each_answer)
{
	for (int code = 200; code <= 699; code++) {
		enum penalty_meaning want = PENALTY_REFUSES;	/* B15: 3xx and any other 4xx */

		if (code < 300)
			want = PENALTY_ACCEPTS;
		else if (code == 401 || code == 407)
			want = PENALTY_CHALLENGES;
		else if (code == 423)
			want = PENALTY_TOO_BRIEF;	/* B36 */
		else if (code == 408 || code == 480 || code >= 500)
			want = PENALTY_PUTS_OFF;	/* B18 */
		ck_assert_msg(penalty_meaning(code) == want, "%d", code);
	}
}
END_TEST

static const struct {
	uint64_t s;
	int64_t ms;
} retry_afters[] = {
	{ 0, 5 * S }, { 1, 5 * S }, { 4, 5 * S }, { 5, 5 * S }, { 6, 6 * S }, { 3599, 3599 * S }, { 3600, 3600 * S },
	{ 3601, 3600 * S }, { UINT32_MAX, 3600 * S }, { UINT64_MAX, 3600 * S },
};

START_TEST(b14_retry_after_is_clamped)
{
	ck_assert_int_eq(penalty_retry_after_ms(retry_afters[_i].s), retry_afters[_i].ms);
}
END_TEST

/* ---- failed ---- */

START_TEST(b16_doubles_from_5_min_to_2_h)
{
	static const int64_t waits[] = { 5, 10, 20, 40, 80, 120, 120, 120 };
	struct penalty p = { 0 };

	ck_assert(!penalty_blocks(&p, now));
	for (size_t i = 0; i < UNIT_COUNT(waits); i++) {
		penalty_fail(&p, 404, 0, now);
		ck_assert_int_eq((int)p.kind, PENALTY_FAILED);
		ck_assert_int_eq(p.sip_code, 404);
		blocks_for(&p, waits[i] * MIN);
	}
}
END_TEST

START_TEST(b16_30_s_the_first_time_where_it_was_accepted)
{
	struct penalty p = { 0 };

	for (int i = 0; i < 3; i++) {
		penalty_accept(&p);
		ck_assert_int_eq((int)p.kind, PENALTY_NONE);
		penalty_fail(&p, 403, 0, now);
		blocks_for(&p, 30 * S);
		penalty_fail(&p, 403, 0, now);
		blocks_for(&p, 5 * MIN);
		penalty_fail(&p, 403, 0, now);
		blocks_for(&p, 10 * MIN);
	}
}
END_TEST

START_TEST(b16_not_before_retry_after)
{
	struct penalty p = { 0 };

	penalty_fail(&p, 404, 5 * S, now);
	blocks_for(&p, 5 * MIN);
	penalty_fail(&p, 404, 60 * MIN, now);
	blocks_for(&p, 60 * MIN);
	penalty_fail(&p, 404, 0, now);
	blocks_for(&p, 20 * MIN);	/* Retry-After is no part of the doubling */
}
END_TEST

START_TEST(b16_credentials)
{
	for (int code = 300; code < 500; code++) {
		struct penalty p = { 0 };

		penalty_fail(&p, code, 0, now);
		ck_assert(p.credentials == (code == 401 || code == 403 || code == 407));
	}
}
END_TEST

START_TEST(b16_a_server_seen_up_does_not_lift_failed)
{
	struct penalty p = { 0 };

	penalty_fail(&p, 404, 0, now);
	penalty_seen_up(&p, after(1));
	blocks_for(&p, 5 * MIN);
	/* Nor is it forgotten when its time is over: it is shown until a REGISTER there fares better. */
	ck_assert(!penalty_blocks(&p, after(6 * MIN)));
	ck_assert_int_eq((int)p.kind, PENALTY_FAILED);
	penalty_accept(&p);
	ck_assert_int_eq((int)p.kind, PENALTY_NONE);
}
END_TEST

START_TEST(b16_b74_lifted_on_request)
{
	struct penalty p = { 0 };

	for (int i = 0; i < 5; i++)
		penalty_fail(&p, 403, 60 * MIN, now);
	penalty_lift(&p, after(1));
	ck_assert(!penalty_blocks(&p, after(1)));
	ck_assert_int_eq((int)p.kind, PENALTY_FAILED);
	penalty_fail(&p, 403, 0, now);
	blocks_for(&p, 5 * MIN);

	p = (struct penalty){ 0 };
	for (int i = 0; i < 5; i++)
		penalty_hold(&p, 503, 0, UINT32_MAX, now);
	penalty_lift(&p, after(1));
	ck_assert(!penalty_blocks(&p, after(1)));
	penalty_hold(&p, 503, 0, 0, now);
	blocks_for(&p, 15 * S);

	/* What is free already does not become free later. */
	penalty_lift(&p, after(10 * MIN));
	ck_assert_int_eq(wait_of(&p), 15 * S);
}
END_TEST

/* ---- held off ---- */

static const uint32_t draws[] = { 0, 1, 0x3fffffff, 0x80000000, 0xc0000001, UINT32_MAX };

START_TEST(b18_doubles_from_30_s_to_5_min_between_half_and_all)
{
	static const int64_t waits[] = { 30, 60, 120, 240, 300, 300, 300 };
	int64_t last = 0;

	for (size_t d = 0; d < UNIT_COUNT(draws); d++) {
		struct penalty p = { 0 };

		for (size_t i = 0; i < UNIT_COUNT(waits); i++) {
			penalty_hold(&p, i % 2 != 0 ? 503 : 0, 0, draws[d], now);
			ck_assert_int_eq((int)p.kind, PENALTY_HELD);
			ck_assert_int_ge(wait_of(&p), waits[i] * S / 2);
			ck_assert_int_le(wait_of(&p), waits[i] * S);
			blocks_for(&p, wait_of(&p));
			if (i == 0) {
				ck_assert_int_ge(wait_of(&p), last);	/* the draw matters */
				last = wait_of(&p);
			}
		}
	}
	ck_assert_int_ge(last, 30 * S - 1);
}
END_TEST

START_TEST(b18_accepted_ends_the_doubling)
{
	struct penalty p = { 0 };

	for (int i = 0; i < 5; i++)
		penalty_hold(&p, 500, 0, 0, now);
	penalty_accept(&p);
	ck_assert(!penalty_blocks(&p, now));
	ck_assert_int_eq((int)p.kind, PENALTY_NONE);
	penalty_hold(&p, 500, 0, 0, now);
	blocks_for(&p, 15 * S);
}
END_TEST

START_TEST(b18_not_before_retry_after_plus_up_to_a_tenth)
{
	static const int64_t retry_afters_ms[] = { 5 * S, 100 * S, 3600 * S };

	for (size_t i = 0; i < UNIT_COUNT(retry_afters_ms); i++)
		for (size_t d = 0; d < UNIT_COUNT(draws); d++) {
			int64_t most = retry_afters_ms[i] + retry_afters_ms[i] / 10;
			struct penalty p = { 0 };

			penalty_hold(&p, 503, retry_afters_ms[i], draws[d], now);
			ck_assert_int_ge(wait_of(&p), retry_afters_ms[i]);
			ck_assert_int_ge(wait_of(&p), 15 * S);
			ck_assert_int_le(wait_of(&p), most > 30 * S ? most : 30 * S);
			penalty_hold(&p, 503, 0, draws[d], now);
			ck_assert_int_le(wait_of(&p), 60 * S);	/* no part of the doubling */
		}
}
END_TEST

START_TEST(b41_seen_up_ends_a_wait_that_silence_began)
{
	struct penalty p = { 0 };

	penalty_hold(&p, 0, 0, 0, now);
	penalty_seen_up(&p, after(1 * S));
	ck_assert(!penalty_blocks(&p, after(1 * S)));
	penalty_hold(&p, 0, 0, 0, now);
	blocks_for(&p, 30 * S);		/* the doubling goes on: no REGISTER was accepted */
}
END_TEST

START_TEST(b18_b41_seen_up_does_not_end_a_wait_that_an_answer_began)
{
	static const int codes[] = { 408, 480, 500, 503, 600, 603 };

	for (size_t i = 0; i < UNIT_COUNT(codes); i++) {
		struct penalty p = { 0 };

		penalty_hold(&p, codes[i], 0, 0, now);
		penalty_seen_up(&p, after(1 * S));
		blocks_for(&p, 15 * S);
		/* Silence after the answer is silence. */
		penalty_hold(&p, 0, 0, 0, now);
		penalty_seen_up(&p, after(1 * S));
		ck_assert(!penalty_blocks(&p, after(1 * S)));
	}
}
END_TEST

START_TEST(nothing_is_left_of_nothing)
{
	struct penalty p = { 0 };

	penalty_seen_up(&p, now);
	penalty_lift(&p, now);
	ck_assert(!penalty_blocks(&p, now));
	ck_assert(!penalty_blocks(&p, (struct instant){ INT64_MIN }));
	penalty_accept(&p);
	ck_assert(!penalty_blocks(&p, (struct instant){ INT64_MIN }));
}
END_TEST

static Suite *
penalty_suite(void)
{
	Suite *suite = suite_create("penalty");
	TCase *tcase = tcase_create("B14-B18, B41");

	tcase_add_test(tcase, b15_b18_meaning_of_each_answer);
	tcase_add_loop_test(tcase, b14_retry_after_is_clamped, 0, UNIT_COUNT(retry_afters));
	tcase_add_test(tcase, b16_doubles_from_5_min_to_2_h);
	tcase_add_test(tcase, b16_30_s_the_first_time_where_it_was_accepted);
	tcase_add_test(tcase, b16_not_before_retry_after);
	tcase_add_test(tcase, b16_credentials);
	tcase_add_test(tcase, b16_a_server_seen_up_does_not_lift_failed);
	tcase_add_test(tcase, b16_b74_lifted_on_request);
	tcase_add_test(tcase, b18_doubles_from_30_s_to_5_min_between_half_and_all);
	tcase_add_test(tcase, b18_accepted_ends_the_doubling);
	tcase_add_test(tcase, b18_not_before_retry_after_plus_up_to_a_tenth);
	tcase_add_test(tcase, b41_seen_up_ends_a_wait_that_silence_began);
	tcase_add_test(tcase, b18_b41_seen_up_does_not_end_a_wait_that_an_answer_began);
	tcase_add_test(tcase, nothing_is_left_of_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(penalty_suite)
