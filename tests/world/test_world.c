/* SPDX-License-Identifier: ISC */
/* Does the world see what must never be? Each case plays an agent that does wrong, packet by packet. */

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "net/transport.h"
#include "tests/unit/unit.h"
#include "world.h"

struct step {
	int64_t at_ms;
	const char *to;			/* host of 10.0.0.N, or NULL: the end */
	const char *method;
	const char *call_id;
	unsigned cseq;
	const char *contact;		/* NULL: none */
	unsigned expires;
	const char *branch;		/* NULL: a new one */
};

struct wrong {
	const char *name;
	const char *failure;		/* NULL: nothing is wrong with it */
	struct step steps[4];
};

#define CONTACT "<sip:100@10.0.0.100>"
#define REG "REGISTER"

static const struct wrong wrongs[] = {
	{ "good", NULL, { { 0, "1", REG, "a", 1, CONTACT, 300, NULL }, { 100, "1", REG, "a", 2, CONTACT, 0, NULL },
	    { 200, "2", REG, "b", 1, CONTACT, 300, NULL } } },
	{ "two bindings", "two live bindings", { { 0, "1", REG, "a", 1, CONTACT, 300, NULL },
	    { 100, "2", REG, "b", 1, CONTACT, 300, NULL } } },
	{ "CSeq stands", "CSeq 1 after 1", { { 0, "1", REG, "a", 1, CONTACT, 300, NULL },
	    { 100, "1", REG, "a", 1, CONTACT, 300, NULL } } },
	{ "CSeq jumps", "CSeq 3 after 1", { { 0, "1", REG, "a", 1, CONTACT, 300, NULL },
	    { 100, "1", REG, "a", 3, CONTACT, 300, NULL } } },
	{ "Call-ID of another server", "Call-ID of another", { { 0, "1", REG, "a", 1, CONTACT, 0, NULL },
	    { 100, "2", REG, "a", 2, CONTACT, 300, NULL } } },
	{ "pending", "is pending", { { 0, "1", REG, "a", 1, CONTACT, 300, NULL },
	    { 1, "1", REG, "a", 2, CONTACT, 300, NULL } } },
	{ "pending elsewhere", "is pending", { { 0, "3", REG, "a", 1, CONTACT, 0, NULL },
	    { 1900, "2", REG, "b", 1, CONTACT, 300, NULL } } },
	{ "unregister given up", NULL, { { 0, "3", REG, "a", 1, CONTACT, 0, NULL },
	    { 2000, "2", REG, "b", 1, CONTACT, 300, NULL } } },
	{ "copy of what was given up", "given up", { { 0, "3", REG, "a", 1, CONTACT, 300, "x" },
	    { 4000, "2", REG, "b", 1, CONTACT, 300, NULL }, { 4100, "3", REG, "a", 1, CONTACT, 300, "x" } } },
	{ "copy of what was answered", "was answered", { { 0, "1", REG, "a", 1, CONTACT, 300, "x" },
	    { 100, "1", REG, "a", 1, CONTACT, 300, "x" } } },
	{ "stranger", "no candidate", { { 0, "9", "OPTIONS", "a", 1, NULL, 0, NULL } } },
	{ "second probe", "second OPTIONS", { { 0, "3", "OPTIONS", "a", 1, NULL, 0, NULL },
	    { 3900, "3", "OPTIONS", "a", 2, NULL, 0, NULL } } },
	{ "next probe", NULL, { { 0, "3", "OPTIONS", "a", 1, NULL, 0, NULL },
	    { 4000, "3", "OPTIONS", "a", 2, NULL, 0, NULL } } },
	{ "star", "every binding", { { 0, "1", REG, "a", 1, "*", 0, NULL } } },
	{ "no SIP", "no SIP message", { { 0, "1", "", "a", 1, NULL, 0, NULL } } },
};

static void
address(struct address *to, const char *host)
{
	char text[32];

	snprintf(text, sizeof(text), "10.0.0.%s:5060", host);
	ck_assert(address_parse(to, text));
}

static void
send_step(struct transport *transport, const struct step *step, unsigned number)
{
	struct peer to = { SIP_UDP, { 0 } };
	struct strbuf b = { 0 };

	address(&to.address, step->to);
	strbuf_printf(&b, "%s sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.100:5060;rport;branch=z9hG4bK%s%u\r\n"
	    "Max-Forwards: 70\r\nFrom: <sip:100@example.com>;tag=t\r\nTo: <sip:100@example.com>\r\n"
	    "Call-ID: %s\r\nCSeq: %u %s\r\n", step->method, step->branch == NULL ? "n" : step->branch,
	    step->branch == NULL ? number : 0, step->call_id, step->cseq, step->method);
	if (step->contact != NULL)
		strbuf_printf(&b, "Contact: %s\r\nExpires: %u\r\n", step->contact, step->expires);
	strbuf_append(&b, "Content-Length: 0\r\n\r\n");
	ck_assert_int_eq(transport_send(transport, &to, 24, b.data, b.len), 0);
	strbuf_fini(&b);
}

static void
on_message(void *arg, const struct peer *from, const struct address *local, const uint8_t *bytes, size_t len)
{
	(void)arg;
	(void)from;
	(void)local;
	(void)bytes;
	(void)len;
}

START_TEST(test_wrong)
{
	static const struct transport_events events = { .on_message = on_message };
	const struct wrong *wrong = &wrongs[_i];
	struct transport_listen listen = { .transport = SIP_UDP, .address = { .family = ADDRESS_IPV4, .port = 5060 } };
	struct transport *transport;
	struct serverfield field;
	struct script script;
	struct address server;
	char error[256];

	world_begin(1);
	script_init(&script);
	for (int i = 1; i <= 3; i++) {
		address(&server, (const char *[]){ "1", "2", "3" }[i - 1]);
		script.mode = i == 3 ? HOST_SILENT : HOST_UP;
		world_script_set(&server, &script);
	}
	ck_assert(serverfield_parse(&field, "example.com; 10.0.0.1; 10.0.0.2; 10.0.0.3", error));
	world_allow("100@example.com", &field, 5060);
	transport = transport_new(NULL, &listen, 1, NULL, &events, NULL, error);
	ck_assert_ptr_nonnull(transport);
	for (unsigned i = 0; i < UNIT_COUNT(wrong->steps) && wrong->steps[i].to != NULL; i++) {
		world_run_until(world_at(wrong->steps[i].at_ms));
		if (world_failure() == NULL)
			send_step(transport, &wrong->steps[i], i + 1);
	}
	world_run_until(world_at(10000));
	if (wrong->failure == NULL)
		ck_assert_msg(world_failure() == NULL, "%s: %s", wrong->name, world_failure());
	else
		ck_assert_msg(world_failure() != NULL && strstr(world_failure(), wrong->failure) != NULL, "%s: %s",
		    wrong->name, world_failure() == NULL ? "not seen" : world_failure());
	transport_free(transport);
	world_end();
}
END_TEST

static Suite *
world_suite(void)
{
	Suite *suite = suite_create("world");
	TCase *tcase = tcase_create("invariants");

	tcase_add_loop_test(tcase, test_wrong, 0, (int)UNIT_COUNT(wrongs));
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(world_suite)
