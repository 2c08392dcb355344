/* SPDX-License-Identifier: ISC */
#include "control/servers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "control/shown.h"

static void
text_server(struct strbuf *to, const struct server_status *s)
{
	char peer[PEER_TEXT_SIZE], since[STATUS_DURATION_SIZE], probe[STATUS_DURATION_SIZE], rtt[24] = "-";

	if (s->rtt_ms >= 0)
		snprintf(rtt, sizeof(rtt), "%" PRId64 " ms", s->rtt_ms);
	strbuf_printf(to, "%-26s  %-7s  %8s  %-12s  %8s  %9s  %8zu  %8zu", peer_str(&s->peer, peer),
	    health_state_str(s->health), status_duration_str(s->health_ms / 1000, since), health_cause_str(s->cause),
	    rtt, shown_left_str(s->next_probe_ms, probe), s->active, s->expected);
	if (s->drained)
		strbuf_append(to, "  drained");
	if (s->why[0] != '\0') {
		strbuf_append(to, "  ");
		shown_append_clean(to, s->why);
	}
	strbuf_append(to, "\n");
}

static void
append_head(const struct servers_walk *walk, struct strbuf *to)
{
	if (walk->form == STATUS_JSON)
		strbuf_append(to, "{\"version\":1,\"servers\":[");
	else
		strbuf_printf(to, "%-26s  %-7s  %8s  %-12s  %8s  %9s  %8s  %8s\n", "SERVER", "STATE", "SINCE", "CAUSE",
		    "RTT", "PROBE IN", "ACCOUNTS", "EXPECTED");
}

static void
append_server(struct servers_walk *walk, struct strbuf *to, const struct server_status *status)
{
	if (walk->form == STATUS_JSON) {
		strbuf_append(to, walk->shown == 0 ? "\n" : ",\n");
		shown_append_json(to, shown_json_server(status));
	} else
		text_server(to, status);
	walk->shown++;
}

void
servers_walk_init(struct servers_walk *walk, const struct agent *agent, enum status_form form)
{
	*walk = (struct servers_walk){ .agent = agent, .form = form };
}

int
servers_walk(struct servers_walk *walk, size_t enough, struct strbuf *to)
{
	struct server_status status;

	if (!walk->begun)
		append_head(walk, to);
	walk->begun = true;
	while (!to->failed && to->len < enough) {
		if (agent_next_server(walk->agent, &walk->place, &status)) {
			append_server(walk, to, &status);
			continue;
		}
		if (walk->form == STATUS_JSON)
			strbuf_append(to, "]}\n");
		return to->failed ? -ENOMEM : 0;
	}
	return to->failed ? -ENOMEM : 1;
}
