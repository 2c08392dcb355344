/* SPDX-License-Identifier: ISC */
#ifndef CALLSERVER_AUTH_H
#define CALLSERVER_AUTH_H

/*
 * Who may register: users with passwords, nonces with their counts, digest checked by the formulas of RFC 7616 and
 * not by the code that the daemon answers with, so that one mistake cannot hide on both sides.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/str.h"
#include "sip/hash.h"
#include "sip/message.h"

#define AUTH_REALM_SIZE 64
#define AUTH_ANYBODY "*"	/* the user whose password serves all who have none of their own */

struct user;
struct nonce;

struct users {
	struct user *table;
};

/* What a server asks for; the same for all that are configured alike. */
struct auth_policy {
	bool required;
	enum hash hash;
	char realm[AUTH_REALM_SIZE];
	int64_t nonce_life_ms;		/* older ones are stale; 0: they live as long as the server */
};

/* The nonces that one server gave. No other server takes them. */
struct nonces {
	struct nonce *table;
};

enum auth_verdict {
	AUTH_GOOD,
	AUTH_NONE,		/* no credentials, or for another realm, or for a nonce that is not ours */
	AUTH_STALE,		/* right, but the nonce is too old or its count went backwards */
	AUTH_WRONG,
};

/* Sets the user's password. Returns 0 or -ENOMEM. */
int users_set(struct users *users, const char *name, const char *password);
bool users_remove(struct users *users, const char *name);
bool users_known(const struct users *users, const char *name);
void users_fini(struct users *users);

/* bytes, len   the request as received: message_parse() keeps no credentials */
enum auth_verdict auth_check(const struct auth_policy *policy, const struct users *users, struct nonces *nonces,
    const struct message *request, const uint8_t *bytes, size_t len, struct instant now);

/* Appends a WWW-Authenticate line with a fresh nonce. */
void auth_challenge(const struct auth_policy *policy, struct nonces *nonces, bool stale, struct instant now,
    struct strbuf *to);
void nonces_fini(struct nonces *nonces);

/* "MD5", "SHA-256", "SHA-512-256". */
const char *auth_hash_str(enum hash hash);
bool auth_hash_parse(const char *text, enum hash *hash);	/* false if there is no such, or not in this build */

#endif
