/* SPDX-License-Identifier: ISC */

/* B72: SIP messages are shown to who traces them, without secrets, and never at the daemon's cost. */

#include "control/traces.h"
#include "control_side.h"
#include "sip/wire.h"
#include "unit.h"

#define HEADERS(to, from) "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKa\r\nFrom: <" from ">;tag=1\r\nTo: <" to ">\r\n" \
	"Call-ID: a\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n"

static const char of_100[] = "REGISTER sip:example.com SIP/2.0\r\n" HEADERS("sip:100@example.com", "sip:100@example.com")
	"Authorization: Digest username=\"100\", response=\"0123456789abcdef\"\r\nContent-Length: 6\r\n\r\nsecret";
static const char of_1001[] = "REGISTER sip:example.com SIP/2.0\r\n"
	HEADERS("sip:1001@example.com", "sip:1001@example.com") "Content-Length: 0\r\n\r\n";
static const char to_contact[] = "REGISTER sip:100@192.0.2.9:5060;sk=1 SIP/2.0\r\n"
	HEADERS("sip:you@example.net", "sip:them@example.net") "Content-Length: 0\r\n\r\n";
static const char rubbish[] = "100@example.com \x1b[2J\r\n\r\n";

static void
message(struct world *w, bool sent, const char *peer, const char *text)
{
	struct wire_message m = { .sent = sent, .bytes = (const uint8_t *)text, .len = strlen(text) };

	ck_assert(address_parse(&m.peer.address, peer));
	if (sent)
		ck_assert(address_parse(&m.local, "192.0.2.9:5060"));
	fake_agent_message(w->agent, &m);
}

/* The line before a message, its time aside. */
static const char *
behind_time(const char *heard)
{
	ck_assert_msg(strncmp(heard, "message ", 8) == 0, "%s", heard);
	return strchr(heard + 8, ' ') + 1;
}

START_TEST(B72_a_message_is_told_without_its_secrets)
{
	struct world w;
	int fd;

	world_init(&w);
	ck_assert(!fake_agent_is_looked_at(w.agent));
	fd = client_says(&w, "sipkeepd/1 trace\n");
	ck_assert_str_eq(hear(&w, fd, 5), "ok\n");
	ck_assert(fake_agent_is_looked_at(w.agent));
	message(&w, true, "192.0.2.1:5060", of_100);
	ck_assert_str_eq(behind_time(hear(&w, fd, 5)),
	    "sent udp 192.0.2.9:5060 192.0.2.1:5060 287 6 9\n"
	    "REGISTER sip:example.com SIP/2.0\n"
	    "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKa\n"
	    "From: <sip:100@example.com>;tag=1\n"
	    "To: <sip:100@example.com>\n"
	    "Call-ID: a\n"
	    "CSeq: 1 REGISTER\n"
	    "Max-Forwards: 70\n"
	    "Authorization: Digest username=\"100\", response=***\n"
	    "Content-Length: 6\n");
	message(&w, false, "[2001:db8::1]:5062", rubbish);
	ck_assert_str_eq(behind_time(hear(&w, fd, 5)),
	    "received udp - [2001:db8::1]:5062 24 0 1\n"
	    "100@example.com ?[2J\n");
	message(&w, false, "192.0.2.1:5060", "");
	ck_assert_str_eq(behind_time(hear(&w, fd, 5)), "received udp - 192.0.2.1:5060 0 0 0\n");
	close(fd);
	idle(&w, 10);
	ck_assert(!fake_agent_is_looked_at(w.agent));
	world_fini(&w);
}
END_TEST

/* Which of the messages come: bits 0: of_100, 1: of_1001, 2: to_contact, 3: rubbish; those of 192.0.2.2 four further. */
static const struct {
	const char *line;
	unsigned seen;
} filters[] = {
	{ "sipkeepd/1 trace\n", 0xff },
	{ "sipkeepd/1 trace --account 100@example.com\n", 0x55 },
	{ "sipkeepd/1 trace --server 192.0.2.1\n", 0x0f },
	{ "sipkeepd/1 trace --server udp:192.0.2.1:5060\n", 0x0f },
	{ "sipkeepd/1 trace --server 192.0.2.1:5061\n", 0 },
	{ "sipkeepd/1 trace --server tcp:192.0.2.2\n", 0 },
	{ "sipkeepd/1 trace --server 192.0.2.2 --account 100@example.com\n", 0x50 },
};

START_TEST(B72_only_what_was_asked_for)
{
	static const char *const texts[] = { of_100, of_1001, to_contact, rubbish };
	static const char *const peers[] = { "192.0.2.1:5060", "192.0.2.2:5060" };
	struct world w;
	int fd;

	world_init(&w);
	fake_agent_add(w.agent, "100@example.com", "192.0.2.1", "192.0.2.2");
	fd = client_says(&w, filters[_i].line);
	ck_assert_str_eq(hear(&w, fd, 5), "ok\n");
	for (unsigned i = 0; i < 8; i++) {
		message(&w, false, peers[i / 4], texts[i % 4]);
		ck_assert_msg((hear(&w, fd, 3)[0] != '\0') == ((filters[_i].seen >> i & 1) != 0), "%s: message %u",
		    filters[_i].line, i);
	}
	close(fd);
	world_fini(&w);
}
END_TEST

static const char *const refused[] = {
	"sipkeepd/1 trace --account nobody@example.com\n", "error no-such-account nobody@example.com\n",
	"sipkeepd/1 trace --account\n", "error usage --account wants one\n",
	"sipkeepd/1 trace --server\n", "error usage --server wants ",
	"sipkeepd/1 trace --server example.com\n", "error usage --server wants ",
	"sipkeepd/1 trace --server 192.0.2.1:5060:5060\n", "error usage --server wants ",
	"sipkeepd/1 trace 100\n", "error usage trace: too many words\n",
	"sipkeepd/1 trace --pcap file\n", "error usage trace has no such option\n",
};

START_TEST(what_makes_no_sense_is_refused)
{
	struct world w;

	world_init(&w);
	for (size_t i = 0; i < UNIT_COUNT(refused); i += 2)
		ck_assert_int_eq(strncmp(ask(&w, refused[i]), refused[i + 1], strlen(refused[i + 1])), 0);
	ck_assert(!fake_agent_is_looked_at(w.agent));
	world_fini(&w);
}
END_TEST

START_TEST(they_are_bounded_and_may_go)
{
	struct world w;
	int fds[TRACES_MAX];

	world_init(&w);
	for (int i = 0; i < TRACES_MAX; i++) {
		fds[i] = client_says(&w, "sipkeepd/1 trace\n");
		hear(&w, fds[i], 3);
	}
	ck_assert_int_eq(strncmp(ask(&w, "sipkeepd/1 trace\n"), "error busy ", 11), 0);
	close(fds[0]);
	ck_assert_int_eq(strncmp(ask(&w, "sipkeepd/1 version\n"), "ok\n", 3), 0);
	fds[0] = client_says(&w, "sipkeepd/1 trace\n");
	ck_assert_str_eq(hear(&w, fds[0], 5), "ok\n");
	world_fini(&w);		/* with all of them */
	for (int i = 0; i < TRACES_MAX; i++)
		close(fds[i]);
}
END_TEST

/* Who does not take what comes is told so at its end, and the others are not held up. */
START_TEST(B72_a_slow_one_is_cut_off)
{
	struct world w;
	int slow, quick;

	world_init(&w);
	slow = client_says(&w, "sipkeepd/1 trace\n");
	quick = client_says(&w, "sipkeepd/1 trace\n");
	hear(&w, quick, 5);
	for (int i = 0; i < 10000; i++) {
		message(&w, true, "192.0.2.1:5060", of_100);
		if (i % 500 == 0)
			hear(&w, quick, 2);
	}
	hear(&w, quick, 5);
	ck_assert(!w.ended);
	hear(&w, slow, 2500);
	ck_assert(w.ended);
	ck_assert_str_eq(w.heard.data + w.heard.len - 8, "\nbehind\n");
	ck_assert_uint_lt(w.heard.len, 2 * TRACES_BEHIND_MAX);
	close(quick);
	close(slow);
	idle(&w, 10);
	ck_assert(!fake_agent_is_looked_at(w.agent));
	world_fini(&w);
}
END_TEST

/* The last one is cut off in the midst of the agent's call, whose list of listeners must stay as it is. */
START_TEST(the_last_one_is_cut_off)
{
	struct world w;
	int slow;

	world_init(&w);
	slow = client_says(&w, "sipkeepd/1 trace\n");
	hear(&w, slow, 5);
	for (int i = 0; i < 10000; i++)
		message(&w, true, "192.0.2.1:5060", of_100);
	ck_assert(fake_agent_is_looked_at(w.agent));
	idle(&w, 5);
	ck_assert(!fake_agent_is_looked_at(w.agent));
	close(slow);
	slow = client_says(&w, "sipkeepd/1 trace\n");
	ck_assert_str_eq(hear(&w, slow, 5), "ok\n");
	close(slow);
	world_fini(&w);
}
END_TEST

static Suite *
traces_suite(void)
{
	Suite *suite = suite_create("traces");
	TCase *tests = tcase_create("traces");

	tcase_add_test(tests, B72_a_message_is_told_without_its_secrets);
	tcase_add_loop_test(tests, B72_only_what_was_asked_for, 0, (int)UNIT_COUNT(filters));
	tcase_add_test(tests, what_makes_no_sense_is_refused);
	tcase_add_test(tests, they_are_bounded_and_may_go);
	tcase_add_test(tests, B72_a_slow_one_is_cut_off);
	tcase_add_test(tests, the_last_one_is_cut_off);
	suite_add_tcase(suite, tests);
	return suite;
}

UNIT_MAIN(traces_suite)
