/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_SIP_SCAN_H
#define SIPKEEPD_SIP_SCAN_H

/*
 * The strict scanner that stands in front of libosip2: start line, header lines and framing in one pass over the
 * bytes, under limits. All spans point into the bytes given.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/drops.h"
#include "base/str.h"
#include "sip/message.h"

enum scan_header {
	SCAN_OTHER,
	SCAN_VIA,
	SCAN_FROM,
	SCAN_TO,
	SCAN_CALL_ID,
	SCAN_CSEQ,
	SCAN_CONTACT,
	SCAN_CONTENT_LENGTH,
	SCAN_WWW_AUTHENTICATE,
	SCAN_PROXY_AUTHENTICATE,
	SCAN_AUTHENTICATION_INFO,
	SCAN_EXPIRES,
	SCAN_MIN_EXPIRES,
	SCAN_RETRY_AFTER,
	SCAN_REASON,
	SCAN_WARNING,
	SCAN_EVENT,
	SCAN_HEADERS,
};

struct scan_line {
	enum scan_header header;
	struct span raw;		/* from the name to the last CRLF, folded lines included */
	struct span value;		/* without blanks at both ends; may hold folds */
};

struct scan {
	bool request;
	struct span method;		/* request only */
	struct span request_uri;
	int status;			/* response only: 100..699 */
	struct span reason_phrase;

	struct scan_line lines[MESSAGE_LINES_MAX];
	size_t count;
	unsigned seen[SCAN_HEADERS];	/* how many lines of each */
	size_t head_len;		/* bytes up to the body */
	bool has_length;		/* Content-Length is there: */
	uint64_t content_length;
};

/*
 * Scans up to the empty line that ends the headers. CRLFs before the start line are passed over (RFC 3261 §7.5).
 *
 * why   on failure: DROP_GARBAGE (no SIP, bare CR or LF, control characters, a required header missing or doubled,
 *       a Content-Length that is no number), DROP_OVERSIZED (a limit of message.h), DROP_TRUNCATED (no empty line)
 * Returns false on failure.
 *
 * Source: RFC 3261 §7, §8.1.1, §20, §25.1.
 */
bool scan_head(struct scan *scan, const char *bytes, size_t len, enum drop_reason *why);

/* A token of RFC 3261 §25.1, one character at least. */
bool scan_token(struct span s);
bool scan_token_char(char c);
bool scan_blank(char c);		/* space, tab, CR, LF: also inside of a folded value */

/*
 * Takes the next item of a comma-separated value off *rest; commas in quoted strings and in <> do not separate.
 *
 * item   without blanks at both ends; may be empty
 * Returns false at the end, and when a quote or bracket is never closed: *rest is absent at the true end only.
 */
bool scan_next_item(struct span *rest, struct span *item);

/*
 * ";name=value;name" as in Via, From and To: names are tokens, values quoted strings or visible text without
 * separators; nothing is empty. The empty span is good.
 */
bool scan_parameters(struct span s);

/* What a bare value may hold: visible text without separators and quotes, one character at least. */
bool scan_bare(struct span s);

/* The index of the first `wanted` outside of quoted strings at or behind `from`; s.len if there is none. */
size_t scan_find(struct span s, size_t from, char wanted);

#endif
