/* SPDX-License-Identifier: ISC */
#include "agent/choice.h"

#include "agent/account.h"
#include "agent/roster.h"

/* A name of better rank than what is there is waited for a little at the start (B32). */
static bool
waits_for_name(const struct account *account)
{
	return account->active == NULL && !instant_due(account->names_wait, account_now(account)) &&
	    roster_awaits_better(account);
}

/* Two servers have refused the credentials: the next one must wait (B16). */
static bool
must_pause(const struct account *account, const struct candidate *candidate)
{
	return candidate != account->active && candidate->penalty.kind != PENALTY_FAILED &&
	    !instant_due(account->auth_pause, account_now(account));
}

static void
describe(const struct account *account, const struct candidate *candidate, struct selection_candidate *to)
{
	const struct registration *r = &account->registration;
	enum health_state health = candidate->server->health.state;
	bool active = candidate == account->active;
	bool paused = must_pause(account, candidate);

	/* At the start an answer to OPTIONS that came first does not beat a better rank (B32). */
	if (account->active == NULL && health == HEALTH_UP)
		health = HEALTH_UNKNOWN;
	*to = (struct selection_candidate){
		.health = health,
		.health_since = failback_uptime_from(&account->failback, candidate->server->health.since),
		.silent = active && r->state == REGISTRATION_REGISTERING && r->silent,
		.rank = candidate->rank,
		.priority = candidate->priority,
		.order = candidate->order,
		.blocked = paused || penalty_blocks(&candidate->penalty, account_now(account)),
		.free_at = candidate->penalty.free_at,
	};
	if (paused)
		to->free_at = instant_max(to->free_at, account->auth_pause);
}

/* The active one counts as such while the account is there, or has just been turned away there. */
static bool
is_held_to(const struct account *account, const struct candidate *candidate)
{
	switch (account->registration.state) {
	case REGISTRATION_REGISTERING:
	case REGISTRATION_REGISTERED:
	case REGISTRATION_REFRESHING:
	case REGISTRATION_ASKING:
		return true;
	case REGISTRATION_IDLE:
	case REGISTRATION_WAITING:
	case REGISTRATION_LEAVING:
	case REGISTRATION_STOPPING:
	case REGISTRATION_STOPPED:
	case REGISTRATION_STATES:
		break;
	}
	return penalty_blocks(&candidate->penalty, account_now(account));
}

static void
choose(struct account *account)
{
	struct selection_candidate table[CANDIDATES_MAX + 1];
	struct candidate *of[CANDIDATES_MAX + 1];
	size_t count = 0;
	int active = -1;

	for (size_t i = 0; i < account->candidate_count && count < CANDIDATES_MAX + 1; i++) {
		struct candidate *candidate = account->candidates[i];
		bool held_to = candidate == account->active && is_held_to(account, candidate);

		if (candidate->rank == SELECTION_UNLISTED && !held_to)
			continue;
		if (held_to)
			active = (int)count;
		describe(account, candidate, &table[count]);
		of[count++] = candidate;
	}
	account->selection = selection_choose(table, count, active,
	    failback_stable_ms(&account->failback, account_timing(account)->failback_stable_ms, account_now(account)),
	    account_now(account));
	account->chosen = account->selection.chosen >= 0 ? of[account->selection.chosen] : NULL;
}

static enum registration_event
meaning_of(const struct account *account)
{
	bool first_asked;

	switch (account->selection.reason) {
	case SELECTION_NONE:
		return REGISTRATION_EV_NOWHERE;
	case SELECTION_BEST:
	case SELECTION_EQUAL:
	case SELECTION_BETTER_UNPROVEN:
	case SELECTION_BETTER_UNSTABLE:
	case SELECTION_BETTER_BLOCKED:
	case SELECTION_ALONE:
		return REGISTRATION_EV_STAY;
	case SELECTION_FIRST:
	case SELECTION_DOWN:
	case SELECTION_SILENT:
	case SELECTION_REFUSED:
		return REGISTRATION_EV_MOVE;
	case SELECTION_FAILBACK:
	case SELECTION_DELISTED:
		first_asked = account->chosen->penalty.kind != PENALTY_NONE;	/* B38 */
		return first_asked ? REGISTRATION_EV_ASK : REGISTRATION_EV_RETURN;
	case SELECTION_WAIT:
	case SELECTION_REASONS:
		break;
	}
	return REGISTRATION_EV_WAIT;
}

/* A move that the machine would begin now must have its turn (B42). */
static bool
has_its_turn(struct account *account, enum registration_event event)
{
	enum registration_state state = account->registration.state;
	bool sets_out = event == REGISTRATION_EV_MOVE || ((event == REGISTRATION_EV_RETURN ||
	    event == REGISTRATION_EV_ASK) && state == REGISTRATION_REGISTERED);

	if (state == REGISTRATION_LEAVING || state == REGISTRATION_STOPPING || state == REGISTRATION_STOPPED)
		return true;
	if (!sets_out) {
		if (!account->refresh_wanted)
			turns_leave(account);
		return true;
	}
	if (account->leaving_for != SELECTION_NONE)
		return true;		/* its turn came before it unregistered */
	if (account->failback.on_trial && account->granted_s == 0) {
		turns_leave(account);
		turns_spend(account->chosen->server);
		return true;		/* back from a failback that was refused, ahead of any queue (B38) */
	}
	return turns_take(account, account->chosen->server);
}

enum registration_event
choice_make(struct account *account, struct instant *until)
{
	enum registration_event event;

	*until = INSTANT_NEVER;
	if (waits_for_name(account)) {
		account->chosen = NULL;
		account->selection = (struct selection){ -1, SELECTION_NONE, account->names_wait };
		return REGISTRATION_EV_NOWHERE;
	}
	choose(account);
	event = meaning_of(account);
	if (event == REGISTRATION_EV_WAIT)
		*until = account->selection.look_again;
	/* Who has nowhere to be waits for its turn; who is somewhere stays there so long. */
	if (!has_its_turn(account, event))
		event = REGISTRATION_EV_WAIT;
	if (event == REGISTRATION_EV_WAIT && account->registration.state == REGISTRATION_IDLE)
		account->leaving_for = SELECTION_NONE;
	return event;
}
