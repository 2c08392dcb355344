/* SPDX-License-Identifier: ISC */
#include "agent/names.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "agent/lookups.h"
#include "agent/nameset.h"

#define SET_WAIT_MS 3900	/* for the silent part of a set: just within the 4 s of B32 */
#define SET_WAIT_LATE_MS 1000	/* the least of it, when SRV alone took most of that */
#define SET_COMPANY_MS 500	/* for the rest of a set, when the first of it comes after all that */
#define MEMORY_RETRY_MS 5000

struct watch_key {
	char text[DNS_NAME_SIZE + 32];
};

/* Whenever one of its lookups ends, a watch is put together anew by its timer. */
struct watch {
	UT_hash_handle hh;
	struct names *owner;
	struct watch_key key;
	struct handle self;
	struct name_request request;
	unsigned watchers;
	struct timer *timer;		/* due: put it together */
	struct instant begun;
	struct instant found_at;	/* when the first of a set was known, the rest still being asked; never: not yet */
	struct nameset set;
	struct name_view view;		/* as told; owns view.found */
	unsigned changes;		/* told */
};

struct names {
	struct loop *loop;
	struct lookups *lookups;
	struct handle_table table;
	struct watch *all;		/* by request */
	const struct names_events *events;
	void *arg;
};

/* ---- The watch. ---- */

/* Takes over what was put together. Returns true if somebody must be told; *found is taken or freed. */
static bool
view_set(struct watch *w, struct found_list *found, const struct nameset_sum *sum)
{
	struct name_view *view = &w->view;
	enum name_state state = NAME_FOUND;
	bool kept = false, changed;

	if (found->count == 0) {
		kept = view->found.count > 0 && !w->set.nowhere;	/* B52: until a good answer replaces them */
		if (!kept)
			state = sum->failed ? NAME_FAILED : NAME_EMPTY;
	}
	changed = state != view->state || view->stale != (sum->stale || kept) || view->unsure != sum->unsure;
	view->unsure = sum->unsure;
	view->state = state;
	view->stale = sum->stale || kept;
	view->last = sum->last;
	if (kept)
		return changed;		/* and its age goes on */
	if (sum->answered)
		view->answered_at = sum->answered_at;
	if (found_list_equal(found, &view->found)) {
		found_list_free(found);
		return changed;
	}
	found_list_free(&view->found);
	view->found = *found;
	return true;
}

/* How long the silent part of a set is waited for. */
static struct instant
set_deadline(const struct watch *w)
{
	struct instant deadline;

	if (w->view.state != NAME_ASKING)
		return instant_add(w->set.made_at, SET_WAIT_MS);	/* no hurry any more */
	deadline = instant_max(instant_add(w->begun, SET_WAIT_MS), instant_add(w->set.made_at, SET_WAIT_LATE_MS));
	/* A silent name server delays all of a set alike: what comes first then is not the best of it. */
	if (!instant_is_never(w->found_at) && instant_before(deadline, w->found_at))
		return instant_add(w->found_at, SET_COMPANY_MS);
	return deadline;
}

/* Half a set is told only when its other half stays silent too long. */
static bool
must_wait(struct watch *w, const struct nameset_sum *sum, bool nothing)
{
	struct instant now = loop_now(w->owner->loop), deadline;

	if (!sum->asking)
		return false;
	if (!nothing && instant_is_never(w->found_at))
		w->found_at = now;
	deadline = set_deadline(w);
	if (!instant_due(deadline, now)) {
		timer_set(w->timer, deadline);
		return true;
	}
	return nothing;
}

static void
on_due(void *arg)
{
	struct watch *w = arg;
	struct instant again = instant_add(loop_now(w->owner->loop), MEMORY_RETRY_MS);
	struct found_list found;
	struct nameset_sum sum;

	if (!nameset_update(&w->set, loop_now(w->owner->loop)) || !nameset_found(&w->set, &found)) {
		timer_set(w->timer, again);
		return;
	}
	sum = nameset_sum(&w->set);
	if (must_wait(w, &sum, found.count == 0)) {
		found_list_free(&found);
		return;
	}
	if (!view_set(w, &found, &sum))
		return;
	w->changes++;
	w->owner->events->on_change(w->owner->arg, w->self);
}

static void
on_ended(void *user)
{
	struct watch *w = user;

	timer_set(w->timer, loop_now(w->owner->loop));	/* once for all that end now */
}

static bool
any_up(void *user)
{
	const struct watch *w = user;

	return w->owner->events->any_up(w->owner->arg, w->self);
}

static void
on_turn(void *user, enum name_turn turn, const char *question, enum dns_outcome outcome)
{
	const struct watch *w = user;

	if (w->owner->events->on_turn != NULL)
		w->owner->events->on_turn(w->owner->arg, turn, question, outcome);
}

static const struct lookups_events lookups_events = { .on_ended = on_ended, .any_up = any_up, .on_turn = on_turn };

static void
key_set(struct watch_key *key, const struct name_request *request)
{
	*key = (struct watch_key){ 0 };
	snprintf(key->text, sizeof(key->text), "%u %u %d %d ", request->port, request->default_port,
	    (int)request->transport, (int)request->family);
	for (size_t i = 0, at = strlen(key->text); request->name[i] != '\0'; i++) {
		char c = request->name[i];

		key->text[at++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
}

static void
watch_free(struct watch *w)
{
	if (w->hh.tbl != NULL)
		HASH_DELETE(hh, w->owner->all, w);
	handle_remove(&w->owner->table, w->self);
	nameset_fini(&w->set);
	timer_free(w->timer);
	found_list_free(&w->view.found);
	free(w);
}

static struct watch *
watch_new(struct names *names, const struct name_request *request, const struct watch_key *key)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->owner = names;
	w->key = *key;
	w->request = *request;
	w->begun = loop_now(names->loop);
	w->found_at = INSTANT_NEVER;
	w->view.answered_at = w->begun;
	w->self = handle_add(&names->table, w);
	w->timer = timer_new(names->loop, on_due, w);
	if (w->timer == NULL || handle_none(w->self) ||
	    !nameset_init(&w->set, names->lookups, &w->request, w, w->begun)) {
		watch_free(w);
		return NULL;
	}
	HASH_ADD(hh, names->all, key, sizeof(w->key), w);
	if (w->hh.tbl == NULL) {
		watch_free(w);
		return NULL;
	}
	on_ended(w);	/* others may know all of it already */
	return w;
}

struct handle
names_watch(struct names *names, const struct name_request *request)
{
	struct watch_key key;
	struct watch *w;

	key_set(&key, request);
	HASH_FIND(hh, names->all, &key, sizeof(key), w);
	if (w == NULL)
		w = watch_new(names, request, &key);
	if (w == NULL)
		return (struct handle){ 0 };
	w->watchers++;
	return w->self;
}

void
names_unwatch(struct names *names, struct handle watch)
{
	struct watch *w = handle_get(&names->table, watch);

	if (w != NULL && --w->watchers == 0)
		watch_free(w);
}

bool
names_view(const struct names *names, struct handle watch, struct name_view *view)
{
	const struct watch *w = handle_get(&names->table, watch);

	if (w == NULL)
		return false;
	*view = w->view;
	return true;
}

unsigned
names_changes(const struct names *names, struct handle watch)
{
	const struct watch *w = handle_get(&names->table, watch);

	return w == NULL ? 0 : w->changes;
}

bool
names_asking(const struct names *names)
{
	for (const struct watch *w = names->all; w != NULL; w = w->hh.next)
		if (w->view.state == NAME_ASKING)
			return true;
	return false;
}

const struct name_request *
names_request(const struct names *names, struct handle watch)
{
	const struct watch *w = handle_get(&names->table, watch);

	return w == NULL ? NULL : &w->request;
}

void
names_refresh(struct names *names, struct handle watch)
{
	struct watch *w = handle_get(&names->table, watch);

	if (w != NULL)
		nameset_refresh(&w->set);
}

void
names_refresh_all(struct names *names)
{
	struct watch *w, *next;

	HASH_ITER(hh, names->all, w, next)
		nameset_refresh(&w->set);
}

struct names *
names_new(struct loop *loop, struct resolver *resolver, const struct names_settings *settings,
    const struct names_events *events, void *arg)
{
	struct names *names = calloc(1, sizeof(*names));

	if (names == NULL)
		return NULL;
	names->loop = loop;
	names->events = events;
	names->arg = arg;
	names->lookups = lookups_new(loop, resolver, settings, &lookups_events);
	if (names->lookups == NULL) {
		free(names);
		return NULL;
	}
	return names;
}

void
names_free(struct names *names)
{
	struct watch *w, *next;

	if (names == NULL)
		return;
	HASH_ITER(hh, names->all, w, next)
		watch_free(w);
	lookups_free(names->lookups);
	handle_table_fini(&names->table);
	free(names);
}

void
names_configure(struct names *names, const struct names_settings *settings)
{
	lookups_configure(names->lookups, settings);
}

bool
names_remember(struct names *names, const char *name, enum dns_type type, const struct dns_answer *answer,
    struct instant believed_at)
{
	return lookups_remember(names->lookups, name, type, answer, believed_at);
}

void
names_each_answer(const struct names *names, void (*each)(void *arg, const char *name, enum dns_type type,
    const struct dns_answer *answer, struct instant believed_at), void *arg)
{
	lookups_each(names->lookups, each, arg);
}

unsigned
names_version(const struct names *names)
{
	return lookups_version(names->lookups);
}
