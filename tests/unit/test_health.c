/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "core/health.h"
#include "unit.h"

static struct instant
at(int64_t ms)
{
	return (struct instant){ ms };
}

enum { UNKNOWN = HEALTH_UNKNOWN, UP = HEALTH_UP, DOWN = HEALTH_DOWN, STATES = 3 };

/* Brings a server into a state by evidence, at 0 ms. */
static void
make(struct health *h, int state)
{
	health_init(h, at(0));
	if (state == UP)
		health_answer(h, 200, true, at(0));
	else if (state == DOWN)
		health_unreachable(h, at(0));
	ck_assert_int_eq((int)h->state, state);
}

/* ---- answers to OPTIONS ---- */

/* What each final answer makes of a server that was unknown, up, down; while inactive, and while active. */
static const struct {
	int first, last;	/* codes */
	int inactive[STATES], active[STATES];
} answers[] = {
	{ 200, 407, { UP, UP, UP }, { UP, UP, UP } },				/* B12 */
	{ 408, 408, { DOWN, DOWN, DOWN }, { DOWN, DOWN, DOWN } },		/* B13 */
	{ 409, 499, { UP, UP, UP }, { UP, UP, UP } },				/* B12 */
	{ 500, 502, { UNKNOWN, UNKNOWN, UNKNOWN }, { UNKNOWN, UP, DOWN } },	/* B14 */
	{ 503, 503, { DOWN, DOWN, DOWN }, { DOWN, DOWN, DOWN } },		/* B14 */
	{ 504, 699, { UNKNOWN, UNKNOWN, UNKNOWN }, { UNKNOWN, UP, DOWN } },	/* B14 */
};

START_TEST(b12_b13_b14_answers)
{
	for (int code = answers[_i].first; code <= answers[_i].last; code++)
		for (int state = 0; state < STATES; state++)
			for (int active = 0; active < 2; active++) {
				int to = active != 0 ? answers[_i].active[state] : answers[_i].inactive[state];
				struct health_verdict verdict;
				struct health h;

				make(&h, state);
				verdict = health_answer(&h, code, active != 0, at(7));
				ck_assert_msg((int)h.state == to, "%d active %d: %s -> %s", code, active,
				    health_state_str((enum health_state)state), health_state_str(h.state));
				ck_assert(verdict.changed == (state != to));
				ck_assert(!verdict.confirm);
				ck_assert_int_eq(h.since.ms, state != to ? 7 : 0);
				ck_assert_int_eq(h.sip_code, code);	/* B14: the code is shown */
			}
}
END_TEST

START_TEST(causes)
{
	struct health h;

	health_init(&h, at(0));
	ck_assert_int_eq((int)h.cause, HEALTH_CAUSE_NONE);
	ck_assert_int_eq((int)h.state, HEALTH_UNKNOWN);	/* B11: no answer yet */
	health_answer(&h, 404, false, at(1));
	ck_assert_int_eq((int)h.cause, HEALTH_CAUSE_ANSWER);
	health_answer(&h, 408, false, at(2));
	ck_assert_int_eq((int)h.cause, HEALTH_CAUSE_TIMEOUT_ANSWER);
	health_answer(&h, 500, false, at(3));
	ck_assert_int_eq((int)h.cause, HEALTH_CAUSE_UNCLEAR);
	health_answer(&h, 503, false, at(4));
	ck_assert_int_eq((int)h.cause, HEALTH_CAUSE_UNAVAILABLE);
	health_registration(&h, 200, at(5));
	ck_assert_int_eq((int)h.cause, HEALTH_CAUSE_REGISTRATION);
	health_silence(&h, at(6), false, at(6));
	ck_assert_int_eq((int)h.cause, HEALTH_CAUSE_SILENCE);
	health_registration(&h, 403, at(7));
	health_unreachable(&h, at(8));
	ck_assert_int_eq((int)h.cause, HEALTH_CAUSE_UNREACHABLE);
}
END_TEST

/* ---- answers to REGISTER ---- */

START_TEST(b17_any_answer_to_register_but_408_and_503_proves_it_up)
{
	for (int code = 200; code <= 699; code++)
		for (int state = 0; state < STATES; state++) {
			bool says_nothing = code == 408 || code == 503;	/* B14 */
			int to = says_nothing ? state : UP;
			struct health_verdict verdict;
			struct health h;

			make(&h, state);
			h.sip_code = 123;
			verdict = health_registration(&h, code, at(7));
			ck_assert_msg((int)h.state == to, "%d", code);
			ck_assert(verdict.changed == (state != to));
			ck_assert(!verdict.confirm);
			ck_assert_int_eq(h.sip_code, 123);	/* that of OPTIONS */
		}
}
END_TEST

/* ---- silence ---- */

START_TEST(b19_one_silent_round_makes_an_inactive_server_down)
{
	for (int state = 0; state < STATES; state++) {
		struct health_verdict verdict;
		struct health h;

		make(&h, state);
		verdict = health_silence(&h, at(1000), false, at(5000));
		ck_assert_int_eq((int)h.state, HEALTH_DOWN);
		ck_assert(verdict.changed == (state != DOWN));
		ck_assert(!verdict.confirm);
	}
}
END_TEST

START_TEST(b19_the_active_server_gets_a_second_round)
{
	for (int state = 0; state < DOWN; state++) {
		struct health_verdict verdict;
		struct health h;

		make(&h, state);
		verdict = health_silence(&h, at(1000), true, at(5000));
		ck_assert_int_eq((int)h.state, state);
		ck_assert(verdict.confirm && !verdict.changed);
		verdict = health_silence(&h, at(5000), true, at(9000));
		ck_assert_int_eq((int)h.state, HEALTH_DOWN);
		ck_assert(verdict.changed && !verdict.confirm);
		ck_assert_int_eq(h.since.ms, 9000);
		verdict = health_silence(&h, at(39000), true, at(43000));
		ck_assert(!verdict.changed && !verdict.confirm);
		ck_assert_int_eq(h.since.ms, 9000);
	}
}
END_TEST

/* Any answer between two silent rounds parts them. */
START_TEST(b19_silent_rounds_count_in_a_row)
{
	for (int how = 0; how < 3; how++) {
		struct health_verdict verdict;
		struct health h;

		make(&h, UP);
		for (int round = 0; round < 10; round++) {
			int64_t ms = 60000 * (round + 1);

			verdict = health_silence(&h, at(ms), true, at(ms + 4000));
			ck_assert_int_eq((int)h.state, HEALTH_UP);
			ck_assert(verdict.confirm && !verdict.changed);
			if (how == 0)
				health_answer(&h, 200, true, at(ms + 5000));
			else if (how == 1)
				health_answer(&h, 500, true, at(ms + 5000));
			else
				health_registration(&h, 401, at(ms + 5000));
		}
	}
}
END_TEST

/* A server that becomes active with one silence behind it is down already, and one that was seen up starts anew. */
START_TEST(b19_silence_before_it_was_active)
{
	struct health_verdict verdict;
	struct health h;

	make(&h, UP);
	health_silence(&h, at(0), false, at(4000));
	health_answer(&h, 200, false, at(30000));
	verdict = health_silence(&h, at(60000), true, at(64000));
	ck_assert(verdict.confirm);
	ck_assert_int_eq((int)h.state, HEALTH_UP);
}
END_TEST

/* ---- a silent REGISTER ---- */

START_TEST(b17_a_silent_register_counts_as_one_round)
{
	struct health_verdict verdict;
	struct health h;

	make(&h, UP);
	verdict = health_suspect(&h, at(0), at(4000));
	ck_assert(verdict.confirm && !verdict.changed);
	ck_assert_int_eq((int)h.state, HEALTH_UP);
	verdict = health_suspect(&h, at(1), at(4001));
	ck_assert(!verdict.confirm);	/* the other round is on its way already */
	verdict = health_silence(&h, at(4000), true, at(8000));
	ck_assert(verdict.changed);
	ck_assert_int_eq((int)h.state, HEALTH_DOWN);
	ck_assert_int_eq(health_detect_ms(&h), 8000);	/* since the REGISTER */
	health_answer(&h, 503, true, at(9000));
	ck_assert_int_eq(health_detect_ms(&h), 0);
}
END_TEST

START_TEST(b17_lost_registers_move_nobody)
{
	struct health h;

	/* However many of them, of however many accounts: OPTIONS answered in between or not. */
	for (int state = 0; state < STATES; state++) {
		make(&h, state);
		for (int i = 0; i < 10; i++) {
			struct health_verdict verdict = health_suspect(&h, at(1000 * i), at(1000 * i));

			ck_assert(!verdict.changed);
			ck_assert_int_eq((int)h.state, state);
			if (state == UP && i % 3 == 2)
				health_answer(&h, 200, true, at(1000 * i + 1));
		}
	}
}
END_TEST

/* The round that was under way when the REGISTER fell silent is the same silence. */
START_TEST(b17_one_silence_is_not_counted_twice)
{
	struct health_verdict verdict;
	struct health h;

	make(&h, UP);
	health_suspect(&h, at(0), at(4000));
	verdict = health_silence(&h, at(2000), true, at(6000));
	ck_assert_int_eq((int)h.state, HEALTH_UP);
	ck_assert(verdict.confirm);
	verdict = health_silence(&h, at(6000), true, at(10000));
	ck_assert_int_eq((int)h.state, HEALTH_DOWN);
	ck_assert(verdict.changed);
}
END_TEST

START_TEST(b17_an_answer_ends_the_suspicion)
{
	struct health_verdict verdict;
	struct health h;

	make(&h, UP);
	health_suspect(&h, at(0), at(4000));
	health_answer(&h, 200, true, at(4100));
	verdict = health_silence(&h, at(60000), true, at(64000));
	ck_assert_int_eq((int)h.state, HEALTH_UP);
	ck_assert(verdict.confirm);
}
END_TEST

/* ---- the transport ---- */

START_TEST(b13_unreachable_acts_at_once)
{
	for (int state = 0; state < STATES; state++) {
		struct health_verdict verdict;
		struct health h;

		make(&h, state);
		verdict = health_unreachable(&h, at(7));
		ck_assert_int_eq((int)h.state, HEALTH_DOWN);
		ck_assert(verdict.changed == (state != DOWN));
		ck_assert(!verdict.confirm);
	}
}
END_TEST

START_TEST(words)
{
	ck_assert_str_eq(health_state_str(HEALTH_UNKNOWN), "unknown");	/* B11 */
	ck_assert_str_eq(health_state_str(HEALTH_UP), "up");
	ck_assert_str_eq(health_state_str(HEALTH_DOWN), "down");
	for (int i = 0; i < HEALTH_CAUSES; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(health_cause_str((enum health_cause)i),
			    health_cause_str((enum health_cause)j));
}
END_TEST

/* B23: who takes REGISTERs and has never answered OPTIONS is not judged by silence; the first answer ends that. */
START_TEST(b23_silent_to_options)
{
	struct instant now = { 100000 };
	struct health h;

	health_init(&h, now);
	health_registration(&h, 403, now);
	ck_assert(!health_silence(&h, now, false, now).not_judged);	/* it took none */
	health_init(&h, now);
	health_registration(&h, 200, now);
	for (int i = 0; i < 5; i++) {
		struct health_verdict v = health_silence(&h, now, i % 2 == 0, instant_add(now, 4000));

		ck_assert(v.not_judged && !v.changed && !v.confirm);
		ck_assert_int_eq((int)h.state, HEALTH_UP);
	}
	ck_assert(health_unreachable(&h, now).changed);			/* that is no silence */
	health_answer(&h, 200, true, now);
	ck_assert(!health_silence(&h, instant_add(now, 10000), false, instant_add(now, 14000)).not_judged);
	ck_assert_int_eq((int)h.state, HEALTH_DOWN);
}
END_TEST

static Suite *
health_suite(void)
{
	Suite *suite = suite_create("health");
	TCase *tcase = tcase_create("B11-B19");

	tcase_add_loop_test(tcase, b12_b13_b14_answers, 0, UNIT_COUNT(answers));
	tcase_add_test(tcase, causes);
	tcase_add_test(tcase, b17_any_answer_to_register_but_408_and_503_proves_it_up);
	tcase_add_test(tcase, b19_one_silent_round_makes_an_inactive_server_down);
	tcase_add_test(tcase, b19_the_active_server_gets_a_second_round);
	tcase_add_test(tcase, b19_silent_rounds_count_in_a_row);
	tcase_add_test(tcase, b19_silence_before_it_was_active);
	tcase_add_test(tcase, b17_a_silent_register_counts_as_one_round);
	tcase_add_test(tcase, b17_lost_registers_move_nobody);
	tcase_add_test(tcase, b17_one_silence_is_not_counted_twice);
	tcase_add_test(tcase, b17_an_answer_ends_the_suspicion);
	tcase_add_test(tcase, b13_unreachable_acts_at_once);
	tcase_add_test(tcase, words);
	tcase_add_test(tcase, b23_silent_to_options);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(health_suite)
