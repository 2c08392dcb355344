/* SPDX-License-Identifier: ISC */
#include "agent/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/account.h"
#include "agent/flow.h"
#include "agent/record.h"
#include "base/log.h"
#include "core/penalty.h"
#include "net/entropy.h"

enum { WATCH_INTERVAL_MS = 30 * 1000 };			/* B40 */
enum { NUDGE_INTERVAL_MS = 5 * 1000 };			/* that the kernel asks again for a router that failed */
enum { STALE_MS = 60 * 1000 };				/* an idle connection */
enum { BURST_SERVERS = 50, BURST_MS_PER_SERVER = 5 };	/* B21: first probes, when there are many */

static void on_probe_due(void *arg);

/* ---- the timing of probes ---- */

static int64_t
shortest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The shortest of each that one of its accounts asks for. Looked up anew when accounts have changed. */
static const struct timing *
shortest_timing(struct server *server)
{
	struct timing *least = &server->timing;
	const struct candidate *candidate;

	if (server->timing_known)
		return least;
	*least = agent_config(server->agent)->timing;
	least->probe_interval_ms = least->probe_interval_active_ms = least->probe_interval_down_ms = INT64_MAX;
	LIST_FOREACH(candidate, &server->candidates, of_server) {
		const struct timing *timing = account_timing(candidate->account);

		least->probe_interval_ms = shortest(least->probe_interval_ms, timing->probe_interval_ms);
		least->probe_interval_active_ms = shortest(least->probe_interval_active_ms,
		    timing->probe_interval_active_ms);
		least->probe_interval_down_ms = shortest(least->probe_interval_down_ms, timing->probe_interval_down_ms);
		least->probe_timeout_ms = shortest(least->probe_timeout_ms, timing->probe_timeout_ms);
	}
	server->timing_known = true;
	return least;
}

/* By its state, and whether somebody is there or has left something there (B10, B20, B40). */
static int64_t
interval_ms(struct server *server)
{
	const struct timing *timing = shortest_timing(server);
	int64_t interval = timing->probe_interval_ms;

	if (server->health.state == HEALTH_DOWN)
		interval = shortest(interval, timing->probe_interval_down_ms);
	else if (server->active > 0)
		interval = shortest(interval, timing->probe_interval_active_ms);
	if (candidate_first_left_behind(server) != NULL)
		interval = shortest(interval, WATCH_INTERVAL_MS);
	if (server->way == NETWORK_ROUTER_FAILED)
		interval = shortest(interval, NUDGE_INTERVAL_MS);
	return interval;
}

void
server_forget_timing(struct server *server)
{
	server->timing_known = false;
}

void
server_learn_timing(struct server *server)
{
	shortest_timing(server);
}

/* Ten per cent to either side (B21). */
static int64_t
jittered(int64_t interval)
{
	return interval - interval / 10 + (int64_t)entropy_below((uint32_t)(interval / 5) + 1);
}

static void
probe_in(struct server *server, int64_t ms)
{
	if (handle_none(server->probe))
		timer_set(server->timer, instant_add(loop_now(server->agent->loop), ms));
}

void
server_reschedule(struct server *server)
{
	struct instant due = timer_due(server->timer);
	struct instant latest = instant_add(loop_now(server->agent->loop), jittered(interval_ms(server)));

	latest = instant_max(latest, server->retry_at);
	if (handle_none(server->probe) && instant_before(latest, due))
		timer_set(server->timer, latest);
	flow_plan(server);
}

/* The first interval is cut at random, so that servers found together drift apart (B21). */
static int64_t
next_interval(struct server *server)
{
	int64_t interval = jittered(interval_ms(server));

	return server->cseq > 1 ? interval : interval / 10 + (int64_t)entropy_below((uint32_t)(interval / 10 * 9));
}

/* Unless something is planned: the network may just have come back. */
static void
probe_later(struct server *server)
{
	if (instant_is_never(timer_due(server->timer)))
		probe_in(server, next_interval(server));
}

/* ---- health ---- */

/* Accounts of a server that came up by its own probe register there anew: it may have lost their bindings. */
static void
tell_accounts(struct server *server, enum health_state before, bool by_probe)
{
	bool came_up = server->health.state == HEALTH_UP;
	bool was_away = before == HEALTH_DOWN && by_probe;

	if (!came_up)
		telling_forget(server, TELLING_UP | TELLING_REFRESH);
	telling_begin(server, TELLING_STATE | (came_up ? TELLING_UP : 0) | (came_up && was_away ? TELLING_REFRESH : 0));
}

static enum record_kind
kind_of(enum health_state state)
{
	switch (state) {
	case HEALTH_UP:
		return RECORD_SERVER_UP;
	case HEALTH_DOWN:
		return RECORD_SERVER_DOWN;
	case HEALTH_UNKNOWN:
		break;
	}
	return RECORD_SERVER_UNKNOWN;
}

static void
judge(struct server *server, enum health_state before, struct health_verdict verdict, bool by_probe)
{
	if (verdict.confirm)
		server_probe(server);
	if (verdict.not_judged && !server->warned_of_silence) {
		server->warned_of_silence = true;
		log_line(LOG_LEVEL_WARNING, server->text,
		    "takes REGISTER and never answers OPTIONS: judged by its registrations alone");
	}
	if (!verdict.changed)
		return;
	record_make(server->agent, (struct record){ .kind = kind_of(server->health.state), .server = server->text,
	    .cause = health_cause_str(server->health.cause), .detect_ms = health_detect_ms(&server->health),
	    .accounts = server->active }, "%s (%s%s%s)", health_state_str(server->health.state),
	    health_cause_str(server->health.cause), server->health.cause == HEALTH_CAUSE_UNREACHABLE ? ": " : "",
	    server->health.cause == HEALTH_CAUSE_UNREACHABLE ? server->why : "");
	server_reschedule(server);
	tell_accounts(server, before, by_probe);
}

/* An answer to anything. Who left something here may take it back now (B40): once after each that left. */
static void
heard(struct server *server)
{
	bool news = !server->answered || !instant_before(server->left_latest, server->answered_at);
	struct candidate *candidate = candidate_first_left_behind(server);

	server->answered = true;
	server->answered_at = loop_now(server->agent->loop);
	for (; news && candidate != NULL; candidate = LIST_NEXT(candidate, left_link))
		account_unsettle(candidate->account);
}

void
server_register_answered(struct server *server, int sip_code)
{
	enum health_state before = server->health.state;

	heard(server);
	judge(server, before, health_registration(&server->health, sip_code, loop_now(server->agent->loop)), false);
}

/* Nothing has come from it since then: over TCP that may be the connection's fault, not the server's. */
static void
doubt_connection(struct server *server, struct instant since)
{
	if (!server->answered || instant_before(server->answered_at, since))
		transport_renew(server->agent->transport, &server->peer);
}

void
server_register_silent(struct server *server)
{
	struct instant now = loop_now(server->agent->loop), began = instant_add(now, -REGISTRATION_PATIENCE_MS);

	if (!ways_judge(server, false))
		return;
	if (ways_doubt(server)) {
		server_probe(server);
		return;
	}
	doubt_connection(server, began);
	judge(server, server->health.state, health_suspect(&server->health, began, now), false);
}

void
server_no_way(struct server *server, const char *why)
{
	enum health_state before = server->health.state;

	snprintf(server->why, sizeof(server->why), "%s", why);
	judge(server, before, health_unreachable(&server->health, loop_now(server->agent->loop)), false);
}

void
server_unreachable(struct server *server, const char *why)
{
	if (ways_judge(server, true))
		server_no_way(server, why);
}

/* ---- the probe ---- */

/*
 * Where no account is, minutes pass between probes: over TCP a connection may have died meanwhile without a word, and
 * one silent round is enough to take the server for down. So such a probe makes its own.
 */
static void
freshen_connection(struct server *server)
{
	if (server->active == 0)
		doubt_connection(server, instant_add(loop_now(server->agent->loop), -STALE_MS));
}

static int
send_options(struct server *server)
{
	struct agent *agent = server->agent;
	char branch[SIP_BRANCH_SIZE];
	struct build_options options = {
		.transport = server->peer.transport,
		.to = server->peer,
		.branch = branch,
		.call_id = server->call_id,
		.from_tag = server->from_tag,
	};
	struct strbuf request = { 0 };
	const struct candidate *first = LIST_FIRST(&server->candidates);
	int error = transport_local(agent->transport, &server->peer, &options.local);

	if (error < 0)
		return error;
	server->probe = clienttx_begin(agent->transactions, branch);
	if (handle_none(server->probe))
		return -ENOMEM;
	freshen_connection(server);
	if (first != NULL)
		transport_want_name(agent->transport, &server->peer, candidate_certificate_name(first));
	options.cseq = ++server->cseq;
	build_options(&request, &options);
	if (request.failed) {
		error = -ENOMEM;
		clienttx_drop(agent->transactions, server->probe);
	} else {
		error = clienttx_send(agent->transactions, server->probe, &server->peer,
		    first != NULL ? first->account->config->dscp : 0, request.data, request.len,
		    (int)shortest_timing(server)->probe_timeout_ms,
		    server->owner.handle);
	}
	strbuf_fini(&request);
	if (error < 0)
		server->probe = (struct handle){ 0 };
	return error;
}

void
server_probe(struct server *server)
{
	int error;

	if (!handle_none(server->probe))
		return;
	timer_set(server->timer, INSTANT_NEVER);
	error = send_options(server);
	if (error == 0)
		return;
	server->probes.results[PROBE_UNSENT]++;
	if (error == -ENETUNREACH || error == -ENETDOWN || error == -EHOSTUNREACH)
		server_unreachable(server, strerror(-error));
	else
		log_line(LOG_LEVEL_WARNING, server->text, "OPTIONS could not be sent: %s", strerror(-error));
	probe_later(server);
}

void
server_probe_anew(struct server *server, int64_t ms)
{
	clienttx_drop(server->agent->transactions, server->probe);
	server->probe = (struct handle){ 0 };
	probe_in(server, ms);
}

static void
on_probe_due(void *arg)
{
	struct server *server = arg;
	struct agent *agent = server->agent;

	server_probe(server);
	agent_settle(agent);
}

/* When the next probe is due, by the answer to this one. */
static int64_t
after_answer(struct server *server, const struct message *answer)
{
	uint64_t seconds;
	int64_t wait_ms;

	if (answer->status != 503 || !span_number(answer->retry_after, UINT64_MAX, &seconds))
		return next_interval(server);
	wait_ms = penalty_retry_after_ms(seconds);		/* B14 */
	server->retry_at = instant_add(loop_now(server->agent->loop), wait_ms);
	return wait_ms;
}

void
server_on_result(struct server *server, const struct clienttx_result *result)
{
	struct instant now = loop_now(server->agent->loop);
	enum health_state before = server->health.state;
	struct health_verdict verdict = { 0 };
	bool active = server->active > 0;

	server->probe = (struct handle){ 0 };
	server->retry_at = now;
	if (!ways_judge(server, result->end == CLIENTTX_UNREACHABLE)) {
		probe_later(server);
		return;
	}
	switch (result->end) {
	case CLIENTTX_ANSWER:
		server->rtt_ms = instant_since(result->began, now);
		probe_counters_answered(&server->probes, server->rtt_ms);
		heard(server);
		verdict = health_answer(&server->health, result->answer->status, active, now);
		break;
	case CLIENTTX_SILENT:
		server->probes.results[PROBE_SILENT]++;
		if (ways_doubt(server)) {
			server_probe(server);
			return;
		}
		doubt_connection(server, result->began);
		verdict = health_silence(&server->health, result->began, active, now);
		break;
	case CLIENTTX_UNREACHABLE:
		server->probes.results[PROBE_UNREACHABLE]++;
		snprintf(server->why, sizeof(server->why), "%s", result->text);
		verdict = health_unreachable(&server->health, now);
		break;
	case CLIENTTX_LOCAL:
		server->probes.results[PROBE_UNSENT]++;
		log_line(LOG_LEVEL_WARNING, server->text, "OPTIONS could not be sent: %s", result->text);
		break;
	}
	probe_in(server, result->end == CLIENTTX_ANSWER ? after_answer(server, result->answer) : next_interval(server));
	judge(server, before, verdict, true);
}

void
server_add_active(struct server *server, int change)
{
	server->active = (unsigned)((int)server->active + change);
	if (server->active == 1 && change > 0)
		server_reschedule(server);
}

/* ---- coming and going ---- */

struct server *
server_find(const struct agent *agent, const struct peer *peer)
{
	char text[PEER_TEXT_SIZE];
	struct server *server;

	peer_str(peer, text);
	HASH_FIND_STR(agent->servers, text, server);
	return server;
}

struct server *
server_find_ip(const struct agent *agent, const struct address *address)
{
	struct server *server;

	for (server = agent->servers; server != NULL; server = server->hh.next)
		if (address_same_ip(&server->peer.address, address))
			return server;
	return NULL;
}

static void
server_free(struct server *server)
{
	clienttx_drop(server->agent->transactions, server->probe);
	transport_forget(server->agent->transport, &server->peer);
	agent_remove_owner(server->agent, &server->owner);
	telling_forget(server, ~0U);
	turns_fini(&server->turns);
	timer_free(server->timer);
	flow_fini(server);
	free(server);
}

struct server *
server_acquire(struct agent *agent, const struct peer *peer)
{
	struct server *server = server_find(agent, peer);
	unsigned others = HASH_COUNT(agent->servers);

	if (server != NULL)
		return server;
	server = calloc(1, sizeof(*server));
	if (server == NULL)
		return NULL;
	server->agent = agent;
	server->peer = *peer;
	server->rtt_ms = -1;
	server->drained = drains_has(&agent->drains, peer);
	server->retry_at = loop_now(agent->loop);
	LIST_INIT(&server->candidates);
	LIST_INIT(&server->left_behind);
	peer_str(peer, server->text);
	health_init(&server->health, loop_now(agent->loop));
	server->judged = true;
	ways_learn(server);
	entropy_hex(server->call_id, SIP_CALL_ID_SIZE - 1);
	entropy_hex(server->from_tag, SIP_TAG_SIZE - 1);
	server->timer = timer_new(agent->loop, on_probe_due, server);
	if (server->timer != NULL && flow_init(server) && agent_add_owner(agent, &server->owner, OWNER_SERVER))
		HASH_ADD_STR(agent->servers, text, server);
	server->number = ++agent->servers_made;
	if (server->hh.tbl == NULL) {
		server_free(server);
		return NULL;
	}
	/* At once, but from the loop: the candidate is not in its list yet. Many are spread a little (B21). */
	probe_in(server, others > BURST_SERVERS ? (int64_t)entropy_below(others * BURST_MS_PER_SERVER) : 0);
	return server;
}

void
server_release_unused(struct server *server)
{
	if (!LIST_EMPTY(&server->candidates))
		return;
	HASH_DEL(server->agent->servers, server);
	server_free(server);
}
