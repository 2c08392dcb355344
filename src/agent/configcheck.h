/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CONFIGCHECK_H
#define SIPKEEPD_AGENT_CONFIGCHECK_H

/* Is this text what it should be? Pure checks of single values of the configuration. */

#include <stdbool.h>

#include "base/address.h"

/* A device, user or group: letters, digits, '-', '_', '.' and '@', not beginning with '-', not "." or "..". */
bool configcheck_name(const char *text);

/*
 * What may stand left of the '@' of an address-of-record, before escaping: printable ASCII without blanks, quotes
 * and @ : < > % \ (a '%' would look like an escape that is already made).
 */
bool configcheck_user(const char *text);

/*
 * A SIP URI for a Contact: sip:[user@]host[:port][;parameters], without headers.
 *
 * Returns NULL if it is one, else what is wrong with it, in words. Source: RFC 3261 §25.1.
 */
const char *configcheck_contact(const char *uri);

/* An address with an optional port 0..65535 that is written in digits. */
bool configcheck_address(const char *text, struct address *to);

#endif
