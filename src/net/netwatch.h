/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_NETWATCH_H
#define SIPKEEPD_NET_NETWATCH_H

/*
 * The state of the local network as the kernel tells it by rtnetlink: links, addresses, routes, neighbours (B61).
 * Event by event, with everything read anew at the start and after an overrun. Needs no privileges.
 *
 * Source: rtnetlink(7), RFC 3549.
 */

#include <stdbool.h>

#include "base/path.h"
#include "net/loop.h"

struct netwatch;

/*
 * interface   device that packets to servers leave by, or NULL for any; it need not exist yet
 * on_change   something has changed that may make paths other ones; from the loop, once for all that came together
 * error       negative errno on failure
 * Returns NULL on failure: no memory, or a kernel that does not tell.
 */
struct netwatch *netwatch_new(struct loop *loop, const char *interface, void (*on_change)(void *arg), void *arg,
    int *error);
void netwatch_free(struct netwatch *netwatch);		/* NULL is fine */

/*
 * Takes in at once what the kernel has told already. Returns true if that (or what on_change would have told) may
 * have changed paths; on_change is not called for it any more.
 */
bool netwatch_poll(struct netwatch *netwatch);

/*
 * The way to an address as it is now.
 *
 * from        our own address that packets leave from, or NULL for any
 * interface   true: by the interface given at the start only
 */
void netwatch_path(struct netwatch *netwatch, const struct address *to, const struct address *from, bool interface,
    struct path *path);

#endif
