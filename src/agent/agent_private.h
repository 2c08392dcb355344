/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_PRIVATE_H
#define SIPKEEPD_AGENT_PRIVATE_H

/*
 * What the files of agent/ share about the whole: for them only. Everybody else includes agent.h.
 */

#include <sys/queue.h>

#include "agent/agent.h"
#include "agent/configbox.h"
#include "agent/drain.h"
#include "agent/names.h"
#include "agent/telling.h"
#include "agent/upstreams.h"
#include "agent/ways.h"
#include "base/handle.h"
#include "net/transport.h"
#include "sip/clienttx.h"
#include "sip/wire.h"

#define AGENT_KEY_SIZE 33

struct savedstate;
struct server;

/* Who gets the result of a transaction: the first member of each such thing. */
enum owner_kind {
	OWNER_SERVER,		/* struct server: OPTIONS */
	OWNER_ATTEMPT,		/* struct attempt: REGISTER */
};

struct owner {
	enum owner_kind kind;
	struct handle handle;
};

TAILQ_HEAD(account_list, account);

struct agent {
	struct loop *loop;
	struct instant started;
	struct config_box *box;
	struct transport *transport;
	struct wire wire;		/* before it */
	struct upstreams_retired retired;
	struct resolver *resolver;
	struct names *names;
	struct ways *ways;
	struct clienttx_table *transactions;
	struct handle_table owners;
	struct drops drops;
	struct counters counters;
	size_t states[ACCOUNT_STATES];	/* accounts in each, as account_reckon() has found them */
	size_t redundant;
	size_t undecided;		/* accounts that are neither registered nor refused nor given up yet */
	struct savedstate *saved;	/* what is kept on disk (B55); NULL: nothing */
	char key[AGENT_KEY_SIZE];	/* of the Contact parameters (B40) */

	struct server *servers;		/* uthash, by peer; in the order in which they came */
	uint64_t servers_made;
	struct drains drains;
	struct account **accounts;	/* as configured */
	size_t account_count;
	struct account_list removed;	/* stopping, not configured any more */
	struct account_list unsettled;	/* must choose again: backlog.h */
	bool settling;
	struct timer *backlog;		/* set while something is left for the next turn of the loop */
	struct reload *reload;		/* under way; NULL: none is */
	struct config_boxes unused;	/* configurations to be freed */
	size_t slice;			/* how much is done in one */
	struct telling_list telling;	/* servers that have not told all their accounts */
	size_t names_next, names_left;	/* accounts that have to look whether names have changed */
	size_t stop_next;		/* the next one to be stopped */
	size_t stopped_first;		/* all before it have stopped */
	struct instant stop_by;

	TAILQ_HEAD(, agent_listener) listeners;
	void (*on_stopped)(void *arg, unsigned unanswered);
	void *on_stopped_arg;
};

static inline const struct config *
agent_config(const struct agent *agent)
{
	return agent->box->config;
}

/* Ends each event: lets unsettled accounts choose, frees what has ended, tells the listeners. See backlog.h. */
void agent_settle(struct agent *agent);

/* Names an owner, so that transactions can find it. Returns false without memory. */
bool agent_add_owner(struct agent *agent, struct owner *owner, enum owner_kind kind);
void agent_remove_owner(struct agent *agent, struct owner *owner);

/* What TLS needs. Warns when certificates are not looked at (B22). */
struct transport_tls agent_tls_settings(const struct config *config);

/* Takes the DNS settings over. */
void agent_configure_names(struct agent *agent, const struct config *config);

#endif
