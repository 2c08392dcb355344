/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_BASE_TALLY_H
#define SIPKEEPD_BASE_TALLY_H

/*
 * SIP messages counted by direction, method and status. Only what occurs takes a place, and there is an end to the
 * places: whoever sends us strange statuses is counted in one of them ("other").
 */

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define TALLY_MAX 96
#define TALLY_OTHER 0xffff		/* status of what found no place any more */

enum tally_direction {
	TALLY_IN,
	TALLY_OUT,
};

struct tally_entry {
	uint64_t count;
	const char *method;		/* "REGISTER"; "other": none that we know */
	uint16_t status;		/* of a response; 0: a request */
	uint8_t direction;
};

struct tally {
	struct tally_entry entries[TALLY_MAX];
	size_t used;
};

/*
 * method   of the request, of CSeq in a response
 * status   0: a request
 */
void tally_count(struct tally *tally, enum tally_direction direction, struct span method, int status);

const char *tally_direction_str(enum tally_direction direction);	/* "in", "out" */

#endif
