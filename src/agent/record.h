/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_RECORD_H
#define SIPKEEPD_AGENT_RECORD_H

/*
 * Every transition is one record with cause and reason: one line in the log, and one call of who listens (B73).
 * Nothing else logs a transition. Steady state makes no record.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "core/selection.h"

enum record_kind {
	RECORD_SERVER_UP,
	RECORD_SERVER_DOWN,
	RECORD_SERVER_UNKNOWN,
	RECORD_REGISTERED,
	RECORD_FAILED_OVER,		/* left a server for its state (B37) */
	RECORD_FAILED_BACK,		/* to a better one (B38) */
	RECORD_MOVED,			/* left a server for another cause: drained, no longer listed */
	RECORD_REFUSED,			/* B15, B16 */
	RECORD_HELD_OFF,		/* B18 */
	RECORD_UNREGISTERED,		/* Expires 0 was answered, or was not */
	RECORD_DNS_FAILED,		/* nothing is known of that name */
	RECORD_DNS_STALE,		/* the last good answer stays (B51) */
	RECORD_DNS_FRESH,		/* an answer again */
	RECORD_DRAINED,			/* B74 */
	RECORD_UNDRAINED,
	RECORD_FROZEN,			/* B60 */
	RECORD_THAWED,
	RECORD_NEW_ADDRESS,		/* B62 */
	RECORD_RELOADED,		/* B71 */
	RECORD_REMOVED,			/* an account is not configured any more */
	RECORD_KINDS,
};

#define RECORD_TEXT_SIZE 512

/* What does not apply is NULL. Texts live during the call of the listener only. */
struct record {
	enum record_kind kind;
	struct instant when;
	int64_t wall_s;			/* seconds since 1970 */
	const char *account;		/* "100@example.com" */
	const char *server;		/* "udp:192.0.2.1:5060": where it is now */
	const char *from;		/* the server that it left; registered: where it was before, unless there */
	const char *question;		/* "A sip.example.com" */
	const char *cause;		/* the word for programs: of selection_reason_str(), health_cause_str() … */
	const char *text;		/* the sentence, without the object that it is about */
	int64_t detect_ms;		/* a server is down: since when it has left our packets unanswered */
	unsigned accounts;		/* a server is down: that were there */
	bool repeated;			/* refused or held off: that account was already, on that server */
};

struct agent;

/* Makes one: logs it and tells the listener. `when`, `wall_s` and `text` are filled here; format gives the text. */
void record_make(struct agent *agent, struct record record, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What the line in the log is about: the account, else the server, else the question; may be NULL. */
const char *record_object(const struct record *record);

/* What a move of an account to another server is, by what moved it. */
enum record_kind record_kind_of_move(enum selection_reason reason);

/* The word for tool and JSON: "failed-over". */
const char *record_kind_str(enum record_kind kind);

#endif
