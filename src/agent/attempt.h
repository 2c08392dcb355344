/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_ATTEMPT_H
#define SIPKEEPD_AGENT_ATTEMPT_H

/*
 * One attempt to register or unregister an account at one candidate: the REGISTER, the answers to its challenges
 * (B35), 423 (B36), and what came of it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "agent/agent_private.h"
#include "agent/contact.h"

struct account;
struct candidate;

enum attempt_kind {
	ATTEMPT_REGISTER,
	ATTEMPT_QUESTION,		/* no Contact: it stores nothing (B38, RFC 3261 §10.2.3) */
	ATTEMPT_UNREGISTER,		/* Expires 0 for the Contact that is bound there */
};

enum attempt_end {
	ATTEMPT_GOES_ON,	/* another transaction of the same attempt is on its way */
	ATTEMPT_ACCEPTED,	/* granted; with ATTEMPT_UNREGISTER: taken back */
	ATTEMPT_REFUSED,	/* the candidate is failed for this account (B15) */
	ATTEMPT_PUT_OFF,	/* 408, 480, 5xx, 6xx (B18) */
	ATTEMPT_SILENT,		/* no answer in 32 s */
	ATTEMPT_UNREACHABLE,	/* the transport says that nobody is there */
	ATTEMPT_LOCAL,		/* it could not be sent, through no fault of the server */
};

const char *attempt_end_str(enum attempt_end end);

struct attempt_outcome {
	enum attempt_end end;
	int sip_code;			/* of the last answer; 0: none */
	int64_t retry_after_ms;		/* 0: none */
	int64_t granted_s;		/* ATTEMPT_ACCEPTED of ATTEMPT_REGISTER */
	bool contact_changed;		/* the server sees us elsewhere than the Contact says (B30, received) */
	char text[200];			/* in words, for log and status */
};

struct attempt {
	struct owner owner;		/* first */
	struct account *account;
	struct candidate *candidate;
	enum attempt_kind kind;
	struct handle transaction;
	struct instant sent_at;		/* first copy of the last request */
	struct instant bound_before;	/* candidate->bound_until before the attempt */
	bool outdated;			/* the settings have changed since: what it meets says nothing */
	struct contact contact;
	int64_t expires_s;		/* asked for */
	unsigned with_credentials;	/* requests sent with credentials */
	bool repeated;			/* several copies of the last request were sent: a registrar that counts nonces
					   and keeps no transactions refuses the second one of a pair that it took */
	unsigned challenges;		/* answers 401, 407 */
	unsigned too_brief;		/* answers 423 */
	struct address contact_address;	/* that the Contact names */
	bool fresh[2];			/* [proxy]: its last credentials were for a nonce given in this attempt */
};

/*
 * Sends the first request.
 *
 * outcome   when it could not be sent: what came of it; the attempt is gone then
 * Returns NULL then.
 */
struct attempt *attempt_new(struct account *account, struct candidate *candidate, enum attempt_kind kind,
    struct attempt_outcome *outcome);

/* Gives it up; no more copies are sent. NULL is fine. */
void attempt_free(struct attempt *attempt);

/* Its server is unreachable: where only one copy was sent, nothing can have been stored by it. */
void attempt_came_back(struct attempt *attempt);

/* A transaction of it has ended. The attempt stays until attempt_free(). */
void attempt_on_result(struct attempt *attempt, const struct clienttx_result *result,
    struct attempt_outcome *outcome);

#endif
