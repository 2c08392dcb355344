/* SPDX-License-Identifier: ISC */
#include "agent/roster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/account.h"
#include "base/log.h"

void
roster_watch(struct account *account)
{
	const struct account_config *config = account->config;
	struct handle old[SERVERSPECS_MAX];

	memcpy(old, account->watches, sizeof(old));
	memset(account->watches, 0, sizeof(account->watches));
	for (size_t i = 0; i < config->server.count; i++) {
		const struct serverspec *spec = &config->server.specs[i];
		struct name_request request = {
			.port = spec->port,
			.default_port = config->port,
			.transport = config->transport,
			.family = config->family,
		};

		if (spec->name[0] == '\0')
			continue;
		memcpy(request.name, spec->name, sizeof(request.name));
		account->watches[i] = names_watch(account->agent->names, &request);
	}
	for (size_t i = 0; i < SERVERSPECS_MAX; i++)	/* after the new ones, so that a shared name keeps its answer */
		names_unwatch(account->agent->names, old[i]);
}

/* ---- building ---- */

/* What each serverspec leads to. `fixed` is room for those that are addresses. */
static void
find_servers(const struct account *account, struct found_list *found, struct found_server *fixed)
{
	const struct account_config *config = account->config;

	for (size_t i = 0; i < config->server.count; i++) {
		const struct serverspec *spec = &config->server.specs[i];
		struct name_view view;

		found[i] = (struct found_list){ 0 };
		if (spec->name[0] != '\0') {
			if (names_view(account->agent->names, account->watches[i], &view))
				found[i] = view.found;
			continue;
		}
		fixed[i] = (struct found_server){ .address = spec->address, .priority = 1 };
		fixed[i].address.port = spec->port != 0 ? spec->port : config->port;
		found[i] = (struct found_list){ .servers = &fixed[i], .count = 1 };
	}
}

unsigned
roster_names_changes(const struct account *account)
{
	unsigned changes = 0;

	for (size_t i = 0; i < account->config->server.count; i++)
		changes += names_changes(account->agent->names, account->watches[i]);
	return changes;
}

static bool
is_own(void *arg, const struct peer *peer)
{
	const struct account *account = arg;

	return transport_is_own(account->agent->transport, peer);
}

/* What no upstream socket can reach is left out too. Returns how many stay. */
static size_t
leave_out_foreign_families(const struct account *account, struct candidate_place *places, size_t count)
{
	struct address local;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		const struct peer *peer = &places[i].peer;

		if (upstreams_has(account->box->config, peer->transport, peer->address.family) &&
		    transport_local(account->agent->transport, peer, &local) != -EAFNOSUPPORT)
			places[kept++] = places[i];
	}
	if (kept < count)
		log_line(LOG_LEVEL_WARNING, account->aor, "%zu left out of the servers: no upstream of that family",
		    count - kept);
	return kept;
}

/* The place list, on the heap. Returns NULL without memory. */
static struct candidate_place *
build_places(struct account *account, size_t *count)
{
	struct candidate_place *places = calloc(CANDIDATES_MAX, sizeof(*places));
	struct found_server *fixed = calloc(SERVERSPECS_MAX, sizeof(*fixed));
	struct found_list found[SERVERSPECS_MAX];
	unsigned warnings[CANDIDATES_WARNINGS] = { 0 };

	if (places == NULL || fixed == NULL) {
		free(places);
		free(fixed);
		return NULL;
	}
	find_servers(account, found, fixed);
	*count = candidates_build(places, found, account->config->server.count, account->config->transport,
	    account->spread, account->aor, is_own, account, warnings);
	for (unsigned i = 0; i < CANDIDATES_WARNINGS; i++)
		if (warnings[i] > 0)
			log_line(LOG_LEVEL_WARNING, account->aor, "%u left out of the servers: %s", warnings[i],
			    candidates_warning_str((enum candidates_warning)i));
	*count = leave_out_foreign_families(account, places, *count);
	free(fixed);
	return places;
}

static struct candidate *
find(const struct account *account, const struct peer *peer)
{
	for (size_t i = 0; i < account->candidate_count; i++)
		if (peer_equal(&account->candidates[i]->server->peer, peer))
			return account->candidates[i];
	return NULL;
}

static bool
is_in(struct candidate *const *list, size_t count, const struct candidate *candidate)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == candidate)
			return true;
	return false;
}

/* Fills *to with a candidate for each place, known ones first looked for. Returns how many. */
static size_t
take_places(struct account *account, const struct candidate_place *places, size_t count, struct candidate **to)
{
	size_t taken = 0;

	for (size_t i = 0; i < count; i++) {
		struct candidate *known = find(account, &places[i].peer);

		if (known != NULL)
			candidate_place(known, &places[i]);
		else
			known = candidate_new(account, &places[i]);
		if (known != NULL)
			to[taken++] = known;
	}
	return taken;
}

/* DNS left servers out once; it is asked again before the active one is left for that (B53). */
static bool
dns_is_unsure(const struct account *account)
{
	struct name_view view;

	for (size_t i = 0; i < account->config->server.count; i++)
		if (names_view(account->agent->names, account->watches[i], &view) && view.unsure)
			return true;
	return false;
}

static bool
comes_before(const struct candidate *a, const struct candidate *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return a->priority != b->priority ? a->priority < b->priority : a->order < b->order;
}

static void
set_first(struct account *account, struct candidate *first)
{
	if (account->first != NULL)
		account->first->server->expected--;
	account->first = first;
	if (first != NULL)
		first->server->expected++;
}

void
roster_expect(struct account *account)
{
	struct candidate *first = NULL;

	for (size_t i = 0; i < account->candidate_count && !account->removed; i++) {
		struct candidate *candidate = account->candidates[i];

		if (candidate->rank != SELECTION_UNLISTED && (first == NULL || comes_before(candidate, first)))
			first = candidate;
	}
	set_first(account, first);
}

void
roster_forget(struct account *account, const struct candidate *candidate)
{
	if (account->first == candidate)
		set_first(account, NULL);
}

void
roster_rebuild(struct account *account)
{
	size_t count = 0, taken;
	struct candidate_place *places = build_places(account, &count);
	struct candidate **list = NULL;

	account->names_changes = roster_names_changes(account);
	if (places != NULL)
		list = calloc(count + account->candidate_count + 1, sizeof(struct candidate *));
	if (list == NULL) {
		log_line(LOG_LEVEL_ERROR, account->aor, "no memory for the list of servers; the old one stays");
		free(places);
		return;
	}
	taken = take_places(account, places, count, list);
	for (size_t i = 0; i < account->candidate_count; i++) {
		struct candidate *old = account->candidates[i];

		if (is_in(list, taken, old))
			continue;
		if (old != account->active || !dns_is_unsure(account))
			old->rank = SELECTION_UNLISTED;
		list[taken++] = old;
	}
	free(account->candidates);
	account->candidates = list;
	account->candidate_count = taken;
	free(places);
	roster_expect(account);
}

struct candidate *
roster_add_unlisted(struct account *account, const struct peer *peer, const char *name)
{
	struct candidate_place place = { .rank = SELECTION_UNLISTED, .peer = *peer };
	struct candidate **list, *candidate;
	struct address local;

	if (is_own(account, peer) ||
	    transport_local(account->agent->transport, peer, &local) == -EAFNOSUPPORT)
		return NULL;
	list = realloc(account->candidates, (account->candidate_count + 1) * sizeof(struct candidate *));
	if (list == NULL)
		return NULL;
	account->candidates = list;
	snprintf(place.name, sizeof(place.name), "%s", name);
	candidate = candidate_new(account, &place);
	if (candidate != NULL)
		list[account->candidate_count++] = candidate;
	return candidate;
}

/* ---- letting go ---- */

/* Some name has not been answered yet: it may list again what a reload has taken off the list. */
static bool
awaits_any(const struct account *account)
{
	for (size_t i = 0; i < account->config->server.count; i++) {
		struct name_view view;

		if (names_view(account->agent->names, account->watches[i], &view) && view.state == NAME_ASKING)
			return true;
	}
	return false;
}

static bool
needed(const struct account *account, const struct candidate *candidate)
{
	return candidate->rank != SELECTION_UNLISTED || candidate == account->active || awaits_any(account) ||
	    (account->attempt != NULL && account->attempt->candidate == candidate) ||
	    (account->background != NULL && account->background->candidate == candidate) ||
	    candidate_may_be_bound(candidate);
}

void
roster_prune(struct account *account)
{
	size_t kept = 0;

	for (size_t i = 0; i < account->candidate_count; i++) {
		struct candidate *candidate = account->candidates[i];

		if (needed(account, candidate)) {
			account->candidates[kept++] = candidate;
			continue;
		}
		if (account->chosen == candidate)
			account->chosen = NULL;
		if (account->home == candidate)
			account->home = NULL;
		candidate_free(candidate);
	}
	account->candidate_count = kept;
}

/* Nothing speaks against it so far. */
static bool
is_promising(const struct candidate *candidate)
{
	return candidate->server->health.state != HEALTH_DOWN && !candidate->server->drained;
}

bool
roster_awaits_better(const struct account *account)
{
	unsigned best = SELECTION_UNLISTED;

	for (size_t i = 0; i < account->candidate_count; i++)
		if (account->candidates[i]->rank < best && is_promising(account->candidates[i]))
			best = account->candidates[i]->rank;
	for (size_t i = 0; i < account->config->server.count && i + 1 < best; i++) {
		struct name_view view;

		if (names_view(account->agent->names, account->watches[i], &view) && view.state == NAME_ASKING)
			return true;
	}
	return false;
}

void
roster_look_again(struct account *account)
{
	for (size_t i = 0; i < account->candidate_count; i++)
		if (account->candidates[i]->server->health.state != HEALTH_DOWN)
			return;
	for (size_t i = 0; i < account->config->server.count; i++) {
		struct name_view view;

		if (names_view(account->agent->names, account->watches[i], &view) && view.state != NAME_ASKING)
			names_refresh(account->agent->names, account->watches[i]);
	}
}

void
roster_forget_timing(struct account *account)
{
	for (size_t i = 0; i < account->candidate_count; i++)
		server_forget_timing(account->candidates[i]->server);
}

void
roster_forget_nonces(struct account *account)
{
	for (size_t i = 0; i < account->candidate_count; i++) {
		struct candidate *candidate = account->candidates[i];

		free(candidate->www);
		free(candidate->proxy);
		candidate->www = NULL;
		candidate->proxy = NULL;
	}
}

void
roster_fini(struct account *account)
{
	for (size_t i = 0; i < SERVERSPECS_MAX; i++)
		names_unwatch(account->agent->names, account->watches[i]);
	for (size_t i = 0; i < account->candidate_count; i++)
		candidate_free(account->candidates[i]);
	free(account->candidates);
	account->candidates = NULL;
	account->candidate_count = 0;
}
