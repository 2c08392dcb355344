/* SPDX-License-Identifier: ISC */
#include "net/connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "net/loopbase.h"

enum {
	READ_MAX = 2 * TRANSPORT_MESSAGE_MAX,
};

/* One account's name at least must be in the certificate; the others are told one by one. */
static bool
is_for_somebody(const struct connection *c)
{
	const struct queued *q;

	if (STAILQ_EMPTY(&c->queue))
		return tls_link_is_for(&c->tls, c->asked);
	STAILQ_FOREACH(q, &c->queue, link)
		if (tls_link_is_for(&c->tls, q->name))
			return true;
	return false;
}

static bool
trusted(struct connection *c)
{
	if (c->inbound || c->peer.transport != SIP_TLS)
		return true;
	if (!tls_link_good(&c->tls)) {
		connection_ended(c, TRANSPORT_UNTRUSTED, c->tls.why);
		return false;
	}
	if (!is_for_somebody(c)) {
		char text[TLS_WHY_SIZE];

		snprintf(text, sizeof(text), "certificate is not for %.160s", c->asked);
		connection_ended(c, TRANSPORT_UNTRUSTED, text);
		return false;
	}
	return true;
}

static void
opened(struct connection *c)
{
	if (!trusted(c))
		return;
	c->state = CONNECTION_OPEN;
	timer_set(c->timer, INSTANT_NEVER);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	connection_flush(c);
}

static void
on_readable(struct bufferevent *bev, void *arg)
{
	struct connection *c = arg;

	(void)bev;
	connection_enter(c);
	if (connection_reads(c))
		connection_read(c);
	connection_leave(c);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct connection *c = arg;

	(void)bev;
	connection_enter(c);
	if (c->state == CONNECTION_DRAINING)
		connection_retire(c);
	connection_leave(c);
}

/* The peer sends no more. Who connected to us may still wait for answers; where we ask, there will be none. */
static void
half_closed(struct connection *c)
{
	if (c->inbound && connection_unwritten(c) > 0)
		connection_forget(c);
	else
		connection_ended(c, TRANSPORT_ENDED, "connection closed by the peer");
}

static void
on_change(struct bufferevent *bev, short what, void *arg)
{
	struct connection *c = arg;
	char text[TLS_WHY_SIZE];
	int error = errno;

	connection_enter(c);
	if (what & BEV_EVENT_CONNECTED) {
		opened(c);
	} else if (c->state == CONNECTION_SHAKING) {
		if (!tls_link_failure(&c->tls, bev, text))
			snprintf(text, sizeof(text), "connection ended in the TLS handshake");
		connection_ended(c, TRANSPORT_UNTRUSTED, text);
	} else if (what & BEV_EVENT_EOF) {
		half_closed(c);
	} else {
		if (c->peer.transport == SIP_TCP || !tls_link_failure(&c->tls, bev, text))
			snprintf(text, sizeof(text), "connection %s", error == ETIMEDOUT ? "timed out" : "reset");
		connection_ended(c, TRANSPORT_ENDED, text);
	}
	connection_leave(c);
}

/* Over the connected socket. */
void
connection_begin_stream(struct connection *c)
{
	struct event_base *base = loop_base(c->set->loop);
	bool tls = c->peer.transport == SIP_TLS;

	if (!tls)
		c->bev = bufferevent_socket_new(base, c->fd, BEV_OPT_CLOSE_ON_FREE);
	else if (c->inbound)
		c->bev = tls_accept(c->set->tls, &c->tls, base, c->fd);
	else
		c->bev = tls_connect(c->set->tls, &c->tls, base, c->fd, c->asked);
	if (!c->bev) {
		connection_ended(c, TRANSPORT_ENDED, strerror(ENOMEM));
		return;
	}
	c->fd = -1;
	bufferevent_setcb(c->bev, on_readable, on_written, on_change, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, READ_MAX);
	if (!tls) {
		opened(c);
		return;
	}
	c->state = CONNECTION_SHAKING;
	timer_set(c->timer, c->deadline);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}
