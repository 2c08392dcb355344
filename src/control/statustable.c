/* SPDX-License-Identifier: ISC */
#include "control/statustable.h"

#include "control/shown.h"
#include "control/status.h"

void
statustable_head(struct strbuf *to)
{
	strbuf_printf(to, "\n%-27s  %-11s  %-15s  %8s  %s\n", "ACCOUNT", "STATE", "ACTIVE", "FOR", "SERVERS");
}

static void
append_servers(struct strbuf *to, const struct account *account, size_t count)
{
	struct candidate_status c;

	for (size_t i = 0; i < count && i < STATUSTABLE_SERVERS_MAX && account_candidate_status(account, i, &c); i++)
		strbuf_printf(to, "  P%u:%u %s%s%s%s", c.rank, c.priority,
		    c.failed ? "failed" : health_state_str(c.health), c.active ? "*" : "",
		    c.drained ? " drained" : "", c.held_off ? " held off" : "");
	if (count > STATUSTABLE_SERVERS_MAX)
		strbuf_printf(to, "  and %zu more", count - STATUSTABLE_SERVERS_MAX);
}

/* Names of others are cleaned before the column is measured. */
static void
append_name(struct strbuf *to, const char *aor)
{
	size_t from = to->len;

	shown_append_clean(to, aor);
	if (to->len - from < 27)
		strbuf_printf(to, "%*s", (int)(27 - (to->len - from)), "");
}

void
statustable_row(struct strbuf *to, const struct account *account)
{
	struct account_status s;
	struct candidate_status active;
	char server[ADDRESS_TEXT_SIZE] = "none", since[STATUS_DURATION_SIZE] = "-";

	account_status(account, &s);
	if (s.active >= 0 && account_candidate_status(account, (size_t)s.active, &active))
		shown_server_str(&active.peer, server);
	if (s.registered_ms >= 0)
		status_duration_str(s.registered_ms / 1000, since);
	append_name(to, s.aor);
	strbuf_printf(to, "  %-11s  %-15s  %8s", account_state_str(s.state), server, since);
	append_servers(to, account, s.candidates);
	if (s.state != ACCOUNT_REGISTERED && s.last_error[0] != '\0') {
		strbuf_append(to, "  last error: ");
		shown_append_clean(to, s.last_error);
	}
	strbuf_append(to, "\n");
}
