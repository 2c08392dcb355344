/* SPDX-License-Identifier: ISC */
#include "agent/flow.h"

#include "agent/account.h"
#include "agent/server.h"
#include "net/entropy.h"

enum { REFRESH_PAUSE_MS = 60 * 1000 };		/* B20 */

static struct instant
now_of(const struct server *server)
{
	return loop_now(server->agent->loop);
}

/* The shortest that an account asks for which is there; 0: none does. */
static int64_t
keepalive_ms(const struct server *server)
{
	const struct candidate *candidate;
	int64_t shortest = 0;

	LIST_FOREACH(candidate, &server->candidates, of_server) {
		int64_t own = account_timing(candidate->account)->keepalive_ms;

		if (candidate->account->active == candidate && own > 0 && (shortest == 0 || own < shortest))
			shortest = own;
	}
	return shortest;
}

static void
arm(struct server *server)
{
	timer_set(server->flow_timer, instant_min(server->ping_at, server->refresh_at));
}

/* A little earlier than asked for, at random, so that pings do not fall into step (RFC 5626 §4.4.1). */
void
flow_plan(struct server *server)
{
	int64_t interval = keepalive_ms(server), early = 0;

	if (interval > 0)
		early = (int64_t)entropy_below((uint32_t)(interval / 5) + 1);
	if (interval == 0)
		server->ping_at = INSTANT_NEVER;
	else
		server->ping_at = instant_min(server->ping_at, instant_add(now_of(server), interval - early));
	arm(server);
}

static uint8_t
dscp_of(const struct server *server)
{
	const struct candidate *first = LIST_FIRST(&server->candidates);

	return first != NULL ? first->account->config->dscp : 0;
}

static void
on_due(void *arg)
{
	struct server *server = arg;
	struct agent *agent = server->agent;

	if (instant_due(server->ping_at, now_of(server))) {
		server->ping_at = INSTANT_NEVER;
		transport_ping(agent->transport, &server->peer, dscp_of(server));
	}
	if (instant_due(server->refresh_at, now_of(server))) {
		server->refresh_at = INSTANT_NEVER;
		server->refreshed_at = now_of(server);
		telling_begin(server, TELLING_REFRESH);
	}
	flow_plan(server);
	agent_settle(agent);
}

void
flow_ended(struct server *server)
{
	server->refresh_at = instant_max(now_of(server), instant_add(server->refreshed_at, REFRESH_PAUSE_MS));
	arm(server);
}

bool
flow_init(struct server *server)
{
	server->ping_at = INSTANT_NEVER;
	server->refresh_at = INSTANT_NEVER;
	server->refreshed_at = instant_add(now_of(server), -REFRESH_PAUSE_MS);
	server->flow_timer = timer_new(server->agent->loop, on_due, server);
	return server->flow_timer != NULL;
}

void
flow_fini(struct server *server)
{
	timer_free(server->flow_timer);
}
