/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_AGENT_H
#define SIPKEEPD_AGENT_AGENT_H

/*
 * The daemon's living whole: owns accounts, servers, names and transactions, brings what comes in to them, applies
 * configurations, ends in order. Everything below it is reached through here.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "agent/config.h"
#include "agent/counters.h"
#include "agent/record.h"
#include "base/address.h"
#include "base/drops.h"
#include "base/instant.h"
#include "core/health.h"
#include "core/registration.h"
#include "core/selection.h"
#include "net/loop.h"

struct agent;
struct account;
struct wire_message;

/*
 * Opens sockets and takes the configuration over; nothing is sent yet.
 *
 * config   owned from now on when it succeeds
 * error    on failure: why, in words (256 bytes)
 * Returns NULL on failure.
 */
struct agent *agent_new(struct loop *loop, struct config *config, char error[256]);

/* Without a packet more. */
void agent_free(struct agent *agent);

/* How many accounts are dealt with in one turn of the loop (backlog.h), before it starts: tests make it small. */
void agent_set_slice(struct agent *agent, size_t accounts);

/* Looks up, probes, registers. Returns false without memory. */
bool agent_start(struct agent *agent);

/*
 * Applies another configuration as a difference (B71): begins to, then goes on step by step, as long as that returns 1,
 * with other events in between. All that can fail comes first; meanwhile nothing is touched. One at a time.
 *
 * config   owned from now on, whatever comes of it
 * also     takes over what of it is not the agent's, when nothing else can fail any more; if it returns false, having
 *          touched nothing and said why, the reload has failed. NULL: there is nothing
 * error    on failure: why (256 bytes)
 * Returns 0 or negative errno.
 */
int agent_reload_begin(struct agent *agent, struct config *config,
    bool (*also)(void *arg, const struct config *config, char error[256]), void *arg, char error[256]);

/* Returns 1 if there is more to do, 0 when the new configuration is in force, negative errno if it will never be. */
int agent_reload_on(struct agent *agent, char error[256]);

/* All steps at once. */
int agent_reload(struct agent *agent, struct config *config, char error[256]);

/*
 * Unregisters all accounts side by side, 5 s at most (B43).
 *
 * on_stopped   called once, with how many got no answer
 */
void agent_stop(struct agent *agent, void (*on_stopped)(void *arg, unsigned unanswered), void *arg);

/* A configuration was refused before it came here. For the counters. */
void agent_reload_refused(struct agent *agent);

/* On request (B74). account NULL: all of them. Returns false if there is no such account or server. */
bool agent_register(struct agent *agent, const char *account);
bool agent_probe(struct agent *agent, const char *server);	/* as struct peer_pattern; NULL: all */

/*
 * Takes a server out of use, or puts it back (B74).
 *
 * server   as struct peer_pattern
 * Returns 0, -ENOENT if no account has such a server, -ENOMEM.
 */
int agent_drain(struct agent *agent, const char *server);
int agent_undrain(struct agent *agent, const char *server);

/* The drained ones, known now or not; borrowed, until the next change. For who keeps them over a restart. */
size_t agent_drained(const struct agent *agent, const struct peer **peers);

/* Drains that one, whether or not it is known yet: before agent_start(). Returns 0 or -ENOMEM. */
int agent_drain_peer(struct agent *agent, const struct peer *peer);

/* ---- What is seen from outside. Pointers are valid until the next event. ---- */

enum account_state {			/* B70 */
	ACCOUNT_REGISTERED,
	ACCOUNT_REGISTERING,
	ACCOUNT_FAILED,			/* refused by every server */
	ACCOUNT_DOWN,			/* no server answers, or none is known, whatever was granted */
	ACCOUNT_FROZEN,			/* B60 */
	ACCOUNT_STATES,
};

struct candidate_status {
	unsigned rank;
	unsigned priority;
	struct peer peer;
	const char *name;		/* that it came from; "" */
	enum health_state health;
	enum health_cause cause;
	int64_t health_ms;		/* for how long */
	bool active;
	bool failed;			/* shown in place of the health (B16) */
	bool held_off;			/* B18 */
	bool drained;			/* B74 */
	int64_t blocked_ms;		/* time until it is free again; 0 */
	int refused_code;		/* SIP status of the refusal or hold-off; 0 */
	int64_t rtt_ms;			/* of the last answered probe; -1: none yet */
	int64_t next_probe_ms;
	int probe_code;			/* last answer to OPTIONS; 0: none */
};

struct account_status {
	const char *aor;		/* "100@example.com" */
	const char *server_text;	/* the server field as written */
	enum account_state state;
	enum registration_state machine;
	enum selection_reason reason;	/* why this server */
	int active;			/* index among the candidates, or -1 */
	size_t candidates;
	int64_t granted_s;		/* 0: nothing granted */
	int64_t refresh_ms;		/* until the next refresh; -1: none planned */
	int64_t registered_ms;		/* for how long; -1: it is not */
	int64_t unregistered_ms;	/* in all, since it was configured */
	const char *contact;		/* as registered; "" */
	const char *last_error;		/* in words; "" */
	bool redundant;			/* B70 */
	bool dns_stale;
	int64_t dns_age_ms;		/* of the oldest answer behind the list; -1: no DNS in it */
	const char *dns_error;		/* "" */
	unsigned long failovers, failbacks;
};

struct agent_status {
	unsigned generation;		/* B71 */
	size_t accounts;
	size_t registered;
	size_t redundant;
	size_t states[ACCOUNT_STATES];	/* accounts in each */
	size_t servers;
	size_t transactions;
	int64_t uptime_s;
	size_t undecided;		/* accounts that have neither been registered nor refused nor given up yet */
	const struct drops *drops;
	const struct counters *counters;
	const struct config *config;
};

void agent_status(const struct agent *agent, struct agent_status *status);

struct server_status {
	struct peer peer;
	enum health_state health;
	enum health_cause cause;
	int64_t health_ms;		/* for how long */
	bool drained;			/* B74 */
	int64_t rtt_ms;			/* of the last answered probe; -1: none yet */
	int64_t next_probe_ms;
	int probe_code;			/* last answer to OPTIONS; 0: none */
	const char *why;		/* cause unreachable: in words; else "" */
	const struct probe_counters *probes;
	size_t active;			/* accounts that are there */
	size_t expected;		/* accounts that would be there by B6 and B31 if all servers were up and took them */
};

/* A place in the list of servers, all zero before the first one. It outlives changes of the list. */
struct server_place {
	struct peer peer;
	uint64_t number;
};

/* The server behind that place, in the order in which they came; the place moves on. Returns false at the end. */
bool agent_next_server(const struct agent *agent, struct server_place *place, struct server_status *status);

/* The i-th account, 0 .. accounts-1, sorted as in the configuration; or by name. NULL if there is none. */
const struct account *agent_account(const struct agent *agent, size_t i);
const struct account *agent_account_by_name(const struct agent *agent, const char *aor_or_user);
void account_status(const struct account *account, struct account_status *status);
bool account_candidate_status(const struct account *account, size_t i, struct candidate_status *status);

/* ---- Why it is where it is, and what would change it (B74). ---- */

struct account_explanation {
	enum selection_reason reason;	/* of the choice now */
	enum selection_reason moved;	/* why the active one became the active one */
	enum registration_state machine;
	int64_t active_ms;		/* for how long it has been active; -1: none is */
	int64_t look_again_ms;		/* the choice is made again then, at the latest; -1: when something happens */
	int chosen;			/* index among the candidates, or -1 */
	int if_down;			/* the choice if that one went down; -1: none */
	bool waits_for_name;		/* a better name has not been answered yet (B32) */
	bool waits_for_turn;		/* many accounts want to register where it wants to go (B42) */
};

struct candidate_explanation {
	enum selection_verdict verdict;
	int64_t until_ms;		/* the time that ends it; -1: none does */
	bool would_be_chosen;		/* were it up for long, free and not drained */
};

/*
 * views   one for each candidate of the status, in its order, filled up to max
 * Returns false without memory.
 */
bool account_explain(const struct account *account, struct account_explanation *explanation,
    struct candidate_explanation *views, size_t max);

const char *account_state_str(enum account_state state);

/*
 * Who is told of what happens: any number of listeners, in the order in which they came. Each function may be NULL.
 *
 * on_change   after each event that may have changed a status (wait)
 * on_record   each transition (B73), in the midst of an event: keep what is wanted and ask the agent nothing
 * on_message  each SIP message in and out (sip/wire.h), secrets not masked: the same holds
 */
struct agent_listener {
	void (*on_change)(void *arg);
	void (*on_record)(void *arg, const struct record *record);
	void (*on_message)(void *arg, const struct wire_message *message);
	void *arg;
	TAILQ_ENTRY(agent_listener) link;
};

/* The listener belongs to the caller, who takes it away before it or the agent is freed; never from inside a call. */
void agent_listen(struct agent *agent, struct agent_listener *listener);
void agent_unlisten(struct agent *agent, struct agent_listener *listener);

#endif
