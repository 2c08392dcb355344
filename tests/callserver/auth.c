/* SPDX-License-Identifier: ISC */
#include "auth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "net/entropy.h"
#include "sip/scan.h"

enum {
	NONCE_SIZE = 33,
	NONCES_MAX = 200000,	/* the oldest go first */
	VALUE_SIZE = 512,
};

struct user {
	UT_hash_handle hh;
	char *name, *password;
};

struct nonce {
	UT_hash_handle hh;
	char text[NONCE_SIZE];
	uint64_t count;		/* the greatest that was used */
	struct instant given;
};

/* The parameters of a Digest header; "" if not there. */
struct credentials {
	char username[VALUE_SIZE], realm[VALUE_SIZE], nonce[VALUE_SIZE], uri[VALUE_SIZE], response[VALUE_SIZE],
	    algorithm[VALUE_SIZE], cnonce[VALUE_SIZE], qop[VALUE_SIZE], nc[VALUE_SIZE];
};

/* ---- Users ---- */

static void
user_free(struct user *user)
{
	if (user != NULL) {
		free(user->name);
		free(user->password);
	}
	free(user);
}

bool
users_remove(struct users *users, const char *name)
{
	struct user *user;

	HASH_FIND_STR(users->table, name, user);
	if (user == NULL)
		return false;
	HASH_DEL(users->table, user);
	user_free(user);
	return true;
}

int
users_set(struct users *users, const char *name, const char *password)
{
	struct user *user = calloc(1, sizeof(*user));

	if (user != NULL) {
		user->name = strdup(name);
		user->password = strdup(password);
	}
	if (user == NULL || user->name == NULL || user->password == NULL) {
		user_free(user);
		return -ENOMEM;
	}
	users_remove(users, name);
	HASH_ADD_KEYPTR(hh, users->table, user->name, strlen(user->name), user);
	return 0;
}

static const struct user *
find_user(const struct users *users, const char *name)
{
	struct user *user;

	HASH_FIND_STR(users->table, name, user);
	if (user == NULL)
		HASH_FIND_STR(users->table, AUTH_ANYBODY, user);
	return user;
}

bool
users_known(const struct users *users, const char *name)
{
	return find_user(users, name) != NULL;
}

void
users_fini(struct users *users)
{
	struct user *user, *next;

	HASH_ITER(hh, users->table, user, next) {
		HASH_DEL(users->table, user);
		user_free(user);
	}
}

/* ---- Nonces ---- */

static void
nonce_remove(struct nonces *nonces, struct nonce *nonce)
{
	HASH_DEL(nonces->table, nonce);
	free(nonce);
}

static const char *
nonce_new(struct nonces *nonces, struct instant now)
{
	struct nonce *nonce = calloc(1, sizeof(*nonce));

	if (nonce == NULL)
		return "";	/* a nonce that nobody can use: the client is asked again */
	if (HASH_COUNT(nonces->table) >= NONCES_MAX)
		nonce_remove(nonces, nonces->table);
	entropy_hex(nonce->text, NONCE_SIZE - 1);
	nonce->given = now;
	HASH_ADD_STR(nonces->table, text, nonce);
	return nonce->text;
}

void
nonces_fini(struct nonces *nonces)
{
	while (nonces->table != NULL)
		nonce_remove(nonces, nonces->table);
}

/* ---- Credentials ---- */

/* Takes the quotes and their escapes away. A value that does not fit is no value. */
static void
copy_value(char to[VALUE_SIZE], struct span value)
{
	size_t n = 0;
	bool quoted = value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"';

	if (quoted)
		value = (struct span){ value.at + 1, value.len - 2 };
	for (size_t i = 0; i < value.len && n + 1 < VALUE_SIZE; i++) {
		if (quoted && value.at[i] == '\\' && i + 1 < value.len)
			i++;
		to[n++] = value.at[i];
	}
	to[n + 1 < VALUE_SIZE ? n : 0] = '\0';
}

static void
read_parameter(struct credentials *c, struct span item)
{
	const struct { const char *name; char *to; } known[] = {
		{ "username", c->username }, { "realm", c->realm }, { "nonce", c->nonce }, { "uri", c->uri },
		{ "response", c->response }, { "algorithm", c->algorithm }, { "cnonce", c->cnonce },
		{ "qop", c->qop }, { "nc", c->nc },
	};
	size_t equals = scan_find(item, 0, '=');
	struct span name = span_trim((struct span){ item.at, equals });

	if (equals == item.len)
		return;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (span_equal_nocase(name, known[i].name))
			copy_value(known[i].to,
			    span_trim((struct span){ item.at + equals + 1, item.len - equals - 1 }));
	}
}

static bool
read_credentials(struct credentials *c, const uint8_t *bytes, size_t len)
{
	static const char name[] = "Authorization", scheme[] = "Digest ";
	enum { NAME_LEN = sizeof(name) - 1, SCHEME_LEN = sizeof(scheme) - 1 };
	enum drop_reason why;
	struct scan scan;
	struct span item;

	*c = (struct credentials){ 0 };
	if (!scan_head(&scan, (const char *)bytes, len, &why))
		return false;
	for (size_t i = 0; i < scan.count; i++) {
		struct span raw = scan.lines[i].raw, value = scan.lines[i].value;

		if (raw.len <= NAME_LEN || !span_equal_nocase((struct span){ raw.at, NAME_LEN }, name)
		    || scan_token_char(raw.at[NAME_LEN]) || value.len <= SCHEME_LEN
		    || !span_equal_nocase((struct span){ value.at, SCHEME_LEN }, scheme))
			continue;
		value = (struct span){ value.at + SCHEME_LEN, value.len - SCHEME_LEN };
		while (scan_next_item(&value, &item))
			read_parameter(c, item);
		return true;
	}
	return false;
}

/* ---- The digest: RFC 7616 §3.4 ---- */

/* H(a:b:c…), up to the first NULL. Returns whether it could be made. */
static bool
hash_joined(enum hash hash, char text[HASH_TEXT_SIZE], const char *const parts[])
{
	struct strbuf b = { 0 };
	bool made;

	strbuf_append(&b, parts[0]);
	for (size_t i = 1; parts[i] != NULL; i++)
		strbuf_printf(&b, ":%s", parts[i]);
	made = !b.failed && hash_hex(hash, b.data, b.len, text) == 0;
	strbuf_fini(&b);
	return made;
}

static bool
response_right(enum hash hash, const struct credentials *c, const char *password, const char *method)
{
	char secret[HASH_TEXT_SIZE], what[HASH_TEXT_SIZE], expected[HASH_TEXT_SIZE];
	const char *const of_secret[] = { c->username, c->realm, password, NULL };
	const char *const of_what[] = { method, c->uri, NULL };
	const char *const new_form[] = { secret, c->nonce, c->nc, c->cnonce, c->qop, what, NULL };
	const char *const old_form[] = { secret, c->nonce, what, NULL };

	return hash_joined(hash, secret, of_secret) && hash_joined(hash, what, of_what)
	    && hash_joined(hash, expected, c->qop[0] != '\0' ? new_form : old_form)
	    && strcmp(expected, c->response) == 0;
}

/* The count has eight hex digits and rises; without qop there is none. */
static bool
count_rises(struct nonce *nonce, const struct credentials *c)
{
	unsigned long long count;
	char *end;

	if (c->qop[0] == '\0')
		return true;
	count = strtoull(c->nc, &end, 16);
	if (strlen(c->nc) != 8 || *end != '\0' || count <= nonce->count)
		return false;
	nonce->count = count;
	return true;
}

enum auth_verdict
auth_check(const struct auth_policy *policy, const struct users *users, struct nonces *nonces,
    const struct message *request, const uint8_t *bytes, size_t len, struct instant now)
{
	struct credentials c;
	const struct user *user;
	struct nonce *nonce;
	char method[32];

	if (!policy->required)
		return AUTH_GOOD;
	if (!read_credentials(&c, bytes, len) || strcmp(c.realm, policy->realm) != 0)
		return AUTH_NONE;
	HASH_FIND_STR(nonces->table, c.nonce, nonce);
	if (nonce == NULL)
		return AUTH_NONE;
	user = find_user(users, c.username);
	snprintf(method, sizeof(method), "%.*s", (int)request->method.len, request->method.at);
	if (user == NULL || !span_equal(request->request_uri, c.uri)
	    || !str_equal_nocase(c.algorithm[0] != '\0' ? c.algorithm : "MD5", auth_hash_str(policy->hash))
	    || !response_right(policy->hash, &c, user->password, method))
		return AUTH_WRONG;
	if (policy->nonce_life_ms > 0 && instant_since(nonce->given, now) > policy->nonce_life_ms)
		return AUTH_STALE;
	return count_rises(nonce, &c) ? AUTH_GOOD : AUTH_STALE;
}

void
auth_challenge(const struct auth_policy *policy, struct nonces *nonces, bool stale, struct instant now,
    struct strbuf *to)
{
	strbuf_printf(to, "WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\", algorithm=%s, qop=\"auth\"%s\r\n",
	    policy->realm, nonce_new(nonces, now), auth_hash_str(policy->hash), stale ? ", stale=true" : "");
}

const char *
auth_hash_str(enum hash hash)
{
	switch (hash) {
	case HASH_MD5:
		return "MD5";
	case HASH_SHA256:
		return "SHA-256";
	case HASH_SHA512_256:
		return "SHA-512-256";
	case HASH_KINDS:
		break;
	}
	return "?";
}

bool
auth_hash_parse(const char *text, enum hash *hash)
{
	for (enum hash h = 0; h < HASH_KINDS; h++) {
		if (str_equal_nocase(text, auth_hash_str(h)) && hash_supported(h)) {
			*hash = h;
			return true;
		}
	}
	return false;
}
