/* SPDX-License-Identifier: ISC */
#include "agent/telling.h"

#include "agent/account.h"

static void
tell(struct candidate *candidate, unsigned what)
{
	struct account *account = candidate->account;
	bool there = account->active == candidate;

	if (what & TELLING_UP)
		penalty_seen_up(&candidate->penalty, account_now(account));
	if (there && (what & TELLING_REFRESH))
		account->refresh_wanted = true;
	if (there && (what & TELLING_ADDRESS))
		account_address_changed(account);
	if (there || (what & TELLING_STATE))
		account_unsettle(account);
}

static void
end(struct server *server)
{
	if (server->telling.what == 0)
		return;
	server->telling.what = 0;
	server->telling.next = NULL;
	TAILQ_REMOVE(&server->agent->telling, server, telling.link);
}

static void
tell_some(struct server *server, size_t count)
{
	struct telling *telling = &server->telling;

	while (count-- > 0 && telling->next != NULL) {
		struct candidate *candidate = telling->next;

		telling->next = LIST_NEXT(candidate, of_server);
		tell(candidate, telling->what);
	}
	if (telling->next == NULL)
		end(server);
}

void
telling_begin(struct server *server, unsigned what)
{
	struct telling *telling = &server->telling;

	if (telling->what == 0)
		TAILQ_INSERT_TAIL(&server->agent->telling, server, telling.link);
	telling->what |= what;
	telling->next = LIST_FIRST(&server->candidates);
	tell_some(server, server->agent->slice);
}

void
telling_forget(struct server *server, unsigned what)
{
	if ((server->telling.what & ~what) == 0)
		end(server);
	server->telling.what &= ~what;
}

bool
telling_go_on(struct agent *agent, size_t count)
{
	struct server *server = TAILQ_FIRST(&agent->telling);

	if (server == NULL)
		return false;
	tell_some(server, count);
	return true;
}

void
telling_leave(struct candidate *candidate)
{
	struct telling *telling = &candidate->server->telling;

	if (telling->next != candidate)
		return;
	telling->next = LIST_NEXT(candidate, of_server);
	if (telling->next == NULL)
		end(candidate->server);
}
