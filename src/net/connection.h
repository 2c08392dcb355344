/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_CONNECTION_H
#define SIPKEEPD_NET_CONNECTION_H

/*
 * One TCP or TLS connection: made, kept, ended. For net/tcp, which owns them all; what it does for the rest of the
 * program stands in net/transport.h.
 *
 * connection.c makes and ends it, connectionstream.c has what libevent tells about the stream over its socket,
 * connectionio.c reads and writes messages; connectionsocket.h is about the socket itself.
 */

#include <net/if.h>
#include <sys/queue.h>

#define HASH_NONFATAL_OOM 1		/* a thing whose hh.tbl is NULL was not added */
#include <uthash.h>

#include "base/dns.h"
#include "net/tls.h"
#include "net/transport.h"

struct event;
struct evbuffer;

/*
 *  state        message to send        timer                 the network
 *  CLOSED       CONNECTING or WAITING  -                     -
 *  WAITING      queued                 CONNECTING or told    -
 *  CONNECTING   queued                 CLOSED, told          OPEN, SHAKING; CLOSED, told
 *  SHAKING      queued                 CLOSED, told          OPEN; CLOSED, told
 *  OPEN         out with this turn     CLOSED, told          CLOSED, told
 *  DRAINING     -                      gone                  gone
 *  LEAVING      -                      gone                  gone; messages are told
 */
enum connection_state {
	CONNECTION_CLOSED,
	CONNECTION_WAITING,		/* it failed a moment ago: not tried again at once */
	CONNECTION_CONNECTING,
	CONNECTION_SHAKING,		/* the TLS handshake */
	CONNECTION_OPEN,
	CONNECTION_DRAINING,		/* nobody knows it any more: it ends when all is out */
	CONNECTION_LEAVING,		/* another one takes its place; late answers may still come */
};

/* A message that waits to be written. */
struct queued {
	STAILQ_ENTRY(queued) link;
	size_t len;
	char *name;			/* that the certificate must be for; behind the bytes */
	uint8_t bytes[];
};

struct connection {
	UT_hash_handle hh;
	LIST_ENTRY(connection) link;	/* of all */
	TAILQ_ENTRY(connection) heard_link;	/* inbound: the one heard last at the end */
	struct connection_set *set;
	char key[PEER_TEXT_SIZE];
	struct peer peer;
	struct address from;		/* the upstream address: outgoing ones are made from there, on any port */
	struct address local;		/* ours of the connection, with the upstream's port */
	enum connection_state state;
	bool inbound;
	bool known;			/* in the hash */
	bool busy;			/* making events */
	bool dead;			/* whoever makes them frees it */

	int fd;				/* CONNECTING; later it is the bufferevent's */
	struct event *connecting;
	struct bufferevent *bev;
	struct tls_link tls;
	char name[DNS_NAME_SIZE];	/* that the next message wants in the certificate */
	char asked[DNS_NAME_SIZE];	/* that the handshake asked for */
	uint8_t dscp;

	STAILQ_HEAD(queued_list, queued) queue;
	size_t queued_bytes;
	struct timer *flush;		/* at the end of this turn of the loop */
	struct timer *timer;		/* by state; OPEN: for the rest of a message */
	struct timer *pong;
	struct instant deadline;	/* WAITING to SHAKING */
	struct instant retry_at;
	int backoff_ms;			/* 0: all was well the last time */
	bool heard;			/* a whole message has come on it */

	unsigned crlfs;			/* in a row */
	bool pinged;			/* a ping is out */
	bool pongs;			/* the peer has answered one */
};

LIST_HEAD(connection_list, connection);
TAILQ_HEAD(heard_list, connection);

/* What all connections of a transport share. */
struct connection_set {
	struct loop *loop;
	const struct transport_events *events;
	void *arg;
	char interface[IF_NAMESIZE];	/* "" for any */
	struct tls *tls;		/* NULL: not loaded */
	struct connection *by_peer;	/* uthash */
	struct connection_list all;
	struct heard_list inbound;
	unsigned inbound_count;
};

struct connection *connection_find(struct connection_set *set, const struct peer *peer);

/*
 * A connection that may be made to that peer; nothing happens yet.
 *
 * from   the upstream address
 * Returns NULL without memory.
 */
struct connection *connection_new(struct connection_set *set, const struct peer *peer, const struct address *from);

/* One that a peer has made; the descriptor is owned, also on failure. */
void connection_take(struct connection_set *set, const struct peer *peer, const struct address *from, int fd);

/* As transport_send() and so on. */
int connection_send(struct connection *connection, uint8_t dscp, const void *bytes, size_t len);
int connection_ping(struct connection *connection);
void connection_forget(struct connection *connection);
void connection_renew(struct connection *connection);

/* At once; from inside its own events it is put off to their end. */
void connection_free(struct connection *connection);

/* ---- connectionio.c, for the other two ---- */

/* Messages that come are told. */
static inline bool
connection_reads(const struct connection *c)
{
	return c->state == CONNECTION_OPEN || c->state == CONNECTION_LEAVING;
}

/* All that waits goes out. */
void connection_flush(struct connection *connection);
void connection_read(struct connection *connection);
void connection_drop_queue(struct connection *connection);
int connection_enqueue(struct connection *connection, const void *bytes, size_t len);
size_t connection_unwritten(const struct connection *connection);

/* ---- connectionstream.c, for connection.c ---- */

/* The socket is connected: a stream over it, with the TLS handshake first where there is one. */
void connection_begin_stream(struct connection *connection);

/* ---- connection.c, for the other two ---- */

/* It is over. */
void connection_ended(struct connection *connection, enum transport_failure failure, const char *text);

/* Nobody knows it any more; whoever is busy with it destroys it. */
void connection_retire(struct connection *connection);

/* What libevent calls begins and ends with these. */
void connection_enter(struct connection *connection);
void connection_leave(struct connection *connection);

#endif
