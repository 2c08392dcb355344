/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake_net.h"
#include "sip/clienttx.h"
#include "unit.h"

static struct clienttx_table *table;
static struct drops drops;
static struct peer server;
static unsigned ends;
static struct clienttx_result last;
static struct instant last_at, start;
static int last_status;
static bool inside_send;

static void
on_end(void *arg, const struct clienttx_result *result)
{
	(void)arg;
	ck_assert(!inside_send);
	ends++;
	last = *result;
	last_at = loop_now(fake_loop());
	last_status = result->answer != NULL ? result->answer->status : 0;
}

static void
setup(void)
{
	fake_reset();
	memset(&drops, 0, sizeof(drops));
	ends = 0;
	server = (struct peer){ .transport = SIP_UDP };
	ck_assert(address_parse(&server.address, "192.0.2.1:5060"));
	table = clienttx_table_new(fake_loop(), fake_wire(), &drops, on_end, NULL);
	ck_assert_ptr_nonnull(table);
	start = loop_now(fake_loop());
}

static void
teardown(void)
{
	clienttx_table_free(table);
	ck_assert_uint_eq(fake_timers(), 0);
}

/* Sends an OPTIONS with that time to live; its branch comes back. */
static struct handle
send_options(int timeout_ms, char branch[SIP_BRANCH_SIZE])
{
	struct handle id = clienttx_begin(table, branch), owner = { .index = 7, .generation = 9 };
	char request[512];

	ck_assert(!handle_none(id));
	snprintf(request, sizeof(request), "OPTIONS sip:192.0.2.1:5060 SIP/2.0\r\n"
	    "Via: SIP/2.0/UDP 192.0.2.99:5060;rport;branch=%s\r\n\r\n", branch);
	inside_send = true;
	ck_assert_int_eq(clienttx_send(table, id, &server, 24, request, strlen(request), timeout_ms, owner), 0);
	inside_send = false;
	return id;
}

static void
answer_from(const char *source, int status, const char *branch, const char *method)
{
	struct peer from = { .transport = SIP_UDP };
	struct message message = {
		.status = status,
		.via_branch = span_of(branch),
		.cseq_method = span_of(method),
	};
	struct address local = server.address;

	ck_assert(address_parse(&from.address, source));
	clienttx_on_answer(table, &from, &local, &message);
}

static void
copies_are_at(const int64_t *at, size_t count)
{
	ck_assert_uint_eq(fake_sent_count(), count);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(instant_since(start, fake_sent(i)->at), at[i]);
}

START_TEST(B19_round_sends_at_0_500_1500_3500_and_ends_at_4000)
{
	static const int64_t at[] = { 0, 500, 1500, 3500 };
	char branch[SIP_BRANCH_SIZE];

	send_options(4000, branch);
	fake_advance(60000);
	copies_are_at(at, UNIT_COUNT(at));
	ck_assert_uint_eq(ends, 1);
	ck_assert_int_eq(last.end, CLIENTTX_SILENT);
	ck_assert_int_eq(instant_since(start, last_at), 4000);
	ck_assert(handle_equal(last.owner, (struct handle){ 7, 9 }));
	ck_assert(peer_equal(&last.to, &server));
	ck_assert_int_eq(last.began.ms, start.ms);
	ck_assert_uint_eq(clienttx_pending(table), 0);
}
END_TEST

/* RFC 3261 §17.1.2.2: T1 doubling to T2, timer F after 64*T1. */
START_TEST(rfc3261_timer_e_and_f)
{
	static const int64_t at[] = { 0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500 };
	char branch[SIP_BRANCH_SIZE];

	send_options(SIP_TIMER_F_MS, branch);
	fake_advance(100000);
	copies_are_at(at, UNIT_COUNT(at));
	ck_assert_int_eq(last.end, CLIENTTX_SILENT);
	ck_assert_int_eq(instant_since(start, last_at), 32000);
	for (size_t i = 1; i < fake_sent_count(); i++)
		ck_assert_mem_eq(fake_sent(i)->bytes, fake_sent(0)->bytes, fake_sent(0)->len);
}
END_TEST

START_TEST(after_a_provisional_answer_copies_come_every_t2)
{
	static const int64_t at[] = { 0, 500, 4500, 8500, 12500, 16500, 20500, 24500, 28500 };
	char branch[SIP_BRANCH_SIZE];

	send_options(SIP_TIMER_F_MS, branch);
	fake_advance(100);
	answer_from("192.0.2.1:5060", 100, branch, "OPTIONS");
	ck_assert_uint_eq(ends, 0);
	fake_advance(40000);
	copies_are_at(at, UNIT_COUNT(at));
	ck_assert_int_eq(last.end, CLIENTTX_SILENT);
}
END_TEST

START_TEST(reliable_transports_send_once)
{
	char branch[SIP_BRANCH_SIZE];

	server.transport = SIP_TCP;
	send_options(4000, branch);
	fake_advance(5000);
	ck_assert_uint_eq(fake_sent_count(), 1);
	ck_assert_int_eq(last.end, CLIENTTX_SILENT);
}
END_TEST

START_TEST(a_final_answer_ends_it_and_a_second_one_is_unmatched)
{
	char branch[SIP_BRANCH_SIZE];

	send_options(4000, branch);
	fake_advance(700);
	answer_from("192.0.2.1:5060", 180, branch, "OPTIONS");
	answer_from("192.0.2.1:40000", 404, branch, "OPTIONS");	/* any port (B88) */
	ck_assert_uint_eq(ends, 1);
	ck_assert_int_eq(last.end, CLIENTTX_ANSWER);
	ck_assert_int_eq(last_status, 404);
	ck_assert_ptr_nonnull(last.local);
	answer_from("192.0.2.1:5060", 200, branch, "OPTIONS");
	ck_assert_uint_eq(ends, 1);
	ck_assert_uint_eq(drops.count[DROP_UNMATCHED], 1);
	fake_advance(60000);
	ck_assert_uint_eq(fake_sent_count(), 2);
}
END_TEST

START_TEST(B88_what_does_not_match_is_counted)
{
	static const char *const strange[] = { "", "z9hG4bK", "z9hG4bK0000000000000001", "no-cookie",
	    "z9hG4bKzzzzzzzz00000001000000000000000000000000", "z9hG4bKffffffffffffffff000000000000000000000000" };
	char branch[SIP_BRANCH_SIZE], forged[SIP_BRANCH_SIZE];
	uint64_t expected = UNIT_COUNT(strange);

	send_options(4000, branch);
	for (size_t i = 0; i < UNIT_COUNT(strange); i++)
		answer_from("192.0.2.1:5060", 200, strange[i], "OPTIONS");
	answer_from("192.0.2.1:5060", 200, NULL, "OPTIONS");
	answer_from("192.0.2.2:5060", 200, branch, "OPTIONS");
	answer_from("192.0.2.1:5060", 200, branch, "REGISTER");
	answer_from("192.0.2.1:5060", 200, branch, "OPTION");
	memcpy(forged, branch, sizeof(forged));
	forged[SIP_BRANCH_SIZE - 2] = forged[SIP_BRANCH_SIZE - 2] == '0' ? '1' : '0';
	answer_from("192.0.2.1:5060", 200, forged, "OPTIONS");
	ck_assert_uint_eq(drops.count[DROP_UNMATCHED], expected + 5);
	ck_assert_uint_eq(ends, 0);
	ck_assert_uint_eq(clienttx_pending(table), 1);
}
END_TEST

START_TEST(B13_an_icmp_error_that_quotes_the_branch_ends_it)
{
	char branch[SIP_BRANCH_SIZE];
	struct peer other = server;
	const struct fake_sent *sent;
	uint8_t changed[2048];

	send_options(4000, branch);
	sent = fake_sent(0);
	other.address.port = 5070;
	clienttx_on_unreachable(table, &other, TRANSPORT_PORT_UNREACHABLE, sent->bytes, sent->len);
	clienttx_on_unreachable(table, &server, TRANSPORT_PORT_UNREACHABLE, NULL, 0);
	clienttx_on_unreachable(table, &server, TRANSPORT_PORT_UNREACHABLE, sent->bytes, 100);	/* before its end */
	memcpy(changed, sent->bytes, sent->len);
	changed[9] = 'X';
	clienttx_on_unreachable(table, &server, TRANSPORT_PORT_UNREACHABLE, changed, sent->len);
	ck_assert_uint_eq(drops.count[DROP_UNQUOTED], 4);
	ck_assert_uint_eq(ends, 0);

	clienttx_on_unreachable(table, &server, TRANSPORT_HOST_UNREACHABLE, sent->bytes, sent->len - 4);
	ck_assert_uint_eq(ends, 1);
	ck_assert_int_eq(last.end, CLIENTTX_UNREACHABLE);
	ck_assert_int_eq(last.error, 0);
	ck_assert_int_eq(last.failure, TRANSPORT_HOST_UNREACHABLE);
	clienttx_on_unreachable(table, &server, TRANSPORT_HOST_UNREACHABLE, sent->bytes, sent->len);
	ck_assert_uint_eq(ends, 1);
	ck_assert_uint_eq(drops.count[DROP_UNQUOTED], 5);
}
END_TEST

static const struct {
	int error;
	enum clienttx_end end;
	int64_t after_ms;
} refusals[] = {
	{ -ECONNREFUSED, CLIENTTX_UNREACHABLE, 0 },
	{ -EHOSTUNREACH, CLIENTTX_UNREACHABLE, 0 },
	{ -ENETUNREACH, CLIENTTX_UNREACHABLE, 0 },
	{ -EPERM, CLIENTTX_LOCAL, 0 },			/* B61 */
	{ -EMSGSIZE, CLIENTTX_LOCAL, 0 },
	{ -EAFNOSUPPORT, CLIENTTX_LOCAL, 0 },
	{ -ENOMEM, CLIENTTX_LOCAL, 0 },
	{ -EAGAIN, CLIENTTX_LOCAL, 4000 },		/* no copy ever left: not the server's silence */
	{ -ENOBUFS, CLIENTTX_LOCAL, 4000 },
};

START_TEST(a_refused_send_is_told_at_the_next_turn)
{
	char branch[SIP_BRANCH_SIZE];

	fake_send_result(refusals[_i].error);
	send_options(4000, branch);
	ck_assert_uint_eq(ends, 0);
	if (refusals[_i].after_ms == 0) {
		answer_from("192.0.2.1:5060", 200, branch, "OPTIONS");	/* to nothing that was sent */
		ck_assert_uint_eq(drops.count[DROP_UNMATCHED], 1);
	}
	fake_advance(refusals[_i].after_ms);
	ck_assert_uint_eq(ends, 1);
	ck_assert_int_eq(last.end, refusals[_i].end);
	ck_assert_int_eq(last.error, refusals[_i].error);
	ck_assert_int_eq(instant_since(start, last_at), refusals[_i].after_ms);
}
END_TEST

START_TEST(a_transient_refusal_is_tried_again)
{
	static const int64_t at[] = { 1500, 3500 };
	char branch[SIP_BRANCH_SIZE];

	fake_send_result(-ENOBUFS);
	send_options(4000, branch);
	fake_advance(600);
	fake_send_result(0);
	fake_advance(5000);
	copies_are_at(at, UNIT_COUNT(at));
	ck_assert_int_eq(last.end, CLIENTTX_SILENT);

	fake_send_result(-EAGAIN);
	send_options(4000, branch);
	fake_advance(5000);
	ck_assert_uint_eq(ends, 2);
	ck_assert_int_eq(last.end, CLIENTTX_LOCAL);
	ck_assert_int_eq(last.error, -EAGAIN);
}
END_TEST

START_TEST(a_later_copy_may_be_refused)
{
	char branch[SIP_BRANCH_SIZE];

	send_options(4000, branch);
	fake_send_result(-ECONNREFUSED);
	fake_advance(500);
	ck_assert_uint_eq(ends, 1);
	ck_assert_int_eq(last.end, CLIENTTX_UNREACHABLE);
	ck_assert_int_eq(last.error, -ECONNREFUSED);
}
END_TEST

START_TEST(dropped_ones_are_silent)
{
	char branch[SIP_BRANCH_SIZE];
	struct handle id = send_options(4000, branch), begun;

	clienttx_drop(table, id);
	clienttx_drop(table, id);
	clienttx_drop(table, (struct handle){ 0 });
	begun = clienttx_begin(table, branch);
	clienttx_drop(table, begun);
	ck_assert_int_eq(clienttx_send(table, begun, &server, 0, "x", 1, 4000, begun), -ENOENT);
	answer_from("192.0.2.1:5060", 200, branch, "OPTIONS");
	fake_advance(5000);
	ck_assert_uint_eq(ends, 0);
	ck_assert_uint_eq(fake_sent_count(), 1);
	ck_assert_uint_eq(drops.count[DROP_UNMATCHED], 1);
	ck_assert_uint_eq(clienttx_pending(table), 0);
}
END_TEST

START_TEST(a_slot_used_again_does_not_take_the_old_answer)
{
	char old[SIP_BRANCH_SIZE], fresh[SIP_BRANCH_SIZE];

	clienttx_drop(table, send_options(4000, old));
	send_options(4000, fresh);
	ck_assert_str_ne(old, fresh);
	answer_from("192.0.2.1:5060", 200, old, "OPTIONS");
	ck_assert_uint_eq(ends, 0);
	answer_from("192.0.2.1:5060", 200, fresh, "OPTIONS");
	ck_assert_uint_eq(ends, 1);
}
END_TEST

/* The daemon was stopped: no burst of the copies it missed. */
START_TEST(a_stop_makes_no_burst)
{
	char branch[SIP_BRANCH_SIZE];

	send_options(SIP_TIMER_F_MS, branch);
	fake_stop(20000);
	fake_advance(0);
	ck_assert_uint_eq(fake_sent_count(), 2);
}
END_TEST

static struct handle restarted;

static void
on_end_start_another(void *arg, const struct clienttx_result *result)
{
	char branch[SIP_BRANCH_SIZE];

	on_end(arg, result);
	if (ends < 3)
		restarted = send_options(4000, branch);
}

START_TEST(another_may_be_started_from_the_call)
{
	char branch[SIP_BRANCH_SIZE];

	clienttx_table_free(table);
	table = clienttx_table_new(fake_loop(), fake_wire(), &drops, on_end_start_another, NULL);
	send_options(4000, branch);
	fake_advance(12000);
	ck_assert_uint_eq(ends, 3);
	ck_assert_uint_eq(fake_sent_count(), 12);
}
END_TEST

/* B19: TCP does the copies itself. */
START_TEST(one_copy_over_a_connection)
{
	char branch[SIP_BRANCH_SIZE];

	server.transport = SIP_TCP;
	send_options(4000, branch);
	fake_advance(3999);
	ck_assert_uint_eq(fake_sent_count(), 1);
	ck_assert_uint_eq(ends, 0);
	fake_advance(1);
	ck_assert_uint_eq(ends, 1);
	ck_assert_int_eq(last.end, CLIENTTX_SILENT);
}
END_TEST

/* B13: what waits on a connection that breaks ends with it, and nothing else does. */
START_TEST(a_broken_connection_ends_all_on_it)
{
	char branch[SIP_BRANCH_SIZE];
	struct peer broken = server, other = server;

	broken.transport = other.transport = SIP_TLS;
	other.address.port++;
	server = other;
	send_options(4000, branch);
	server = broken;
	for (int i = 0; i < 3; i++)
		send_options(4000, branch);
	server.transport = SIP_UDP;
	send_options(4000, branch);
	ck_assert_uint_eq(clienttx_on_broken(table, &broken, TRANSPORT_ENDED, "connection reset"), 3);
	ck_assert_uint_eq(ends, 3);
	ck_assert_int_eq(last.end, CLIENTTX_UNREACHABLE);
	ck_assert_int_eq(last.failure, TRANSPORT_ENDED);
	ck_assert(peer_equal(&last.to, &broken));
	ck_assert_uint_eq(clienttx_pending(table), 2);
	ck_assert_uint_eq(clienttx_on_broken(table, &broken, TRANSPORT_ENDED, "connection reset"), 0);
}
END_TEST

static struct handle dropped;

static void
on_end_begin_and_drop(void *arg, const struct clienttx_result *result)
{
	char branch[SIP_BRANCH_SIZE];

	on_end(arg, result);
	clienttx_drop(table, dropped);
	send_options(4000, branch);
}

/* What is begun anew meanwhile is not lost with the old, and what is dropped meanwhile is not told. */
START_TEST(a_broken_connection_and_what_follows)
{
	char branch[SIP_BRANCH_SIZE];

	clienttx_table_free(table);
	table = clienttx_table_new(fake_loop(), fake_wire(), &drops, on_end_begin_and_drop, NULL);
	server.transport = SIP_TCP;
	send_options(4000, branch);
	dropped = send_options(4000, branch);	/* the older one is told first */
	ck_assert_uint_eq(clienttx_on_broken(table, &server, TRANSPORT_REFUSED, "connection refused"), 2);
	ck_assert_uint_eq(ends, 1);
	ck_assert_uint_eq(clienttx_pending(table), 1);
}
END_TEST

/* B22: a certificate for another name is this request's matter and says nothing about the server. */
START_TEST(another_name_is_no_dead_server)
{
	char branch[SIP_BRANCH_SIZE];
	const struct fake_sent *sent;

	server.transport = SIP_TLS;
	send_options(4000, branch);
	sent = fake_sent(0);
	clienttx_on_unreachable(table, &server, TRANSPORT_OTHER_NAME, (const uint8_t *)sent->bytes, sent->len);
	ck_assert_uint_eq(ends, 1);
	ck_assert_int_eq(last.end, CLIENTTX_LOCAL);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("clienttx");
	TCase *t = tcase_create("clienttx");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, B19_round_sends_at_0_500_1500_3500_and_ends_at_4000);
	tcase_add_test(t, rfc3261_timer_e_and_f);
	tcase_add_test(t, after_a_provisional_answer_copies_come_every_t2);
	tcase_add_test(t, reliable_transports_send_once);
	tcase_add_test(t, a_final_answer_ends_it_and_a_second_one_is_unmatched);
	tcase_add_test(t, B88_what_does_not_match_is_counted);
	tcase_add_test(t, B13_an_icmp_error_that_quotes_the_branch_ends_it);
	tcase_add_loop_test(t, a_refused_send_is_told_at_the_next_turn, 0, (int)UNIT_COUNT(refusals));
	tcase_add_test(t, a_transient_refusal_is_tried_again);
	tcase_add_test(t, a_later_copy_may_be_refused);
	tcase_add_test(t, dropped_ones_are_silent);
	tcase_add_test(t, a_slot_used_again_does_not_take_the_old_answer);
	tcase_add_test(t, a_stop_makes_no_burst);
	tcase_add_test(t, another_may_be_started_from_the_call);
	tcase_add_test(t, one_copy_over_a_connection);
	tcase_add_test(t, a_broken_connection_ends_all_on_it);
	tcase_add_test(t, a_broken_connection_and_what_follows);
	tcase_add_test(t, another_name_is_no_dead_server);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
