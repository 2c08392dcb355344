/* SPDX-License-Identifier: ISC */
#include "agent/drain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/account.h"
#include "agent/agent_private.h"
#include "agent/record.h"
#include "agent/server.h"

bool
drains_has(const struct drains *drains, const struct peer *peer)
{
	for (size_t i = 0; i < drains->count; i++)
		if (peer_equal(&drains->peers[i], peer))
			return true;
	return false;
}

void
drains_fini(struct drains *drains)
{
	free(drains->peers);
	*drains = (struct drains){ 0 };
}

static int
add(struct drains *drains, const struct peer *peer)
{
	struct peer *room;

	if (drains_has(drains, peer))
		return 0;
	room = reallocarray(drains->peers, drains->count + 1, sizeof(*room));
	if (room == NULL)
		return -ENOMEM;
	drains->peers = room;
	drains->peers[drains->count++] = *peer;
	drains->version++;
	return 0;
}

/* The server is as its list says; its accounts choose anew. */
static void
mark(struct server *server, bool drained)
{
	if (server->drained == drained)
		return;
	server->drained = drained;
	record_make(server->agent, (struct record){ .kind = drained ? RECORD_DRAINED : RECORD_UNDRAINED,
	    .server = server->text, .cause = "request" }, "%s on request", drained ? "drained" : "undrained");
	telling_begin(server, TELLING_STATE);
}

int
agent_drain(struct agent *agent, const char *name)
{
	struct peer_pattern pattern;
	int error = -ENOENT;

	if (!peer_pattern_parse(&pattern, name))
		return -ENOENT;
	for (struct server *server = agent->servers; server != NULL; server = server->hh.next) {
		if (!peer_matches(&pattern, &server->peer))
			continue;
		error = add(&agent->drains, &server->peer);
		if (error < 0)
			break;
		mark(server, true);
	}
	agent_settle(agent);
	return error;
}

int
agent_undrain(struct agent *agent, const char *name)
{
	struct peer_pattern pattern;
	size_t kept = 0;
	bool known = false;

	if (!peer_pattern_parse(&pattern, name))
		return -ENOENT;
	for (size_t i = 0; i < agent->drains.count; i++) {
		if (peer_matches(&pattern, &agent->drains.peers[i]))
			known = true;
		else
			agent->drains.peers[kept++] = agent->drains.peers[i];
	}
	agent->drains.version += kept < agent->drains.count;
	agent->drains.count = kept;
	for (struct server *server = agent->servers; server != NULL; server = server->hh.next) {
		if (!peer_matches(&pattern, &server->peer))
			continue;
		known = true;
		mark(server, false);
	}
	agent_settle(agent);
	return known ? 0 : -ENOENT;
}

int
agent_drain_peer(struct agent *agent, const struct peer *peer)
{
	struct server *server = server_find(agent, peer);
	int error = add(&agent->drains, peer);

	if (error == 0 && server != NULL)
		mark(server, true);
	return error;
}

size_t
agent_drained(const struct agent *agent, const struct peer **peers)
{
	*peers = agent->drains.peers;
	return agent->drains.count;
}
