/* SPDX-License-Identifier: ISC */
#include "agent/configbox.h"

#include <stdlib.h>

#include "agent/config.h"

struct config_box *
config_box_new(struct config *config)
{
	struct config_box *box = calloc(1, sizeof(*box));

	if (box == NULL)
		return NULL;
	box->config = config;
	box->users = 1;
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
	if (box == NULL || --box->users > 0)
		return;
	config_free(box->config);
	free(box);
}
