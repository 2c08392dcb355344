/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CONFIGBOX_H
#define SIPKEEPD_AGENT_CONFIGBOX_H

/*
 * A configuration that lives until the last one that points into it has let go: accounts that were removed still
 * need theirs while they unregister.
 */

struct config;

struct config_box {
	struct config *config;
	unsigned users;
};

struct config_box *config_box_new(struct config *config);	/* one user: the caller. NULL without memory */
struct config_box *config_box_hold(struct config_box *box);
void config_box_release(struct config_box *box);		/* NULL is fine */

#endif
