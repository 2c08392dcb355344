/* SPDX-License-Identifier: ISC */
#include "agent/savedcollect.h"

#include <stdlib.h>
#include <string.h>

#include "agent/account.h"

struct collector {
	const struct agent *agent;
	struct saved *to;
	size_t room;
	bool failed;
};

static int64_t
wall_of(const struct agent *agent, struct instant t)
{
	struct loop *loop = agent->loop;
	int64_t wall_s = loop_wall_s(loop) + instant_since(loop_now(loop), t) / 1000;

	return wall_s > 0 ? wall_s : 1;
}

static void
collect_answer(void *arg, const char *name, enum dns_type type, const struct dns_answer *answer,
    struct instant believed_at)
{
	struct collector *c = arg;
	struct saved_answer *saved;

	if (c->to->answer_count == c->room) {
		size_t room = 2 * c->room + 16;
		struct saved_answer *more = realloc(c->to->answers, room * sizeof(*more));

		if (more == NULL) {
			c->failed = true;
			return;
		}
		c->to->answers = more;
		c->room = room;
	}
	saved = &c->to->answers[c->to->answer_count];
	*saved = (struct saved_answer){ .name = strdup(name), .type = type,
	    .confirmed_s = wall_of(c->agent, believed_at) };
	if (saved->name != NULL && dns_answer_copy(&saved->answer, answer))
		c->to->answer_count++;
	else {
		free(saved->name);
		c->failed = true;
	}
}

static bool
copy_text(char **to, const char *text)
{
	*to = text == NULL ? NULL : strdup(text);
	return text == NULL || *to != NULL;
}

static bool
is_worth_keeping(const struct candidate *candidate)
{
	return candidate_may_be_bound(candidate) && candidate->bound_for_s > 0;
}

static void
collect_binding(struct collector *c, const struct candidate *candidate)
{
	struct saved_binding *saved = &c->to->bindings[c->to->binding_count++];

	*saved = (struct saved_binding){ .peer = candidate->server->peer, .lasts_s = candidate->bound_for_s };
	if (candidate != candidate->account->active)
		saved->until_s = wall_of(c->agent, candidate->bound_until);
	if (!copy_text(&saved->account, candidate->account->aor) || !copy_text(&saved->name, candidate->name) ||
	    !copy_text(&saved->contact, candidate->bound_contact))
		c->failed = true;
}

static void
collect_bindings(struct collector *c, const struct account *account)
{
	struct saved_binding *more;

	if (account->candidate_count == 0 || c->failed)
		return;
	more = realloc(c->to->bindings, (c->to->binding_count + account->candidate_count) * sizeof(*more));
	if (more == NULL) {
		c->failed = true;
		return;
	}
	c->to->bindings = more;
	for (size_t i = 0; i < account->candidate_count; i++)
		if (is_worth_keeping(account->candidates[i]))
			collect_binding(c, account->candidates[i]);
}

static void
collect_drained(struct collector *c)
{
	const struct peer *peers;
	size_t count = agent_drained(c->agent, &peers);

	if (count == 0)
		return;
	c->to->drained = calloc(count, sizeof(*peers));
	if (c->to->drained == NULL) {
		c->failed = true;
		return;
	}
	memcpy(c->to->drained, peers, count * sizeof(*peers));
	c->to->drained_count = count;
}

bool
savedcollect_all(const struct agent *agent, struct saved *to)
{
	struct collector c = { .agent = agent, .to = to };
	struct account *account;

	*to = (struct saved){ 0 };
	names_each_answer(agent->names, collect_answer, &c);
	for (size_t i = 0; i < agent->account_count; i++)
		collect_bindings(&c, agent->accounts[i]);
	TAILQ_FOREACH(account, &agent->removed, removed_link)
		collect_bindings(&c, account);
	collect_drained(&c);
	if (c.failed)
		saved_fini(to);
	else
		saved_sort(to);
	return !c.failed;
}

unsigned
savedcollect_version(const struct agent *agent)
{
	return names_version(agent->names) + agent->drains.version;	/* neither ever falls */
}

/* ---- Marks. ---- */

#define MARK_START UINT64_C(0xcbf29ce484222325)		/* FNV-1a */

static uint64_t
mark_bytes(uint64_t mark, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len-- > 0)
		mark = (mark ^ *at++) * UINT64_C(0x100000001b3);
	return mark;
}

static uint64_t
mark_text(uint64_t mark, const char *text)
{
	return text == NULL ? mark_bytes(mark, "", 1) : mark_bytes(mark, text, strlen(text) + 1);
}

/* Where the account is, the end of the binding moves with each refresh: it does not count. */
uint64_t
savedcollect_mark(const struct account *account)
{
	uint64_t mark = 0;

	for (size_t i = 0; i < account->candidate_count; i++) {
		const struct candidate *candidate = account->candidates[i];
		int64_t until = candidate == account->active ? 0 : candidate->bound_until.ms;

		if (!is_worth_keeping(candidate))
			continue;
		mark = mark_text(mark == 0 ? MARK_START : mark, candidate->server->text);
		mark = mark_text(mark, candidate->name);
		mark = mark_text(mark, candidate->bound_contact);
		mark = mark_bytes(mark, &candidate->bound_for_s, sizeof(candidate->bound_for_s));
		mark = mark_bytes(mark, &until, sizeof(until));
	}
	return mark;
}
