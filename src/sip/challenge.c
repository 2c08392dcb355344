/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "sip/digest.h"
#include "sip/scan.h"

/*
 * The tokenizer of challenges: libosip2 loses a second one in a line, an empty realm, and other schemes.
 *
 *   challenges = challenge *( "," challenge )        with empty elements as they come
 *   challenge  = scheme ( token68 / parameter *( "," parameter ) )
 *
 * A token that no "=" follows is the scheme of the next challenge.
 */

struct reader {
	const char *at, *end;
};

struct pair {
	struct span name;
	struct span value;	/* without its quotes, still escaped */
};

/* One challenge while it is read. */
struct draft {
	struct digest_challenge challenge;
	bool digest;		/* of the Digest scheme */
	bool bad;
	bool has_realm, has_nonce, has_qop;
};

static struct reader
reader_of(struct span value)
{
	const char *at = span_there(value) ? value.at : "";

	return (struct reader){ at, at + value.len };
}

static void
skip_blanks(struct reader *r)
{
	while (r->at < r->end && scan_blank(*r->at))
		r->at++;
}

static struct span
take_token(struct reader *r)
{
	const char *start = r->at;

	while (r->at < r->end && scan_token_char(*r->at))
		r->at++;
	return (struct span){ start, (size_t)(r->at - start) };
}

/* Behind the opening quote. Returns false if there is no closing one. */
static bool
take_quoted(struct reader *r, struct span *value)
{
	const char *start = ++r->at;

	for (; r->at < r->end; r->at++) {
		if (*r->at == '\\' && r->at + 1 < r->end) {
			r->at++;
		} else if (*r->at == '"') {
			*value = (struct span){ start, (size_t)(r->at - start) };
			r->at++;
			return true;
		}
	}
	return false;
}

/* Nonces without quotes hold more than a token may. */
static struct span
take_bare(struct reader *r)
{
	const char *start = r->at;

	while (r->at < r->end && *r->at != ',' && *r->at != '"' && !scan_blank(*r->at))
		r->at++;
	return (struct span){ start, (size_t)(r->at - start) };
}

static bool
take_value(struct reader *r, struct span *value)
{
	skip_blanks(r);
	if (r->at < r->end && *r->at == '"') {
		if (!take_quoted(r, value))
			return false;
	} else {
		*value = take_bare(r);
	}
	skip_blanks(r);
	return r->at == r->end || *r->at == ',';
}

/* To the next comma outside of quotes. */
static void
skip_element(struct reader *r)
{
	struct span rest = { r->at, (size_t)(r->end - r->at) };

	r->at += scan_find(rest, 0, ',');
}

static void
unescape(struct span s, char to[DIGEST_TEXT_SIZE], bool *bad)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '\\' && i + 1 < s.len)
			i++;
		if (n + 1 == DIGEST_TEXT_SIZE) {
			*bad = true;
			break;
		}
		to[n++] = s.at[i];
	}
	to[n] = '\0';
}

static bool
first_time(struct draft *d, bool *seen)
{
	if (*seen)
		d->bad = true;
	*seen = true;
	return !d->bad;
}

static bool
offers_auth(struct span list)
{
	struct span item;

	while (scan_next_item(&list, &item))
		if (span_equal_nocase(item, "auth"))
			return true;
	return false;
}

static enum digest_algorithm
algorithm_of(struct span name)
{
	for (enum digest_algorithm a = DIGEST_MD5; a <= DIGEST_SHA512_256_SESS; a++)
		if (span_equal_nocase(name, digest_algorithm_str(a)))
			return a;
	return DIGEST_UNKNOWN;
}

static void
draft_parameter(struct draft *d, const struct pair *pair)
{
	struct digest_challenge *c = &d->challenge;

	if (span_equal_nocase(pair->name, "realm")) {
		if (first_time(d, &d->has_realm))
			unescape(pair->value, c->realm, &d->bad);
	} else if (span_equal_nocase(pair->name, "nonce")) {
		if (first_time(d, &d->has_nonce))
			unescape(pair->value, c->nonce, &d->bad);
	} else if (span_equal_nocase(pair->name, "opaque")) {
		if (first_time(d, &c->has_opaque))
			unescape(pair->value, c->opaque, &d->bad);
	} else if (span_equal_nocase(pair->name, "algorithm")) {
		if (first_time(d, &c->algorithm_given))
			c->algorithm = algorithm_of(pair->value);
	} else if (span_equal_nocase(pair->name, "qop")) {
		if (first_time(d, &d->has_qop))
			c->qop_auth = offers_auth(pair->value);
	} else if (span_equal_nocase(pair->name, "stale")) {
		c->stale = span_equal_nocase(pair->value, "true");
	}
}

static void
draft_start(struct draft *d, struct span scheme, bool proxy)
{
	memset(d, 0, sizeof(*d));
	d->digest = span_equal_nocase(scheme, "Digest");
	d->challenge.proxy = proxy;
	d->challenge.algorithm = DIGEST_MD5;
}

static bool
draft_usable(const struct draft *d)
{
	return d->digest && !d->bad && d->has_realm && d->has_nonce && d->challenge.nonce[0] != '\0' &&
	    (!d->has_qop || d->challenge.qop_auth);
}

static size_t
draft_keep(const struct draft *d, struct digest_challenge *to, size_t room, size_t count)
{
	if (!draft_usable(d) || count == room)
		return count;
	to[count] = d->challenge;
	return count + 1;
}

/*
 * The next element: a parameter, or a scheme (its first parameter is the next call's).
 *
 * Returns false when it is neither; it is passed over then.
 */
static bool
take_element(struct reader *r, struct span *scheme, struct pair *pair)
{
	*scheme = (struct span){ 0 };
	pair->name = take_token(r);
	if (pair->name.len > 0) {
		skip_blanks(r);
		if (r->at < r->end && *r->at == '=') {
			r->at++;
			if (take_value(r, &pair->value))
				return true;
		} else if (r->at == r->end || *r->at == ',' || scan_token_char(*r->at)) {
			*scheme = pair->name;
			return true;
		}
	}
	skip_element(r);
	return false;
}

size_t
digest_parse(struct span header_value, bool proxy, struct digest_challenge *to, size_t room)
{
	struct reader r = reader_of(header_value);
	struct draft draft = { 0 };
	size_t count = 0;

	for (;;) {
		struct span scheme;
		struct pair pair;

		while (r.at < r.end && (scan_blank(*r.at) || *r.at == ','))
			r.at++;
		if (r.at == r.end)
			break;
		if (!take_element(&r, &scheme, &pair)) {
			draft.bad = true;
		} else if (span_there(scheme)) {
			count = draft_keep(&draft, to, room, count);
			draft_start(&draft, scheme, proxy);
		} else if (draft.digest) {
			draft_parameter(&draft, &pair);
		}
	}
	return draft_keep(&draft, to, room, count);
}

void
digest_session_info(struct digest_session *session, struct span authentication_info)
{
	struct reader r = reader_of(authentication_info);
	struct digest_challenge next = session->challenge;
	bool bad = false, found = false;

	while (r.at < r.end) {
		struct span scheme;
		struct pair pair;

		while (r.at < r.end && (scan_blank(*r.at) || *r.at == ','))
			r.at++;
		if (r.at == r.end || !take_element(&r, &scheme, &pair) || span_there(scheme))
			continue;
		if (span_equal_nocase(pair.name, "nextnonce") && !found) {
			found = true;
			unescape(pair.value, next.nonce, &bad);
		}
	}
	if (found && !bad && next.nonce[0] != '\0' && session->challenge.nonce[0] != '\0')
		digest_session_start(session, &next);
}
