/* SPDX-License-Identifier: ISC */
/* net/resolver.h: name servers with records, failures and silence. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inside.h"
#include "net/resolver.h"
#include "tally.h"

enum { ANSWER_MS = 2, TTL_S = 3600 };

struct question {
	UT_hash_handle hh;
	char key[DNS_NAME_SIZE + 8];	/* "A example.com", lower case */
	enum dns_outcome outcome;
	uint32_t ttl_s;
	size_t count;
	struct dns_record records[DNS_RECORDS_MAX];
};

struct nameserver {
	struct address address;
	enum nameserver_mode mode;
};

struct told {			/* given out once: may be used for ever */
	struct told *next;
	char name[DNS_NAME_SIZE];
	enum dns_type type;
	struct dns_record record;
};

struct resolver {
	size_t asked;
};

struct resolver_query {
	struct timer *timer;
	struct resolver_query *next, **link;
	struct address nameserver;
	char name[DNS_NAME_SIZE];
	enum dns_type type;
	bool silent;			/* decided when it was sent: it will time out */
	bool unsendable;
	void (*on_answer)(void *arg, const struct dns_answer *answer);
	void *arg;
};

struct answered {			/* what the last answer to a question said */
	UT_hash_handle hh;
	char key[DNS_NAME_SIZE + 8];
	uint64_t mark;
};

static struct {
	struct question *questions;
	struct answered *answered;
	struct instant changed;		/* when an answer last was another one than before */
	void (*look)(void *arg, bool before);
	void *look_arg;
	int64_t quiet_ms;
	struct nameserver nameservers[RESOLVER_NAMESERVERS_MAX];
	size_t nameserver_count;
	struct told *told;
	struct resolver_query *queries;
} dns;

static void
key_of(char key[DNS_NAME_SIZE + 8], const char *name, enum dns_type type)
{
	snprintf(key, DNS_NAME_SIZE + 8, "%s %s", dns_type_str(type), name);
	for (char *c = key; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
}

static struct question *
question(const char *name, enum dns_type type, bool make)
{
	char key[DNS_NAME_SIZE + 8];
	struct question *q;

	key_of(key, name, type);
	HASH_FIND_STR(dns.questions, key, q);
	if (q == NULL && make) {
		q = memory(sizeof(*q));
		memcpy(q->key, key, sizeof(key));
		q->ttl_s = TTL_S;
		HASH_ADD_STR(dns.questions, key, q);
	}
	return q;
}

void
dns_begin(void)
{
	memset(&dns, 0, sizeof(dns));
}

void
dns_end(void)
{
	while (dns.questions != NULL) {
		struct question *q = dns.questions;

		HASH_DEL(dns.questions, q);
		free(q);
	}
	while (dns.answered != NULL) {
		struct answered *a = dns.answered;

		HASH_DEL(dns.answered, a);
		free(a);
	}
	while (dns.told != NULL) {
		struct told *t = dns.told;

		dns.told = t->next;
		free(t);
	}
}

void
world_nameserver_set(const struct address *nameserver, enum nameserver_mode mode)
{
	for (size_t i = 0; i < dns.nameserver_count; i++) {
		if (address_same_ip(&dns.nameservers[i].address, nameserver)) {
			dns.nameservers[i].mode = mode;
			return;
		}
	}
	if (dns.nameserver_count < RESOLVER_NAMESERVERS_MAX)
		dns.nameservers[dns.nameserver_count++] = (struct nameserver){ *nameserver, mode };
}

enum nameserver_mode
world_nameserver(const struct address *nameserver)
{
	for (size_t i = 0; i < dns.nameserver_count; i++) {
		if (address_same_ip(&dns.nameservers[i].address, nameserver))
			return dns.nameservers[i].mode;
	}
	return NAMESERVER_UP;
}

void
world_dns_outcome(const char *name, enum dns_type type, enum dns_outcome outcome)
{
	struct question *q = question(name, type, true);

	q->outcome = outcome;
	q->count = 0;
}

void
world_dns_add(const char *name, enum dns_type type, const struct dns_record *record)
{
	struct question *q = question(name, type, true);

	q->outcome = DNS_GOOD;
	if (q->count < DNS_RECORDS_MAX)
		q->records[q->count++] = *record;
}

void
world_dns_ttl(const char *name, enum dns_type type, uint32_t ttl_s)
{
	question(name, type, true)->ttl_s = ttl_s;
}

bool
world_dns_known(const char *name)
{
	return question(name, DNS_A, false) != NULL || question(name, DNS_AAAA, false) != NULL
	    || question(name, DNS_SRV, false) != NULL;
}

static void
remember(const char *name, enum dns_type type, const struct dns_record *record)
{
	struct told *t;

	for (t = dns.told; t != NULL; t = t->next) {
		if (strcasecmp(t->name, name) == 0 && t->type == type
		    && memcmp(&t->record, record, sizeof(*record)) == 0)
			return;
	}
	t = memory(sizeof(*t));
	snprintf(t->name, sizeof(t->name), "%s", name);
	t->type = type;
	t->record = *record;
	t->next = dns.told;
	dns.told = t;
}

bool
dns_told_address(const char *name, const struct address *address)
{
	for (const struct told *t = dns.told; t != NULL; t = t->next) {
		if (t->type != DNS_SRV && strcasecmp(t->name, name) == 0
		    && address_same_ip(&t->record.address, address))
			return true;
	}
	return false;
}

bool
dns_told_service(const char *service, uint16_t port, const struct address *address)
{
	for (const struct told *t = dns.told; t != NULL; t = t->next) {
		if (t->type == DNS_SRV && t->record.port == port && strcasecmp(t->name, service) == 0
		    && dns_told_address(t->record.target, address))
			return true;
	}
	return false;
}

struct resolver *
resolver_new(struct loop *loop, struct drops *drops)
{
	bool runs = world_agent_runs;
	struct resolver *resolver;

	(void)loop;
	(void)drops;
	if (world_allocation_fails != NULL && world_allocation_fails())
		return NULL;
	world_agent_runs = false;
	resolver = memory(sizeof(*resolver));
	world_agent_runs = runs;
	return resolver;
}

void
resolver_free(struct resolver *resolver)
{
	while (dns.queries != NULL)
		resolver_cancel(dns.queries);
	free(resolver);
}

void
resolver_cancel(struct resolver_query *query)
{
	if (query == NULL)
		return;
	*query->link = query->next;
	if (query->next != NULL)
		query->next->link = query->link;
	timer_free(query->timer);
	free(query);
}

static enum dns_outcome
outcome_of(const struct resolver_query *query, const struct question *q)
{
	if (query->unsendable)
		return DNS_UNSENDABLE;
	if (query->silent)
		return DNS_SILENT;
	switch (world_nameserver(&query->nameserver)) {
	case NAMESERVER_SERVFAIL:
		return DNS_SERVFAIL;
	case NAMESERVER_REFUSED:
		return DNS_REFUSED;
	case NAMESERVER_UP:
	case NAMESERVER_SILENT:
		break;
	}
	if (q == NULL)
		return world_dns_known(query->name) ? DNS_NODATA : DNS_NXDOMAIN;
	return q->outcome == DNS_GOOD && q->count == 0 ? DNS_NODATA : q->outcome;
}

void
world_around_unchanged(void (*look)(void *arg, bool before), void *arg, int64_t quiet_ms)
{
	dns.look = look;
	dns.look_arg = arg;
	dns.quiet_ms = quiet_ms;
}

/* Failures say nothing, so each counts as a change. */
static bool
says_the_same(const struct resolver_query *query, const struct dns_answer *answer)
{
	const unsigned char *byte = (const unsigned char *)answer->records;
	uint64_t mark = UINT64_C(0xcbf29ce484222325) + (uint64_t)answer->outcome;
	char key[DNS_NAME_SIZE + 8];
	struct answered *a;
	bool same;

	for (size_t i = 0; i < answer->count * sizeof(answer->records[0]); i++)
		mark = (mark ^ byte[i]) * UINT64_C(0x100000001b3);
	key_of(key, query->name, query->type);
	HASH_FIND_STR(dns.answered, key, a);
	if (a == NULL) {
		a = memory(sizeof(*a));
		memcpy(a->key, key, sizeof(key));
		HASH_ADD_STR(dns.answered, key, a);
	}
	same = a->mark == mark && (answer->outcome == DNS_GOOD || answer->outcome == DNS_NODATA);
	a->mark = mark;
	if (!same)
		dns.changed = world_now();
	return same && instant_since(dns.changed, world_now()) >= dns.quiet_ms;
}

static void
on_query(void *arg)
{
	struct resolver_query *query = arg;
	const struct question *q = question(query->name, query->type, false);
	struct dns_answer answer = { .outcome = outcome_of(query, q) };
	struct dns_answer given = { 0 };
	void (*on_answer)(void *, const struct dns_answer *) = query->on_answer;
	void *to = query->arg;
	bool look;

	world_agent_runs = false;	/* its timer is the agent's to the clock */
	if (q != NULL && answer.outcome == DNS_GOOD) {
		answer.ttl_s = q->ttl_s;
		answer.count = q->count;
		answer.records = (struct dns_record *)(uintptr_t)q->records;
		for (size_t i = 0; i < q->count; i++)
			remember(query->name, query->type, &q->records[i]);
	}
	world_story("dns  %s %s: %s, %zu records", query->name, dns_type_str(query->type),
	    dns_outcome_str(answer.outcome), answer.count);
	look = dns.look != NULL && says_the_same(query, &answer);
	resolver_cancel(query);
	if (!dns_answer_copy(&given, &answer))	/* the agent must not find it changed under its hands */
		abort();
	if (look)
		dns.look(dns.look_arg, true);
	world_agent_runs = true;
	on_answer(to, &given);
	world_agent_runs = false;
	if (look)
		dns.look(dns.look_arg, false);
	dns_answer_fini(&given);
}

static struct resolver_query *
ask(struct resolver *resolver, const struct address *nameserver, const char *name, enum dns_type type,
    int timeout_ms, void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg)
{
	struct resolver_query *query = memory(sizeof(*query));
	const struct question *q = question(name, type, false);
	char text[ADDRESS_TEXT_SIZE];

	resolver->asked++;
	query->nameserver = *nameserver;
	snprintf(query->name, sizeof(query->name), "%s", name);
	query->type = type;
	query->on_answer = on_answer;
	query->arg = arg;
	query->unsendable = world_network().way == WAY_NONE;
	query->silent = !query->unsendable && (world_network().way != WAY_OPEN
	    || world_nameserver(nameserver) == NAMESERVER_SILENT || (q != NULL && q->outcome == DNS_SILENT) || world_random(100) < world_network().loss_percent);
	query->timer = timer_new(NULL, on_query, query);
	query->link = &dns.queries;
	query->next = dns.queries;
	if (query->next != NULL)
		query->next->link = &query->next;
	dns.queries = query;
	timer_set(query->timer, instant_add(world_now(), query->silent ? timeout_ms : ANSWER_MS));
	world_story("dns  %s %s? asked of %s", name, dns_type_str(type), address_ip_str(nameserver, text));
	happened(HAPPENED_QUERY, nameserver, name, type, 0);
	if (!address_same_ip(nameserver, &dns.nameservers[0].address))
		tally(TALLY_B54_NEXT);
	else
		tally(TALLY_B50_LOOKUPS);
	return query;
}

struct resolver_query *
resolver_ask(struct resolver *resolver, const struct address *nameserver, const char *name, enum dns_type type,
    int timeout_ms, void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg)
{
	bool runs = world_agent_runs;
	struct resolver_query *query;

	if (world_allocation_fails != NULL && world_allocation_fails())
		return NULL;
	world_agent_runs = false;
	query = ask(resolver, nameserver, name, type, timeout_ms, on_answer, arg);
	world_agent_runs = runs;
	return query;
}

size_t
resolver_system_nameservers(struct address to[RESOLVER_NAMESERVERS_MAX])
{
	for (size_t i = 0; i < dns.nameserver_count; i++)
		to[i] = dns.nameservers[i].address;
	if (dns.nameserver_count > 0)
		return dns.nameserver_count;
	address_parse(&to[0], "10.0.0.53");
	return 1;
}
