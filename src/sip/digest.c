/* SPDX-License-Identifier: ISC */
#include "sip/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/entropy.h"
#include "sip/hash.h"

/* A text of the hashes of RFC 7616 §3.4: up to six parts with colons between them. */
enum { PARTS_MAX = 6 };

const char *
digest_algorithm_str(enum digest_algorithm algorithm)
{
	switch (algorithm) {
	case DIGEST_UNKNOWN:
		return "unknown";
	case DIGEST_MD5:
		return "MD5";
	case DIGEST_MD5_SESS:
		return "MD5-sess";
	case DIGEST_SHA256:
		return "SHA-256";
	case DIGEST_SHA256_SESS:
		return "SHA-256-sess";
	case DIGEST_SHA512_256:
		return "SHA-512-256";
	case DIGEST_SHA512_256_SESS:
		return "SHA-512-256-sess";
	}
	return "unknown";
}

static enum hash
hash_of(enum digest_algorithm algorithm)
{
	switch (algorithm) {
	case DIGEST_MD5:
	case DIGEST_MD5_SESS:
		return HASH_MD5;
	case DIGEST_SHA256:
	case DIGEST_SHA256_SESS:
		return HASH_SHA256;
	case DIGEST_SHA512_256:
	case DIGEST_SHA512_256_SESS:
		return HASH_SHA512_256;
	case DIGEST_UNKNOWN:
		break;
	}
	return HASH_KINDS;
}

static bool
is_session(enum digest_algorithm algorithm)
{
	return algorithm == DIGEST_MD5_SESS || algorithm == DIGEST_SHA256_SESS || algorithm == DIGEST_SHA512_256_SESS;
}

bool
digest_algorithm_supported(enum digest_algorithm algorithm)
{
	return algorithm != DIGEST_UNKNOWN && hash_supported(hash_of(algorithm));
}

const struct digest_challenge *
digest_choose(const struct digest_challenge *challenges, size_t count)
{
	const struct digest_challenge *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (digest_algorithm_supported(challenges[i].algorithm) &&
		    (best == NULL || challenges[i].algorithm > best->algorithm))
			best = &challenges[i];
	return best;
}

void
digest_session_start(struct digest_session *session, const struct digest_challenge *challenge)
{
	if (&session->challenge != challenge)
		session->challenge = *challenge;
	session->nonce_count = 0;
	entropy_hex(session->cnonce, DIGEST_CNONCE_LEN);
}

/* The hash of the parts with colons between them; what was joined is wiped, since a password may be in it. */
static int
hash_parts(enum hash hash, const char *const parts[PARTS_MAX], size_t count, char text[HASH_TEXT_SIZE])
{
	size_t len = count - 1, used = 0;
	char *joined;
	int error;

	for (size_t i = 0; i < count; i++)
		len += strlen(parts[i]);
	joined = malloc(len + 1);
	if (joined == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		size_t part = strlen(parts[i]);

		if (i > 0)
			joined[used++] = ':';
		memcpy(joined + used, parts[i], part);
		used += part;
	}
	error = hash_hex(hash, joined, len, text);
	explicit_bzero(joined, len);
	free(joined);
	return error;
}

/* H(A1), RFC 7616 §3.4.2. */
static int
hash_a1(const struct digest_session *session, const char *user, const char *password, char text[HASH_TEXT_SIZE])
{
	const struct digest_challenge *c = &session->challenge;
	enum hash hash = hash_of(c->algorithm);
	const char *const secret[PARTS_MAX] = { user, c->realm, password };
	const char *const session_key[PARTS_MAX] = { text, c->nonce, session->cnonce };
	int error = hash_parts(hash, secret, 3, text);

	if (error != 0 || !is_session(c->algorithm))
		return error;
	return hash_parts(hash, session_key, 3, text);
}

/* RFC 7616 §3.4.1; without qop RFC 2069 as in RFC 2617 §3.2.2.1. */
static int
response(const struct digest_session *session, const char *a1, const char *nc, const char *method, const char *uri,
    char text[HASH_TEXT_SIZE])
{
	const struct digest_challenge *c = &session->challenge;
	enum hash hash = hash_of(c->algorithm);
	char a2[HASH_TEXT_SIZE];
	const char *const request[PARTS_MAX] = { method, uri };
	const char *const protected[PARTS_MAX] = { a1, c->nonce, nc, session->cnonce, "auth", a2 };
	const char *const old[PARTS_MAX] = { a1, c->nonce, a2 };
	int error = hash_parts(hash, request, 2, a2);

	if (error != 0)
		return error;
	return c->qop_auth ? hash_parts(hash, protected, 6, text) : hash_parts(hash, old, 3, text);
}

static void
append_parameter(struct strbuf *to, const char *name, const char *value)
{
	strbuf_append(to, name);
	strbuf_append(to, "=");
	strbuf_append_quoted(to, value);
}

static void
append_header(struct strbuf *to, const struct digest_session *session, const char *user, const char *uri,
    const char *nc, const char *answer)
{
	const struct digest_challenge *c = &session->challenge;

	strbuf_append(to, c->proxy ? "Proxy-Authorization: Digest " : "Authorization: Digest ");
	append_parameter(to, "username", user);
	append_parameter(to, ", realm", c->realm);
	append_parameter(to, ", nonce", c->nonce);
	append_parameter(to, ", uri", uri);
	append_parameter(to, ", response", answer);
	if (c->algorithm_given)
		strbuf_printf(to, ", algorithm=%s", digest_algorithm_str(c->algorithm));
	if (c->has_opaque)
		append_parameter(to, ", opaque", c->opaque);
	/* Without qop there is no place for a cnonce, but a -sess algorithm cannot do without. */
	if (c->qop_auth || is_session(c->algorithm))
		append_parameter(to, ", cnonce", session->cnonce);
	if (c->qop_auth)
		strbuf_printf(to, ", qop=auth, nc=%s", nc);
	strbuf_append(to, "\r\n");
}

/* It would end the header line. */
static bool
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

int
digest_authorize(struct digest_session *session, const char *user, const char *password, const char *method,
    const char *uri, struct strbuf *to)
{
	char a1[HASH_TEXT_SIZE] = "", answer[HASH_TEXT_SIZE], nc[9];
	uint32_t count = session->nonce_count + 1;
	int error;

	if (session->challenge.nonce[0] == '\0' || has_control(user) || has_control(uri))
		return -EINVAL;
	if (!digest_algorithm_supported(session->challenge.algorithm))
		return -ENOTSUP;
	snprintf(nc, sizeof(nc), "%08x", (unsigned)count);
	error = hash_a1(session, user, password, a1);
	if (error == 0)
		error = response(session, a1, nc, method, uri, answer);
	explicit_bzero(a1, sizeof(a1));
	if (error != 0)
		return error;
	append_header(to, session, user, uri, nc, answer);
	if (to->failed)
		return -ENOMEM;
	session->nonce_count = count;
	return 0;
}
