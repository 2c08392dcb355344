/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CORE_CANDIDATES_H
#define SIPKEEPD_CORE_CANDIDATES_H

/*
 * From what DNS said to the list of an account's candidates: rank, priority, place (B3-B7), and the account's own
 * order among equals (B6). Pure; the state of a candidate lives elsewhere (agent/account).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/dns.h"

#define CANDIDATES_PER_SPEC_MAX 64	/* B57 */
#define CANDIDATES_MAX (4 * CANDIDATES_PER_SPEC_MAX)

/* One address that a serverspec has led to, in the order in which DNS reported it. */
struct found_server {
	struct address address;		/* with its port */
	uint16_t priority;		/* of the SRV record; 1 without one (B3) */
	uint16_t weight;		/* of the SRV record; 0 without one */
	bool from_srv;
	char name[DNS_NAME_SIZE];	/* serverspec or SRV target that it came from; "" for an address */
};

struct found_list {
	struct found_server *servers;
	size_t count;
};

struct candidate_place {
	struct peer peer;
	unsigned rank;			/* 1..4: P1 to P4 */
	uint16_t priority;
	uint16_t weight;
	bool from_srv;
	unsigned order;			/* place in the account's own order of preference, 0 first; all differ */
	char name[DNS_NAME_SIZE];
};

enum candidates_warning {
	CANDIDATES_PORT_ZERO,		/* SRV port 0 */
	CANDIDATES_BAD_ADDRESS,		/* any, broadcast, multicast */
	CANDIDATES_OWN_ADDRESS,		/* our own listening address */
	CANDIDATES_TOO_MANY,		/* over CANDIDATES_PER_SPEC_MAX */
	CANDIDATES_WARNINGS,
};

/*
 * Builds the list in the order of display: by rank, then as DNS reported (B5); the same peer once, at its most
 * preferred place (B7), by rank, then priority, then place. Of a serverspec with too many the preferred ones stay.
 *
 * found      one list per serverspec, found[0] is P1; specs of them
 * spread     the account shares a serverspec with others: equals are drawn even without weights (B6)
 * identity   the address-of-record, for the draw
 * is_own     says whether a peer is ourselves; may be NULL
 * to         room for CANDIDATES_MAX
 * warnings   counts by kind, added to; may be NULL
 * Returns how many.
 *
 * Source: B3, B5, B6, B7, B57.
 */
size_t candidates_build(struct candidate_place *to, const struct found_list *found, size_t specs,
    enum sip_transport transport, bool spread, const char *identity,
    bool (*is_own)(void *arg, const struct peer *peer), void *arg, unsigned warnings[CANDIDATES_WARNINGS]);

const char *candidates_warning_str(enum candidates_warning warning);

#endif
