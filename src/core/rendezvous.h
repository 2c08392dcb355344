/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CORE_RENDEZVOUS_H
#define SIPKEEPD_CORE_RENDEZVOUS_H

/*
 * Weighted rendezvous hashing: who draws highest takes the server, without anyone keeping a list (B6).
 */

#include <stdint.h>

#include "base/address.h"

/*
 * The draw of one identity for one server. The greater score is the more preferred; the same arguments always give
 * the same score, on every machine. Each server wins a share of identities in proportion to its weight; weight 0
 * scores below every other (RFC 2782: hardly ever chosen).
 *
 * identity   address-of-record
 * weight     0..65535; give 1 to all when there are no weights
 *
 * Source: B6; RFC 2782.
 */
double rendezvous_score(const char *identity, const struct peer *server, uint16_t weight);

#endif
