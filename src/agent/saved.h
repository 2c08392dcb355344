/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_SAVED_H
#define SIPKEEPD_AGENT_SAVED_H

/*
 * What is kept on disk between two runs, as data (B55): the DNS answers that are believed, what the call servers may
 * hold for the accounts, and which servers are drained. No secrets. As text: savedfile.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/dns.h"

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
	struct peer *drained;		/* servers that are out of use (B74) */
	size_t drained_count;
};

void saved_fini(struct saved *saved);

/* As saved_equal() and saved_any_twice() want it. */
void saved_sort(struct saved *saved);

/* The same question, binding or server stands there twice: not of our making. */
bool saved_any_twice(const struct saved *saved);

/*
 * The same to whoever reads it later: when DNS confirmed it, the order of the records and a difference of a minute
 * in `until` do not count.
 */
bool saved_equal(const struct saved *a, const struct saved *b);

#endif
