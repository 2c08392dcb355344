/* SPDX-License-Identifier: ISC */
#include "agent/agent.h"
#include "agent/server.h"

/* Where the list goes on; the server of that place may have gone meanwhile. */
static const struct server *
server_behind(const struct agent *agent, const struct server_place *place)
{
	const struct server *server = agent->servers;

	if (place->number != 0) {
		const struct server *known = server_find(agent, &place->peer);

		if (known != NULL && known->number == place->number)
			server = known;
	}
	while (server != NULL && server->number <= place->number)
		server = server->hh.next;
	return server;
}

bool
agent_next_server(const struct agent *agent, struct server_place *place, struct server_status *status)
{
	const struct server *server = server_behind(agent, place);
	struct instant now = loop_now(agent->loop), due;

	if (server == NULL)
		return false;
	due = timer_due(server->timer);
	*place = (struct server_place){ .peer = server->peer, .number = server->number };
	*status = (struct server_status){
		.peer = server->peer,
		.health = server->health.state,
		.cause = server->health.cause,
		.health_ms = instant_since(server->health.since, now),
		.drained = server->drained,
		.rtt_ms = server->rtt_ms,
		.next_probe_ms = instant_is_never(due) || instant_due(due, now) ? 0 : instant_since(now, due),
		.probe_code = server->health.sip_code,
		.why = server->health.cause == HEALTH_CAUSE_UNREACHABLE ? server->why : "",
		.probes = &server->probes,
		.active = server->active,
		.expected = server->expected,
	};
	return true;
}
