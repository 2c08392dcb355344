/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "agent/account.h"
#include "agent/agent.h"

/* What is listed is shown, and the active one in any case. */
static bool
is_shown(const struct candidate *candidate)
{
	return candidate->rank != SELECTION_UNLISTED || candidate == candidate->account->active;
}

/* The i-th candidate that is shown. */
static const struct candidate *
candidate_at(const struct account *account, size_t i)
{
	for (size_t j = 0; j < account->candidate_count; j++)
		if (is_shown(account->candidates[j]) && i-- == 0)
			return account->candidates[j];
	return NULL;
}

/* How many are shown, and which of them is the active one (-1: none). */
static size_t
count_shown(const struct account *account, int *active)
{
	size_t count = 0;

	*active = -1;
	for (size_t i = 0; i < account->candidate_count; i++) {
		if (!is_shown(account->candidates[i]))
			continue;
		if (account->candidates[i] == account->active)
			*active = (int)count;
		count++;
	}
	return count;
}

const struct account *
agent_account(const struct agent *agent, size_t i)
{
	return i < agent->account_count ? agent->accounts[i] : NULL;
}

const struct account *
agent_account_by_name(const struct agent *agent, const char *name)
{
	for (size_t i = 0; i < agent->account_count; i++)
		if (account_is_called(agent->accounts[i], name))
			return agent->accounts[i];
	return NULL;
}

static bool
active_is_down(const struct account *account)
{
	return account->active != NULL && account->active->server->health.state == HEALTH_DOWN;
}

/* What is granted has not run out. */
static bool
is_granted(const struct account *account, struct instant now)
{
	return account->granted_s > 0 && !instant_due(account->granted_until, now);
}

static bool
all_failed(const struct account *account)
{
	bool any = false;

	for (size_t i = 0; i < account->candidate_count; i++) {
		if (!is_shown(account->candidates[i]))
			continue;
		if (account->candidates[i]->penalty.kind != PENALTY_FAILED)
			return false;
		any = true;
	}
	return any;
}

static enum account_state
state_of(const struct account *account, struct instant now)
{
	switch (account->registration.state) {
	case REGISTRATION_REGISTERED:
	case REGISTRATION_REFRESHING:
	case REGISTRATION_ASKING:
		if (active_is_down(account))
			break;		/* whatever was granted, nobody answers there */
		return is_granted(account, now) ? ACCOUNT_REGISTERED : ACCOUNT_REGISTERING;
	case REGISTRATION_REGISTERING:
	case REGISTRATION_LEAVING:
		return ACCOUNT_REGISTERING;
	case REGISTRATION_FROZEN:
		return ACCOUNT_FROZEN;
	case REGISTRATION_IDLE:
	case REGISTRATION_WAITING:
	case REGISTRATION_STOPPING:
	case REGISTRATION_STOPPED:
	case REGISTRATION_STATES:
		break;
	}
	if (account->turn.server != NULL && !active_is_down(account))
		return ACCOUNT_REGISTERING;	/* as soon as its turn comes (B42) */
	return all_failed(account) ? ACCOUNT_FAILED : ACCOUNT_DOWN;
}

/* What was granted may have run out since then. */
static struct instant
absent_since(const struct account *account, struct instant now)
{
	if (account->state != ACCOUNT_REGISTERED)
		return account->absent_since;
	return account->granted_s > 0 ? instant_min(account->granted_until, now) : now;
}

static int64_t
absent_ms(const struct account *account, enum account_state state, struct instant now)
{
	int64_t ms = account->absent_ms;

	return state == ACCOUNT_REGISTERED ? ms : ms + instant_since(absent_since(account, now), now);
}

/* A name that nothing is known of may still lead somewhere. */
static bool
awaits_name(const struct account *account)
{
	struct name_view view;

	for (size_t i = 0; i < account->config->server.count; i++)
		if (names_view(account->agent->names, account->watches[i], &view) && view.state == NAME_ASKING)
			return true;
	return false;
}

static bool
is_decided(const struct account *account, enum account_state state)
{
	if (state == ACCOUNT_REGISTERED || state == ACCOUNT_FAILED || state == ACCOUNT_FROZEN)
		return true;
	if (account->registration.state == REGISTRATION_IDLE)
		return account->candidate_count == 0 && !awaits_name(account);
	return state == ACCOUNT_DOWN;
}

/* Two candidates or more, and all of them good (B70). */
static bool
has_spare(const struct account *account)
{
	size_t good = 0;

	for (size_t i = 0; i < account->candidate_count; i++) {
		const struct candidate *candidate = account->candidates[i];

		if (!is_shown(candidate))
			continue;
		if (candidate->server->health.state != HEALTH_UP || candidate->penalty.kind != PENALTY_NONE)
			return false;
		good++;
	}
	return good >= 2;
}

void
account_uncount(struct account *account)
{
	if (!account->reckoned)
		return;
	account->reckoned = false;
	account->agent->states[account->state]--;
	account->agent->redundant -= account->redundant;
}

void
account_reckon(struct account *account)
{
	struct instant now = account_now(account);
	enum account_state state = state_of(account, now);
	bool was_registered = account->state == ACCOUNT_REGISTERED;

	if (!account->decided && is_decided(account, state)) {
		account->decided = true;
		account->agent->undecided--;
	}
	account_uncount(account);
	if (state == ACCOUNT_REGISTERED && !was_registered)
		account->absent_ms += instant_since(account->absent_since, now);
	else if (state != ACCOUNT_REGISTERED && was_registered)
		account->absent_since = absent_since(account, now);
	account->state = state;
	account->redundant = state == ACCOUNT_REGISTERED && has_spare(account);
	if (account->removed)
		return;
	account->reckoned = true;
	account->agent->states[state]++;
	account->agent->redundant += account->redundant;
}

void
agent_status(const struct agent *agent, struct agent_status *status)
{
	*status = (struct agent_status){
		.generation = agent_config(agent)->generation,
		.accounts = agent->account_count,
		.registered = agent->states[ACCOUNT_REGISTERED],
		.redundant = agent->redundant,
		.servers = HASH_COUNT(agent->servers),
		.transactions = clienttx_pending(agent->transactions),
		.uptime_s = instant_since(agent->started, loop_now(agent->loop)) / 1000,
		.undecided = agent->undecided,
		.drops = &agent->drops,
		.counters = &agent->counters,
		.config = agent_config(agent),
	};
	memcpy(status->states, agent->states, sizeof(status->states));
}

static void
describe_dns(const struct account *account, struct account_status *status, struct instant now)
{
	struct name_view view;

	status->dns_age_ms = -1;
	status->dns_error = "";
	for (size_t i = 0; i < account->config->server.count; i++) {
		if (!names_view(account->agent->names, account->watches[i], &view))
			continue;
		if (view.state == NAME_FOUND || view.state == NAME_EMPTY) {
			int64_t age_ms = instant_since(view.answered_at, now);

			status->dns_age_ms = age_ms > status->dns_age_ms ? age_ms : status->dns_age_ms;
		}
		status->dns_stale = status->dns_stale || view.stale;
		if (view.last != DNS_GOOD && view.state != NAME_FOUND)
			status->dns_error = dns_outcome_str(view.last);
		else if (view.stale)
			status->dns_error = dns_outcome_str(view.last);
	}
}

void
account_status(const struct account *account, struct account_status *status)
{
	struct instant now = loop_now(account->agent->loop);
	const struct registration *r = &account->registration;
	bool granted = is_granted(account, now);

	*status = (struct account_status){
		.aor = account->aor,
		.server_text = account->config->server_text,
		.state = state_of(account, now),
		.machine = r->state,
		.reason = account->selection.reason == SELECTION_BEST ? account->moved : account->selection.reason,
		.granted_s = granted ? account->granted_s : 0,
		.refresh_ms = r->state == REGISTRATION_REGISTERED ? instant_since(now, r->deadline) : -1,
		.registered_ms = granted ? instant_since(account->registered_since, now) : -1,
		.unregistered_ms = absent_ms(account, state_of(account, now), now),
		.contact = "",
		.last_error = account->last_error,
		.failovers = account->failovers,
		.failbacks = account->failbacks,
	};
	status->candidates = count_shown(account, &status->active);
	if (granted && account->active != NULL && account->active->bound_contact != NULL)
		status->contact = account->active->bound_contact;
	status->redundant = status->state == ACCOUNT_REGISTERED && has_spare(account);
	describe_dns(account, status, now);
}

bool
account_candidate_status(const struct account *account, size_t i, struct candidate_status *status)
{
	const struct candidate *candidate = candidate_at(account, i);
	struct instant now = loop_now(account->agent->loop);
	const struct server *server;
	struct instant due;

	if (candidate == NULL)
		return false;
	server = candidate->server;
	due = timer_due(server->timer);
	*status = (struct candidate_status){
		.rank = candidate->rank == SELECTION_UNLISTED ? 0 : candidate->rank,
		.priority = candidate->priority,
		.peer = server->peer,
		.name = candidate->name != NULL ? candidate->name : "",
		.health = server->health.state,
		.cause = server->health.cause,
		.health_ms = instant_since(server->health.since, now),
		.active = candidate == account->active,
		.failed = candidate->penalty.kind == PENALTY_FAILED,
		.held_off = candidate->penalty.kind == PENALTY_HELD,
		.drained = server->drained,
		.blocked_ms = penalty_blocks(&candidate->penalty, now) ?
		    instant_since(now, candidate->penalty.free_at) : 0,
		.refused_code = candidate->penalty.sip_code,
		.rtt_ms = server->rtt_ms,
		.next_probe_ms = instant_is_never(due) || instant_due(due, now) ? 0 : instant_since(now, due),
		.probe_code = server->health.sip_code,
	};
	return true;
}

const char *
account_state_str(enum account_state state)
{
	static const char *const text[] = {
		[ACCOUNT_REGISTERED] = "registered",
		[ACCOUNT_REGISTERING] = "registering",
		[ACCOUNT_FAILED] = "failed",
		[ACCOUNT_DOWN] = "down",
		[ACCOUNT_FROZEN] = "frozen",
	};

	return text[state];
}
