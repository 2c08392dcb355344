/* SPDX-License-Identifier: ISC */
#include "base/drops.h"

const char *
drop_reason_str(enum drop_reason reason)
{
	switch (reason) {
	case DROP_GARBAGE:
		return "garbage";
	case DROP_OVERSIZED:
		return "oversized";
	case DROP_TRUNCATED:
		return "truncated";
	case DROP_FOREIGN:
		return "foreign";
	case DROP_UNMATCHED:
		return "unmatched";
	case DROP_UNQUOTED:
		return "unquoted";
	case DROP_MEMORY:
		return "no-memory";
	case DROP_DNS_FOREIGN:
		return "dns-foreign";
	case DROP_DNS_MALFORMED:
		return "dns-malformed";
	case DROP_REASONS:
		break;
	}
	return "?";
}
