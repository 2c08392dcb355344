/* SPDX-License-Identifier: ISC */
#include "agent/drive.h"

#include "agent/account.h"
#include "agent/choice.h"
#include "agent/record.h"
#include "agent/verdict.h"
#include "net/entropy.h"

enum { FOLLOW_AGAIN_MS = 5000 };	/* a Contact that the server sees elsewhere (B30) */

void
drive_set_active(struct account *account, struct candidate *candidate)
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

/* The pending attempt is given up; a REGISTER that has been silent for long enough counts as not answered (B18). */
static void
give_up(struct account *account)
{
	struct attempt_outcome silent = { .end = ATTEMPT_SILENT, .text = "no answer" };
	struct attempt *attempt = account->attempt;

	if (attempt != NULL && attempt->kind == ATTEMPT_REGISTER && !attempt->outdated &&
	    account->registration.state != REGISTRATION_STOPPING &&
	    instant_since(attempt->sent_at, account_now(account)) >= REGISTRATION_PATIENCE_MS)
		verdict_not_accepted(account, attempt->candidate, &silent);
	else if (attempt != NULL && attempt->candidate->server->health.cause == HEALTH_CAUSE_UNREACHABLE)
		attempt_came_back(attempt);
	attempt_free(attempt);
	account->attempt = NULL;
}

/* ---- the machine's actions ---- */

void
drive_drop_background(struct account *account, const struct candidate *candidate)
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
	drive_drop_background(account, NULL);
	account->background = account->attempt;
	account->attempt = NULL;
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
		enum record_kind kind = record_kind_of_move(account->moved);

		if (kind == RECORD_FAILED_OVER)
			failback_left(&account->failback, account_now(account));
		if (kind == RECORD_FAILED_BACK)
			failback_begin(&account->failback, account_now(account));
		account->agent->counters.moves[account->moved]++;
		account->failovers += kind == RECORD_FAILED_OVER;
		account->failbacks += kind == RECORD_FAILED_BACK;
		record_make(account->agent, (struct record){ .kind = kind,
		    .account = account->aor, .server = target->server->text, .from = account->active->server->text,
		    .cause = selection_reason_str(account->moved) }, "moves from %s to %s: %s",
		    account->active->server->text, target->server->text, selection_reason_text(account->moved));
	}
	drive_set_active(account, target);
	account->granted_s = 0;
	drive_drop_background(account, target);
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
			server_unreachable(candidate->server, outcome.text);
		verdict_not_accepted(account, candidate, &outcome);
	}
	return false;
}

/* The network is down: a move under way is dropped, and the account stays where it was granted something (B60). */
static void
go_home(struct account *account)
{
	attempt_free(account->attempt);
	account->attempt = NULL;
	drive_drop_background(account, NULL);
	turns_leave(account);
	account->leaving_for = SELECTION_NONE;
	if (account->home == NULL || account->home == account->active)
		return;
	if (account->moved == SELECTION_FAILBACK)
		failback_dropped(&account->failback);
	account->moved = account->home_moved;
	drive_set_active(account, account->home);
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
		drive_drop_background(account, account->active);
		return !send_attempt(account, account->active, ATTEMPT_REGISTER, next);
	case REGISTRATION_DO_ASK:
		drive_drop_background(account, target);
		return !send_attempt(account, target, ATTEMPT_QUESTION, next);
	case REGISTRATION_DO_UNREGISTER:
		give_up(account);
		drive_drop_background(account, account->active);
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
bool
drive_is_bound(const struct account *account)
{
	return account->active != NULL && candidate_may_be_bound(account->active);
}

/* After a freeze: the active one has granted, and neither a refusal nor a hold-off forbids to ask it again. */
bool
drive_may_go_on(const struct account *account)
{
	return account->active != NULL && account->active == account->home &&
	    !penalty_blocks(&account->active->penalty, account_now(account));
}

void
drive_machine(struct account *account, enum registration_event event, struct instant until)
{
	bool more = true;

	while (more) {
		enum registration_state before = account->registration.state;
		enum registration_action action = registration_step(&account->registration, event, until,
		    event == REGISTRATION_EV_DUE ? drive_may_go_on(account) : drive_is_bound(account), account_now(account));

		if (before == REGISTRATION_LEAVING && account->registration.state == REGISTRATION_IDLE)
			put_in_background(account);
		more = act(account, action, &event, &until);
	}
}

void
drive_freeze(struct account *account)
{
	bool frozen = account->registration.state == REGISTRATION_FROZEN;
	enum network_state network = ways_network(account);

	drive_machine(account, REGISTRATION_EV_FREEZE, INSTANT_NEVER);
	account_unsettle(account);
	if (account->registration.state != REGISTRATION_FROZEN || frozen || network == NETWORK_UP)
		return;
	record_make(account->agent, (struct record){ .kind = RECORD_FROZEN, .account = account->aor,
	    .server = account->active != NULL ? account->active->server->text : NULL,
	    .cause = network_state_str(network) }, "frozen%s%s: %s", account->active != NULL ? " on " : "",
	    account->active != NULL ? account->active->server->text : "", network_state_text(network));
}

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
drive_on_result(struct account *account, struct attempt *attempt, const struct clienttx_result *result)
{
	struct candidate *candidate = attempt->candidate;
	struct attempt_outcome outcome;
	int64_t refresh_ms;
	uint32_t draw;

	if (result->end != CLIENTTX_ANSWER && cut_off(account, candidate, result->end == CLIENTTX_UNREACHABLE)) {
		drive_freeze(account);
		return;
	}
	attempt_on_result(attempt, result, &outcome);
	if (result->end == CLIENTTX_ANSWER)
		server_register_answered(candidate->server, result->answer->status);
	else if (result->end == CLIENTTX_UNREACHABLE)
		server_unreachable(candidate->server, result->text);
	account_unsettle(account);

	if (attempt == account->background) {
		if (outcome.end == ATTEMPT_GOES_ON)
			return;
		verdict_unregistered(account, candidate, &outcome);
		if (outcome.sip_code != 0)
			candidate_unbound(candidate);		/* asked once, whatever it said (B40) */
		candidate->cleaned = true;
		candidate->cleaned_at = account_now(account);
		drive_drop_background(account, NULL);
		return;
	}
	if (outcome.end == ATTEMPT_GOES_ON) {
		drive_machine(account, REGISTRATION_EV_SENT, INSTANT_NEVER);
		return;
	}
	account->attempt = NULL;
	if (attempt->kind == ATTEMPT_UNREGISTER)
		verdict_unregistered(account, candidate, &outcome);
	if (outcome.sip_code != 0)
		account->unanswered = false;
	if (attempt->kind == ATTEMPT_REGISTER && outcome.end == ATTEMPT_ACCEPTED) {
		verdict_accepted(account, candidate, &outcome);
		entropy_bytes(&draw, sizeof(draw));
		refresh_ms = registration_refresh_ms(outcome.granted_s, draw);
		if (outcome.contact_changed)
			refresh_ms = follow_contact_ms(account, refresh_ms);
		else
			account->follow_ms = 0;
		drive_machine(account, REGISTRATION_EV_ACCEPTED, instant_add(account_now(account), refresh_ms));
	} else if (attempt->kind == ATTEMPT_QUESTION && outcome.end == ATTEMPT_ACCEPTED) {
		drive_machine(account, REGISTRATION_EV_ACCEPTED, INSTANT_NEVER);
	} else {
		if (attempt->kind != ATTEMPT_UNREGISTER && !attempt->outdated)
			verdict_not_accepted(account, candidate, &outcome);
		if (outcome.sip_code == 503 && outcome.retry_after_ms > 0)
			turns_hold_off(candidate->server, outcome.sip_code, outcome.retry_after_ms);
		drive_machine(account, REGISTRATION_EV_ENDED, INSTANT_NEVER);
	}
	attempt_free(attempt);
}
