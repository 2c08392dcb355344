/* SPDX-License-Identifier: ISC */
#include "net/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "net/connectionsocket.h"
#include "net/loopbase.h"

enum {
	BACKOFF_MS = 500,		/* after a failure; doubling */
	BACKOFF_MAX_MS = 2000,		/* a server that is back must be found by the next probe */
	DRAIN_MS = 4000,
	LEAVE_MS = 32 * 1000,		/* as long as a request may wait for its answer */
};

static struct instant
now_of(const struct connection *c)
{
	return loop_now(c->set->loop);
}

/* ---- ending ---- */

/* Closes what is open. */
static void
shut(struct connection *c)
{
	timer_set(c->timer, INSTANT_NEVER);
	timer_set(c->flush, INSTANT_NEVER);
	timer_set(c->pong, INSTANT_NEVER);
	if (c->connecting)
		event_free(c->connecting);
	c->connecting = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	tls_link_end(&c->tls);
	if (c->bev)
		bufferevent_free(c->bev);
	c->bev = NULL;
	connection_drop_queue(c);
	c->pinged = c->pongs = false;
	c->crlfs = 0;
	c->state = CONNECTION_CLOSED;
}

static void
unknown(struct connection *c)
{
	if (!c->known)
		return;
	c->known = false;
	HASH_DEL(c->set->by_peer, c);
	if (!c->inbound)
		return;
	TAILQ_REMOVE(&c->set->inbound, c, heard_link);
	c->set->inbound_count--;
}

static void
destroy(struct connection *c)
{
	shut(c);
	tls_link_fini(&c->tls);
	timer_free(c->timer);
	timer_free(c->flush);
	timer_free(c->pong);
	free(c);
}

void
connection_retire(struct connection *c)
{
	if (c->dead)
		return;
	unknown(c);
	LIST_REMOVE(c, link);
	c->dead = true;
}

void
connection_free(struct connection *c)
{
	connection_retire(c);
	if (!c->busy)
		destroy(c);
}

void
connection_enter(struct connection *c)
{
	c->busy = true;
	loop_woken(c->set->loop);
}

void
connection_leave(struct connection *c)
{
	c->busy = false;
	if (c->dead)
		destroy(c);
}

static void
back_off(struct connection *c)
{
	c->backoff_ms = c->backoff_ms == 0 ? BACKOFF_MS : 2 * c->backoff_ms;
	if (c->backoff_ms > BACKOFF_MAX_MS)
		c->backoff_ms = BACKOFF_MAX_MS;
	c->retry_at = instant_add(now_of(c), c->backoff_ms);
}

void
connection_ended(struct connection *c, enum transport_failure failure, const char *text)
{
	const struct transport_events *events = c->set->events;
	char words[TLS_WHY_SIZE];

	if (c->state == CONNECTION_DRAINING || c->state == CONNECTION_LEAVING) {
		connection_retire(c);
		return;
	}
	snprintf(words, sizeof(words), "%s", text);
	if (failure == TRANSPORT_UNTRUSTED)
		tls_link_fini(&c->tls);
	shut(c);
	if (!c->heard)
		back_off(c);
	c->heard = false;
	if (!c->inbound || failure == TRANSPORT_GARBAGE)
		events->on_broken(c->set->arg, &c->peer, failure, words);
	if (c->inbound)
		connection_retire(c);
}

static void
not_made(struct connection *c, int error)
{
	enum transport_failure failure = connectionsocket_failure(error);

	connection_ended(c, failure, failure != TRANSPORT_REFUSED || error == ECONNREFUSED ?
	    transport_failure_str(failure) : strerror(error));
}

/* ---- making it ---- */

static void
on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)what;
	connection_enter(c);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	event_free(c->connecting);
	c->connecting = NULL;
	if (error != 0) {
		not_made(c, error);
	} else {
		connectionsocket_read_local(c);
		connection_begin_stream(c);
	}
	connection_leave(c);
}

/* Returns 0 when it is on its way, or negative errno. */
static int
make(struct connection *c)
{
	if (strcmp(c->asked, c->name) != 0)
		tls_link_fini(&c->tls);		/* a session is good for one name */
	memcpy(c->asked, c->name, sizeof(c->asked));
	c->fd = connectionsocket_connect(c);
	if (c->fd < 0)
		return c->fd;
	c->connecting = event_new(loop_base(c->set->loop), c->fd, EV_WRITE, on_connected, c);
	if (!c->connecting || event_add(c->connecting, NULL) < 0)
		return -ENOMEM;
	c->state = CONNECTION_CONNECTING;
	timer_set(c->timer, c->deadline);
	return 0;
}

/* The first message has come. */
static int
begin(struct connection *c)
{
	int result;

	c->deadline = instant_add(now_of(c), TRANSPORT_CONNECT_MS);
	if (!instant_due(c->retry_at, now_of(c))) {
		c->state = CONNECTION_WAITING;
		timer_set(c->timer, c->retry_at);
		return 0;
	}
	result = make(c);
	if (result < 0) {
		shut(c);
		back_off(c);
	}
	return result;
}

static void
on_timer(void *arg)
{
	struct connection *c = arg;
	int result;

	connection_enter(c);
	switch (c->state) {
	case CONNECTION_CLOSED:
		break;
	case CONNECTION_WAITING:
		result = make(c);
		if (result < 0)
			not_made(c, -result);
		break;
	case CONNECTION_CONNECTING:
	case CONNECTION_SHAKING:
		connection_ended(c, TRANSPORT_NOT_MADE, transport_failure_str(TRANSPORT_NOT_MADE));
		break;
	case CONNECTION_OPEN:
		connection_ended(c, TRANSPORT_GARBAGE, "a message was never finished");
		break;
	case CONNECTION_DRAINING:
	case CONNECTION_LEAVING:
		connection_retire(c);
		break;
	}
	connection_leave(c);
}

static void
on_flush(void *arg)
{
	struct connection *c = arg;

	connection_enter(c);
	if (c->state == CONNECTION_OPEN)
		connection_flush(c);
	connection_leave(c);
}

static void
on_no_pong(void *arg)
{
	struct connection *c = arg;

	connection_enter(c);
	connection_ended(c, TRANSPORT_ENDED, "no answer to a keepalive");
	connection_leave(c);
}

struct connection *
connection_find(struct connection_set *set, const struct peer *peer)
{
	char key[PEER_TEXT_SIZE];
	struct connection *c;

	peer_str(peer, key);
	HASH_FIND_STR(set->by_peer, key, c);
	return c;
}

struct connection *
connection_new(struct connection_set *set, const struct peer *peer, const struct address *from)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->set = set;
	c->peer = *peer;
	c->from = *from;
	c->fd = -1;
	c->retry_at = loop_now(set->loop);
	STAILQ_INIT(&c->queue);
	peer_str(peer, c->key);
	c->timer = timer_new(set->loop, on_timer, c);
	c->flush = timer_new(set->loop, on_flush, c);
	c->pong = timer_new(set->loop, on_no_pong, c);
	if (c->timer && c->flush && c->pong)
		HASH_ADD_STR(set->by_peer, key, c);
	if (!c->hh.tbl) {
		timer_free(c->timer);
		timer_free(c->flush);
		timer_free(c->pong);
		free(c);
		return NULL;
	}
	c->known = true;
	LIST_INSERT_HEAD(&set->all, c, link);
	return c;
}

void
connection_take(struct connection_set *set, const struct peer *peer, const struct address *from, int fd)
{
	struct connection *c = connection_find(set, peer) ? NULL : connection_new(set, peer, from);

	if (!c) {
		close(fd);
		return;
	}
	connection_enter(c);
	c->inbound = true;
	TAILQ_INSERT_TAIL(&set->inbound, c, heard_link);
	set->inbound_count++;
	c->fd = fd;
	c->deadline = instant_add(now_of(c), TRANSPORT_CONNECT_MS);
	connectionsocket_prepare(fd, c);
	connectionsocket_read_local(c);
	connection_begin_stream(c);
	connection_leave(c);
}

int
connection_send(struct connection *c, uint8_t dscp, const void *bytes, size_t len)
{
	int result = connection_enqueue(c, bytes, len);

	if (result < 0)
		return result;
	if (c->state == CONNECTION_OPEN)
		timer_set(c->flush, now_of(c));
	if (c->state != CONNECTION_CLOSED)
		return 0;
	c->dscp = dscp;
	return begin(c);
}

/* From here on the next message to that peer finds another connection. Returns false if that was its end. */
static bool
step_aside(struct connection *c, enum connection_state state, int ms)
{
	bool busy = c->busy;

	unknown(c);
	c->busy = true;
	connection_flush(c);
	c->busy = busy;
	if (c->dead) {
		if (!busy)
			destroy(c);
		return false;
	}
	c->state = state;
	timer_set(c->timer, instant_add(now_of(c), ms));
	return true;
}

void
connection_forget(struct connection *c)
{
	if (c->state != CONNECTION_OPEN || connection_unwritten(c) == 0)
		connection_free(c);
	else if (step_aside(c, CONNECTION_DRAINING, DRAIN_MS))
		bufferevent_disable(c->bev, EV_READ);
}

void
connection_renew(struct connection *c)
{
	if (c->state != CONNECTION_OPEN)
		return;
	timer_set(c->pong, INSTANT_NEVER);
	step_aside(c, CONNECTION_LEAVING, LEAVE_MS);
}
