/* SPDX-License-Identifier: ISC */
#include "base/dns.h"

#include <stdlib.h>
#include <string.h>

const char *
dns_outcome_str(enum dns_outcome outcome)
{
	switch (outcome) {
	case DNS_GOOD:
		return "good";
	case DNS_NXDOMAIN:
		return "nxdomain";
	case DNS_NODATA:
		return "no-data";
	case DNS_SERVFAIL:
		return "servfail";
	case DNS_REFUSED:
		return "refused";
	case DNS_SILENT:
		return "silent";
	case DNS_MALFORMED:
		return "malformed";
	case DNS_TRUNCATED:
		return "truncated";
	case DNS_UNSENDABLE:
		return "unsendable";
	}
	return "?";
}

const char *
dns_type_str(enum dns_type type)
{
	switch (type) {
	case DNS_A:
		return "A";
	case DNS_AAAA:
		return "AAAA";
	case DNS_SRV:
		return "SRV";
	}
	return "?";
}

bool
dns_answer_copy(struct dns_answer *to, const struct dns_answer *from)
{
	struct dns_record *records = NULL;

	if (from->count > 0) {
		records = malloc(from->count * sizeof(*records));
		if (records == NULL)
			return false;
		memcpy(records, from->records, from->count * sizeof(*records));
	}
	*to = *from;
	to->records = records;
	return true;
}

void
dns_answer_fini(struct dns_answer *answer)
{
	free(answer->records);
	answer->records = NULL;
	answer->count = 0;
}

/* Field by field: padding and the bytes behind a target's end mean nothing. */
static bool
record_equal(const struct dns_record *a, const struct dns_record *b)
{
	return a->priority == b->priority && a->weight == b->weight && a->port == b->port &&
	    strcmp(a->target, b->target) == 0 && address_equal(&a->address, &b->address);
}

bool
dns_answer_equal(const struct dns_answer *a, const struct dns_answer *b)
{
	if (a->outcome != b->outcome || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!record_equal(&a->records[i], &b->records[i]))
			return false;
	}
	return true;
}
