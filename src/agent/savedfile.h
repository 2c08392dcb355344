/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_SAVEDFILE_H
#define SIPKEEPD_AGENT_SAVEDFILE_H

/*
 * What is kept on disk between two runs, as data and as text (B55): the DNS answers that are believed, and what the
 * call servers may hold for the accounts. JSON with a version in it; read strictly, whole or not at all. No secrets.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/dns.h"
#include "base/str.h"

#define SAVEDFILE_MAX (4 * 1024 * 1024)	/* bytes that are read */

struct saved_answer {
	char *name;			/* of the question, lower case */
	enum dns_type type;
	int64_t confirmed_s;		/* wall clock, when DNS last said so; 0: at some time */
	struct dns_answer answer;	/* GOOD, NXDOMAIN or NODATA */
};

/* A registrar may hold a binding of the account. */
struct saved_binding {
	char *account;			/* "100@example.com" */
	struct peer peer;
	char *name;			/* of the server, as DNS or the configuration has it; NULL: none */
	char *contact;			/* URI; NULL: not known whether there is one */
	int64_t lasts_s;		/* the longest that was asked or granted */
	int64_t until_s;		/* left behind: until then, wall clock. 0: the account is there and refreshes it */
};

/* Zeroed: nothing. */
struct saved {
	struct saved_answer *answers;
	size_t answer_count;
	struct saved_binding *bindings;
	size_t binding_count;
};

void savedfile_fini(struct saved *saved);

/* As savedfile_equal() wants it; what was read is sorted. */
void savedfile_sort(struct saved *saved);

/* Replaces what is in *to by the text; to->failed says that memory ran out. */
void savedfile_write(const struct saved *saved, struct strbuf *to);

/*
 * Reads a text; anything that is not exactly ours makes all of it invalid.
 *
 * error   on failure: why, in words
 * Returns false then, and *saved is empty.
 */
bool savedfile_read(struct saved *saved, struct span text, char error[256]);

/*
 * The same to whoever reads it later: when DNS confirmed it, the order of the records and a difference of a minute
 * in `until` do not count. Both are sorted.
 */
bool savedfile_equal(const struct saved *a, const struct saved *b);

#endif
