/* SPDX-License-Identifier: ISC */
#include "net/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <event2/event.h>
#include <netinet/in.h>

#include "net/icmp.h"
#include "net/loopbase.h"
#include "net/sockaddr.h"

enum {
	PER_WAKEUP = 32,	/* datagrams, and errors, before other things in the loop have their turn */
	RESENDS = 3,
	FAILURES_MAX = 64,	/* found while sending and not told yet; what is more is as good as lost */
};

/* An error that was met while sending: told later, from the loop. */
struct failure {
	STAILQ_ENTRY(failure) link;
	struct peer to;
	enum transport_failure failure;
	size_t len;
	uint8_t quoted[];
};

struct udp {
	struct loop *loop;
	int fd;
	struct event *event;
	struct timer *report;
	struct address address;
	const struct transport_events *events;
	void *arg;
	STAILQ_HEAD(failure_list, failure) failures;
	size_t failure_count;
	bool busy;		/* making events */
	bool closed;		/* by one of them: whoever makes them frees it */
	uint8_t buffer[TRANSPORT_MESSAGE_MAX];
};

static struct address
local_of(struct udp *udp, struct msghdr *msg)
{
	struct address local = udp->address;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			memcpy(local.ip, &info.ipi_spec_dst, sizeof(info.ipi_spec_dst));
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			memcpy(local.ip, &info.ipi6_addr, sizeof(info.ipi6_addr));
		}
	}
	return local;
}

/* Returns false when there is nothing more to read now. */
static bool
receive(struct udp *udp)
{
	struct sockaddr_storage name = { 0 };
	char control[256] __attribute__((aligned(8)));
	struct iovec iov = { .iov_base = udp->buffer, .iov_len = sizeof(udp->buffer) };
	struct msghdr msg = { .msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	struct peer from = { .transport = SIP_UDP };
	struct address local;
	ssize_t n = recvmsg(udp->fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return errno != EAGAIN && errno != EWOULDBLOCK;	/* a pending error: cleared by being told */
	if (!sockaddr_read((struct sockaddr *)&name, &from.address))
		return true;
	local = local_of(udp, &msg);
	udp->events->on_message(udp->arg, &from, &local, udp->buffer, (size_t)n);
	return true;
}

/* The end of making events. */
static void
rest(struct udp *udp)
{
	udp->busy = false;
	if (udp->closed)
		free(udp);
}

/* The error queue first: left unread it would wake the loop for ever. */
static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct udp *udp = arg;
	struct icmp_error error;
	int got;

	(void)what;
	loop_woken(udp->loop);
	udp->busy = true;
	for (int i = 0; i < PER_WAKEUP && !udp->closed && (got = icmp_next(fd, &error)) >= 0; i++) {
		struct peer to = { .transport = SIP_UDP, .address = error.to };

		if (got == 1)
			udp->events->on_unreachable(udp->arg, &to, error.failure, error.quoted, error.len);
	}
	for (int i = 0; i < PER_WAKEUP && !udp->closed && receive(udp); i++)
		;
	rest(udp);
}

static void
on_report(void *arg)
{
	struct udp *udp = arg;
	struct failure *f;

	udp->busy = true;
	while ((f = STAILQ_FIRST(&udp->failures)) != NULL) {
		STAILQ_REMOVE_HEAD(&udp->failures, link);
		udp->failure_count--;
		udp->events->on_unreachable(udp->arg, &f->to, f->failure, f->quoted, f->len);
		free(f);
	}
	rest(udp);
}

static void
remember(struct udp *udp, const struct icmp_error *error)
{
	struct failure *f;

	if (udp->failure_count >= FAILURES_MAX)
		return;
	f = malloc(sizeof(*f) + error->len);
	if (!f)
		return;
	f->to = (struct peer){ .transport = SIP_UDP, .address = error->to };
	f->failure = error->failure;
	f->len = error->len;
	memcpy(f->quoted, error->quoted, error->len);
	STAILQ_INSERT_TAIL(&udp->failures, f, link);
	udp->failure_count++;
	timer_set(udp->report, loop_now(udp->loop));
}

/* Empties the error queue while sending. Returns how many errors there were. */
static unsigned
drain(struct udp *udp)
{
	struct icmp_error error;
	unsigned count = 0;
	int got;

	while (count < FAILURES_MAX && (got = icmp_next(udp->fd, &error)) >= 0) {
		if (got == 1)
			remember(udp, &error);
		count++;
	}
	return count;
}

/* An errno by which sendmsg() may tell of an earlier datagram, this one being unsent. */
static bool
may_be_pending(int error)
{
	return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EACCES ||
	    error == EPROTO || error == EOPNOTSUPP || error == ENOPROTOOPT || error == EMSGSIZE ||
	    error == EHOSTDOWN || error == ENONET;
}

static void
set_dscp(struct msghdr *msg, enum address_family family, uint8_t dscp)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int tos = dscp << 2;

	c->cmsg_level = family == ADDRESS_IPV6 ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = family == ADDRESS_IPV6 ? IPV6_TCLASS : IP_TOS;
	c->cmsg_len = CMSG_LEN(sizeof(tos));
	memcpy(CMSG_DATA(c), &tos, sizeof(tos));
}

int
udp_send(struct udp *udp, const struct address *to, uint8_t dscp, const void *bytes, size_t len)
{
	struct sockaddr_storage name;
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };
	struct msghdr msg = { .msg_name = &name, .msg_namelen = sockaddr_of(to, &name), .msg_iov = &iov,
		.msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	int error = 0;

	set_dscp(&msg, to->family, dscp & 63);
	for (int resends = 0; resends <= RESENDS; resends++) {
		if (sendmsg(udp->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		error = errno;
		if (!may_be_pending(error))
			break;
		/* One more try without anything drained: the queue may have been full when the error came. */
		if (drain(udp) == 0 && resends > 0)
			break;
	}
	return -error;
}

const struct address *
udp_address(const struct udp *udp)
{
	return &udp->address;
}

static int
set_options(int fd, enum address_family family, const char *interface)
{
	int on = 1, result = 0;

	if (family == ADDRESS_IPV6) {
		if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0 ||
		    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0)
			result = -errno;
	} else if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0) {
		result = -errno;
	}
	if (result == 0)
		result = icmp_enable(fd, family);
	if (result == 0 && interface &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface) + 1) < 0)
		result = -errno;
	return result;
}

static int
bind_to(struct udp *udp, const struct address *address)
{
	struct sockaddr_storage name;
	socklen_t len = sockaddr_of(address, &name);

	if (bind(udp->fd, (struct sockaddr *)&name, len) < 0)
		return -errno;
	len = sizeof(name);
	if (getsockname(udp->fd, (struct sockaddr *)&name, &len) < 0)
		return -errno;
	return sockaddr_read((struct sockaddr *)&name, &udp->address) ? 0 : -EAFNOSUPPORT;
}

int
udp_open(struct udp **to, struct loop *loop, const struct address *address, const char *interface,
    const struct transport_events *events, void *arg)
{
	struct udp *udp = calloc(1, sizeof(*udp));
	int result;

	if (!udp)
		return -ENOMEM;
	udp->loop = loop;
	udp->events = events;
	udp->arg = arg;
	STAILQ_INIT(&udp->failures);
	udp->fd = socket(sockaddr_family(address), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
	result = udp->fd < 0 ? -errno : set_options(udp->fd, address->family, interface);
	if (result == 0)
		result = bind_to(udp, address);
	if (result == 0) {
		udp->report = timer_new(loop, on_report, udp);
		udp->event = event_new(loop_base(loop), udp->fd, EV_READ | EV_PERSIST, on_readable, udp);
		if (!udp->report || !udp->event || event_add(udp->event, NULL) < 0)
			result = -ENOMEM;
	}
	if (result < 0) {
		udp_close(udp);
		return result;
	}
	*to = udp;
	return 0;
}

void
udp_close(struct udp *udp)
{
	struct failure *f;

	if (!udp)
		return;
	udp->closed = true;
	while ((f = STAILQ_FIRST(&udp->failures)) != NULL) {
		STAILQ_REMOVE_HEAD(&udp->failures, link);
		free(f);
	}
	if (udp->event)
		event_free(udp->event);
	timer_free(udp->report);
	if (udp->fd >= 0)
		close(udp->fd);
	if (!udp->busy)
		free(udp);
}
