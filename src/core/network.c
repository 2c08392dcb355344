/* SPDX-License-Identifier: ISC */
#include "core/network.h"

enum network_way
network_way(const struct path *path)
{
	if (!path->routed || !path->up || !path->carrier || path->local.family == ADDRESS_NONE)
		return NETWORK_NO_WAY;
	return path->router_failed ? NETWORK_ROUTER_FAILED : NETWORK_WAY;
}

enum network_state
network_judge(const enum network_way *ways, size_t count)
{
	enum network_state state = count > 0 ? NETWORK_DOWN : NETWORK_UP;

	for (size_t i = 0; i < count; i++) {
		if (ways[i] == NETWORK_WAY)
			return NETWORK_UP;
		if (ways[i] == NETWORK_ROUTER_FAILED)
			state = NETWORK_ROUTERS_FAILED;
	}
	return state;
}

const char *
network_state_text(enum network_state state)
{
	switch (state) {
	case NETWORK_UP:
		return "the network is up";
	case NETWORK_DOWN:
		return "no way to any server";
	case NETWORK_ROUTERS_FAILED:
		return "the router does not answer";
	}
	return "?";
}

const char *
network_state_str(enum network_state state)
{
	switch (state) {
	case NETWORK_UP:
		return "network-up";
	case NETWORK_DOWN:
		return "no-way";
	case NETWORK_ROUTERS_FAILED:
		return "router-failed";
	}
	return "?";
}
