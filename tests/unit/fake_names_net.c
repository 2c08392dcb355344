/* SPDX-License-Identifier: ISC */
#include "fake_names_net.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/str.h"
#include "net/entropy.h"
#include "net/resolver.h"
#include "net/store.h"

#define WORDS_MAX 400
#define RECORDS_MAX 200

struct timer {
	TAILQ_ENTRY(timer) entry;
	struct instant due;
	unsigned long turn;		/* first come, first served at the same time */
	void (*on_due)(void *arg);
	void *arg;
};

struct resolver_query {
	struct timer *timer;
	unsigned nameserver;
	bool in_time;			/* the answer comes before the timeout */
	enum dns_type type;
	char name[DNS_NAME_SIZE];
	void (*on_answer)(void *arg, const struct dns_answer *answer);
	void *arg;
};

struct words {
	unsigned nameserver;
	enum dns_type type;
	char name[DNS_NAME_SIZE];
	const char *what;
};

struct loop { int unused; };
struct resolver { int unused; };

static struct {
	struct loop loop;
	struct resolver resolver;
	struct instant now;
	unsigned long turn;
	struct words words[WORDS_MAX];
	size_t words_count;
	int64_t delay_ms;
	uint32_t ttl_s;
	const char *hosts;
	int hosts_error;
	unsigned hosts_reads;
	size_t system_nameservers;
	uint8_t jitter;
	bool fail_timers, fail_queries;
	char asked[16384];
	char asked_told[16384];
	size_t queries, timers;
} world;

static TAILQ_HEAD(, timer) timers = TAILQ_HEAD_INITIALIZER(timers);

/* ---- The script. ---- */

void
fake_reset(void)
{
	assert(TAILQ_EMPTY(&timers));
	memset(&world, 0, sizeof(world));
	world.delay_ms = 10;
	world.ttl_s = 300;
	world.hosts_error = -ENOENT;
	world.system_nameservers = 2;
}

struct loop *fake_loop(void) { return &world.loop; }
struct resolver *fake_resolver(void) { return &world.resolver; }
void fake_delay(int64_t ms) { world.delay_ms = ms; }
void fake_ttl(uint32_t ttl_s) { world.ttl_s = ttl_s; }
void fake_system_nameservers(size_t count) { world.system_nameservers = count; }
void fake_jitter(uint8_t byte) { world.jitter = byte; }
unsigned fake_hosts_reads(void) { return world.hosts_reads; }
size_t fake_queries(void) { return world.queries; }
size_t fake_timers(void) { return world.timers; }

struct address
fake_nameserver(unsigned place)
{
	return (struct address){ .family = ADDRESS_IPV4, .ip = { 192, 0, 2, (uint8_t)place } };
}

void
fake_say(unsigned nameserver, enum dns_type type, const char *name, const char *what)
{
	struct words *words = &world.words[world.words_count++];

	assert(world.words_count <= WORDS_MAX);
	*words = (struct words){ .nameserver = nameserver, .type = type, .what = what };
	snprintf(words->name, sizeof(words->name), "%s", name);
}

void
fake_hosts(const char *text, int error)
{
	world.hosts = text;
	world.hosts_error = error;
}

void
fake_fail(bool no_timers, bool no_queries)
{
	world.fail_timers = no_timers;
	world.fail_queries = no_queries;
}

const char *
fake_asked(void)
{
	strcpy(world.asked_told, world.asked);
	world.asked[0] = '\0';
	return world.asked_told;
}

static const char *
what_says(unsigned nameserver, enum dns_type type, const char *name)
{
	for (size_t i = world.words_count; i-- > 0;) {
		const struct words *words = &world.words[i];

		if ((words->nameserver == 0 || words->nameserver == nameserver) && words->type == type &&
		    strcmp(words->name, name) == 0)
			return words->what;
	}
	return "SILENT";
}

static bool
what_outcome(const char *what, enum dns_outcome *outcome)
{
	static const struct {
		const char *word;
		enum dns_outcome outcome;
	} known[] = {
		{ "NXDOMAIN", DNS_NXDOMAIN }, { "NODATA", DNS_NODATA }, { "SERVFAIL", DNS_SERVFAIL },
		{ "REFUSED", DNS_REFUSED }, { "SILENT", DNS_SILENT }, { "MALFORMED", DNS_MALFORMED },
		{ "TRUNCATED", DNS_TRUNCATED }, { "UNSENDABLE", DNS_UNSENDABLE },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].word, what) == 0) {
			*outcome = known[i].outcome;
			return true;
		}
	}
	return false;
}

static bool
record_parse(struct dns_record *record, enum dns_type type, const char *text)
{
	unsigned priority, weight, port;
	int at = 0;

	*record = (struct dns_record){ 0 };
	if (type == DNS_SRV) {
		if (sscanf(text, "%u:%u:%u:%n", &priority, &weight, &port, &at) != 3 || at == 0)
			return false;
		record->priority = (uint16_t)priority;
		record->weight = (uint16_t)weight;
		record->port = (uint16_t)port;
		snprintf(record->target, sizeof(record->target), "%s", text + at);
		return true;
	}
	return address_parse(&record->address, text) &&
	    (record->address.family == ADDRESS_IPV4) == (type == DNS_A);
}

static struct dns_answer
what_answer(const char *what, enum dns_type type, struct dns_record records[RECORDS_MAX])
{
	struct dns_answer answer = { .outcome = DNS_NODATA, .records = records };
	char *copy, *save, *word;

	if (what_outcome(what, &answer.outcome))
		return answer;
	copy = strdup(what);
	assert(copy != NULL);
	for (word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
		assert(answer.count < RECORDS_MAX);
		if (record_parse(&records[answer.count], type, word))
			answer.count++;
	}
	free(copy);
	if (answer.count > 0) {
		answer.outcome = DNS_GOOD;
		answer.ttl_s = world.ttl_s;
	}
	return answer;
}

/* ---- The loop. ---- */

struct instant
loop_now(const struct loop *loop)
{
	assert(loop == &world.loop);
	return world.now;
}

struct timer *
timer_new(struct loop *loop, void (*on_due)(void *arg), void *arg)
{
	struct timer *timer = world.fail_timers ? NULL : calloc(1, sizeof(*timer));

	assert(loop == &world.loop);
	if (timer == NULL)
		return NULL;
	timer->due = INSTANT_NEVER;
	timer->on_due = on_due;
	timer->arg = arg;
	TAILQ_INSERT_TAIL(&timers, timer, entry);
	world.timers++;
	return timer;
}

void
timer_set(struct timer *timer, struct instant due)
{
	timer->due = due;
	timer->turn = ++world.turn;
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
	TAILQ_REMOVE(&timers, timer, entry);
	world.timers--;
	free(timer);
}

static struct timer *
first_timer(void)
{
	struct timer *timer, *first = NULL;

	TAILQ_FOREACH(timer, &timers, entry) {
		if (first == NULL || instant_before(timer->due, first->due) ||
		    (timer->due.ms == first->due.ms && timer->turn < first->turn))
			first = timer;
	}
	return first;
}

void
fake_run_until(int64_t ms)
{
	struct timer *timer;
	unsigned turns = 0;

	while ((timer = first_timer()) != NULL && timer->due.ms <= ms) {
		assert(++turns < 1000000);	/* else it turns in place */
		world.now = instant_max(world.now, timer->due);
		timer->due = INSTANT_NEVER;
		timer->on_due(timer->arg);
	}
	world.now.ms = ms;
}

/* ---- Name servers. ---- */

static void
query_free(struct resolver_query *query)
{
	timer_free(query->timer);
	free(query);
	world.queries--;
}

static void
on_query_due(void *arg)
{
	struct resolver_query *query = arg;
	struct dns_record records[RECORDS_MAX];
	struct dns_answer answer = { .outcome = DNS_SILENT };
	void (*on_answer)(void *arg, const struct dns_answer *answer) = query->on_answer;
	void *on_answer_arg = query->arg;

	if (query->in_time)
		answer = what_answer(what_says(query->nameserver, query->type, query->name), query->type, records);
	query_free(query);
	on_answer(on_answer_arg, &answer);
}

static void
note_asked(const struct resolver_query *query)
{
	size_t at = strlen(world.asked);

	snprintf(world.asked + at, sizeof(world.asked) - at, "%s%ld@%u %s %s", at == 0 ? "" : "; ", (long)world.now.ms,
	    query->nameserver, dns_type_str(query->type), query->name);
}

struct resolver_query *
resolver_ask(struct resolver *resolver, const struct address *nameserver, const char *name, enum dns_type type,
    int timeout_ms, void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg)
{
	struct resolver_query *query = world.fail_queries ? NULL : calloc(1, sizeof(*query));
	const char *what;

	assert(resolver == &world.resolver && timeout_ms > 0 && strlen(name) < DNS_NAME_SIZE);
	if (query == NULL)
		return NULL;
	query->timer = timer_new(&world.loop, on_query_due, query);
	if (query->timer == NULL) {
		free(query);
		return NULL;
	}
	world.queries++;
	query->nameserver = nameserver->ip[3];
	query->type = type;
	query->on_answer = on_answer;
	query->arg = arg;
	snprintf(query->name, sizeof(query->name), "%s", name);
	what = what_says(query->nameserver, type, name);
	query->in_time = strcmp(what, "SILENT") != 0 && world.delay_ms < timeout_ms;
	if (strcmp(what, "UNSENDABLE") == 0)
		timer_set(query->timer, world.now);
	else
		timer_set(query->timer, instant_add(world.now, query->in_time ? world.delay_ms : timeout_ms));
	note_asked(query);
	return query;
}

void
resolver_cancel(struct resolver_query *query)
{
	if (query != NULL)
		query_free(query);
}

size_t
resolver_system_nameservers(struct address to[RESOLVER_NAMESERVERS_MAX])
{
	for (unsigned i = 0; i < world.system_nameservers; i++)
		to[i] = fake_nameserver(i + 1);
	return world.system_nameservers;
}

/* ---- Files and chance. ---- */

int
store_read(const char *path, struct strbuf *to)
{
	assert(strcmp(path, "/etc/hosts") == 0);
	world.hosts_reads++;
	if (world.hosts_error != 0)
		return world.hosts_error;
	strbuf_append(to, world.hosts);
	return to->failed ? -ENOMEM : 0;
}

void
entropy_bytes(void *to, size_t len)
{
	memset(to, world.jitter, len);
}
