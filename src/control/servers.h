/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_SERVERS_H
#define SIPKEEPD_CONTROL_SERVERS_H

/*
 * The call servers, one a line, or as JSON:
 *
 *	SERVER                      STATE      SINCE  CAUSE             RTT   PROBE IN  ACCOUNTS  EXPECTED
 *	udp:192.0.2.1:5060          up         4m02s  answer          12 ms      3m58s         5        10
 */

#include <stddef.h>

#include "agent/agent.h"
#include "base/str.h"
#include "control/status.h"

struct servers_walk {
	const struct agent *agent;
	enum status_form form;
	struct server_place place;
	size_t shown;
	bool begun;
};

void servers_walk_init(struct servers_walk *walk, const struct agent *agent, enum status_form form);

/* The next piece; enough and result as of status_walk(). It holds nothing that must be freed. */
int servers_walk(struct servers_walk *walk, size_t enough, struct strbuf *to);

#endif
