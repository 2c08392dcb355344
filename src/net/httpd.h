/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_HTTPD_H
#define SIPKEEPD_NET_HTTPD_H

/*
 * A small HTTP server (libevent's evhttp behind it): GET and HEAD, one request a connection, answers of any length
 * written in pieces. Who talks rubbish, too much, too slowly or not at all costs a bounded buffer and is closed; one
 * piece is made in a turn of the loop, however many clients there are.
 *
 * A web page of somebody else must not read us through its visitor's browser by giving its own name our address (DNS
 * rebinding): only requests for an address, for "localhost", for the machine's own name or for the name that
 * httpd_set_name() was told are answered; all others get 421.
 */

#include <stdbool.h>

#include "base/address.h"
#include "base/str.h"
#include "net/loop.h"

#define HTTPD_CLIENTS_MAX 128		/* then who has not asked gives way; else more wait in the kernel's queue */
#define HTTPD_HEAD_MAX 8192		/* bytes of a request line and headers; a body is never taken */
#define HTTPD_REQUEST_MS 10000		/* for a whole request, however its bytes come */
#define HTTPD_IDLE_S 10			/* without taking our bytes */
#define HTTPD_ANSWER_MS 300000		/* for a whole answer */

struct httpd;

/* Filled by on_request. */
struct httpd_answer {
	int status;			/* 200, 400, 404, 503 */
	const char *type;		/* Content-Type */
	const char *policy;		/* Content-Security-Policy, copied; NULL: nothing may be loaded */

	/*
	 * Appends the next piece.
	 *
	 * Returns 1 if more follows (this one may be empty), 0 if that was all, negative if it cannot go on: the
	 * connection is cut then, so that the client knows.
	 */
	int (*next)(void *arg, struct strbuf *to);
	void (*done)(void *arg);	/* it is over, one way or another: frees arg; may be NULL */
	void *arg;
};

/*
 * A request has come.
 *
 * path    "/metrics"; as sent, never NULL
 * query   what stands behind the '?', or ""
 */
typedef void httpd_on_request(void *arg, const char *path, const char *query, struct httpd_answer *answer);

/*
 * Listens.
 *
 * address  with a port; one that the machine does not have yet is taken all the same
 * error    on failure: why, in words (256 bytes)
 * Returns NULL on failure.
 */
struct httpd *httpd_new(struct loop *loop, const struct address *address, httpd_on_request *on_request, void *arg,
    char error[256]);
void httpd_free(struct httpd *httpd);		/* whoever waits for an answer is cut off; NULL is fine */

/* Another name that may be asked for; borrowed. NULL: none. */
void httpd_set_name(struct httpd *httpd, const char *name);

/* Connections there are now, for tests. */
unsigned httpd_clients(const struct httpd *httpd);

#endif
