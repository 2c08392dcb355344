/* SPDX-License-Identifier: ISC */
#include "agent/ways.h"

#include <stdlib.h>
#include <string.h>

#include "agent/account.h"
#include "agent/drive.h"
#include "agent/server.h"
#include "base/log.h"
#include "net/entropy.h"
#include "net/netwatch.h"
#include "net/resolver.h"

enum {
	LOOK_AGAIN_MS = 10 * 1000,	/* while somebody is frozen, should the kernel not have told */
	SPREAD_MAX_MS = 5000,		/* B60 */
	SPREAD_EACH_MS = 5,
	FEW = 50,			/* that need no spreading */
};

struct ways {
	struct agent *agent;
	struct netwatch *netwatch;	/* NULL: the kernel does not tell */
	struct timer *timer;
	enum network_state nameservers;	/* the judgement for accounts without candidates */
};

int64_t
ways_spread_ms(size_t count)
{
	if (count <= FEW)
		return 0;
	return entropy_below(count < SPREAD_MAX_MS / SPREAD_EACH_MS ? (uint32_t)count * SPREAD_EACH_MS : SPREAD_MAX_MS);
}

/* ---- what the kernel knows ---- */

/* The address that our packets to that peer are bound to, or NULL. */
static const struct address *
bound_address(const struct agent *agent, const struct peer *peer)
{
	const struct config *config = agent_config(agent);

	for (size_t i = 0; i < config->upstream_count; i++) {
		const struct transport_listen *listen = &config->upstream[i];

		if (listen->transport == peer->transport && listen->address.family == peer->address.family)
			return address_is_any(&listen->address) ? NULL : &listen->address;
	}
	return NULL;
}

/* Returns false where the kernel does not tell. */
static bool
read_path(const struct server *server, struct path *path)
{
	struct netwatch *netwatch = server->agent->ways->netwatch;

	if (netwatch == NULL)
		return false;
	netwatch_path(netwatch, &server->peer.address, bound_address(server->agent, &server->peer), true, path);
	return true;
}

void
ways_learn(struct server *server)
{
	struct path path;

	if (!read_path(server, &path))
		return;
	server->way = network_way(&path);
	server->local = path.local;
}

/* Lookups are bound to no interface. */
static enum network_state
judge_nameservers(const struct ways *ways)
{
	const struct config *config = agent_config(ways->agent);
	struct address nameserver[RESOLVER_NAMESERVERS_MAX];
	enum network_way way[RESOLVER_NAMESERVERS_MAX];
	size_t count = config->nameserver_count;

	memcpy(nameserver, config->nameserver, sizeof(nameserver));
	if (count == 0)
		count = resolver_system_nameservers(nameserver);
	for (size_t i = 0; i < count; i++) {
		struct path path;

		netwatch_path(ways->netwatch, &nameserver[i], NULL, false, &path);
		way[i] = network_way(&path);
	}
	return network_judge(way, count);
}

/* ---- judgements ---- */

/*
 * The ways to the servers that are the account's own, the one where a freeze would leave it included; none: its names
 * have led nowhere yet. Returns how many.
 */
static size_t
ways_of(const struct account *account, enum network_way way[CANDIDATES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < account->candidate_count && count < CANDIDATES_MAX; i++) {
		const struct candidate *candidate = account->candidates[i];

		if (candidate->rank != SELECTION_UNLISTED || candidate == account->active || candidate == account->home)
			way[count++] = candidate->server->way;
	}
	return count;
}

enum network_state
ways_network(const struct account *account)
{
	enum network_way way[CANDIDATES_MAX];
	size_t count = ways_of(account, way);

	return count > 0 ? network_judge(way, count) : account->agent->ways->nameservers;
}

/* Some account that uses the server has a network. One that nobody uses is judged as ever. */
static bool
counts(const struct server *server)
{
	const struct candidate *candidate;

	LIST_FOREACH(candidate, &server->candidates, of_server)
		if (ways_network(candidate->account) == NETWORK_UP)
			return true;
	return LIST_EMPTY(&server->candidates);
}

bool
ways_judge(struct server *server, bool unreachable)
{
	struct ways *ways = server->agent->ways;
	struct path path;
	bool look = ways->netwatch != NULL && netwatch_poll(ways->netwatch), judged = server->judged;

	/* The error of a failed neighbour can be here before the event that tells of it. */
	if (unreachable && !look && read_path(server, &path))
		look = network_way(&path) != server->way;
	if (look)
		ways_look(server->agent);
	return judged && counts(server);	/* what began before the network was back does not count */
}

bool
ways_doubt(const struct server *server)
{
	struct path path;

	return read_path(server, &path) && path.router_sought;
}

/* ---- looking ---- */

static void
look_at_server(struct server *server)
{
	enum network_way before = server->way;
	struct address left_from = server->local;
	struct path path;

	server->way_before = before;
	if (!read_path(server, &path))
		return;
	server->way = network_way(&path);
	if (server->way != before)
		telling_begin(server, TELLING_STATE);
	if (server->way == NETWORK_NO_WAY || address_same_ip(&left_from, &path.local))
		return;
	server->local = path.local;
	if (left_from.family != ADDRESS_NONE)
		telling_begin(server, TELLING_ADDRESS);
}

/* Returns true if the network is back for it. */
static bool
tell_server(struct server *server)
{
	struct agent *agent = server->agent;
	bool was_judged = server->judged;

	server->judged = counts(server);
	if (!server->judged)
		return false;
	if (!was_judged || (server->way == NETWORK_WAY && server->way_before != NETWORK_WAY))
		server_probe_anew(server, ways_spread_ms(HASH_COUNT(agent->servers)));
	else if (server->way != NETWORK_WAY && server->way_before == NETWORK_WAY)
		server_no_way(server, "no way to it");
	return !was_judged;
}

/* Those whose names have led nowhere yet. Returns true if the network is back for them. */
static bool
look_for_nameless(struct ways *ways)
{
	enum network_state before = ways->nameservers;
	struct agent *agent = ways->agent;
	enum network_way way[CANDIDATES_MAX];
	bool any = false;

	for (size_t i = 0; i < agent->account_count; i++)
		any = any || ways_of(agent->accounts[i], way) == 0;
	if (!any || ways->netwatch == NULL)
		return false;
	ways->nameservers = judge_nameservers(ways);
	if (ways->nameservers == before)
		return false;
	for (size_t i = 0; i < agent->account_count; i++)
		if (ways_of(agent->accounts[i], way) == 0)
			account_unsettle(agent->accounts[i]);
	return ways->nameservers == NETWORK_UP;
}

static bool
any_down(const struct ways *ways)
{
	const struct server *server;

	for (server = ways->agent->servers; server != NULL; server = server->hh.next)
		if (server->way != NETWORK_WAY)
			return true;
	return ways->nameservers != NETWORK_UP;
}

void
ways_look(struct agent *agent)
{
	struct ways *ways = agent->ways;
	struct server *server;
	bool back;

	if (ways->netwatch != NULL)
		netwatch_poll(ways->netwatch);
	for (server = agent->servers; server != NULL; server = server->hh.next)
		look_at_server(server);
	back = look_for_nameless(ways);
	for (server = agent->servers; server != NULL; server = server->hh.next)
		back = tell_server(server) || back;
	if (back)
		names_refresh_all(agent->names);	/* B50 */
	timer_set(ways->timer, any_down(ways) ? instant_add(loop_now(agent->loop), LOOK_AGAIN_MS) : INSTANT_NEVER);
}

static void
on_change(void *arg)
{
	struct ways *ways = arg;

	ways_look(ways->agent);
	agent_settle(ways->agent);
}

/* What was under way while nobody looked says nothing (B60). */
static void
on_time_lost(void *arg, int64_t ms)
{
	struct ways *ways = arg;
	struct agent *agent = ways->agent;
	struct account *account;
	struct server *server;

	log_line(LOG_LEVEL_NOTICE, NULL, "stood still for %lld s: everything is asked anew", (long long)(ms / 1000));
	for (size_t i = 0; i < agent->account_count; i++)
		drive_freeze(agent->accounts[i]);
	TAILQ_FOREACH(account, &agent->removed, removed_link)
		drive_freeze(account);
	for (server = agent->servers; server != NULL; server = server->hh.next)
		server->judged = false;
	ways_look(agent);
	agent_settle(agent);
}

/* ---- life ---- */

struct ways *
ways_new(struct agent *agent)
{
	struct ways *ways = calloc(1, sizeof(*ways));
	int error;

	if (ways == NULL)
		return NULL;
	ways->agent = agent;
	ways->timer = timer_new(agent->loop, on_change, ways);
	if (ways->timer == NULL || loop_on_time_lost(agent->loop, on_time_lost, ways) < 0) {
		ways_free(ways);
		return NULL;
	}
	ways->netwatch = netwatch_new(agent->loop, agent_config(agent)->interface, on_change, ways, &error);
	if (ways->netwatch == NULL)
		log_line(LOG_LEVEL_WARNING, NULL, "the kernel does not tell the state of the network: %s",
		    strerror(-error));
	return ways;
}

void
ways_free(struct ways *ways)
{
	if (ways == NULL)
		return;
	loop_on_time_lost(ways->agent->loop, NULL, NULL);
	netwatch_free(ways->netwatch);
	timer_free(ways->timer);
	free(ways);
}
