/* SPDX-License-Identifier: ISC */
#include "net/tcp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/listener.h>
#include <netinet/in.h>

#include "net/loopbase.h"
#include "net/sockaddr.h"
#include "net/tcp_private.h"

enum {
	BACKLOG = 64,
	ACCEPT_PAUSE_MS = 1000,		/* after accept() failed: out of descriptors, it would fail again at once */
};

struct tcp *
tcp_new(struct loop *loop, const char *interface, const struct transport_events *events, void *arg)
{
	struct tcp *tcp = calloc(1, sizeof(*tcp));

	if (!tcp)
		return NULL;
	tcp->set.loop = loop;
	tcp->set.events = events;
	tcp->set.arg = arg;
	if (interface)
		snprintf(tcp->set.interface, sizeof(tcp->set.interface), "%s", interface);
	LIST_INIT(&tcp->set.all);
	TAILQ_INIT(&tcp->set.inbound);
	return tcp;
}

void
tcp_upstream_free(struct tcp_upstream *up)
{
	if (!up)
		return;
	if (up->listener)
		evconnlistener_free(up->listener);
	timer_free(up->pause);
	free(up);
}

void
tcp_free(struct tcp *tcp)
{
	struct connection *c;

	if (!tcp)
		return;
	while ((c = LIST_FIRST(&tcp->set.all)) != NULL)
		connection_free(c);
	for (size_t i = 0; i < tcp->count; i++)
		tcp_upstream_free(tcp->upstreams[i]);
	tls_free(tcp->set.tls);
	free(tcp);
}

/* ---- who comes to us ---- */

/* The one heard last the longest ago makes room. */
static void
make_room(struct tcp *tcp)
{
	if (tcp->set.inbound_count >= TCP_INBOUND_MAX)
		connection_free(TAILQ_FIRST(&tcp->set.inbound));
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *name, int len, void *arg)
{
	struct tcp_upstream *up = arg;
	struct connection_set *set = &up->tcp->set;
	struct peer from = { .transport = up->listen.transport };

	(void)listener;
	(void)len;
	loop_woken(set->loop);
	if (!sockaddr_read(name, &from.address) ||
	    (set->events->welcome && !set->events->welcome(set->arg, &from))) {
		close(fd);
		return;
	}
	make_room(up->tcp);
	connection_take(set, &from, &up->listen.address, fd);
}

static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct tcp_upstream *up = arg;

	loop_woken(up->tcp->set.loop);
	evconnlistener_disable(listener);
	timer_set(up->pause, instant_add(loop_now(up->tcp->set.loop), ACCEPT_PAUSE_MS));
}

static void
on_pause_over(void *arg)
{
	struct tcp_upstream *up = arg;

	evconnlistener_enable(up->listener);
}

static int
set_options(int fd, const struct tcp_upstream *up)
{
	const char *interface = up->tcp->set.interface;
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		return -errno;
	if (up->listen.address.family == ADDRESS_IPV6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0)
		return -errno;
	if (interface[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface) + 1) < 0)
		return -errno;
	return 0;
}

static int
bind_and_listen(int fd, struct tcp_upstream *up)
{
	struct sockaddr_storage name;
	socklen_t len = sockaddr_of(&up->listen.address, &name);
	int result = set_options(fd, up);

	if (result < 0)
		return result;
	if (bind(fd, (struct sockaddr *)&name, len) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	len = sizeof(name);
	if (getsockname(fd, (struct sockaddr *)&name, &len) < 0)
		return -errno;
	return sockaddr_read((struct sockaddr *)&name, &up->listen.address) ? 0 : -EAFNOSUPPORT;
}

int
tcp_upstream_open(struct tcp_upstream *up)
{
	struct event_base *base = loop_base(up->tcp->set.loop);
	int fd = socket(sockaddr_family(&up->listen.address), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	int result;

	if (fd < 0)
		return -errno;
	result = bind_and_listen(fd, up);
	if (result == 0) {
		up->pause = timer_new(up->tcp->set.loop, on_pause_over, up);
		if (up->pause)
			up->listener = evconnlistener_new(base, on_accept, up,
			    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
		result = up->listener ? 0 : -ENOMEM;
	}
	if (result < 0) {
		timer_free(up->pause);
		up->pause = NULL;
		close(fd);
		return result;
	}
	evconnlistener_set_error_cb(up->listener, on_accept_error);
	return 0;
}

struct tcp_upstream *
tcp_upstream_for(struct tcp *tcp, const struct peer *peer)
{
	for (size_t i = 0; i < tcp->count; i++)
		if (tcp->upstreams[i]->listen.transport == peer->transport &&
		    tcp->upstreams[i]->listen.address.family == peer->address.family)
			return tcp->upstreams[i];
	return NULL;
}

struct tcp_upstream *
tcp_upstream_new(struct tcp *tcp, const struct transport_listen *listen)
{
	struct tcp_upstream *up = calloc(1, sizeof(*up));

	if (up)
		*up = (struct tcp_upstream){ .tcp = tcp, .asked = listen->address, .listen = *listen };
	return up;
}

int
tcp_listen(struct tcp *tcp, const struct transport_listen *listen)
{
	struct peer asked = { .transport = listen->transport, .address = listen->address };
	struct tcp_upstream *up;
	int result = 0;

	if (tcp_upstream_for(tcp, &asked))
		return -EEXIST;
	if (tcp->count == TCP_UPSTREAMS_MAX)
		return -ENOSPC;
	up = tcp_upstream_new(tcp, listen);
	if (!up)
		return -ENOMEM;
	if (listen->transport == SIP_TCP)
		result = tcp_upstream_open(up);
	if (result == 0)
		tcp->upstreams[tcp->count++] = up;
	else
		tcp_upstream_free(up);
	return result;
}

int
tcp_upstream_open_tls(struct tcp_upstream *up, const struct tls *tls)
{
	if (tls_can_accept(tls))
		return tcp_upstream_open(up);
	if (up->listen.address.port == 0)
		up->listen.address.port = sip_transport_port(SIP_TLS);
	return 0;
}

/* The kernel has no such family, and nobody asked for it by name. */
static bool
can_do_without(const struct tcp_upstream *up, int result)
{
	return up->listen.optional && (result == -EAFNOSUPPORT || result == -EADDRNOTAVAIL);
}

int
tcp_use_tls(struct tcp *tcp, const struct transport_tls *settings, char error[256])
{
	char text[PEER_TEXT_SIZE];
	int result;

	if (tcp->set.tls)
		return -EALREADY;
	tcp->set.tls = tls_new(settings, &result, error);
	for (size_t i = 0; i < tcp->count && result == 0; i++) {
		struct tcp_upstream *up = tcp->upstreams[i];
		struct peer peer = { up->listen.transport, up->listen.address };

		if (peer.transport == SIP_TLS)
			result = tcp_upstream_open_tls(up, tcp->set.tls);
		if (can_do_without(up, result))
			result = 0;
		if (result < 0)
			snprintf(error, 256, "%s: %s", peer_str(&peer, text), strerror(-result));
	}
	return result;
}

const struct address *
tcp_address(const struct tcp *tcp, const struct peer *peer)
{
	const struct tcp_upstream *up = tcp_upstream_for((struct tcp *)(uintptr_t)tcp, peer);

	return up ? &up->listen.address : NULL;
}

/* ---- whom we go to ---- */

/* The connection to a peer, made ready if it is not known. */
static int
find_or_make(struct tcp *tcp, const struct peer *peer, struct connection **to)
{
	struct tcp_upstream *up = tcp_upstream_for(tcp, peer);

	*to = connection_find(&tcp->set, peer);
	if (*to)
		return 0;
	if (!up || (peer->transport == SIP_TLS && !tcp->set.tls))
		return -EAFNOSUPPORT;
	*to = connection_new(&tcp->set, peer, &up->listen.address);
	return *to ? 0 : -ENOMEM;
}

int
tcp_send(struct tcp *tcp, const struct peer *to, uint8_t dscp, const void *bytes, size_t len)
{
	struct connection *c;
	int result = find_or_make(tcp, to, &c);

	return result < 0 ? result : connection_send(c, dscp, bytes, len);
}

int
tcp_reply(struct tcp *tcp, const struct peer *to, uint8_t dscp, const void *bytes, size_t len)
{
	struct connection *c = connection_find(&tcp->set, to);

	return c && c->state == CONNECTION_OPEN ? connection_send(c, dscp, bytes, len) : -ENOTCONN;
}

void
tcp_want_name(struct tcp *tcp, const struct peer *peer, const char *name)
{
	struct connection *c;

	if (peer->transport == SIP_TLS && find_or_make(tcp, peer, &c) == 0)
		snprintf(c->name, sizeof(c->name), "%s", name);
}

int
tcp_ping(struct tcp *tcp, const struct peer *to)
{
	struct connection *c = connection_find(&tcp->set, to);

	return c ? connection_ping(c) : -ENOTCONN;
}

void
tcp_renew(struct tcp *tcp, const struct peer *peer)
{
	struct connection *c = connection_find(&tcp->set, peer);

	if (c && !c->inbound)
		connection_renew(c);
}

void
tcp_forget(struct tcp *tcp, const struct peer *peer)
{
	struct connection *c = connection_find(&tcp->set, peer);

	if (c && !c->inbound)
		connection_forget(c);
}
