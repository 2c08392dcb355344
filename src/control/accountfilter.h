/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_ACCOUNTFILTER_H
#define SIPKEEPD_CONTROL_ACCOUNTFILTER_H

/*
 * Which accounts somebody wants to see, as the query of a URL says it, for who cannot take all of them at once:
 *
 *	state=down		those in that state; also "unregistered" (all but registered) and "not-redundant"
 *	match=text		part of the address-of-record, of the server field or of the active server's address; in any case
 *	offset=100, limit=50	of these only so many, behind so many
 *
 * Other keys are left unheeded.
 */

#include <stdbool.h>
#include <stddef.h>

#include "agent/agent.h"

#define ACCOUNTFILTER_MATCH_MAX 128

struct accountfilter {
	bool state[ACCOUNT_STATES];	/* these */
	bool not_redundant;		/* only such */
	char match[ACCOUNTFILTER_MATCH_MAX + 1];
	size_t offset, limit;
};

/* Returns false if a value makes no sense. */
bool accountfilter_parse(struct accountfilter *filter, const char *query);

/* Whether it is one of those that offset and limit are counted in. */
bool accountfilter_wants(const struct accountfilter *filter, const struct account *account);

#endif
