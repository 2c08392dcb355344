/* SPDX-License-Identifier: ISC */
#include "net/icmp.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include "net/sockaddr.h"

static const struct meaning {
	enum address_family family;
	uint8_t type, code;
	enum transport_failure failure;
} meanings[] = {
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, TRANSPORT_NET_UNREACHABLE },
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, TRANSPORT_HOST_UNREACHABLE },
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, TRANSPORT_PORT_UNREACHABLE },
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, TRANSPORT_PORT_UNREACHABLE },
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_NET_UNKNOWN, TRANSPORT_NET_UNREACHABLE },
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_HOST_UNKNOWN, TRANSPORT_HOST_UNREACHABLE },
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_HOST_ISOLATED, TRANSPORT_HOST_UNREACHABLE },
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_NET_ANO, TRANSPORT_PROHIBITED },
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_HOST_ANO, TRANSPORT_PROHIBITED },
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_NET_UNR_TOS, TRANSPORT_NET_UNREACHABLE },
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_HOST_UNR_TOS, TRANSPORT_HOST_UNREACHABLE },
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, TRANSPORT_PROHIBITED },
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_PREC_VIOLATION, TRANSPORT_PROHIBITED },
	{ ADDRESS_IPV4, ICMP_DEST_UNREACH, ICMP_PREC_CUTOFF, TRANSPORT_PROHIBITED },
	{ ADDRESS_IPV6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, TRANSPORT_NET_UNREACHABLE },
	{ ADDRESS_IPV6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN, TRANSPORT_PROHIBITED },
	{ ADDRESS_IPV6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_BEYONDSCOPE, TRANSPORT_HOST_UNREACHABLE },
	{ ADDRESS_IPV6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR, TRANSPORT_HOST_UNREACHABLE },
	{ ADDRESS_IPV6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, TRANSPORT_PORT_UNREACHABLE },
	{ ADDRESS_IPV6, ICMP6_DST_UNREACH, 5 /* source address failed policy */, TRANSPORT_PROHIBITED },
	{ ADDRESS_IPV6, ICMP6_DST_UNREACH, 6 /* reject route */, TRANSPORT_NET_UNREACHABLE },
};

bool
icmp_failure(enum address_family family, uint8_t type, uint8_t code, enum transport_failure *failure)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		const struct meaning *m = &meanings[i];

		if (m->family == family && m->type == type && m->code == code) {
			*failure = m->failure;
			return true;
		}
	}
	return false;
}

int
icmp_enable(int fd, enum address_family family)
{
	int on = 1;
	int result = family == ADDRESS_IPV6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on)) :
	    setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));

	return result < 0 ? -errno : 0;
}

/* Only what a router or the host itself sent as ICMP: other entries are about our own sending. */
static bool
meaning_of(struct msghdr *msg, enum transport_failure *failure)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
		bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
		struct sock_extended_err e;

		if ((!v4 && !v6) || c->cmsg_len < CMSG_LEN(sizeof(e)))
			continue;
		memcpy(&e, CMSG_DATA(c), sizeof(e));
		if (v4 && e.ee_origin == SO_EE_ORIGIN_ICMP)
			return icmp_failure(ADDRESS_IPV4, e.ee_type, e.ee_code, failure);
		if (v6 && e.ee_origin == SO_EE_ORIGIN_ICMP6)
			return icmp_failure(ADDRESS_IPV6, e.ee_type, e.ee_code, failure);
	}
	return false;
}

int
icmp_next(int fd, struct icmp_error *error)
{
	struct sockaddr_storage to = { 0 };
	char control[512] __attribute__((aligned(8)));
	struct iovec iov = { .iov_base = error->quoted, .iov_len = sizeof(error->quoted) };
	struct msghdr msg = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);

	if (n < 0)
		return errno == EINTR ? 0 : -EAGAIN;
	error->len = (size_t)n;
	return meaning_of(&msg, &error->failure) && sockaddr_read((struct sockaddr *)&to, &error->to);
}
