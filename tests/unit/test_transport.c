/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <netinet/in.h>

#include "net/icmp.h"
#include "net/sockaddr.h"
#include "net/transport.h"

enum { FAILURES_KEPT = 8 };

/* A transport under test, and what it told. */
struct side {
	struct loop *loop;
	struct transport *transport;
	struct timer *end;
	unsigned messages;
	struct peer from;
	struct address local;
	size_t len;
	uint8_t bytes[TRANSPORT_MESSAGE_MAX];
	unsigned failures;
	struct peer to[FAILURES_KEPT];
	enum transport_failure failure[FAILURES_KEPT];
	char quoted[FAILURES_KEPT][64];
	unsigned stop_after_messages, stop_after_failures;
	bool sending;		/* inside transport_send() */
	bool free_on_event;
};

static struct side side;

static void
told(struct side *s)
{
	ck_assert(!s->sending);
	if (s->free_on_event) {
		transport_free(s->transport);
		s->transport = NULL;
		loop_stop(s->loop);
	}
	if ((s->stop_after_messages || s->stop_after_failures) && s->messages >= s->stop_after_messages &&
	    s->failures >= s->stop_after_failures)
		loop_stop(s->loop);
}

static void
on_message(void *arg, const struct peer *from, const struct address *local, const uint8_t *bytes, size_t len)
{
	struct side *s = arg;

	s->messages++;
	s->from = *from;
	s->local = *local;
	s->len = len;
	memcpy(s->bytes, bytes, len);
	told(s);
}

static void
on_unreachable(void *arg, const struct peer *to, enum transport_failure failure, const uint8_t *quoted, size_t len)
{
	struct side *s = arg;

	if (s->failures < FAILURES_KEPT) {
		s->to[s->failures] = *to;
		s->failure[s->failures] = failure;
		snprintf(s->quoted[s->failures], sizeof(s->quoted[0]), "%.*s", (int)len, (const char *)quoted);
	}
	s->failures++;
	told(s);
}

static const struct transport_events events = { .on_message = on_message, .on_unreachable = on_unreachable };

static void
on_end(void *arg)
{
	struct side *s = arg;

	loop_stop(s->loop);
}

static struct peer
udp_peer(const char *text)
{
	struct peer peer = { .transport = SIP_UDP };

	ck_assert_msg(address_parse(&peer.address, text), "%s", text);
	return peer;
}

static void
open_side(const char *address)
{
	struct transport_listen listen = { .transport = SIP_UDP, .address = udp_peer(address).address };
	char error[256];

	memset(&side, 0, sizeof(side));
	side.loop = loop_new();
	side.end = timer_new(side.loop, on_end, &side);
	side.transport = transport_new(side.loop, &listen, 1, NULL, &events, &side, error);
	ck_assert_msg(side.transport != NULL, "%s", error);
}

static void
close_side(void)
{
	transport_free(side.transport);
	timer_free(side.end);
	loop_free(side.loop);
}

static void
run_ms(int ms)
{
	timer_set(side.end, instant_add(loop_now(side.loop), ms));
	loop_run(side.loop);
}

static int
send_text(const struct peer *to, const char *text)
{
	int result;

	side.sending = true;
	result = transport_send(side.transport, to, 24, text, strlen(text));
	side.sending = false;
	return result;
}

static uint16_t
own_port(const char *towards)
{
	struct peer peer = udp_peer(towards);
	struct address local;

	ck_assert_int_eq(transport_local(side.transport, &peer, &local), 0);
	return local.port;
}

/* A plain socket on the other side; *peer gets its address. Returns -1 if that address cannot be had here. */
static int
plain_socket(const char *address, struct peer *peer)
{
	struct sockaddr_storage name;
	socklen_t len;
	int fd;

	*peer = udp_peer(address);
	len = sockaddr_of(&peer->address, &name);
	fd = socket(sockaddr_family(&peer->address), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&name, len) < 0) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	len = sizeof(name);
	getsockname(fd, (struct sockaddr *)&name, &len);
	sockaddr_read((struct sockaddr *)&name, &peer->address);
	return fd;
}

/* A port on which nobody listens. */
static struct peer
closed_port(const char *address)
{
	struct peer peer;
	int fd = plain_socket(address, &peer);

	ck_assert_int_ge(fd, 0);
	close(fd);
	return peer;
}

static void
send_plain(int fd, const char *to, uint16_t port, const void *bytes, size_t len)
{
	struct address address = udp_peer(to).address;
	struct sockaddr_storage name;
	socklen_t name_len;

	address.port = port;
	name_len = sockaddr_of(&address, &name);
	ck_assert_int_eq(sendto(fd, bytes, len, 0, (struct sockaddr *)&name, name_len), (ssize_t)len);
}

static const struct family {
	const char *any, *loopback, *other;
} families[] = {
	{ "0.0.0.0", "127.0.0.1", "127.0.0.11" },
	{ "::", "::1", "::1" },
};

static bool
have(const struct family *f)
{
	struct peer peer;
	int fd = plain_socket(f->loopback, &peer);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

START_TEST(test_both_ways)
{
	const struct family *f = &families[_i];
	struct peer peer;
	char got[64];
	int fd;

	if (!have(f))
		return;
	open_side(f->any);
	fd = plain_socket(f->loopback, &peer);
	ck_assert_int_eq(send_text(&peer, "hello"), 0);
	ck_assert_int_eq(recv(fd, got, sizeof(got), 0), 5);
	ck_assert_mem_eq(got, "hello", 5);

	side.stop_after_messages = 2;
	send_plain(fd, f->other, own_port(f->loopback), "", 0);
	send_plain(fd, f->other, own_port(f->loopback), "answer", 6);
	run_ms(2000);
	ck_assert_uint_eq(side.messages, 2);
	ck_assert_uint_eq(side.len, 6);
	ck_assert_mem_eq(side.bytes, "answer", 6);
	ck_assert(peer_equal(&side.from, &peer));
	/* Where it came to, though the socket is bound to all addresses. */
	ck_assert(address_same_ip(&side.local, (struct address[]){ udp_peer(f->other).address }));
	ck_assert_uint_eq(side.local.port, own_port(f->loopback));
	close(fd);
	close_side();
}
END_TEST

/* B13: the error names the server and quotes us; the other server on the same socket goes on. */
START_TEST(test_B13_closed_port)
{
	const struct family *f = &families[_i];
	struct peer dead, alive;
	char got[64];
	int fd;

	if (!have(f))
		return;
	open_side(f->any);
	dead = closed_port(f->other);
	fd = plain_socket(f->loopback, &alive);
	side.stop_after_failures = 1;
	ck_assert_int_eq(send_text(&dead, "OPTIONS one"), 0);
	ck_assert_int_eq(send_text(&alive, "OPTIONS two"), 0);	/* though the first one's error is pending */
	ck_assert_uint_eq(side.failures, 0);
	run_ms(2000);
	ck_assert_uint_eq(side.failures, 1);
	ck_assert(peer_equal(&side.to[0], &dead));
	ck_assert_int_eq(side.failure[0], TRANSPORT_PORT_UNREACHABLE);
	ck_assert_str_eq(side.quoted[0], "OPTIONS one");
	ck_assert_int_eq(recv(fd, got, sizeof(got), MSG_DONTWAIT), 11);
	ck_assert_mem_eq(got, "OPTIONS two", 11);
	close(fd);
	close_side();
}
END_TEST

/* Errors that sending meets are told from the loop, each once, in their order. */
START_TEST(test_B13_errors_while_sending)
{
	struct peer dead[3];
	char text[] = "message 0";

	open_side("127.0.0.1");
	for (int i = 0; i < 3; i++)
		dead[i] = closed_port("127.0.0.11");
	for (int i = 0; i < 3; i++) {
		text[8] = (char)('0' + i);
		ck_assert_int_eq(send_text(&dead[i], text), 0);
	}
	side.stop_after_failures = 3;
	run_ms(2000);
	ck_assert_uint_eq(side.failures, 3);
	for (int i = 0; i < 3; i++) {
		bool found = false;

		text[8] = (char)('0' + i);
		for (int k = 0; k < 3; k++)
			found |= peer_equal(&side.to[k], &dead[i]) && strcmp(side.quoted[k], text) == 0;
		ck_assert(found);
	}
	close_side();
}
END_TEST

/* An unread error queue would wake the loop without end; idle means no CPU and no switches. */
START_TEST(test_no_spin)
{
	struct rusage before, after;
	struct peer dead;

	open_side("127.0.0.1");
	dead = closed_port("127.0.0.11");
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(send_text(&dead, "x"), 0);
	run_ms(100);
	ck_assert_uint_ge(side.failures, 1);
	getrusage(RUSAGE_SELF, &before);
	run_ms(300);
	getrusage(RUSAGE_SELF, &after);
	ck_assert_int_le(after.ru_nvcsw - before.ru_nvcsw, 5);
	ck_assert_int_le((after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000 +
	    after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec, 50000);
	close_side();
}
END_TEST

START_TEST(test_freed_in_event)
{
	struct peer dead;

	open_side("127.0.0.1");
	dead = closed_port("127.0.0.11");
	side.free_on_event = true;
	send_text(&dead, "one");
	if (_i == 1)
		send_text(&dead, "two");	/* the first error waits for its timer then */
	run_ms(2000);
	ck_assert_ptr_null(side.transport);
	ck_assert_uint_eq(side.failures, 1);
	close_side();
}
END_TEST

/* More than one wake-up takes; all come. */
START_TEST(test_many)
{
	struct peer peer;
	int fd;

	open_side("127.0.0.1");
	fd = plain_socket("127.0.0.1", &peer);
	for (int i = 0; i < 100; i++)
		send_plain(fd, "127.0.0.1", own_port("127.0.0.1"), "x", 1);
	side.stop_after_messages = 100;
	run_ms(2000);
	ck_assert_uint_eq(side.messages, 100);
	close(fd);
	close_side();
}
END_TEST

START_TEST(test_sizes)
{
	static char big[70000], got[70000];
	struct peer peer;
	int fd;

	open_side("127.0.0.1");
	fd = plain_socket("127.0.0.1", &peer);
	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(transport_send(side.transport, &peer, 0, big, 65507), 0);
	ck_assert_int_eq(recv(fd, got, sizeof(got), 0), 65507);
	ck_assert_int_eq(transport_send(side.transport, &peer, 0, big, 65508), -EMSGSIZE);
	send_plain(fd, "127.0.0.1", own_port("127.0.0.1"), big, 65507);
	side.stop_after_messages = 1;
	run_ms(2000);
	ck_assert_uint_eq(side.len, 65507);
	close(fd);
	close_side();
}
END_TEST

static int
received_dscp(int fd, enum address_family family)
{
	char bytes[64], control[128] __attribute__((aligned(8)));
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control) };
	int value = -4;
	uint8_t byte;

	ck_assert_int_gt(recvmsg(fd, &msg, 0), 0);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (family == ADDRESS_IPV4 && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
			memcpy(&byte, CMSG_DATA(c), 1);
			value = byte;
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
			memcpy(&value, CMSG_DATA(c), sizeof(value));
		}
	}
	return value >> 2;
}

START_TEST(test_dscp)
{
	const struct family *f = &families[_i];
	struct peer peer;
	int fd, on = 1;

	if (!have(f))
		return;
	open_side(f->any);
	fd = plain_socket(f->loopback, &peer);
	ck_assert_int_eq(peer.address.family == ADDRESS_IPV6 ?
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof(on)) :
	    setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)), 0);
	for (int dscp = 0; dscp < 64; dscp += 23) {
		ck_assert_int_eq(transport_send(side.transport, &peer, (uint8_t)dscp, "x", 1), 0);
		ck_assert_int_eq(received_dscp(fd, peer.address.family), dscp);
	}
	close(fd);
	close_side();
}
END_TEST

START_TEST(test_local)
{
	struct peer peer = udp_peer("127.0.0.11:5060"), other = udp_peer("[::1]:5060");
	struct address local;

	open_side("0.0.0.0");
	ck_assert_int_eq(transport_local(side.transport, &peer, &local), 0);
	ck_assert(address_same_ip(&local, (struct address[]){ udp_peer("127.0.0.1").address }) ||
	    address_same_ip(&local, &peer.address));
	ck_assert_uint_ne(local.port, 0);
	ck_assert_int_eq(transport_local(side.transport, &other, &local), -EAFNOSUPPORT);
	ck_assert_int_eq(transport_send(side.transport, &other, 0, "x", 1), -EAFNOSUPPORT);
	peer.transport = SIP_TCP;
	ck_assert_int_eq(transport_send(side.transport, &peer, 0, "x", 1), -EAFNOSUPPORT);
	close_side();
	open_side("127.0.0.5");
	peer.transport = SIP_UDP;
	ck_assert_int_eq(transport_local(side.transport, &peer, &local), 0);
	ck_assert(address_same_ip(&local, (struct address[]){ udp_peer("127.0.0.5").address }));
	close_side();
}
END_TEST

/* B7: 127.0.0.11 is another host as far as tests go: only what an interface carries is ours. */
START_TEST(test_B7_is_own)
{
	static const struct {
		const char *bound, *asked;
		bool own;
	} cases[] = {
		{ "0.0.0.0", "127.0.0.1", true },
		{ "0.0.0.0", "127.0.0.11", false },
		{ "0.0.0.0", "192.0.2.1", false },
		{ "0.0.0.0", "::1", false },
		{ "127.0.0.5", "127.0.0.5", true },
		{ "127.0.0.5", "127.0.0.1", false },
	};

	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		struct peer peer = udp_peer(cases[i].asked);

		open_side(cases[i].bound);
		peer.address.port = own_port("127.0.0.1");
		ck_assert_msg(transport_is_own(side.transport, &peer) == cases[i].own, "case %zu", i);
		peer.address.port++;
		ck_assert_msg(!transport_is_own(side.transport, &peer), "case %zu, other port", i);
		peer.address.port--;
		peer.transport = SIP_TCP;
		ck_assert_msg(!transport_is_own(side.transport, &peer), "case %zu, tcp", i);
		close_side();
	}
}
END_TEST

START_TEST(test_cannot_open)
{
	struct transport_listen listen[2] = {
		{ .transport = SIP_UDP, .address = udp_peer("127.0.0.1").address },
		{ .transport = SIP_UDP, .address = udp_peer("192.0.2.77:5060").address },
	};
	struct loop *loop = loop_new();
	struct peer taken;
	char error[256];
	int fd = plain_socket("127.0.0.1", &taken);

	ck_assert_ptr_null(transport_new(loop, listen, 2, NULL, &events, NULL, error));
	ck_assert_ptr_nonnull(strstr(error, "there is one"));
	ck_assert_ptr_null(transport_new(loop, &listen[1], 1, NULL, &events, NULL, error));
	ck_assert_ptr_nonnull(strstr(error, "udp:192.0.2.77:5060"));
	listen[0].address = taken.address;
	ck_assert_ptr_null(transport_new(loop, listen, 1, NULL, &events, NULL, error));
	ck_assert_ptr_nonnull(strstr(error, strerror(EADDRINUSE)));
	listen[0].address.port = 0;
	ck_assert_ptr_null(transport_new(loop, listen, 1, "nosuchdevice0", &events, NULL, error));
	ck_assert_ptr_nonnull(strstr(error, "nosuchdevice0"));
	ck_assert_ptr_null(transport_new(loop, listen, 1, "averyveryverylongname", &events, NULL, error));
	listen[0].transport = SIP_TLS;
	ck_assert_ptr_null(transport_new(loop, listen, 1, NULL, &events, NULL, error));
	close(fd);
	loop_free(loop);
}
END_TEST

/* What nobody asked for by name is left out where it cannot be, but not all of it. */
START_TEST(test_optional)
{
	struct transport_listen listen[2] = {
		{ .transport = SIP_UDP, .address = udp_peer("127.0.0.1").address, .optional = true },
		{ .transport = SIP_UDP, .address = udp_peer("[2001:db8::77]:5060").address, .optional = true },
	};
	struct loop *loop = loop_new();
	struct transport *t;
	struct peer taken;
	char error[256];
	int fd = plain_socket("127.0.0.1", &taken);

	for (int swapped = 0; swapped < 2; swapped++) {
		struct transport_listen first = listen[0];

		t = transport_new(loop, listen, 2, NULL, &events, NULL, error);
		ck_assert_msg(t != NULL, "%s", error);
		transport_free(t);
		listen[0] = listen[1];
		listen[1] = first;
	}
	ck_assert_ptr_null(transport_new(loop, &listen[1], 1, NULL, &events, NULL, error));
	listen[0].address = taken.address;	/* that is no lack of a family */
	ck_assert_ptr_null(transport_new(loop, listen, 2, NULL, &events, NULL, error));
	listen[0].address.port = 0;
	listen[1].optional = false;
	ck_assert_ptr_null(transport_new(loop, listen, 2, NULL, &events, NULL, error));
	ck_assert_ptr_nonnull(strstr(error, "2001:db8::77"));
	close(fd);
	loop_free(loop);
}
END_TEST

START_TEST(test_interface)
{
	struct transport_listen listen = { .transport = SIP_UDP, .address = udp_peer("0.0.0.0").address };
	struct peer near = udp_peer("127.0.0.1:5060");
	struct loop *loop = loop_new();
	struct address local;
	char error[256];
	struct transport *t = transport_new(loop, &listen, 1, "lo", &events, NULL, error);

	ck_assert_msg(t != NULL, "%s", error);
	ck_assert_int_eq(transport_local(t, &near, &local), 0);
	transport_free(t);
	loop_free(loop);
}
END_TEST

/* B13 and what else ICMP says, which is no verdict. */
START_TEST(test_B13_meanings)
{
	static const struct {
		enum address_family family;
		uint8_t type, code;
		int failure;	/* -1: none */
	} cases[] = {
		{ ADDRESS_IPV4, 3, 0, TRANSPORT_NET_UNREACHABLE },
		{ ADDRESS_IPV4, 3, 1, TRANSPORT_HOST_UNREACHABLE },
		{ ADDRESS_IPV4, 3, 3, TRANSPORT_PORT_UNREACHABLE },
		{ ADDRESS_IPV4, 3, 4, -1 },	/* packet too big */
		{ ADDRESS_IPV4, 3, 7, TRANSPORT_HOST_UNREACHABLE },
		{ ADDRESS_IPV4, 3, 9, TRANSPORT_PROHIBITED },
		{ ADDRESS_IPV4, 3, 10, TRANSPORT_PROHIBITED },
		{ ADDRESS_IPV4, 3, 13, TRANSPORT_PROHIBITED },
		{ ADDRESS_IPV4, 3, 200, -1 },
		{ ADDRESS_IPV4, 4, 0, -1 },	/* source quench */
		{ ADDRESS_IPV4, 11, 0, -1 },	/* time exceeded */
		{ ADDRESS_IPV4, 12, 0, -1 },
		{ ADDRESS_IPV6, 1, 0, TRANSPORT_NET_UNREACHABLE },
		{ ADDRESS_IPV6, 1, 1, TRANSPORT_PROHIBITED },
		{ ADDRESS_IPV6, 1, 3, TRANSPORT_HOST_UNREACHABLE },
		{ ADDRESS_IPV6, 1, 4, TRANSPORT_PORT_UNREACHABLE },
		{ ADDRESS_IPV6, 1, 5, TRANSPORT_PROHIBITED },
		{ ADDRESS_IPV6, 2, 0, -1 },	/* packet too big */
		{ ADDRESS_IPV6, 3, 0, -1 },	/* time exceeded */
		{ ADDRESS_IPV6, 3, 3, -1 },
	};

	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		enum transport_failure failure = TRANSPORT_PROHIBITED;
		bool known = icmp_failure(cases[i].family, cases[i].type, cases[i].code, &failure);

		ck_assert_msg(known == (cases[i].failure >= 0), "case %zu", i);
		if (known)
			ck_assert_msg((int)failure == cases[i].failure, "case %zu", i);
	}
	ck_assert_str_eq(transport_failure_str(TRANSPORT_PROHIBITED), "prohibited");
}
END_TEST

static Suite *
transport_suite(void)
{
	Suite *s = suite_create("transport");
	TCase *c = tcase_create("transport");
	int n = UNIT_COUNT(families);

	tcase_set_timeout(c, 30);
	tcase_add_loop_test(c, test_both_ways, 0, n);
	tcase_add_loop_test(c, test_B13_closed_port, 0, n);
	tcase_add_test(c, test_B13_errors_while_sending);
	tcase_add_test(c, test_no_spin);
	tcase_add_loop_test(c, test_freed_in_event, 0, 2);
	tcase_add_test(c, test_many);
	tcase_add_test(c, test_sizes);
	tcase_add_loop_test(c, test_dscp, 0, n);
	tcase_add_test(c, test_local);
	tcase_add_test(c, test_B7_is_own);
	tcase_add_test(c, test_cannot_open);
	tcase_add_test(c, test_optional);
	tcase_add_test(c, test_interface);
	tcase_add_test(c, test_B13_meanings);
	suite_add_tcase(s, c);
	return s;
}

UNIT_MAIN(transport_suite)
