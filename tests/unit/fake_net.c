/* SPDX-License-Identifier: ISC */
#include "fake_net.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "net/entropy.h"

enum { SENT_MAX = 64 };

struct timer {
	LIST_ENTRY(timer) link;
	struct instant due;
	void (*on_due)(void *arg);
	void *arg;
};

struct loop {
	struct instant now;
	LIST_HEAD(, timer) timers;
};

struct transport {
	int result;
	size_t count;
	struct fake_sent sent[SENT_MAX];
};

static struct loop loop;
static struct transport transport;
static struct wire wire;
static uint64_t random_state;

void
fake_reset(void)
{
	loop.now = (struct instant){ .ms = 1000000 };
	LIST_INIT(&loop.timers);
	transport.result = 0;
	transport.count = 0;
	wire = (struct wire){ .transport = &transport };
	random_state = 1;
}

struct loop *
fake_loop(void)
{
	return &loop;
}

struct wire *
fake_wire(void)
{
	return &wire;
}

int
transport_local(struct transport *t, const struct peer *to, struct address *local)
{
	(void)t;
	(void)to;
	address_parse(local, "192.0.2.9:5060");
	return transport.result;
}

static struct timer *
earliest(struct instant until)
{
	struct timer *timer, *first = NULL;

	LIST_FOREACH(timer, &loop.timers, link)
		if (instant_due(timer->due, until) && (first == NULL || instant_before(timer->due, first->due)))
			first = timer;
	return first;
}

void
fake_advance(int64_t ms)
{
	struct instant until = instant_add(loop.now, ms);
	struct timer *timer;

	while ((timer = earliest(until)) != NULL) {
		loop.now = instant_max(loop.now, timer->due);
		timer->due = INSTANT_NEVER;
		timer->on_due(timer->arg);
	}
	loop.now = until;
}

void
fake_stop(int64_t ms)
{
	loop.now = instant_add(loop.now, ms);
}

void
fake_send_result(int result)
{
	transport.result = result;
}

size_t
fake_sent_count(void)
{
	return transport.count;
}

const struct fake_sent *
fake_sent(size_t i)
{
	return &transport.sent[i];
}

size_t
fake_timers(void)
{
	struct timer *timer;
	size_t count = 0;

	LIST_FOREACH(timer, &loop.timers, link)
		count++;
	return count;
}

struct instant
loop_now(const struct loop *l)
{
	return l->now;
}

struct timer *
timer_new(struct loop *l, void (*on_due)(void *arg), void *arg)
{
	struct timer *timer = calloc(1, sizeof(*timer));

	if (timer == NULL)
		return NULL;
	timer->due = INSTANT_NEVER;
	timer->on_due = on_due;
	timer->arg = arg;
	LIST_INSERT_HEAD(&l->timers, timer, link);
	return timer;
}

void
timer_set(struct timer *timer, struct instant due)
{
	timer->due = due;
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
	LIST_REMOVE(timer, link);
	free(timer);
}

int
transport_send(struct transport *t, const struct peer *to, uint8_t dscp, const void *bytes, size_t len)
{
	struct fake_sent *sent = &t->sent[t->count];

	(void)dscp;
	if (t->result != 0)
		return t->result;
	if (t->count == SENT_MAX || len > sizeof(sent->bytes))
		abort();
	*sent = (struct fake_sent){ .at = loop.now, .to = *to, .len = len };
	memcpy(sent->bytes, bytes, len);
	t->count++;
	return 0;
}

int
transport_reply(struct transport *t, const struct peer *to, uint8_t dscp, const void *bytes, size_t len)
{
	return transport_send(t, to, dscp, bytes, len);
}

const char *
transport_failure_str(enum transport_failure failure)
{
	(void)failure;
	return "lost";
}

static uint32_t
next_random(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33);
}

void
entropy_bytes(void *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)to)[i] = (uint8_t)next_random();
}

uint32_t
entropy_below(uint32_t bound)
{
	return next_random() % bound;
}

void
entropy_hex(char *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = "0123456789abcdef"[next_random() % 16];
	to[len] = '\0';
}
