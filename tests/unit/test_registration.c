/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "core/registration.h"
#include "unit.h"

enum {
	IDLE = REGISTRATION_IDLE, WAITING = REGISTRATION_WAITING, REGISTERING = REGISTRATION_REGISTERING,
	REGISTERED = REGISTRATION_REGISTERED, REFRESHING = REGISTRATION_REFRESHING, ASKING = REGISTRATION_ASKING,
	LEAVING = REGISTRATION_LEAVING, FROZEN = REGISTRATION_FROZEN, STOPPING = REGISTRATION_STOPPING,
	STOPPED = REGISTRATION_STOPPED,
	STATES = REGISTRATION_STATES,
	EVENTS = REGISTRATION_EV_STOP + 1,
};

static struct instant
at(int64_t ms)
{
	return (struct instant){ ms };
}

static const struct instant never = INSTANT_NEVER;

static enum registration_action
step(struct registration *r, enum registration_event event, int64_t ms)
{
	return registration_step(r, event, never, true, at(ms));
}

/* Into a state by events, at 0 ms; what is granted is to be refreshed at 200 s, what is waited for comes at 30 s. */
static void
make(struct registration *r, int state)
{
	registration_init(r, at(0));
	if (state == IDLE)
		return;
	if (state == WAITING) {
		registration_step(r, REGISTRATION_EV_WAIT, at(30000), false, at(0));
		return;
	}
	if (state == FROZEN) {
		step(r, REGISTRATION_EV_FREEZE, 0);
		return;
	}
	step(r, REGISTRATION_EV_MOVE, 0);
	if (state == REGISTERING)
		return;
	registration_step(r, REGISTRATION_EV_ACCEPTED, at(200000), false, at(0));
	if (state == REFRESHING)
		step(r, REGISTRATION_EV_REFRESH, 0);
	else if (state == ASKING)
		step(r, REGISTRATION_EV_ASK, 0);
	else if (state == LEAVING)
		step(r, REGISTRATION_EV_RETURN, 0);
	else if (state == STOPPING || state == STOPPED)
		step(r, REGISTRATION_EV_STOP, 0);
	if (state == STOPPED)
		step(r, REGISTRATION_EV_ENDED, 0);
}

/* ---- state by event ---- */

enum { KEEPS = -1, NONE = -2, UNTIL = -3 };	/* deadline: as it was, none, as the event says */

#define CHOOSE REGISTRATION_DO_CHOOSE
#define REGISTER REGISTRATION_DO_REGISTER
#define REFRESH REGISTRATION_DO_REFRESH
#define ASK REGISTRATION_DO_ASK
#define UNREGISTER REGISTRATION_DO_UNREGISTER
#define FREEZE REGISTRATION_DO_FREEZE
#define SUSPECT REGISTRATION_DO_SUSPECT
#define ENDS REGISTRATION_DO_STOPPED
#define NOTHING REGISTRATION_DO_NOTHING
#define EV(name) REGISTRATION_EV_##name

/* All that happens; what is not listed changes nothing. The deadline is in ms from the event. */
static const struct {
	const char *rule;
	int from, event, to, action, deadline;
} steps[] = {
	{ "B31", IDLE, EV(STAY), REGISTERING, REGISTER, 4000 },
	{ "B31", IDLE, EV(MOVE), REGISTERING, REGISTER, 4000 },
	{ "B31", IDLE, EV(RETURN), REGISTERING, REGISTER, 4000 },
	{ "B31", IDLE, EV(ASK), REGISTERING, REGISTER, 4000 },
	{ "B31", IDLE, EV(WAIT), WAITING, NOTHING, UNTIL },
	{ "B31", IDLE, EV(DUE), IDLE, CHOOSE, NONE },
	{ "B74", IDLE, EV(REFRESH), IDLE, CHOOSE, NONE },

	{ "B31", WAITING, EV(NOWHERE), IDLE, NOTHING, NONE },
	{ "B31", WAITING, EV(STAY), REGISTERING, REGISTER, 4000 },
	{ "B31", WAITING, EV(MOVE), REGISTERING, REGISTER, 4000 },
	{ "B31", WAITING, EV(RETURN), REGISTERING, REGISTER, 4000 },
	{ "B31", WAITING, EV(ASK), REGISTERING, REGISTER, 4000 },
	{ "B31", WAITING, EV(WAIT), WAITING, NOTHING, UNTIL },
	{ "B41", WAITING, EV(DUE), WAITING, CHOOSE, NONE },
	{ "B74", WAITING, EV(REFRESH), WAITING, CHOOSE, NONE },

	{ "B37", REGISTERING, EV(MOVE), REGISTERING, REGISTER, 4000 },
	{ "B33", REGISTERING, EV(ACCEPTED), REGISTERED, CHOOSE, UNTIL },
	{ "B37", REGISTERING, EV(ENDED), IDLE, CHOOSE, NONE },
	{ "B37", REGISTERING, EV(SENT), REGISTERING, NOTHING, 4000 },
	{ "B37", REGISTERING, EV(DUE), REGISTERING, SUSPECT, NONE },

	{ "B37", REGISTERED, EV(MOVE), REGISTERING, REGISTER, 4000 },
	{ "B38", REGISTERED, EV(RETURN), LEAVING, UNREGISTER, 2000 },
	{ "B38", REGISTERED, EV(ASK), ASKING, ASK, NONE },
	{ "B33", REGISTERED, EV(DUE), REFRESHING, REFRESH, 4000 },
	{ "B74", REGISTERED, EV(REFRESH), REFRESHING, REFRESH, 4000 },

	{ "B37", REFRESHING, EV(MOVE), REGISTERING, REGISTER, 4000 },
	{ "B33", REFRESHING, EV(ACCEPTED), REGISTERED, CHOOSE, UNTIL },
	{ "B37", REFRESHING, EV(ENDED), IDLE, CHOOSE, NONE },
	{ "B37", REFRESHING, EV(SENT), REFRESHING, NOTHING, 4000 },
	{ "B17", REFRESHING, EV(DUE), REFRESHING, SUSPECT, NONE },

	{ "B37", ASKING, EV(MOVE), REGISTERING, REGISTER, 4000 },
	{ "B38", ASKING, EV(ACCEPTED), LEAVING, UNREGISTER, 2000 },
	{ "B38", ASKING, EV(ENDED), REGISTERED, CHOOSE, 200000 },

	{ "B38", LEAVING, EV(ENDED), IDLE, CHOOSE, NONE },
	{ "B38", LEAVING, EV(DUE), IDLE, CHOOSE, NONE },

	{ "B60", IDLE, EV(FREEZE), FROZEN, FREEZE, NONE },
	{ "B60", WAITING, EV(FREEZE), FROZEN, FREEZE, NONE },
	{ "B60", REGISTERING, EV(FREEZE), FROZEN, FREEZE, NONE },
	{ "B60", REGISTERED, EV(FREEZE), FROZEN, FREEZE, NONE },
	{ "B60", REFRESHING, EV(FREEZE), FROZEN, FREEZE, NONE },
	{ "B60", ASKING, EV(FREEZE), FROZEN, FREEZE, NONE },
	{ "B60", LEAVING, EV(FREEZE), FROZEN, FREEZE, NONE },
	{ "B60", FROZEN, EV(FREEZE), FROZEN, FREEZE, NONE },
	{ "B60", FROZEN, EV(THAW), FROZEN, NOTHING, UNTIL },
	{ "B60", FROZEN, EV(DUE), IDLE, CHOOSE, NONE },	/* nothing had been granted */

	{ "B43", STOPPING, EV(ENDED), STOPPED, ENDS, NONE },
	{ "B43", STOPPING, EV(DUE), STOPPED, ENDS, NONE },
};

START_TEST(every_event_in_every_state)
{
	for (int event = 0; event < EVENTS; event++) {
		int to = _i, action = NOTHING, deadline = KEEPS;
		const char *rule = "nothing";
		struct registration r, before;
		enum registration_action did;

		if (event == REGISTRATION_EV_STOP)
			continue;
		for (size_t i = 0; i < UNIT_COUNT(steps); i++)
			if (steps[i].from == _i && steps[i].event == event) {
				rule = steps[i].rule;
				to = steps[i].to;
				action = steps[i].action;
				deadline = steps[i].deadline;
			}
		make(&r, _i);
		ck_assert_int_eq((int)r.state, _i);
		before = r;
		did = registration_step(&r, (enum registration_event)event, at(77777), false, at(0));
		ck_assert_msg((int)r.state == to && (int)did == action, "%s: event %d in %s: %s, action %d", rule,
		    event, registration_state_str((enum registration_state)_i), registration_state_str(r.state),
		    (int)did);
		if (deadline == KEEPS)
			ck_assert_int_eq(r.deadline.ms, before.deadline.ms);
		else if (deadline == NONE)
			ck_assert(instant_is_never(r.deadline));
		else
			ck_assert_int_eq(r.deadline.ms, deadline == UNTIL ? 77777 : deadline);
	}
}
END_TEST

/* ---- the end ---- */

START_TEST(b43_stop)
{
	for (int bound = 0; bound < 2; bound++) {
		struct registration r;
		enum registration_action did;
		/* A first REGISTER that is pending may have been stored already. */
		bool unregisters = bound != 0 || _i == REGISTERING;

		make(&r, _i);
		did = registration_step(&r, REGISTRATION_EV_STOP, never, bound != 0, at(1000));
		if (_i == STOPPING || _i == STOPPED) {
			ck_assert_int_eq((int)r.state, _i);
			ck_assert_int_eq((int)did, NOTHING);
			continue;
		}
		ck_assert_int_eq((int)r.state, unregisters ? STOPPING : STOPPED);
		if (unregisters && _i == LEAVING)	/* its unregister is on its way */
			ck_assert_int_eq((int)did, NOTHING);
		else
			ck_assert_int_eq((int)did, unregisters ? UNREGISTER : ENDS);
		if (!unregisters)
			continue;
		ck_assert_int_eq(r.deadline.ms, 1000 + 5000);	/* B43: 5 s at most */
		ck_assert_int_eq((int)step(&r, REGISTRATION_EV_STOP, 2000), NOTHING);
		ck_assert_int_eq(r.deadline.ms, 1000 + 5000);
		ck_assert_int_eq((int)step(&r, REGISTRATION_EV_DUE, 6000), ENDS);
		ck_assert_int_eq((int)r.state, STOPPED);
	}
}
END_TEST

/* B30, B71: one that comes back waits for the unregister that is pending, 2 s at most. */
START_TEST(b71_revive)
{
	struct registration r;

	make(&r, STOPPING);
	registration_revive(&r, true, at(1000));
	ck_assert_int_eq((int)r.state, LEAVING);
	ck_assert_int_eq(r.deadline.ms, 1000 + 2000);
	make(&r, STOPPED);
	registration_revive(&r, false, at(1000));
	ck_assert_int_eq((int)r.state, IDLE);
}
END_TEST

START_TEST(b43_quit)
{
	struct registration r;

	make(&r, _i);
	registration_quit(&r, at(5));
	ck_assert_int_eq((int)r.state, STOPPED);
	ck_assert(!registration_pending(&r));
	for (int event = 0; event < EVENTS; event++) {
		ck_assert_int_eq((int)step(&r, (enum registration_event)event, 6), NOTHING);
		ck_assert_int_eq((int)r.state, STOPPED);
		ck_assert(instant_is_never(r.deadline));
	}
}
END_TEST

/* ---- stories ---- */

START_TEST(b60_frozen_until_the_network_is_back)
{
	struct registration r;

	make(&r, REGISTERED);
	ck_assert_int_eq((int)step(&r, REGISTRATION_EV_FREEZE, 1000), FREEZE);
	ck_assert(!registration_pending(&r));
	ck_assert(instant_is_never(r.deadline));
	registration_step(&r, REGISTRATION_EV_THAW, at(604000), true, at(600000));
	ck_assert_int_eq(r.deadline.ms, 604000);
	ck_assert_int_eq((int)step(&r, REGISTRATION_EV_FREEZE, 602000), FREEZE);	/* gone again */
	ck_assert(instant_is_never(r.deadline));
	registration_step(&r, REGISTRATION_EV_THAW, at(700000), true, at(700000));
	ck_assert_int_eq((int)step(&r, REGISTRATION_EV_DUE, 700000), REFRESH);
	ck_assert_int_eq((int)r.state, REFRESHING);
	ck_assert_int_eq(r.deadline.ms, 704000);
}
END_TEST

START_TEST(b37_each_new_transaction_has_its_own_4_s)
{
	struct registration r;

	make(&r, REGISTERING);
	ck_assert(!r.silent);
	ck_assert_int_eq((int)step(&r, REGISTRATION_EV_DUE, 4000), SUSPECT);
	ck_assert(r.silent);
	step(&r, REGISTRATION_EV_SENT, 5000);		/* its challenge came late */
	ck_assert(!r.silent);
	ck_assert_int_eq(r.deadline.ms, 9000);
	step(&r, REGISTRATION_EV_DUE, 9000);
	ck_assert(r.silent);
	ck_assert_int_eq((int)step(&r, REGISTRATION_EV_MOVE, 9000), REGISTER);
	ck_assert(!r.silent);
	ck_assert_int_eq(r.deadline.ms, 13000);
	step(&r, REGISTRATION_EV_DUE, 13000);
	ck_assert_int_eq((int)step(&r, REGISTRATION_EV_ENDED, 41000), CHOOSE);	/* timer F */
	ck_assert(!r.silent);
}
END_TEST

START_TEST(b38_a_failback_never_takes_back_what_is_pending)
{
	static const int pending[] = { REGISTERING, REFRESHING, ASKING, LEAVING, STOPPING };

	for (size_t i = 0; i < UNIT_COUNT(pending); i++) {
		struct registration r;

		make(&r, pending[i]);
		ck_assert(registration_pending(&r));
		ck_assert_int_eq((int)step(&r, REGISTRATION_EV_RETURN, 1), NOTHING);
		ck_assert_int_eq((int)step(&r, REGISTRATION_EV_ASK, 1), NOTHING);
		ck_assert_int_eq((int)r.state, pending[i]);
	}
}
END_TEST

/* B38: no registration is given up for a try: a question that is not granted leaves everything as it was. */
START_TEST(b38_a_question_without_a_yes_changes_nothing)
{
	struct registration r;

	make(&r, REGISTERED);
	step(&r, REGISTRATION_EV_ASK, 190000);
	ck_assert_int_eq((int)step(&r, REGISTRATION_EV_ENDED, 194000), CHOOSE);
	ck_assert_int_eq((int)r.state, REGISTERED);
	ck_assert_int_eq(r.deadline.ms, 200000);

	/* The refresh fell due meanwhile: it is made at once. */
	step(&r, REGISTRATION_EV_ASK, 198000);
	step(&r, REGISTRATION_EV_ENDED, 202000);
	ck_assert(instant_due(r.deadline, at(202000)));
	ck_assert_int_eq((int)step(&r, REGISTRATION_EV_DUE, 202000), REFRESH);
}
END_TEST

START_TEST(since_is_when_the_state_was_entered)
{
	struct registration r;

	make(&r, REGISTERING);
	step(&r, REGISTRATION_EV_DUE, 4000);
	ck_assert_int_eq(r.since.ms, 0);
	registration_step(&r, REGISTRATION_EV_ACCEPTED, at(100000), true, at(5000));
	ck_assert_int_eq(r.since.ms, 5000);
	step(&r, REGISTRATION_EV_STAY, 6000);
	ck_assert_int_eq(r.since.ms, 5000);
	make(&r, WAITING);
	registration_step(&r, REGISTRATION_EV_WAIT, at(60000), false, at(7000));
	ck_assert_int_eq(r.since.ms, 0);
}
END_TEST

/* ---- any story ---- */

static uint64_t seed;

static unsigned
below(unsigned bound)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % bound;
}

/* The world as the machine sees it: what is on its way, and whether it owes an answer to "choose". */
struct world {
	struct registration r;
	int64_t now_ms;
	bool choose;		/* the machine has asked for a choice */
	bool attempt;		/* a transaction is there: it ends by itself */
	bool bound;		/* a registrar holds a binding */
};

static void
fails(const struct world *w, enum registration_event event, const char *why)
{
	ck_abort_msg("%s: after event %d in %s", why, (int)event, registration_state_str(w->r.state));
}

static void
tell(struct world *w, enum registration_event event, int64_t until_ms)
{
	enum registration_state before = w->r.state;
	bool pending = registration_pending(&w->r);
	enum registration_action did;

	if (event == REGISTRATION_EV_ACCEPTED || event == REGISTRATION_EV_ENDED)
		w->attempt = false;
	if (event == REGISTRATION_EV_ACCEPTED && before != REGISTRATION_ASKING)
		w->bound = true;
	did = registration_step(&w->r, event, at(until_ms), w->bound, at(w->now_ms));
	switch (did) {
	case REGISTRATION_DO_NOTHING:
		break;
	case REGISTRATION_DO_SUSPECT:
	case REGISTRATION_DO_CHOOSE:
		w->choose = true;
		break;
	case REGISTRATION_DO_REGISTER:
		if (pending && event != REGISTRATION_EV_MOVE)
			fails(w, event, "B30: a second REGISTER");
		w->attempt = true;
		break;
	case REGISTRATION_DO_REFRESH:
	case REGISTRATION_DO_ASK:
		if (pending)
			fails(w, event, "B30: a second REGISTER");
		w->attempt = true;
		break;
	case REGISTRATION_DO_UNREGISTER:
		if (before == REGISTRATION_IDLE && !w->bound)
			fails(w, event, "nothing to unregister");
		w->attempt = true;
		break;
	case REGISTRATION_DO_FREEZE:
	case REGISTRATION_DO_STOPPED:
		w->attempt = false;
		w->choose = false;
		break;
	}
	if (before == REGISTRATION_LEAVING && event == REGISTRATION_EV_ENDED)
		w->bound = false;
	/* The transaction of an unregister that has taken too long goes on by itself. */
	if (before == REGISTRATION_LEAVING && w->r.state == REGISTRATION_IDLE)
		w->attempt = false;
	if (registration_pending(&w->r) && !w->attempt)
		fails(w, event, "waits for nothing");
	if (registration_pending(&w->r) && instant_is_never(w->r.deadline) && !w->r.silent &&
	    w->r.state != REGISTRATION_ASKING)
		fails(w, event, "pending without end");
	if (w->r.state == REGISTRATION_LEAVING && w->r.deadline.ms > w->now_ms + 2000)
		fails(w, event, "B38: leaves for more than 2 s");
	if (w->r.state == REGISTRATION_REGISTERED && instant_is_never(w->r.deadline))
		fails(w, event, "B33: registered and never refreshed");
	if (w->r.state == REGISTRATION_WAITING && instant_is_never(w->r.deadline) && !w->choose)
		fails(w, event, "B41: waits for ever");
	if (w->r.silent && w->r.state != REGISTRATION_REGISTERING && w->r.state != REGISTRATION_REFRESHING)
		fails(w, event, "silent with nothing sent");
}

/* What may happen next, at random, as the account may tell it. */
static void
happen(struct world *w)
{
	static const enum registration_event choices[] = {
		REGISTRATION_EV_NOWHERE, REGISTRATION_EV_STAY, REGISTRATION_EV_MOVE, REGISTRATION_EV_RETURN,
		REGISTRATION_EV_ASK, REGISTRATION_EV_WAIT,
	};

	if (w->choose || below(3) == 0) {
		w->choose = false;
		tell(w, choices[below(UNIT_COUNT(choices))], w->now_ms + 1000 + below(300000));
		return;
	}
	if (w->r.state == REGISTRATION_FROZEN ? below(3) == 0 : below(40) == 0) {
		tell(w, w->r.state == REGISTRATION_FROZEN ? REGISTRATION_EV_THAW : REGISTRATION_EV_FREEZE,
		    w->now_ms + below(5000));
		return;
	}
	switch (below(6)) {
	case 0:
		if (w->attempt && w->r.state == REGISTRATION_LEAVING)	/* every end of it is one */
			tell(w, REGISTRATION_EV_ENDED, 0);
		else if (w->attempt)
			tell(w, REGISTRATION_EV_ACCEPTED, w->now_ms + 5000 + below(300000));
		break;
	case 1:
		if (w->attempt)
			tell(w, REGISTRATION_EV_ENDED, 0);
		break;
	case 2:
		if (w->attempt)
			tell(w, REGISTRATION_EV_SENT, 0);
		break;
	case 3:
	case 4:
		if (!instant_is_never(w->r.deadline)) {
			if (w->r.deadline.ms > w->now_ms)
				w->now_ms = w->r.deadline.ms;
			tell(w, REGISTRATION_EV_DUE, 0);
		}
		break;
	default:
		w->now_ms += below(1000);
		tell(w, REGISTRATION_EV_REFRESH, 0);
		break;
	}
}

/* B41: from wherever it is, a world that has become good makes it registered. */
static void
recovers(const struct world *from)
{
	struct world w = *from;

	for (int i = 0; i < 10; i++) {
		if (w.r.state == REGISTRATION_REGISTERED)
			return;
		if (w.attempt) {
			tell(&w, w.r.state == REGISTRATION_LEAVING ? REGISTRATION_EV_ENDED : REGISTRATION_EV_ACCEPTED,
			    w.now_ms + 200000);
		} else if (w.r.state == REGISTRATION_FROZEN && instant_is_never(w.r.deadline)) {
			tell(&w, REGISTRATION_EV_THAW, w.now_ms);
		} else if (w.r.state != REGISTRATION_FROZEN && w.choose) {
			w.choose = false;
			tell(&w, REGISTRATION_EV_MOVE, 0);
		} else if (instant_is_never(w.r.deadline)) {
			w.choose = false;
			tell(&w, REGISTRATION_EV_MOVE, 0);
		} else {
			if (w.r.deadline.ms > w.now_ms)
				w.now_ms = w.r.deadline.ms;
			tell(&w, REGISTRATION_EV_DUE, 0);
		}
	}
	ck_abort_msg("B41: stuck in %s", registration_state_str(from->r.state));
}

START_TEST(b41_no_story_gets_stuck)
{
	unsigned seen[STATES] = { 0 };
	struct world w = { 0 };

	seed = (uint64_t)_i + 1;
	registration_init(&w.r, at(0));
	for (int i = 0; i < 20000; i++) {
		struct world end;

		happen(&w);
		recovers(&w);
		seen[w.r.state]++;

		/* B43: it can always be stopped, within 5 s. */
		end = w;
		tell(&end, REGISTRATION_EV_STOP, INT64_MAX);
		if (end.r.state == REGISTRATION_STOPPING && end.r.deadline.ms == end.now_ms + 5000)
			tell(&end, REGISTRATION_EV_DUE, 0);
		if (end.r.state != REGISTRATION_STOPPED)
			ck_abort_msg("B43: not stopped from %s", registration_state_str(w.r.state));
	}
	for (int state = IDLE; state <= FROZEN; state++)
		ck_assert_msg(seen[state] > 100, "%s", registration_state_str((enum registration_state)state));
}
END_TEST

/* B41: any event whatever, legal or not, does no harm: no assertion, no state but those there are. */
START_TEST(any_event_at_any_time)
{
	struct registration r;

	seed = (uint64_t)_i + 1000;
	registration_init(&r, at(0));
	for (int i = 0; i < 100000; i++) {
		unsigned event = below(i % 50 == 49 ? EVENTS : EVENTS - 1);

		registration_step(&r, (enum registration_event)event, at(i + (int64_t)below(1000)),
		    below(2) != 0, at(i));
		if ((int)r.state < 0 || (int)r.state >= STATES || r.since.ms > i)
			ck_abort_msg("event %u: state %d", event, (int)r.state);
		if (r.state == REGISTRATION_STOPPED)
			registration_init(&r, at(i));
	}
}
END_TEST

/* ---- when to refresh ---- */

static const uint32_t draws[] = { 0, 1, 0x12345678, 0x7fffffff, 0x80000000, 0xfffffffe, UINT32_MAX };

START_TEST(b33_refresh_times)
{
	for (size_t d = 0; d < UNIT_COUNT(draws); d++)
		for (int64_t s = 1; s <= 20000; s++) {
			int64_t ms = registration_refresh_ms(s, draws[d]), least = s * 750, most = s * 850;

			if (s < 30)
				least = most = s * 500;
			least = least < 300000 ? least : 300000;
			most = most < 300000 ? most : 300000;
			least = least > 5000 ? least : 5000;
			most = most > 5000 ? most : 5000;
			if (ms < least || ms > most)
				ck_abort_msg("%lld s: %lld ms", (long long)s, (long long)ms);
		}
}
END_TEST

START_TEST(b33_refresh_of_long_grants)
{
	static const int64_t grants[] = { 401, 3600, 7200, 86400, INT32_MAX, UINT32_MAX };

	for (size_t i = 0; i < UNIT_COUNT(grants); i++)
		for (size_t d = 0; d < UNIT_COUNT(draws); d++)
			ck_assert_int_eq(registration_refresh_ms(grants[i], draws[d]), 300000);
}
END_TEST

START_TEST(b33_the_draw_fills_the_range)
{
	ck_assert_int_eq(registration_refresh_ms(300, 0), 225000);
	ck_assert_int_ge(registration_refresh_ms(300, UINT32_MAX), 254990);
	ck_assert_int_eq(registration_refresh_ms(300, 0x80000000), 240000);
	ck_assert_int_eq(registration_refresh_ms(30, 0), 22500);
	ck_assert_int_eq(registration_refresh_ms(29, UINT32_MAX), 14500);
	ck_assert_int_eq(registration_refresh_ms(11, 7), 5500);
	ck_assert_int_eq(registration_refresh_ms(9, 7), 5000);
	ck_assert_int_eq(registration_refresh_ms(1, 7), 5000);
}
END_TEST

START_TEST(words)
{
	for (int i = 0; i < STATES; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(registration_state_str((enum registration_state)i),
			    registration_state_str((enum registration_state)j));
}
END_TEST

static Suite *
registration_suite(void)
{
	Suite *suite = suite_create("registration");
	TCase *tcase = tcase_create("B30, B33, B37, B38, B41, B43, B60");

	tcase_add_loop_test(tcase, every_event_in_every_state, 0, STATES);
	tcase_add_loop_test(tcase, b43_stop, 0, STATES);
	tcase_add_test(tcase, b71_revive);
	tcase_add_loop_test(tcase, b43_quit, 0, STATES);
	tcase_add_test(tcase, b60_frozen_until_the_network_is_back);
	tcase_add_test(tcase, b37_each_new_transaction_has_its_own_4_s);
	tcase_add_test(tcase, b38_a_failback_never_takes_back_what_is_pending);
	tcase_add_test(tcase, b38_a_question_without_a_yes_changes_nothing);
	tcase_add_test(tcase, since_is_when_the_state_was_entered);
	tcase_add_loop_test(tcase, b41_no_story_gets_stuck, 0, 5);
	tcase_add_loop_test(tcase, any_event_at_any_time, 0, 3);
	tcase_add_test(tcase, b33_refresh_times);
	tcase_add_test(tcase, b33_refresh_of_long_grants);
	tcase_add_test(tcase, b33_the_draw_fills_the_range);
	tcase_add_test(tcase, words);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(registration_suite)
