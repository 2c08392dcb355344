/* SPDX-License-Identifier: ISC */
#include "agent/turns.h"

#include <stdlib.h>

#include "agent/account.h"
#include "net/entropy.h"

static int64_t
rate_of(const struct server *server)
{
	return agent_config(server->agent)->register_rate;
}

static struct instant
now_of(const struct server *server)
{
	return loop_now(server->agent->loop);
}

static void
take_out(struct turns *turns, size_t place)
{
	turns->waiting[place] = turns->waiting[--turns->count];
	turns->waiting[place]->turn.place = place;
}

static void
arm(struct server *server)
{
	struct turns *turns = &server->turns;

	timer_set(turns->timer, turns->count > 0 ? pace_next(&turns->pace, rate_of(server), now_of(server)) :
	    INSTANT_NEVER);
}

static void
on_turn(void *arg)
{
	struct server *server = arg;
	struct agent *agent = server->agent;
	struct turns *turns = &server->turns;

	while (turns->count > 0 && pace_take(&turns->pace, rate_of(server), now_of(server))) {
		size_t place = entropy_below((uint32_t)turns->count);
		struct account *account = turns->waiting[place];

		take_out(turns, place);
		account->turn.come = true;
		account_unsettle(account);
	}
	arm(server);
	agent_settle(agent);
}

/* Puts it into the queue. Returns false without memory. */
static bool
wait_there(struct account *account, struct server *server)
{
	struct turns *turns = &server->turns;

	if (turns->timer == NULL)
		turns->timer = timer_new(server->agent->loop, on_turn, server);
	if (turns->timer == NULL)
		return false;
	if (turns->count == turns->room) {
		size_t room = turns->room > 0 ? 2 * turns->room : 16;
		struct account **waiting = realloc(turns->waiting, room * sizeof(struct account *));

		if (waiting == NULL)
			return false;
		turns->waiting = waiting;
		turns->room = room;
	}
	account->turn = (struct turn){ .server = server, .place = turns->count };
	turns->waiting[turns->count++] = account;
	arm(server);
	return true;
}

bool
turns_take(struct account *account, struct server *server)
{
	if (account->turn.server == server) {
		if (!account->turn.come)
			return false;
		account->turn = (struct turn){ 0 };
		return true;
	}
	turns_leave(account);
	if (server->turns.count == 0 && pace_take(&server->turns.pace, rate_of(server), now_of(server)))
		return true;
	return !wait_there(account, server);
}

void
turns_leave(struct account *account)
{
	struct server *server = account->turn.server;

	if (server != NULL && !account->turn.come) {
		take_out(&server->turns, account->turn.place);
		arm(server);
	}
	account->turn = (struct turn){ 0 };
}

void
turns_spend(struct server *server)
{
	pace_spend(&server->turns.pace, rate_of(server), now_of(server));
}

void
turns_hold_off(struct server *server, int sip_code, int64_t retry_after_ms)
{
	struct turns *turns = &server->turns;

	while (turns->count > 0) {
		struct account *account = turns->waiting[turns->count - 1];

		turns_leave(account);
		account_hold_off(account, server, sip_code, retry_after_ms);
		account_unsettle(account);
	}
}

void
turns_fini(struct turns *turns)
{
	timer_free(turns->timer);
	free(turns->waiting);
}
