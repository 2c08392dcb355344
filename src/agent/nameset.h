/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_NAMESET_H
#define SIPKEEPD_AGENT_NAMESET_H

/*
 * All the questions behind one name, and the servers that their answers make together: SRV (unless the name has a
 * port), and by its answer a set of branches, one per SRV record, or the name itself; each branch asks for A, AAAA or
 * both (B4). A part of agent/names; nobody else needs this.
 */

#include <stdbool.h>
#include <stddef.h>

#include "agent/lookups.h"
#include "agent/names.h"
#include "base/dns.h"
#include "base/instant.h"
#include "core/candidates.h"

struct nameset {
	struct lookups *lookups;
	const struct name_request *request;
	void *user;			/* of the lookups */
	struct lookup_use srv;		/* none with a port */
	struct nameset_branch *branches;
	size_t count;
	bool nowhere;			/* SRV says that there is no service: every target is "." */
	bool warned;			/* of a target that is no name */
	unsigned version;		/* of the SRV answer that the branches were made of */
	struct instant made_at;
};

/* What the lookups have come to, all together. */
struct nameset_sum {
	bool asking;			/* one has not ended yet */
	bool failed;			/* one has failed and knows nothing */
	bool unsure;			/* one leaves out what it named before, and was not repeated yet (B53) */
	bool stale;			/* one has failed or is doubted; its old answer is used */
	enum dns_outcome last;		/* of those in trouble, else GOOD if one is */
	bool answered;			/* one at least is */
	struct instant answered_at;	/* the oldest of them */
};

/*
 * Begins to ask.
 *
 * request   must outlive it
 * user      of the lookups' events
 * Returns false without memory; fini is due all the same.
 */
bool nameset_init(struct nameset *set, struct lookups *lookups, const struct name_request *request, void *user,
    struct instant now);
void nameset_fini(struct nameset *set);		/* a zeroed one is fine */

/* Makes the branches that SRV asks for now, if it says something else. Returns false without memory: the old stay. */
bool nameset_update(struct nameset *set, struct instant now);

struct nameset_sum nameset_sum(const struct nameset *set);

/* The servers, in the order of DNS, IPv4 before IPv6 of each target. Returns false without memory. */
bool nameset_found(const struct nameset *set, struct found_list *found);

void nameset_refresh(struct nameset *set);

bool found_list_equal(const struct found_list *a, const struct found_list *b);
void found_list_free(struct found_list *found);

#endif
