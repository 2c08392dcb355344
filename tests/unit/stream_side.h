/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_TESTS_STREAM_SIDE_H
#define SIPKEEPD_TESTS_STREAM_SIDE_H

/*
 * A transport under test with its loop, and what it told; for test_tcp and test_tls. A message is "M", three digits
 * that say how long it is, and that much text in all: what SIP is is no matter of the transport's.
 */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "net/sockaddr.h"
#include "net/transport.h"
#include "unit.h"

struct side {
	struct loop *loop;
	struct transport *transport;
	uint16_t port;
	unsigned messages;
	struct peer from;
	struct address local;
	char bytes[8192];		/* all messages, one behind the other */
	size_t len;
	unsigned broken;
	enum transport_failure failure;
	char text[256];
	unsigned unreachable;
	char quoted[64];
	bool foreign;			/* nobody is welcome */
	bool answers;			/* "M006ok" to each message */
	bool free_on_message;
};

static struct loop *the_loop;
static struct timer *the_end;

static void
on_side_message(void *arg, const struct peer *from, const struct address *local, const uint8_t *bytes, size_t len)
{
	struct side *s = arg;

	s->messages++;
	s->from = *from;
	s->local = *local;
	if (s->len + len < sizeof(s->bytes)) {
		memcpy(s->bytes + s->len, bytes, len);
		s->len += len;
	}
	if (s->answers)
		ck_assert_int_eq(transport_reply(s->transport, from, 24, "M006ok", 6), 0);
	if (s->free_on_message) {
		transport_free(s->transport);
		s->transport = NULL;
	}
}

static void
on_side_unreachable(void *arg, const struct peer *to, enum transport_failure failure, const uint8_t *quoted, size_t len)
{
	struct side *s = arg;

	(void)to;
	s->unreachable++;
	s->failure = failure;
	snprintf(s->quoted, sizeof(s->quoted), "%.*s", (int)len, (const char *)quoted);
}

static void
on_side_broken(void *arg, const struct peer *peer, enum transport_failure failure, const char *text)
{
	struct side *s = arg;

	(void)peer;
	s->broken++;
	s->failure = failure;
	snprintf(s->text, sizeof(s->text), "%s", text);
}

static long
side_frame(const uint8_t *bytes, size_t len)
{
	long size = 0;

	if (bytes[0] != 'M')
		return -1;
	if (len < 4)
		return 0;
	for (int i = 1; i < 4; i++) {
		if (bytes[i] < '0' || bytes[i] > '9')
			return -1;
		size = 10 * size + bytes[i] - '0';
	}
	if (size < 4)
		return -1;
	return (size_t)size <= len ? size : 0;
}

static bool
side_welcome(void *arg, const struct peer *from)
{
	const struct side *s = arg;

	(void)from;
	return !s->foreign;
}

static const struct transport_events side_events = {
	on_side_message, on_side_unreachable, on_side_broken, side_frame, side_welcome
};

static void
on_the_end(void *arg)
{
	loop_stop(arg);
}

static void
run_ms(int ms)
{
	timer_set(the_end, instant_add(loop_now(the_loop), ms));
	loop_run(the_loop);
}

/* Until it is true, ten seconds at most. */
#define RUN_UNTIL(condition)					\
	do {							\
		for (int turn = 0; turn < 5000 && !(condition); turn++)	\
			run_ms(2);				\
		ck_assert_msg(condition, "%s", #condition);	\
	} while (0)

static void
world_up(void)
{
	signal(SIGPIPE, SIG_IGN);	/* as the daemon does */
	the_loop = loop_new();
	the_end = timer_new(the_loop, on_the_end, the_loop);
}

static struct peer
peer_at(enum sip_transport transport, const char *address, uint16_t port)
{
	struct peer peer = { .transport = transport };

	ck_assert(address_parse(&peer.address, address));
	peer.address.port = port;
	return peer;
}

static void
side_up(struct side *s, enum sip_transport transport, const char *address, const struct transport_tls *tls)
{
	struct transport_listen listen = {
		.transport = transport, .address = peer_at(transport, address, 0).address
	};
	struct peer towards = peer_at(transport, address, 9);
	struct address local;
	char error[256] = "";

	memset(s, 0, sizeof(*s));
	s->loop = the_loop;
	s->transport = transport_new(the_loop, &listen, 1, NULL, &side_events, s, error);
	ck_assert_msg(s->transport != NULL, "%s", error);
	if (tls)
		ck_assert_msg(transport_use_tls(s->transport, tls, error) == 0, "%s", error);
	ck_assert_int_eq(transport_local(s->transport, &towards, &local), 0);
	s->port = local.port;
}

static void
world_down(void)
{
	timer_free(the_end);
	loop_free(the_loop);
}

/* ---- a plain socket on the other side ---- */

/* What the test says in pieces comes in pieces, and at once. */
static inline int
undelayed(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static int
plain_listen(const char *address, struct peer *peer, int backlog)
{
	struct sockaddr_storage name;
	socklen_t len;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*peer = peer_at(SIP_TCP, address, 0);
	len = sockaddr_of(&peer->address, &name);
	ck_assert(fd >= 0 && bind(fd, (struct sockaddr *)&name, len) == 0 && listen(fd, backlog) == 0);
	len = sizeof(name);
	getsockname(fd, (struct sockaddr *)&name, &len);
	sockaddr_read((struct sockaddr *)&name, &peer->address);
	return fd;
}

static inline int
plain_connect(const char *from, const struct address *to)
{
	struct address local = peer_at(SIP_TCP, from, 0).address;
	struct sockaddr_storage name;
	socklen_t len = sockaddr_of(&local, &name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert(fd >= 0 && bind(fd, (struct sockaddr *)&name, len) == 0);
	len = sockaddr_of(to, &name);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&name, len), 0);
	return undelayed(fd);
}

static inline int
plain_accept(int listener)
{
	int fd = -1;

	for (int turn = 0; turn < 2000 && fd < 0; turn++) {
		run_ms(2);
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	}
	ck_assert_int_ge(fd, 0);
	return undelayed(fd);
}

#endif
