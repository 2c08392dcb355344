/* SPDX-License-Identifier: ISC */
/* net/loop.h in virtual time: a heap of timers, ordered by instant and then by when they were set. */

#include <errno.h>
#include <stdlib.h>

#include "inside.h"
#include "tally.h"

enum {
	BEGINNING_MS = 1000000,		/* not 0: that means nothing */
	SIGNALS_MAX = 65,
	LOST_MIN_MS = 2000,		/* B60 */
	STANDSTILL = 200000,		/* events without the clock moving: somebody goes round in circles */
};

#define WALL_BEGINNING_S INT64_C(1767225600)

struct timer {
	struct instant due;		/* as set */
	struct instant at;		/* as ordered: not before it was set */
	uint64_t turn;			/* when it was set, for the order among equals */
	size_t place;			/* in the heap, from 1; 0: not armed */
	void (*on_due)(void *arg);
	void *arg;
	void (*drop)(void *arg);
	bool once;			/* the world's own: frees itself */
};

struct loop {
	bool stopped;
	void (*on_time_lost)(void *arg, int64_t ms);
	void *on_time_lost_arg;
	struct {
		void (*on_signal)(void *arg, int signal_number);
		void *arg;
	} signals[SIGNALS_MAX];
	struct loop_delays delays;	/* nothing takes time here */
};

static struct {
	struct instant now;
	struct timer **heap;		/* heap[1] is next */
	size_t count, room;
	uint64_t turn, events;
	unsigned standstill;
	size_t alive;
	struct loop *loop;
	struct instant still_until;	/* the agent stands still */
	int64_t slow_ms;		/* the wall clock behind the time of day */
	void (*look)(void *arg);
	void *look_arg;
} clock_;

bool world_agent_runs;
bool (*world_allocation_fails)(void);

static bool
earlier(const struct timer *a, const struct timer *b)
{
	return a->at.ms != b->at.ms ? a->at.ms < b->at.ms : a->turn < b->turn;
}

static void
put(size_t place, struct timer *t)
{
	clock_.heap[place] = t;
	t->place = place;
}

static void
sift(struct timer *t)
{
	size_t i = t->place;

	for (; i > 1 && earlier(t, clock_.heap[i / 2]); i /= 2)
		put(i, clock_.heap[i / 2]);
	for (;;) {
		size_t child = 2 * i;

		if (child > clock_.count)
			break;
		if (child < clock_.count && earlier(clock_.heap[child + 1], clock_.heap[child]))
			child++;
		if (!earlier(clock_.heap[child], t))
			break;
		put(i, clock_.heap[child]);
		i = child;
	}
	put(i, t);
}

static void
disarm(struct timer *t)
{
	size_t place = t->place;
	struct timer *last;

	if (place == 0)
		return;
	t->place = 0;
	last = clock_.heap[clock_.count--];
	if (last == t)
		return;
	put(place, last);
	sift(last);
}

static void
arm(struct timer *t, struct instant due)
{
	disarm(t);
	t->due = due;
	if (instant_is_never(due))
		return;
	t->at = instant_max(due, clock_.now);
	t->turn = ++clock_.turn;
	if (clock_.count + 2 > clock_.room) {
		clock_.room = clock_.room == 0 ? 64 : 2 * clock_.room;
		clock_.heap = realloc(clock_.heap, clock_.room * sizeof(clock_.heap[0]));
		if (clock_.heap == NULL)
			abort();
	}
	put(++clock_.count, t);
	sift(t);
}

void
clock_begin(void)
{
	clock_.now = (struct instant){ .ms = BEGINNING_MS };
}

void
clock_end(void)
{
	while (clock_.count > 0) {
		struct timer *t = clock_.heap[1];

		disarm(t);
		if (!t->once)
			continue;	/* the agent's: its leak is the sanitizer's to find */
		if (t->drop != NULL)
			t->drop(t->arg);
		free(t);
	}
	free(clock_.heap);
	memset(&clock_, 0, sizeof(clock_));
}

struct instant
world_now(void)
{
	return clock_.now;
}

struct instant
world_at(int64_t ms)
{
	return (struct instant){ .ms = BEGINNING_MS + ms };
}

int64_t
world_ms(void)
{
	return clock_.now.ms - BEGINNING_MS;
}

uint64_t
world_events(void)
{
	return clock_.events;
}

void
world_after_event(void (*look)(void *arg), void *arg)
{
	clock_.look = look;
	clock_.look_arg = arg;
}

void
world_call_at(struct instant due, void (*call)(void *arg), void *arg, void (*drop)(void *arg))
{
	struct timer *t = memory(sizeof(*t));

	t->on_due = call;
	t->arg = arg;
	t->drop = drop;
	t->once = true;
	arm(t, due);
}

size_t
world_timers_left(void)
{
	return clock_.alive;
}

struct instant
world_agent_wakes(void)
{
	return instant_max(clock_.now, clock_.still_until);
}

static void
wake_agent(void *arg)
{
	int64_t *ms = arg, lost = *ms;
	struct loop *loop = clock_.loop;

	free(ms);
	network_stood_still();
	if (lost > LOST_MIN_MS)
		tally(TALLY_B60_STANDSTILL);
	world_story("---- it goes on after %lld s", (long long)(lost / 1000));
	if (lost > LOST_MIN_MS && loop != NULL && loop->on_time_lost != NULL)
		loop->on_time_lost(loop->on_time_lost_arg, lost);
}

void
world_stand_still(int64_t ms)
{
	int64_t *lost;

	if (instant_before(clock_.now, clock_.still_until))
		return;
	lost = memory(sizeof(*lost));
	*lost = ms;
	world_story("---- the daemon stands still");
	network_stood_still();
	clock_.still_until = instant_add(clock_.now, ms);
	world_call_at(clock_.still_until, wake_agent, lost, free);
}

/* Returns false if it must wait until the agent wakes. */
static bool
may_fire(struct timer *t)
{
	struct instant due = t->due;

	if (t->once || !instant_before(t->at, clock_.still_until))
		return true;
	disarm(t);
	arm(t, clock_.still_until);
	t->due = due;
	return false;
}

static void
fire(struct timer *t)
{
	void (*call)(void *arg) = t->on_due;
	void *arg = t->arg;

	if (!may_fire(t))
		return;
	clock_.standstill = t->at.ms == clock_.now.ms ? clock_.standstill + 1 : 0;
	clock_.now = t->at;
	clock_.events++;
	disarm(t);
	t->due = INSTANT_NEVER;
	world_agent_runs = !t->once;
	if (!t->once && clock_.loop != NULL) {
		delays_add(&clock_.loop->delays.timers, 0);
		delays_add(&clock_.loop->delays.turns, 0);
	}
	if (t->once)
		free(t);
	call(arg);
	world_agent_runs = false;
	if (clock_.standstill > STANDSTILL)
		world_fail("the clock stands still: %d events at one instant", STANDSTILL);
	if (clock_.look != NULL && world_failure() == NULL)
		clock_.look(clock_.look_arg);
}

void
world_run_until(struct instant then)
{
	while (clock_.count > 0 && !instant_before(then, clock_.heap[1]->at)) {
		if (world_failure() != NULL || (clock_.loop != NULL && clock_.loop->stopped))
			return;
		fire(clock_.heap[1]);
	}
	if (world_failure() == NULL)
		clock_.now = instant_max(clock_.now, then);
}

void
world_signal(int signal_number)
{
	struct loop *loop = clock_.loop;

	if (loop != NULL && signal_number > 0 && signal_number < SIGNALS_MAX
	    && loop->signals[signal_number].on_signal != NULL)
		loop->signals[signal_number].on_signal(loop->signals[signal_number].arg, signal_number);
}

struct loop *
loop_new(void)
{
	clock_.loop = memory(sizeof(*clock_.loop));
	return clock_.loop;
}

void
loop_free(struct loop *loop)
{
	if (loop == clock_.loop)
		clock_.loop = NULL;
	free(loop);
}

int
loop_run(struct loop *loop)
{
	loop->stopped = false;
	while (!loop->stopped && clock_.count > 0 && world_failure() == NULL)
		fire(clock_.heap[1]);
	return 0;
}

void
loop_stop(struct loop *loop)
{
	loop->stopped = true;
}

struct instant
loop_now(const struct loop *loop)
{
	(void)loop;
	return clock_.now;
}

const struct loop_delays *
loop_delays(const struct loop *loop)
{
	return &loop->delays;
}

int
loop_on_time_lost(struct loop *loop, void (*on_time_lost)(void *arg, int64_t ms), void *arg)
{
	loop->on_time_lost = on_time_lost;
	loop->on_time_lost_arg = arg;
	return 0;
}

void
world_wall_back(int64_t ms)
{
	clock_.slow_ms += ms;
	world_story("---- the wall clock goes back by %lld s", (long long)ms / 1000);
}

int64_t
loop_wall_ms(const struct loop *loop)
{
	(void)loop;
	return WALL_BEGINNING_S * INT64_C(1000) + world_ms() - clock_.slow_ms;
}

struct timer *
timer_new(struct loop *loop, void (*on_due)(void *arg), void *arg)
{
	bool runs = world_agent_runs;
	struct timer *t;

	(void)loop;
	if (world_allocation_fails != NULL && world_allocation_fails())
		return NULL;
	world_agent_runs = false;
	t = memory(sizeof(*t));
	world_agent_runs = runs;
	t->due = INSTANT_NEVER;
	t->on_due = on_due;
	t->arg = arg;
	clock_.alive++;
	return t;
}

void
timer_set(struct timer *timer, struct instant due)
{
	bool runs = world_agent_runs;

	world_agent_runs = false;
	arm(timer, due);
	world_agent_runs = runs;
}

struct instant
timer_due(const struct timer *timer)
{
	return timer->due;
}

void
timer_free(struct timer *timer)
{
	if (timer == NULL)
		return;
	disarm(timer);
	clock_.alive--;
	free(timer);
}

int
loop_on_signal(struct loop *loop, int signal_number, void (*on_signal)(void *arg, int signal_number), void *arg)
{
	if (signal_number <= 0 || signal_number >= SIGNALS_MAX)
		return -EINVAL;
	loop->signals[signal_number].on_signal = on_signal;
	loop->signals[signal_number].arg = arg;
	return 0;
}
