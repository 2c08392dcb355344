/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CANDIDATE_H
#define SIPKEEPD_AGENT_CANDIDATE_H

/*
 * A call server as one account sees it: its place in the account's list, what the account has met there, and who
 * the account is there (Call-ID, CSeq, nonce, Contact).
 */

#include "agent/server.h"
#include "core/candidates.h"
#include "core/penalty.h"
#include "sip/digest.h"

struct account;

struct candidate {
	struct account *account;
	struct server *server;
	LIST_ENTRY(candidate) of_server;
	LIST_ENTRY(candidate) left_link;
	bool left;			/* it is in server->left_behind */
	unsigned rank;			/* SELECTION_UNLISTED: not listed any more */
	unsigned priority;
	unsigned order;
	char *name;			/* that it came from, or NULL */
	struct penalty penalty;

	char call_id[SIP_CALL_ID_SIZE];	/* kept while the daemon runs (B34) */
	char from_tag[SIP_TAG_SIZE];
	uint32_t cseq;
	struct digest_session *www;	/* NULL until challenged (B35) */
	struct digest_session *proxy;
	int64_t min_expires_s;		/* from 423; 0: none (B36) */
	struct address seen_as;		/* our address as the server sees it; ADDRESS_NONE: not known (B30) */
	char *bound_contact;		/* URI that it accepted last, or NULL */
	struct instant bound_until;	/* it may hold a binding until then, by what was asked and granted */
	int64_t bound_for_s;		/* the longest of these since it held none */
	struct instant left_at;		/* when the account went elsewhere */
	struct instant cleaned_at;	/* when it was last asked to take a binding back that was left behind */
	bool cleaned;			/* it was, since the account left */
};

/* In no list yet; makes or shares the server. NULL without memory. */
struct candidate *candidate_new(struct account *account, const struct candidate_place *place);
void candidate_free(struct candidate *candidate);	/* and the server, when this was its last */

/* Takes another place in the list. Returns false without memory; only the name may be missing then. */
bool candidate_place(struct candidate *candidate, const struct candidate_place *place);

/* The registrar may hold a binding of the account that nobody has taken back. */
bool candidate_may_be_bound(const struct candidate *candidate);

/* A REGISTER that may be stored for that long has been sent. */
void candidate_maybe_bound_for(struct candidate *candidate, int64_t seconds);
void candidate_unbound(struct candidate *candidate);

/*
 * What an earlier run has left there (B55).
 *
 * contact   URI, or NULL: not known
 * lasts_s   the longest that was asked or granted
 * left_ms   of that, how much may be left
 * Returns false without memory.
 */
bool candidate_recall_binding(struct candidate *candidate, const char *contact, int64_t lasts_s, int64_t left_ms);

/* It may be bound, and the account is elsewhere, or refused there for now (B40). */
bool candidate_is_left_behind(const struct candidate *candidate);

/* Where an account left, or was refused after it may have been stored: remembered if something may be bound. */
void candidate_leave(struct candidate *candidate);

/* The first that a server's list of them has; some behind it may not be any more. NULL if there is none. */
struct candidate *candidate_first_left_behind(struct server *server);

/* It may be asked to take the binding back: it was up when the account left, or has answered something since
 * then; once it was asked, it must have come up anew (B40). */
bool candidate_can_be_cleaned(const struct candidate *candidate);

#endif
