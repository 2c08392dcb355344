/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_TRANSPORT_H
#define SIPKEEPD_NET_TRANSPORT_H

/*
 * Whole SIP messages to and from peers. Over UDP: one unconnected socket per upstream address, with the kernel's
 * error queue read, so that ICMP errors come with the peer that they name and our own bytes (B13).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "net/loop.h"

#define TRANSPORT_MESSAGE_MAX 65535

struct transport;

enum transport_failure {
	TRANSPORT_PORT_UNREACHABLE,	/* ICMP: nobody listens there; connection refused */
	TRANSPORT_HOST_UNREACHABLE,	/* ICMP: host unreachable or unknown */
	TRANSPORT_NET_UNREACHABLE,
	TRANSPORT_PROHIBITED,		/* ICMP: administratively prohibited */
};

struct transport_events {
	/*
	 * A datagram has come.
	 *
	 * from    who sent it
	 * local   our address that it came to (its port is the socket's)
	 * bytes   borrowed; len 0..TRANSPORT_MESSAGE_MAX
	 */
	void (*on_message)(void *arg, const struct peer *from, const struct address *local, const uint8_t *bytes,
	    size_t len);

	/*
	 * The network says that a packet of ours cannot get there.
	 *
	 * to      the destination of that packet
	 * quoted  the beginning of our bytes as the error quotes them; may be empty
	 */
	void (*on_unreachable)(void *arg, const struct peer *to, enum transport_failure failure, const uint8_t *quoted,
	    size_t len);
};

struct transport_listen {
	enum sip_transport transport;
	struct address address;		/* may be an any-address; the port may be 0 (any free) */
	bool optional;			/* nobody asked for it: left out where the kernel has no such family */
};

/*
 * Opens the sockets.
 *
 * upstream, count   one socket each; at most one per transport and family. Optional ones may be left out, with a line
 *                   in the log, but not all
 * interface         device name that they are bound to, or NULL
 * events            must outlive it; called from the loop only, never from inside transport_send()
 * error             on failure: what could not be opened and why, in words (256 bytes)
 * Returns NULL on failure, everything closed again.
 */
struct transport *transport_new(struct loop *loop, const struct transport_listen *upstream, size_t count,
    const char *interface, const struct transport_events *events, void *arg, char error[256]);
void transport_free(struct transport *transport);

/*
 * Sends one message.
 *
 * dscp   0..63 for the IP header
 * Returns 0, or negative errno: -ENETUNREACH, -EHOSTUNREACH, -ECONNREFUSED, -EPERM, -EMSGSIZE, …;
 * -EAFNOSUPPORT when no upstream socket has that transport and family.
 */
int transport_send(struct transport *transport, const struct peer *to, uint8_t dscp, const void *bytes, size_t len);

/*
 * Our own address as the routing table would choose it towards that peer, with the socket's port.
 *
 * Returns 0 or negative errno.
 */
int transport_local(struct transport *transport, const struct peer *to, struct address *local);

/* It is one of our own listening addresses, the addresses behind an any-address included (B7). */
bool transport_is_own(struct transport *transport, const struct peer *peer);

const char *transport_failure_str(enum transport_failure failure);

#endif
