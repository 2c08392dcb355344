/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CORE_GRANT_H
#define SIPKEEPD_CORE_GRANT_H

/*
 * What a 2xx to REGISTER grants: the own Contact found among those listed, and its time read strictly (B33). Pure.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/str.h"

struct grant_contact {
	struct span user, host;		/* of the URI; IPv6 without brackets */
	uint16_t port;			/* 0: none */
	struct span uri_parameters;	/* behind the first ';' of the URI */
	struct span expires;		/* parameter; absent if none */
};

struct grant_own {
	struct span user, host;		/* as in the URI that was sent; IPv6 without brackets */
	uint16_t port;			/* 0: none */
	const char *parameter;		/* "name=value" that only this Contact bears, or NULL (B40) */
};

enum grant_verdict {
	GRANT_GIVEN,
	GRANT_REWRITTEN,	/* given; the own Contact is known only as the one with our user */
	GRANT_NOT_STORED,	/* Contacts are listed, and not ours: a refusal */
	GRANT_BAD_NUMBER,	/* the time is no number, or 0: a refusal */
};

/*
 * contacts, count   as listed in the answer
 * expires           value of the Expires header; absent if none
 * asked_s           what was asked for
 * granted_s         written with GRANT_GIVEN and GRANT_REWRITTEN: 1 .. 2^32-1
 */
enum grant_verdict grant_read(const struct grant_contact *contacts, size_t count, struct span expires,
    const struct grant_own *own, int64_t asked_s, int64_t *granted_s);

#endif
