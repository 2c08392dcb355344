/* SPDX-License-Identifier: ISC */
#include "agent/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/choice.h"
#include "agent/leftovers.h"
#include "agent/record.h"
#include "agent/roster.h"
#include "agent/savedstate.h"
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
	account->active_since = account_now(account);
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
	savedstate_gone(account->agent->saved, account);
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
	account->home = candidate;
	account->home_moved = account->moved;
	account->granted_s = outcome->granted_s;
	account->granted_until = instant_add(account_now(account), outcome->granted_s * 1000);
	account->auth_pause = account_now(account);
	account->last_error[0] = '\0';
	if (first)
		record_make(account->agent, (struct record){ .kind = RECORD_REGISTERED, .account = account->aor,
		    .server = candidate->server->text, .cause = selection_reason_str(account->moved) },
		    "registered on %s for %lld s (%s)", candidate->server->text, (long long)outcome->granted_s,
		    selection_reason_text(account->moved));
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

/* The end of an unregister, whatever it was for. */
static void
record_unregister(struct account *account, const struct candidate *candidate, const struct attempt_outcome *outcome)
{
	struct record record = { .kind = RECORD_UNREGISTERED, .account = account->aor,
		.server = candidate->server->text, .cause = attempt_end_str(outcome->end) };

	if (outcome->end == ATTEMPT_ACCEPTED)
		record_make(account->agent, record, "unregistered from %s", candidate->server->text);
	else
		record_make(account->agent, record, "unregister from %s: %s", candidate->server->text, outcome->text);
}

static void
not_accepted(struct account *account, struct candidate *candidate, const struct attempt_outcome *outcome)
{
	struct instant now = account_now(account);
	bool refused = outcome->end == ATTEMPT_REFUSED;
	uint32_t draw;

	set_error(account, candidate, outcome->text);
	if (refused) {
		penalty_fail(&candidate->penalty, outcome->sip_code, outcome->retry_after_ms, now);
		if (candidate->penalty.credentials)
			count_auth_refusals(account);
		candidate_leave(candidate);	/* a 2xx that is none may have stored something (B33) */
	} else {
		entropy_bytes(&draw, sizeof(draw));
		penalty_hold(&candidate->penalty, outcome->end == ATTEMPT_PUT_OFF ? outcome->sip_code : 0,
		    outcome->retry_after_ms, draw, now);
	}
	record_make(account->agent, (struct record){ .kind = refused ? RECORD_REFUSED : RECORD_HELD_OFF,
	    .account = account->aor, .server = candidate->server->text, .cause = attempt_end_str(outcome->end) },
	    "%s on %s: %s; again in %lld s at the earliest", refused ? "failed" : "held off",
	    candidate->server->text, outcome->text,
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

static enum record_kind
kind_of_move(enum selection_reason reason)
{
	if (is_failover(reason))
		return RECORD_FAILED_OVER;
	return reason == SELECTION_FAILBACK ? RECORD_FAILED_BACK : RECORD_MOVED;
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
		record_make(account->agent, (struct record){ .kind = kind_of_move(account->moved),
		    .account = account->aor, .server = target->server->text, .from = account->active->server->text,
		    .cause = selection_reason_str(account->moved) }, "moves from %s to %s: %s",
		    account->active->server->text, target->server->text, selection_reason_text(account->moved));
	}
	set_active(account, target);
	account->granted_s = 0;
	drop_background(account, target);
}

/* Nobody was reached, and that is the network's doing: no verdict (B60). */
static bool
cut_off(struct account *account, struct candidate *candidate, bool unreachable)
{
	if (account->registration.state == REGISTRATION_STOPPING || account->registration.state == REGISTRATION_STOPPED)
		return false;
	ways_judge(candidate->server, unreachable);
	return ways_network(account) != NETWORK_UP;
}

/*
 * One attempt of the machine's. Returns false if it could not even be sent; it has been judged then.
 *
 * next   what follows then
 */
static bool
send_attempt(struct account *account, struct candidate *candidate, enum attempt_kind kind,
    enum registration_event *next)
{
	struct attempt_outcome outcome;

	*next = REGISTRATION_EV_ENDED;
	if (kind == ATTEMPT_REGISTER)
		account->refresh_wanted = false;	/* this is it */
	account->attempt = attempt_new(account, candidate, kind, &outcome);
	if (account->attempt != NULL)
		return true;
	if (outcome.end == ATTEMPT_UNREACHABLE && cut_off(account, candidate, true)) {
		*next = REGISTRATION_EV_FREEZE;
		return false;
	}
	if (kind != ATTEMPT_UNREGISTER) {
		if (outcome.end == ATTEMPT_UNREACHABLE)
			server_register_unreachable(candidate->server);
		not_accepted(account, candidate, &outcome);
	}
	return false;
}

/* The network is down: a move under way is dropped, and the account stays where it was granted something (B60). */
static void
go_home(struct account *account)
{
	attempt_free(account->attempt);
	account->attempt = NULL;
	drop_background(account, NULL);
	turns_leave(account);
	account->leaving_for = SELECTION_NONE;
	if (account->home == NULL || account->home == account->active)
		return;
	if (account->moved == SELECTION_FAILBACK)
		failback_dropped(&account->failback);
	account->moved = account->home_moved;
	set_active(account, account->home);
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
		return !send_attempt(account, target, ATTEMPT_REGISTER, next);
	case REGISTRATION_DO_REFRESH:
		drop_background(account, account->active);
		return !send_attempt(account, account->active, ATTEMPT_REGISTER, next);
	case REGISTRATION_DO_ASK:
		drop_background(account, target);
		return !send_attempt(account, target, ATTEMPT_QUESTION, next);
	case REGISTRATION_DO_UNREGISTER:
		give_up(account);
		drop_background(account, account->active);
		account->leaving_for = account->selection.reason;
		account->unanswered = true;
		if (account->registration.state == REGISTRATION_STOPPING)
			account->granted_s = 0;
		return !send_attempt(account, account->active, ATTEMPT_UNREGISTER, next);
	case REGISTRATION_DO_FREEZE:
		go_home(account);
		return false;
	case REGISTRATION_DO_SUSPECT:
		*next = REGISTRATION_EV_FREEZE;
		if (cut_off(account, account->active, false))
			return true;
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

/* After a freeze: the active one has granted, and neither a refusal nor a hold-off forbids to ask it again. */
static bool
may_go_on(const struct account *account)
{
	return account->active != NULL && account->active == account->home &&
	    !penalty_blocks(&account->active->penalty, account_now(account));
}

static void
drive(struct account *account, enum registration_event event, struct instant until)
{
	bool more = true;

	while (more) {
		enum registration_state before = account->registration.state;
		enum registration_action action = registration_step(&account->registration, event, until,
		    event == REGISTRATION_EV_DUE ? may_go_on(account) : bound(account), account_now(account));

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

	if (result->end != CLIENTTX_ANSWER && cut_off(account, candidate, result->end == CLIENTTX_UNREACHABLE)) {
		account_freeze(account);
		return;
	}
	attempt_on_result(attempt, result, &outcome);
	if (result->end == CLIENTTX_ANSWER)
		server_register_answered(candidate->server, result->answer->status);
	else if (result->end == CLIENTTX_UNREACHABLE)
		server_register_unreachable(candidate->server);
	account_unsettle(account);

	if (attempt == account->background) {
		if (outcome.end == ATTEMPT_GOES_ON)
			return;
		record_unregister(account, candidate, &outcome);
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
	if (attempt->kind == ATTEMPT_UNREGISTER)
		record_unregister(account, candidate, &outcome);
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
	case REGISTRATION_FROZEN:
		if (account->turn.server != NULL)
			due = INSTANT_NEVER;	/* it is told when its turn has come */
		break;
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
account_freeze(struct account *account)
{
	bool frozen = account->registration.state == REGISTRATION_FROZEN;
	enum network_state network = ways_network(account);

	drive(account, REGISTRATION_EV_FREEZE, INSTANT_NEVER);
	account_unsettle(account);
	if (account->registration.state != REGISTRATION_FROZEN || frozen || network == NETWORK_UP)
		return;
	record_make(account->agent, (struct record){ .kind = RECORD_FROZEN, .account = account->aor,
	    .server = account->active != NULL ? account->active->server->text : NULL,
	    .cause = network_state_str(network) }, "frozen%s%s: %s", account->active != NULL ? " on " : "",
	    account->active != NULL ? account->active->server->text : "", network_state_text(network));
}

void
account_address_changed(struct account *account)
{
	char text[ADDRESS_TEXT_SIZE];

	if (account->config->contact_mode == CONTACT_FIXED || account->registration.state == REGISTRATION_FROZEN ||
	    !bound(account))
		return;
	record_make(account->agent, (struct record){ .kind = RECORD_NEW_ADDRESS, .account = account->aor,
	    .server = account->active->server->text, .cause = "local-address" }, "registers anew from %s: our address has changed",
	    address_ip_str(&account->active->server->local, text));
	account->refresh_wanted = true;
	account_unsettle(account);
}

/* Freezes and thaws. */
static void
mind_network(struct account *account)
{
	const struct registration *r = &account->registration;
	bool waits = r->state == REGISTRATION_FROZEN && instant_is_never(r->deadline);
	bool up = ways_network(account) == NETWORK_UP;

	if (!up && !waits && r->state != REGISTRATION_STOPPING && r->state != REGISTRATION_STOPPED) {
		account_freeze(account);
	} else if (up && waits) {
		record_make(account->agent, (struct record){ .kind = RECORD_THAWED, .account = account->aor,
		    .cause = network_state_str(NETWORK_UP) },
		    "goes on: the network is up");
		drive(account, REGISTRATION_EV_THAW,
		    instant_add(account_now(account), ways_spread_ms(account->agent->account_count)));
	}
}

/* Who goes on after a freeze where many do has its turn (B42). */
static bool
may_act(struct account *account)
{
	return account->registration.state != REGISTRATION_FROZEN || !may_go_on(account) ||
	    turns_take(account, account->active->server);
}

static void
go_where_it_should(struct account *account)
{
	struct instant until;
	enum registration_event event = choice_make(account, &until);

	drive(account, event, until);
	if (!account->refresh_wanted || !may_refresh(account))
		return;
	account->refresh_wanted = false;
	drive(account, REGISTRATION_EV_REFRESH, INSTANT_NEVER);
}

void
account_settle(struct account *account)
{
	if (account->registration.state == REGISTRATION_STOPPED) {
		if (instant_due(account->stop_by, account_now(account)))
			drop_background(account, NULL);
		savedstate_look(account->agent->saved, account);
		arm(account);
		return;
	}
	mind_network(account);
	if (instant_due(account->registration.deadline, account_now(account)) && may_act(account))
		drive(account, REGISTRATION_EV_DUE, INSTANT_NEVER);
	if (account->registration.state != REGISTRATION_FROZEN)
		go_where_it_should(account);
	leftovers_clean_up(account);
	roster_look_again(account);
	roster_prune(account);
	savedstate_look(account->agent->saved, account);
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
