/* SPDX-License-Identifier: ISC */
#include "agent/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/choice.h"
#include "agent/leftovers.h"
#include "agent/roster.h"
#include "base/log.h"
#include "net/entropy.h"

enum {
	NAMES_WAIT_MS = 4000,		/* B32 */
	AUTH_REFUSALS_MAX = 2,		/* B16 */
	AUTH_PAUSE_MS = 30 * 1000,
	FOLLOW_AGAIN_MS = 5000,		/* a Contact that the server sees elsewhere (B30) */
};

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
	registration_init(&account->registration, account_now(account));
	return account;
}

static void
set_active(struct account *account, struct candidate *candidate)
{
	struct candidate *before = account->active;

	if (before == candidate)
		return;
	account->active = candidate;
	if (before != NULL) {
		before->left_at = account_now(account);
		before->cleaned = false;
		server_add_active(before->server, -1);
		candidate_leave(before);
	}
	if (candidate != NULL)
		server_add_active(candidate->server, 1);
}

void
account_free(struct account *account)
{
	if (account->unsettled)
		TAILQ_REMOVE(&account->agent->unsettled, account, unsettled_link);
	turns_leave(account);
	attempt_free(account->attempt);
	attempt_free(account->background);
	set_active(account, NULL);
	roster_fini(account);
	timer_free(account->timer);
	config_box_release(account->box);
	free(account->aor);
	free(account);
}

/* ---- what comes of a REGISTER ---- */

static void
set_error(struct account *account, const struct candidate *candidate, const char *text)
{
	snprintf(account->last_error, sizeof(account->last_error), "%s: %s", candidate->server->text, text);
}

static void
accepted(struct account *account, struct candidate *candidate, const struct attempt_outcome *outcome)
{
	bool first = account->registration.state == REGISTRATION_REGISTERING;

	penalty_accept(&candidate->penalty);
	if (first || account->granted_s == 0)
		account->registered_since = account_now(account);
	account->granted_s = outcome->granted_s;
	account->granted_until = instant_add(account_now(account), outcome->granted_s * 1000);
	account->auth_pause = account_now(account);
	account->last_error[0] = '\0';
	if (first)
		log_line(LOG_LEVEL_NOTICE, account->config->aor, "registered on %s for %lld s (%s)",
		    candidate->server->text, (long long)outcome->granted_s, selection_reason_text(account->moved));
}

/* B16: each refusal of the credentials by a second server, or by one more, stops the tour for a while. */
static void
count_auth_refusals(struct account *account)
{
	unsigned refusals = 0;

	for (size_t i = 0; i < account->candidate_count; i++) {
		const struct penalty *penalty = &account->candidates[i]->penalty;

		refusals += penalty->kind == PENALTY_FAILED && penalty->credentials;
	}
	if (refusals >= AUTH_REFUSALS_MAX)
		account->auth_pause = instant_add(account_now(account), AUTH_PAUSE_MS);
}

static void
not_accepted(struct account *account, struct candidate *candidate, const struct attempt_outcome *outcome)
{
	struct instant now = account_now(account);
	uint32_t draw;

	set_error(account, candidate, outcome->text);
	if (outcome->end == ATTEMPT_REFUSED) {
		penalty_fail(&candidate->penalty, outcome->sip_code, outcome->retry_after_ms, now);
		if (candidate->penalty.credentials)
			count_auth_refusals(account);
		candidate_leave(candidate);	/* a 2xx that is none may have stored something (B33) */
	} else {
		entropy_bytes(&draw, sizeof(draw));
		penalty_hold(&candidate->penalty, outcome->end == ATTEMPT_PUT_OFF ? outcome->sip_code : 0,
		    outcome->retry_after_ms, draw, now);
	}
	log_line(LOG_LEVEL_NOTICE, account->config->aor, "%s on %s: %s; again in %lld s at the earliest",
	    outcome->end == ATTEMPT_REFUSED ? "failed" : "held off", candidate->server->text, outcome->text,
	    (long long)(instant_since(now, candidate->penalty.free_at) + 999) / 1000);
}

void
account_hold_off(struct account *account, const struct server *server, int sip_code, int64_t retry_after_ms)
{
	uint32_t draw;

	for (size_t i = 0; i < account->candidate_count; i++) {
		struct candidate *candidate = account->candidates[i];

		if (candidate->server != server)
			continue;
		entropy_bytes(&draw, sizeof(draw));
		penalty_hold(&candidate->penalty, sip_code, retry_after_ms, draw, account_now(account));
	}
}

/* The pending attempt is given up; a REGISTER that has been silent for long enough counts as not answered (B18). */
static void
give_up(struct account *account)
{
	struct attempt_outcome silent = { .end = ATTEMPT_SILENT, .text = "no answer" };
	struct attempt *attempt = account->attempt;

	if (attempt != NULL && attempt->kind == ATTEMPT_REGISTER && !attempt->outdated &&
	    account->registration.state != REGISTRATION_STOPPING &&
	    instant_since(attempt->sent_at, account_now(account)) >= REGISTRATION_PATIENCE_MS)
		not_accepted(account, attempt->candidate, &silent);
	else if (attempt != NULL && attempt->candidate->server->health.cause == HEALTH_CAUSE_UNREACHABLE)
		attempt_came_back(attempt);
	attempt_free(attempt);
	account->attempt = NULL;
}

/* ---- the machine's actions ---- */

static void
drop_background(struct account *account, const struct candidate *candidate)
{
	if (account->background == NULL || (candidate != NULL && account->background->candidate != candidate))
		return;
	attempt_free(account->background);
	account->background = NULL;
}

/* The unregister goes on by itself, unless the account comes back to that candidate (B38). */
static void
put_in_background(struct account *account)
{
	if (account->attempt == NULL)
		return;
	drop_background(account, NULL);
	account->background = account->attempt;
	account->attempt = NULL;
}

/* Leaving a server for the sake of its state, not of a better one (B37). */
static bool
is_failover(enum selection_reason reason)
{
	return reason == SELECTION_DOWN || reason == SELECTION_SILENT || reason == SELECTION_REFUSED;
}

static void
set_out(struct account *account, struct candidate *target)
{
	bool returns = account->leaving_for != SELECTION_NONE && account->selection.reason == SELECTION_FIRST &&
	    target != account->active;

	/* After the unregister of a failback the choice was made anew; it is the failback that moves the account. */
	account->moved = returns ? account->leaving_for : account->selection.reason;
	account->leaving_for = SELECTION_NONE;
	if (account->active != NULL && account->active != target) {
		if (is_failover(account->moved))
			failback_left(&account->failback, account_now(account));
		if (account->moved == SELECTION_FAILBACK)
			failback_begin(&account->failback, account_now(account));
		account->failovers += is_failover(account->moved);
		account->failbacks += account->moved == SELECTION_FAILBACK;
		log_line(LOG_LEVEL_NOTICE, account->config->aor, "moves from %s to %s: %s",
		    account->active->server->text, target->server->text, selection_reason_text(account->moved));
	}
	set_active(account, target);
	account->granted_s = 0;
	drop_background(account, target);
}

/* One attempt of the machine's. Returns false if it could not even be sent; it has been judged then. */
static bool
send_attempt(struct account *account, struct candidate *candidate, enum attempt_kind kind)
{
	struct attempt_outcome outcome;

	if (kind == ATTEMPT_REGISTER)
		account->refresh_wanted = false;	/* this is it */
	account->attempt = attempt_new(account, candidate, kind, &outcome);
	if (account->attempt != NULL)
		return true;
	if (kind != ATTEMPT_UNREGISTER) {
		if (outcome.end == ATTEMPT_UNREACHABLE)
			server_register_unreachable(candidate->server);
		not_accepted(account, candidate, &outcome);
	}
	return false;
}

/* Does what the machine says. Returns the event that follows at once, or false. */
static bool
act(struct account *account, enum registration_action action, enum registration_event *next, struct instant *until)
{
	struct candidate *target = account->chosen;

	switch (action) {
	case REGISTRATION_DO_NOTHING:
		return false;
	case REGISTRATION_DO_CHOOSE:
		*next = choice_make(account, until);
		return true;
	case REGISTRATION_DO_REGISTER:
		give_up(account);
		set_out(account, target);
		*next = REGISTRATION_EV_ENDED;
		return !send_attempt(account, target, ATTEMPT_REGISTER);
	case REGISTRATION_DO_REFRESH:
		drop_background(account, account->active);
		*next = REGISTRATION_EV_ENDED;
		return !send_attempt(account, account->active, ATTEMPT_REGISTER);
	case REGISTRATION_DO_ASK:
		drop_background(account, target);
		*next = REGISTRATION_EV_ENDED;
		return !send_attempt(account, target, ATTEMPT_QUESTION);
	case REGISTRATION_DO_UNREGISTER:
		give_up(account);
		drop_background(account, account->active);
		account->leaving_for = account->selection.reason;
		account->unanswered = true;
		if (account->registration.state == REGISTRATION_STOPPING)
			account->granted_s = 0;
		*next = REGISTRATION_EV_ENDED;
		return !send_attempt(account, account->active, ATTEMPT_UNREGISTER);
	case REGISTRATION_DO_SUSPECT:
		server_register_silent(account->active->server);
		*next = choice_make(account, until);
		return true;
	case REGISTRATION_DO_STOPPED:
		attempt_free(account->attempt);
		account->attempt = NULL;
		return false;
	}
	return false;
}

/* Is there anything that a registrar may hold for the account where it is? */
static bool
bound(const struct account *account)
{
	return account->active != NULL && candidate_may_be_bound(account->active);
}

static void
drive(struct account *account, enum registration_event event, struct instant until)
{
	bool more = true;

	while (more) {
		enum registration_state before = account->registration.state;
		enum registration_action action = registration_step(&account->registration, event, until,
		    bound(account), account_now(account));

		if (before == REGISTRATION_LEAVING && account->registration.state == REGISTRATION_IDLE)
			put_in_background(account);
		more = act(account, action, &event, &until);
	}
}

/* ---- events ---- */

/*
 * The server sees us elsewhere than the Contact says (B30): registers anew at once, then, when that was no use, later
 * and later.
 */
static int64_t
follow_contact_ms(struct account *account, int64_t refresh_ms)
{
	int64_t wait_ms = account->follow_ms;

	account->follow_ms = wait_ms > 0 ? 2 * wait_ms : FOLLOW_AGAIN_MS;
	return wait_ms < refresh_ms ? wait_ms : refresh_ms;
}

void
account_on_result(struct account *account, struct attempt *attempt, const struct clienttx_result *result)
{
	struct candidate *candidate = attempt->candidate;
	struct attempt_outcome outcome;
	int64_t refresh_ms;
	uint32_t draw;

	attempt_on_result(attempt, result, &outcome);
	if (result->end == CLIENTTX_ANSWER)
		server_register_answered(candidate->server, result->answer->status);
	else if (result->end == CLIENTTX_UNREACHABLE)
		server_register_unreachable(candidate->server);
	account_unsettle(account);

	if (attempt == account->background) {
		if (outcome.end == ATTEMPT_GOES_ON)
			return;
		if (outcome.sip_code != 0)
			candidate_unbound(candidate);		/* asked once, whatever it said (B40) */
		candidate->cleaned = true;
		candidate->cleaned_at = account_now(account);
		drop_background(account, NULL);
		return;
	}
	if (outcome.end == ATTEMPT_GOES_ON) {
		drive(account, REGISTRATION_EV_SENT, INSTANT_NEVER);
		return;
	}
	account->attempt = NULL;
	if (outcome.sip_code != 0)
		account->unanswered = false;
	if (attempt->kind == ATTEMPT_REGISTER && outcome.end == ATTEMPT_ACCEPTED) {
		accepted(account, candidate, &outcome);
		entropy_bytes(&draw, sizeof(draw));
		refresh_ms = registration_refresh_ms(outcome.granted_s, draw);
		if (outcome.contact_changed)
			refresh_ms = follow_contact_ms(account, refresh_ms);
		else
			account->follow_ms = 0;
		drive(account, REGISTRATION_EV_ACCEPTED, instant_add(account_now(account), refresh_ms));
	} else if (attempt->kind == ATTEMPT_QUESTION && outcome.end == ATTEMPT_ACCEPTED) {
		drive(account, REGISTRATION_EV_ACCEPTED, INSTANT_NEVER);
	} else {
		if (attempt->kind != ATTEMPT_UNREGISTER && !attempt->outdated)
			not_accepted(account, candidate, &outcome);
		if (outcome.sip_code == 503 && outcome.retry_after_ms > 0)
			turns_hold_off(candidate->server, outcome.sip_code, outcome.retry_after_ms);
		drive(account, REGISTRATION_EV_ENDED, INSTANT_NEVER);
	}
	attempt_free(attempt);
}

static void
arm(struct account *account)
{
	struct instant due = account->registration.deadline;

	switch (account->registration.state) {
	case REGISTRATION_LEAVING:
	case REGISTRATION_STOPPING:
		break;		/* nothing is chosen before they end */
	case REGISTRATION_STOPPED:
		due = account->background != NULL ? account->stop_by : INSTANT_NEVER;
		break;
	case REGISTRATION_IDLE:
	case REGISTRATION_WAITING:
	case REGISTRATION_REGISTERING:
	case REGISTRATION_REGISTERED:
	case REGISTRATION_REFRESHING:
	case REGISTRATION_ASKING:
	case REGISTRATION_STATES:
		due = instant_min(due, account->selection.look_again);
		break;
	}
	timer_set(account->timer, due);
}

/* Many may want to at once: the accounts of a server that came back, all of them on request (B42). */
static bool
may_refresh(struct account *account)
{
	if (account->registration.state == REGISTRATION_REGISTERED)
		return turns_take(account, account->active->server);
	return !registration_pending(&account->registration);
}

void
account_settle(struct account *account)
{
	struct instant until;
	enum registration_event event;

	if (account->registration.state == REGISTRATION_STOPPED) {
		if (instant_due(account->stop_by, account_now(account)))
			drop_background(account, NULL);
		arm(account);
		return;
	}
	if (instant_due(account->registration.deadline, account_now(account)))
		drive(account, REGISTRATION_EV_DUE, INSTANT_NEVER);
	event = choice_make(account, &until);
	drive(account, event, until);
	if (account->refresh_wanted && may_refresh(account)) {
		account->refresh_wanted = false;
		drive(account, REGISTRATION_EV_REFRESH, INSTANT_NEVER);
	}
	leftovers_clean_up(account);
	roster_look_again(account);
	roster_prune(account);
	arm(account);
}

void
account_on_names(struct account *account)
{
	roster_rebuild(account);
	account_unsettle(account);
}

bool
account_watches(const struct account *account, struct handle watch)
{
	for (size_t i = 0; i < account->config->server.count; i++)
		if (handle_equal(account->watches[i], watch))
			return true;
	return false;
}

void
account_start(struct account *account)
{
	account->names_wait = instant_add(account_now(account), NAMES_WAIT_MS);
	roster_watch(account);
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
account_stop(struct account *account)
{
	turns_leave(account);
	account->stop_by = instant_add(account_now(account), REGISTRATION_STOP_MS);
	drive(account, REGISTRATION_EV_STOP, INSTANT_NEVER);
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
	registration_revive(&account->registration, account->attempt != NULL, account_now(account));
	account_unsettle(account);
}

void
account_quit(struct account *account)
{
	attempt_free(account->attempt);
	account->attempt = NULL;
	drop_background(account, NULL);
	registration_quit(&account->registration, account_now(account));
	arm(account);
}

bool
account_is_called(const struct account *account, const char *name)
{
	return strcmp(account->aor, name) == 0 || strcmp(account->config->user, name) == 0;
}
