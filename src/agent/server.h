/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_SERVER_H
#define SIPKEEPD_AGENT_SERVER_H

/*
 * One call server: its health and its one probe, shared by all accounts that have it as a candidate (B10). It tells
 * the accounts of every change by marking them unsettled; it never acts on them itself.
 */

#include <sys/queue.h>

#define HASH_NONFATAL_OOM 1		/* a thing whose hh.tbl is NULL was not added */
#include <uthash.h>

#include "agent/agent_private.h"
#include "agent/turns.h"
#include "core/health.h"
#include "sip/build.h"
#include "sip/clienttx.h"

#define SERVER_WHY_SIZE 200

struct candidate;

LIST_HEAD(candidate_list, candidate);

struct server {
	struct owner owner;		/* first */
	struct agent *agent;
	struct peer peer;
	char text[PEER_TEXT_SIZE];	/* its name in the log, and the key of the hash */
	struct candidate_list candidates;	/* of all accounts; they keep it alive */
	struct candidate_list left_behind;	/* that may hold a binding which nobody wants (B40) */
	struct instant left_latest;	/* when the last of them was left */
	struct timing timing;		/* the shortest that its accounts ask for, once looked up */
	bool timing_known;
	uint64_t number;		/* those that came later have a greater one */
	unsigned active;		/* accounts whose active candidate it is */
	unsigned expected;		/* accounts whose first candidate it is, whatever its state (roster.h) */
	struct health health;
	char why[SERVER_WHY_SIZE];	/* it is unreachable, in words */
	struct instant answered_at;	/* last answer to anything; meaningless before `answered` */
	bool answered;
	bool warned_of_silence;		/* that its silence to OPTIONS says nothing (B23) */

	enum network_way way;		/* B61 */
	enum network_way way_before;	/* while all are looked at */
	struct address local;		/* that our packets to it leave from, port 0; ADDRESS_NONE: not known */
	bool judged;			/* false while the network is down for all of its accounts (B60) */

	struct instant retry_at;	/* Retry-After of its 503: not probed before (B14) */
	struct telling telling;
	struct turns turns;		/* of accounts that must REGISTER here (B42) */
	struct timer *timer;		/* the one future probe (B21) */
	struct timer *flow_timer;	/* agent/flow: the next ping, or the refresh after an end */
	struct instant ping_at;		/* INSTANT_NEVER: none */
	struct instant refresh_at;	/* of its accounts; INSTANT_NEVER: none */
	struct instant refreshed_at;	/* for the end of a connection */
	struct handle probe;		/* the one pending; none */
	bool drained;			/* on request (B74) */
	int64_t rtt_ms;			/* -1: none yet */
	struct probe_counters probes;
	uint32_t cseq;
	char call_id[SIP_CALL_ID_SIZE];
	char from_tag[SIP_TAG_SIZE];
	UT_hash_handle hh;
};

/* The server of that peer, made and probed at once if it is new (B10). NULL without memory. */
struct server *server_acquire(struct agent *agent, const struct peer *peer);

/* The last candidate has left it: forgotten. */
void server_release_unused(struct server *server);

struct server *server_find(const struct agent *agent, const struct peer *peer);

/* Some server has this IP address, on any port (B85). */
struct server *server_find_ip(const struct agent *agent, const struct address *address);

/* Another account, or one less, has it as its active one: the probe interval may change (B20). */
void server_add_active(struct server *server, int change);

void server_probe(struct server *server);		/* now, unless one is pending */
void server_reschedule(struct server *server);	/* after a change that may shorten its interval */
void server_forget_timing(struct server *server);	/* its accounts, or their timers, have changed */
void server_learn_timing(struct server *server);	/* what has changed until now is of no interest */
void server_probe_anew(struct server *server, int64_t ms);	/* in ms; a pending one is forgotten (B60) */
void server_no_way(struct server *server, const char *why);	/* the way to it is lost, not the network (B61) */

/* Evidence from a REGISTER (B17). */
void server_register_answered(struct server *server, int sip_code);
void server_register_silent(struct server *server);

/* Nobody is there: the transport says so. why: in words, for the log. */
void server_unreachable(struct server *server, const char *why);

/* The end of its probe. */
void server_on_result(struct server *server, const struct clienttx_result *result);

#endif
