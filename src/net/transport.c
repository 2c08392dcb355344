/* SPDX-License-Identifier: ISC */
#include "net/transport.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

#include "base/log.h"
#include "net/sockaddr.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "net/udp.h"

enum {
	SOCKETS_MAX = 2,		/* UDP, one a family */
	OWN_ADDRESSES_MAX = 256,
	OWN_ADDRESSES_FRESH_MS = 5000,
};

struct transport {
	struct loop *loop;
	const struct transport_events *events;
	void *arg;
	char interface[IF_NAMESIZE];	/* "" for any */
	struct udp *sockets[SOCKETS_MAX];
	struct address asked[SOCKETS_MAX];	/* of each: as configured */
	size_t count;
	struct tcp *tcp;		/* TCP and TLS; NULL without an upstream address of theirs */
	struct address own[OWN_ADDRESSES_MAX];	/* what the interfaces carry, without ports */
	size_t own_count;
	struct instant own_read_at;
	bool own_read;
};

struct transport_change {
	struct transport *transport;
	struct udp *sockets[SOCKETS_MAX];	/* all of them: those that stay, too */
	struct address asked[SOCKETS_MAX];
	size_t count;
	struct tcp *tcp;			/* the present one, or one made for this; NULL: none is wanted */
	struct tcp_change *streams;
};

static struct udp *
socket_for(const struct transport *t, const struct peer *peer)
{
	if (peer->transport != SIP_UDP)
		return NULL;
	for (size_t i = 0; i < t->count; i++)
		if (udp_address(t->sockets[i])->family == peer->address.family)
			return t->sockets[i];
	return NULL;
}

/* What is bound for that transport and family, or NULL. */
static const struct address *
bound_for(const struct transport *t, const struct peer *peer)
{
	struct udp *udp = socket_for(t, peer);

	if (udp)
		return udp_address(udp);
	return t->tcp ? tcp_address(t->tcp, peer) : NULL;
}

static const char *
interface_of(const struct transport *t)
{
	return t->interface[0] ? t->interface : NULL;
}

static int
open_stream(struct transport *t, const struct transport_listen *listen)
{
	if (!t->tcp)
		t->tcp = tcp_new(t->loop, interface_of(t), t->events, t->arg);
	return t->tcp ? tcp_listen(t->tcp, listen) : -ENOMEM;
}

static int
open_one(struct transport *t, const struct transport_listen *listen)
{
	struct peer asked = { .transport = listen->transport, .address = listen->address };
	int result;

	if (listen->address.family == ADDRESS_NONE)
		return -EPROTONOSUPPORT;
	if (listen->transport != SIP_UDP)
		return open_stream(t, listen);
	if (t->count == SOCKETS_MAX || socket_for(t, &asked))
		return -EEXIST;
	result = udp_open(&t->sockets[t->count], t->loop, &listen->address, interface_of(t), t->events, t->arg);
	if (result == 0)
		t->asked[t->count++] = listen->address;
	return result;
}

static void
say_why(char error[256], const struct transport_listen *listen, const char *interface, int result)
{
	struct peer asked = { .transport = listen->transport, .address = listen->address };
	char text[PEER_TEXT_SIZE];

	snprintf(error, 256, "%s%s%s: %s", peer_str(&asked, text), interface ? " on " : "", interface ? interface : "",
	    result == -EEXIST ? "there is one of that transport and family already" : strerror(-result));
}

/* The kernel was built or started without that family; another one is there, or still to be tried. */
static bool
can_do_without(const struct transport *t, const struct transport_listen *upstream, size_t at, size_t count, int result)
{
	return upstream[at].optional && (result == -EAFNOSUPPORT || result == -EADDRNOTAVAIL) &&
	    (t->count > 0 || at + 1 < count);
}

struct transport *
transport_new(struct loop *loop, const struct transport_listen *upstream, size_t count, const char *interface,
    const struct transport_events *events, void *arg, char error[256])
{
	struct transport *t = calloc(1, sizeof(*t));

	if (!t) {
		snprintf(error, 256, "%s", strerror(ENOMEM));
		return NULL;
	}
	t->loop = loop;
	t->events = events;
	t->arg = arg;
	if (interface && (size_t)snprintf(t->interface, sizeof(t->interface), "%s", interface) >=
	    sizeof(t->interface)) {
		snprintf(error, 256, "interface %s: no device has so long a name", interface);
		transport_free(t);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		int result = open_one(t, &upstream[i]);

		if (result == 0)
			continue;
		say_why(error, &upstream[i], interface, result);
		if (!can_do_without(t, upstream, i, count, result)) {
			transport_free(t);
			return NULL;
		}
		log_line(LOG_LEVEL_NOTICE, NULL, "%s; going on without", error);
	}
	return t;
}

void
transport_free(struct transport *transport)
{
	if (!transport)
		return;
	for (size_t i = 0; i < transport->count; i++)
		udp_close(transport->sockets[i]);
	tcp_free(transport->tcp);
	free(transport);
}

bool
transport_has_tls(void)
{
	return tls_built_in();
}

int
transport_use_tls(struct transport *transport, const struct transport_tls *settings, char error[256])
{
	return transport->tcp ? tcp_use_tls(transport->tcp, settings, error) : 0;
}

/* ---- other upstream addresses (B71) ---- */

static bool
is_in(struct udp *const *list, size_t count, const struct udp *udp)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == udp)
			return true;
	return false;
}

/* The socket that is there, or another one. */
static int
prepare_datagrams(struct transport_change *change, const struct transport_listen *listen)
{
	const struct transport *t = change->transport;
	int result;

	if (change->count == SOCKETS_MAX)
		return -EEXIST;
	change->asked[change->count] = listen->address;
	for (size_t i = 0; i < t->count; i++)
		if (address_equal(&t->asked[i], &listen->address)) {
			change->sockets[change->count++] = t->sockets[i];
			return 0;
		}
	result = udp_open(&change->sockets[change->count], t->loop, &listen->address, interface_of(t), t->events, t->arg);
	change->count += result == 0;
	return result;
}

static bool
prepare_all(struct transport_change *change, const struct transport_listen *upstream, size_t count,
    const struct transport_tls *tls, char error[256])
{
	bool streams = false;
	int result;

	for (size_t i = 0; i < count; i++) {
		streams = streams || upstream[i].transport != SIP_UDP;
		result = upstream[i].transport == SIP_UDP ? prepare_datagrams(change, &upstream[i]) : 0;
		if (result == 0 || (upstream[i].optional && (result == -EAFNOSUPPORT || result == -EADDRNOTAVAIL)))
			continue;
		say_why(error, &upstream[i], interface_of(change->transport), result);
		return false;
	}
	change->tcp = change->transport->tcp;
	if (!change->tcp && streams)
		change->tcp = tcp_new(change->transport->loop, interface_of(change->transport), change->transport->events,
		    change->transport->arg);
	if (change->tcp)
		change->streams = tcp_prepare(change->tcp, upstream, count, tls, &result, error);
	return change->streams || !(change->tcp || streams);
}

struct transport_change *
transport_prepare(struct transport *transport, const struct transport_listen *upstream, size_t count,
    const struct transport_tls *tls, char error[256])
{
	struct transport_change *change = calloc(1, sizeof(*change));

	snprintf(error, 256, "%s", strerror(ENOMEM));
	if (!change)
		return NULL;
	change->transport = transport;
	if (prepare_all(change, upstream, count, tls, error))
		return change;
	transport_discard(change);
	return NULL;
}

void
transport_adopt(struct transport *transport, struct transport_change *change)
{
	for (size_t i = 0; i < transport->count; i++)
		if (!is_in(change->sockets, change->count, transport->sockets[i]))
			udp_close(transport->sockets[i]);
	memcpy(transport->sockets, change->sockets, sizeof(transport->sockets));
	memcpy(transport->asked, change->asked, sizeof(transport->asked));
	transport->count = change->count;
	transport->tcp = change->tcp;
	if (change->streams)
		tcp_adopt(change->tcp, change->streams);
	free(change);
}

void
transport_discard(struct transport_change *change)
{
	if (!change)
		return;
	for (size_t i = 0; i < change->count; i++)
		if (!is_in(change->transport->sockets, change->transport->count, change->sockets[i]))
			udp_close(change->sockets[i]);
	tcp_discard(change->streams);
	if (change->tcp != change->transport->tcp)
		tcp_free(change->tcp);
	free(change);
}

void
transport_close(struct transport *transport, enum sip_transport of, enum address_family family)
{
	size_t kept = 0;

	if (of != SIP_UDP) {
		if (transport->tcp)
			tcp_close(transport->tcp, of, family);
		return;
	}
	for (size_t i = 0; i < transport->count; i++) {
		if (udp_address(transport->sockets[i])->family == family) {
			udp_close(transport->sockets[i]);
			continue;
		}
		transport->asked[kept] = transport->asked[i];
		transport->sockets[kept++] = transport->sockets[i];
	}
	transport->count = kept;
}

int
transport_send(struct transport *transport, const struct peer *to, uint8_t dscp, const void *bytes, size_t len)
{
	struct udp *udp = socket_for(transport, to);

	if (udp)
		return udp_send(udp, &to->address, dscp, bytes, len);
	return transport->tcp ? tcp_send(transport->tcp, to, dscp, bytes, len) : -EAFNOSUPPORT;
}

int
transport_reply(struct transport *transport, const struct peer *to, uint8_t dscp, const void *bytes, size_t len)
{
	if (to->transport == SIP_UDP)
		return transport_send(transport, to, dscp, bytes, len);
	return transport->tcp ? tcp_reply(transport->tcp, to, dscp, bytes, len) : -ENOTCONN;
}

void
transport_want_name(struct transport *transport, const struct peer *peer, const char *name)
{
	if (transport->tcp)
		tcp_want_name(transport->tcp, peer, name);
}

int
transport_ping(struct transport *transport, const struct peer *to, uint8_t dscp)
{
	if (to->transport == SIP_UDP)
		return transport_send(transport, to, dscp, "\r\n\r\n", 4);
	return transport->tcp ? tcp_ping(transport->tcp, to) : -ENOTCONN;
}

void
transport_renew(struct transport *transport, const struct peer *peer)
{
	if (transport->tcp)
		tcp_renew(transport->tcp, peer);
}

void
transport_forget(struct transport *transport, const struct peer *peer)
{
	if (transport->tcp)
		tcp_forget(transport->tcp, peer);
}

/* A connected datagram socket sends nothing, but asks the routing table. */
static int
ask_route(struct transport *t, int fd, struct address from, const struct address *to, struct address *local)
{
	struct sockaddr_storage name;
	socklen_t len;

	if (t->interface[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, t->interface,
	    (socklen_t)strlen(t->interface) + 1) < 0)
		return -errno;
	from.port = 0;
	len = sockaddr_of(&from, &name);
	if (!address_is_any(&from) && bind(fd, (struct sockaddr *)&name, len) < 0)
		return -errno;
	len = sockaddr_of(to, &name);
	if (connect(fd, (struct sockaddr *)&name, len) < 0)
		return -errno;
	len = sizeof(name);
	if (getsockname(fd, (struct sockaddr *)&name, &len) < 0)
		return -errno;
	return sockaddr_read((struct sockaddr *)&name, local) ? 0 : -EAFNOSUPPORT;
}

int
transport_local(struct transport *transport, const struct peer *to, struct address *local)
{
	const struct address *bound = bound_for(transport, to);
	struct address found;
	int fd, result;

	if (!bound)
		return -EAFNOSUPPORT;
	fd = socket(sockaddr_family(&to->address), SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	if (fd < 0)
		return -errno;
	result = ask_route(transport, fd, *bound, &to->address, &found);
	close(fd);
	if (result < 0)
		return result;
	found.port = bound->port;
	*local = found;
	return 0;
}

/* Asked once per candidate of every account in one go: the kernel's list is kept for a few seconds. */
static void
read_own_addresses(struct transport *t)
{
	struct instant now = loop_now(t->loop);
	struct ifaddrs *list;

	if (t->own_read && instant_since(t->own_read_at, now) < OWN_ADDRESSES_FRESH_MS)
		return;
	if (getifaddrs(&list) < 0)
		return;
	t->own_count = 0;
	for (struct ifaddrs *i = list; i && t->own_count < OWN_ADDRESSES_MAX; i = i->ifa_next) {
		struct address *to = &t->own[t->own_count];

		if (i->ifa_addr && sockaddr_read(i->ifa_addr, to)) {
			to->port = 0;
			t->own_count++;
		}
	}
	freeifaddrs(list);
	t->own_read = true;
	t->own_read_at = now;
}

bool
transport_is_own(struct transport *transport, const struct peer *peer)
{
	const struct address *bound = bound_for(transport, peer);

	if (!bound || bound->port != peer->address.port)
		return false;
	if (!address_is_any(bound))
		return address_same_ip(bound, &peer->address);
	read_own_addresses(transport);
	for (size_t i = 0; i < transport->own_count; i++)
		if (address_same_ip(&transport->own[i], &peer->address))
			return true;
	return false;
}
