/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "agent/savedfile.h"

#define SRV_ANSWER "{\"name\":\"_sip._udp.x\",\"type\":\"SRV\",\"confirmed\":5,\"records\":[[1,2,5060,\"a.x\"],[1,2,0,\"\"]]}"
#define A_ANSWER "{\"name\":\"a.x\",\"type\":\"A\",\"confirmed\":5,\"records\":[\"192.0.2.1\",\"192.0.2.2\"]}"
#define A_TURNED "{\"name\":\"a.x\",\"type\":\"A\",\"confirmed\":999,\"records\":[\"192.0.2.2\",\"192.0.2.1\"]}"
#define AAAA_NONE "{\"name\":\"a.x\",\"type\":\"AAAA\",\"confirmed\":5,\"none\":\"no-data\"}"
#define ACTIVE "{\"account\":\"100@x\",\"server\":\"udp:192.0.2.1:5060\",\"contact\":\"sip:100@192.0.2.9;sk=1\",\"lasts\":300}"
#define LEFT "{\"account\":\"100@x\",\"server\":\"tcp:[2001:db8::1]:5060\",\"name\":\"a.x\",\"lasts\":300,\"until\":1000}"
#define LEFT_LATER "{\"account\":\"100@x\",\"server\":\"tcp:[2001:db8::1]:5060\",\"name\":\"a.x\",\"lasts\":300,\"until\":1050}"
#define LEFT_MUCH_LATER \
	"{\"account\":\"100@x\",\"server\":\"tcp:[2001:db8::1]:5060\",\"name\":\"a.x\",\"lasts\":300,\"until\":1200}"
#define STATE(answers, bindings) "{\"sipkeepd-state\":1,\"answers\":[" answers "],\"bindings\":[" bindings "]}"
#define DRAINED(drained) "{\"sipkeepd-state\":1,\"answers\":[],\"bindings\":[],\"drained\":" drained "}"
#define ANSWER(rest) STATE("{\"name\":\"a.x\",\"confirmed\":5," rest "}", "")
#define BINDING(rest) STATE("", "{\"account\":\"100@x\",\"server\":\"udp:192.0.2.1:5060\"," rest "}")
#define SERVER(server) STATE("", "{\"account\":\"100@x\",\"lasts\":300,\"server\":\"" server "\"}")

static const char full[] = STATE(SRV_ANSWER "," A_ANSWER "," AAAA_NONE, ACTIVE "," LEFT);

static bool
reads(struct saved *saved, const char *text, size_t len)
{
	char error[256] = "";
	bool good = savedfile_read(saved, (struct span){ text, len }, error);

	ck_assert_msg(good == (error[0] == '\0'), "\"%s\" with %d", error, good);
	if (!good)
		ck_assert(saved->answer_count == 0 && saved->binding_count == 0);
	return good;
}

START_TEST(what_is_written_is_read)	/* B55 */
{
	struct saved saved, again;
	struct strbuf text = { 0 };
	const struct saved_answer *a;
	const struct saved_binding *b;

	ck_assert(reads(&saved, full, strlen(full)));
	savedfile_write(&saved, &text);
	ck_assert(!text.failed);
	ck_assert(reads(&again, text.data, text.len));
	ck_assert(saved_equal(&saved, &again));
	ck_assert_uint_eq(again.answer_count, 3);
	ck_assert_uint_eq(again.binding_count, 2);
	a = again.answers;
	ck_assert_str_eq(a[0].name, "_sip._udp.x");
	ck_assert(a[0].type == DNS_SRV && a[0].answer.count == 2 && a[0].confirmed_s == 5);
	ck_assert_str_eq(a[0].answer.records[0].target, "a.x");
	ck_assert(a[0].answer.records[0].priority == 1 && a[0].answer.records[0].weight == 2 &&
	    a[0].answer.records[0].port == 5060);
	ck_assert_str_eq(a[0].answer.records[1].target, "");
	ck_assert(a[1].type == DNS_A && a[1].answer.records[1].address.ip[3] == 2);
	ck_assert(a[2].type == DNS_AAAA && a[2].answer.outcome == DNS_NODATA && a[2].answer.count == 0);
	b = again.bindings;
	ck_assert(b[0].peer.transport == SIP_TCP && b[0].until_s == 1000 && b[0].contact == NULL);
	ck_assert_str_eq(b[0].name, "a.x");
	ck_assert(b[1].peer.address.port == 5060 && b[1].until_s == 0 && b[1].lasts_s == 300 && b[1].name == NULL);
	ck_assert_str_eq(b[1].contact, "sip:100@192.0.2.9;sk=1");
	strbuf_fini(&text);
	saved_fini(&saved);
	saved_fini(&again);
}
END_TEST

START_TEST(what_cannot_be_said_is_left_out)	/* B55: a name that is no UTF-8 costs nobody else anything */
{
	char odd[] = "\xff@x", contact[] = "sip:\xff@192.0.2.9", good[] = "100@x";
	struct saved_binding bindings[] = {
		{ .account = good, .lasts_s = 1, .peer = { SIP_UDP, { ADDRESS_IPV4, { 192, 0, 2, 1 }, 5060 } } },
		{ .account = odd, .lasts_s = 1, .peer = { SIP_UDP, { ADDRESS_IPV4, { 192, 0, 2, 1 }, 5060 } } },
		{ .account = good, .contact = contact, .lasts_s = 1,
		  .peer = { SIP_UDP, { ADDRESS_IPV4, { 192, 0, 2, 2 }, 5060 } } },
	};
	const struct saved saved = { .bindings = bindings, .binding_count = UNIT_COUNT(bindings) };
	struct strbuf text = { 0 };
	struct saved again;

	savedfile_write(&saved, &text);
	ck_assert(!text.failed);
	ck_assert(reads(&again, text.data, text.len));
	ck_assert_uint_eq(again.binding_count, 1);
	strbuf_fini(&text);
	saved_fini(&again);
}
END_TEST

START_TEST(drained_servers)	/* B55, B74 */
{
	static const char text[] = DRAINED("[\"udp:192.0.2.1:5060\",\"tls:[2001:db8::1]:5061\"]");
	struct saved saved, again;
	struct strbuf out = { 0 };

	ck_assert(reads(&saved, text, strlen(text)));
	savedfile_write(&saved, &out);
	ck_assert(!out.failed);
	ck_assert(reads(&again, out.data, out.len));
	ck_assert(saved_equal(&saved, &again));
	ck_assert_uint_eq(again.drained_count, 2);
	ck_assert(again.drained[0].transport == SIP_TLS && again.drained[0].address.port == 5061);
	ck_assert(again.drained[1].transport == SIP_UDP && again.drained[1].address.ip[3] == 1);
	strbuf_fini(&out);
	saved_fini(&saved);
	saved_fini(&again);
}
END_TEST

START_TEST(every_cut_is_noticed)	/* B55 */
{
	struct saved saved;

	for (size_t len = 0; len < strlen(full); len++)
		ck_assert_msg(!reads(&saved, full, len), "the first %zu bytes were taken", len);
}
END_TEST

/* Nothing of it may upset the reader: the sanitizers look on. */
START_TEST(every_flipped_byte)
{
	char text[sizeof(full)];
	struct saved saved;
	size_t taken = 0;

	for (size_t i = 0; i < strlen(full); i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(text, full, sizeof(full));
			text[i] = (char)(text[i] ^ (1 << bit));
			if (reads(&saved, text, strlen(full))) {
				taken++;
				saved_fini(&saved);
			}
		}
	ck_assert_uint_gt(taken, 0);
}
END_TEST

static const struct { const char *text; const char *why; } broken[] = {
	{ "", "line 1" },
	{ "{ sipkeepd was here", "line 1" },
	{ "[]", "no state" },
	{ "\"state\"", "line 1" },
	{ "{}", "no state" },
	{ "{\"sipkeepd-state\":\"1\",\"answers\":[],\"bindings\":[]}", "no state" },
	{ "{\"sipkeepd-state\":4294967297,\"answers\":[],\"bindings\":[]}", "of version 4294967297" },
	{ "{\"sipkeepd-state\":2,\"answers\":[],\"bindings\":[]}", "of version 2" },
	{ "{\"sipkeepd-state\":1,\"answers\":[]}", "not as" },
	{ "{\"sipkeepd-state\":1,\"answers\":{},\"bindings\":[]}", "not as" },
	{ "{\"sipkeepd-state\":1,\"answers\":[],\"bindings\":[],\"more\":1}", "not as" },
	{ "{\"sipkeepd-state\":1,\"sipkeepd-state\":1,\"answers\":[],\"bindings\":[]}", "line 1" },
	{ STATE("", "") "x", "line 1" },
	{ STATE("1", ""), "not as" },
	{ STATE("", "null"), "not as" },
	{ STATE(A_ANSWER "," A_TURNED, ""), "twice" },
	{ STATE("", LEFT "," LEFT_LATER), "twice" },
	{ ANSWER("\"type\":\"A\""), "not as" },
	{ ANSWER("\"type\":\"A\",\"records\":[]"), "not as" },
	{ ANSWER("\"type\":\"A\",\"records\":[\"192.0.2.1\"],\"none\":\"no-data\""), "not as" },
	{ ANSWER("\"type\":\"A\",\"records\":[\"2001:db8::1\"]"), "not as" },
	{ ANSWER("\"type\":\"AAAA\",\"records\":[\"192.0.2.1\"]"), "not as" },
	{ ANSWER("\"type\":\"A\",\"records\":[\"192.0.2.1:5060\"]"), "not as" },
	{ ANSWER("\"type\":\"A\",\"records\":[\"192.0.2\"]"), "not as" },
	{ ANSWER("\"type\":\"A\",\"records\":[1]"), "not as" },
	{ ANSWER("\"type\":\"MX\",\"records\":[\"192.0.2.1\"]"), "not as" },
	{ ANSWER("\"type\":\"A\",\"none\":\"servfail\""), "not as" },
	{ ANSWER("\"type\":\"A\",\"none\":\"good\""), "not as" },
	{ ANSWER("\"type\":\"A\",\"none\":\"no-data\",\"more\":1"), "not as" },
	{ ANSWER("\"type\":\"SRV\",\"records\":[[1,2,5060]]"), "not as" },
	{ ANSWER("\"type\":\"SRV\",\"records\":[[1,2,5060,\"a\",1]]"), "not as" },
	{ ANSWER("\"type\":\"SRV\",\"records\":[[1,2,65536,\"a\"]]"), "not as" },
	{ ANSWER("\"type\":\"SRV\",\"records\":[[-1,2,5060,\"a\"]]"), "not as" },
	{ ANSWER("\"type\":\"SRV\",\"records\":[[4294967297,2,5060,\"a\"]]"), "not as" },
	{ STATE("{\"name\":\"\",\"type\":\"A\",\"confirmed\":5,\"none\":\"no-data\"}", ""), "not as" },
	{ STATE("{\"name\":\"a\\u0000b\",\"type\":\"A\",\"confirmed\":5,\"none\":\"no-data\"}", ""), "line 1" },
	{ STATE("{\"name\":\"a\",\"type\":\"A\",\"confirmed\":-1,\"none\":\"no-data\"}", ""), "not as" },
	{ STATE("{\"name\":\"a\",\"type\":\"A\",\"confirmed\":1e3,\"none\":\"no-data\"}", ""), "not as" },
	{ BINDING("\"lasts\":0"), "not as" },
	{ BINDING("\"lasts\":-300"), "not as" },
	{ BINDING("\"lasts\":9223372036854775807"), "not as" },
	{ BINDING("\"lasts\":300,\"until\":0"), "not as" },
	{ BINDING("\"lasts\":300,\"until\":9223372036854775807"), "not as" },
	{ BINDING("\"lasts\":300,\"contact\":\"\""), "not as" },
	{ BINDING("\"lasts\":300,\"contact\":\"sip:100@192.0.2.9>\\r\\nX: y\""), "not as" },
	{ BINDING("\"lasts\":300,\"contact\":\"sip:100@192.0.2.9 \""), "not as" },
	{ BINDING("\"lasts\":300,\"contact\":\"*\""), "not as" },
	{ BINDING("\"lasts\":300,\"contact\":null"), "not as" },
	{ BINDING("\"lasts\":300,\"more\":1"), "not as" },
	{ SERVER("192.0.2.1:5060"), "not as" },
	{ SERVER("udp:192.0.2.1"), "not as" },
	{ SERVER("udp:a.x:5060"), "not as" },
	{ SERVER("sctp:192.0.2.1:5060"), "not as" },
	{ SERVER(""), "not as" },
	{ DRAINED("{}"), "not as" },
	{ DRAINED("[1]"), "not as" },
	{ DRAINED("[\"192.0.2.1:5060\"]"), "not as" },
	{ DRAINED("[\"udp:192.0.2.1:5060\",\"udp:192.0.2.1:5060\"]"), "twice" },
};

START_TEST(broken_files)	/* B55: whole or not at all */
{
	struct saved saved;
	char error[256] = "";

	ck_assert_msg(!savedfile_read(&saved, span_of(broken[_i].text), error), "taken: %s", broken[_i].text);
	ck_assert_msg(strstr(error, broken[_i].why) != NULL, "\"%s\" for: %s", error, broken[_i].text);
	ck_assert(saved.answers == NULL && saved.bindings == NULL && saved.drained == NULL);
}
END_TEST

START_TEST(too_big)
{
	struct strbuf text = { 0 };
	struct saved saved;

	strbuf_append(&text, STATE("", ""));
	while (text.len <= SAVEDFILE_MAX)
		strbuf_append(&text, "                                                                ");
	ck_assert(!text.failed);
	ck_assert(!reads(&saved, text.data, text.len));
	ck_assert(reads(&saved, text.data, SAVEDFILE_MAX));
	saved_fini(&saved);
	strbuf_fini(&text);
}
END_TEST

static const struct { const char *a, *b; bool equal; } pairs[] = {
	{ STATE(A_ANSWER, ""), STATE(A_TURNED, ""), true },
	{ STATE(A_ANSWER "," SRV_ANSWER, ACTIVE "," LEFT), STATE(SRV_ANSWER "," A_ANSWER, LEFT "," ACTIVE), true },
	{ STATE("", LEFT), STATE("", LEFT_LATER), true },
	{ STATE("", LEFT), STATE("", LEFT_MUCH_LATER), false },
	{ STATE("", LEFT), STATE("", ACTIVE), false },
	{ STATE("", LEFT), STATE("", ""), false },
	{ STATE(A_ANSWER, ""), STATE("", ""), false },
	{ STATE(A_ANSWER, ""), STATE(AAAA_NONE, ""), false },
	{ ANSWER("\"type\":\"A\",\"records\":[\"192.0.2.1\",\"192.0.2.1\",\"192.0.2.2\"]"),
	  ANSWER("\"type\":\"A\",\"records\":[\"192.0.2.1\",\"192.0.2.2\",\"192.0.2.2\"]"), false },
	{ ANSWER("\"type\":\"A\",\"none\":\"no-data\""), ANSWER("\"type\":\"A\",\"none\":\"nxdomain\""), false },
	{ BINDING("\"lasts\":300"), BINDING("\"lasts\":301"), false },
	{ STATE("", ""), DRAINED("[]"), true },
	{ STATE("", ""), DRAINED("[\"udp:192.0.2.1:5060\"]"), false },
	{ DRAINED("[\"tcp:192.0.2.1:5060\"]"), DRAINED("[\"udp:192.0.2.1:5060\"]"), false },
	{ DRAINED("[\"udp:192.0.2.1:5060\",\"udp:192.0.2.2:5060\"]"),
	  DRAINED("[\"udp:192.0.2.2:5060\",\"udp:192.0.2.1:5060\"]"), true },
	{ BINDING("\"lasts\":300"), BINDING("\"lasts\":300,\"until\":1"), false },
	{ BINDING("\"lasts\":300"), BINDING("\"lasts\":300,\"contact\":\"sip:a\""), false },
	{ BINDING("\"lasts\":300"), BINDING("\"lasts\":300,\"name\":\"a\""), false },
};

START_TEST(what_counts_as_a_change)	/* B55: flash wears */
{
	struct saved a, b;

	ck_assert(reads(&a, pairs[_i].a, strlen(pairs[_i].a)));
	ck_assert(reads(&b, pairs[_i].b, strlen(pairs[_i].b)));
	ck_assert_msg(saved_equal(&a, &b) == pairs[_i].equal, "%s and %s", pairs[_i].a, pairs[_i].b);
	ck_assert(saved_equal(&b, &a) == pairs[_i].equal);
	saved_fini(&a);
	saved_fini(&b);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("savedfile");
	TCase *c = tcase_create("all");

	suite_add_tcase(s, c);
	tcase_add_test(c, what_is_written_is_read);
	tcase_add_test(c, what_cannot_be_said_is_left_out);
	tcase_add_test(c, drained_servers);
	tcase_add_test(c, every_cut_is_noticed);
	tcase_add_test(c, every_flipped_byte);
	tcase_add_loop_test(c, broken_files, 0, UNIT_COUNT(broken));
	tcase_add_test(c, too_big);
	tcase_add_loop_test(c, what_counts_as_a_change, 0, UNIT_COUNT(pairs));
	return s;
}

UNIT_MAIN(suite)
