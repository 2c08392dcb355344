/* SPDX-License-Identifier: ISC */
/* B72: with -d every SIP message is logged, in and out, and no secret in it; without, nothing. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "fake_net.h"
#include "sip/wire.h"
#include "unit.h"

static const char request[] = "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9\r\n"
	"Authorization: Digest username=\"100\", response=\"0123456789abcdef\"\r\n\r\n";

static struct strbuf logged;
static struct peer server;
static struct address own;

static void
on_line(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	ck_assert_int_eq(level, LOG_LEVEL_DEBUG);
	strbuf_printf(&logged, "%s\n", line);
}

static void
setup(void)
{
	fake_reset();
	server = (struct peer){ .transport = SIP_UDP };
	ck_assert(address_parse(&server.address, "192.0.2.1:5060"));
	ck_assert(address_parse(&own, "192.0.2.9:5060"));
	log_to_sink(on_line, NULL);
	log_set_level(LOG_LEVEL_DEBUG);
}

static void
teardown(void)
{
	log_to_sink(NULL, NULL);
	strbuf_fini(&logged);
}

/* The whole message, each line behind the arrow, and what the transport got is unmasked. */
static void
is_logged(const char *arrow)
{
	struct strbuf wanted = { 0 };

	strbuf_printf(&wanted, "udp:192.0.2.1:5060: %s %zu bytes\n", arrow, sizeof(request) - 1);
	strbuf_printf(&wanted, "  %s REGISTER sip:example.com SIP/2.0\n", arrow);
	strbuf_printf(&wanted, "  %s Via: SIP/2.0/UDP 192.0.2.9\n", arrow);
	strbuf_printf(&wanted, "  %s Authorization: Digest username=\"100\", response=***\n", arrow);
	ck_assert_str_eq(logged.data, wanted.data);
	strbuf_fini(&wanted);
}

START_TEST(sent)
{
	ck_assert_int_eq(wire_send(fake_wire(), &server, 24, request, sizeof(request) - 1), 0);
	is_logged("->");
	ck_assert_uint_eq(fake_sent_count(), 1);
	ck_assert_uint_eq(fake_sent(0)->len, sizeof(request) - 1);
	ck_assert_mem_eq(fake_sent(0)->bytes, request, sizeof(request) - 1);
}
END_TEST

START_TEST(answered)
{
	ck_assert_int_eq(wire_reply(fake_wire(), &server, 24, request, sizeof(request) - 1), 0);
	is_logged("->");
	ck_assert_uint_eq(fake_sent_count(), 1);
}
END_TEST

START_TEST(received)
{
	wire_received(fake_wire(), &server, &own, (const uint8_t *)request, sizeof(request) - 1);
	is_logged("<-");
}
END_TEST

START_TEST(only_with_d)
{
	log_set_level(LOG_LEVEL_INFO);
	wire_received(fake_wire(), &server, &own, (const uint8_t *)request, sizeof(request) - 1);
	ck_assert_int_eq(wire_send(fake_wire(), &server, 24, request, sizeof(request) - 1), 0);
	ck_assert_uint_eq(logged.len, 0);
	ck_assert_uint_eq(fake_sent_count(), 1);
}
END_TEST

static unsigned seen_count;
static struct wire_message seen;

static void
on_message(void *arg, const struct wire_message *message)
{
	ck_assert_ptr_eq(arg, &seen);
	ck_assert(peer_equal(&message->peer, &server));
	ck_assert_uint_eq(message->len, sizeof(request) - 1);
	ck_assert_mem_eq(message->bytes, request, message->len);
	seen_count++;
	seen = *message;
}

/* Whether or not it is logged. */
START_TEST(looked_at)
{
	log_set_level(LOG_LEVEL_INFO);
	fake_wire()->on_message = on_message;
	fake_wire()->arg = &seen;
	ck_assert_int_eq(wire_send(fake_wire(), &server, 24, request, sizeof(request) - 1), 0);
	ck_assert_uint_eq(seen_count, 1);
	ck_assert(seen.sent && address_equal(&seen.local, &own));
	ck_assert_int_eq(wire_reply(fake_wire(), &server, 24, request, sizeof(request) - 1), 0);
	ck_assert_uint_eq(seen_count, 2);
	wire_received(fake_wire(), &server, &own, (const uint8_t *)request, sizeof(request) - 1);
	ck_assert_uint_eq(seen_count, 3);
	ck_assert(!seen.sent && address_equal(&seen.local, &own));
	fake_send_result(-ENETUNREACH);
	ck_assert_int_eq(wire_send(fake_wire(), &server, 24, request, sizeof(request) - 1), -ENETUNREACH);
	ck_assert_uint_eq(seen_count, 4);	/* that it was tried is seen */
	ck_assert_int_eq(seen.local.family, ADDRESS_NONE);
}
END_TEST

static Suite *
wire_suite(void)
{
	Suite *suite = suite_create("wire");
	TCase *tcase = tcase_create("B72");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, sent);
	tcase_add_test(tcase, answered);
	tcase_add_test(tcase, received);
	tcase_add_test(tcase, only_with_d);
	tcase_add_test(tcase, looked_at);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(wire_suite)
