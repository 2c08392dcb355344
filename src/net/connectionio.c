/* SPDX-License-Identifier: ISC */
#include "net/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

enum {
	UNWRITTEN_MAX = 256 * 1024,	/* that wait for one peer */
	REST_MS = 10 * 1000,		/* for the rest of a message */
	PONG_MS = 10 * 1000,		/* RFC 5626 §4.4.1 */
	AGAIN_MS = 100,			/* when there was no memory to write */
};

static struct instant
now_of(const struct connection *c)
{
	return loop_now(c->set->loop);
}

/* ---- out ---- */

size_t
connection_unwritten(const struct connection *c)
{
	return c->queued_bytes + (c->bev ? evbuffer_get_length(bufferevent_get_output(c->bev)) : 0);
}

int
connection_enqueue(struct connection *c, const void *bytes, size_t len)
{
	size_t name_size = strlen(c->name) + 1;
	struct queued *q;

	if (len > TRANSPORT_MESSAGE_MAX)
		return -EMSGSIZE;
	if (connection_unwritten(c) + len > UNWRITTEN_MAX)
		return -ENOBUFS;
	q = malloc(sizeof(*q) + len + name_size);
	if (!q)
		return -ENOMEM;
	q->len = len;
	memcpy(q->bytes, bytes, len);
	q->name = (char *)q->bytes + len;
	memcpy(q->name, c->name, name_size);
	STAILQ_INSERT_TAIL(&c->queue, q, link);
	c->queued_bytes += len;
	return 0;
}

static struct queued *
take_queued(struct connection *c)
{
	struct queued *q = STAILQ_FIRST(&c->queue);

	if (q) {
		STAILQ_REMOVE_HEAD(&c->queue, link);
		c->queued_bytes -= q->len;
	}
	return q;
}

void
connection_drop_queue(struct connection *c)
{
	struct queued *q;

	while ((q = take_queued(c)) != NULL)
		free(q);
}

/* All messages of a turn go out in one write, and over TLS in as few records as they fill. */
void
connection_flush(struct connection *c)
{
	struct evbuffer *out = evbuffer_new();
	bool tls = c->peer.transport == SIP_TLS && !c->inbound;
	struct queued *q;

	timer_set(c->flush, out ? INSTANT_NEVER : instant_add(now_of(c), AGAIN_MS));
	while (out && !c->dead && (q = take_queued(c)) != NULL) {
		if (!tls || tls_link_is_for(&c->tls, q->name))
			evbuffer_add(out, q->bytes, q->len);
		else
			c->set->events->on_unreachable(c->set->arg, &c->peer, TRANSPORT_OTHER_NAME, q->bytes, q->len);
		free(q);
	}
	if (out && !c->dead)
		bufferevent_write_buffer(c->bev, out);
	if (out)
		evbuffer_free(out);
}

int
connection_ping(struct connection *c)
{
	if (c->state != CONNECTION_OPEN)
		return -ENOTCONN;
	if (connection_unwritten(c) > 0)
		return 0;		/* what waits holds the binding open as well */
	if (bufferevent_write(c->bev, "\r\n\r\n", 4) < 0)
		return -ENOMEM;
	if (c->pongs && !c->pinged)
		timer_set(c->pong, instant_add(now_of(c), PONG_MS));
	c->pinged = true;
	return 0;
}

/* ---- in ---- */

static void
on_crlf(struct connection *c)
{
	if (c->pinged) {
		c->pinged = false;
		c->pongs = true;
		timer_set(c->pong, INSTANT_NEVER);
	} else if (++c->crlfs == 2) {
		c->crlfs = 0;
		if (connection_unwritten(c) == 0)
			bufferevent_write(c->bev, "\r\n", 2);
	}
}

/*
 * CRLFs between messages: pings and pongs.
 *
 * Returns 0 when something else follows, 1 when more bytes are needed, negative for what is no CRLF.
 */
static int
take_crlfs(struct connection *c, struct evbuffer *input)
{
	char two[2];

	for (;;) {
		ssize_t n = evbuffer_copyout(input, two, 2);

		if (n < 1)
			return 1;
		if (two[0] == '\n')
			return -1;
		if (two[0] != '\r')
			return 0;
		if (n < 2)
			return 1;
		if (two[1] != '\n')
			return -1;
		evbuffer_drain(input, 2);
		on_crlf(c);
	}
}

static void
heard(struct connection *c)
{
	c->heard = true;
	c->backoff_ms = 0;
	c->retry_at = now_of(c);
	c->crlfs = 0;
	if (c->state == CONNECTION_OPEN)
		timer_set(c->timer, INSTANT_NEVER);	/* what lies behind it is another message, with its own time */
	if (!c->inbound || !c->known)
		return;
	TAILQ_REMOVE(&c->set->inbound, c, heard_link);
	TAILQ_INSERT_TAIL(&c->set->inbound, c, heard_link);
}

/* Returns true when a whole message was there; *garbage when there will never be one. */
static bool
take_message(struct connection *c, struct evbuffer *input, bool *garbage)
{
	size_t there = evbuffer_get_length(input);
	const uint8_t *bytes;
	long len;

	if (there > TRANSPORT_MESSAGE_MAX)
		there = TRANSPORT_MESSAGE_MAX;
	bytes = evbuffer_pullup(input, (ev_ssize_t)there);
	if (!bytes)
		return false;
	len = c->set->events->frame(bytes, there);
	*garbage = len < 0 || (size_t)len > there || (len == 0 && there == TRANSPORT_MESSAGE_MAX);
	if (*garbage || len == 0)
		return false;
	heard(c);
	c->set->events->on_message(c->set->arg, &c->peer, &c->local, bytes, (size_t)len);
	if (c->dead)
		return false;
	evbuffer_drain(input, (size_t)len);
	return connection_reads(c);
}

void
connection_read(struct connection *c)
{
	struct evbuffer *input = bufferevent_get_input(c->bev);
	bool garbage = false;
	int between;

	do
		between = take_crlfs(c, input);
	while (between == 0 && take_message(c, input, &garbage));
	if (c->dead || !connection_reads(c))
		return;
	if (garbage || between < 0)
		connection_ended(c, TRANSPORT_GARBAGE, "what came was no SIP");
	else if (c->state != CONNECTION_OPEN)
		return;
	else if (evbuffer_get_length(input) == 0)
		timer_set(c->timer, INSTANT_NEVER);
	else if (timer_due(c->timer).ms == INSTANT_NEVER.ms)
		timer_set(c->timer, instant_add(now_of(c), REST_MS));
}
