/* SPDX-License-Identifier: ISC */
#include "agent/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/account.h"
#include "agent/agent_private.h"
#include "agent/answers.h"
#include "agent/backlog.h"
#include "agent/configbox.h"
#include "agent/drive.h"
#include "agent/flow.h"
#include "agent/reload.h"
#include "agent/savedstate.h"
#include "agent/server.h"
#include "agent/settle.h"
#include "base/log.h"
#include "sip/framing.h"
#include "sip/message.h"
#include "sip/wire.h"

/* ---- owners of transactions ---- */

bool
agent_add_owner(struct agent *agent, struct owner *owner, enum owner_kind kind)
{
	owner->kind = kind;
	owner->handle = handle_add(&agent->owners, owner);
	return !handle_none(owner->handle);
}

void
agent_remove_owner(struct agent *agent, struct owner *owner)
{
	handle_remove(&agent->owners, owner->handle);
}

/* ---- events from below ---- */

static void
on_transaction_end(void *arg, const struct clienttx_result *result)
{
	struct agent *agent = arg;
	struct owner *owner = handle_get(&agent->owners, result->owner);

	if (owner == NULL)
		return;
	switch (owner->kind) {
	case OWNER_SERVER:
		server_on_result((struct server *)owner, result);
		break;
	case OWNER_ATTEMPT:
		drive_on_result(((struct attempt *)owner)->account, (struct attempt *)owner, result);
		break;
	}
	agent_settle(agent);
}

static void
on_message(void *arg, const struct peer *from, const struct address *local, const uint8_t *bytes, size_t len)
{
	struct agent *agent = arg;
	struct message message;
	enum drop_reason why;

	wire_received(&agent->wire, from, local, bytes, len);
	if (!message_parse(&message, bytes, len, &why)) {
		agent->drops.count[why]++;
		return;
	}
	tally_count(&agent->counters.sip, TALLY_IN, message.method, message.status);
	if (message.request)
		answers_on_request(agent, from, &message);
	else
		clienttx_on_answer(agent->transactions, from, local, &message);
	message_fini(&message);
}

static void
on_unreachable(void *arg, const struct peer *to, enum transport_failure failure, const uint8_t *quoted, size_t len)
{
	struct agent *agent = arg;

	clienttx_on_unreachable(agent->transactions, to, failure, quoted, len);
}

static void
on_broken(void *arg, const struct peer *peer, enum transport_failure failure, const char *text)
{
	struct agent *agent = arg;
	size_t lost = clienttx_on_broken(agent->transactions, peer, failure, text);
	struct server *server = server_find(agent, peer);
	bool was_there = failure == TRANSPORT_ENDED || failure == TRANSPORT_GARBAGE;

	agent->drops.count[DROP_GARBAGE] += failure == TRANSPORT_GARBAGE;
	if (server == NULL || lost > 0)
		return;
	if (was_there)
		flow_ended(server);
	else
		server_unreachable(server, text);
	agent_settle(agent);
}

/* Any call server may connect to us, from any port (B85). */
static bool
welcome(void *arg, const struct peer *from)
{
	return server_find_ip(arg, &from->address) != NULL;
}

static const struct transport_events transport_events = {
	.on_message = on_message,
	.on_unreachable = on_unreachable,
	.on_broken = on_broken,
	.frame = framing_length,
	.welcome = welcome,
};

static void
on_name_change(void *arg, struct handle watch)
{
	(void)watch;
	backlog_names_changed(arg);
	agent_settle(arg);
}

static bool
any_up(void *arg, struct handle watch)
{
	const struct agent *agent = arg;
	const struct name_request *request = names_request(agent->names, watch);
	struct name_view view;

	if (request == NULL || !names_view(agent->names, watch, &view))
		return false;
	for (size_t i = 0; i < view.found.count; i++) {
		struct peer peer = { request->transport, view.found.servers[i].address };
		const struct server *server = server_find(agent, &peer);

		if (server != NULL && server->health.state == HEALTH_UP)
			return true;
	}
	return false;
}

static void
on_name_turn(void *arg, enum name_turn turn, const char *question, enum dns_outcome outcome)
{
	static const struct { enum record_kind kind; const char *then; } told[] = {
		[NAME_TURN_FAILED] = { RECORD_DNS_FAILED, "nothing is known yet" },
		[NAME_TURN_STALE] = { RECORD_DNS_STALE, "the last good answer stays" },
		[NAME_TURN_FRESH] = { RECORD_DNS_FRESH, NULL },
	};
	const char *word = dns_outcome_str(outcome);
	struct record record = { .kind = told[turn].kind, .question = question, .cause = word };

	if (turn == NAME_TURN_FRESH)
		record_make(arg, record, "DNS answers again: %s", word);
	else
		record_make(arg, record, "DNS lookup: %s; %s", word, told[turn].then);
}

static const struct names_events names_events = { on_name_change, any_up, on_name_turn };

/* ---- coming to life ---- */

void
agent_configure_names(struct agent *agent, const struct config *config)
{
	struct names_settings settings = {
		.nameserver_count = config->nameserver_count,
		.dns_refresh_ms = config->dns_refresh_ms,
	};

	memcpy(settings.nameserver, config->nameserver, sizeof(settings.nameserver));
	if (agent->names == NULL)
		agent->names = names_new(agent->loop, agent->resolver, &settings, &names_events, agent);
	else
		names_configure(agent->names, &settings);
}

static bool
has_tls_upstream(const struct config *config)
{
	for (size_t i = 0; i < config->upstream_count; i++)
		if (config->upstream[i].transport == SIP_TLS)
			return true;
	return false;
}

struct transport_tls
agent_tls_settings(const struct config *config)
{
	if (has_tls_upstream(config) && !config->tls.verify)
		log_line(LOG_LEVEL_WARNING, NULL, "tls-verify = no: anybody can pass for a call server");
	return (struct transport_tls){
		.ca_file = config->tls.ca_file,
		.certificate = config->tls.certificate,
		.key = config->tls.key,
		.verify = config->tls.verify,
	};
}

/* Read now, as long as the daemon may: with a TLS upstream alone. */
static bool
load_tls(struct agent *agent, char error[256])
{
	const struct config *config = agent_config(agent);
	struct transport_tls settings = agent_tls_settings(config);

	return !has_tls_upstream(config) || transport_use_tls(agent->transport, &settings, error) == 0;
}

static bool
open_world(struct agent *agent, char error[256])
{
	const struct config *config = agent_config(agent);

	agent->transport = transport_new(agent->loop, config->upstream, config->upstream_count, config->interface,
	    &transport_events, agent, error);
	if (agent->transport == NULL || !load_tls(agent, error))
		return false;
	agent->wire.transport = agent->transport;
	snprintf(error, 256, "not enough memory");
	agent->resolver = resolver_new(agent->loop, &agent->drops);
	if (agent->resolver == NULL)
		return false;
	agent_configure_names(agent, config);
	agent->ways = ways_new(agent);
	agent->transactions = clienttx_table_new(agent->loop, &agent->wire, &agent->drops, on_transaction_end, agent);
	if (agent->transactions != NULL)
		clienttx_table_set_tally(agent->transactions, &agent->counters.sip);
	return agent->names != NULL && agent->ways != NULL && agent->transactions != NULL;
}

struct agent *
agent_new(struct loop *loop, struct config *config, char error[256])
{
	struct agent *agent = calloc(1, sizeof(*agent));

	snprintf(error, 256, "not enough memory");
	if (agent == NULL)
		return NULL;
	agent->loop = loop;
	agent->started = loop_now(loop);
	TAILQ_INIT(&agent->listeners);
	agent->box = config_box_new(config, &agent->unused);
	if (agent->box == NULL || !backlog_init(agent)) {
		free(agent->box);
		free(agent);
		return NULL;
	}
	config->generation = 1;
	agent->saved = savedstate_new(agent);
	if (agent->saved == NULL || !open_world(agent, error)) {
		agent->box->config = NULL;	/* the caller keeps it */
		agent_free(agent);
		return NULL;
	}
	return agent;
}

void
agent_free(struct agent *agent)
{
	struct account *account;

	if (agent == NULL)
		return;
	savedstate_free(agent->saved);		/* first: what goes now is no change */
	agent->saved = NULL;
	reload_free(agent->reload);
	while ((account = TAILQ_FIRST(&agent->removed)) != NULL) {
		TAILQ_REMOVE(&agent->removed, account, removed_link);
		account_free(account);
	}
	for (size_t i = 0; i < agent->account_count; i++)
		account_free(agent->accounts[i]);
	free(agent->accounts);
	clienttx_table_free(agent->transactions);
	ways_free(agent->ways);
	names_free(agent->names);
	resolver_free(agent->resolver);
	transport_free(agent->transport);
	handle_table_fini(&agent->owners);
	drains_fini(&agent->drains);
	backlog_fini(agent);
	config_box_release(agent->box);
	while (config_boxes_free(&agent->unused, SIZE_MAX))
		;
	free(agent);
}

bool
agent_start(struct agent *agent)
{
	char error[256];

	savedstate_read(agent->saved);	/* not earlier: what it writes belongs to who the daemon has become */
	if (reload_begin(agent, agent->box) == NULL || reload_go_on(agent->reload, SIZE_MAX, error) < 0)
		return false;
	savedstate_started(agent->saved);
	ways_look(agent);
	agent_settle(agent);
	return true;
}

void
agent_stop(struct agent *agent, void (*on_stopped)(void *arg, unsigned unanswered), void *arg)
{
	agent->on_stopped = on_stopped;
	agent->on_stopped_arg = arg;
	reload_hurry(agent->reload);
	agent->stop_by = instant_add(loop_now(agent->loop), REGISTRATION_STOP_MS);
	backlog_stop_all(agent);
}

/* ---- on request ---- */

bool
agent_register(struct agent *agent, const char *name)
{
	bool found = name == NULL;

	for (size_t i = 0; i < agent->account_count; i++) {
		if (name != NULL && !account_is_called(agent->accounts[i], name))
			continue;
		account_register(agent->accounts[i]);
		found = true;
	}
	agent_settle(agent);
	return found;
}

bool
agent_probe(struct agent *agent, const char *name)
{
	struct server *server;
	struct peer_pattern pattern;
	bool found = name == NULL;

	if (name != NULL && !peer_pattern_parse(&pattern, name))
		return false;
	for (server = agent->servers; server != NULL; server = server->hh.next) {
		if (name != NULL && !peer_matches(&pattern, &server->peer))
			continue;
		server_probe(server);
		found = true;
	}
	agent_settle(agent);
	return found;
}

static void
on_wire_message(void *arg, const struct wire_message *message)
{
	struct agent *agent = arg;
	struct agent_listener *listener;

	TAILQ_FOREACH(listener, &agent->listeners, link)
		if (listener->on_message != NULL)
			listener->on_message(listener->arg, message);
}

/* The wire is looked at only while somebody wants to know. */
static void
watch_wire(struct agent *agent)
{
	const struct agent_listener *listener;

	agent->wire.on_message = NULL;
	agent->wire.arg = agent;
	TAILQ_FOREACH(listener, &agent->listeners, link)
		if (listener->on_message != NULL)
			agent->wire.on_message = on_wire_message;
}

void
agent_listen(struct agent *agent, struct agent_listener *listener)
{
	TAILQ_INSERT_TAIL(&agent->listeners, listener, link);
	watch_wire(agent);
}

void
agent_unlisten(struct agent *agent, struct agent_listener *listener)
{
	TAILQ_REMOVE(&agent->listeners, listener, link);
	watch_wire(agent);
}
