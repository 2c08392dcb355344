/* SPDX-License-Identifier: ISC */
#include "control/metricfamily.h"

#include <inttypes.h>
#include <string.h>

#include "config.h"

/* ---- how it is written ---- */

static void
append_label(struct strbuf *to, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			strbuf_append(to, "\\n");
		else if (*value == '\\' || *value == '"')
			strbuf_printf(to, "\\%c", *value);
		else
			strbuf_append_n(to, value, 1);
	}
}

static void
append_seconds(struct strbuf *to, int64_t ms)
{
	strbuf_printf(to, "%" PRId64 ".%03d\n", ms / 1000, (int)(ms % 1000));
}

/* NAME{account="…" */
static void
begin_account(struct strbuf *to, const char *name, const struct account_status *s)
{
	strbuf_append(to, name);
	strbuf_append(to, "{account=\"");
	append_label(to, s->aor);
	strbuf_append(to, "\"");
}

/* NAME{server="…" */
static void
begin_server(struct strbuf *to, const char *name, const char *suffix, const struct server_status *s)
{
	char text[PEER_TEXT_SIZE];

	strbuf_printf(to, "%s%s{server=\"%s\"", name, suffix, peer_str(&s->peer, text));
}

/* ---- of each account ---- */

static void
account_registered(struct strbuf *to, const char *name, const struct account *account, const struct account_status *s)
{
	(void)account;
	begin_account(to, name, s);
	strbuf_append(to, s->state == ACCOUNT_REGISTERED ? "} 1\n" : "} 0\n");
}

static void
account_active(struct strbuf *to, const char *name, const struct account *account, const struct account_status *s)
{
	struct candidate_status c;
	char text[PEER_TEXT_SIZE];

	if (s->active < 0 || !account_candidate_status(account, (size_t)s->active, &c))
		return;
	begin_account(to, name, s);
	strbuf_printf(to, ",server=\"%s\",rank=\"%u\"} 1\n", peer_str(&c.peer, text), c.rank);
}

static void
account_redundant(struct strbuf *to, const char *name, const struct account *account, const struct account_status *s)
{
	(void)account;
	begin_account(to, name, s);
	strbuf_append(to, s->redundant ? "} 1\n" : "} 0\n");
}

static void
account_unregistered(struct strbuf *to, const char *name, const struct account *account,
    const struct account_status *s)
{
	(void)account;
	begin_account(to, name, s);
	strbuf_append(to, "} ");
	append_seconds(to, s->unregistered_ms);
}

static void
account_failovers(struct strbuf *to, const char *name, const struct account *account, const struct account_status *s)
{
	(void)account;
	begin_account(to, name, s);
	strbuf_printf(to, "} %lu\n", s->failovers);
}

static void
account_failbacks(struct strbuf *to, const char *name, const struct account *account, const struct account_status *s)
{
	(void)account;
	begin_account(to, name, s);
	strbuf_printf(to, "} %lu\n", s->failbacks);
}

static void
account_dns_age(struct strbuf *to, const char *name, const struct account *account, const struct account_status *s)
{
	(void)account;
	if (s->dns_age_ms < 0)
		return;
	begin_account(to, name, s);
	strbuf_append(to, "} ");
	append_seconds(to, s->dns_age_ms);
}

/* ---- of each server ---- */

static void
server_up(struct strbuf *to, const char *name, const struct server_status *s)
{
	begin_server(to, name, "", s);
	strbuf_append(to, s->health == HEALTH_UP ? "} 1\n" : "} 0\n");
}

static void
server_state(struct strbuf *to, const char *name, const struct server_status *s)
{
	begin_server(to, name, "", s);
	strbuf_printf(to, ",state=\"%s\",cause=\"%s\"} 1\n", health_state_str(s->health), health_cause_str(s->cause));
}

static void
server_drained(struct strbuf *to, const char *name, const struct server_status *s)
{
	begin_server(to, name, "", s);
	strbuf_append(to, s->drained ? "} 1\n" : "} 0\n");
}

static void
server_accounts(struct strbuf *to, const char *name, const struct server_status *s)
{
	begin_server(to, name, "", s);
	strbuf_printf(to, "} %zu\n", s->active);
}

static void
server_accounts_expected(struct strbuf *to, const char *name, const struct server_status *s)
{
	begin_server(to, name, "", s);
	strbuf_printf(to, "} %zu\n", s->expected);
}

static void
server_probes(struct strbuf *to, const char *name, const struct server_status *s)
{
	for (int i = 0; i < PROBE_RESULTS; i++) {
		begin_server(to, name, "", s);
		strbuf_printf(to, ",result=\"%s\"} %" PRIu64 "\n", probe_result_str((enum probe_result)i),
		    s->probes->results[i]);
	}
}

static void
server_round_trip(struct strbuf *to, const char *name, const struct server_status *s)
{
	uint64_t so_far = 0;

	for (int i = 0; i < COUNTERS_RTT_BOUNDS; i++) {
		int ms = counters_rtt_bound_ms(i);

		so_far += s->probes->rtt[i];
		begin_server(to, name, "_bucket", s);
		strbuf_printf(to, ",le=\"%g\"} %" PRIu64 "\n", ms / 1000.0, so_far);
	}
	begin_server(to, name, "_bucket", s);
	strbuf_printf(to, ",le=\"+Inf\"} %" PRIu64 "\n", s->probes->results[PROBE_ANSWERED]);
	begin_server(to, name, "_sum", s);
	strbuf_append(to, "} ");
	append_seconds(to, (int64_t)s->probes->rtt_sum_ms);
	begin_server(to, name, "_count", s);
	strbuf_printf(to, "} %" PRIu64 "\n", s->probes->results[PROBE_ANSWERED]);
}

/* ---- of the whole ---- */

static void
build_info(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
#ifdef HAVE_OPENSSL
	const char *openssl = "yes";
#else
	const char *openssl = "no";
#endif

	(void)s;
	strbuf_printf(to, "%s{version=\"%s\",openssl=\"%s\"} 1\n", name, metrics->version, openssl);
}

static void
uptime(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)metrics;
	strbuf_printf(to, "%s %" PRId64 "\n", name, s->uptime_s);
}

static void
generation(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)metrics;
	strbuf_printf(to, "%s %u\n", name, s->generation);
}

static void
reload_ok(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)metrics;
	strbuf_printf(to, "%s %d\n", name, !s->counters->reload_refused);
}

static void
reloads(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)metrics;
	strbuf_printf(to, "%s{result=\"applied\"} %" PRIu64 "\n%s{result=\"refused\"} %" PRIu64 "\n", name,
	    s->counters->reloads, name, s->counters->refused_reloads);
}

static void
accounts(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)metrics;
	for (int i = 0; i < ACCOUNT_STATES; i++)
		strbuf_printf(to, "%s{state=\"%s\"} %zu\n", name, account_state_str((enum account_state)i),
		    s->states[i]);
}

static void
accounts_redundant(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)metrics;
	strbuf_printf(to, "%s %zu\n", name, s->redundant);
}

static void
accounts_undecided(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)metrics;
	strbuf_printf(to, "%s %zu\n", name, s->undecided);
}

static void
moves(struct strbuf *to, const char *name, const struct agent_status *s, enum record_kind kind)
{
	for (int i = 0; i < SELECTION_REASONS; i++) {
		enum selection_reason reason = (enum selection_reason)i;
		bool usual = reason == SELECTION_DOWN || reason == SELECTION_SILENT || reason == SELECTION_REFUSED ||
		    reason == SELECTION_FAILBACK || reason == SELECTION_DELISTED || reason == SELECTION_DRAINED;

		if (record_kind_of_move(reason) == kind && (usual || s->counters->moves[i] > 0))
			strbuf_printf(to, "%s{cause=\"%s\"} %" PRIu64 "\n", name, selection_reason_str(reason),
			    s->counters->moves[i]);
	}
}

static void
failovers(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)metrics;
	moves(to, name, s, RECORD_FAILED_OVER);
}

static void
failbacks(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)metrics;
	moves(to, name, s, RECORD_FAILED_BACK);
}

static void
other_moves(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)metrics;
	moves(to, name, s, RECORD_MOVED);
}

static void
sip_requests(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	const struct tally *tally = &s->counters->sip;

	(void)metrics;
	for (size_t i = 0; i < tally->used; i++) {
		const struct tally_entry *e = &tally->entries[i];

		if (e->status == 0)
			strbuf_printf(to, "%s{direction=\"%s\",method=\"%s\"} %" PRIu64 "\n", name,
			    tally_direction_str((enum tally_direction)e->direction), e->method, e->count);
	}
}

static void
sip_responses(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	const struct tally *tally = &s->counters->sip;

	(void)metrics;
	for (size_t i = 0; i < tally->used; i++) {
		const struct tally_entry *e = &tally->entries[i];

		if (e->status == 0)
			continue;
		strbuf_printf(to, "%s{direction=\"%s\",method=\"%s\",code=\"", name,
		    tally_direction_str((enum tally_direction)e->direction), e->method);
		if (e->status == TALLY_OTHER)
			strbuf_append(to, "other");
		else
			strbuf_printf(to, "%u", e->status);
		strbuf_printf(to, "\"} %" PRIu64 "\n", e->count);
	}
}

static void
transactions(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)metrics;
	strbuf_printf(to, "%s %zu\n", name, s->transactions);
}

static void
dropped(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)metrics;
	for (int i = 0; i < DROP_REASONS; i++)
		strbuf_printf(to, "%s{reason=\"%s\"} %" PRIu64 "\n", name, drop_reason_str((enum drop_reason)i),
		    s->drops->count[i]);
}

static void
delays(struct strbuf *to, const char *name, const struct delays *d)
{
	uint64_t so_far = 0;

	for (size_t i = 0; i < DELAYS_BUCKETS; i++) {
		so_far += d->count[i];
		if (i < DELAYS_BUCKETS - 1)
			strbuf_printf(to, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, (double)delays_limit_us(i) / 1e6,
			    so_far);
		else
			strbuf_printf(to, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, so_far);
	}
	strbuf_printf(to, "%s_sum %" PRIu64 ".%06u\n%s_count %" PRIu64 "\n", name, d->sum_us / 1000000,
	    (unsigned)(d->sum_us % 1000000), name, d->total);
}

static void
loop_turns(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)s;
	delays(to, name, &metrics->delays->turns);
}

static void
loop_timers(struct strbuf *to, const char *name, const struct metrics *metrics, const struct agent_status *s)
{
	(void)s;
	delays(to, name, &metrics->delays->timers);
}

/* ---- all of them ---- */

#define ACCOUNT(function) METRIC_OF_EACH_ACCOUNT, { .account = function }
#define SERVER(function) METRIC_OF_EACH_SERVER, { .server = function }
#define WHOLE(function) METRIC_OF_THE_WHOLE, { .whole = function }

static const struct metricfamily families[] = {
	{ "sipkeepd_account_registered", "gauge", "Whether the account is registered.", ACCOUNT(account_registered) },
	{ "sipkeepd_account_active_server", "gauge", "The server on which the account is, or is getting, registered.",
	    ACCOUNT(account_active) },
	{ "sipkeepd_account_redundant", "gauge", "Whether it is registered and all its servers, two or more, are up.",
	    ACCOUNT(account_redundant) },
	{ "sipkeepd_account_unregistered_seconds_total", "counter", "Time without a registration.",
	    ACCOUNT(account_unregistered) },
	{ "sipkeepd_account_failovers_total", "counter", "Times it left a server for its state.",
	    ACCOUNT(account_failovers) },
	{ "sipkeepd_account_failbacks_total", "counter", "Times it went back to a better server.",
	    ACCOUNT(account_failbacks) },
	{ "sipkeepd_account_dns_age_seconds", "gauge", "Age of the oldest DNS answer behind its servers.",
	    ACCOUNT(account_dns_age) },
	{ "sipkeepd_accounts", "gauge", "Accounts in each state.", WHOLE(accounts) },
	{ "sipkeepd_accounts_redundant", "gauge", "Accounts that are redundant.", WHOLE(accounts_redundant) },
	{ "sipkeepd_accounts_undecided", "gauge", "Accounts that wait for the first outcome of their start.",
	    WHOLE(accounts_undecided) },
	{ "sipkeepd_failovers_total", "counter", "Moves away from a server for its state.", WHOLE(failovers) },
	{ "sipkeepd_failbacks_total", "counter", "Moves back to a better server.", WHOLE(failbacks) },
	{ "sipkeepd_moves_total", "counter", "Moves for other causes.", WHOLE(other_moves) },
	{ "sipkeepd_server_up", "gauge", "Whether the call server is up.", SERVER(server_up) },
	{ "sipkeepd_server_state", "gauge", "State of the call server, and its cause.", SERVER(server_state) },
	{ "sipkeepd_server_drained", "gauge", "Whether the call server is drained.", SERVER(server_drained) },
	{ "sipkeepd_server_accounts", "gauge", "Accounts that are on the call server.", SERVER(server_accounts) },
	{ "sipkeepd_server_accounts_expected", "gauge", "Accounts that would be there if all servers were up.",
	    SERVER(server_accounts_expected) },
	{ "sipkeepd_server_probes_total", "counter", "Probes (OPTIONS) that have ended.", SERVER(server_probes) },
	{ "sipkeepd_server_round_trip_seconds", "histogram", "Round-trip time of answered probes.",
	    SERVER(server_round_trip) },
	{ "sipkeepd_sip_requests_total", "counter", "SIP requests, copies counted.", WHOLE(sip_requests) },
	{ "sipkeepd_sip_responses_total", "counter", "SIP responses, copies counted.", WHOLE(sip_responses) },
	{ "sipkeepd_sip_transactions", "gauge", "SIP transactions that wait for an answer.", WHOLE(transactions) },
	{ "sipkeepd_dropped_total", "counter", "What came in and was dropped.", WHOLE(dropped) },
	{ "sipkeepd_loop_turn_seconds", "histogram", "Time in which nothing else was served.", WHOLE(loop_turns) },
	{ "sipkeepd_loop_delay_seconds", "histogram", "Lateness of timers.", WHOLE(loop_timers) },
	{ "sipkeepd_config_generation", "gauge", "Number of the configuration in force.", WHOLE(generation) },
	{ "sipkeepd_config_last_reload_successful", "gauge", "Whether the last reload was applied.",
	    WHOLE(reload_ok) },
	{ "sipkeepd_config_reloads_total", "counter", "Reloads that were asked for.", WHOLE(reloads) },
	{ "sipkeepd_uptime_seconds", "gauge", "Time since the start.", WHOLE(uptime) },
	{ "sipkeepd_build_info", "gauge", "The program's version.", WHOLE(build_info) },
};

const struct metricfamily *
metricfamily(size_t i)
{
	return i < sizeof(families) / sizeof(families[0]) ? &families[i] : NULL;
}
