/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_SIP_ARENA_H
#define SIPKEEPD_SIP_ARENA_H

/*
 * The bounded memory that libosip2 works in: one block per message, given back as a whole. libosip2 may report
 * success although an allocation failed, with a header silently missing; the arena remembers that it could not
 * serve, and the message is refused then.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena;

/* size: bytes to hand out. NULL without memory. */
struct arena *arena_new(size_t size);
void arena_free(struct arena *arena);		/* NULL is fine */

void *arena_alloc(struct arena *arena, size_t size);	/* NULL when it is used up */
bool arena_failed(const struct arena *arena);		/* some allocation was refused */

/* A terminated copy, line folds (CRLF and the blank behind it) made blanks. NULL when it is used up. */
char *arena_unfold(struct arena *arena, struct span s);

/*
 * Between these two libosip2 allocates from that arena, and frees nothing; outside of them it gets no memory at
 * all. The first call makes libosip2 ready: tables, allocators, no traces. Not to be nested.
 */
void arena_enter(struct arena *arena);
void arena_leave(void);

#endif
