/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_HTTPD_PRIVATE_H
#define SIPKEEPD_NET_HTTPD_PRIVATE_H

/*
 * What httpd.c (who is connected) and httpdreply.c (what is answered) share.
 */

#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <sys/queue.h>

#include "net/httpd.h"

/*
 * A connection. evhttp owns it and does not tell of its end before a request has come; but we hold the bufferevent,
 * too, and see by its callbacks that evhttp has let it go.
 */
struct httpd_client {
	TAILQ_ENTRY(httpd_client) link;		/* the oldest first */
	struct bufferevent *bev;
	struct instant since;			/* the connection, or the request when that has come */
	bool asked;
};

/* An answer that is being written. */
struct httpd_reply {
	TAILQ_ENTRY(httpd_reply) link;
	struct httpd *httpd;
	struct evhttp_request *request;
	struct httpd_answer answer;
	bool begun;
	bool ready;				/* the client has taken the last piece */
};

struct httpd {
	struct loop *loop;
	struct evhttp *http;
	struct evconnlistener *listener;
	struct timer *look;			/* at the connections, as long as there are any */
	struct timer *turn;			/* the next piece */
	struct timer *pause;			/* after accept() has failed */
	TAILQ_HEAD(, httpd_client) clients;
	TAILQ_HEAD(, httpd_reply) replies;	/* who was served last stands last */
	unsigned count;
	const char *name;
	httpd_on_request *on_request;
	void *arg;
};

/* evhttp has a whole request. */
void httpdreply_on_request(struct evhttp_request *request, void *arg);

/* The next piece of one answer. */
void httpdreply_turn(void *arg);

/* Before its httpd: all that is under way is dropped. */
void httpdreply_drop_all(struct httpd *httpd);

/* The request came on that connection: other limits hold from now on. */
void httpd_has_asked(struct httpd *httpd, struct evhttp_connection *connection);

#endif
