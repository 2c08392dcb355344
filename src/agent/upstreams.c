/* SPDX-License-Identifier: ISC */
#include "agent/upstreams.h"

#include "agent/agent_private.h"
#include "agent/server.h"

bool
upstreams_has(const struct config *config, enum sip_transport transport, enum address_family family)
{
	for (size_t i = 0; i < config->upstream_count; i++)
		if (config->upstream[i].transport == transport && config->upstream[i].address.family == family)
			return true;
	return false;
}

static bool
is_needed(const struct agent *agent, const struct transport_listen *listen)
{
	for (const struct server *server = agent->servers; server != NULL; server = server->hh.next)
		if (server->peer.transport == listen->transport && server->peer.address.family == listen->address.family)
			return true;
	return false;
}

static void
retire(const struct agent *agent, const struct config *config, const struct transport_listen *listen, size_t count,
    struct upstreams_retired *retired)
{
	for (size_t i = 0; i < count && retired->count < CONFIG_UPSTREAMS_MAX; i++) {
		if (upstreams_has(config, listen[i].transport, listen[i].address.family) || !is_needed(agent, &listen[i]))
			continue;
		retired->list[retired->count] = listen[i];
		retired->list[retired->count++].optional = true;	/* if it was not there before, it need not be now */
	}
}

size_t
upstreams_under(const struct agent *agent, const struct config *config,
    struct transport_listen list[CONFIG_UPSTREAMS_MAX], struct upstreams_retired *retired)
{
	const struct config *present = agent_config(agent);
	size_t count = 0;

	*retired = (struct upstreams_retired){ .count = 0 };
	retire(agent, config, present->upstream, present->upstream_count, retired);
	retire(agent, config, agent->retired.list, agent->retired.count, retired);
	for (size_t i = 0; i < config->upstream_count; i++)
		list[count++] = config->upstream[i];
	for (size_t i = 0; i < retired->count; i++)
		list[count++] = retired->list[i];
	return count;
}

void
upstreams_settle(struct agent *agent)
{
	struct upstreams_retired *retired = &agent->retired;
	size_t kept = 0;

	if (agent->reload != NULL)
		return;		/* who needs them is being changed */
	for (size_t i = 0; i < retired->count; i++) {
		if (is_needed(agent, &retired->list[i]))
			retired->list[kept++] = retired->list[i];
		else
			transport_close(agent->transport, retired->list[i].transport, retired->list[i].address.family);
	}
	retired->count = kept;
}
