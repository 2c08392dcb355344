/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_TLS_H
#define SIPKEEPD_NET_TLS_H

/*
 * TLS for net/connection: contexts, certificates and what is wrong with them, in words. OpenSSL's side is a module that
 * tls_new() loads (net/tlsprovider.h). Built without it tls_new() says so.
 *
 * TLS 1.2 at least. A certificate must lead to a known CA and be valid now; whom it is for is asked for each message,
 * since one connection serves accounts that may want different names (B22, RFC 5922 §7).
 */

#include <stdbool.h>

#include "net/transport.h"

#define TLS_WHY_SIZE 200

struct bufferevent;
struct event_base;
struct ssl_session_st;
struct ssl_st;
struct tls;
struct tls_provider;

/* One connection's, zeroed at first. The session outlives the connection: the next one takes it up again. */
struct tls_link {
	const struct tls_provider *by;	/* NULL: it was never connected */
	struct ssl_st *ssl;
	struct ssl_session_st *session;
	bool verify;
	bool settings_old;		/* others hold by now: it brings no session for the next connection */
	char why[TLS_WHY_SIZE];		/* what is wrong with the certificate; "" */
};

bool tls_built_in(void);

/* Returns NULL on failure, with the file and why in error (256 bytes). *result gets a negative errno. */
struct tls *tls_new(const struct transport_tls *settings, int *result, char error[256]);
void tls_free(struct tls *tls);

/* One of the files is not for the user that we have become: NULL if there is none. */
const char *tls_forbidden_file(const struct transport_tls *settings);

/* It has a certificate to show to who connects to us. */
bool tls_can_accept(const struct tls *tls);

/*
 * The connection over a connected socket; the handshake begins with the loop.
 *
 * name   asked for (SNI), unless it is "" or an address
 * fd     owned by the result
 * Returns NULL without memory; the descriptor is not closed then.
 */
struct bufferevent *tls_connect(struct tls *tls, struct tls_link *link, struct event_base *base, int fd,
    const char *name);
struct bufferevent *tls_accept(struct tls *tls, struct tls_link *link, struct event_base *base, int fd);

/* After the handshake: the certificate is still good (that of a resumed session may have expired). Else see why. */
bool tls_link_good(struct tls_link *link);

/* The certificate is for that name. True without verification, and for "". */
bool tls_link_is_for(const struct tls_link *link, const char *name);

/* What ended the handshake, or the connection, in words. Returns false if TLS does not know. */
bool tls_link_failure(const struct tls_link *link, struct bufferevent *bev, char text[TLS_WHY_SIZE]);

/* Says good-bye to the other side, before the bufferevent is freed. */
void tls_link_end(struct tls_link *link);

/* Other settings hold for the next connection: it begins without what this one has brought, or brings yet. */
void tls_link_forget(struct tls_link *link);

/* Forgets the session. */
void tls_link_fini(struct tls_link *link);

#endif
