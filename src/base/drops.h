/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_BASE_DROPS_H
#define SIPKEEPD_BASE_DROPS_H

/*
 * What came in and was dropped, by reason: counted, never logged line by line.
 */

#include <stdint.h>

enum drop_reason {
	DROP_GARBAGE,		/* not SIP */
	DROP_OVERSIZED,		/* over a limit of the scanner */
	DROP_TRUNCATED,		/* shorter than it says */
	DROP_FOREIGN,		/* from who is no call server of ours */
	DROP_UNMATCHED,		/* an answer without its transaction */
	DROP_UNQUOTED,		/* an ICMP error that quotes nothing of ours */
	DROP_MEMORY,		/* no memory to look at it */
	DROP_DNS_FOREIGN,	/* DNS: another address, ID or question */
	DROP_DNS_MALFORMED,
	DROP_REASONS,
};

struct drops {
	uint64_t count[DROP_REASONS];
};

const char *drop_reason_str(enum drop_reason reason);

#endif
