/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CORE_DNSVIEW_H
#define SIPKEEPD_CORE_DNSVIEW_H

/*
 * Which answer to one DNS question is believed, how old it is and when it is asked again. Pure (B50-B52, B54).
 */

#include <stdbool.h>

#include "base/dns.h"
#include "base/instant.h"

#define DNSVIEW_SERVER_WAIT_MS 2000	/* B54: a silent name server */
#define DNSVIEW_LOOKUP_MS 10000		/* B54: a whole lookup */
#define DNSVIEW_RETRY_MIN_MS 30000	/* B51 */
#define DNSVIEW_RETRY_MAX_MS 900000	/* B51 */
#define DNSVIEW_SECOND_MS 30000		/* B53 */

struct dnsview {
	struct dns_answer believed;	/* GOOD, NXDOMAIN or NODATA; meaningless before `answered` */
	bool answered;			/* some answer is believed */
	struct instant believed_at;	/* when it was last confirmed */
	enum dns_outcome last;		/* outcome of the last lookup */
	bool stale;			/* the last lookup did not confirm what is believed */
	bool unsure;			/* it leaves out what the one before it named: to be asked once more, at another
					   name server (B53) */
	unsigned retries;		/* failed or doubted lookups in a row */
	struct instant next;		/* when to look again */
};

enum dnsview_verdict {
	DNSVIEW_NEW,		/* another answer is believed now */
	DNSVIEW_CONFIRMED,	/* the same as before */
	DNSVIEW_KEPT,		/* the lookup failed or its "none" is doubted: the old one stays (B51, B52) */
	DNSVIEW_NOTHING,	/* it failed and there is nothing to keep */
};

struct dnsview_policy {
	int64_t refresh_ms;	/* dns-refresh; 0: by TTL, between 5 min and 2 h (B50) */
	uint32_t jitter;	/* a random number of the caller's: spreads the next refresh by up to 10 % downwards */
	bool named_is_up;	/* some server that the believed answer named is up (B52) */
};

void dnsview_init(struct dnsview *view, struct instant now);
void dnsview_fini(struct dnsview *view);

/*
 * Believes what was believed before the program's start (B55), as an answer that DNS does not confirm.
 *
 * view          nothing was believed yet
 * answer        its records are taken over, and are gone from it
 * believed_at   when it was last confirmed
 */
void dnsview_recall(struct dnsview *view, struct dns_answer *answer, struct instant believed_at);

/*
 * A lookup has ended (all name servers tried, or one answered).
 *
 * Source: B50, B51, B52, B53, B57.
 */
enum dnsview_verdict dnsview_step(struct dnsview *view, const struct dns_answer *answer,
    const struct dnsview_policy *policy, struct instant now);

/* After this outcome of one name server the lookup goes on with the next one, if there is time (B54). */
bool dnsview_ask_next(enum dns_outcome outcome);

#endif
