/* SPDX-License-Identifier: ISC */
#include "agent/backlog.h"

#include "agent/account.h"
#include "agent/savedstate.h"
#include "agent/settle.h"
#include "agent/telling.h"

/* ---- pieces of work ---- */

/* Those that have stopped stand first, for free_stopped(). */
static void
settle(struct agent *agent, struct account *account)
{
	if (agent->names_left > 0)
		account_look_at_names(account);		/* it chooses by all that is known */
	TAILQ_REMOVE(&agent->unsettled, account, unsettled_link);
	account->unsettled = false;
	settle_account(account);
	if (!account->removed || !account_has_stopped(account))
		return;
	TAILQ_REMOVE(&agent->removed, account, removed_link);
	TAILQ_INSERT_HEAD(&agent->removed, account, removed_link);
}

/* Returns false if none was left. */
static bool
look_for_names(struct agent *agent)
{
	if (agent->names_left == 0 || agent->account_count == 0)
		return false;
	for (size_t n = 0; n < agent->slice && agent->names_left > 0; n++, agent->names_left--) {
		if (agent->names_next >= agent->account_count)
			agent->names_next = 0;
		account_look_at_names(agent->accounts[agent->names_next++]);
	}
	return true;
}

static bool
stop_next(struct agent *agent)
{
	struct account *account;

	if (agent->stop_next >= agent->account_count)
		return false;
	account = agent->accounts[agent->stop_next++];
	if (agent_config(agent)->unregister_on_exit && !instant_due(agent->stop_by, loop_now(agent->loop)))
		account_stop(account, agent->stop_by);
	else
		account_quit(account);
	return true;
}

static bool
is_stopping(const struct agent *agent)
{
	return agent->on_stopped != NULL;
}

static bool
do_one(struct agent *agent)
{
	struct account *account = TAILQ_FIRST(&agent->unsettled);

	if (account == NULL)
		return telling_go_on(agent, agent->slice) || look_for_names(agent) ||
		    config_boxes_free(&agent->unused, agent->slice) ||
		    (is_stopping(agent) && stop_next(agent));
	settle(agent, account);
	return true;
}

static bool
is_left(const struct agent *agent)
{
	return !TAILQ_EMPTY(&agent->unsettled) || !TAILQ_EMPTY(&agent->telling) || agent->names_left > 0 ||
	    !SLIST_EMPTY(&agent->unused) ||
	    (is_stopping(agent) && agent->stop_next < agent->account_count);
}

static void
work(struct agent *agent)
{
	size_t done = 0;

	agent->settling = true;
	while (done < agent->slice && do_one(agent))
		done++;
	agent->settling = false;
	timer_set(agent->backlog, is_left(agent) ? loop_now(agent->loop) : INSTANT_NEVER);
}

/* ---- the end of each event ---- */

/*
 * A name that has not been answered yet may lead an account of the same reload to the same servers: as long as it may,
 * they are not forgotten (B21).
 */
static void
free_stopped(struct agent *agent)
{
	struct account *account = TAILQ_FIRST(&agent->removed);

	if (agent->reload != NULL)
		return;		/* it may want one of them again */
	if (account == NULL || !account_has_stopped(account) || (!is_stopping(agent) && names_asking(agent->names)))
		return;
	for (size_t n = 0; n < agent->slice && account != NULL && account_has_stopped(account); n++) {
		TAILQ_REMOVE(&agent->removed, account, removed_link);
		account_free(account);
		account = TAILQ_FIRST(&agent->removed);
	}
	if (account != NULL && account_has_stopped(account))
		timer_set(agent->backlog, loop_now(agent->loop));
}

static void
tell_if_stopped(struct agent *agent)
{
	void (*on_stopped)(void *arg, unsigned unanswered) = agent->on_stopped;
	unsigned unanswered = 0;

	if (on_stopped == NULL || !TAILQ_EMPTY(&agent->removed) || agent->stop_next < agent->account_count)
		return;
	while (agent->stopped_first < agent->account_count)
		if (!account_has_stopped(agent->accounts[agent->stopped_first]))
			return;
		else
			agent->stopped_first++;
	for (size_t i = 0; i < agent->account_count; i++)
		unanswered += account_is_unanswered(agent->accounts[i]);
	agent->on_stopped = NULL;
	savedstate_flush(agent->saved);
	on_stopped(agent->on_stopped_arg, unanswered);
}

static void
finish(struct agent *agent)
{
	struct agent_listener *listener;

	free_stopped(agent);
	upstreams_settle(agent);
	savedstate_settle(agent->saved);
	TAILQ_FOREACH(listener, &agent->listeners, link) {
		if (listener->on_change != NULL)
			listener->on_change(listener->arg);
	}
	tell_if_stopped(agent);
}

void
agent_settle(struct agent *agent)
{
	if (agent->settling)
		return;
	if (instant_is_never(timer_due(agent->backlog)))
		work(agent);
	finish(agent);
}

static void
on_turn(void *arg)
{
	struct agent *agent = arg;

	work(agent);
	finish(agent);
}

/* ---- what there is to do ---- */

void
backlog_names_changed(struct agent *agent)
{
	struct account *account;

	agent->names_left = agent->account_count;
	look_for_names(agent);
	TAILQ_FOREACH(account, &agent->removed, removed_link)
		account_look_at_names(account);
}

void
backlog_stop_all(struct agent *agent)
{
	agent->stop_next = agent->stopped_first = 0;
	agent_settle(agent);
}

void
agent_set_slice(struct agent *agent, size_t accounts)
{
	agent->slice = accounts;
}

bool
backlog_init(struct agent *agent)
{
	agent->slice = BACKLOG_SLICE;
	TAILQ_INIT(&agent->removed);
	TAILQ_INIT(&agent->unsettled);
	TAILQ_INIT(&agent->telling);
	agent->backlog = timer_new(agent->loop, on_turn, agent);
	return agent->backlog != NULL;
}

void
backlog_fini(struct agent *agent)
{
	timer_free(agent->backlog);
	agent->backlog = NULL;
}
