/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CORE_SERVERSPEC_H
#define SIPKEEPD_CORE_SERVERSPEC_H

/*
 * The server field of an account: a domain and up to four serverspecs, parsed and checked (B1, B2).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/dns.h"

#define SERVERSPECS_MAX 4

struct serverspec {
	char name[DNS_NAME_SIZE];	/* lower case, no last dot; "" if it is an address */
	struct address address;		/* ADDRESS_NONE if it is a name; its port is not used */
	uint16_t port;			/* 0: none was given */
};

struct serverfield {
	char domain[DNS_NAME_SIZE];	/* as in the URI: lower case, without port; an IPv6 address in brackets */
	struct serverspec specs[SERVERSPECS_MAX];	/* place 0 is P1 */
	size_t count;				/* 1..SERVERSPECS_MAX */
};

/*
 * Parses "domain; spec1; spec2". A port on the domain is legal only when the domain stands alone: with serverspecs
 * behind it, it would mean nothing.
 *
 * error   on failure: what is wrong with which item, in words, e.g. "serverspec 2: port 70000 is not 1..65535"
 * Returns false on failure.
 *
 * Source: B1, B2.
 */
bool serverfield_parse(struct serverfield *field, const char *text, char error[160]);

/*
 * Letters, digits, '-', '_' and '.' only, labels of 1..63 with no '-' at either end, 253 at most in all, no dot at
 * the end, not a dotted number (B2, B7).
 */
bool hostname_valid(const char *name);

bool serverfield_equal(const struct serverfield *a, const struct serverfield *b);

#endif
