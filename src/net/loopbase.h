/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_LOOPBASE_H
#define SIPKEEPD_NET_LOOPBASE_H

/*
 * The loop as the rest of net/ sees it: libevent's base, for file descriptors. Not for anybody outside net/.
 */

#include "net/loop.h"

struct event_base;

struct event_base *loop_base(struct loop *loop);

/* Every callback that libevent makes calls this first: loop_now() is read anew, so it never lags by a sleep. */
void loop_woken(struct loop *loop);

#endif
