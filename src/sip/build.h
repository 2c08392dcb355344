/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_SIP_BUILD_H
#define SIPKEEPD_SIP_BUILD_H

/*
 * The few messages that we say ourselves, written from templates: REGISTER, OPTIONS, answers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/str.h"
#include "sip/message.h"

#define SIP_TAG_SIZE 17		/* 16 hex digits and the terminator */
#define SIP_CALL_ID_SIZE 33	/* 32 hex digits and the terminator */

struct build_register {
	enum sip_transport transport;
	struct address local;		/* sent-by */
	const char *branch;		/* with the cookie z9hG4bK */
	const char *user;		/* as configured; escaped here where RFC 3261 §25 wants it */
	const char *domain;
	const char *display_name;	/* NULL or "": none; quoted here */
	const char *call_id;
	const char *from_tag;
	uint32_t cseq;
	const char *contact;		/* URI without brackets; NULL: a question, no Contact (RFC 3261 §10.2.3) */
	uint32_t expires_s;		/* 0 unregisters */
	const char *old_contact;	/* URI to remove in the same request, or NULL (B62) */
	const char *authorization;	/* whole header line(s) with CRLF, or NULL */
};

struct build_options {
	enum sip_transport transport;
	struct address local;
	struct peer to;			/* Request-URI: its address and port */
	const char *branch;
	const char *call_id;
	const char *from_tag;
	uint32_t cseq;
};

/* Each replaces what is in *to; to->failed says that memory ran out. */
void build_register(struct strbuf *to, const struct build_register *r);
void build_options(struct strbuf *to, const struct build_options *o);

/*
 * An answer to a request: Via lines, From, To (with to_tag added if the request had none and the code is not 100),
 * Call-ID and CSeq copied, received and rport filled in (RFC 3261 §8.2.6, §18.2.1; RFC 3581).
 *
 * source   where the request came from
 * headers  further header lines with CRLF, or NULL (Allow, Accept, …)
 */
void build_answer(struct strbuf *to, const struct message *request, const struct address *source, int status,
    const char *reason_phrase, const char *to_tag, const char *headers);

/*
 * Where the answer goes by the top Via (RFC 3261 §18.2.2, RFC 3581): the source address; its port with rport,
 * else the port of the sent-by.
 */
struct address build_answer_destination(const struct message *request, const struct address *source);

/* "sip:USER@DOMAIN" with escapes where needed, without port. */
void build_aor(struct strbuf *to, const char *user, const char *domain);

/* The value of User-Agent and Server: "sipkeepd/VERSION". */
const char *build_agent_name(void);

#endif
