/* SPDX-License-Identifier: ISC */
/* How long accounts are without a registration: the world knows, whatever the daemon believes. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "sim.h"

enum { MANY = 100, LOOK_MS = 100 };	/* many accounts are looked at so often at most */

static struct {
	struct watch *watches;
	struct instant looked;
	bool changed;
} all;

void
watch_begin(void)
{
	all.looked = world_at(0);
	all.changed = true;
}

struct watch *
watch_of(const char *aor)
{
	struct watch *w;

	HASH_FIND_STR(all.watches, aor, w);
	if (w == NULL) {
		w = memory(sizeof(*w));
		w->aor = text_copy(span_of(aor));
		HASH_ADD_KEYPTR(hh, all.watches, w->aor, strlen(w->aor), w);
	}
	return w;
}

static void
begin_gap(struct watch *w, struct instant since)
{
	w->without = true;
	w->since = since;
}

static void
end_gap(struct watch *w)
{
	int64_t ms = instant_since(w->since, world_now());

	if (!w->without)
		return;
	w->without = false;
	w->without_ms += ms;
	if (ms > w->longest_ms)
		w->longest_ms = ms;
}

static void
look_who_is_there(const struct agent *agent)
{
	struct agent_status status;

	all.changed = false;
	for (struct watch *w = all.watches; w != NULL; w = w->hh.next)
		w->configured = false;
	agent_status(agent, &status);
	for (size_t i = 0; i < status.config->account_count; i++) {
		struct watch *w = watch_of(status.config->accounts[i].aor);

		w->configured = true;
		if (!w->without && !instant_before(world_now(), w->until))
			begin_gap(w, world_now());
	}
	for (struct watch *w = all.watches; w != NULL; w = w->hh.next)
		if (!w->configured)
			end_gap(w);
}

static bool
reached(const struct host *host)
{
	return host->script.mode == HOST_UP && world_network().way == WAY_OPEN && world_way(&host->address) == WAY_OPEN;
}

static void
find_bindings(void)
{
	struct watch *w;

	for (const struct host *host = network_hosts(); host != NULL; host = host->hh.next) {
		for (const struct binding *b = reached(host) ? host->bindings : NULL; b != NULL; b = b->next) {
			HASH_FIND_STR(all.watches, b->aor, w);
			if (w != NULL)
				w->until = instant_max(w->until, b->ends);
		}
	}
}

static void
look_at(struct watch *w)
{
	if (instant_before(world_now(), w->until))
		end_gap(w);
	else if (!w->without)	/* it ended now, or by itself some time since the last look */
		begin_gap(w, instant_before(w->before, world_now()) ? instant_max(w->before, all.looked) : world_now());
}

void
watch_look(struct scenario *scenario)
{
	if (all.changed && scenario->agent != NULL)
		look_who_is_there(scenario->agent);
	else if (watch_count() > MANY && instant_since(all.looked, world_now()) < LOOK_MS)
		return;
	for (struct watch *w = all.watches; w != NULL; w = w->hh.next) {
		w->before = w->until;
		w->until = (struct instant){ 0 };
	}
	find_bindings();
	for (struct watch *w = all.watches; w != NULL; w = w->hh.next)
		if (w->configured)
			look_at(w);
	all.looked = world_now();
}

void
watch_changed(void)
{
	all.changed = true;
}

static void
say_place(struct watch *w, const struct scenario *scenario)
{
	const struct account *account = agent_account_by_name(scenario->agent, w->aor);
	struct candidate_status candidate;
	struct account_status status;
	char text[PEER_TEXT_SIZE];

	if (!w->configured || account == NULL) {
		snprintf(w->place, sizeof(w->place), "not configured");
		return;
	}
	account_status(account, &status);
	if (scenario->stopped)
		snprintf(w->place, sizeof(w->place), "stopped");
	else if (status.state != ACCOUNT_REGISTERED || status.active < 0 ||
	    !account_candidate_status(account, (size_t)status.active, &candidate))
		snprintf(w->place, sizeof(w->place), "%s", account_state_str(status.state));
	else
		snprintf(w->place, sizeof(w->place), "%s", peer_str(&candidate.peer, text));
}

void
watch_finish(struct scenario *scenario)
{
	all.changed = true;		/* nobody is too many now */
	watch_look(scenario);
	for (struct watch *w = all.watches; w != NULL; w = w->hh.next) {
		end_gap(w);
		say_place(w, scenario);
	}
}

struct watch *
watch_first(void)
{
	return all.watches;
}

size_t
watch_count(void)
{
	return HASH_COUNT(all.watches);
}

void
watch_fini(void)
{
	while (all.watches != NULL) {
		struct watch *w = all.watches;

		HASH_DEL(all.watches, w);
		free(w->aor);
		free(w);
	}
}
