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
 *     While one is known to be up as well, only: 1.1 probe intervals of the active one, two rounds, the 4 s each.
 *     Refusals and hold-offs (B15, B16, B18), lost packets and what a Retry-After to OPTIONS puts off (B14) are
 *     excepted: only time in which the server answered everything, was listed and was free for the account counts.
 *     A registration is a live binding on a server that works.
 *  2  To one server in one minute: at most 24 transactions of one account (a refresh in 5 s at the fastest, B33, each
 *     challenged once), and as many as the probe interval, 30 s for what is left behind (B40), and each REGISTER that
 *     began a round (B17) can make OPTIONS.
 *  3  A reload of the same file, and a DNS answer that is the same as before, change no list, no choice, no date, and
 *     send nothing; in the midst of faults that holds for their own instant, in the calm for the lookups of a reload too
 *     (B50, B71).
 *  4  No instant has more than some thousand events.
 *  5  In the end each account is registered on a server than which it has no better one, all its candidates are up and
 *     free, and no other server holds a binding of it (B31, B38 to B40).
 *  6  A stop ends within 5 s (B43).
 *  7  While there is no way out at all, nothing is judged (B60).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/account.h"
#include "chaos.h"
#include "inside.h"
#include "tally.h"

enum {
	LOOK_MS = 1000,			/* how often at most */
	LOOK_SOON_MS = 200,		/* while an account has no registration */
	BOUND_MS = 300 * 1000,
	ROUNDS = 2,
	PATIENCE_MS = 4000,
	TIMER_F_MS = 32000,
	SLACK_MS = 2 * LOOK_MS,
	WINDOW_MS = 60 * 1000,
	REGISTERS_MAX = 24,
	OPTIONS_MAX = 20,		/* and one for each REGISTER (B17) */
	STANDSTILL = 6000,		/* a backlog of 2000 packets may be worked off in one instant */
	RETRY_AFTER_MAX_MS = 66 * 1000,	/* history.c says 60 s at most */
	STOP_MS = 5000,
	KNOWN_MAX = 64,			/* candidates of an account */
	QUIET_MS = 20 * 60 * 1000,	/* so long after a change that a lookup said, B51 and B53 are over */
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
	struct instant dead_since;	/* the active server */
	struct chance chances[KNOWN_MAX];
	size_t chance_count;

	/* As it was after the last event, for what is counted. */
	enum selection_reason reason;
	bool silent, queued, waits, awaits;
	int64_t stable_ms;
	struct instant pause;
	unsigned failed, held;		/* candidates that are free again and still bear their mark */
};

static struct {
	struct judged sum;
	struct watch *watches, *watched;
	struct instant looked;
	struct instant instant;		/* of the last event */
	unsigned standstill;
	size_t without;			/* accounts without a registration */
	size_t counted, sent;		/* happenings, and those of them that are sent messages and written files */
	size_t sent_before;		/* a reload */
	struct strbuf before;
	struct instant stop_by;
	bool stopping;
	struct instant changed;		/* the configuration or the daemon */
	struct instant started;		/* the daemon */
	struct strbuf before_answer;
	bool lasting;			/* what the lookups of the reload bring is compared as well */
} judge;

const struct judged *
judge_sum(void)
{
	return &judge.sum;
}

static unsigned
most(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

void
judge_add(const struct judged *more)
{
	struct judged *sum = &judge.sum;

	sum->registers += more->registers;
	sum->unregisters += more->unregisters;
	sum->questions += more->questions;
	sum->options += more->options;
	sum->queries += more->queries;
	sum->failovers += more->failovers;
	sum->failbacks += more->failbacks;
	sum->gaps += more->gaps;
	if (more->longest_gap_ms > sum->longest_gap_ms)
		sum->longest_gap_ms = more->longest_gap_ms;
	if (more->longest_ready_ms > sum->longest_ready_ms)
		sum->longest_ready_ms = more->longest_ready_ms;
	sum->most_registers = most(sum->most_registers, more->most_registers);
	sum->most_options = most(sum->most_options, more->most_options);
}

static void
forget(void)
{
	judge.watched = NULL;
	while (judge.watches != NULL) {
		struct watch *w = judge.watches;

		HASH_DEL(judge.watches, w);
		free(w->aor);
		free(w);
	}
}

/* The daemon is there and is not about to end. */
static bool
runs(const struct scenario *s)
{
	return s->agent != NULL && !s->stopped && s->agent->on_stopped == NULL;
}

/* ---- 1: registered ---- */

static struct watch *
watch_of(const char *aor)
{
	struct watch *w = judge.watched;

	if (w != NULL)			/* mostly they are asked for in turn */
		w = w->hh.next != NULL ? w->hh.next : judge.watches;
	if (w == NULL || strcmp(w->aor, aor) != 0)
		HASH_FIND_STR(judge.watches, aor, w);
	if (w == NULL) {
		w = memory(sizeof(*w));
		w->aor = text_copy(span_of(aor));
		HASH_ADD_KEYPTR(hh, judge.watches, w->aor, strlen(w->aor), w);
	}
	judge.watched = w;
	return w;
}

static bool
is_registered(const char *aor)
{
	for (const struct host *host = network_hosts(); host != NULL; host = host->hh.next)
		if (host->script.mode == HOST_UP && network_well_to(&host->address) && registrar_binding(host, aor, NULL, false))
			return true;
	return false;
}

/* It answers all that a good server answers, and grants what can be kept. */
static bool
serves(const struct host *host)
{
	const struct script *s = &host->script;

	return host_well(host) && s->registering == REGISTER_OK && s->grant[0] == '\0' && s->min_expires_s == 0 &&
	    !s->auth_stale && s->nonce_life_ms == 0 && network_well_to(&host->address);
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
	struct instant since = instant_max(host->unwell, network_unwell_to(&host->address));

	for (size_t i = 0; i < w->chance_count; i++)
		if (address_equal(&w->chances[i].address, address))
			return instant_max(since, w->chances[i].since);
	return instant_max(since, world_now());
}

/* Its wait for its turn: each account sends a REGISTER and the answer to a challenge (B42). */
static int64_t
pace_ms(const struct account *account)
{
	return (int64_t)account->agent->account_count * 2 * 1000 / agent_config(account->agent)->register_rate;
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
	    (int64_t)account->candidate_count * PATIENCE_MS + TIMER_F_MS + pace_ms(account) + SLACK_MS;
}

static bool
is_dead(const struct address *server)
{
	const struct host *host = network_host(server);

	return host != NULL && host->script.mode != HOST_UP && world_way(server) == WAY_OPEN;
}

/* The same while one is known to be up: the dead one need only be found, and those before it be tried. */
static int64_t
ready_bound_ms(const struct account *account)
{
	const struct timing *t = account_timing(account);
	int64_t probe = t->probe_interval_ms;

	if (t->probe_interval_active_ms < probe)
		probe = t->probe_interval_active_ms;
	return probe + probe / 10 + ROUNDS * t->probe_timeout_ms + (int64_t)account->candidate_count * PATIENCE_MS +
	    pace_ms(account) + SLACK_MS;
}

static void
look_at_gap(struct watch *w, const struct account *account)
{
	struct chance chances[KNOWN_MAX];
	struct instant longest = INSTANT_NEVER, ready = INSTANT_NEVER;
	size_t count = 0;
	const struct candidate *which = NULL, *active = account->active;
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
		if (c->server->health.state == HEALTH_UP && !c->server->drained)
			ready = instant_min(ready, instant_max(chances[count].since, c->server->health.since));
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
	/* Where OPTIONS are answered, or say nothing (B23), or cannot be sent, the refresh must tell: that is the bound above. */
	if (active != NULL && (!active->server->health.answers_options || !is_dead(&active->server->peer.address)))
		w->dead_since = world_now();
	if (instant_is_never(ready))
		return;
	gap = instant_since(instant_max(ready, instant_max(w->without_since, w->dead_since)), world_now());
	if (gap > judge.sum.longest_ready_ms)
		judge.sum.longest_ready_ms = gap;
	if (gap > ready_bound_ms(account))
		world_fail("%s without a registration for %lld s, while one that is up would do (B37)", account->aor,
		    (long long)gap / 1000);
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
		w->dead_since = world_now();
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

/* ---- what is counted ---- */

static void
count_reason(enum selection_reason reason)
{
	switch (reason) {
	case SELECTION_ALONE:
		tally(TALLY_B31_ALONE);
		break;
	case SELECTION_EQUAL:
		tally(TALLY_B39_EQUAL);
		break;
	case SELECTION_BETTER_UNPROVEN:
		tally(TALLY_B31_UNPROVEN);
		break;
	case SELECTION_BETTER_UNSTABLE:
		tally(TALLY_B38_UNSTABLE);
		break;
	case SELECTION_BETTER_BLOCKED:
		tally(TALLY_B38_BLOCKED);
		break;
	case SELECTION_DRAINED_ALONE:
		tally(TALLY_B74_LAST);
		break;
	case SELECTION_NONE:
	case SELECTION_FIRST:
	case SELECTION_BEST:
	case SELECTION_BETTER_DRAINED:
	case SELECTION_DOWN:
	case SELECTION_SILENT:
	case SELECTION_REFUSED:
	case SELECTION_FAILBACK:
	case SELECTION_DELISTED:
	case SELECTION_DRAINED:
	case SELECTION_WAIT:
	case SELECTION_REASONS:
		break;
	}
}

static void
count_when(bool now, bool *before, enum tally_rule what)
{
	if (now && !*before)
		tally(what);
	*before = now;
}

static void
count_account(const struct account *a)
{
	struct watch *w = watch_of(a->aor);
	unsigned failed = 0, held = 0;

	if (a->selection.reason != w->reason)
		count_reason(a->selection.reason);
	w->reason = a->selection.reason;
	for (size_t i = 0; i < a->candidate_count; i++) {
		const struct penalty *p = &a->candidates[i]->penalty;

		if (p->kind == PENALTY_NONE || penalty_blocks(p, world_now()))
			continue;
		failed += p->kind == PENALTY_FAILED;
		held += p->kind == PENALTY_HELD;
	}
	for (; w->failed < failed; w->failed++)
		tally(TALLY_B16_FREE);
	for (; w->held < held; w->held++)
		tally(TALLY_B18_FREE);
	w->failed = failed;
	w->held = held;
	count_when(a->registration.silent, &w->silent, TALLY_B17_SILENT);
	count_when(a->turn.server != NULL && !a->turn.come, &w->queued, TALLY_B42_PACED);
	count_when(a->registration.state == REGISTRATION_WAITING, &w->waits, TALLY_B41_WAIT);
	count_when(a->selection.reason == SELECTION_NONE && a->candidate_count > 0, &w->awaits, TALLY_B32_WAITS);
	if (a->failback.wait_ms > w->stable_ms)
		tally(TALLY_B38_DOUBLED);
	w->stable_ms = a->failback.wait_ms;
	if (instant_before(w->pause, a->auth_pause) && instant_before(world_now(), a->auth_pause))
		tally(TALLY_B16_PAUSE);
	w->pause = a->auth_pause;
}

static void
count_states(const struct agent *agent)
{
	for (size_t i = 0; i < agent->account_count; i++)
		count_account(agent->accounts[i]);
}

static bool
is_called(const char *word, const char *cause)
{
	return strcmp(word, cause) == 0;
}

static void
count_server(const struct scenario *s, const struct record *record)
{
	const struct server *server;

	if (record->kind == RECORD_SERVER_UP)
		tally(is_called("registration", record->cause) ? TALLY_B17_UP : TALLY_B12_UP);
	else if (record->kind == RECORD_SERVER_UNKNOWN)
		tally(TALLY_B14_UNCLEAR);
	else if (is_called("silence", record->cause))
		tally(TALLY_B19_DOWN);
	else if (is_called("408", record->cause))
		tally(TALLY_B13_408);
	else if (is_called("503", record->cause))
		tally(TALLY_B14_503);
	else
		tally(TALLY_B13_ICMP);
	if (record->kind != RECORD_SERVER_DOWN)
		return;
	for (server = s->agent->servers; server != NULL; server = server->hh.next)
		if (strcmp(server->text, record->server) == 0 && server->way != NETWORK_WAY)
			tally(TALLY_B61_WAY);
}

static void
count_move(const struct record *record)
{
	if (is_called("active-down", record->cause))
		tally(TALLY_B37_DOWN);
	else if (is_called("active-silent", record->cause))
		tally(TALLY_B37_SILENT);
	else if (is_called("active-refused", record->cause))
		tally(TALLY_B37_REFUSED);
	else if (is_called("failback", record->cause))
		tally(TALLY_B38_FAILBACK);
	else if (is_called("active-delisted", record->cause))
		tally(TALLY_B53_LEFT);
	else if (is_called("active-drained", record->cause))
		tally(TALLY_B74_MOVED);
}

/* Nothing may be judged while there is no way out at all (B60). */
static void
look_at_verdict(const struct record *record)
{
	struct instant since;
	enum world_way way = network_way_out(&since);

	if ((way == WAY_NONE || way == WAY_UNPLUGGED) && instant_before(since, world_now()))
		world_fail("%s while the network is down: %s (B60)", record_kind_str(record->kind), record->text);
}

static void
on_record(struct scenario *s, const struct record *record)
{
	switch (record->kind) {
	case RECORD_SERVER_UP:
	case RECORD_SERVER_DOWN:
	case RECORD_SERVER_UNKNOWN:
		count_server(s, record);
		look_at_verdict(record);
		break;
	case RECORD_FAILED_OVER:
	case RECORD_FAILED_BACK:
	case RECORD_MOVED:
		count_move(record);
		look_at_verdict(record);
		break;
	case RECORD_REGISTERED:
		tally(TALLY_B30_REGISTERED);
		break;
	case RECORD_REFUSED:
		tally(TALLY_B15_REFUSED);
		look_at_verdict(record);
		break;
	case RECORD_HELD_OFF:
		tally(is_called("put-off", record->cause) ? TALLY_B18_HELD : TALLY_B18_SILENT);
		look_at_verdict(record);
		break;
	case RECORD_UNREGISTERED:
		tally(is_called("accepted", record->cause) ? TALLY_B38_UNREGISTERED : TALLY_B38_UNANSWERED);
		break;
	case RECORD_DNS_FAILED:
		tally(TALLY_B51_FAILED);
		break;
	case RECORD_DNS_STALE:
		tally(is_called("nxdomain", record->cause) || is_called("no-data", record->cause) ?
		    TALLY_B52_DOUBTED : TALLY_B51_STALE);
		break;
	case RECORD_DNS_FRESH:
		tally(TALLY_B51_FRESH);
		break;
	case RECORD_DRAINED:
		tally(TALLY_B74_DRAINED);
		break;
	case RECORD_FROZEN:
		tally(TALLY_B60_FROZEN);
		break;
	case RECORD_THAWED:
		tally(TALLY_B60_THAWED);
		break;
	case RECORD_NEW_ADDRESS:
		tally(TALLY_B62_ADDRESS);
		break;
	case RECORD_RELOADED:
		tally(TALLY_B71_RELOAD);
		break;
	case RECORD_REMOVED:
		tally(TALLY_B71_REMOVED);
		break;
	case RECORD_UNDRAINED:
	case RECORD_KINDS:
		break;
	}
}

/* The time in which it stood still is not the daemon's. */
static void
look_at_stop(const struct scenario *s)
{
	if (s->agent == NULL || s->stopped)
		return;
	if (!judge.stopping || !instant_due(world_agent_wakes(), world_now()))
		judge.stop_by = instant_add(world_agent_wakes(), STOP_MS);
	else if (instant_before(judge.stop_by, world_now()))
		world_fail("a stop takes longer than 5 s (B43)");
	judge.stopping = true;
}

static void
look(struct scenario *s)
{
	struct agent_status status;

	look_at_clock();
	if (!runs(s) || s->agent->started.ms != judge.started.ms) {
		judge.started = runs(s) ? s->agent->started : (struct instant){ 0 };
		judge.changed = world_now();
		forget();
	}
	if (runs(s))
		count_states(s->agent);
	if (instant_since(judge.looked, world_now()) < (judge.without == 0 ? LOOK_MS : LOOK_SOON_MS))
		return;
	judge.looked = world_now();
	if (!runs(s)) {
		forget();
		judge.without = 0;
		look_at_stop(s);
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
	for (; judge.counted < world_happenings(); judge.counted++) {
		enum happening_kind kind = world_happening(judge.counted)->kind;

		judge.sent += kind != HAPPENED_QUERY && kind != HAPPENED_PING;
	}
	return judge.sent;
}

/* What a reload of the same file must not touch, of an account or of one of its candidates. */
struct feature {
	const char *of;			/* text in the agent; only good while the portrait is the newest */
	int64_t values[7];
};

static void
draw_feature(struct strbuf *to, const struct feature *feature)
{
	strbuf_append_n(to, (const char *)feature, sizeof(*feature));
}

static void
portray(const struct agent *agent, struct strbuf *to)
{
	for (size_t i = 0; i < agent->account_count; i++) {
		const struct account *a = agent->accounts[i];

		draw_feature(to, &(struct feature){ a->aor, { a->registration.state, a->registration.deadline.ms,
		    (int64_t)a->candidate_count } });
		for (size_t k = 0; k < a->candidate_count; k++) {
			const struct candidate *c = a->candidates[k];

			draw_feature(to, &(struct feature){ c->server->text, { c->rank, c->priority, c->order,
			    c->server->health.state, c == a->active, timer_due(c->server->timer).ms,
			    penalty_blocks(&c->penalty, world_now()) ? c->penalty.free_at.ms : 0 } });
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
forget_portrait(struct strbuf *portrait)
{
	strbuf_fini(portrait);
	*portrait = (struct strbuf){ 0 };
}

static void
tell_feature(const char *when, const char *of, const int64_t v[7])
{
	world_story("%s: %s %lld %lld %lld %lld %lld %lld %lld", when, of, (long long)v[0], (long long)v[1],
	    (long long)v[2], (long long)v[3], (long long)v[4], (long long)v[5], (long long)v[6]);
}

/* Everything must be as it was. */
static void
compare(const struct scenario *s, const struct strbuf *before, const char *what)
{
	struct strbuf now = { 0 };
	const struct feature *was = (const struct feature *)(const void *)before->data, *is;

	portray(s->agent, &now);
	is = (const struct feature *)(const void *)now.data;
	for (size_t i = 0; i < now.len / sizeof(*is) && i < before->len / sizeof(*was); i++) {
		if (memcmp(was[i].values, is[i].values, sizeof(is->values)) == 0)
			continue;
		tell_feature("was", is[i].of, was[i].values);
		tell_feature("is", is[i].of, is[i].values);
		world_fail("%s changes something", what);
		break;
	}
	if (now.len != before->len)
		world_fail("%s changes the lists", what);
	else if (sent_so_far() != judge.sent_before)
		world_fail("%s sends something", what);
	strbuf_fini(&now);
}

static void
after_reload(void *arg)
{
	struct scenario *s = arg;

	if (judge.before.data == NULL)
		return;
	if (runs(s))
		compare(s, &judge.before, "a reload of the same file, with the same DNS answers, (B71)");
	forget_portrait(&judge.before);
}

static void
around_answer(void *arg, bool before)
{
	struct scenario *s = arg;

	if (before) {
		if (!runs(s) || instant_since(judge.changed, world_now()) < QUIET_MS ||
		    instant_since(network_unwell(), world_now()) < QUIET_MS || due_soon(s->agent, 0))
			return;
		judge.sent_before = sent_so_far();
		portray(s->agent, &judge.before_answer);
		tally(TALLY_B50_UNCHANGED);
	} else if (judge.before_answer.data != NULL) {
		compare(s, &judge.before_answer, "an unchanged DNS answer (B50)");
		forget_portrait(&judge.before_answer);
	}
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

	if (before) {
		forget_portrait(&judge.before);
		if (!runs(s))
			return;
		if (s->written == NULL || s->loaded == NULL || strcmp(s->written, s->loaded) != 0) {
			forget();
			judge.changed = world_now();
			return;
		}
		judge.sent_before = sent_so_far();
		judge.lasting = in_calm(s) && all_registered(s->agent) && !due_soon(s->agent, DNS_MS);
		if (!due_soon(s->agent, 0) && !network_turns())
			portray(s->agent, &judge.before);
		tally(TALLY_B71_SAME);
		return;
	}
	if (judge.before.data == NULL)
		return;
	compare(s, &judge.before, "a reload of the same file (B71)");
	if (judge.lasting)
		world_call_at(instant_add(world_now(), DNS_MS / 2), after_reload, s, NULL);
	else
		forget_portrait(&judge.before);
}

/* ---- 2: caps ---- */

static bool
is_register(const struct happening *h)
{
	return h->kind == HAPPENED_REGISTER || h->kind == HAPPENED_UNREGISTER || h->kind == HAPPENED_QUESTION;
}

struct queue {				/* what happened in the last minute */
	UT_hash_handle hh;
	char key[400];
	size_t count, first;
	int64_t at[256];
};

/* Takes one in, if `add`, and lets go what is older than a minute. Returns how many there are. */
static size_t
in_window(struct queue **queues, const struct address *server, const char *who, int64_t now_ms, bool add)
{
	char text[ADDRESS_TEXT_SIZE], key[400];
	struct queue *q;

	snprintf(key, sizeof(key), "%s %s", address_str(server, text), who);
	HASH_FIND_STR(*queues, key, q);
	if (q == NULL) {
		q = memory(sizeof(*q));
		memcpy(q->key, key, sizeof(key));
		HASH_ADD_STR(*queues, key, q);
	}
	while (q->count > 0 && now_ms - q->at[q->first % 256] >= WINDOW_MS) {
		q->first++;
		q->count--;
	}
	if (add && q->count < 256)
		q->at[(q->first + q->count++) % 256] = now_ms;
	return q->count;
}

static void
look_at_window(size_t count, size_t cap, unsigned *most_so_far, const char *what, const struct happening *h)
{
	char text[ADDRESS_TEXT_SIZE];

	*most_so_far = most(*most_so_far, (unsigned)count);
	if (count > cap)
		world_fail("%zu %s in a minute, the last at %lld s: %s %s", count, what,
		    (long long)(h->when.ms - world_at(0).ms) / 1000, address_str(&h->to, text), h->who);
}

static void
count_windows(void)
{
	struct queue *queues = NULL, *q, *next;

	for (size_t i = 0; i < world_happenings(); i++) {
		const struct happening *h = world_happening(i);

		if (is_register(h)) {
			in_window(&queues, &h->to, "", h->when.ms, true);
			look_at_window(in_window(&queues, &h->to, h->who, h->when.ms, true), REGISTERS_MAX,
			    &judge.sum.most_registers, "REGISTERs", h);
		} else if (h->kind == HAPPENED_OPTIONS) {
			look_at_window(in_window(&queues, &h->to, h->who, h->when.ms, true),
			    OPTIONS_MAX + in_window(&queues, &h->to, "", h->when.ms, false),
			    &judge.sum.most_options, "OPTIONS", h);
		}
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
	else if (world_bindings(a->aor, &a->active->server->peer.address) != 1)
		world_fail("%s has two bindings on %s in the end (B55, B62)", a->aor, a->active->server->text);
	else
		for (size_t i = 0; i < a->candidate_count; i++)
			judge_candidate(a, a->candidates[i]);
	judge.sum.failovers += a->failovers;
	judge.sum.failbacks += a->failbacks;
}

static void
count_unjudged(const struct agent *agent)
{
	for (const struct server *server = agent->servers; server != NULL; server = server->hh.next)
		if (server->warned_of_silence)
			tally(TALLY_B23_UNJUDGED);
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
	count_unjudged(s->agent);
	count_windows();
	count_happenings();
}

void
judge_begin(struct scenario *s)
{
	judge.looked = world_at(0);
	judge.instant = world_at(0);
	judge.standstill = 0;
	judge.without = 0;
	judge.counted = judge.sent = 0;
	judge.stopping = false;
	s->random = true;
	s->judge = look;
	s->judge_end = judge_end;
	s->judge_reload = around_reload;
	s->judge_record = on_record;
	judge.changed = world_at(0);
	world_around_unchanged(around_answer, s, QUIET_MS);
}

void
judge_fini(void)
{
	forget();
	forget_portrait(&judge.before);
	forget_portrait(&judge.before_answer);
}
