/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "core/grant.h"
#include "unit.h"

enum { CONTACTS_MAX = 4, ASKED = 300 };

struct listed {
	const char *user, *host;
	uint16_t port;
	const char *parameters, *expires;
};

/* Ours is sip:alice@192.0.2.1:5060;sk=0123, and 300 s were asked for. */
static const struct {
	const char *name;
	struct listed contacts[CONTACTS_MAX];	/* up to the first without host */
	const char *expires;
	enum grant_verdict verdict;
	int64_t granted;
} cases[] = {
	{ "nothing is said: what was asked", { { 0 } }, NULL, GRANT_GIVEN, ASKED },
	{ "Expires alone", { { 0 } }, "120", GRANT_GIVEN, 120 },
	{ "own Contact before Expires", { { "alice", "192.0.2.1", 5060, "sk=0123", "60" } }, "120", GRANT_GIVEN, 60 },
	{ "own Contact says nothing: Expires", { { "alice", "192.0.2.1", 5060, "sk=0123", NULL } }, "120",
	    GRANT_GIVEN, 120 },
	{ "nor does Expires", { { "alice", "192.0.2.1", 5060, "sk=0123", NULL } }, NULL, GRANT_GIVEN, ASKED },

	/* which one is ours */
	{ "by parameter among others",
	    { { "alice", "192.0.2.9", 5060, "sk=9999", "10" }, { "alice", "192.0.2.1", 5060, "sk=0123", "60" },
	      { "alice", "192.0.2.8", 5060, NULL, "20" } }, NULL, GRANT_GIVEN, 60 },
	{ "parameter before address",
	    { { "alice", "192.0.2.1", 5060, NULL, "10" }, { "alice", "198.51.100.7", 1024, "sk=0123", "60" } },
	    NULL, GRANT_GIVEN, 60 },
	{ "our address before one that was ours",
	    { { "alice", "192.0.2.9", 5060, "sk=0123", "10" }, { "alice", "192.0.2.1", 5060, "sk=0123", "60" },
	      { "alice", "192.0.2.8", 5060, "sk=0123", "20" } }, NULL, GRANT_GIVEN, 60 },
	{ "parameter among parameters",
	    { { "alice", "192.0.2.1", 5060, "transport=udp;sk=9999;ob", "10" },
	      { "alice", "192.0.2.1", 5060, "transport=udp;sk=0123;ob", "60" } }, NULL, GRANT_GIVEN, 60 },
	{ "no part of a parameter",
	    { { "alice", "192.0.2.9", 5060, "sk=01234", "10" }, { "alice", "192.0.2.9", 5060, "xsk=0123", "20" } },
	    NULL, GRANT_NOT_STORED, 0 },
	{ "by user, address and port",
	    { { "alice", "192.0.2.9", 5060, NULL, "10" }, { "alice", "192.0.2.1", 5060, NULL, "60" } },
	    NULL, GRANT_GIVEN, 60 },
	{ "no port is 5060", { { "alice", "192.0.2.1", 0, NULL, "60" }, { "alice", "192.0.2.9", 0, NULL, "10" } },
	    NULL, GRANT_GIVEN, 60 },
	{ "another port is another",
	    { { "alice", "192.0.2.1", 5062, NULL, "10" }, { "alice", "192.0.2.1", 5061, NULL, "10" } },
	    NULL, GRANT_NOT_STORED, 0 },
	{ "rewritten: the only one with our user",
	    { { "bob", "192.0.2.9", 5060, NULL, "10" }, { "alice", "198.51.100.7", 1024, NULL, "60" } },
	    NULL, GRANT_REWRITTEN, 60 },
	{ "two with our user, neither ours",
	    { { "alice", "192.0.2.9", 5060, NULL, "10" }, { "alice", "198.51.100.7", 1024, NULL, "60" } },
	    NULL, GRANT_NOT_STORED, 0 },
	{ "Contacts, not ours", { { "bob", "192.0.2.9", 5060, NULL, "60" } }, "60", GRANT_NOT_STORED, 0 },
	{ "our address, another user", { { "bob", "192.0.2.1", 5060, NULL, "60" } }, NULL, GRANT_NOT_STORED, 0 },
	{ "users differ by case", { { "Alice", "192.0.2.1", 5060, NULL, "60" } }, NULL, GRANT_NOT_STORED, 0 },
	{ "no user", { { NULL, "192.0.2.1", 5060, NULL, "60" } }, NULL, GRANT_NOT_STORED, 0 },

	/* numbers are read strictly */
	{ "1 s", { { 0 } }, "1", GRANT_GIVEN, 1 },
	{ "2^32-1", { { 0 } }, "4294967295", GRANT_GIVEN, 4294967295 },
	{ "2^32", { { 0 } }, "4294967296", GRANT_BAD_NUMBER, 0 },
	{ "0", { { 0 } }, "0", GRANT_BAD_NUMBER, 0 },
	{ "00", { { 0 } }, "00", GRANT_BAD_NUMBER, 0 },
	{ "nothing", { { 0 } }, "", GRANT_BAD_NUMBER, 0 },
	{ "a word", { { 0 } }, "soon", GRANT_BAD_NUMBER, 0 },
	{ "a number and a word", { { 0 } }, "60s", GRANT_BAD_NUMBER, 0 },
	{ "two numbers", { { 0 } }, "60 60", GRANT_BAD_NUMBER, 0 },
	{ "a sign", { { 0 } }, "+60", GRANT_BAD_NUMBER, 0 },
	{ "less than nothing", { { 0 } }, "-60", GRANT_BAD_NUMBER, 0 },
	{ "a fraction", { { 0 } }, "60.0", GRANT_BAD_NUMBER, 0 },
	{ "more than any type holds", { { 0 } }, "100000000000000000000000000", GRANT_BAD_NUMBER, 0 },
	{ "own Contact 0", { { "alice", "192.0.2.1", 5060, "sk=0123", "0" } }, "60", GRANT_BAD_NUMBER, 0 },
	{ "own Contact no number", { { "alice", "192.0.2.1", 5060, "sk=0123", "x" } }, "60", GRANT_BAD_NUMBER, 0 },
	{ "own Contact empty", { { "alice", "192.0.2.1", 5060, "sk=0123", "" } }, "60", GRANT_BAD_NUMBER, 0 },
	{ "rewritten and 0", { { "alice", "192.0.2.9", 5060, NULL, "0" } }, NULL, GRANT_BAD_NUMBER, 0 },
	{ "another's rubbish is its own",
	    { { "bob", "192.0.2.9", 5060, NULL, "x" }, { "alice", "192.0.2.1", 5060, NULL, "60" } },
	    NULL, GRANT_GIVEN, 60 },
	{ "own Contact good, Expires bad", { { "alice", "192.0.2.1", 5060, NULL, "60" } }, "x", GRANT_GIVEN, 60 },
	{ "own Contact silent, Expires bad", { { "alice", "192.0.2.1", 5060, NULL, NULL } }, "x", GRANT_BAD_NUMBER, 0 },
};

static size_t
listed_contacts(const struct listed *listed, struct grant_contact to[CONTACTS_MAX])
{
	size_t count = 0;

	for (; count < CONTACTS_MAX && listed[count].host != NULL; count++)
		to[count] = (struct grant_contact){
			.user = span_of(listed[count].user), .host = span_of(listed[count].host),
			.port = listed[count].port, .uri_parameters = span_of(listed[count].parameters),
			.expires = span_of(listed[count].expires),
		};
	return count;
}

START_TEST(b33_grants)
{
	const struct grant_own own = {
		.user = span_of("alice"), .host = span_of("192.0.2.1"), .port = 5060, .parameter = "sk=0123",
	};
	struct grant_contact contacts[CONTACTS_MAX];
	size_t count = listed_contacts(cases[_i].contacts, contacts);
	enum grant_verdict want = cases[_i].verdict;
	int64_t granted = 0;

	ck_assert_msg(grant_read(contacts, count, span_of(cases[_i].expires), &own, ASKED, &granted) == want, "%s",
	    cases[_i].name);
	if (want == GRANT_GIVEN || want == GRANT_REWRITTEN)
		ck_assert_msg(granted == cases[_i].granted, "%s: %lld", cases[_i].name, (long long)granted);
}
END_TEST

/* A fixed Contact has no parameter (B40); IPv6 is compared without regard to case. */
START_TEST(b33_own_without_parameter)
{
	const struct grant_own own = { .user = span_of("alice"), .host = span_of("2001:db8::a"), .port = 0 };
	const struct listed listed[] = {
		{ "alice", "2001:DB8::B", 5060, "sk=0123", "10" }, { "alice", "2001:DB8::A", 5060, NULL, "60" }, { 0 },
	};
	struct grant_contact contacts[CONTACTS_MAX];
	int64_t granted = 0;

	ck_assert_int_eq((int)grant_read(contacts, listed_contacts(listed, contacts), (struct span){ 0 }, &own, ASKED,
	    &granted), GRANT_GIVEN);
	ck_assert_int_eq(granted, 60);
}
END_TEST

static Suite *
grant_suite(void)
{
	Suite *suite = suite_create("grant");
	TCase *tcase = tcase_create("B33");

	tcase_add_loop_test(tcase, b33_grants, 0, UNIT_COUNT(cases));
	tcase_add_test(tcase, b33_own_without_parameter);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(grant_suite)
