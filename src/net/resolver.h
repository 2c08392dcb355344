/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_RESOLVER_H
#define SIPKEEPD_NET_RESOLVER_H

/*
 * One DNS question to one name server: asked once, on a fresh port with a fresh ID, and its outcome told (B56).
 * Which server is asked next and what is believed are decided above (agent/names, core/dnsview).
 */

#include <stddef.h>

#include "base/address.h"
#include "base/dns.h"
#include "base/drops.h"
#include "net/loop.h"

#define RESOLVER_NAMESERVERS_MAX 8

struct resolver;
struct resolver_query;

/* drops  where foreign and malformed answers are counted; must outlive the resolver. NULL without memory. */
struct resolver *resolver_new(struct loop *loop, struct drops *drops);
void resolver_free(struct resolver *resolver);	/* its queries end without a call */

/*
 * Asks.
 *
 * nameserver   address and port (53 if 0)
 * name         text without the last dot, at most DNS_NAME_SIZE - 1
 * timeout_ms   after which the outcome is DNS_SILENT
 * on_answer    called exactly once, from the loop, never from inside this call; the answer is borrowed
 * Returns NULL without memory.
 *
 * Source: B54, B56, B57 (EDNS0, 4096 bytes); RFC 1035, 2782.
 */
struct resolver_query *resolver_ask(struct resolver *resolver, const struct address *nameserver, const char *name,
    enum dns_type type, int timeout_ms, void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg);

/* It will not call any more. NULL is fine. */
void resolver_cancel(struct resolver_query *query);

/*
 * The name servers of resolv.conf, read anew each call; 127.0.0.1 if there are none, with one line in the log until
 * there are some again. Returns how many.
 */
size_t resolver_system_nameservers(struct address to[RESOLVER_NAMESERVERS_MAX]);
size_t resolver_nameservers_of(const char *path, struct address to[RESOLVER_NAMESERVERS_MAX]);	/* of another file */

#endif
