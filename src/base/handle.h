/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_BASE_HANDLE_H
#define SIPKEEPD_BASE_HANDLE_H

/*
 * Names for things that outlive a callback: index and generation. A handle whose thing has gone finds nothing,
 * whatever has taken its place.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct handle {
	uint32_t index;
	uint32_t generation;	/* 0 is never given out: the zero handle names nothing */
};

struct handle_table {
	struct handle_slot *slots;
	uint32_t size;		/* slots there */
	uint32_t used;		/* things in it */
	uint32_t free_head;	/* internal */
};

static inline bool
handle_none(struct handle h)
{
	return h.generation == 0;
}

static inline bool
handle_equal(struct handle a, struct handle b)
{
	return a.index == b.index && a.generation == b.generation;
}

/* A zeroed table is empty and ready. */
void handle_table_fini(struct handle_table *table);

/* Puts a thing in. Returns its handle, or the zero handle without memory. The table does not own the thing. */
struct handle handle_add(struct handle_table *table, void *thing);

/* The thing, or NULL for a handle that is stale or zero. */
void *handle_get(const struct handle_table *table, struct handle h);

/* Takes it out; a stale handle does nothing. */
void handle_remove(struct handle_table *table, struct handle h);

#endif
