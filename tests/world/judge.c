/* SPDX-License-Identifier: ISC */
/*
 * What must hold in every history, besides what the world checks at every packet:
 *
 *  1  No account is without a registration for longer than its bound while one server is well, listed and free for it
 *     all that time (B17 to B21, B37). The bound is the sum of what the rules allow one after the other:
 *       300 s or 1.1 probe intervals, the longest of them      until the dead one, or the well one, is asked (B20, B33)
 *       two rounds                                             until it is known (B19)
 *       4 s                                                    for each other candidate that takes a REGISTER and is silent
 *       32 s                                                   when none other is known to be up (B37)
 *     Refusals and hold-offs (B15, B16, B18), lost packets and what a Retry-After to OPTIONS puts off (B14) are
 *     excepted: only time in which the server answered everything, was listed and was free for the account counts.
 *     A registration is a live binding on a server that works.
 *  2  To one server in one minute: at most 24 transactions of one account (a refresh in 5 s at the fastest, B33, each
 *     challenged once), and as many as the probe interval, 30 s for what is left behind (B40), and each REGISTER that
 *     began a round (B17) can make OPTIONS.
 *  3  A reload sends nothing itself, and one of the same file in the calm changes no list, no choice, no date (B71).
 *  4  No instant has more than some thousand events.
 *  5  In the end each account is registered on a server than which it has no better one, all its candidates are up and
 *     free, and no other server holds a binding of it (B31, B38 to B40).
 *  6  A stop ends within 5 s (B43).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/account.h"
#include "chaos.h"
#include "inside.h"

enum {
	LOOK_MS = 1000,			/* how often at most */
	BOUND_MS = 300 * 1000,
	ROUNDS = 2,
	PATIENCE_MS = 4000,
	TIMER_F_MS = 32000,
	SLACK_MS = 2 * LOOK_MS,
	WINDOW_MS = 60 * 1000,
	REGISTERS_MAX = 24,
	OPTIONS_MAX = 30,
	STANDSTILL = 6000,		/* a backlog of 2000 packets may be worked off in one instant */
	RETRY_AFTER_MAX_MS = 66 * 1000,	/* history.c says 60 s at most */
	STOP_MS = 5000,
	KNOWN_MAX = 64,			/* candidates of an account */
};

struct chance {				/* a server that would do */
	struct address address;
	struct instant since;		/* well, listed and free since then */
};

struct watch {				/* an account */
	UT_hash_handle hh;
	char *aor;
	bool without;
	struct instant without_since;
	bool counted;
	struct chance chances[KNOWN_MAX];
	size_t chance_count;
};

static struct {
	struct judged sum;
	struct watch *watches;
	struct instant looked;
	struct instant instant;		/* of the last event */
	unsigned standstill;
	size_t without;			/* accounts without a registration */
	size_t sent_before;		/* a reload */
	struct strbuf before;
	size_t line;			/* reloads so far */
	struct instant stop_by;
	bool stopping;
} judge;

const struct judged *
judge_sum(void)
{
	return &judge.sum;
}

static void
forget(void)
{
	while (judge.watches != NULL) {
		struct watch *w = judge.watches;

		HASH_DEL(judge.watches, w);
		free(w->aor);
		free(w);
	}
}

/* ---- 1: registered ---- */

static struct watch *
watch_of(const char *aor)
{
	struct watch *w;

	HASH_FIND_STR(judge.watches, aor, w);
	if (w == NULL) {
		w = memory(sizeof(*w));
		w->aor = text_copy(span_of(aor));
		HASH_ADD_KEYPTR(hh, judge.watches, w->aor, strlen(w->aor), w);
	}
	return w;
}

static bool
is_registered(const char *aor)
{
	for (const struct host *host = network_hosts(); host != NULL; host = host->hh.next)
		if (host->script.mode == HOST_UP && registrar_binding(host, aor, NULL, false))
			return true;
	return false;
}

/* It answers all that a good server answers, and grants what can be kept. */
static bool
serves(const struct host *host)
{
	const struct script *s = &host->script;

	return host_well(host) && s->registering == REGISTER_OK && s->grant[0] == '\0' && s->min_expires_s == 0 &&
	    !s->auth_stale && s->nonce_life_ms == 0 && network_well();
}

static bool
is_free(const struct account *account, const struct candidate *candidate)
{
	return candidate->rank != SELECTION_UNLISTED && !penalty_blocks(&candidate->penalty, world_now()) &&
	    instant_due(account->auth_pause, world_now()) && instant_due(candidate->server->retry_at, world_now());
}

/* Since when it would do, as far as has been seen. */
static struct instant
good_since(const struct watch *w, const struct address *address, const struct host *host)
{
	struct instant since = instant_max(host->unwell, network_unwell());

	for (size_t i = 0; i < w->chance_count; i++)
		if (address_equal(&w->chances[i].address, address))
			return instant_max(since, w->chances[i].since);
	return instant_max(since, world_now());
}

static int64_t
bound_ms(const struct account *account)
{
	const struct timing *t = account_timing(account);
	int64_t probe = t->probe_interval_ms;

	if (t->probe_interval_active_ms > probe)
		probe = t->probe_interval_active_ms;
	if (t->probe_interval_down_ms > probe)
		probe = t->probe_interval_down_ms;
	probe += probe / 10;
	return (probe > BOUND_MS ? probe : BOUND_MS) + ROUNDS * t->probe_timeout_ms +
	    (int64_t)account->candidate_count * PATIENCE_MS + TIMER_F_MS + SLACK_MS;
}

static void
look_at_gap(struct watch *w, const struct account *account)
{
	struct chance chances[KNOWN_MAX];
	struct instant longest = INSTANT_NEVER;
	size_t count = 0;
	const struct candidate *which = NULL;
	int64_t gap;

	for (size_t i = 0; i < account->candidate_count && count < KNOWN_MAX; i++) {
		const struct candidate *c = account->candidates[i];
		const struct host *host = network_host(&c->server->peer.address);

		if (host == NULL || !serves(host) || !is_free(account, c))
			continue;
		chances[count] = (struct chance){ host->address, good_since(w, &host->address, host) };
		if (instant_before(chances[count].since, longest)) {
			longest = chances[count].since;
			which = c;
		}
		count++;
	}
	memcpy(w->chances, chances, count * sizeof(chances[0]));
	w->chance_count = count;
	if (count == 0)
		return;
	gap = instant_since(instant_max(longest, w->without_since), world_now());
	if (gap > judge.sum.longest_gap_ms)
		judge.sum.longest_gap_ms = gap;
	if (gap > bound_ms(account))
		world_fail("%s without a registration for %lld s, while %s would do (B37)", account->aor,
		    (long long)gap / 1000, which->server->text);
}

static void
look_at_account(const struct account *account)
{
	struct watch *w = watch_of(account->aor);

	if (is_registered(account->aor)) {
		w->without = false;
		w->chance_count = 0;
		return;
	}
	if (!w->without) {
		w->without = true;
		w->without_since = world_now();
		judge.sum.gaps++;
	}
	judge.without++;
	look_at_gap(w, account);
}

/* ---- After each event ---- */

static void
look_at_clock(void)
{
	judge.standstill = judge.instant.ms == world_now().ms ? judge.standstill + 1 : 0;
	judge.instant = world_now();
	if (judge.standstill > STANDSTILL)
		world_fail("%d events at one instant", STANDSTILL);
}

static void
look(struct scenario *s)
{
	struct agent_status status;

	look_at_clock();
	if (instant_since(judge.looked, world_now()) < LOOK_MS && judge.without == 0)
		return;
	judge.looked = world_now();
	if (s->agent == NULL || s->stopped || s->agent->on_stopped != NULL) {
		forget();
		judge.without = 0;
		if (s->agent != NULL && !s->stopped && !judge.stopping) {
			judge.stopping = true;
			judge.stop_by = instant_add(world_now(), STOP_MS);
		} else if (s->agent != NULL && !s->stopped && instant_before(judge.stop_by, world_now())) {
			world_fail("a stop takes longer than 5 s (B43)");
		}
		return;
	}
	judge.stopping = false;
	judge.without = 0;
	agent_status(s->agent, &status);
	for (size_t i = 0; i < status.accounts; i++)
		look_at_account(agent_account(s->agent, i));
}

/* ---- 3: reloads ---- */

static size_t
sent_so_far(void)
{
	size_t sent = 0;

	for (size_t i = 0; i < world_happenings(); i++)
		sent += world_happening(i)->kind != HAPPENED_QUERY;
	return sent;
}

/* All that a reload of the same file must not touch, as text; what is due at this instant aside. */
static void
portray(const struct agent *agent, struct strbuf *to)
{
	struct agent_status status;

	agent_status(agent, &status);
	for (size_t i = 0; i < status.accounts; i++) {
		const struct account *a = agent_account(agent, i);

		strbuf_printf(to, "%s %s %lld\n", a->aor, registration_state_str(a->registration.state),
		    (long long)a->registration.deadline.ms);
		for (size_t k = 0; k < a->candidate_count; k++) {
			const struct candidate *c = a->candidates[k];

			strbuf_printf(to, "  P%u:%u#%u %s %s%s probe %lld free %lld\n", c->rank, c->priority, c->order,
			    c->server->text, health_state_str(c->server->health.state), c == a->active ? "*" : "",
			    (long long)timer_due(c->server->timer).ms,
			    (long long)(penalty_blocks(&c->penalty, world_now()) ? c->penalty.free_at.ms : 0));
		}
	}
}

static bool
all_registered(const struct agent *agent)
{
	struct agent_status status;

	agent_status(agent, &status);
	for (size_t i = 0; i < status.accounts; i++)
		if (agent_account(agent, i)->registration.state != REGISTRATION_REGISTERED)
			return false;
	return status.transactions == 0;
}

static bool
due_soon(const struct agent *agent, int64_t ms)
{
	struct agent_status status;
	struct instant soon = instant_add(world_now(), ms);

	agent_status(agent, &status);
	for (size_t i = 0; i < status.accounts; i++) {
		const struct account *a = agent_account(agent, i);

		if (!instant_before(soon, a->registration.deadline))
			return true;
		for (size_t k = 0; k < a->candidate_count; k++)
			if (!instant_before(soon, timer_due(a->candidates[k]->server->timer)))
				return true;
	}
	return false;
}

static void
after_reload(void *arg)
{
	struct scenario *s = arg;
	struct strbuf now = { 0 };

	if (judge.before.data == NULL || s->agent == NULL)
		return;
	portray(s->agent, &now);
	if (strcmp(judge.before.data, now.data) != 0) {
		world_story("before the reload:\n%s", judge.before.data);
		world_story("after it:\n%s", now.data);
		world_fail("a reload of the same file and the same DNS answers change something (B71)");
	} else if (sent_so_far() != judge.sent_before) {
		world_fail("a reload of the same file sends something (B71)");
	}
	strbuf_fini(&now);
	strbuf_fini(&judge.before);
	judge.before = (struct strbuf){ 0 };
}

static bool
in_calm(const struct scenario *s)	/* its last 70 minutes: history.c reloads the same file there */
{
	return world_ms() > s->until_ms - 70 * 60 * 1000;
}

static void
around_reload(struct scenario *s, bool before)
{
	enum { DNS_MS = 500 };

	forget();
	if (!in_calm(s)) {
		return;
	}
	if (before) {
		judge.sent_before = sent_so_far();
		if (judge.before.data == NULL && all_registered(s->agent) && !due_soon(s->agent, DNS_MS))
			portray(s->agent, &judge.before);
		return;
	}
	if (sent_so_far() != judge.sent_before)
		world_fail("a reload of the same file sends something (B71)");
	if (judge.before.data != NULL)
		world_call_at(instant_add(world_now(), DNS_MS / 2), after_reload, s, NULL);
}

/* ---- 2: caps ---- */

static bool
is_register(const struct happening *h)
{
	return h->kind == HAPPENED_REGISTER || h->kind == HAPPENED_UNREGISTER || h->kind == HAPPENED_QUESTION;
}

static void
count_windows(bool registers, unsigned *most)
{
	struct queue {
		UT_hash_handle hh;
		char key[400];
		size_t count, first;
		int64_t at[256];
	} *queues = NULL, *q, *next;
	char key[400];

	for (size_t i = 0; i < world_happenings(); i++) {
		const struct happening *h = world_happening(i);
		char text[ADDRESS_TEXT_SIZE];

		if (registers ? !is_register(h) : h->kind != HAPPENED_OPTIONS)
			continue;
		snprintf(key, sizeof(key), "%s %s", address_str(&h->to, text), h->who);
		HASH_FIND_STR(queues, key, q);
		if (q == NULL) {
			q = memory(sizeof(*q));
			memcpy(q->key, key, sizeof(key));
			HASH_ADD_STR(queues, key, q);
		}
		while (q->count > 0 && h->when.ms - q->at[q->first % 256] >= WINDOW_MS) {
			q->first++;
			q->count--;
		}
		if (q->count < 256)
			q->at[(q->first + q->count++) % 256] = h->when.ms;
		if (q->count > *most)
			*most = (unsigned)q->count;
		if (q->count > (registers ? REGISTERS_MAX : OPTIONS_MAX))
			world_fail("%zu %s in a minute, the last at %lld s: %s", q->count, registers ? "REGISTERs" :
			    "OPTIONS", (long long)(h->when.ms - world_at(0).ms) / 1000, key);
	}
	HASH_ITER(hh, queues, q, next) {
		HASH_DEL(queues, q);
		free(q);
	}
}

static void
count_happenings(void)
{
	for (size_t i = 0; i < world_happenings(); i++) {
		enum happening_kind kind = world_happening(i)->kind;

		judge.sum.registers += kind == HAPPENED_REGISTER;
		judge.sum.unregisters += kind == HAPPENED_UNREGISTER;
		judge.sum.questions += kind == HAPPENED_QUESTION;
		judge.sum.options += kind == HAPPENED_OPTIONS;
		judge.sum.queries += kind == HAPPENED_QUERY;
	}
}

/* ---- 5: the end ---- */

static void
judge_candidate(const struct account *a, const struct candidate *c)
{
	const struct candidate *active = a->active;
	const struct host *host = network_host(&c->server->peer.address);

	if (c->rank == SELECTION_UNLISTED)
		world_fail("%s still has %s in the end, which is not listed", a->aor, c->server->text);
	else if (c->server->health.state != HEALTH_UP)
		world_fail("%s is well and still %s in the end (B12)", c->server->text,
		    health_state_str(c->server->health.state));
	else if (penalty_blocks(&c->penalty, world_now()))
		world_fail("%s is well and still left out by %s in the end (B16)", c->server->text, a->aor);
	else if (c->rank < active->rank || (c->rank == active->rank && c->priority < active->priority))
		world_fail("%s is on %s in the end, %s being better (B38)", a->aor, active->server->text, c->server->text);
	else if (c != active && host != NULL && registrar_binding(host, a->aor, NULL, false))
		world_fail("%s has a binding left on %s in the end (B40)", a->aor, c->server->text);
}

static void
judge_account(const struct account *a)
{
	if (a->active == NULL || a->registration.state != REGISTRATION_REGISTERED)
		world_fail("%s is %s in the end", a->aor, registration_state_str(a->registration.state));
	else if (!world_binding(a->aor, &a->active->server->peer.address))
		world_fail("%s is registered on %s and has no binding there in the end", a->aor, a->active->server->text);
	else
		for (size_t i = 0; i < a->candidate_count; i++)
			judge_candidate(a, a->candidates[i]);
	judge.sum.failovers += a->failovers;
	judge.sum.failbacks += a->failbacks;
}

/* What happens to be under way is waited for. */
static void
judge_end(struct scenario *s)
{
	struct agent_status status;

	if (s->agent == NULL || s->stopped)
		return;
	for (int i = 0; i < 100 && !all_registered(s->agent) && world_failure() == NULL; i++)
		world_run_until(instant_add(world_now(), 100));
	agent_status(s->agent, &status);
	for (size_t i = 0; i < status.accounts; i++)
		judge_account(agent_account(s->agent, i));
	count_windows(true, &judge.sum.most_registers);
	count_windows(false, &judge.sum.most_options);
	count_happenings();
}

void
judge_begin(struct scenario *s)
{
	judge.looked = world_at(0);
	judge.instant = world_at(0);
	judge.standstill = 0;
	judge.without = 0;
	judge.stopping = false;
	s->judge = look;
	s->judge_end = judge_end;
	s->judge_reload = around_reload;
}

void
judge_fini(void)
{
	forget();
	strbuf_fini(&judge.before);
	judge.before = (struct strbuf){ 0 };
}
