/* SPDX-License-Identifier: ISC */
#include "agent/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/account.h"
#include "agent/configbox.h"
#include "agent/record.h"
#include "agent/roster.h"
#include "agent/sharing.h"

struct reload {
	struct agent *agent;
	struct config_box *box;
	enum {
		/* All that can fail: */
		INDEX,			/* present accounts */
		COUNT,			/* accounts that share a name */
		MAKE,			/* new accounts */
		/* All that is done: */
		ADOPT,			/* configured accounts */
		REMOVE,			/* those that are gone */
		END,
	} stage;
	size_t next;			/* account of this stage */
	struct account **accounts;	/* as configured: known ones and new ones */
	bool *known;
	size_t count;
	struct account **old;		/* as they were configured, once that is being changed */
	size_t old_count;
	struct account *index;		/* uthash */
	struct sharing sharing;

	/* Of a configuration that takes another one's place: */
	struct transport_change *upstreams;
	struct upstreams_retired retired;
	bool replaces;
	bool (*also)(void *arg, const struct config *config, char error[256]);
	void *also_arg;
	char error[256];		/* why it has failed */
};

/* ---- all that can fail ---- */

static bool
index_account(struct account **index, struct account *account)
{
	memset(&account->hh, 0, sizeof(account->hh));
	HASH_ADD_KEYPTR(hh, *index, account->aor, strlen(account->aor), account);
	return account->hh.tbl != NULL;
}

/*
 * An index of the accounts: those that are configured, and those that are still unregistering, so that one that comes
 * back does not work against itself (B30).
 */
static bool
index_next(struct reload *reload)
{
	struct account *account = reload->agent->accounts[reload->next];

	account->kept = false;
	return index_account(&reload->index, account);
}

static bool
index_removed(struct reload *reload)
{
	struct account *account;

	TAILQ_FOREACH(account, &reload->agent->removed, removed_link)
		if (!index_account(&reload->index, account))
			return false;
	return true;
}

static bool
make_next(struct reload *reload)
{
	const struct account_config *config = &reload->box->config->accounts[reload->next];
	struct account *account;

	HASH_FIND_STR(reload->index, config->aor, account);
	reload->known[reload->next] = account != NULL;
	if (account == NULL)
		account = account_new(reload->agent, reload->box, config);
	reload->accounts[reload->next] = account;
	if (account != NULL)
		account->kept = true;
	return account != NULL;
}

struct reload *
reload_begin(struct agent *agent, struct config_box *box)
{
	size_t count = box->config->account_count;
	struct reload *reload = calloc(1, sizeof(*reload));

	if (reload == NULL)
		return NULL;
	*reload = (struct reload){
		.agent = agent,
		.box = box,
		.accounts = calloc(count + 1, sizeof(struct account *)),
		.known = calloc(count + 1, sizeof(bool)),
		.count = count,
	};
	agent->reload = reload;
	if (reload->accounts != NULL && reload->known != NULL)
		return reload;
	reload_free(reload);
	return NULL;
}

/* ---- all that is done ---- */

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

static void
adopt_next(struct reload *reload)
{
	const struct account_config *config = &reload->box->config->accounts[reload->next];
	struct account *account = reload->accounts[reload->next];
	bool spread = sharing_shares(&reload->sharing, config);

	if (reload->known[reload->next]) {
		configure_known(account, reload->box, config, spread);
		return;
	}
	account->spread = spread;
	account_start(account);
}

/* What is not configured any more unregisters and goes (B71). */
static void
remove_next(struct reload *reload)
{
	struct account *account = reload->old[reload->next];
	struct agent *agent = reload->agent;

	if (account->kept)
		return;
	record_make(agent, (struct record){ .kind = RECORD_REMOVED, .account = account->aor, .cause = "reload" },
	    "removed from the configuration");
	account->removed = true;
	TAILQ_INSERT_TAIL(&agent->removed, account, removed_link);
	account_stop(account, instant_add(account_now(account), REGISTRATION_STOP_MS));
}

/* From here on there is no way back. */
static void
begin_to_do(struct reload *reload)
{
	struct agent *agent = reload->agent;

	for (struct server *server = agent->servers; server != NULL; server = server->hh.next)
		server_learn_timing(server);	/* an account may have left it before this reload */
	HASH_CLEAR(hh, reload->index);
	if (reload->replaces) {
		transport_adopt(agent->transport, reload->upstreams);
		reload->upstreams = NULL;
		agent->retired = reload->retired;
		agent_configure_names(agent, reload->box->config);
	}
	reload->old = agent->accounts;
	reload->old_count = agent->account_count;
	agent->accounts = reload->accounts;
	agent->account_count = reload->count;
	if (agent->names_left > 0)
		agent->names_left = agent->account_count;
}

/* Other ones than those that it knew are the agent's now. */
static void
replace_config(struct reload *reload)
{
	struct agent *agent = reload->agent;
	struct config *config = reload->box->config;

	config->generation = agent_config(agent)->generation + 1;
	config_box_release(agent->box);
	agent->box = reload->box;
	agent->counters.reloads++;
	agent->counters.reload_refused = false;
	record_make(agent, (struct record){ .kind = RECORD_RELOADED, .cause = "request" },
	    "reload: generation %u, %zu accounts", config->generation, agent->account_count);
	names_refresh_all(agent->names);	/* B50 */
	ways_look(agent);
}

static void
end(struct reload *reload)
{
	struct agent *agent = reload->agent;

	for (struct server *server = agent->servers; server != NULL; server = server->hh.next)
		if (!server->timing_known)	/* its accounts or their timers are other ones now */
			server_reschedule(server);
	if (reload->replaces)
		replace_config(reload);
	reload->box = NULL;
	reload_free(reload);
}

/* ---- step by step ---- */

static size_t
stage_count(const struct reload *reload)
{
	switch (reload->stage) {
	case INDEX:
		return reload->agent->account_count;
	case COUNT:
	case MAKE:
	case ADOPT:
		return reload->count;
	case REMOVE:
		return reload->old_count;
	case END:
		break;
	}
	return 0;
}

/* The account of this stage that is next. Returns false without memory. */
static bool
do_next(struct reload *reload)
{
	switch (reload->stage) {
	case INDEX:
		return index_next(reload);
	case COUNT:
		return sharing_count(&reload->sharing, &reload->box->config->accounts[reload->next]);
	case MAKE:
		return make_next(reload);
	case ADOPT:
		adopt_next(reload);
		break;
	case REMOVE:
		remove_next(reload);
		break;
	case END:
		break;
	}
	return true;
}

static bool
others_follow(struct reload *reload)
{
	return reload->also == NULL || reload->also(reload->also_arg, reload->box->config, reload->error);
}

/* Returns false if it cannot be done. */
static bool
next_stage(struct reload *reload)
{
	if ((reload->stage == INDEX && !index_removed(reload)) || (reload->stage == MAKE && !others_follow(reload)))
		return false;
	reload->stage++;
	reload->next = 0;
	if (reload->stage == ADOPT)
		begin_to_do(reload);
	return true;
}

int
reload_go_on(struct reload *reload, size_t accounts, char error[256])
{
	struct agent *agent = reload->agent;
	bool good = true;

	agent->settling = true;		/* what a connection tells now is acted upon when all is in its place */
	snprintf(reload->error, sizeof(reload->error), "not enough memory");
	for (; good && accounts > 0 && reload->stage != END; accounts--) {
		if (reload->next == stage_count(reload)) {
			good = next_stage(reload);
			continue;
		}
		good = do_next(reload);
		reload->next++;
	}
	memcpy(error, reload->error, sizeof(reload->error));
	if (!good)
		reload_free(reload);
	else if (reload->stage == END)
		end(reload);
	agent->settling = false;
	return !good ? -ECANCELED : agent->reload != NULL;
}

void
reload_hurry(struct reload *reload)
{
	char error[256];

	if (reload == NULL)
		return;
	if (reload->stage < ADOPT)
		reload_free(reload);
	else
		reload_go_on(reload, SIZE_MAX, error);
}

/* Accounts that are nobody else's: new ones, or those that should have been removed. */
static void
free_strays(struct reload *reload)
{
	if (reload->stage < ADOPT) {
		for (size_t i = 0; reload->accounts != NULL && reload->known != NULL && i < reload->count; i++)
			if (!reload->known[i] && reload->accounts[i] != NULL)
				account_free(reload->accounts[i]);
		free(reload->accounts);
		return;
	}
	for (size_t i = 0; reload->stage != END && i < reload->old_count; i++)
		if (!reload->old[i]->kept && !reload->old[i]->removed)
			account_free(reload->old[i]);
}

void
reload_free(struct reload *reload)
{
	if (reload == NULL)
		return;
	reload->agent->reload = NULL;
	free_strays(reload);
	HASH_CLEAR(hh, reload->index);
	sharing_fini(&reload->sharing);
	if (reload->upstreams != NULL)
		transport_discard(reload->upstreams);
	if (reload->replaces)
		config_box_release(reload->box);
	free(reload->old);
	free(reload->known);
	free(reload);
}

/* ---- another configuration ---- */

void
agent_reload_refused(struct agent *agent)
{
	agent->counters.refused_reloads++;
	agent->counters.reload_refused = true;
}

static int
begin(struct agent *agent, struct config *config,
    bool (*also)(void *arg, const struct config *config, char error[256]), void *arg, char error[256])
{
	const char *key = configdiff_needs_restart(agent_config(agent), config);
	struct transport_tls tls = agent_tls_settings(config);
	struct transport_listen list[CONFIG_UPSTREAMS_MAX];
	struct transport_change *upstreams;
	struct upstreams_retired retired;
	struct config_box *box;

	if (key != NULL) {
		snprintf(error, 256, "%s cannot be changed while running: restart the daemon", key);
		return -EBUSY;
	}
	tls.as_before = !configdiff_tls(agent_config(agent), config);
	upstreams = transport_prepare(agent->transport, list, upstreams_under(agent, config, list, &retired), &tls, error);
	if (upstreams == NULL)
		return -EINVAL;
	snprintf(error, 256, "not enough memory");
	box = config_box_new(config, &agent->unused);
	if (box == NULL || reload_begin(agent, box) == NULL) {
		transport_discard(upstreams);
		free(box);
		return -ENOMEM;
	}
	agent->reload->upstreams = upstreams;
	agent->reload->retired = retired;
	agent->reload->replaces = true;
	agent->reload->also = also;
	agent->reload->also_arg = arg;
	return 0;
}

int
agent_reload_begin(struct agent *agent, struct config *config,
    bool (*also)(void *arg, const struct config *config, char error[256]), void *arg, char error[256])
{
	int result = begin(agent, config, also, arg, error);

	if (result < 0)
		config_free(config);
	return result;
}

int
agent_reload_on(struct agent *agent, char error[256])
{
	int result = agent->reload != NULL ? reload_go_on(agent->reload, agent->slice, error) : -ECANCELED;

	agent_settle(agent);
	return result;
}

int
agent_reload(struct agent *agent, struct config *config, char error[256])
{
	int result = agent_reload_begin(agent, config, NULL, NULL, error);

	while (result == 0 && (result = agent_reload_on(agent, error)) > 0)
		result = 0;
	if (result == 0)
		error[0] = '\0';
	return result;
}
