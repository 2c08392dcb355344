/* SPDX-License-Identifier: ISC */
#include "agent/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/account.h"
#include "agent/record.h"
#include "agent/roster.h"
#include "agent/sharing.h"

static bool
index_account(struct account **index, struct account *account)
{
	memset(&account->hh, 0, sizeof(account->hh));
	HASH_ADD_KEYPTR(hh, *index, account->aor, strlen(account->aor), account);
	return account->hh.tbl != NULL;
}

/*
 * An index of the accounts for the time of the preparation: those that are configured, and those that are still
 * unregistering, so that one that comes back does not work against itself (B30). Returns false without memory.
 */
static bool
index_accounts(const struct agent *agent, struct account **index)
{
	struct account *account;

	for (size_t i = 0; i < agent->account_count; i++)
		if (!index_account(index, agent->accounts[i]))
			return false;
	TAILQ_FOREACH(account, &agent->removed, removed_link)
		if (!index_account(index, account))
			return false;
	return true;
}

static void
discard(struct reload *reload)
{
	for (size_t i = 0; reload->accounts != NULL && reload->known != NULL && i < reload->count; i++)
		if (!reload->known[i] && reload->accounts[i] != NULL)
			account_free(reload->accounts[i]);
	free(reload->accounts);
	free(reload->known);
	free(reload->shared);
}

static bool
make_accounts(struct reload *reload, struct agent *agent, struct account *index)
{
	const struct config *config = reload->box->config;

	for (size_t i = 0; i < config->account_count; i++) {
		HASH_FIND_STR(index, config->accounts[i].aor, reload->accounts[i]);
		reload->known[i] = reload->accounts[i] != NULL;
		if (!reload->known[i])
			reload->accounts[i] = account_new(agent, reload->box, &config->accounts[i]);
		if (reload->accounts[i] == NULL)
			return false;
	}
	return true;
}

bool
reload_prepare(struct reload *reload, struct agent *agent, struct config_box *box)
{
	size_t count = box->config->account_count;
	struct account *index = NULL;
	bool made = false;

	*reload = (struct reload){
		.box = box,
		.accounts = calloc(count + 1, sizeof(struct account *)),
		.known = calloc(count + 1, sizeof(bool)),
		.shared = calloc(count + 1, sizeof(bool)),
		.count = count,
	};
	if (reload->accounts != NULL && reload->known != NULL && reload->shared != NULL &&
	    sharing_find(box->config, reload->shared))
		made = index_accounts(agent, &index) && make_accounts(reload, agent, index);
	HASH_CLEAR(hh, index);
	if (!made)
		discard(reload);
	return made;
}

/* It is where our own address is another one now: the Contact is, too. */
static bool
is_where_upstream_changed(const struct account *account, const struct config *to)
{
	const struct peer *there = account->active != NULL ? &account->active->server->peer : NULL;

	return there != NULL && upstreams_has(to, there->transport, there->address.family) &&
	    configdiff_upstream(agent_config(account->agent), to, there->transport, there->address.family);
}

/* Other servers may be in reach. */
static bool
other_upstreams(const struct account *account, const struct config *to)
{
	const struct config *from = agent_config(account->agent);

	return configdiff_upstream(from, to, account->config->transport, ADDRESS_IPV4) ||
	    configdiff_upstream(from, to, account->config->transport, ADDRESS_IPV6);
}

static void
configure_known(struct account *account, struct config_box *box, const struct account_config *config, bool spread)
{
	bool other_list = account->spread != spread || other_upstreams(account, box->config);
	unsigned changes = configdiff_account(account->config, config);

	if (is_where_upstream_changed(account, box->config))
		changes |= ACCOUNT_REREGISTER;
	if (account->removed) {
		account->removed = false;
		TAILQ_REMOVE(&account->agent->removed, account, removed_link);
		account_revive(account);
		changes |= ACCOUNT_REREGISTER;
	}
	account->spread = spread;
	account_configure(account, box, config, changes);
	if (other_list)
		account_on_names(account);
}

/* What is not configured any more unregisters and goes (B71). */
static void
remove_others(struct agent *agent)
{
	for (size_t i = 0; i < agent->account_count; i++) {
		struct account *account = agent->accounts[i];

		if (account->kept)
			continue;
		record_make(agent, (struct record){ .kind = RECORD_REMOVED, .account = account->aor, .cause = "reload" },
		    "removed from the configuration");
		account->removed = true;
		TAILQ_INSERT_TAIL(&agent->removed, account, removed_link);
		account_stop(account, instant_add(account_now(account), REGISTRATION_STOP_MS));
	}
}

void
reload_adopt(struct reload *reload, struct agent *agent)
{
	const struct config *config = reload->box->config;

	for (struct server *server = agent->servers; server != NULL; server = server->hh.next)
		server_learn_timing(server);	/* an account may have left it before this reload */
	for (size_t i = 0; i < agent->account_count; i++)
		agent->accounts[i]->kept = false;
	for (size_t i = 0; i < reload->count; i++) {
		struct account *account = reload->accounts[i];

		account->kept = true;
		if (reload->known[i]) {
			configure_known(account, reload->box, &config->accounts[i], reload->shared[i]);
			continue;
		}
		account->spread = reload->shared[i];
		account_start(account);
	}
	remove_others(agent);
	for (struct server *server = agent->servers; server != NULL; server = server->hh.next)
		if (!server->timing_known)	/* its accounts or their timers are other ones now */
			server_reschedule(server);
	free(agent->accounts);
	agent->accounts = reload->accounts;
	agent->account_count = reload->count;
	free(reload->known);
	free(reload->shared);
}

void
agent_reload_refused(struct agent *agent)
{
	agent->counters.refused_reloads++;
	agent->counters.reload_refused = true;
}

/* All that can fail. Returns false with nothing touched. */
static bool
get_ready(struct reload *reload, struct agent *agent, struct config *config,
    bool (*also)(void *arg, const struct config *config, char error[256]), void *arg, char error[256])
{
	struct config_box *box = config_box_new(config);

	snprintf(error, 256, "not enough memory");
	if (box != NULL && reload_prepare(reload, agent, box)) {
		if (also == NULL || also(arg, config, error))
			return true;
		discard(reload);
	}
	if (box != NULL)
		box->config = NULL;	/* the caller keeps it */
	config_box_release(box);
	return false;
}

int
agent_reload(struct agent *agent, struct config *config,
    bool (*also)(void *arg, const struct config *config, char error[256]), void *arg, char error[256])
{
	const char *key = configdiff_needs_restart(agent_config(agent), config);
	struct transport_tls tls = agent_tls_settings(config);
	struct transport_listen list[CONFIG_UPSTREAMS_MAX];
	struct transport_change *upstreams;
	struct upstreams_retired retired;
	struct reload reload;

	if (key != NULL) {
		snprintf(error, 256, "%s cannot be changed while running: restart the daemon", key);
		return -EBUSY;
	}
	tls.as_before = !configdiff_tls(agent_config(agent), config);
	upstreams = transport_prepare(agent->transport, list, upstreams_under(agent, config, list, &retired), &tls, error);
	if (upstreams == NULL)
		return -EINVAL;
	if (!get_ready(&reload, agent, config, also, arg, error)) {
		transport_discard(upstreams);
		return -ECANCELED;
	}
	agent->settling = true;		/* what a connection tells now is acted upon when all is in its place */
	transport_adopt(agent->transport, upstreams);
	agent->retired = retired;
	config->generation = agent_config(agent)->generation + 1;
	agent_configure_names(agent, config);
	reload_adopt(&reload, agent);
	config_box_release(agent->box);
	agent->box = reload.box;
	agent->counters.reloads++;
	agent->counters.reload_refused = false;
	record_make(agent, (struct record){ .kind = RECORD_RELOADED, .cause = "request" },
	    "reload: generation %u, %zu accounts", config->generation, agent->account_count);
	names_refresh_all(agent->names);	/* B50 */
	ways_look(agent);
	agent->settling = false;
	agent_settle(agent);
	error[0] = '\0';
	return 0;
}
