/* SPDX-License-Identifier: ISC */
#include "sip/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <osipparser2/osip_parser.h>
#include <osipparser2/osip_port.h>

enum { ALIGN = 16 };

struct arena {
	size_t size;
	size_t used;
	bool failed;
	_Alignas(ALIGN) char bytes[];
};

/* In front of each piece, for realloc; as large as the alignment. */
union piece {
	size_t size;
	char pad[ALIGN];
};

/* libosip2's allocators bear no argument. */
static struct arena *current;

struct arena *
arena_new(size_t size)
{
	struct arena *arena = malloc(sizeof(*arena) + size);

	if (arena != NULL)
		*arena = (struct arena){ .size = size };
	return arena;
}

void
arena_free(struct arena *arena)
{
	free(arena);
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	size_t room = arena->size - arena->used, needed;
	union piece *piece;

	if (size > room || room - size < sizeof(*piece) + ALIGN) {
		arena->failed = true;
		return NULL;
	}
	needed = (sizeof(*piece) + size + ALIGN - 1) / ALIGN * ALIGN;
	piece = (union piece *)(void *)(arena->bytes + arena->used);
	piece->size = size;
	arena->used += needed;
	return piece + 1;
}

bool
arena_failed(const struct arena *arena)
{
	return arena->failed;
}

char *
arena_unfold(struct arena *arena, struct span s)
{
	char *copy = arena_alloc(arena, s.len + 1);

	if (copy == NULL)
		return NULL;
	for (size_t i = 0; i < s.len; i++)
		copy[i] = s.at[i] == '\r' || s.at[i] == '\n' ? ' ' : s.at[i];
	copy[s.len] = '\0';
	return copy;
}

static void *
osip_side_malloc(size_t size)
{
	return current != NULL ? arena_alloc(current, size) : NULL;
}

static void *
osip_side_realloc(void *old, size_t size)
{
	void *fresh = osip_side_malloc(size);

	if (fresh != NULL && old != NULL) {
		size_t had = ((union piece *)old)[-1].size;

		memcpy(fresh, old, had < size ? had : size);
	}
	return fresh;
}

static void
osip_side_free(void *old)
{
	(void)old;	/* the block goes as a whole */
}

static void
osip_side_trace(const char *file, int line, osip_trace_level_t level, const char *format, va_list args)
{
	(void)file, (void)line, (void)level, (void)format, (void)args;
}

static void
make_ready(void)
{
	static bool ready;

	if (ready)
		return;
	ready = true;
	/* Traces go to stdout by default: give them another way first, then turn all levels off. */
	osip_trace_initialize_func(TRACE_LEVEL0, osip_side_trace);
	for (int level = TRACE_LEVEL0; level < END_TRACE_LEVEL; level++)
		osip_trace_disable_level((osip_trace_level_t)level);
	parser_init();
	osip_set_allocators(osip_side_malloc, osip_side_realloc, osip_side_free);
}

void
arena_enter(struct arena *arena)
{
	assert(current == NULL);
	make_ready();
	current = arena;
}

void
arena_leave(void)
{
	assert(current != NULL);
	current = NULL;
}
