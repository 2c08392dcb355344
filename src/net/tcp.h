/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_TCP_H
#define SIPKEEPD_NET_TCP_H

/*
 * The connections of a transport, TCP and TLS: one for each peer, and the listeners by which peers come to us. The
 * stream part of net/transport; see there.
 */

#include "net/transport.h"

#define TCP_INBOUND_MAX 64

struct tcp;
struct tcp_change;

/* interface   device name, or NULL. Returns NULL without memory. */
struct tcp *tcp_new(struct loop *loop, const char *interface, const struct transport_events *events, void *arg);

/* May be called from inside its own events. NULL is fine. */
void tcp_free(struct tcp *tcp);

/*
 * One more upstream address. TLS ones are only remembered until tcp_use_tls().
 *
 * Returns 0 or negative errno; -EEXIST for a second one of its transport and family.
 */
int tcp_listen(struct tcp *tcp, const struct transport_listen *listen);

/*
 * The stream part of transport_prepare() and what follows it; those over UDP are passed over.
 *
 * Returns NULL on failure, with a negative errno in *result.
 */
struct tcp_change *tcp_prepare(struct tcp *tcp, const struct transport_listen *listen, size_t count,
    const struct transport_tls *tls, int *result, char error[256]);
void tcp_adopt(struct tcp *tcp, struct tcp_change *change);
void tcp_discard(struct tcp_change *change);
void tcp_close(struct tcp *tcp, enum sip_transport of, enum address_family family);

/* As in transport.h. */
int tcp_use_tls(struct tcp *tcp, const struct transport_tls *settings, char error[256]);
int tcp_send(struct tcp *tcp, const struct peer *to, uint8_t dscp, const void *bytes, size_t len);
int tcp_reply(struct tcp *tcp, const struct peer *to, uint8_t dscp, const void *bytes, size_t len);
void tcp_want_name(struct tcp *tcp, const struct peer *peer, const char *name);
int tcp_ping(struct tcp *tcp, const struct peer *to);
void tcp_renew(struct tcp *tcp, const struct peer *peer);
void tcp_forget(struct tcp *tcp, const struct peer *peer);

/* Where it listens for that transport and family, the port never 0; NULL: nowhere. */
const struct address *tcp_address(const struct tcp *tcp, const struct peer *peer);

#endif
