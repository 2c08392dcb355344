/* SPDX-License-Identifier: ISC */
#include "agent/candidate.h"

#include <stdlib.h>
#include <string.h>

#include "agent/account.h"
#include "agent/roster.h"
#include "net/entropy.h"

static struct instant
now_of(const struct candidate *candidate)
{
	return loop_now(candidate->server->agent->loop);
}

struct candidate *
candidate_new(struct account *account, const struct candidate_place *place)
{
	struct candidate *candidate = calloc(1, sizeof(*candidate));

	if (candidate == NULL)
		return NULL;
	candidate->account = account;
	candidate->server = server_acquire(account->agent, &place->peer);
	if (candidate->server == NULL) {
		free(candidate);
		return NULL;
	}
	LIST_INSERT_HEAD(&candidate->server->candidates, candidate, of_server);
	server_forget_timing(candidate->server);
	candidate->bound_until = now_of(candidate);
	candidate->left_at = now_of(candidate);
	entropy_hex(candidate->call_id, SIP_CALL_ID_SIZE - 1);
	entropy_hex(candidate->from_tag, SIP_TAG_SIZE - 1);
	if (!candidate_place(candidate, place)) {
		candidate_free(candidate);
		return NULL;
	}
	return candidate;
}

void
candidate_free(struct candidate *candidate)
{
	if (candidate->account->turn.server == candidate->server)
		turns_leave(candidate->account);
	roster_forget(candidate->account, candidate);
	if (candidate->left)
		LIST_REMOVE(candidate, left_link);
	telling_leave(candidate);
	LIST_REMOVE(candidate, of_server);
	server_forget_timing(candidate->server);
	server_release_unused(candidate->server);
	free(candidate->name);
	free(candidate->www);
	free(candidate->proxy);
	free(candidate->bound_contact);
	free(candidate);
}

bool
candidate_place(struct candidate *candidate, const struct candidate_place *place)
{
	const char *name = candidate->name != NULL ? candidate->name : "";

	candidate->rank = place->rank;
	candidate->priority = place->priority;
	candidate->order = place->order;
	if (strcmp(name, place->name) == 0)
		return true;
	free(candidate->name);
	candidate->name = place->name[0] != '\0' ? strdup(place->name) : NULL;
	return place->name[0] == '\0' || candidate->name != NULL;
}

bool
candidate_may_be_bound(const struct candidate *candidate)
{
	return !instant_due(candidate->bound_until, now_of(candidate));
}

void
candidate_maybe_bound_for(struct candidate *candidate, int64_t seconds)
{
	candidate->bound_until = instant_max(candidate->bound_until, instant_add(now_of(candidate), seconds * 1000));
	if (seconds > candidate->bound_for_s)
		candidate->bound_for_s = seconds;
}

bool
candidate_recall_binding(struct candidate *candidate, const char *contact, int64_t lasts_s, int64_t left_ms)
{
	char *copy = contact != NULL ? strdup(contact) : NULL;

	if (contact != NULL && copy == NULL)
		return false;
	free(candidate->bound_contact);
	candidate->bound_contact = copy;
	candidate->bound_for_s = lasts_s;
	candidate->bound_until = instant_add(now_of(candidate), left_ms);
	candidate_leave(candidate);
	return true;
}

void
candidate_unbound(struct candidate *candidate)
{
	candidate->bound_until = now_of(candidate);
	candidate->bound_for_s = 0;
	free(candidate->bound_contact);
	candidate->bound_contact = NULL;
}

bool
candidate_is_left_behind(const struct candidate *candidate)
{
	bool account_is_there = candidate == candidate->account->active && candidate->penalty.kind != PENALTY_FAILED;

	return !account_is_there && candidate_may_be_bound(candidate);
}

void
candidate_leave(struct candidate *candidate)
{
	struct server *server = candidate->server;
	bool first = LIST_EMPTY(&server->left_behind);

	if (!candidate_is_left_behind(candidate))
		return;
	server->left_latest = now_of(candidate);
	if (candidate->left)
		return;		/* still in the list from the time before */
	candidate->left = true;
	LIST_INSERT_HEAD(&server->left_behind, candidate, left_link);
	if (first)
		server_reschedule(server);
}

struct candidate *
candidate_first_left_behind(struct server *server)
{
	struct candidate *candidate;

	while ((candidate = LIST_FIRST(&server->left_behind)) != NULL && !candidate_is_left_behind(candidate)) {
		candidate->left = false;
		LIST_REMOVE(candidate, left_link);
	}
	return candidate;
}

bool
candidate_can_be_cleaned(const struct candidate *candidate)
{
	const struct server *server = candidate->server;
	bool was_up = server->health.state == HEALTH_UP && !instant_before(candidate->left_at, server->health.since);

	if (server->health.state == HEALTH_DOWN)
		return false;
	if (candidate->cleaned)
		return server->health.state == HEALTH_UP && instant_before(candidate->cleaned_at, server->health.since);
	return was_up || (server->answered && instant_before(candidate->left_at, server->answered_at));
}

const char *
candidate_certificate_name(const struct candidate *candidate)
{
	const struct serverfield *field = &candidate->account->config->server;

	if (candidate->rank >= 1 && candidate->rank <= field->count && field->specs[candidate->rank - 1].name[0] != '\0')
		return field->specs[candidate->rank - 1].name;
	return field->domain;
}
