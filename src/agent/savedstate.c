/* SPDX-License-Identifier: ISC */
#include "agent/savedstate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/account.h"
#include "agent/roster.h"
#include "agent/savedcollect.h"
#include "agent/savedfile.h"
#include "base/log.h"
#include "net/entropy.h"
#include "net/forked.h"
#include "net/store.h"

enum {
	DELAY_MS = 1000,	/* what belongs together comes together: a REGISTER and its answer */
	GAP_MS = 5000,
	RETRY_MS = 5 * 60 * 1000,
};

struct savedstate {
	struct agent *agent;
	struct timer *timer;
	struct strbuf path, key_path;	/* without data: there is no state-dir */
	struct saved earlier;		/* what an earlier run has left, until all accounts have had theirs */
	struct instant written_at;	/* tried, that is */
	uint64_t marks;			/* of all accounts, added up */
	uint64_t written_marks;		/* what is on disk is of these, and of that version: see savedcollect.h */
	unsigned written_version;
	uint64_t tried_marks;		/* what is being written is of these */
	unsigned tried_version;
	bool known;			/* what is on disk is of this run */
	struct forked *writer;		/* NULL: nobody writes now */
	bool starting;			/* the accounts take over what an earlier run has left */
	bool failing;			/* there has been a warning, and nothing good since */
};

/* ---- The files. ---- */

static void
complain(struct savedstate *state, const char *path, const char *why, const char *so)
{
	if (!state->failing)
		log_line(LOG_LEVEL_WARNING, NULL, "%s: %s; %s", path, why, so);
	state->failing = true;
}

/* result   0 or negative errno */
static void
written(struct savedstate *state, const char *path, int result, const char *so)
{
	if (result < 0)
		complain(state, path, strerror(-result), so);
	else if (state->failing)
		log_line(LOG_LEVEL_NOTICE, NULL, "%s: written again", path);
	state->failing = result < 0;
}

static void
write_key(struct savedstate *state, const char *key, size_t len)
{
	const char *path = state->key_path.data;

	written(state, path, store_write(path, key, len), "Contacts will differ after a restart");
}

static bool
is_key(const struct strbuf *kept, size_t len)
{
	return kept->len == len && strspn(kept->data, "0123456789abcdef") == len;
}

/*
 * The key of the Contact parameters: the same after every restart, if there is a place to keep it (B40). A new one
 * takes its place only if there is none, or nothing that could be one. What cannot be read now may be the right one
 * still.
 */
static void
load_key(struct savedstate *state)
{
	char *key = state->agent->key;
	size_t len = sizeof(state->agent->key) - 1;
	const char *path = state->key_path.data;
	struct strbuf kept = { 0 };
	int error;

	entropy_hex(key, len);
	if (path == NULL)
		return;
	error = store_read(path, &kept);
	if (error == 0 && is_key(&kept, len)) {
		memcpy(key, kept.data, len);
	} else if (error == 0) {
		log_line(LOG_LEVEL_WARNING, NULL, "%s: holds no key; a new one is written, Contacts will differ", path);
		write_key(state, key, len);
	} else if (error == -ENOENT) {
		write_key(state, key, len);
	} else {
		complain(state, path, strerror(-error), "Contacts will differ after a restart");
	}
	strbuf_fini(&kept);
}

/* ---- Writing. ---- */

enum { UNCHANGED = 1 };

/* What would be written is what is there: an earlier run has left the same, or DNS gave it in another order. */
static bool
is_there(const struct savedstate *state, const struct saved *now)
{
	struct strbuf text = { 0 };
	struct saved there = { 0 };
	char why[256];
	bool same = store_read(state->path.data, &text) == 0 &&
	    savedfile_read(&there, (struct span){ text.data, text.len }, why) && saved_equal(now, &there);

	saved_fini(&there);
	strbuf_fini(&text);
	return same;
}

/*
 * Done by a copy of the process: with many accounts it takes a while, and a disk takes its time.
 *
 * Returns 0, UNCHANGED or negative errno.
 */
static int
write_state(void *arg)
{
	struct savedstate *state = arg;
	struct saved now;
	struct strbuf text = { 0 };
	int result = UNCHANGED;

	if (!savedcollect_all(state->agent, &now))
		return -ENOMEM;
	if ((state->known && state->marks != state->written_marks) || !is_there(state, &now)) {
		savedfile_write(&now, &text);
		result = text.failed ? -ENOMEM : store_write(state->path.data, text.data, text.len);
		strbuf_fini(&text);
	}
	saved_fini(&now);
	return result;
}

static bool
is_written(const struct savedstate *state)
{
	return state->known && state->marks == state->written_marks &&
	    savedcollect_version(state->agent) == state->written_version;
}

static void touch(struct savedstate *state);

static void
on_written(void *arg, int result)
{
	struct savedstate *state = arg;

	state->writer = NULL;
	written(state, state->path.data, result < 0 ? result : 0, "what is there is old");
	if (result < 0) {
		timer_set(state->timer, instant_add(loop_now(state->agent->loop), RETRY_MS));
		return;
	}
	state->known = true;
	state->written_marks = state->tried_marks;
	state->written_version = state->tried_version;
	if (!is_written(state))
		touch(state);
}

static void
begin_to_write(struct savedstate *state)
{
	timer_set(state->timer, INSTANT_NEVER);
	state->tried_marks = state->marks;
	state->tried_version = savedcollect_version(state->agent);
	state->written_at = loop_now(state->agent->loop);
}

static void
save(struct savedstate *state)
{
	begin_to_write(state);
	if (is_written(state))
		return;
	state->writer = forked_run(state->agent->loop, write_state, on_written, state);
	if (state->writer == NULL)
		on_written(state, write_state(state));
}

static void
on_due(void *arg)
{
	save(arg);
}

/* Something is different now. While it fails it is not tried with every change. */
static void
touch(struct savedstate *state)
{
	struct instant soon = instant_add(loop_now(state->agent->loop), DELAY_MS);

	if (state->path.data == NULL || state->writer != NULL || !instant_is_never(timer_due(state->timer)))
		return;
	timer_set(state->timer, instant_max(soon, instant_add(state->written_at, GAP_MS)));
}

/* ---- Has anything changed? ---- */

void
savedstate_look(struct savedstate *state, struct account *account)
{
	uint64_t mark;

	if (state == NULL || state->path.data == NULL)
		return;
	mark = savedcollect_mark(account);
	if (mark == account->saved_mark)
		return;
	state->marks += mark - account->saved_mark;
	account->saved_mark = mark;
	touch(state);
}

void
savedstate_gone(struct savedstate *state, const struct account *account)
{
	if (state == NULL || account->saved_mark == 0)
		return;
	state->marks -= account->saved_mark;
	touch(state);
}

void
savedstate_settle(struct savedstate *state)
{
	if (state != NULL && !(state->known && savedcollect_version(state->agent) == state->written_version))
		touch(state);
}

void
savedstate_flush(struct savedstate *state)
{
	if (state == NULL || state->path.data == NULL)
		return;
	if (state->writer != NULL)
		on_written(state, forked_wait(state->writer));
	begin_to_write(state);
	if (!is_written(state))
		on_written(state, write_state(state));
	timer_set(state->timer, INSTANT_NEVER);
}

/* ---- The start. ---- */

static void
recall_answers(struct savedstate *state)
{
	struct loop *loop = state->agent->loop;

	for (size_t i = 0; i < state->earlier.answer_count; i++) {
		const struct saved_answer *saved = &state->earlier.answers[i];
		int64_t age_s = loop_wall_s(loop) - saved->confirmed_s;

		names_remember(state->agent->names, saved->name, saved->type, &saved->answer,
		    instant_add(loop_now(loop), age_s > 0 ? -age_s * 1000 : 0));
	}
}

static void
recall_drained(struct savedstate *state)
{
	for (size_t i = 0; i < state->earlier.drained_count; i++) {
		const struct peer *peer = &state->earlier.drained[i];
		char text[PEER_TEXT_SIZE];

		if (agent_drain_peer(state->agent, peer) == 0)
			log_line(LOG_LEVEL_NOTICE, peer_str(peer, text), "still drained");
		else
			complain(state, state->path.data, strerror(ENOMEM), "no longer drained");
	}
}

void
savedstate_read(struct savedstate *state)
{
	struct strbuf text = { 0 };
	char why[256] = "";
	int error;

	load_key(state);
	if (state->path.data == NULL)
		return;
	error = store_read(state->path.data, &text);
	if (error == 0 && !savedfile_read(&state->earlier, (struct span){ text.data, text.len }, why))
		log_line(LOG_LEVEL_WARNING, NULL, "%s: %s; it is not used", state->path.data, why);
	else if (error < 0 && error != -ENOENT)
		complain(state, state->path.data, strerror(-error), "it is not used");
	strbuf_fini(&text);
	recall_answers(state);
	recall_drained(state);
	state->starting = true;
}

/*
 * How much of it may be left. A wall clock that is not set yet must not make it longer than it ever was, and where
 * the account was at the end, the last refresh is not known.
 */
static int64_t
left_of(const struct savedstate *state, const struct saved_binding *saved)
{
	int64_t left_s = saved->until_s - loop_wall_s(state->agent->loop);

	return saved->until_s == 0 || left_s > saved->lasts_s ? saved->lasts_s : left_s;
}

/* The first binding of the account, or of one behind it: they are sorted. */
static size_t
first_of(const struct saved *saved, const char *aor)
{
	size_t from = 0, to = saved->binding_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (strcmp(saved->bindings[middle].account, aor) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

void
savedstate_recall(struct savedstate *state, struct account *account)
{
	const struct saved *all;

	/* A fixed Contact is the same everywhere: taking it back could hit the live one (B40). */
	if (state == NULL || !state->starting || account->config->contact_mode == CONTACT_FIXED)
		return;
	all = &state->earlier;
	for (size_t i = first_of(all, account->aor); i < all->binding_count; i++) {
		const struct saved_binding *saved = &all->bindings[i];
		int64_t left_s = left_of(state, saved);
		struct candidate *candidate;

		if (strcmp(saved->account, account->aor) != 0)
			break;
		if (left_s <= 0)
			continue;
		candidate = roster_add_unlisted(account, &saved->peer, saved->name != NULL ? saved->name : "");
		if (candidate != NULL)
			candidate_recall_binding(candidate, saved->contact, saved->lasts_s, left_s * 1000);
	}
}

void
savedstate_started(struct savedstate *state)
{
	if (state == NULL)
		return;
	state->starting = false;
	saved_fini(&state->earlier);
}

static void
make_paths(struct savedstate *state)
{
	const char *dir = agent_config(state->agent)->state_dir;

	if (dir == NULL)
		return;
	strbuf_printf(&state->path, "%s/state", dir);
	strbuf_printf(&state->key_path, "%s/key", dir);
}

struct savedstate *
savedstate_new(struct agent *agent)
{
	struct savedstate *state = calloc(1, sizeof(*state));

	if (state == NULL)
		return NULL;
	state->agent = agent;
	state->written_at = instant_add(loop_now(agent->loop), -GAP_MS);
	state->timer = timer_new(agent->loop, on_due, state);
	make_paths(state);
	if (state->timer == NULL || state->path.failed || state->key_path.failed) {
		savedstate_free(state);
		return NULL;
	}
	return state;
}

void
savedstate_free(struct savedstate *state)
{
	if (state == NULL)
		return;
	forked_free(state->writer);
	timer_free(state->timer);
	saved_fini(&state->earlier);
	strbuf_fini(&state->path);
	strbuf_fini(&state->key_path);
	free(state);
}
