/* SPDX-License-Identifier: ISC */
#include "fake_agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct agent *
fake_agent_new(void)
{
	struct agent *agent = calloc(1, sizeof(*agent));

	if (agent == NULL)
		return NULL;
	agent->status.generation = 1;
	agent->status.counters = &agent->counters;
	agent->status.drops = &agent->drops;
	TAILQ_INIT(&agent->listeners);
	return agent;
}

static struct candidate_status
candidate(unsigned rank, const char *address)
{
	struct candidate_status c = { .rank = rank, .priority = 1, .name = "", .rtt_ms = -1 };

	c.peer.transport = SIP_UDP;
	if (!address_parse(&c.peer.address, address))
		abort();
	if (c.peer.address.port == 0)
		c.peer.address.port = 5060;
	c.health = HEALTH_UP;
	c.cause = HEALTH_CAUSE_ANSWER;
	return c;
}

struct account *
fake_agent_add(struct agent *agent, const char *aor, const char *p1, const char *p2)
{
	struct account *account = &agent->accounts[agent->status.accounts++];

	*account = (struct account){
		.status = {
			.aor = aor, .server_text = "example.com", .state = ACCOUNT_REGISTERED,
			.machine = REGISTRATION_REGISTERED, .reason = SELECTION_BEST, .active = 0, .candidates = 2,
			.granted_s = 300, .refresh_ms = 237500, .registered_ms = 1000,
			.contact = "sip:100@192.0.2.9:5060", .last_error = "", .redundant = true, .dns_age_ms = -1,
			.dns_error = "",
		},
		.candidates = { candidate(1, p1), candidate(2, p2) },
	};
	account->candidates[0].active = true;
	account->shown = &agent->shown;
	account->searched = &agent->searches;
	agent->status.registered++;
	return account;
}

struct server_status *
fake_agent_add_server(struct agent *agent, const char *address)
{
	struct candidate_status c = candidate(1, address);
	struct server_status *s = &agent->servers[agent->servers_count++];

	*s = (struct server_status){ .peer = c.peer, .health = c.health, .cause = c.cause, .rtt_ms = -1, .why = "",
	    .probes = &agent->probed };
	return s;
}

bool
agent_next_server(const struct agent *agent, struct server_place *place, struct server_status *status)
{
	if (place->number >= agent->servers_count)
		return false;
	*status = agent->servers[place->number++];
	place->peer = status->peer;
	return true;
}

void
fake_account_activate(struct account *account, int index)
{
	account->status.active = index;
	for (int i = 0; i < FAKE_CANDIDATES_MAX; i++)
		account->candidates[i].active = i == index;
}

void
fake_agent_changed(struct agent *agent)
{
	struct agent_listener *listener;

	TAILQ_FOREACH(listener, &agent->listeners, link)
		if (listener->on_change != NULL)
			listener->on_change(listener->arg);
}

void
agent_listen(struct agent *agent, struct agent_listener *listener)
{
	TAILQ_INSERT_TAIL(&agent->listeners, listener, link);
}

void
agent_unlisten(struct agent *agent, struct agent_listener *listener)
{
	TAILQ_REMOVE(&agent->listeners, listener, link);
}

void
agent_status(const struct agent *agent, struct agent_status *status)
{
	*status = agent->status;
}

const struct account *
agent_account(const struct agent *agent, size_t i)
{
	return i < agent->status.accounts ? &agent->accounts[i] : NULL;
}

const struct account *
agent_account_by_name(const struct agent *agent, const char *aor_or_user)
{
	if (agent->status.accounts > 0)
		++*agent->accounts[0].searched;
	for (size_t i = 0; i < agent->status.accounts; i++) {
		if (strcmp(agent->accounts[i].status.aor, aor_or_user) == 0)
			return &agent->accounts[i];
	}
	return NULL;
}

void
account_status(const struct account *account, struct account_status *status)
{
	++*account->shown;
	*status = account->status;
}

bool
account_candidate_status(const struct account *account, size_t i, struct candidate_status *status)
{
	if (i >= account->status.candidates)
		return false;
	*status = account->candidates[i];
	return true;
}

bool
agent_register(struct agent *agent, const char *account)
{
	if (account != NULL && agent_account_by_name(agent, account) == NULL)
		return false;
	agent->registers++;
	snprintf(agent->asked_for, sizeof(agent->asked_for), "%s", account != NULL ? account : "");
	return true;
}

bool
agent_probe(struct agent *agent, const char *server)
{
	struct address address;

	if (server != NULL && !address_parse(&address, server))
		return false;
	agent->probes++;
	snprintf(agent->asked_for, sizeof(agent->asked_for), "%s", server != NULL ? server : "");
	return true;
}

const char *
account_state_str(enum account_state state)
{
	switch (state) {
	case ACCOUNT_REGISTERED:
		return "registered";
	case ACCOUNT_REGISTERING:
		return "registering";
	case ACCOUNT_FAILED:
		return "failed";
	case ACCOUNT_DOWN:
		return "down";
	case ACCOUNT_FROZEN:
		return "frozen";
	case ACCOUNT_STATES:
		break;
	}
	return "?";
}

void
fake_agent_recorded(struct agent *agent, const struct record *record)
{
	struct agent_listener *listener;

	TAILQ_FOREACH(listener, &agent->listeners, link)
		if (listener->on_record != NULL)
			listener->on_record(listener->arg, record);
}

void
fake_agent_message(struct agent *agent, const struct wire_message *message)
{
	struct agent_listener *listener;

	TAILQ_FOREACH(listener, &agent->listeners, link)
		if (listener->on_message != NULL)
			listener->on_message(listener->arg, message);
}

bool
fake_agent_is_looked_at(const struct agent *agent)
{
	const struct agent_listener *listener;

	TAILQ_FOREACH(listener, &agent->listeners, link)
		if (listener->on_message != NULL)
			return true;
	return false;
}

static int
drain(struct agent *agent, const char *server, unsigned *count)
{
	struct address address;

	if (!address_parse(&address, server))
		return -ENOENT;
	++*count;
	snprintf(agent->asked_for, sizeof(agent->asked_for), "%s", server);
	return 0;
}

int
agent_drain(struct agent *agent, const char *server)
{
	return drain(agent, server, &agent->drains);
}

int
agent_undrain(struct agent *agent, const char *server)
{
	return drain(agent, server, &agent->undrains);
}

bool
account_explain(const struct account *account, struct account_explanation *explanation,
    struct candidate_explanation *views, size_t max)
{
	*explanation = account->why;
	for (size_t i = 0; i < max; i++)
		views[i] = account->views[i];
	return true;
}
