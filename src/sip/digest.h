/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_SIP_DIGEST_H
#define SIPKEEPD_SIP_DIGEST_H

/*
 * Digest credentials (RFC 7616, 8760, 3261 §22): challenges read by a tokenizer of ours, answers made. B35.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define DIGEST_TEXT_SIZE 512		/* realm, nonce, opaque: a longer one makes the challenge unusable */
#define DIGEST_CNONCE_LEN 32		/* hex digits drawn */
#define DIGEST_CNONCE_SIZE 48		/* room for those in the examples of RFC 7616 */

enum digest_algorithm {			/* stronger is greater (RFC 8760) */
	DIGEST_UNKNOWN,
	DIGEST_MD5,
	DIGEST_MD5_SESS,
	DIGEST_SHA256,
	DIGEST_SHA256_SESS,
	DIGEST_SHA512_256,
	DIGEST_SHA512_256_SESS,
};

struct digest_challenge {
	bool proxy;			/* answered by Proxy-Authorization */
	enum digest_algorithm algorithm;
	bool algorithm_given;		/* it is echoed only when it was given */
	bool qop_auth;			/* qop=auth is offered; without qop the old form (RFC 2069) */
	bool stale;
	bool has_opaque;
	char realm[DIGEST_TEXT_SIZE];	/* unescaped */
	char nonce[DIGEST_TEXT_SIZE];
	char opaque[DIGEST_TEXT_SIZE];
};

/*
 * Reads the challenges of one header line, several in one line included. Other schemes, qop without auth, and
 * challenges without realm or nonce are passed over.
 *
 * Returns how many were written to `to`, at most `room`.
 */
size_t digest_parse(struct span header_value, bool proxy, struct digest_challenge *to, size_t room);

/*
 * The challenge to answer: strongest algorithm first, then as received (B35).
 *
 * Returns NULL when none can be answered.
 */
const struct digest_challenge *digest_choose(const struct digest_challenge *challenges, size_t count);

/* What is kept of a challenge between requests to the server that gave it. */
struct digest_session {
	struct digest_challenge challenge;	/* nonce "" : nothing yet */
	uint32_t nonce_count;			/* used so far with this nonce */
	char cnonce[DIGEST_CNONCE_SIZE];	/* kept for -sess; drawn anew with each new nonce */
};

/* Starts with a new challenge: count 0, a fresh cnonce. */
void digest_session_start(struct digest_session *session, const struct digest_challenge *challenge);

/* nextnonce of Authentication-Info, if there is one: takes its place, count 0. Source: RFC 7616 §3.5. */
void digest_session_info(struct digest_session *session, struct span authentication_info);

/*
 * Appends the whole header line "Authorization: Digest …\r\n" (or Proxy-Authorization), and counts the nonce.
 *
 * uri       the Request-URI as sent
 * Returns 0, -EINVAL without a usable session, -ENOTSUP for an algorithm that this build cannot, -ENOMEM.
 */
int digest_authorize(struct digest_session *session, const char *user, const char *password, const char *method,
    const char *uri, struct strbuf *to);

bool digest_algorithm_supported(enum digest_algorithm algorithm);
const char *digest_algorithm_str(enum digest_algorithm algorithm);

#endif
