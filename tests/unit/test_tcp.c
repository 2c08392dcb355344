/* SPDX-License-Identifier: ISC */
/* SIP over TCP on the loopback, with plain sockets on the other side. */

#include <errno.h>

#include "net/tcp.h"
#include "stream_side.h"

static struct side a;

static void
setup(void)
{
	world_up();
	side_up(&a, SIP_TCP, "127.0.0.11", NULL);
}

static void
teardown(void)
{
	transport_free(a.transport);
	world_down();
}

static int
send_to(const struct peer *to, const char *text)
{
	return transport_send(a.transport, to, 24, text, strlen(text));
}

/* All that is there within a few turns. */
static const char *
heard_by(int fd)
{
	static char text[65536];
	ssize_t n = -1;

	for (int turn = 0; turn < 500 && n < 0; turn++) {
		run_ms(2);
		n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	}
	text[n > 0 ? n : 0] = '\0';
	return n < 0 ? "nothing" : text;
}

static void
say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* A connection that is open, with one message over. */
static int
connected(struct peer *peer, int *listener)
{
	int fd;

	*listener = plain_listen("127.0.0.1", peer, 8);
	ck_assert_int_eq(send_to(peer, "M006hi"), 0);
	fd = plain_accept(*listener);
	ck_assert_str_eq(heard_by(fd), "M006hi");
	return fd;
}

START_TEST(test_one_connection_one_write)
{
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	struct peer peer;
	int listener, fd = connected(&peer, &listener);

	ck_assert_int_eq(getpeername(fd, (struct sockaddr *)&name, &len), 0);
	ck_assert_str_eq(inet_ntoa(name.sin_addr), "127.0.0.11");	/* from the upstream address, on another port */
	ck_assert_int_ne(ntohs(name.sin_port), a.port);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(send_to(&peer, "M007abc"), 0);
	ck_assert_str_eq(heard_by(fd), "M007abcM007abcM007abc");
	ck_assert_int_lt(accept4(listener, NULL, NULL, SOCK_CLOEXEC), 0);
	say(fd, "M009world");
	RUN_UNTIL(a.messages == 1);
	ck_assert(peer_equal(&a.from, &peer));
	ck_assert_int_eq(a.local.port, a.port);
	ck_assert_uint_eq(a.broken, 0);
	close(fd);
	close(listener);
}
END_TEST

/* Split at every byte, joined, CRLFs between. */
START_TEST(test_split_and_joined)
{
	static const char stream[] = "M006ab\r\nM004M009hello\r\n\r\nM010123456\r\n";
	struct peer peer;
	int listener, fd = connected(&peer, &listener);

	for (size_t cut = 0; cut < sizeof(stream); cut++) {
		a.messages = 0;
		a.len = 0;
		ck_assert_int_eq(send(fd, stream, cut, MSG_NOSIGNAL), (ssize_t)cut);
		run_ms(3);
		say(fd, stream + cut);
		RUN_UNTIL(a.messages == 4);
		ck_assert_uint_eq(a.len, 6 + 4 + 9 + 10);
		ck_assert_int_eq(memcmp(a.bytes, "M006abM004M009helloM010123456", a.len), 0);
	}
	ck_assert_uint_eq(a.broken, 0);
	close(fd);
	close(listener);
}
END_TEST

/* RFC 5626 §4.4.1: two CRLFs are answered by one; and one that we get answers ours. */
START_TEST(test_pings)
{
	struct peer peer;
	int listener, fd = connected(&peer, &listener);

	say(fd, "\r\n\r\n");
	ck_assert_str_eq(heard_by(fd), "\r\n");
	say(fd, "\r");
	run_ms(5);
	say(fd, "\n");
	run_ms(5);
	ck_assert_int_eq(transport_ping(a.transport, &peer, 0), 0);
	ck_assert_str_eq(heard_by(fd), "\r\n\r\n");
	say(fd, "\r\n");
	run_ms(5);
	ck_assert_int_eq(transport_ping(a.transport, &peer, 0), 0);
	ck_assert_str_eq(heard_by(fd), "\r\n\r\n");
	ck_assert_uint_eq(a.broken, 0);
	/* B20: a pong has come once, so a missing one is a break. */
	for (int i = 0; i < 110 && a.broken == 0; i++)
		run_ms(100);
	ck_assert_uint_eq(a.broken, 1);
	ck_assert_int_eq(a.failure, TRANSPORT_ENDED);
	ck_assert_int_eq(transport_ping(a.transport, &peer, 0), -ENOTCONN);
	close(fd);
	close(listener);
}
END_TEST

/* B13 */
START_TEST(test_refused)
{
	struct peer peer;
	struct instant began;

	close(plain_listen("127.0.0.1", &peer, 8));
	ck_assert_int_eq(send_to(&peer, "M006hi"), 0);
	RUN_UNTIL(a.broken == 1);
	ck_assert_int_eq(a.failure, TRANSPORT_REFUSED);
	ck_assert_str_eq(a.text, "connection refused");
	began = loop_now(the_loop);
	ck_assert_int_eq(send_to(&peer, "M006hi"), 0);
	RUN_UNTIL(a.broken == 2);
	ck_assert_int_ge(instant_since(began, loop_now(the_loop)), 450);	/* not at once again */
}
END_TEST

/* B13: a full backlog answers no SYN. */
START_TEST(test_not_made)
{
	struct peer peer;
	struct instant began = loop_now(the_loop);
	int listener = plain_listen("127.0.0.1", &peer, 0), one = plain_connect("127.0.0.2", &peer.address);

	ck_assert_int_eq(send_to(&peer, "M006hi"), 0);
	RUN_UNTIL(a.broken == 1);
	ck_assert_int_eq(a.failure, TRANSPORT_NOT_MADE);
	ck_assert_str_eq(a.text, "not made within 4 s");
	ck_assert_int_ge(instant_since(began, loop_now(the_loop)), 3900);
	ck_assert_int_le(instant_since(began, loop_now(the_loop)), 5000);
	close(one);
	close(listener);
}
END_TEST

START_TEST(test_no_route)
{
	struct peer peer = peer_at(SIP_TCP, "240.0.0.1", 5060), v6 = peer_at(SIP_TCP, "::1", 5060);
	int result = send_to(&peer, "M006hi");

	ck_assert_msg(result < 0 || a.broken == 0, "told from inside of the send");
	ck_assert_int_eq(send_to(&v6, "M006hi"), -EAFNOSUPPORT);
	peer.transport = SIP_TLS;
	ck_assert_int_eq(send_to(&peer, "M006hi"), -EAFNOSUPPORT);
}
END_TEST

/* B20: the end of an idle connection; the next message opens it anew, at once. */
START_TEST(test_idle_end)
{
	struct peer peer;
	struct instant began;
	int listener, fd = connected(&peer, &listener);

	say(fd, "M006ok");
	RUN_UNTIL(a.messages == 1);
	close(fd);
	RUN_UNTIL(a.broken == 1);
	ck_assert_int_eq(a.failure, TRANSPORT_ENDED);
	began = loop_now(the_loop);
	ck_assert_int_eq(send_to(&peer, "M007two"), 0);
	fd = plain_accept(listener);
	ck_assert_str_eq(heard_by(fd), "M007two");
	ck_assert_int_lt(instant_since(began, loop_now(the_loop)), 400);
	close(fd);
	close(listener);
}
END_TEST

/* The answer and the end of the stream come together. */
START_TEST(test_answer_then_end)
{
	struct peer peer;
	int listener, fd = connected(&peer, &listener);

	say(fd, "M009final");
	shutdown(fd, SHUT_WR);
	RUN_UNTIL(a.broken == 1);
	ck_assert_uint_eq(a.messages, 1);
	close(fd);
	close(listener);
}
END_TEST

START_TEST(test_reset)
{
	struct linger linger = { .l_onoff = 1 };
	struct peer peer;
	int listener, fd = connected(&peer, &listener);

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(fd);
	RUN_UNTIL(a.broken == 1);
	ck_assert_int_eq(a.failure, TRANSPORT_ENDED);
	ck_assert_str_eq(a.text, "connection reset");
	close(listener);
}
END_TEST

START_TEST(test_garbage)
{
	static const char *const garbage[] = { "GET / HTTP/1.0\r\n", "M006abX", "\n", "\rX", "M0x1" };
	struct peer peer;
	int listener, fd = connected(&peer, &listener);

	say(fd, garbage[_i]);
	RUN_UNTIL(a.broken == 1);
	ck_assert_int_eq(a.failure, TRANSPORT_GARBAGE);
	ck_assert_str_eq(heard_by(fd), "");
	close(fd);
	close(listener);
}
END_TEST

/* What nobody takes is not kept without bound. */
START_TEST(test_unread)
{
	struct peer peer;
	int listener, result = 0, fd = connected(&peer, &listener);
	char big[1000] = "M999";

	memset(big + 4, 'x', sizeof(big) - 5);
	for (int i = 0; i < 20000 && result == 0; i++) {
		result = transport_send(a.transport, &peer, 0, big, 999);
		if (i % 100 == 0)
			run_ms(1);
	}
	ck_assert_int_eq(result, -ENOBUFS);
	ck_assert_uint_eq(a.broken, 0);
	close(fd);
	close(listener);
}
END_TEST

START_TEST(test_oversized)
{
	struct peer peer = peer_at(SIP_TCP, "127.0.0.1", 5060);
	static char big[TRANSPORT_MESSAGE_MAX + 1];

	ck_assert_int_eq(transport_send(a.transport, &peer, 0, big, sizeof(big)), -EMSGSIZE);
}
END_TEST

/* Registrars may connect to us; the answer goes back where the request came from, half-closed or not. */
START_TEST(test_inbound)
{
	struct address to = peer_at(SIP_TCP, "127.0.0.11", a.port).address;
	int fd = plain_connect("127.0.0.5", &to);

	a.answers = true;
	say(fd, "M008helo");
	shutdown(fd, SHUT_WR);
	ck_assert_str_eq(heard_by(fd), "M006ok");
	ck_assert_int_eq(a.messages, 1);
	RUN_UNTIL(transport_reply(a.transport, &a.from, 0, "M004", 4) == -ENOTCONN);
	ck_assert_uint_eq(a.broken, 0);		/* none of ours */
	close(fd);
}
END_TEST

START_TEST(test_inbound_foreign)
{
	struct address to = peer_at(SIP_TCP, "127.0.0.11", a.port).address;
	int fd = plain_connect("127.0.0.5", &to);

	a.foreign = true;
	ck_assert_str_eq(heard_by(fd), "");
	close(fd);
}
END_TEST

/* The one heard last the longest ago makes room. */
START_TEST(test_inbound_many)
{
	struct address to = peer_at(SIP_TCP, "127.0.0.11", a.port).address;
	int fd[TCP_INBOUND_MAX + 1];

	for (unsigned i = 0; i <= TCP_INBOUND_MAX; i++) {
		fd[i] = plain_connect("127.0.0.5", &to);
		run_ms(2);
		if (i == 1) {
			say(fd[0], "M004");
			RUN_UNTIL(a.messages == 1);
		}
	}
	a.answers = true;
	ck_assert_str_eq(heard_by(fd[1]), "");
	say(fd[0], "M004");
	ck_assert_str_eq(heard_by(fd[0]), "M006ok");
	for (unsigned i = 0; i <= TCP_INBOUND_MAX; i++)
		close(fd[i]);
}
END_TEST

/* What was sent before still goes out. */
START_TEST(test_forget)
{
	struct peer peer;
	int listener, fd = connected(&peer, &listener);

	ck_assert_int_eq(send_to(&peer, "M007bye"), 0);
	transport_forget(a.transport, &peer);
	ck_assert_str_eq(heard_by(fd), "M007bye");
	ck_assert_str_eq(heard_by(fd), "");
	ck_assert_uint_eq(a.broken, 0);
	close(fd);
	close(listener);
}
END_TEST

/* A way that may be dead: the next message goes another one, and what comes late on the old one is heard. */
START_TEST(test_renew)
{
	struct peer peer;
	int listener, fd = connected(&peer, &listener), second;

	transport_renew(a.transport, &peer);
	ck_assert_int_eq(send_to(&peer, "M007new"), 0);
	second = plain_accept(listener);
	ck_assert_str_eq(heard_by(second), "M007new");
	say(fd, "M008late");
	RUN_UNTIL(a.messages == 1);
	close(fd);
	run_ms(5);
	ck_assert_uint_eq(a.broken, 0);
	say(second, "M004");
	RUN_UNTIL(a.messages == 2);
	close(second);
	RUN_UNTIL(a.broken == 1);
	close(listener);
}
END_TEST

START_TEST(test_free_inside)
{
	struct peer peer;
	int listener, fd = connected(&peer, &listener);

	a.free_on_message = true;
	say(fd, "M004M004");
	RUN_UNTIL(a.transport == NULL);
	run_ms(5);
	ck_assert_uint_eq(a.messages, 1);
	ck_assert_str_eq(heard_by(fd), "");
	close(fd);
	close(listener);
}
END_TEST

START_TEST(test_listening_once)
{
	struct transport_listen twice[2] = {
		{ .transport = SIP_TCP, .address = peer_at(SIP_TCP, "127.0.0.11", a.port).address }
	};
	char error[256] = "";

	ck_assert_ptr_null(transport_new(the_loop, twice, 1, NULL, &side_events, &a, error));
	ck_assert_msg(strstr(error, "in use") != NULL, "%s", error);
	twice[0].address.port = 0;
	twice[1] = twice[0];
	ck_assert_ptr_null(transport_new(the_loop, twice, 2, NULL, &side_events, &a, error));
	ck_assert_msg(strstr(error, "already") != NULL, "%s", error);
	ck_assert(transport_is_own(a.transport, &(struct peer){ SIP_TCP, peer_at(SIP_TCP, "127.0.0.11", a.port).address }));
}
END_TEST

/* B71: what stays has its connections, what is new is opened, and nothing is touched by what cannot be had. */
START_TEST(test_other_upstreams)
{
	struct transport_listen list[2] = {
		{ .transport = SIP_TCP, .address = peer_at(SIP_TCP, "127.0.0.11", 0).address },
		{ .transport = SIP_UDP, .address = peer_at(SIP_UDP, "127.0.0.11", 0).address },
	};
	struct peer peer, there = peer_at(SIP_TCP, "127.0.0.11", a.port), udp = peer_at(SIP_UDP, "127.0.0.1", 9);
	int listener, fd = connected(&peer, &listener), second;
	struct transport_tls tls = { .verify = false };
	struct transport_change *change;
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	struct address local;
	char error[256] = "";

	/* One more: the old one and its connection stay. */
	change = transport_prepare(a.transport, list, 2, &tls, error);
	ck_assert_msg(change != NULL, "%s", error);
	ck_assert_int_eq(transport_local(a.transport, &udp, &local), -EAFNOSUPPORT);
	transport_adopt(a.transport, change);
	ck_assert_int_eq(transport_local(a.transport, &udp, &local), 0);
	ck_assert_int_eq(transport_local(a.transport, &peer, &local), 0);
	ck_assert_uint_eq(local.port, a.port);
	ck_assert_int_eq(send_to(&peer, "M006hi"), 0);
	ck_assert_str_eq(heard_by(fd), "M006hi");

	/* One of two cannot be had. */
	list[0].address = peer_at(SIP_TCP, "127.0.0.12", 0).address;
	list[1].address = peer_at(SIP_UDP, "192.0.2.77", 0).address;
	ck_assert_ptr_null(transport_prepare(a.transport, list, 2, &tls, error));
	ck_assert_msg(strstr(error, "udp:192.0.2.77") != NULL, "%s", error);
	list[0].address = peer_at(SIP_TCP, "192.0.2.77", 0).address;
	list[1].address = peer_at(SIP_UDP, "127.0.0.12", 0).address;
	ck_assert_ptr_null(transport_prepare(a.transport, list, 2, &tls, error));
	ck_assert_msg(strstr(error, "tcp:192.0.2.77") != NULL, "%s", error);
	ck_assert_int_eq(transport_local(a.transport, &peer, &local), 0);
	ck_assert_uint_eq(local.port, a.port);

	/* Another one in its place: the next connection is made from there, the old one may still answer. */
	list[0].address = peer_at(SIP_TCP, "127.0.0.12", 0).address;
	change = transport_prepare(a.transport, list, 1, &tls, error);
	ck_assert_msg(change != NULL, "%s", error);
	transport_adopt(a.transport, change);
	ck_assert_int_eq(transport_local(a.transport, &udp, &local), -EAFNOSUPPORT);
	ck_assert_int_eq(send_to(&peer, "M006yo"), 0);
	second = plain_accept(listener);
	ck_assert_str_eq(heard_by(second), "M006yo");
	ck_assert_int_eq(getpeername(second, (struct sockaddr *)&name, &len), 0);
	ck_assert_str_eq(inet_ntoa(name.sin_addr), "127.0.0.12");
	say(fd, "M006ok");
	RUN_UNTIL(a.messages == 1);
	ck_assert(!transport_is_own(a.transport, &there));
	ck_assert_uint_eq(a.broken, 0);

	/* And none. */
	transport_close(a.transport, SIP_TCP, ADDRESS_IPV4);
	ck_assert_int_eq(send_to(&peer, "M006no"), -EAFNOSUPPORT);
	close(second);
	close(fd);
	close(listener);
}
END_TEST

static Suite *
tcp_suite(void)
{
	Suite *suite = suite_create("tcp");
	TCase *tests = tcase_create("tcp");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_one_connection_one_write);
	tcase_add_test(tests, test_split_and_joined);
	tcase_add_test(tests, test_pings);
	tcase_add_test(tests, test_refused);
	tcase_add_test(tests, test_not_made);
	tcase_add_test(tests, test_no_route);
	tcase_add_test(tests, test_idle_end);
	tcase_add_test(tests, test_answer_then_end);
	tcase_add_test(tests, test_reset);
	tcase_add_loop_test(tests, test_garbage, 0, 5);
	tcase_add_test(tests, test_unread);
	tcase_add_test(tests, test_oversized);
	tcase_add_test(tests, test_inbound);
	tcase_add_test(tests, test_inbound_foreign);
	tcase_add_test(tests, test_inbound_many);
	tcase_add_test(tests, test_forget);
	tcase_add_test(tests, test_renew);
	tcase_add_test(tests, test_free_inside);
	tcase_add_test(tests, test_other_upstreams);
	tcase_add_test(tests, test_listening_once);
	suite_add_tcase(suite, tests);
	return suite;
}

UNIT_MAIN(tcp_suite)
