/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_UDP_H
#define SIPKEEPD_NET_UDP_H

/*
 * One unconnected UDP socket in the loop, its error queue read. The UDP part of net/transport; see there.
 */

#include "net/transport.h"

struct udp;

/* Returns 0 or negative errno; *to is the socket. */
int udp_open(struct udp **to, struct loop *loop, const struct address *address, const char *interface,
    const struct transport_events *events, void *arg);

/* May be called from inside its own events. NULL is fine. */
void udp_close(struct udp *udp);

/* As transport_send(). */
int udp_send(struct udp *udp, const struct address *to, uint8_t dscp, const void *bytes, size_t len);

/* What it is bound to, the port never 0. */
const struct address *udp_address(const struct udp *udp);

#endif
