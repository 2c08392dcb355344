/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_LOOKUPS_H
#define SIPKEEPD_AGENT_LOOKUPS_H

/*
 * DNS questions (name and type), each there once for all who need it (B56): asked at name server after name server
 * (B54), believed and asked again as core/dnsview says, addresses taken from /etc/hosts first (B8).
 *
 * agent/names puts them together to servers; nobody else needs this.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "agent/names.h"
#include "base/dns.h"
#include "base/instant.h"
#include "core/dnsview.h"
#include "net/loop.h"
#include "net/resolver.h"

struct lookups;
struct lookup;

/* One who needs a question; a member of the user's own structure that stays where it is. Zeroed: uses none. */
struct lookup_use {
	LIST_ENTRY(lookup_use) entry;
	struct lookup *lookup;		/* NULL: none */
	void *user;
};

struct lookups_events {
	/* A lookup has ended, well or not. From the loop. No use may be taken or dropped inside. */
	void (*on_ended)(void *user);

	/* Some server that the user found through this question is up (B52). */
	bool (*any_up)(void *user);

	/* As in struct names_events; told to one of the users. */
	void (*on_turn)(void *user, enum name_turn turn, const char *question, enum dns_outcome outcome);
};

/* events must outlive it. NULL without memory. */
struct lookups *lookups_new(struct loop *loop, struct resolver *resolver, const struct names_settings *settings,
    const struct lookups_events *events);
void lookups_free(struct lookups *lookups);	/* all uses must have been dropped */

/* For the lookups that begin from now on. */
void lookups_configure(struct lookups *lookups, const struct names_settings *settings);

/*
 * Needs a question; the first to need it has it asked at once (from the loop).
 *
 * use    unused; it may not move until it is dropped
 * Returns false without memory.
 */
bool lookup_take(struct lookups *lookups, struct lookup_use *use, const char *name, enum dns_type type, void *user);

/* Needs it no more; the last one to do so ends it. A use of none is fine. */
void lookup_drop(struct lookup_use *use);

/* Look again as soon as a minute has gone since the last lookup began, if it is not under way (B50). */
void lookup_refresh(struct lookup *lookup);

/* One lookup at least has ended. Before that the view may have an answer of an earlier run. */
bool lookup_ended(const struct lookup *lookup);
const struct dnsview *lookup_view(const struct lookup *lookup);
unsigned lookup_version(const struct lookup *lookup);	/* another number whenever another answer is believed */

/*
 * An answer of an earlier run (B55): believed by the question that comes, as one that DNS does not confirm.
 *
 * believed_at   when DNS last confirmed it; may lie before this run
 * Returns false without memory.
 */
bool lookups_remember(struct lookups *lookups, const char *name, enum dns_type type, const struct dns_answer *answer,
    struct instant believed_at);

/* Tells all questions that have an answer which is believed. */
void lookups_each(const struct lookups *lookups, void (*each)(void *arg, const char *name, enum dns_type type,
    const struct dns_answer *answer, struct instant believed_at), void *arg);

/* Another number whenever lookups_each() would tell something else, but for the time. */
unsigned lookups_version(const struct lookups *lookups);

#endif
