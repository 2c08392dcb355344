/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <string.h>

#include "core/dnsview.h"

#define MINUTE ((int64_t)60 * 1000)
#define HOUR (60 * MINUTE)
#define STEPS_MAX 12

/* Two answers with records, told apart by their address. */
static struct dns_record record_a = { .address = { .family = ADDRESS_IPV4, .ip = { 192, 0, 2, 1 } } };
static struct dns_record record_b = { .address = { .family = ADDRESS_IPV4, .ip = { 192, 0, 2, 2 } } };

enum said { A, B, NX, ND, SF, RF, SI, MF, TC, US, END };

static struct dns_answer
answer_of(enum said said)
{
	static const enum dns_outcome outcome[] = { DNS_GOOD, DNS_GOOD, DNS_NXDOMAIN, DNS_NODATA, DNS_SERVFAIL,
		DNS_REFUSED, DNS_SILENT, DNS_MALFORMED, DNS_TRUNCATED, DNS_UNSENDABLE };
	struct dns_answer answer = { .outcome = outcome[said], .ttl_s = 600 };

	if (answer.outcome == DNS_GOOD) {
		answer.count = 1;
		answer.records = said == A ? &record_a : &record_b;
	}
	return answer;
}

struct step {
	enum said said;
	bool up;			/* a server that was named is up */
	enum dnsview_verdict verdict;
	enum said believed;		/* END: nothing */
	bool stale;
	int64_t next_s;			/* from the step on */
};

/* The table of states and answers; refresh is 2 h without jitter. */
static const struct {
	const char *name;
	struct step steps[STEPS_MAX];
} stories[] = {
	{ "B50 good answers", {
		{ A, true, DNSVIEW_NEW, A, false, 7200 },
		{ A, true, DNSVIEW_CONFIRMED, A, false, 7200 },
		{ B, true, DNSVIEW_NEW, B, false, 30 },		/* B53: it leaves out A */
		{ B, true, DNSVIEW_CONFIRMED, B, false, 7200 },
		{ .said = END } } },
	{ "B51 failures change nothing, 30 s doubling to 15 min", {
		{ A, true, DNSVIEW_NEW, A, false, 7200 },
		{ SF, true, DNSVIEW_KEPT, A, true, 30 },
		{ RF, false, DNSVIEW_KEPT, A, true, 60 },
		{ SI, false, DNSVIEW_KEPT, A, true, 120 },
		{ MF, false, DNSVIEW_KEPT, A, true, 240 },
		{ TC, false, DNSVIEW_KEPT, A, true, 480 },
		{ US, false, DNSVIEW_KEPT, A, true, 900 },
		{ SI, false, DNSVIEW_KEPT, A, true, 900 },
		{ A, false, DNSVIEW_CONFIRMED, A, false, 7200 },
		{ SI, false, DNSVIEW_KEPT, A, true, 30 },
		{ B, false, DNSVIEW_NEW, B, false, 30 },	/* B53 */
		{ .said = END } } },
	{ "B51 nothing to keep", {
		{ SI, false, DNSVIEW_NOTHING, END, false, 30 },
		{ TC, false, DNSVIEW_NOTHING, END, false, 60 },
		{ NX, false, DNSVIEW_NEW, NX, false, 7200 },
		{ SF, false, DNSVIEW_KEPT, NX, true, 30 },
		{ .said = END } } },
	{ "B52 none is doubted while a server is up", {
		{ A, true, DNSVIEW_NEW, A, false, 7200 },
		{ NX, true, DNSVIEW_KEPT, A, true, 30 },
		{ ND, true, DNSVIEW_KEPT, A, true, 60 },
		{ NX, true, DNSVIEW_KEPT, A, true, 120 },
		{ NX, false, DNSVIEW_NEW, NX, false, 7200 },
		{ NX, false, DNSVIEW_CONFIRMED, NX, false, 7200 },
		{ A, false, DNSVIEW_NEW, A, false, 7200 },
		{ .said = END } } },
	{ "B52 none is asked again even when nothing is up", {
		{ A, true, DNSVIEW_NEW, A, false, 7200 },
		{ ND, false, DNSVIEW_KEPT, A, true, 30 },
		{ ND, false, DNSVIEW_NEW, ND, false, 7200 },
		{ .said = END } } },
	{ "B52 a failure between does not count as a repetition", {
		{ A, true, DNSVIEW_NEW, A, false, 7200 },
		{ NX, false, DNSVIEW_KEPT, A, true, 30 },
		{ SI, false, DNSVIEW_KEPT, A, true, 60 },
		{ NX, false, DNSVIEW_KEPT, A, true, 120 },
		{ NX, false, DNSVIEW_NEW, NX, false, 7200 },
		{ .said = END } } },
	{ "B52 a good answer ends the doubt", {
		{ A, true, DNSVIEW_NEW, A, false, 7200 },
		{ NX, true, DNSVIEW_KEPT, A, true, 30 },
		{ A, true, DNSVIEW_CONFIRMED, A, false, 7200 },
		{ NX, false, DNSVIEW_KEPT, A, true, 30 },
		{ .said = END } } },
	{ "B4 none at first is an answer", {
		{ ND, false, DNSVIEW_NEW, ND, false, 7200 },
		{ NX, false, DNSVIEW_NEW, NX, false, 7200 },
		{ A, false, DNSVIEW_NEW, A, false, 7200 },
		{ .said = END } } },
};

START_TEST(story)
{
	struct instant now = { 1000 };
	struct instant believed_at = { 0 };
	struct dnsview view;

	dnsview_init(&view, now);
	ck_assert(!view.answered && !view.stale);
	ck_assert_int_eq(view.next.ms, now.ms);
	for (const struct step *s = stories[_i].steps; s->said != END; s++) {
		struct dnsview_policy policy = { .refresh_ms = 2 * HOUR, .named_is_up = s->up };
		struct dns_answer answer = answer_of(s->said);
		long at = (long)(s - stories[_i].steps);

		now = view.next;
		ck_assert_msg(dnsview_step(&view, &answer, &policy, now) == s->verdict, "%s, step %ld: verdict",
		    stories[_i].name, at);
		if (s->verdict == DNSVIEW_NEW || s->verdict == DNSVIEW_CONFIRMED)
			believed_at = now;
		ck_assert_msg(view.answered == (s->believed != END), "%s, step %ld: answered", stories[_i].name, at);
		if (view.answered) {
			struct dns_answer believed = answer_of(s->believed);

			ck_assert_msg(dns_answer_equal(&view.believed, &believed), "%s, step %ld: believed",
			    stories[_i].name, at);
			ck_assert_msg(view.believed_at.ms == believed_at.ms, "%s, step %ld: age", stories[_i].name, at);
		}
		ck_assert_msg(view.stale == s->stale, "%s, step %ld: stale", stories[_i].name, at);
		ck_assert_msg(view.last == answer.outcome, "%s, step %ld: last", stories[_i].name, at);
		ck_assert_msg(instant_since(now, view.next) == s->next_s * 1000, "%s, step %ld: next in %ld",
		    stories[_i].name, at, (long)instant_since(now, view.next));
	}
	dnsview_fini(&view);
}
END_TEST

/* B50: when the next lookup is, by settings, TTL and jitter. */
static const struct {
	int64_t refresh_ms;
	uint32_t ttl_s;
	uint32_t jitter;
	int64_t least_ms, most_ms;
} waits[] = {
	{ 2 * HOUR, 1, 0, 2 * HOUR, 2 * HOUR },
	{ 2 * HOUR, 1, UINT32_MAX, 108 * MINUTE, 108 * MINUTE + 1 },
	{ 2 * HOUR, 1, UINT32_MAX / 2, 114 * MINUTE, 114 * MINUTE + 1 },
	{ 30000, 86400, 0, 30000, 30000 },
	{ 0, 0, 0, 5 * MINUTE, 5 * MINUTE },
	{ 0, 60, UINT32_MAX, 5 * MINUTE, 5 * MINUTE },
	{ 0, 300, UINT32_MAX, 5 * MINUTE, 5 * MINUTE },
	{ 0, 600, 0, 10 * MINUTE, 10 * MINUTE },
	{ 0, 600, UINT32_MAX, 9 * MINUTE, 9 * MINUTE + 1 },
	{ 0, 7200, 0, 2 * HOUR, 2 * HOUR },
	{ 0, 86400, 0, 2 * HOUR, 2 * HOUR },
	{ 0, UINT32_MAX, UINT32_MAX, 108 * MINUTE, 108 * MINUTE + 1 },
};

START_TEST(refresh)
{
	struct dnsview_policy policy = { .refresh_ms = waits[_i].refresh_ms, .jitter = waits[_i].jitter };
	struct instant now = { 5000 };
	struct dnsview view;

	/* the TTL of the latest answer counts, though the answer is the same */
	dnsview_init(&view, now);
	for (int round = 0; round < 2; round++) {
		struct dns_answer answer = answer_of(A);
		int64_t wait;

		if (round == 1)
			answer.ttl_s = waits[_i].ttl_s;
		dnsview_step(&view, &answer, &policy, now);
		wait = instant_since(now, view.next);
		if (round == 1)
			ck_assert_msg(wait >= waits[_i].least_ms && wait <= waits[_i].most_ms, "case %d: %ld", _i,
			    (long)wait);
	}
	dnsview_fini(&view);
}
END_TEST

START_TEST(next_server)
{
	ck_assert(!dnsview_ask_next(DNS_GOOD));
	ck_assert(!dnsview_ask_next(DNS_NXDOMAIN));
	ck_assert(!dnsview_ask_next(DNS_NODATA));
	ck_assert(dnsview_ask_next(DNS_SERVFAIL));
	ck_assert(dnsview_ask_next(DNS_REFUSED));
	ck_assert(dnsview_ask_next(DNS_SILENT));
	ck_assert(dnsview_ask_next(DNS_MALFORMED));
	ck_assert(dnsview_ask_next(DNS_TRUNCATED));
	ck_assert(dnsview_ask_next(DNS_UNSENDABLE));
}
END_TEST

/* It must not wrap or overflow in a year of failures. */
START_TEST(long_outage)
{
	struct dnsview_policy policy = { .refresh_ms = 2 * HOUR };
	struct dns_answer answer = answer_of(SI);
	struct dnsview view;

	dnsview_init(&view, (struct instant){ 0 });
	for (int i = 0; i < 40000; i++) {
		struct instant now = view.next;

		dnsview_step(&view, &answer, &policy, now);
		ck_assert_int_ge(instant_since(now, view.next), DNSVIEW_RETRY_MIN_MS);
		ck_assert_int_le(instant_since(now, view.next), DNSVIEW_RETRY_MAX_MS);
	}
	dnsview_fini(&view);
}
END_TEST
/* B53: an answer that leaves out what the one before it named is asked for again in 30 s, once. */
START_TEST(b53_second_opinion)
{
	struct dnsview_policy policy = { .refresh_ms = 2 * HOUR };
	struct dns_record records[3] = { { .target = "a" }, { .target = "b" }, { .target = "c" } };
	struct dns_record turned[3] = { records[1], records[2], records[0] };
	struct dns_answer all = { .outcome = DNS_GOOD, .count = 3, .records = records };
	struct dns_answer rotated = { .outcome = DNS_GOOD, .count = 3, .records = turned };
	struct dns_answer fewer = { .outcome = DNS_GOOD, .count = 2, .records = records };
	struct dns_answer fewest = { .outcome = DNS_GOOD, .count = 1, .records = records };
	struct dns_answer failed = { .outcome = DNS_SERVFAIL };
	struct instant now = { 1000 };
	struct dnsview view;

	dnsview_init(&view, now);
	dnsview_step(&view, &fewer, &policy, now);
	dnsview_step(&view, &all, &policy, now);
	ck_assert(!view.unsure);
	ck_assert_int_eq((int)dnsview_step(&view, &rotated, &policy, now), DNSVIEW_NEW);
	ck_assert(!view.unsure);
	dnsview_step(&view, &fewer, &policy, now);
	ck_assert(view.unsure);
	ck_assert_int_eq(instant_since(now, view.next), DNSVIEW_SECOND_MS);
	dnsview_step(&view, &failed, &policy, now);	/* no opinion */
	ck_assert(view.unsure);
	dnsview_step(&view, &fewer, &policy, now);
	ck_assert(!view.unsure);
	ck_assert_int_gt(instant_since(now, view.next), HOUR);

	/* A name server that always names others is not asked for ever. */
	dnsview_step(&view, &fewest, &policy, now);
	ck_assert(view.unsure);
	dnsview_step(&view, &(struct dns_answer){ .outcome = DNS_GOOD, .count = 1, .records = &records[2] }, &policy, now);
	ck_assert(!view.unsure);
	dnsview_fini(&view);
}
END_TEST

static Suite *
dnsview_suite(void)
{
	Suite *suite = suite_create("dnsview");
	TCase *tcase = tcase_create("B50-B54");

	tcase_add_loop_test(tcase, story, 0, UNIT_COUNT(stories));
	tcase_add_loop_test(tcase, refresh, 0, UNIT_COUNT(waits));
	tcase_add_test(tcase, next_server);
	tcase_add_test(tcase, long_outage);
	tcase_add_test(tcase, b53_second_opinion);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(dnsview_suite)
