/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_BASE_DNS_H
#define SIPKEEPD_BASE_DNS_H

/*
 * What DNS says, as data: questions, records, outcomes. Who asks is net/resolver, what to believe is core/dnsview.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

#define DNS_NAME_SIZE 256	/* a name in text without its last dot, and the terminator */
#define DNS_RECORDS_MAX 128	/* kept of one answer */

enum dns_type {
	DNS_A = 1,
	DNS_AAAA = 28,
	DNS_SRV = 33,
};

enum dns_outcome {
	DNS_GOOD,		/* one record at least */
	DNS_NXDOMAIN,
	DNS_NODATA,		/* the name is there, the type is not; NOTIMP too (B4) */
	DNS_SERVFAIL,
	DNS_REFUSED,
	DNS_SILENT,		/* no answer in time */
	DNS_MALFORMED,
	DNS_TRUNCATED,		/* B57 */
	DNS_UNSENDABLE,		/* the question could not be sent; counts as silence (B56) */
};

struct dns_record {
	uint16_t priority, weight, port;	/* SRV only */
	char target[DNS_NAME_SIZE];		/* SRV only; "" stands for "." (no service here) */
	struct address address;			/* A, AAAA only; its port is 0 */
};

struct dns_answer {
	enum dns_outcome outcome;
	uint32_t ttl_s;			/* the least of the records, CNAMEs included */
	size_t count;			/* records; 0 unless DNS_GOOD */
	struct dns_record *records;	/* as the server ordered them */
};

/* The lookup was answered, even if by "there is none". */
static inline bool
dns_outcome_answered(enum dns_outcome outcome)
{
	return outcome == DNS_GOOD || outcome == DNS_NXDOMAIN || outcome == DNS_NODATA;
}

const char *dns_outcome_str(enum dns_outcome outcome);
const char *dns_type_str(enum dns_type type);

/* A deep copy. Returns false without memory, *to untouched. */
bool dns_answer_copy(struct dns_answer *to, const struct dns_answer *from);
void dns_answer_fini(struct dns_answer *answer);

/* Same outcome and same records; the order counts, the TTL does not. */
bool dns_answer_equal(const struct dns_answer *a, const struct dns_answer *b);

#endif
