/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_TESTS_FAKE_AGENT_H
#define SIPKEEPD_TESTS_FAKE_AGENT_H

/*
 * Stands in for agent/agent.c: its status is what the test writes into it, what it is asked to do is counted.
 */

#include "agent/agent.h"

#define FAKE_ACCOUNTS_MAX 20000
#define FAKE_CANDIDATES_MAX 12
#define FAKE_SERVERS_MAX 4

struct account {
	struct account_status status;
	struct candidate_status candidates[FAKE_CANDIDATES_MAX];
	struct account_explanation why;
	struct candidate_explanation views[FAKE_CANDIDATES_MAX];
	unsigned *shown, *searched;	/* of its agent */
};

struct agent {
	struct agent_status status;
	struct account accounts[FAKE_ACCOUNTS_MAX];
	struct server_status servers[FAKE_SERVERS_MAX];
	size_t servers_count;
	struct probe_counters probed;	/* of each of them */
	struct counters counters;
	struct drops drops;
	TAILQ_HEAD(, agent_listener) listeners;
	unsigned registers, probes, reloads, drains, undrains;
	unsigned shown;			/* account_status() */
	unsigned searches;		/* agent_account_by_name() */
	char asked_for[64];		/* account or server of the last register or probe; "" for all */
};

/* One that has no account yet. */
struct agent *fake_agent_new(void);

/* Adds a registered account with two servers, P1 active and up, P2 up. */
struct account *fake_agent_add(struct agent *agent, const char *aor, const char *p1, const char *p2);

/* Adds a call server that is up, by its address. */
struct server_status *fake_agent_add_server(struct agent *agent, const char *address);

/* Moves the '*'. -1: none is active. */
void fake_account_activate(struct account *account, int index);

/* Tells the listener, as the agent does after an event. */
void fake_agent_changed(struct agent *agent);

/* Tells of a SIP message. Nobody is told while nobody looks on. */
struct wire_message;
void fake_agent_message(struct agent *agent, const struct wire_message *message);
bool fake_agent_is_looked_at(const struct agent *agent);

/* Tells the listener of a transition. */
void fake_agent_recorded(struct agent *agent, const struct record *record);

#endif
