/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_ACCOUNT_H
#define SIPKEEPD_AGENT_ACCOUNT_H

/*
 * One account: its candidates, its registration, and the REGISTERs that carry it; here its life, from its settings to
 * its end. Evidence marks it unsettled; what follows is decided once per event, in settle_account().
 */

#include <sys/queue.h>

#include "agent/agent_private.h"
#include "agent/attempt.h"
#include "agent/candidate.h"
#include "core/failback.h"
#include "core/registration.h"
#include "core/selection.h"

struct account {
	struct agent *agent;
	char *aor;
	UT_hash_handle hh;			/* while a reload is prepared */
	bool kept;				/* by that reload */
	bool removed;				/* from the configuration, and still unregistering */
	const struct account_config *config;
	struct config_box *box;			/* that config points into */
	bool spread;				/* shares a serverspec with other accounts (B6) */
	struct handle watches[SERVERSPECS_MAX];	/* names; none for an address */
	unsigned names_changes;			/* of these, when the list was built */
	struct instant names_wait;		/* until then a better-ranked name is waited for (B32) */

	struct candidate **candidates;		/* in the order of display */
	size_t candidate_count;
	struct candidate *first;		/* the choice if all were up and took it; NULL (roster.h) */
	struct candidate *active;		/* holds, or is getting, the registration; NULL */
	struct candidate *home;			/* that granted a registration last (B60); NULL: none, or forgotten */
	enum selection_reason home_moved;	/* why that one was chosen */
	struct instant active_since;
	struct candidate *chosen;		/* by the last selection */
	struct selection selection;		/* the last one */
	enum selection_reason moved;		/* why the active one became active */
	enum selection_reason leaving_for;	/* why the unregister is pending; NONE */
	struct registration registration;
	struct failback failback;
	struct attempt *attempt;		/* that the machine waits for */
	struct attempt *background;		/* unregister that nobody waits for (B38, B40) */
	struct turn turn;			/* at a server that many want (B42) */
	struct timer *timer;

	int64_t granted_s;			/* 0: nothing granted */
	struct instant granted_until;
	struct instant registered_since;
	struct instant auth_pause;		/* B16: two servers have refused the credentials */
	char last_error[272];			/* server and words */
	unsigned long failovers, failbacks;
	bool reckoned;				/* it is counted in agent->states: */
	enum account_state state;
	bool redundant;
	struct instant absent_since;		/* if not */
	int64_t absent_ms;			/* in all, without the time since then */
	bool decided;				/* has been registered, refused or given up since it was configured */
	bool refresh_wanted;
	bool rewritten_warned;
	int64_t follow_ms;			/* wait before a Contact is sent anew where the server sees us; 0: none */
	struct instant stop_by;			/* once it is stopping */
	bool unsettled;
	bool unanswered;			/* the last unregister got no answer (B43) */
	uint64_t saved_mark;			/* of what there is to keep on disk (savedstate.h) */
	TAILQ_ENTRY(account) unsettled_link;
	TAILQ_ENTRY(account) removed_link;
};

/* Nothing is sent or asked yet. NULL without memory. */
struct account *account_new(struct agent *agent, struct config_box *box, const struct account_config *config);
void account_free(struct account *account);

/* Looks its names up, builds the list, and will choose at the end of the event. */
void account_start(struct account *account);

/*
 * Other settings (B71): changes are bits of enum account_change. With ACCOUNT_SAME nothing is sent; the old configuration is let go in any case.
 */
void account_configure(struct account *account, struct config_box *box, const struct account_config *config,
    unsigned changes);

/* Unregisters, until then at the latest, and ends. */
void account_stop(struct account *account, struct instant until);
bool account_has_stopped(const struct account *account);

/* It ended with an unregister that got no answer, or could not be sent for a server being down (B43). */
bool account_is_unanswered(const struct account *account);

/* It was stopping and is wanted again. */
void account_revive(struct account *account);

/* Ends without a packet more (unregister-on-exit = no). */
void account_quit(struct account *account);

/* It is "USER" or "USER@DOMAIN" of that account. */
bool account_is_called(const struct account *account, const char *name);

/* On request: refusals and hold-offs end, and it registers now (B74). */
void account_register(struct account *account);

/* Packets to its active server leave from another address now (B62). */
void account_address_changed(struct account *account);

/* Marks it: it chooses again before the event ends. */
void account_unsettle(struct account *account);

/* A watched name leads elsewhere now. */
void account_on_names(struct account *account);
void account_look_at_names(struct account *account);	/* if one does */

/* At the end of each event: the time without registration, and whether the start is over. */
void account_reckon(struct account *account);

/* It is none of the agent's any more. */
void account_uncount(struct account *account);

struct instant account_now(const struct account *account);

/* The timers that hold for it. */
const struct timing *account_timing(const struct account *account);

#endif
