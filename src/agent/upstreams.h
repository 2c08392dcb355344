/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_UPSTREAMS_H
#define SIPKEEPD_AGENT_UPSTREAMS_H

/*
 * Our own addresses through reloads (B71). One that is configured no more, with no other of its transport and family,
 * stays open for as long as an account has a call server there: who moves away unregisters first (B38).
 */

#include <stdbool.h>
#include <stddef.h>

#include "agent/config.h"
#include "net/transport.h"

struct agent;

struct upstreams_retired {
	struct transport_listen list[CONFIG_UPSTREAMS_MAX];
	size_t count;
};

/*
 * All that must be open under another configuration, beside the present one.
 *
 * retired   those of them that it does not name
 * Returns how many are in list.
 */
size_t upstreams_under(const struct agent *agent, const struct config *config,
    struct transport_listen list[CONFIG_UPSTREAMS_MAX], struct upstreams_retired *retired);

/* The configuration names one of that transport and family. */
bool upstreams_has(const struct config *config, enum sip_transport transport, enum address_family family);

/* Closes those that nobody needs any more. For the end of each event. */
void upstreams_settle(struct agent *agent);

#endif
