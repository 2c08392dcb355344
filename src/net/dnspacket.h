/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_DNSPACKET_H
#define SIPKEEPD_NET_DNSPACKET_H

/*
 * DNS questions to bytes, bytes to answers. Names and records are read by udns; its resolver is not used: it draws
 * its IDs from the clock's microseconds and cannot be given others, takes an answer without the QR bit, a FORMERR on
 * its ID alone, tells SERVFAIL, REFUSED, truncation and silence by one code, and reads its socket without bound (B56).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/dns.h"

#define DNSPACKET_EDNS_SIZE 4096	/* B57 */
#define DNSPACKET_QUESTION_MAX 300

struct dnspacket_question {
	uint8_t name[256];	/* labels, as on the wire */
	size_t len;
	enum dns_type type;
};

enum dnspacket_fit {
	DNSPACKET_FITS,
	DNSPACKET_NO_EDNS,	/* it fits and says FORMERR: a server from before EDNS0 */
	DNSPACKET_FOREIGN,	/* another ID or question */
	DNSPACKET_MALFORMED,	/* no answer at all */
};

/* Returns false if the name is none. */
bool dnspacket_question(struct dnspacket_question *question, const char *name, enum dns_type type);

/* Returns the length. Source: RFC 1035 §4.1, RFC 6891 §6.1. */
size_t dnspacket_write(const struct dnspacket_question *question, uint16_t id, bool edns,
    uint8_t to[DNSPACKET_QUESTION_MAX]);

/* Is that the answer to our question? */
enum dnspacket_fit dnspacket_fit(const struct dnspacket_question *question, uint16_t id, const uint8_t *bytes,
    size_t len);

/*
 * Reads an answer that fits: outcome, records, TTL. CNAMEs are followed within it (B4). Names come in lower case; a
 * target that cannot be a name at all comes as "?".
 *
 * Returns false without memory.
 */
bool dnspacket_read(const struct dnspacket_question *question, const uint8_t *bytes, size_t len,
    struct dns_answer *answer);

#endif
