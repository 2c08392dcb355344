/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_SIP_URI_H
#define SIPKEEPD_SIP_URI_H

/*
 * The parts of a SIP URI as they stand in the text, strictly: libosip2 takes an unbracketed IPv6 address and cuts a
 * user at %00, so what it found is compared with these.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct uri {
	bool sip;			/* sip: or sips:; of any other scheme nothing more is known */
	struct span user;		/* as written, without password; absent if there is no '@' */
	struct span host;		/* IPv6 without brackets */
	uint16_t port;			/* 0: none */
	struct span parameters;		/* behind the first ';' behind the host; absent if there are none */
};

/*
 * Returns false for what is no URI: no scheme, blanks, quotes or brackets, %00, a second '@', a host that is neither
 * name, IPv4 nor bracketed IPv6 address, a port that is not 1..65535.
 *
 * Source: RFC 3261 §19.1.1, §25.1.
 */
bool uri_split(struct uri *uri, struct span text);

/* "host", "host:port", "[IPv6]:port" as in URIs and Via; port 0 if there is none. Returns false for anything else. */
bool uri_split_hostport(struct span text, struct span *host, uint16_t *port);

#endif
