/* SPDX-License-Identifier: ISC */
#include "net/links.h"

#include <linux/neighbour.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP 0x10000		/* <linux/if.h> has it, which does not go with <net/if.h> everywhere */
#endif

enum { FOUND = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP };

void
links_fini(struct links *l)
{
	free(l->links);
	*l = (struct links){ 0 };
}

/* ---- links ---- */

unsigned
links_flags(const struct links *l, int index)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->links[i].index == index)
			return l->links[i].flags;
	return 0;
}

static void
forget_neighbours_of(struct links *l, int index)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->failed_count; i++)
		if (l->failed[i].index != index)
			l->failed[kept++] = l->failed[i];
	l->failed_count = kept;
}

void
links_remove(struct links *l, int index)
{
	forget_neighbours_of(l, index);
	for (size_t i = 0; i < l->count; i++)
		if (l->links[i].index == index) {
			l->links[i] = l->links[--l->count];
			l->changed = true;
			return;
		}
}

bool
links_set(struct links *l, int index, unsigned flags)
{
	const unsigned kept = IFF_UP | IFF_LOWER_UP;
	struct link *grown;
	size_t room;

	flags &= kept;
	if (flags != kept)
		forget_neighbours_of(l, index);		/* as the kernel does */
	for (size_t i = 0; i < l->count; i++)
		if (l->links[i].index == index) {
			l->changed = l->changed || l->links[i].flags != flags;
			l->links[i].flags = flags;
			return true;
		}
	if (l->count == l->room) {
		room = l->room * 2 + 8;
		grown = realloc(l->links, room * sizeof(*grown));
		if (grown == NULL) {
			return false;
		}
		l->links = grown;
		l->room = room;
	}
	l->links[l->count++] = (struct link){ index, flags };
	l->changed = true;
	return true;
}

/* ---- neighbours ---- */

static struct neighbour *
find(struct links *l, int index, const struct address *address)
{
	for (size_t i = 0; i < l->failed_count; i++)
		if (l->failed[i].index == index && address_same_ip(&l->failed[i].address, address))
			return &l->failed[i];
	return NULL;
}

void
links_neighbour(struct links *l, int index, const struct address *address, unsigned state)
{
	struct neighbour *known = find(l, index, address);

	if (known != NULL)
		known->seen = true;
	if (state & FOUND) {
		if (known == NULL)
			return;
		*known = l->failed[--l->failed_count];
		l->changed = true;
	} else if ((state & NUD_FAILED) && known == NULL) {
		if (l->failed_count == LINKS_FAILED_MAX)	/* the oldest goes */
			memmove(l->failed, l->failed + 1, --l->failed_count * sizeof(l->failed[0]));
		l->failed[l->failed_count++] = (struct neighbour){ index, *address, true };
		l->changed = true;
	}
}

bool
links_failed(const struct links *l, int index, const struct address *address)
{
	for (size_t i = 0; i < l->failed_count; i++)
		if (l->failed[i].index == index && address_same_ip(&l->failed[i].address, address))
			return true;
	return false;
}

/* ---- everything anew ---- */

void
links_begin_dump(struct links *l)
{
	l->count = 0;
	l->changed = true;
	for (size_t i = 0; i < l->failed_count; i++)
		l->failed[i].seen = false;
}

void
links_end_dump(struct links *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->failed_count; i++)
		if (l->failed[i].seen)
			l->failed[kept++] = l->failed[i];
	l->failed_count = kept;
}
