/* SPDX-License-Identifier: ISC */
/* The scripted call server: answers OPTIONS, keeps bindings, asks for credentials, and does wrong as told. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "sip/build.h"
#include "tally.h"

enum { EXPIRES_ASKED_S = 3600, EXPIRES_MAX_S = 3600, REMEMBER_MS = 64000 };

struct done {				/* a request that was answered, for its copies */
	UT_hash_handle hh;
	char *branch;
	struct strbuf answer;
	struct instant said;
};

/* What an Authorization header says. */
struct credentials {
	struct span user, realm, nonce, uri, response, qop, cnonce, nc, algorithm;
};

void
script_init(struct script *script)
{
	*script = (struct script){ .options_code = 200, .realm = "world", .password = "secret" };
}

/* It does not say how long it keeps a binding, or says nonsense, and keeps it all the same. */
static bool
grants_nonsense(const struct script *s)
{
	uint64_t said;

	return s->grant[0] != '\0' && (!span_number(span_of(s->grant), UINT32_MAX, &said) || said == 0);
}

bool
host_keeps(const struct host *host)
{
	return host->script.registering != REGISTER_FOREIGN && !grants_nonsense(&host->script);
}

bool
host_well(const struct host *host)
{
	const struct script *s = &host->script;

	return s->mode == HOST_UP && s->untrusted[0] == '\0' && s->loss_percent == 0 && s->delay_ms == 0 && s->options_code != 0
	    && s->options_code != 408 && s->options_code < 500 && s->register_delay_ms == 0
	    && !grants_nonsense(s) && (s->registering == REGISTER_OK || s->registering == REGISTER_BARE
	    || s->registering == REGISTER_REWRITTEN);
}

/* ---- Answers ---- */

static const char *
phrase(int code)
{
	static const struct { int code; const char *phrase; } phrases[] = {
		{ 200, "OK" }, { 302, "Moved Temporarily" }, { 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 407, "Proxy Authentication Required" }, { 408, "Request Timeout" }, { 423, "Interval Too Brief" },
		{ 480, "Temporarily Unavailable" }, { 486, "Busy Here" }, { 500, "Server Internal Error" },
		{ 503, "Service Unavailable" }, { 603, "Decline" },
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].code == code)
			return phrases[i].phrase;
	}
	return "Answer";
}

static void
done_free(struct host *host, struct done *done)
{
	HASH_DEL(host->done, done);
	free(done->branch);
	strbuf_fini(&done->answer);
	free(done);
}

static void
answer(struct host *host, const struct packet *packet, const struct message *request, int code, const char *headers,
    int64_t delay_ms)
{
	struct done *done = memory(sizeof(*done)), *old, *next;
	struct address seen = packet->from;
	char tag[24];

	HASH_ITER(hh, host->done, old, next) {	/* in the order in which they were added */
		if (instant_since(old->said, world_now()) <= REMEMBER_MS)
			break;
		done_free(host, old);
	}
	snprintf(tag, sizeof(tag), "w%08x", world_random(UINT32_MAX));
	if (host->script.nat)
		seen.port = host->script.nat_new_port ? (uint16_t)(20000 + world_random(20000)) : 40000;
	build_answer(&done->answer, request, &seen, code, phrase(code), tag, headers);
	if (done->answer.failed)
		abort();
	delay_ms += host->script.delay_ms;
	done->branch = text_copy(request->via_branch);
	done->said = instant_add(world_now(), delay_ms);
	HASH_ADD_KEYPTR(hh, host->done, done->branch, strlen(done->branch), done);
	network_to_agent(host, done->answer.data, done->answer.len, delay_ms);
}

/* A copy of what was answered before gets the same answer again, unless that is still to come. */
static bool
answered_before(struct host *host, const struct message *request)
{
	char *branch = text_copy(request->via_branch);
	struct done *done;

	HASH_FIND_STR(host->done, branch, done);
	free(branch);
	if (done != NULL && instant_due(done->said, world_now()))
		network_to_agent(host, done->answer.data, done->answer.len, 0);
	return done != NULL;
}

static void
answer_later(struct host *host, const struct packet *packet, const struct message *request, int code,
    int64_t retry_after_s, int64_t delay_ms)
{
	char header[48] = "";

	if (retry_after_s > 0)
		snprintf(header, sizeof(header), "Retry-After: %lld\r\n", (long long)retry_after_s);
	answer(host, packet, request, code, header, delay_ms);
}

/* ---- Bindings ---- */

static bool
live(const struct binding *b)
{
	return instant_before(world_now(), b->ends);
}

bool
registrar_binding(const struct host *host, const char *aor, struct instant *granted, bool kept)
{
	for (const struct binding *b = host->bindings; b != NULL; b = b->next) {
		if (!live(b) || strcmp(b->aor, aor) != 0 || (kept && b->abandoned))
			continue;
		if (granted != NULL)
			*granted = b->granted_at;
		return true;
	}
	return false;
}

bool
world_binding(const char *aor, const struct address *server)
{
	for (const struct host *host = network_hosts(); host != NULL; host = host->hh.next) {
		if ((server == NULL || address_equal(server, &host->address)) && registrar_binding(host, aor, NULL, false))
			return true;
	}
	return false;
}

bool
world_bound_as(const char *aor, const struct address *server, const char *text)
{
	const struct host *host = network_host(server);

	for (const struct binding *b = host == NULL ? NULL : host->bindings; b != NULL; b = b->next) {
		if (live(b) && strcmp(b->aor, aor) == 0 && strstr(b->uri, text) != NULL)
			return true;
	}
	return false;
}

size_t
world_bindings(const char *aor, const struct address *server)
{
	const struct host *host = network_host(server);
	size_t count = 0;

	for (const struct binding *b = host == NULL ? NULL : host->bindings; b != NULL; b = b->next)
		count += strcmp(b->aor, aor) == 0 && instant_before(world_now(), b->ends);
	return count;
}

static void
binding_remove(struct binding **at)
{
	struct binding *b = *at;

	*at = b->next;
	free(b->aor);
	free(b->uri);
	free(b->call_id);
	free(b);
}

void
world_forget_bindings(const struct address *server)
{
	struct host *host = network_host(server);

	while (host != NULL && host->bindings != NULL)
		binding_remove(&host->bindings);
}

void
registrar_free(struct host *host)
{
	while (host->bindings != NULL)
		binding_remove(&host->bindings);
	while (host->nonces != NULL) {
		struct nonce *n = host->nonces;

		host->nonces = n->next;
		free(n);
	}
	while (host->done != NULL)
		done_free(host, host->done);
}

static struct binding **
binding_find(struct host *host, const char *aor, struct span uri)
{
	struct binding **at = &host->bindings;

	while (*at != NULL) {
		if (!live(*at))
			binding_remove(at);
		else if (strcmp((*at)->aor, aor) == 0 && span_equal(uri, (*at)->uri))
			return at;
		else
			at = &(*at)->next;
	}
	return at;
}

/* Returns false when the request is older than what is stored (RFC 3261 §10.3, step 7). */
static bool
bind(struct host *host, const char *aor, const struct message *request, struct span uri, uint64_t expires_s,
    struct instant sent)
{
	struct binding **at = binding_find(host, aor, uri);

	if (*at != NULL && span_equal(request->call_id, (*at)->call_id) && request->cseq <= (*at)->cseq)
		return false;
	if (expires_s == 0) {
		if (*at != NULL)
			binding_remove(at);
		return true;
	}
	if (*at == NULL) {
		*at = memory(sizeof(**at));
		(*at)->aor = text_copy(span_of(aor));
		(*at)->uri = text_copy(uri);
	}
	free((*at)->call_id);
	(*at)->call_id = text_copy(request->call_id);
	(*at)->cseq = request->cseq;
	(*at)->granted_at = world_now();
	(*at)->ends = instant_add(world_now(), (int64_t)expires_s * 1000);
	invariants_binding(host, *at, sent);
	(*at)->abandoned |= grants_nonsense(&host->script);
	return true;
}

/* ---- Credentials ---- */

static struct span
header(const struct packet *packet, const char *name)
{
	const char *at = (const char *)packet->bytes, *end = at + packet->len;
	size_t len = strlen(name);

	while (at < end && *at != '\r') {
		const char *eol = memchr(at, '\r', (size_t)(end - at));

		if (eol == NULL)
			break;
		if ((size_t)(eol - at) > len && at[len] == ':'
		    && span_equal_nocase((struct span){ at, len }, name))
			return span_trim((struct span){ at + len + 1, (size_t)(eol - at) - len - 1 });
		at = eol + 2;
	}
	return (struct span){ 0 };
}

/* `name=value` or `name="value"`; our own credentials hold no escapes. */
static struct span
parameter(struct span s, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i + len + 1 < s.len; i++) {
		struct span value;

		if ((i > 0 && s.at[i - 1] != ' ' && s.at[i - 1] != ',') || s.at[i + len] != '='
		    || !span_equal_nocase((struct span){ s.at + i, len }, name))
			continue;
		value.at = s.at + i + len + 1;
		value.len = s.len - i - len - 1;
		if (*value.at == '"') {
			const char *quote = memchr(value.at + 1, '"', value.len - 1);

			return (struct span){ value.at + 1, quote == NULL ? 0 : (size_t)(quote - value.at) - 1 };
		}
		for (size_t n = 0; n < value.len; n++) {
			if (value.at[n] == ',' || value.at[n] == ' ')
				value.len = n;
		}
		return value;
	}
	return (struct span){ 0 };
}

static bool
credentials(const struct packet *packet, bool proxy, struct credentials *c)
{
	struct span s = header(packet, proxy ? "Proxy-Authorization" : "Authorization");

	if (!span_there(s))
		return false;
	*c = (struct credentials){ parameter(s, "username"), parameter(s, "realm"), parameter(s, "nonce"),
	    parameter(s, "uri"), parameter(s, "response"), parameter(s, "qop"), parameter(s, "cnonce"),
	    parameter(s, "nc"), parameter(s, "algorithm") };
	return true;
}

static struct nonce *
nonce_new(struct host *host)
{
	struct nonce *n = memory(sizeof(*n));

	for (size_t i = 0; i + 1 < sizeof(n->text); i++)
		n->text[i] = "0123456789abcdef"[world_random(16)];
	snprintf(n->realm, sizeof(n->realm), "%s", host->script.realm);
	if (host->script.auth_new_realm)
		snprintf(n->realm, sizeof(n->realm), "realm%u", world_random(UINT32_MAX));
	n->given = world_now();
	n->next = host->nonces;
	host->nonces = n;
	return n;
}

static struct nonce *
nonce_find(const struct host *host, struct span text)
{
	struct nonce *n = host->nonces;

	while (n != NULL && !span_equal(text, n->text))
		n = n->next;
	return n;
}

static void
copy(char *to, size_t room, struct span s)
{
	snprintf(to, room, "%.*s", (int)s.len, s.at == NULL ? "" : s.at);
}

static uint32_t
hexadecimal(struct span s)
{
	char text[16];

	copy(text, sizeof(text), s);
	return (uint32_t)strtoul(text, NULL, 16);
}

static bool
response_right(const struct host *host, const struct credentials *c, const struct nonce *nonce,
    const struct message *request)
{
	struct digest_session session = { .challenge = { .algorithm = host->script.auth, .algorithm_given = true,
	    .qop_auth = span_there(c->qop), .proxy = host->script.auth_proxy } };
	struct strbuf line = { 0 };
	char user[128], uri[256];
	struct span ours;
	bool right;

	copy(session.challenge.realm, sizeof(session.challenge.realm), span_of(nonce->realm));
	copy(session.challenge.nonce, sizeof(session.challenge.nonce), span_of(nonce->text));
	copy(session.cnonce, sizeof(session.cnonce), c->cnonce);
	session.nonce_count = span_there(c->nc) ? hexadecimal(c->nc) - 1 : 0;
	copy(user, sizeof(user), c->user);
	copy(uri, sizeof(uri), c->uri);
	if (digest_authorize(&session, user, host->script.password, "REGISTER", uri, &line) != 0 || line.failed)
		abort();
	ours = parameter((struct span){ line.data, line.len }, "response");
	right = span_there(c->response) && ours.len == c->response.len
	    && memcmp(ours.at, c->response.at, ours.len) == 0
	    && c->uri.len == request->request_uri.len
	    && memcmp(c->uri.at, request->request_uri.at, c->uri.len) == 0;
	strbuf_fini(&line);
	return right;
}

static void
challenge(struct host *host, const struct packet *packet, const struct message *request, bool stale)
{
	const struct script *s = &host->script;
	struct strbuf b = { 0 };
	const struct nonce *n = nonce_new(host);

	strbuf_printf(&b, "%s: Digest realm=\"%s\", nonce=\"%s\", algorithm=%s%s%s, opaque=\"0paque\"\r\n",
	    s->auth_proxy ? "Proxy-Authenticate" : "WWW-Authenticate", n->realm, n->text,
	    digest_algorithm_str(s->auth == DIGEST_UNKNOWN ? DIGEST_MD5 : s->auth),
	    s->auth_no_qop ? "" : ", qop=\"auth\"", stale ? ", stale=true" : "");
	answer(host, packet, request, s->auth_proxy ? 407 : 401, b.data, 0);
	strbuf_fini(&b);
}

/* What it holds of the account cannot be taken back with such credentials. */
static void
refuse_credentials(struct host *host, const struct packet *packet, const struct message *request, bool stale)
{
	char aor[320];

	aor_of(request, aor, sizeof(aor));
	for (struct binding *b = host->bindings; b != NULL; b = b->next)
		if (strcmp(b->aor, aor) == 0)
			b->abandoned = true;
	challenge(host, packet, request, stale);
}

/* Returns true when the request may go on; else it was answered. */
static bool
authenticated(struct host *host, const struct packet *packet, const struct message *request)
{
	const struct script *s = &host->script;
	struct credentials c;
	struct nonce *nonce;
	uint32_t count;

	if (s->auth == DIGEST_UNKNOWN)
		return true;
	if (!credentials(packet, s->auth_proxy, &c) || (nonce = nonce_find(host, c.nonce)) == NULL
	    || !span_equal(c.realm, nonce->realm)) {
		challenge(host, packet, request, false);
		return false;
	}
	if (!response_right(host, &c, nonce, request)) {
		refuse_credentials(host, packet, request, false);
		return false;
	}
	count = span_there(c.nc) ? hexadecimal(c.nc) : nonce->count + 1;
	if (s->auth_stale || s->auth_new_realm || count <= nonce->count
	    || (s->nonce_life_ms > 0 && instant_since(nonce->given, world_now()) > s->nonce_life_ms)) {
		tally(TALLY_B35_STALE);
		refuse_credentials(host, packet, request, !s->auth_new_realm);
		return false;
	}
	nonce->count = count;
	tally(TALLY_B35_DIGEST);
	return true;
}

/* ---- REGISTER ---- */

static uint64_t
expires_asked(const struct message *request)
{
	uint64_t s = EXPIRES_ASKED_S, own, most = 0;
	bool said = false;

	if (span_there(request->expires))
		span_number(request->expires, UINT32_MAX, &s);
	for (size_t i = 0; i < request->contact_count; i++) {
		if (!span_number(request->contacts[i].expires, UINT32_MAX, &own))
			continue;
		said = true;
		most = own > most ? own : most;		/* a Contact that goes says nothing of one that stays */
	}
	return said ? most : s;
}

static void
list_contacts(struct strbuf *b, const struct host *host, const char *aor)
{
	const struct script *s = &host->script;
	char ends[WORLD_TEXT];
	bool any = false;

	if (s->registering == REGISTER_BARE)
		return;
	for (const struct binding *i = host->bindings; i != NULL; i = i->next) {
		if (!live(i) || strcmp(i->aor, aor) != 0)
			continue;
		if (s->grant[0] != '\0')
			snprintf(ends, sizeof(ends), "%s", s->grant);
		else
			snprintf(ends, sizeof(ends), "%lld", (long long)instant_since(world_now(), i->ends) / 1000);
		if (s->registering == REGISTER_REWRITTEN)
			strbuf_printf(b, "Contact: <%.*s@203.0.113.9:1024>", (int)strcspn(i->uri, "@"), i->uri);
		else
			strbuf_printf(b, "Contact: <%s>", i->uri);
		if (s->grant_place == GRANT_IN_CONTACT)
			strbuf_printf(b, ";expires=%s", ends);
		strbuf_append(b, "\r\n");
		any = true;
	}
	if (any && s->grant_place == GRANT_IN_HEADER)
		strbuf_printf(b, "Expires: %s\r\n", ends);
}

static void
accept_register(struct host *host, const struct packet *packet, const struct message *request, const char *aor)
{
	const struct script *s = &host->script;
	struct strbuf headers = { 0 };
	uint64_t asked = expires_asked(request), grant = asked, said;

	if (asked != 0 && asked < s->min_expires_s) {
		strbuf_printf(&headers, "Min-Expires: %u\r\n", s->min_expires_s);
		tally(TALLY_B36_BRIEF);
		answer(host, packet, request, 423, headers.data, 0);
		strbuf_fini(&headers);
		return;
	}
	if (asked != 0 && span_number(span_of(s->grant), UINT32_MAX, &said) && said > 0)
		grant = said;
	if (asked != 0 && grant != asked)
		tally(grant < 30 ? TALLY_B33_SHORT : TALLY_B33_GRANT);
	if (asked != 0 && s->registering == REGISTER_BARE)
		tally(TALLY_B33_BARE);
	if (asked != 0 && s->registering == REGISTER_FOREIGN)
		tally(TALLY_B15_NOT_STORED);
	if (grant > EXPIRES_MAX_S)
		grant = EXPIRES_MAX_S;
	for (size_t i = 0; i < request->contact_count; i++) {
		struct span own = request->contacts[i].expires;
		uint64_t expires = grant;

		if (span_there(own) && span_equal(own, "0"))
			expires = 0;
		if (s->registering != REGISTER_FOREIGN
		    && !bind(host, aor, request, request->contacts[i].uri, expires, packet->sent)) {
			answer(host, packet, request, 500, NULL, 0);
			return;
		}
	}
	if (s->registering == REGISTER_FOREIGN)
		strbuf_append(&headers, "Contact: <sip:somebody@203.0.113.7:5060>;expires=300\r\n");
	else
		list_contacts(&headers, host, aor);
	if (s->auth_nextnonce && s->auth != DIGEST_UNKNOWN)
		strbuf_printf(&headers, "Authentication-Info: nextnonce=\"%s\"\r\n", nonce_new(host)->text);
	answer(host, packet, request, 200, headers.data, s->register_delay_ms);
	strbuf_fini(&headers);
}

static void
take_register(struct host *host, const struct packet *packet, const struct message *request)
{
	const struct script *s = &host->script;
	char aor[320];

	if (request->contact_star)
		world_fail("an unregister for `*` sent to %s: it takes every binding away (B40)", host->text);
	switch (s->registering) {
	case REGISTER_SILENT:
		return;
	case REGISTER_CODE:
		answer_later(host, packet, request, s->register_code, s->register_retry_after_s, s->register_delay_ms);
		return;
	case REGISTER_CHALLENGE:
		challenge(host, packet, request, false);
		return;
	case REGISTER_OK:
	case REGISTER_FOREIGN:
	case REGISTER_BARE:
	case REGISTER_REWRITTEN:
		break;
	}
	if (authenticated(host, packet, request))
		accept_register(host, packet, request, aor_of(request, aor, sizeof(aor)));
}

void
registrar_take(struct host *host, const struct packet *packet)
{
	const struct message *request = &packet->message;
	const struct script *s = &host->script;

	if (answered_before(host, request))
		return;
	if (span_equal(request->method, "REGISTER"))
		take_register(host, packet, request);
	else if (!span_equal(request->method, "OPTIONS"))
		answer(host, packet, request, 405, NULL, 0);
	else if (s->options_code != 0) {
		if (s->options_retry_after_s > 0)
			tally(TALLY_B14_RETRY);
		answer_later(host, packet, request, s->options_code, s->options_retry_after_s, 0);
	}
}
