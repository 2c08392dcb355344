/* SPDX-License-Identifier: ISC */
#include "control/waiters.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "control/answer.h"

struct waiter {
	LIST_ENTRY(waiter) link;
	struct waiters *all;
	struct stream *stream;
	struct timer *timer;
	struct request request;
	char *aor;		/* of the account that is waited for */
	size_t place;		/* where it stood last */
};

struct waiters {
	struct loop *loop;
	struct agent *agent;
	struct agent_listener listener;
	struct timer *look;		/* set by a change: however many there are in a turn, waiters look once */
	LIST_HEAD(, waiter) list;
	unsigned count;
};

static bool
came_true(const struct request *request, const struct account *account)
{
	struct account_status s;
	struct candidate_status active;

	account_status(account, &s);
	if (request->wait_state && s.state != request->state)
		return false;
	if (request->active.family == ADDRESS_NONE)
		return true;
	if (s.active < 0 || !account_candidate_status(account, (size_t)s.active, &active))
		return false;
	if (request->active.port == 0)
		return address_same_ip(&request->active, &active.peer.address);
	return address_equal(&request->active, &active.peer.address);
}

static void
waiter_free(struct waiter *waiter)
{
	LIST_REMOVE(waiter, link);
	waiter->all->count--;
	timer_free(waiter->timer);
	free(waiter->aor);
	free(waiter);
}

static bool
stands_at(const struct waiter *waiter, size_t place)
{
	const struct account *account = agent_account(waiter->all->agent, place);
	struct account_status s;

	if (account == NULL)
		return false;
	account_status(account, &s);
	return strcmp(s.aor, waiter->aor) == 0;
}

/* The account that is waited for, or NULL if it has gone. Found at its place, unless a reload has moved it. */
static const struct account *
waiter_account(struct waiter *waiter)
{
	const struct agent *agent = waiter->all->agent;

	if (!stands_at(waiter, waiter->place)) {
		waiter->place = 0;
		while (agent_account(agent, waiter->place) != NULL && !stands_at(waiter, waiter->place))
			waiter->place++;
	}
	return agent_account(agent, waiter->place);
}

/* Answers and frees the waiter if its wait is over. */
static void
waiter_look(struct waiter *waiter)
{
	const struct account *account = waiter_account(waiter);
	struct stream *stream = waiter->stream;

	if (account == NULL) {
		answer_error(stream, "no-such-account", "%s has gone", waiter->request.subject);
		waiter_free(waiter);
	} else if (came_true(&waiter->request, account)) {
		answer_ok(stream);
		waiter_free(waiter);
	}
}

static void
on_change(void *arg)
{
	struct waiters *waiters = arg;

	if (!LIST_EMPTY(&waiters->list))
		timer_set(waiters->look, loop_now(waiters->loop));
}

static void
on_look(void *arg)
{
	struct waiters *waiters = arg;
	struct waiter *waiter = LIST_FIRST(&waiters->list);

	while (waiter != NULL) {
		struct waiter *next = LIST_NEXT(waiter, link);

		waiter_look(waiter);
		waiter = next;
	}
}

/* What the account is instead of what was waited for. */
static void
answer_timeout(struct stream *stream, const struct account *account)
{
	struct account_status s;
	struct candidate_status active;
	char server[ADDRESS_TEXT_SIZE] = "none";

	account_status(account, &s);
	if (s.active >= 0 && account_candidate_status(account, (size_t)s.active, &active))
		address_str(&active.peer.address, server);
	answer_error(stream, "timeout", "%s is %s, active %s", s.aor, account_state_str(s.state), server);
}

static void
on_timeout(void *arg)
{
	struct waiter *waiter = arg;
	const struct account *account = waiter_account(waiter);

	if (account == NULL)
		answer_error(waiter->stream, "no-such-account", "%s has gone", waiter->request.subject);
	else
		answer_timeout(waiter->stream, account);
	waiter_free(waiter);
}

static struct waiter *
waiter_new(struct waiters *waiters, struct stream *stream, const struct request *request,
    const struct account *account)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));
	struct account_status s;

	if (waiter == NULL)
		return NULL;
	account_status(account, &s);
	waiter->aor = strdup(s.aor);
	waiter->all = waiters;
	waiter->stream = stream;
	waiter->request = *request;
	waiter->timer = timer_new(waiters->loop, on_timeout, waiter);
	if (waiter->timer == NULL || waiter->aor == NULL) {
		timer_free(waiter->timer);
		free(waiter->aor);
		free(waiter);
		return NULL;
	}
	LIST_INSERT_HEAD(&waiters->list, waiter, link);
	waiters->count++;
	timer_set(waiter->timer, instant_add(loop_now(waiters->loop), request->timeout_ms));
	return waiter;
}

void
waiters_add(struct waiters *waiters, struct stream *stream, const struct request *request,
    const struct account *account)
{
	if (came_true(request, account))
		answer_ok(stream);
	else if (request->timeout_ms == 0)
		answer_timeout(stream, account);
	else if (waiters->count >= WAITERS_MAX)
		answer_error(stream, "busy", "%d clients are waiting already", WAITERS_MAX);
	else if (waiter_new(waiters, stream, request, account) == NULL)
		answer_error(stream, "no-memory", "no memory to wait");
}

void
waiters_forget(struct waiters *waiters, const struct stream *stream)
{
	struct waiter *waiter;

	LIST_FOREACH(waiter, &waiters->list, link) {
		if (waiter->stream == stream) {
			waiter_free(waiter);
			return;
		}
	}
}

struct waiters *
waiters_new(struct loop *loop, struct agent *agent)
{
	struct waiters *waiters = calloc(1, sizeof(*waiters));

	if (waiters == NULL)
		return NULL;
	*waiters = (struct waiters){ .loop = loop, .agent = agent, .look = timer_new(loop, on_look, waiters) };
	if (waiters->look == NULL) {
		free(waiters);
		return NULL;
	}
	LIST_INIT(&waiters->list);
	waiters->listener = (struct agent_listener){ .on_change = on_change, .arg = waiters };
	agent_listen(agent, &waiters->listener);
	return waiters;
}

void
waiters_free(struct waiters *waiters)
{
	if (waiters == NULL)
		return;
	agent_unlisten(waiters->agent, &waiters->listener);
	while (!LIST_EMPTY(&waiters->list))
		waiter_free(LIST_FIRST(&waiters->list));
	timer_free(waiters->look);
	free(waiters);
}
