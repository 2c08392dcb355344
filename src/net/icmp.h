/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_ICMP_H
#define SIPKEEPD_NET_ICMP_H

/*
 * The error queue of an unconnected UDP socket: what ICMP said about our datagrams, one error a call (B13).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "net/transport.h"

#define ICMP_QUOTE_MAX 1536	/* routers quote 576 bytes of IPv4 and 1280 of IPv6 at most */

struct icmp_error {
	struct address to;		/* where our datagram was going */
	enum transport_failure failure;
	uint8_t quoted[ICMP_QUOTE_MAX];	/* the beginning of our datagram */
	size_t len;
};

/* Asks the kernel for them. Returns 0 or negative errno. */
int icmp_enable(int fd, enum address_family family);

/*
 * Takes the next one off the queue.
 *
 * Returns 1; 0 if it was one that means nothing to us (time exceeded, packet too big); -EAGAIN when there is none.
 */
int icmp_next(int fd, struct icmp_error *error);

/*
 * What an ICMP message means.
 *
 * Returns false if it says nothing about the destination. Source: RFC 792, RFC 1812 §5.2.7, RFC 4443 §3.1.
 */
bool icmp_failure(enum address_family family, uint8_t type, uint8_t code, enum transport_failure *failure);

#endif
