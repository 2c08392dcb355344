/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/candidates.h"
#include "core/rendezvous.h"
#include "unit.h"

enum { FOUND_MAX = 128, SPECS_MAX = 4 };

/* What the serverspecs have led to; the tests fill it. */
struct answers {
	struct found_server servers[SPECS_MAX][FOUND_MAX];
	struct found_list lists[SPECS_MAX];
	size_t specs;
};

static struct answers answers;
static struct candidate_place places[CANDIDATES_MAX];
static unsigned warnings[CANDIDATES_WARNINGS];

static void
reset(void)
{
	memset(&answers, 0, sizeof(answers));
	memset(warnings, 0, sizeof(warnings));
}

/* An address of serverspec `rank`; a negative weight stands for "not from an SRV record". */
static void
add(unsigned rank, const char *address, unsigned priority, int weight, const char *name)
{
	struct found_list *list = &answers.lists[rank - 1];
	struct found_server *found = &answers.servers[rank - 1][list->count];

	ck_assert_uint_lt(list->count, FOUND_MAX);
	ck_assert(address_parse(&found->address, address));
	found->priority = (uint16_t)priority;
	found->weight = weight > 0 ? (uint16_t)weight : 0;
	found->from_srv = weight >= 0;
	snprintf(found->name, sizeof(found->name), "%s", name);
	list->servers = answers.servers[rank - 1];
	list->count++;
	if (rank > answers.specs)
		answers.specs = rank;
}

static bool
is_own(void *arg, const struct peer *peer)
{
	return address_equal(arg, &peer->address);
}

static size_t
build(const char *identity, bool spread)
{
	struct address own;

	ck_assert(address_parse(&own, "10.9.9.9:5060"));
	return candidates_build(places, answers.lists, answers.specs, SIP_UDP, spread, identity, is_own, &own, warnings);
}

static const struct candidate_place *
by_order(size_t count, unsigned order)
{
	for (size_t i = 0; i < count; i++) {
		if (places[i].order == order)
			return &places[i];
	}
	ck_abort_msg("nobody has place %u", order);
	return NULL;
}

/* As the status shows them, in the order of display and then in the order of preference. */
static char *
describe(size_t count)
{
	struct strbuf b = { 0 };
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < count; i++)
		strbuf_printf(&b, "P%u:%u %s; ", places[i].rank, (unsigned)places[i].priority,
		    address_ip_str(&places[i].peer.address, text));
	strbuf_append(&b, "by preference");
	for (unsigned i = 0; i < count; i++)
		strbuf_printf(&b, " %s", address_ip_str(&by_order(count, i)->peer.address, text));
	ck_assert(!b.failed);
	return b.data;
}

static void
expect(size_t count, const char *expected)
{
	char *described = describe(count);

	ck_assert_str_eq(described, expected);
	free(described);
}

static unsigned
warned(void)
{
	unsigned sum = 0;

	for (size_t i = 0; i < CANDIDATES_WARNINGS; i++)
		sum += warnings[i];
	return sum;
}

/* B3, B5: two serverspecs that are addresses. */
START_TEST(test_method_1_addresses)
{
	add(1, "172.29.102.138:5060", 1, -1, "");
	add(2, "172.29.102.139:5060", 1, -1, "");
	expect(build("100@testdomain.local", false), "P1:1 172.29.102.138; P2:1 172.29.102.139; "
	    "by preference 172.29.102.138 172.29.102.139");
	ck_assert_uint_eq(warned(), 0);
	ck_assert_str_eq(places[0].name, "");
	ck_assert(!places[0].from_srv);
	ck_assert_int_eq(places[0].peer.transport, SIP_UDP);
	ck_assert_uint_eq(places[0].peer.address.port, 5060);
}
END_TEST

/* B3, B5: two serverspecs that are names with an A record each. */
START_TEST(test_method_2_names)
{
	add(1, "172.29.102.138:5060", 1, -1, "sipserver1.testdomain.local");
	add(2, "172.29.102.139:5060", 1, -1, "sipserver2.testdomain.local");
	expect(build("100@testdomain.local", true), "P1:1 172.29.102.138; P2:1 172.29.102.139; "
	    "by preference 172.29.102.138 172.29.102.139");
	ck_assert_str_eq(places[0].name, "sipserver1.testdomain.local");
	ck_assert_str_eq(places[1].name, "sipserver2.testdomain.local");
}
END_TEST

/* B3, B5: the domain alone, SRV priorities; shown as DNS reported, preferred by priority. */
START_TEST(test_method_3_srv)
{
	add(1, "172.29.102.139:5060", 2, 0, "sipserver2.testdomain.local");
	add(1, "172.29.102.138:5060", 1, 0, "sipserver1.testdomain.local");
	expect(build("100@testdomain.local", false), "P1:2 172.29.102.139; P1:1 172.29.102.138; "
	    "by preference 172.29.102.138 172.29.102.139");
	ck_assert(places[0].from_srv);
}
END_TEST

/* B5, B6: a name with four A records; one account alone takes them as received. */
START_TEST(test_method_4_balancing)
{
	static const char *const received[] = { "172.29.102.140", "172.29.102.138", "172.29.102.141", "172.29.102.139" };

	for (size_t i = 0; i < UNIT_COUNT(received); i++) {
		char text[ADDRESS_TEXT_SIZE];

		snprintf(text, sizeof(text), "%s:5060", received[i]);
		add(1, text, 1, -1, "fouranames.testdomain.local");
	}
	expect(build("100@testdomain.local", false), "P1:1 172.29.102.140; P1:1 172.29.102.138; "
	    "P1:1 172.29.102.141; P1:1 172.29.102.139; "
	    "by preference 172.29.102.140 172.29.102.138 172.29.102.141 172.29.102.139");
}
END_TEST

START_TEST(test_b3_rank_before_priority)
{
	add(1, "10.0.0.1:5060", 20, 0, "a");
	add(1, "10.0.0.2:5060", 0, 0, "b");
	add(2, "10.0.0.3:5060", 0, 0, "c");
	add(3, "10.0.0.4:5060", 1, -1, "");
	add(4, "2001:db8::1", 1, -1, "d");
	answers.servers[3][0].address.port = 5061;
	expect(build("100@example.com", false), "P1:20 10.0.0.1; P1:0 10.0.0.2; P2:0 10.0.0.3; P3:1 10.0.0.4; "
	    "P4:1 2001:db8::1; by preference 10.0.0.2 10.0.0.1 10.0.0.3 10.0.0.4 2001:db8::1");
}
END_TEST

/* A serverspec that led nowhere keeps its rank: the next one does not move up. */
START_TEST(test_b3_empty_serverspec)
{
	add(1, "0.0.0.0:5060", 1, -1, "a");
	add(3, "10.0.0.3:5060", 1, -1, "");
	expect(build("100@example.com", false), "P3:1 10.0.0.3; by preference 10.0.0.3");
	ck_assert_uint_eq(warnings[CANDIDATES_BAD_ADDRESS], 1);
	reset();
	ck_assert_uint_eq(build("100@example.com", false), 0);
}
END_TEST

/* B7: the same call server is one candidate, at its most preferred place: by rank, by priority, the first of equals. */
START_TEST(test_b7_twice)
{
	add(1, "10.0.0.1:5060", 5, 10, "worse");
	add(1, "10.0.0.2:5060", 5, 10, "other");
	add(1, "10.0.0.1:5060", 3, 10, "best");
	add(1, "10.0.0.1:5060", 3, 10, "later");
	add(1, "10.0.0.1:5060", 4, 10, "between");
	add(2, "10.0.0.1:5060", 0, 10, "rank");
	add(2, "10.0.0.1:5061", 1, 10, "port");
	expect(build("100@example.com", false), "P1:5 10.0.0.2; P1:3 10.0.0.1; P2:1 10.0.0.1; "
	    "by preference 10.0.0.1 10.0.0.2 10.0.0.1");
	ck_assert_str_eq(places[1].name, "best");
	ck_assert_str_eq(places[2].name, "port");
	ck_assert_uint_eq(warned(), 0);
}
END_TEST

/* B7: what cannot be a server is left out, and counted by kind. */
static const struct {
	const char *address;
	enum candidates_warning warning;
} impossible[] = {
	{ "10.0.0.1", CANDIDATES_PORT_ZERO },
	{ "0.0.0.0:5060", CANDIDATES_BAD_ADDRESS },
	{ "[::]:5060", CANDIDATES_BAD_ADDRESS },
	{ "255.255.255.255:5060", CANDIDATES_BAD_ADDRESS },
	{ "224.0.1.75:5060", CANDIDATES_BAD_ADDRESS },
	{ "[ff02::1]:5060", CANDIDATES_BAD_ADDRESS },
	{ "10.9.9.9:5060", CANDIDATES_OWN_ADDRESS },
	{ "10.9.9.9:5062", CANDIDATES_WARNINGS },	/* our host, not our port */
	{ "127.0.0.1:5060", CANDIDATES_WARNINGS },
	{ "[fe80::1]:5060", CANDIDATES_WARNINGS },
};

START_TEST(test_b7_impossible)
{
	enum candidates_warning warning = impossible[_i].warning;

	add(1, impossible[_i].address, 1, 0, "a");
	add(1, "10.0.0.2:5060", 1, 0, "b");
	ck_assert_uint_eq(build("100@example.com", false), warning == CANDIDATES_WARNINGS ? 2 : 1);
	ck_assert_uint_eq(warned(), warning == CANDIDATES_WARNINGS ? 0 : 1);
	if (warning != CANDIDATES_WARNINGS)
		ck_assert_uint_eq(warnings[warning], 1);
	/* Nobody needs to listen, nor to have addresses of its own. */
	candidates_build(places, answers.lists, answers.specs, SIP_TCP, false, "", NULL, NULL, NULL);
	ck_assert_int_eq(places[0].peer.transport, SIP_TCP);
}
END_TEST

/* The places must be the equals' own scores in falling order. */
static void
expect_drawn(size_t count, const char *identity, bool weighted)
{
	double last = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct candidate_place *place = by_order(count, i);
		double score = rendezvous_score(identity, &place->peer, weighted ? place->weight : 1);

		ck_assert(i == 0 || score < last);
		last = score;
	}
}

/* B6: as received, unless weights differ or the account shares its serverspec. */
START_TEST(test_b6_who_draws)
{
	static const struct {
		int weights[4];
		bool spread, drawn, weighted;
	} cases[] = {
		{ { -1, -1, -1, -1 }, false, false, false },
		{ { 0, 0, 0, 0 }, false, false, false },
		{ { 10, 10, 10, 10 }, false, false, false },
		{ { 10, 10, 20, 10 }, false, true, true },
		{ { 0, 0, 0, 10 }, false, true, true },
		{ { -1, -1, -1, -1 }, true, true, false },
		{ { 0, 0, 0, 0 }, true, true, false },
		{ { 10, 10, 10, 10 }, true, true, true },
		{ { 10, 20, 10, 0 }, true, true, true },
	};

	for (size_t c = 0; c < UNIT_COUNT(cases); c++) {
		unsigned moved = 0;

		for (unsigned n = 0; n < 20; n++) {
			char identity[32];
			size_t count;

			reset();
			snprintf(identity, sizeof(identity), "%u@example.com", n);
			for (unsigned i = 0; i < 4; i++) {
				char text[ADDRESS_TEXT_SIZE];

				snprintf(text, sizeof(text), "10.0.0.%u:5060", i + 1);
				add(1, text, 7, cases[c].weights[i], "");
			}
			count = build(identity, cases[c].spread);
			ck_assert_uint_eq(count, 4);
			for (unsigned i = 0; i < 4; i++) {
				/* The display knows nothing of the draw (B5). */
				ck_assert_uint_eq(places[i].peer.address.ip[3], i + 1);
				moved += places[i].order != i;
			}
			if (cases[c].drawn)
				expect_drawn(count, identity, cases[c].weighted);
		}
		ck_assert_msg((moved > 0) == cases[c].drawn, "case %zu", c);
	}
}
END_TEST

/* B6: only equals draw: neither rank nor priority is ever crossed, and weights of others do not matter. */
START_TEST(test_b6_equals_only)
{
	for (unsigned n = 0; n < 50; n++) {
		char identity[32];
		size_t count;

		reset();
		snprintf(identity, sizeof(identity), "%u@example.com", n);
		add(1, "10.0.0.1:5060", 1, 10, "");
		add(1, "10.0.0.2:5060", 2, 65535, "");
		add(1, "10.0.0.3:5060", 1, 10, "");
		add(1, "10.0.0.4:5060", 2, 1, "");
		add(2, "10.0.0.5:5060", 0, 65535, "");
		count = build(identity, false);
		ck_assert_uint_eq(count, 5);
		ck_assert_uint_eq(places[0].order, 0);
		ck_assert_uint_eq(places[2].order, 1);
		ck_assert_uint_eq(places[1].order + places[3].order, 2 + 3);
		ck_assert_uint_eq(places[4].order, 4);
	}
}
END_TEST

/* B6: DNS that turns the records round and round reshuffles nobody who draws. */
START_TEST(test_b6_received_order_does_not_matter)
{
	struct peer first = { 0 };

	for (unsigned turn = 0; turn < 4; turn++) {
		size_t count;

		reset();
		for (unsigned i = 0; i < 4; i++) {
			char text[ADDRESS_TEXT_SIZE];

			snprintf(text, sizeof(text), "10.0.0.%u:5060", (i + turn) % 4 + 1);
			add(1, text, 1, -1, "");
		}
		count = build("100@example.com", true);
		if (turn == 0)
			first = by_order(count, 0)->peer;
		ck_assert(peer_equal(&first, &by_order(count, 0)->peer));
	}
}
END_TEST

/* B57: 64 of a serverspec at most. Of two times 64 the preferred half stays, as received among equals. */
START_TEST(test_b57_too_many)
{
	size_t count;

	for (unsigned i = 0; i < FOUND_MAX; i++) {
		char text[ADDRESS_TEXT_SIZE];

		snprintf(text, sizeof(text), "10.0.0.%u:5060", i + 1);
		add(1, text, i % 2 == 0 ? 9 : 2, 0, "");
	}
	add(2, "10.0.0.1:5060", 1, -1, "");	/* left out above, so it is no double here */
	add(2, "10.0.0.2:5060", 1, -1, "");
	count = build("100@example.com", false);
	ck_assert_uint_eq(count, CANDIDATES_PER_SPEC_MAX + 1);
	ck_assert_uint_eq(warnings[CANDIDATES_TOO_MANY], FOUND_MAX - CANDIDATES_PER_SPEC_MAX);
	for (unsigned i = 0; i < CANDIDATES_PER_SPEC_MAX; i++) {
		ck_assert_uint_eq(places[i].peer.address.ip[3], 2 * i + 2);
		ck_assert_uint_eq(places[i].order, i);
	}
	ck_assert_uint_eq(places[count - 1].rank, 2);
	ck_assert_uint_eq(places[count - 1].peer.address.ip[3], 1);
}
END_TEST

/* B57: a better one that comes late takes the place of the last one of the worst. */
START_TEST(test_b57_late)
{
	size_t count;

	for (unsigned i = 0; i < CANDIDATES_PER_SPEC_MAX; i++) {
		char text[ADDRESS_TEXT_SIZE];

		snprintf(text, sizeof(text), "10.0.0.%u:5060", i + 1);
		add(1, text, 9, 0, "");
	}
	add(1, "10.0.0.200:5060", 2, 0, "");
	count = build("100@example.com", false);
	ck_assert_uint_eq(count, CANDIDATES_PER_SPEC_MAX);
	ck_assert_uint_eq(warnings[CANDIDATES_TOO_MANY], 1);
	ck_assert_uint_eq(places[count - 2].peer.address.ip[3], CANDIDATES_PER_SPEC_MAX - 1);
	ck_assert_uint_eq(places[count - 1].peer.address.ip[3], 200);
	ck_assert_uint_eq(places[count - 1].order, 0);
}
END_TEST

/* Doubles do not count as too many. */
START_TEST(test_b57_doubles)
{
	for (unsigned i = 0; i < FOUND_MAX; i++) {
		char text[ADDRESS_TEXT_SIZE];

		snprintf(text, sizeof(text), "10.0.0.%u:5060", i % 64 + 1);
		add(1, text, 1, 0, "");
	}
	ck_assert_uint_eq(build("100@example.com", false), 64);
	ck_assert_uint_eq(warned(), 0);
}
END_TEST

/* The most there can be: all places differ, and it fits. */
START_TEST(test_full)
{
	bool seen[CANDIDATES_MAX] = { false };
	size_t count;

	for (unsigned rank = 1; rank <= 4; rank++) {
		for (unsigned i = 0; i < FOUND_MAX; i++) {
			char text[ADDRESS_TEXT_SIZE];

			snprintf(text, sizeof(text), "10.0.%u.%u:5060", rank, i + 1);
			add(rank, text, i % 5, (int)(i % 7), "");
		}
	}
	count = build("100@example.com", true);
	ck_assert_uint_eq(count, CANDIDATES_MAX);
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_lt(places[i].order, CANDIDATES_MAX);
		ck_assert(!seen[places[i].order]);
		seen[places[i].order] = true;
	}
	ck_assert_uint_eq(warnings[CANDIDATES_TOO_MANY], 4 * 64);
}
END_TEST

static Suite *
candidates_suite(void)
{
	Suite *suite = suite_create("candidates");
	TCase *tc = tcase_create("candidates");

	tcase_add_checked_fixture(tc, reset, NULL);
	tcase_add_test(tc, test_method_1_addresses);
	tcase_add_test(tc, test_method_2_names);
	tcase_add_test(tc, test_method_3_srv);
	tcase_add_test(tc, test_method_4_balancing);
	tcase_add_test(tc, test_b3_rank_before_priority);
	tcase_add_test(tc, test_b3_empty_serverspec);
	tcase_add_test(tc, test_b7_twice);
	tcase_add_loop_test(tc, test_b7_impossible, 0, (int)UNIT_COUNT(impossible));
	tcase_add_test(tc, test_b6_who_draws);
	tcase_add_test(tc, test_b6_equals_only);
	tcase_add_test(tc, test_b6_received_order_does_not_matter);
	tcase_add_test(tc, test_b57_too_many);
	tcase_add_test(tc, test_b57_late);
	tcase_add_test(tc, test_b57_doubles);
	tcase_add_test(tc, test_full);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(candidates_suite)
