/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_NAMES_H
#define SIPKEEPD_AGENT_NAMES_H

/*
 * From serverspecs that are names to the servers behind them, kept up to date: SRV, then addresses (B4), /etc/hosts,
 * one lookup for all who share a name (B56), retries and refreshes (B50, B51), name servers in turn (B54).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/config.h"
#include "base/dns.h"
#include "base/handle.h"
#include "core/candidates.h"
#include "net/loop.h"
#include "net/resolver.h"

struct names;

/* What is asked: everything that two accounts must share to share the lookup. */
struct name_request {
	char name[DNS_NAME_SIZE];
	uint16_t port;			/* of the serverspec; 0: SRV first */
	uint16_t default_port;		/* of the account, when SRV says there is none */
	enum sip_transport transport;
	enum family_policy family;
};

enum name_state {
	NAME_ASKING,		/* no answer yet, none failed */
	NAME_FOUND,		/* servers found */
	NAME_EMPTY,		/* answered: no servers there */
	NAME_FAILED,		/* lookups fail and nothing is known */
};

struct name_view {
	enum name_state state;
	struct found_list found;	/* borrowed: valid until the next event */
	bool unsure;			/* servers were left out by one answer only; the next lookup tells (B53) */
	bool stale;			/* the last lookup failed or is doubted; `found` is the last good answer */
	enum dns_outcome last;		/* worst outcome of the last lookups; "none" of one only if no other is good */
	struct instant answered_at;	/* when the oldest part of it was confirmed */
};

/* How a question goes on, told when that changes (B73). */
enum name_turn {
	NAME_TURN_FAILED,	/* nothing is known */
	NAME_TURN_STALE,	/* the last good answer stays */
	NAME_TURN_FRESH,	/* an answer again */
};

struct names_events {
	/*
	 * A watched name leads to other servers now, or its state, `stale` or `unsure` has changed. From the loop, never inside
	 * a call. A set of SRV targets is told as a whole; if some stay silent, its known part after 4 s (B32), or
	 * half a second after the first of it when that came later.
	 */
	void (*on_change)(void *arg, struct handle watch);

	/* Some server of that name is up (B52). No watch may be begun or ended inside. */
	bool (*any_up)(void *arg, struct handle watch);

	/*
	 * A question has begun to fail, or stopped: one call, however many need it. NULL: not told.
	 *
	 * question   "SRV _sip._udp.example.com"
	 */
	void (*on_turn)(void *arg, enum name_turn turn, const char *question, enum dns_outcome outcome);
};

struct names_settings {
	struct address nameserver[RESOLVER_NAMESERVERS_MAX];
	size_t nameserver_count;	/* 0: resolv.conf, read again before each lookup */
	int64_t dns_refresh_ms;		/* 0: by TTL */
};

/* events must outlive it. NULL without memory. */
struct names *names_new(struct loop *loop, struct resolver *resolver, const struct names_settings *settings,
    const struct names_events *events, void *arg);
void names_free(struct names *names);

/* Other settings from now on; nothing is asked for that alone. */
void names_configure(struct names *names, const struct names_settings *settings);

/*
 * Watches a name; the same request gives the same watch, counted. The lookup starts at once. Who comes second looks
 * at names_view(): what was told before is not told again.
 * Returns the zero handle without memory.
 */
struct handle names_watch(struct names *names, const struct name_request *request);
void names_unwatch(struct names *names, struct handle watch);

/* What is known now. Returns false for a stale handle. */
bool names_view(const struct names *names, struct handle watch, struct name_view *view);

/* Another number whenever on_change was called for it; 0 for none. */
unsigned names_changes(const struct names *names, struct handle watch);

/* Some watched name has not been answered yet, nor failed. */
bool names_asking(const struct names *names);

const struct name_request *names_request(const struct names *names, struct handle watch);

/* Look again now, or when a minute has gone since the last lookup of each question (B50). */
void names_refresh(struct names *names, struct handle watch);
void names_refresh_all(struct names *names);

/*
 * Answers of an earlier run (B55): told before any watch is begun, they serve, as stale ones, once DNS has failed or
 * has been silent for 4 s.
 *
 * believed_at   when DNS last confirmed it; may lie before this run
 * Returns false without memory.
 */
bool names_remember(struct names *names, const char *name, enum dns_type type, const struct dns_answer *answer,
    struct instant believed_at);

/* What to remember: all questions with an answer that is believed (GOOD, NXDOMAIN, NODATA). */
void names_each_answer(const struct names *names, void (*each)(void *arg, const char *name, enum dns_type type,
    const struct dns_answer *answer, struct instant believed_at), void *arg);

/* Another number whenever there is something else to remember. */
unsigned names_version(const struct names *names);

#endif
