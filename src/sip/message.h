/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_SIP_MESSAGE_H
#define SIPKEEPD_SIP_MESSAGE_H

/*
 * Bytes from the network to a checked view of a SIP message. A strict one-pass scanner of ours decides on framing
 * and limits; libosip2 parses the header block only, in a bounded arena; its result is checked field by field.
 * All spans point into the bytes given, or into the message's own memory, and live until message_fini().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/drops.h"
#include "base/str.h"

#define MESSAGE_MAX 65535
#define MESSAGE_HEADER_MAX 8192		/* bytes of the header block */
#define MESSAGE_LINES_MAX 128
#define MESSAGE_SEPARATORS_MAX 64	/* ';' and ',' in one line */
#define MESSAGE_CONTACTS_MAX 32
#define MESSAGE_CHALLENGES_MAX 8

struct message_contact {
	struct span uri;		/* without angle brackets */
	struct span user;		/* of the URI, as written */
	struct span host;		/* of the URI; IPv6 without brackets */
	uint16_t port;			/* 0: none */
	struct span uri_parameters;	/* behind the first ';' of the URI */
	struct span expires;		/* text of the expires parameter, unchecked: B33 reads it strictly */
};

struct message_challenge {
	struct span value;		/* header value as received, one header line, maybe several challenges */
	bool proxy;			/* Proxy-Authenticate */
};

struct message {
	bool request;
	struct span method;		/* request: of the request line; response: of CSeq */
	struct span request_uri;	/* request only */
	int status;			/* response only: 100..699 */
	struct span reason_phrase;	/* response only */

	struct span vias;		/* response building: all Via lines as received, with CRLFs, in one piece */
	struct span via_branch;		/* of the top Via */
	struct span via_host;		/* sent-by of the top Via, IPv6 without brackets */
	uint16_t via_port;		/* 0: none */
	bool via_rport;			/* request asks for rport (RFC 3581) */
	struct span via_received;	/* response: received parameter */
	uint16_t via_rport_value;	/* response: rport parameter; 0: none */

	struct span from;		/* whole value */
	struct span from_tag;
	struct span to;			/* whole value */
	struct span to_tag;		/* absent if none */
	struct span call_id;
	uint32_t cseq;
	struct span cseq_method;

	struct message_contact contacts[MESSAGE_CONTACTS_MAX];
	size_t contact_count;
	bool contact_star;		/* Contact: * */
	struct message_challenge challenges[MESSAGE_CHALLENGES_MAX];
	size_t challenge_count;
	struct span authentication_info;	/* header value; absent if none */
	struct span expires;		/* header values as text, unchecked; absent if none */
	struct span min_expires;
	struct span retry_after;	/* the number only, without comment and parameters */
	struct span reason;		/* Reason header, first */
	struct span warning;		/* Warning header, first */
	struct span event;		/* Event header (NOTIFY) */
	struct span body;

	void *memory;			/* what libosip2 made; freed by message_fini() */
};

/*
 * Parses one datagram.
 *
 * message   filled on success; call message_fini() then, and only then
 * bytes     must outlive the message
 * why       on failure: the counter to raise
 * Returns false if it is no message that may be believed: bad framing, a limit passed, a required header missing,
 * doubled or contradictory (RFC 3261 §8.1.1: Via, From, To, Call-ID, CSeq), NUL bytes, CSeq method and request
 * method different, an unbracketed IPv6 address, out of memory …
 *
 * Source: RFC 3261 §7, §18.3, §25; design.md (libosip2's limits).
 */
bool message_parse(struct message *message, const uint8_t *bytes, size_t len, enum drop_reason *why);
void message_fini(struct message *message);

/*
 * As message_parse(), with that many bytes of memory for the header fields; 0: as many as it takes. A message that
 * does not fit is refused (DROP_MEMORY). For tests: every refusal of memory ends here, never in a field that is
 * missing.
 */
bool message_parse_within(struct message *message, const uint8_t *bytes, size_t len, size_t memory,
    enum drop_reason *why);

/*
 * Appends the message for the log of -d: line by line, with credentials masked (response, nonce counts and the
 * like stay; the value of `response` and whole Authorization values of unknown schemes do not), bodies by length
 * only, control characters as '?'.
 */
void message_print(struct strbuf *to, const uint8_t *bytes, size_t len);

/* The same without the body. Returns how long that is. */
size_t message_print_head(struct strbuf *to, const uint8_t *bytes, size_t len);

#endif
