/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_TCP_PRIVATE_H
#define SIPKEEPD_NET_TCP_PRIVATE_H

/* Our own addresses, over TCP and TLS: what tcp.c and tcpchange.c share, for them only. */

#include "net/connection.h"
#include "net/tcp.h"
#include "net/tls.h"

#define TCP_UPSTREAMS_MAX 4		/* TCP and TLS, one a family */

struct evconnlistener;

struct tcp_upstream {
	struct tcp *tcp;
	struct address asked;		/* as configured */
	struct transport_listen listen;	/* the port as bound, once it is */
	struct evconnlistener *listener;	/* NULL: TLS without a certificate of ours */
	struct timer *pause;
};

struct tcp {
	struct connection_set set;
	struct tcp_upstream *upstreams[TCP_UPSTREAMS_MAX];
	size_t count;
};

/* Not open yet. NULL without memory. */
struct tcp_upstream *tcp_upstream_new(struct tcp *tcp, const struct transport_listen *listen);
void tcp_upstream_free(struct tcp_upstream *up);	/* NULL is fine */

/* Both return 0 or negative errno. Over TLS without a certificate nobody can come: it says from where we go out. */
int tcp_upstream_open(struct tcp_upstream *up);
int tcp_upstream_open_tls(struct tcp_upstream *up, const struct tls *tls);

/* The one of the peer's transport and family, or NULL. */
struct tcp_upstream *tcp_upstream_for(struct tcp *tcp, const struct peer *peer);

#endif
