/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CONTACT_H
#define SIPKEEPD_AGENT_CONTACT_H

/*
 * The Contact of one account at one server (B30, B40), and its parts as core/grant compares them.
 */

#include <stdbool.h>

#include "base/address.h"
#include "sip/uri.h"

struct candidate;

struct contact {
	char *uri;		/* without brackets */
	struct uri parts;	/* of it */
	char *parameter;	/* "sk=…", or NULL for a fixed Contact */
};

/* The address that the Contact names: ours as known here, or as the server sees it (B30). */
const struct address *contact_address(const struct candidate *candidate, const struct address *local);

/*
 * local   our address towards that server
 * Returns false without memory; nothing to free then.
 */
bool contact_make(struct contact *contact, const struct candidate *candidate, const struct address *local);
void contact_fini(struct contact *contact);

#endif
