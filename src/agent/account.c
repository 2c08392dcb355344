/* SPDX-License-Identifier: ISC */
#include "agent/account.h"

#include <stdlib.h>
#include <string.h>

#include "agent/drive.h"
#include "agent/leftovers.h"
#include "agent/record.h"
#include "agent/roster.h"
#include "agent/savedstate.h"

enum { NAMES_WAIT_MS = 4000 };		/* B32 */

struct instant
account_now(const struct account *account)
{
	return loop_now(account->agent->loop);
}

const struct timing *
account_timing(const struct account *account)
{
	return &account->config->timing;
}

void
account_unsettle(struct account *account)
{
	if (account->unsettled)
		return;
	account->unsettled = true;
	TAILQ_INSERT_TAIL(&account->agent->unsettled, account, unsettled_link);
}

static void
on_timer(void *arg)
{
	struct account *account = arg;
	struct agent *agent = account->agent;

	account_unsettle(account);
	agent_settle(agent);
}

struct account *
account_new(struct agent *agent, struct config_box *box, const struct account_config *config)
{
	struct account *account = calloc(1, sizeof(*account));

	if (account == NULL)
		return NULL;
	account->agent = agent;
	account->config = config;
	account->aor = strdup(config->aor);
	account->timer = timer_new(agent->loop, on_timer, account);
	if (account->timer == NULL || account->aor == NULL) {
		timer_free(account->timer);
		free(account->aor);
		free(account);
		return NULL;
	}
	account->box = config_box_hold(box);
	account->absent_since = account_now(account);
	account->state = ACCOUNT_DOWN;
	agent->undecided++;
	registration_init(&account->registration, account_now(account));
	return account;
}

void
account_free(struct account *account)
{
	if (account->unsettled)
		TAILQ_REMOVE(&account->agent->unsettled, account, unsettled_link);
	savedstate_gone(account->agent->saved, account);
	account->agent->undecided -= !account->decided;
	account_uncount(account);
	turns_leave(account);
	attempt_free(account->attempt);
	attempt_free(account->background);
	drive_set_active(account, NULL);
	roster_fini(account);
	timer_free(account->timer);
	config_box_release(account->box);
	free(account->aor);
	free(account);
}

void
account_on_names(struct account *account)
{
	roster_rebuild(account);
	account_unsettle(account);
}

void
account_look_at_names(struct account *account)
{
	if (roster_names_changes(account) != account->names_changes)
		account_on_names(account);
}

void
account_start(struct account *account)
{
	account->names_wait = instant_add(account_now(account), NAMES_WAIT_MS);
	roster_watch(account);
	savedstate_recall(account->agent->saved, account);
	roster_rebuild(account);
	account_unsettle(account);
}

static void
lift_penalties(struct account *account)
{
	for (size_t i = 0; i < account->candidate_count; i++)
		penalty_lift(&account->candidates[i]->penalty, account_now(account));
	account->auth_pause = account_now(account);
}

void
account_register(struct account *account)
{
	lift_penalties(account);
	account->refresh_wanted = true;
	account_unsettle(account);
}

void
account_address_changed(struct account *account)
{
	char text[ADDRESS_TEXT_SIZE];

	if (account->config->contact_mode == CONTACT_FIXED || account->registration.state == REGISTRATION_FROZEN ||
	    !drive_is_bound(account))
		return;
	record_make(account->agent, (struct record){ .kind = RECORD_NEW_ADDRESS, .account = account->aor,
	    .server = account->active->server->text, .cause = "local-address" },
	    "registers anew from %s: our address has changed",
	    address_ip_str(&account->active->server->local, text));
	account->refresh_wanted = true;
	account_unsettle(account);
}

void
account_configure(struct account *account, struct config_box *box, const struct account_config *config,
    unsigned changes)
{
	struct config_box *old = account->box;
	bool other_credentials = strcmp(account->config->auth_user, config->auth_user) != 0 ||
	    strcmp(account->config->password, config->password) != 0;

	account->box = config_box_hold(box);
	account->config = config;
	config_box_release(old);
	if (changes == ACCOUNT_SAME)
		return;
	if (changes & ACCOUNT_MOVE) {
		roster_watch(account);
		roster_rebuild(account);
	}
	roster_forget_timing(account);
	if (other_credentials)
		roster_forget_nonces(account);
	if (account->attempt != NULL)
		account->attempt->outdated = true;
	lift_penalties(account);
	if (changes & ACCOUNT_REREGISTER)
		account->refresh_wanted = true;
	account_unsettle(account);
}

void
account_stop(struct account *account, struct instant until)
{
	turns_leave(account);
	roster_expect(account);
	account->stop_by = until;
	drive_machine(account, REGISTRATION_EV_STOP, until);
	account_unsettle(account);
}

bool
account_has_stopped(const struct account *account)
{
	return account->registration.state == REGISTRATION_STOPPED && account->background == NULL;
}

bool
account_is_unanswered(const struct account *account)
{
	return account->unanswered || leftovers_any(account);
}

void
account_revive(struct account *account)
{
	roster_expect(account);
	registration_revive(&account->registration, account->attempt != NULL, account_now(account));
	account_unsettle(account);
}

void
account_quit(struct account *account)
{
	attempt_free(account->attempt);
	account->attempt = NULL;
	drive_drop_background(account, NULL);
	registration_quit(&account->registration, account_now(account));
	account_reckon(account);
	timer_set(account->timer, INSTANT_NEVER);
}

bool
account_is_called(const struct account *account, const char *name)
{
	return strcmp(account->aor, name) == 0 || strcmp(account->config->user, name) == 0;
}
