/* SPDX-License-Identifier: ISC */
/* SIP over TLS on the loopback: our transport on both sides, with certificates of the test's own (B13, B22). */

#include "unit.h"

#include "config.h"

#ifdef HAVE_OPENSSL

#include <errno.h>
#include <sys/stat.h>

#include "certificates.h"
#include "stream_side.h"

static char folder[64];
static struct side client, server;

static const char *
path_of(const char *name)
{
	static char path[4][128];
	static unsigned turn;
	char *to = path[turn++ % 4];

	snprintf(to, sizeof(path[0]), "%s/%s", folder, name);
	return to;
}

static const char *const files[] = {
	"ca.pem", "foreign-ca.pem", "good.pem", "expired.pem", "early.pem", "foreign.pem"
};

static void
make_all(void)
{
	struct authority known, foreign;

	snprintf(folder, sizeof(folder), "%s", "test_tls.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	known = authority_make("known", path_of("ca.pem"));
	foreign = authority_make("foreign", path_of("foreign-ca.pem"));
	server_make(path_of("good.pem"), -1, 10, "DNS:a.test,DNS:*.wild.test,URI:sip:b.test,IP:127.0.0.1", &known);
	server_make(path_of("expired.pem"), -10, -3, "DNS:a.test", &known);
	server_make(path_of("early.pem"), 2, 10, "DNS:a.test", &known);
	server_make(path_of("foreign.pem"), -1, 10, "DNS:a.test", &foreign);
	authority_fini(&known);
	authority_fini(&foreign);
}

static void
remove_all(void)
{
	for (size_t i = 0; i < UNIT_COUNT(files); i++)
		unlink(path_of(files[i]));
	rmdir(folder);
}

static void
setup(void)
{
	world_up();
}

static void
teardown(void)
{
	transport_free(client.transport);
	transport_free(server.transport);
	world_down();
}

/* Both sides, the server with that certificate. */
static struct peer
both_up(const char *certificate, bool verify)
{
	struct transport_tls of_server = { .certificate = path_of(certificate) };
	struct transport_tls of_client = { .ca_file = path_of("ca.pem"), .verify = verify };

	side_up(&server, SIP_TLS, "127.0.0.1", &of_server);
	side_up(&client, SIP_TLS, "127.0.0.11", &of_client);
	server.answers = true;
	return peer_at(SIP_TLS, "127.0.0.1", server.port);
}

static void
send_as(const struct peer *peer, const char *name, const char *text)
{
	transport_want_name(client.transport, peer, name);
	ck_assert_int_eq(transport_send(client.transport, peer, 24, text, strlen(text)), 0);
}

/* Names that one certificate is for (B22; RFC 5922 §7.1). */
START_TEST(test_good_names)
{
	static const char *const names[] = { "a.test", "A.TEST", "x.wild.test", "b.test", "127.0.0.1", "" };
	struct peer peer = both_up("good.pem", true);

	send_as(&peer, names[_i], "M006hi");
	RUN_UNTIL(client.messages == 1 || client.broken > 0);
	ck_assert_msg(client.broken == 0, "%s: %s", names[_i], client.text);
	ck_assert_int_eq(memcmp(client.bytes, "M006ok", 6), 0);
	ck_assert_int_eq(memcmp(server.bytes, "M006hi", 6), 0);
	ck_assert(peer_equal(&client.from, &peer));
}
END_TEST

static const struct {
	const char *certificate, *name, *text;
} refusals[] = {
	{ "expired.pem", "a.test", "certificate expired 3 days ago" },
	{ "early.pem", "a.test", "certificate is valid only in " },
	{ "foreign.pem", "a.test", "certificate of an unknown CA" },
	{ "good.pem", "c.test", "certificate is not for c.test" },
	{ "good.pem", "sub.a.test", "certificate is not for sub.a.test" },
	{ "good.pem", "127.0.0.2", "certificate is not for 127.0.0.2" },
	{ "expired.pem", "", "certificate expired 3 days ago" },
};

START_TEST(test_refused)
{
	struct peer peer = both_up(refusals[_i].certificate, true);

	send_as(&peer, refusals[_i].name, "M006hi");
	RUN_UNTIL(client.broken == 1);
	ck_assert_int_eq(client.failure, TRANSPORT_UNTRUSTED);
	ck_assert_msg(strncmp(client.text, refusals[_i].text, strlen(refusals[_i].text)) == 0, "%s", client.text);
	run_ms(20);
	ck_assert_uint_eq(server.messages, 0);
}
END_TEST

START_TEST(test_unverified)
{
	struct peer peer = both_up(refusals[_i].certificate, false);

	send_as(&peer, refusals[_i].name, "M006hi");
	RUN_UNTIL(client.messages == 1);
}
END_TEST

/* The accounts of one server may want different names: who finds his own is served, who does not is told. */
START_TEST(test_two_names)
{
	struct peer peer = both_up("good.pem", true);

	send_as(&peer, "c.test", "M007bad");
	send_as(&peer, "a.test", "M006hi");
	RUN_UNTIL(client.messages == 1);
	ck_assert_uint_eq(client.unreachable, 1);
	ck_assert_int_eq(client.failure, TRANSPORT_OTHER_NAME);
	ck_assert_str_eq(client.quoted, "M007bad");
	send_as(&peer, "d.test", "M008bad2");
	RUN_UNTIL(client.unreachable == 2);
	ck_assert_uint_eq(server.messages, 1);
	ck_assert_uint_eq(client.broken, 0);
}
END_TEST

/* Ended, made again: the session is taken up, and the certificate still counts. */
START_TEST(test_again)
{
	struct peer peer = both_up("good.pem", true);

	send_as(&peer, "a.test", "M006hi");
	RUN_UNTIL(client.messages == 1);
	run_ms(20);
	transport_free(server.transport);
	RUN_UNTIL(client.broken == 1);
	ck_assert_int_eq(client.failure, TRANSPORT_ENDED);
	ck_assert_str_eq(client.text, "connection closed by the peer");
	/* Nobody is there any more. */
	send_as(&peer, "a.test", "M006hi");
	RUN_UNTIL(client.broken == 2);
	ck_assert_int_eq(client.failure, TRANSPORT_REFUSED);
	server.transport = NULL;
}
END_TEST

START_TEST(test_resumed)
{
	struct peer peer = both_up("good.pem", true);

	for (unsigned i = 1; i <= 3; i++) {
		send_as(&peer, i == 3 ? "c.test" : "a.test", "M006hi");
		if (i == 3)
			break;
		RUN_UNTIL(client.messages == i);
		transport_reply(server.transport, &server.from, 0, "X", 1);	/* no message: the client ends it */
		RUN_UNTIL(client.broken == i);
		ck_assert_int_eq(client.failure, TRANSPORT_GARBAGE);
		RUN_UNTIL(transport_reply(server.transport, &server.from, 0, "M004", 4) == -ENOTCONN);
	}
	RUN_UNTIL(client.broken == 3);
	ck_assert_str_eq(client.text, "certificate is not for c.test");
}
END_TEST

/* Something else speaks there, or says nothing. */
START_TEST(test_no_tls_there)
{
	struct transport_tls of_client = { .ca_file = path_of("ca.pem"), .verify = true };
	struct peer peer;
	int listener = plain_listen("127.0.0.1", &peer, 8), fd;

	peer.transport = SIP_TLS;
	memset(&server, 0, sizeof(server));
	side_up(&client, SIP_TLS, "127.0.0.11", &of_client);
	send_as(&peer, "a.test", "M006hi");
	fd = plain_accept(listener);
	if (_i == 0)
		ck_assert_int_gt(send(fd, "SIP/2.0 400 What\r\n\r\n", 20, MSG_NOSIGNAL), 0);
	if (_i == 1)
		close(fd);
	RUN_UNTIL(client.broken == 1);
	ck_assert_int_eq(client.failure, _i == 2 ? TRANSPORT_NOT_MADE : TRANSPORT_UNTRUSTED);
	ck_assert_str_ne(client.text, "");
	if (_i != 1)
		close(fd);
	close(listener);
}
END_TEST

START_TEST(test_bad_files)
{
	static const char *const words[] = {
		"tls-ca-file nowhere.pem: No such file", "tls-certificate nowhere.pem: No such file", "tls-key ", "tls-ca-file "
	};
	struct transport_tls settings[] = {
		{ .verify = true, .ca_file = "nowhere.pem" },
		{ .certificate = "nowhere.pem" },
		{ .certificate = path_of("good.pem"), .key = path_of("expired.pem") },
		{ .verify = true, .ca_file = "/dev/null" },
	};
	struct transport_listen listen = {
		.transport = SIP_TLS, .address = peer_at(SIP_TLS, "127.0.0.1", 0).address
	};
	char error[256] = "";

	memset(&server, 0, sizeof(server));
	memset(&client, 0, sizeof(client));
	client.transport = transport_new(the_loop, &listen, 1, NULL, &side_events, &client, error);
	ck_assert_int_lt(transport_use_tls(client.transport, &settings[_i], error), 0);
	ck_assert_msg(strncmp(error, words[_i], strlen(words[_i])) == 0, "%s", error);
}
END_TEST

static bool
changes(struct side *s, const char *address, const struct transport_tls *tls)
{
	struct transport_listen listen = { .transport = SIP_TLS, .address = peer_at(SIP_TLS, address, 0).address };
	struct transport_change *change = transport_prepare(s->transport, &listen, 1, tls, s->text);

	if (change)
		transport_adopt(s->transport, change);
	return change != NULL;
}

/* B71: what is there lives on, what comes has the new files; a bad one changes nothing. */
START_TEST(test_files_read_anew)
{
	struct peer peer = both_up("good.pem", true);
	struct transport_tls bad = { .certificate = "nowhere.pem" }, expired = { .certificate = path_of("expired.pem") };

	send_as(&peer, "a.test", "M006hi");
	RUN_UNTIL(client.messages == 1);
	ck_assert(!changes(&server, "127.0.0.1", &bad));
	ck_assert_msg(strncmp(server.text, "tls-certificate nowhere.pem: ", 29) == 0, "%s", server.text);
	ck_assert(changes(&server, "127.0.0.1", &expired));
	send_as(&peer, "a.test", "M006hi");
	RUN_UNTIL(client.messages == 2);
	ck_assert_uint_eq(client.broken, 0);
	transport_renew(client.transport, &peer);
	send_as(&peer, "a.test", "M006hi");
	RUN_UNTIL(client.broken == 1);
	ck_assert_msg(strncmp(client.text, "certificate expired", 19) == 0, "%s", client.text);
}
END_TEST

/* B71: root's rights are gone, and with them the key that was read at the start: refused, unless nothing is asked. */
START_TEST(test_files_out_of_reach)
{
	struct transport_tls of_server = { .certificate = path_of("good.pem") };
	struct peer peer = both_up("good.pem", true);
	bool root = geteuid() == 0;

	if (root)
		ck_assert_int_eq(seteuid(65534), 0);	/* the folder is root's alone */
	else
		ck_assert_int_eq(chmod(of_server.certificate, 0), 0);
	ck_assert(!changes(&server, "127.0.0.1", &of_server));
	ck_assert_msg(strstr(server.text, "Permission denied") != NULL, "%s", server.text);
	of_server.as_before = true;
	ck_assert(changes(&server, "127.0.0.1", &of_server));
	ck_assert_int_eq(root ? seteuid(0) : chmod(of_server.certificate, 0600), 0);
	send_as(&peer, "a.test", "M006hi");
	RUN_UNTIL(client.messages == 1);
}
END_TEST

/* Not even by a session that the old CA has vouched for. */
START_TEST(test_other_ca)
{
	struct peer peer = both_up("good.pem", true);
	struct transport_tls of_client = { .ca_file = path_of("foreign-ca.pem"), .verify = true };

	send_as(&peer, "a.test", "M006hi");
	RUN_UNTIL(client.messages == 1);
	run_ms(20);
	ck_assert(changes(&client, "127.0.0.11", &of_client));
	send_as(&peer, "a.test", "M006hi");
	RUN_UNTIL(client.messages == 2);
	transport_reply(server.transport, &server.from, 0, "X", 1);	/* no message: the client ends it */
	RUN_UNTIL(client.broken == 1);
	RUN_UNTIL(transport_reply(server.transport, &server.from, 0, "M004", 4) == -ENOTCONN);
	send_as(&peer, "a.test", "M006hi");
	RUN_UNTIL(client.broken == 2);
	ck_assert_msg(strncmp(client.text, "certificate of an unknown CA", 28) == 0, "%s", client.text);
}
END_TEST

/* With the first certificate others may connect to us, without it no more. */
START_TEST(test_certificate_comes_and_goes)
{
	struct transport_tls with = { .certificate = path_of("good.pem") }, without = { 0 };
	struct peer peer = both_up("good.pem", true);

	ck_assert(changes(&server, "127.0.0.1", &without));
	send_as(&peer, "a.test", "M006hi");
	RUN_UNTIL(client.broken == 1);
	ck_assert_int_eq(client.failure, TRANSPORT_REFUSED);
	ck_assert(changes(&server, "127.0.0.1", &with));
	ck_assert_int_eq(transport_local(server.transport, &peer, &peer.address), 0);
	send_as(&peer, "a.test", "M006hi");
	RUN_UNTIL(client.messages == 1);
}
END_TEST

static Suite *
tls_suite(void)
{
	Suite *suite = suite_create("tls");
	TCase *tests = tcase_create("tls");

	tcase_add_unchecked_fixture(tests, make_all, remove_all);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, test_good_names, 0, 6);
	tcase_add_loop_test(tests, test_refused, 0, (int)UNIT_COUNT(refusals));
	tcase_add_loop_test(tests, test_unverified, 0, (int)UNIT_COUNT(refusals));
	tcase_add_test(tests, test_two_names);
	tcase_add_test(tests, test_again);
	tcase_add_test(tests, test_resumed);
	tcase_add_test(tests, test_files_read_anew);
	tcase_add_test(tests, test_other_ca);
	tcase_add_test(tests, test_files_out_of_reach);
	tcase_add_test(tests, test_certificate_comes_and_goes);
	tcase_add_loop_test(tests, test_no_tls_there, 0, 3);
	tcase_add_loop_test(tests, test_bad_files, 0, 4);
	suite_add_tcase(suite, tests);
	return suite;
}

UNIT_MAIN(tls_suite)

#else

int
main(void)
{
	return 77;		/* skipped: built without TLS */
}

#endif
