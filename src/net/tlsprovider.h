/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_TLSPROVIDER_H
#define SIPKEEPD_NET_TLSPROVIDER_H

/*
 * What the TLS module gives to net/tls. It is a file of its own, loaded with the first TLS upstream: libssl costs every
 * daemon memory that most have no use for. Each function is the one of net/tls.h with that name.
 */

#include "net/tls.h"

struct tls_context;

struct tls_provider {
	const char *version;		/* PACKAGE_VERSION; first. Another one is refused */
	struct tls_context *(*context_new)(const struct transport_tls *settings, int *result, char error[256]);
	void (*context_free)(struct tls_context *context);
	bool (*can_accept)(const struct tls_context *context);
	struct bufferevent *(*connect)(struct tls_context *context, struct tls_link *link, struct event_base *base, int fd,
	    const char *name);
	struct bufferevent *(*accept)(struct tls_context *context, struct tls_link *link, struct event_base *base, int fd);
	bool (*good)(struct tls_link *link);
	bool (*is_for)(const struct tls_link *link, const char *name);
	bool (*failure)(const struct tls_link *link, struct bufferevent *bev, char text[TLS_WHY_SIZE]);
	void (*end)(struct tls_link *link);
	void (*fini)(struct tls_link *link);
};

/* By this name it is found in the module; a program may have it linked in instead. */
#define TLS_PROVIDER_SYMBOL "tls_openssl"
extern const struct tls_provider tls_openssl __attribute__((weak));

#endif
