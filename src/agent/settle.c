/* SPDX-License-Identifier: ISC */
#include "agent/settle.h"

#include "agent/account.h"
#include "agent/choice.h"
#include "agent/drive.h"
#include "agent/leftovers.h"
#include "agent/record.h"
#include "agent/roster.h"
#include "agent/savedstate.h"

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
	if (account->state == ACCOUNT_REGISTERED)
		due = instant_min(due, account->granted_until);		/* to see it run out */
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

/* Freezes and thaws. */
static void
mind_network(struct account *account)
{
	const struct registration *r = &account->registration;
	bool waits = r->state == REGISTRATION_FROZEN && instant_is_never(r->deadline);
	bool up = ways_network(account) == NETWORK_UP;

	if (!up && !waits && r->state != REGISTRATION_STOPPING && r->state != REGISTRATION_STOPPED) {
		drive_freeze(account);
	} else if (up && waits) {
		record_make(account->agent, (struct record){ .kind = RECORD_THAWED, .account = account->aor,
		    .cause = network_state_str(NETWORK_UP) },
		    "goes on: the network is up");
		drive_machine(account, REGISTRATION_EV_THAW,
		    instant_add(account_now(account), ways_spread_ms(account->agent->account_count)));
	}
}

/* Who goes on after a freeze where many do has its turn (B42). */
static bool
may_act(struct account *account)
{
	return account->registration.state != REGISTRATION_FROZEN || !drive_may_go_on(account) ||
	    turns_take(account, account->active->server);
}

static void
go_where_it_should(struct account *account)
{
	struct instant until;
	enum registration_event event = choice_make(account, &until);

	drive_machine(account, event, until);
	if (!account->refresh_wanted || !may_refresh(account))
		return;
	account->refresh_wanted = false;
	drive_machine(account, REGISTRATION_EV_REFRESH, INSTANT_NEVER);
}

void
settle_account(struct account *account)
{
	if (account->registration.state == REGISTRATION_STOPPED) {
		if (instant_due(account->stop_by, account_now(account)))
			drive_drop_background(account, NULL);
		savedstate_look(account->agent->saved, account);
		account_reckon(account);
		arm(account);
		return;
	}
	mind_network(account);
	if (instant_due(account->registration.deadline, account_now(account)) && may_act(account))
		drive_machine(account, REGISTRATION_EV_DUE, INSTANT_NEVER);
	if (account->registration.state != REGISTRATION_FROZEN)
		go_where_it_should(account);
	leftovers_clean_up(account);
	roster_look_again(account);
	roster_prune(account);
	savedstate_look(account->agent->saved, account);
	account_reckon(account);
	arm(account);
}
