/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CONFIGBOX_H
#define SIPKEEPD_AGENT_CONFIGBOX_H

/*
 * A configuration that lives until the last one that points into it has let go: accounts that were removed still
 * need theirs while they unregister.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct config;

struct config_box {
	struct config *config;
	unsigned users;
	struct config_boxes *unused;	/* where it goes when nobody uses it any more: it may be big */
	SLIST_ENTRY(config_box) link;
};

SLIST_HEAD(config_boxes, config_box);

/* One user: the caller. NULL without memory. */
struct config_box *config_box_new(struct config *config, struct config_boxes *unused);
struct config_box *config_box_hold(struct config_box *box);
void config_box_release(struct config_box *box);		/* NULL is fine */

/* Frees so many accounts of the unused. Returns false if there was nothing to be freed. */
bool config_boxes_free(struct config_boxes *unused, size_t accounts);


#endif
