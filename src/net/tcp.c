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

#include "base/log.h"
#include "net/connection.h"
#include "net/loopbase.h"
#include "net/sockaddr.h"

enum {
	UPSTREAMS_MAX = 4,		/* TCP and TLS, one a family */
	BACKLOG = 64,
	ACCEPT_PAUSE_MS = 1000,		/* after accept() failed: out of descriptors, it would fail again at once */
};

struct upstream {
	struct tcp *tcp;
	struct address asked;		/* as configured */
	struct transport_listen listen;	/* the port as bound, once it is */
	struct evconnlistener *listener;	/* NULL: TLS without a certificate of ours */
	struct timer *pause;
};

struct tcp {
	struct connection_set set;
	struct upstream *upstreams[UPSTREAMS_MAX];
	size_t count;
};

struct tcp_change {
	struct tcp *tcp;
	struct upstream *upstreams[UPSTREAMS_MAX];	/* all of them: those that stay, too */
	size_t count;
	struct tls *tls;				/* may be the present one; NULL: no TLS upstream */
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

/* Nothing of a NULL one. */
static void
upstream_free(struct upstream *up)
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
		upstream_free(tcp->upstreams[i]);
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
	struct upstream *up = arg;
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
	struct upstream *up = arg;

	loop_woken(up->tcp->set.loop);
	evconnlistener_disable(listener);
	timer_set(up->pause, instant_add(loop_now(up->tcp->set.loop), ACCEPT_PAUSE_MS));
}

static void
on_pause_over(void *arg)
{
	struct upstream *up = arg;

	evconnlistener_enable(up->listener);
}

static int
set_options(int fd, const struct upstream *up)
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
bind_and_listen(int fd, struct upstream *up)
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

static int
open_listener(struct upstream *up)
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

static struct upstream *
upstream_for(struct tcp *tcp, const struct peer *peer)
{
	for (size_t i = 0; i < tcp->count; i++)
		if (tcp->upstreams[i]->listen.transport == peer->transport &&
		    tcp->upstreams[i]->listen.address.family == peer->address.family)
			return tcp->upstreams[i];
	return NULL;
}

/* Not open yet. NULL without memory. */
static struct upstream *
upstream_new(struct tcp *tcp, const struct transport_listen *listen)
{
	struct upstream *up = calloc(1, sizeof(*up));

	if (up)
		*up = (struct upstream){ .tcp = tcp, .asked = listen->address, .listen = *listen };
	return up;
}

int
tcp_listen(struct tcp *tcp, const struct transport_listen *listen)
{
	struct peer asked = { .transport = listen->transport, .address = listen->address };
	struct upstream *up;
	int result = 0;

	if (upstream_for(tcp, &asked))
		return -EEXIST;
	if (tcp->count == UPSTREAMS_MAX)
		return -ENOSPC;
	up = upstream_new(tcp, listen);
	if (!up)
		return -ENOMEM;
	if (listen->transport == SIP_TCP)
		result = open_listener(up);
	if (result == 0)
		tcp->upstreams[tcp->count++] = up;
	else
		upstream_free(up);
	return result;
}

/* Without a certificate nobody can come, but the address still says from where we go out. */
static int
open_tls(struct upstream *up, const struct tls *tls)
{
	if (tls_can_accept(tls))
		return open_listener(up);
	if (up->listen.address.port == 0)
		up->listen.address.port = sip_transport_port(SIP_TLS);
	return 0;
}

/* The kernel has no such family, and nobody asked for it by name. */
static bool
can_do_without(const struct upstream *up, int result)
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
		struct upstream *up = tcp->upstreams[i];
		struct peer peer = { up->listen.transport, up->listen.address };

		if (peer.transport == SIP_TLS)
			result = open_tls(up, tcp->set.tls);
		if (can_do_without(up, result))
			result = 0;
		if (result < 0)
			snprintf(error, 256, "%s: %s", peer_str(&peer, text), strerror(-result));
	}
	return result;
}

/* ---- other upstream addresses (B71) ---- */

static struct upstream *
asked_before(const struct tcp *tcp, const struct transport_listen *listen)
{
	for (size_t i = 0; i < tcp->count; i++)
		if (tcp->upstreams[i]->listen.transport == listen->transport &&
		    address_equal(&tcp->upstreams[i]->asked, &listen->address))
			return tcp->upstreams[i];
	return NULL;
}

static bool
is_in(struct upstream *const *list, size_t count, const struct upstream *up)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == up)
			return true;
	return false;
}

/* The one that is there, if it will do, or another one. Returns 0, or negative errno. */
static int
prepare_one(struct tcp_change *change, const struct transport_listen *listen)
{
	struct upstream *old = asked_before(change->tcp, listen), *up;
	bool listens = listen->transport == SIP_TCP || tls_can_accept(change->tls);
	int result;

	if (old && (old->listener != NULL) == listens) {
		change->upstreams[change->count++] = old;
		return 0;
	}
	up = upstream_new(change->tcp, listen);
	if (!up)
		return -ENOMEM;
	result = listen->transport == SIP_TCP ? open_listener(up) : open_tls(up, change->tls);
	if (result == 0)
		change->upstreams[change->count++] = up;
	else
		upstream_free(up);
	return result;
}

/* Without root's rights the files that were read at the start may be out of reach: no reason to refuse all else. */
static struct tls *
read_anew(struct tls *present, const struct transport_tls *settings, int *result, char error[256])
{
	const char *file = present && settings->as_before ? tls_forbidden_file(settings) : NULL;

	if (!file)
		return tls_new(settings, result, error);
	log_line(LOG_LEVEL_WARNING, NULL, "%s: %s; TLS goes on as it was read at the start", file, strerror(EACCES));
	return present;
}

static int
prepare(struct tcp_change *change, const struct transport_listen *listen, const struct transport_tls *tls,
    char error[256])
{
	int result = 0;

	if (listen->transport == SIP_TLS && !change->tls)
		change->tls = read_anew(change->tcp->set.tls, tls, &result, error);
	if (result == 0)
		result = change->count < UPSTREAMS_MAX ? prepare_one(change, listen) : -ENOSPC;
	return listen->optional && (result == -EAFNOSUPPORT || result == -EADDRNOTAVAIL) ? 0 : result;
}

struct tcp_change *
tcp_prepare(struct tcp *tcp, const struct transport_listen *listen, size_t count, const struct transport_tls *tls,
    int *result, char error[256])
{
	struct tcp_change *change = calloc(1, sizeof(*change));

	*result = change ? 0 : -ENOMEM;
	snprintf(error, 256, "%s", strerror(ENOMEM));
	if (!change)
		return NULL;
	change->tcp = tcp;
	for (size_t i = 0; i < count && *result == 0; i++) {
		struct peer asked = { listen[i].transport, listen[i].address };
		char text[PEER_TEXT_SIZE];

		if (asked.transport == SIP_UDP)
			continue;
		error[0] = '\0';
		*result = prepare(change, &listen[i], tls, error);
		if (*result < 0 && error[0] == '\0')
			snprintf(error, 256, "%s: %s", peer_str(&asked, text), strerror(-*result));
	}
	if (*result == 0)
		return change;
	tcp_discard(change);
	return NULL;
}

void
tcp_discard(struct tcp_change *change)
{
	if (!change)
		return;
	for (size_t i = 0; i < change->count; i++)
		if (!is_in(change->tcp->upstreams, change->tcp->count, change->upstreams[i]))
			upstream_free(change->upstreams[i]);
	if (change->tls != change->tcp->set.tls)
		tls_free(change->tls);
	free(change);
}

/* Its upstream address is another one now, or gone (NULL). Answers that are still due come on the old connection. */
static void
move_connection(struct connection *c, const struct upstream *up)
{
	if (c->inbound) {
		connection_forget(c);
	} else if (c->state == CONNECTION_OPEN) {
		connection_renew(c);
	} else if (!up) {
		connection_free(c);
	} else {
		c->from = up->listen.address;
	}
}

/* These are all from now on. What is none of them ends, and connections move to what there is. */
static void
take_upstreams(struct tcp *tcp, struct upstream *const *upstreams, size_t count)
{
	struct upstream *before[UPSTREAMS_MAX] = { NULL };
	size_t count_before = tcp->count;
	struct connection *c, *next;

	memcpy(before, tcp->upstreams, count_before * sizeof(before[0]));
	memcpy(tcp->upstreams, upstreams, count * sizeof(before[0]));
	tcp->count = count;
	for (c = LIST_FIRST(&tcp->set.all); c; c = next) {
		const struct upstream *up = upstream_for(tcp, &c->peer);

		next = LIST_NEXT(c, link);
		if (c->known && (!up || !is_in(before, count_before, up)))
			move_connection(c, up);
	}
	for (size_t i = 0; i < count_before; i++)
		if (!is_in(tcp->upstreams, tcp->count, before[i]))
			upstream_free(before[i]);
}

void
tcp_adopt(struct tcp *tcp, struct tcp_change *change)
{
	struct connection *c;

	take_upstreams(tcp, change->upstreams, change->count);
	if (change->tls != tcp->set.tls) {
		LIST_FOREACH(c, &tcp->set.all, link)
			tls_link_forget(&c->tls);	/* another CA may be asked for now */
		tls_free(tcp->set.tls);
		tcp->set.tls = change->tls;
	}
	free(change);
}

void
tcp_close(struct tcp *tcp, enum sip_transport of, enum address_family family)
{
	struct upstream *kept[UPSTREAMS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < tcp->count; i++)
		if (tcp->upstreams[i]->listen.transport != of || tcp->upstreams[i]->listen.address.family != family)
			kept[count++] = tcp->upstreams[i];
	take_upstreams(tcp, kept, count);
}

const struct address *
tcp_address(const struct tcp *tcp, const struct peer *peer)
{
	const struct upstream *up = upstream_for((struct tcp *)(uintptr_t)tcp, peer);

	return up ? &up->listen.address : NULL;
}

/* ---- whom we go to ---- */

/* The connection to a peer, made ready if it is not known. */
static int
find_or_make(struct tcp *tcp, const struct peer *peer, struct connection **to)
{
	struct upstream *up = upstream_for(tcp, peer);

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
