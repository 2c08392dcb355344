/* SPDX-License-Identifier: ISC */
#include "agent/choice.h"

#include <stdlib.h>

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
		.drained = candidate->server->drained,
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
	case REGISTRATION_FROZEN:
	case REGISTRATION_STOPPING:
	case REGISTRATION_STOPPED:
	case REGISTRATION_STATES:
		break;
	}
	return penalty_blocks(&candidate->penalty, account_now(account));
}

/* What selection_choose() is asked about. */
struct table {
	struct selection_candidate of[CANDIDATES_MAX + 1];
	struct candidate *candidate[CANDIDATES_MAX + 1];
	size_t count;
	int active;
	int64_t stable_ms;
};

static void
lay_out(const struct account *account, struct table *table)
{
	struct failback failback = account->failback;

	table->count = 0;
	table->active = -1;
	for (size_t i = 0; i < account->candidate_count && table->count < CANDIDATES_MAX + 1; i++) {
		struct candidate *candidate = account->candidates[i];
		bool held_to = candidate == account->active && is_held_to(account, candidate);

		if (candidate->rank == SELECTION_UNLISTED && !held_to)
			continue;
		if (held_to)
			table->active = (int)table->count;
		describe(account, candidate, &table->of[table->count]);
		table->candidate[table->count++] = candidate;
	}
	table->stable_ms = failback_stable_ms(&failback, account_timing(account)->failback_stable_ms,
	    account_now(account));
}

static void
choose(struct account *account)
{
	struct table table;

	/* Before the table is laid out: it forgets what has been made good. */
	failback_stable_ms(&account->failback, 0, account_now(account));
	lay_out(account, &table);
	account->selection = selection_choose(table.of, table.count, table.active, table.stable_ms,
	    account_now(account));
	account->chosen = account->selection.chosen >= 0 ? table.candidate[account->selection.chosen] : NULL;
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
	case SELECTION_BETTER_DRAINED:
	case SELECTION_DRAINED_ALONE:
	case SELECTION_ALONE:
		return REGISTRATION_EV_STAY;
	case SELECTION_FIRST:
	case SELECTION_DOWN:
	case SELECTION_SILENT:
	case SELECTION_REFUSED:
		return REGISTRATION_EV_MOVE;
	case SELECTION_FAILBACK:
	case SELECTION_DELISTED:
	case SELECTION_DRAINED:
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
	if ((account->failback.on_trial || account->moved == SELECTION_DRAINED) && account->granted_s == 0) {
		turns_leave(account);
		turns_spend(account->chosen->server);
		return true;		/* back from a move in order that was refused, ahead of any queue (B38) */
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

/* Where that candidate stands among those that the status shows; -1: it is not shown. */
static int
place_of(const struct account *account, const struct candidate *candidate)
{
	int place = 0;

	for (size_t i = 0; i < account->candidate_count; i++) {
		if (account->candidates[i] == candidate)
			return place;
		place += account->candidates[i]->rank != SELECTION_UNLISTED ||
		    account->candidates[i] == account->active;
	}
	return -1;
}

static int64_t
time_left(const struct account *account, struct instant then)
{
	return instant_is_never(then) ? -1 : instant_since(account_now(account), then);
}

bool
account_explain(const struct account *account, struct account_explanation *explanation,
    struct candidate_explanation *views, size_t max)
{
	struct table *table = malloc(sizeof(*table));
	struct selection_view *of = calloc(CANDIDATES_MAX + 1, sizeof(*of));
	struct selection s;
	int if_down = -1;

	if (table == NULL || of == NULL) {
		free(table);
		free(of);
		return false;
	}
	lay_out(account, table);
	s = selection_explain(table->of, table->count, table->active, table->stable_ms, account_now(account), of,
	    &if_down);
	*explanation = (struct account_explanation){
		.reason = s.reason,
		.moved = account->moved,
		.machine = account->registration.state,
		.active_ms = account->active != NULL ? instant_since(account->active_since, account_now(account)) : -1,
		.look_again_ms = time_left(account, s.look_again),
		.chosen = s.chosen >= 0 ? place_of(account, table->candidate[s.chosen]) : -1,
		.if_down = if_down >= 0 ? place_of(account, table->candidate[if_down]) : -1,
		.waits_for_name = waits_for_name(account),
		.waits_for_turn = account->turn.server != NULL,
	};
	/* The active one that the account is not held to any more, and that is no longer listed, stands in no table. */
	for (size_t i = 0; i < max; i++)
		views[i] = (struct candidate_explanation){ SELECTION_IS_LEFT, -1, false };
	for (size_t i = 0; i < table->count; i++) {
		int place = place_of(account, table->candidate[i]);

		if (place >= 0 && (size_t)place < max)
			views[place] = (struct candidate_explanation){ of[i].verdict,
				time_left(account, of[i].until), of[i].would_be_chosen };
	}
	free(table);
	free(of);
	return true;
}
