/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_LINKS_H
#define SIPKEEPD_NET_LINKS_H

/*
 * What netwatch keeps of what the kernel has told: the flags of the links, and the neighbours that have failed.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"

#define LINKS_FAILED_MAX 256

struct link {
	int index;
	unsigned flags;
};

struct neighbour {
	int index;			/* of the link */
	struct address address;
	bool seen;			/* by the dump under way */
};

/* Zeroed: nothing is known. */
struct links {
	struct link *links;
	size_t count, room;
	struct neighbour failed[LINKS_FAILED_MAX];
	size_t failed_count;
	bool changed;			/* something is another than before; who has taken note clears it */
};

void links_fini(struct links *links);

/* flags: IFF_…; returns false without memory. */
bool links_set(struct links *links, int index, unsigned flags);
void links_remove(struct links *links, int index);
unsigned links_flags(const struct links *links, int index);	/* 0: there is none */

/* state: NUD_…. One that was failed stays so until it is found: being asked for again is not enough. */
void links_neighbour(struct links *links, int index, const struct address *address, unsigned state);
bool links_failed(const struct links *links, int index, const struct address *address);

/* Around a reading of everything: links and failed neighbours that it does not tell of are gone. */
void links_begin_dump(struct links *links);
void links_end_dump(struct links *links);

#endif
