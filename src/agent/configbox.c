/* SPDX-License-Identifier: ISC */
#include "agent/configbox.h"

#include <assert.h>
#include <stdlib.h>

#include "agent/config.h"

struct config_box *
config_box_new(struct config *config, struct config_boxes *unused)
{
	struct config_box *box = calloc(1, sizeof(*box));

	if (box == NULL)
		return NULL;
	box->config = config;
	box->users = 1;
	box->unused = unused;
	return box;
}

struct config_box *
config_box_hold(struct config_box *box)
{
	box->users++;
	return box;
}

void
config_box_release(struct config_box *box)
{
	if (box == NULL)
		return;
	assert(box->users > 0);		/* somebody has let go of what he did not hold */
	if (--box->users > 0)
		return;
	SLIST_INSERT_HEAD(box->unused, box, link);
}

bool
config_boxes_free(struct config_boxes *unused, size_t accounts)
{
	struct config_box *box = SLIST_FIRST(unused);

	if (box == NULL)
		return false;
	if (box->config != NULL && config_free_accounts(box->config, accounts))
		return true;
	SLIST_REMOVE_HEAD(unused, link);
	config_free(box->config);
	free(box);
	return true;
}
