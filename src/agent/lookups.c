/* SPDX-License-Identifier: ISC */
#include "agent/lookups.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Without memory a hash keeps what it has and the new one stays outside. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "agent/hostsfile.h"
#include "agent/recollection.h"
#include "net/entropy.h"

#define REFRESH_GAP_MS 60000	/* B50 */
#define RUNNING_MAX 64		/* lookups under way: each has a socket */

struct lookup {
	UT_hash_handle hh;
	struct lookups *owner;
	struct question key;
	LIST_HEAD(, lookup_use) uses;
	struct timer *timer;		/* armed for the next lookup, never while one is under way */
	struct dnsview view;
	bool ended;
	unsigned version;
	struct instant begun;		/* the last lookup; never: none yet */

	bool waits;			/* for one of the RUNNING_MAX places */
	TAILQ_ENTRY(lookup) waiting_link;

	/* The lookup under way: */
	bool runs;
	struct resolver_query *query;	/* NULL: none is */
	struct instant deadline;
	struct address server[RESOLVER_NAMESERVERS_MAX];	/* those that may still be asked */
	size_t servers;
	size_t asked;			/* place of the one that is asked now */
	enum dns_outcome worst;		/* most telling failure so far */
};

struct lookups {
	struct loop *loop;
	struct resolver *resolver;
	struct names_settings settings;
	const struct lookups_events *events;
	struct lookup *all;
	struct recollection recollection;
	unsigned version;
	TAILQ_HEAD(, lookup) waiting;
	size_t running;
	struct hostsfile *hosts;
};

static void ask(struct lookup *l);

/* ---- Places: so many lookups run at a time, the others wait in a row. ---- */

static bool
take_place(struct lookup *l)
{
	struct lookups *ls = l->owner;

	if (ls->running < RUNNING_MAX) {
		ls->running++;
		l->runs = true;
		return true;
	}
	l->waits = true;
	TAILQ_INSERT_TAIL(&ls->waiting, l, waiting_link);
	return false;
}

static void
stop_waiting(struct lookup *l)
{
	if (l->waits)
		TAILQ_REMOVE(&l->owner->waiting, l, waiting_link);
	l->waits = false;
}

/* Gives its place to the first that waits; that one begins from its own timer. */
static void
leave_place(struct lookup *l)
{
	struct lookups *ls = l->owner;
	struct lookup *next = TAILQ_FIRST(&ls->waiting);

	if (!l->runs)
		return;
	l->runs = false;
	ls->running--;
	if (next == NULL)
		return;
	stop_waiting(next);
	timer_set(next->timer, loop_now(ls->loop));
}

/* ---- The end of a lookup. ---- */

static bool
any_up(const struct lookup *l)
{
	const struct lookup_use *use;

	LIST_FOREACH(use, &l->uses, entry) {
		if (l->owner->events->any_up(use->user))
			return true;
	}
	return false;
}

/* One record when it begins to fail, one when it is over (B73). */
static void
tell_turn(const struct lookup *l, enum dnsview_verdict verdict, bool failed_before)
{
	const struct dnsview *view = &l->view;
	const struct lookup_use *use = LIST_FIRST(&l->uses);
	enum name_turn turn = NAME_TURN_FRESH;
	char question[DNS_NAME_SIZE + 16];

	if (use == NULL)
		return;
	snprintf(question, sizeof(question), "%s %s", dns_type_str((enum dns_type)l->key.type), l->key.name);
	switch (verdict) {
	case DNSVIEW_NEW:
	case DNSVIEW_CONFIRMED:
		if (!failed_before)
			return;
		break;
	case DNSVIEW_KEPT:
		turn = NAME_TURN_STALE;
		if (failed_before)
			return;
		break;
	case DNSVIEW_NOTHING:
		turn = NAME_TURN_FAILED;
		if (failed_before)
			return;
		break;
	}
	l->owner->events->on_turn(use->user, turn, question, view->last);
}

static void
end_lookup(struct lookup *l, const struct dns_answer *answer)
{
	struct lookups *ls = l->owner;
	struct dnsview_policy policy = { .refresh_ms = ls->settings.dns_refresh_ms };
	bool failed_before = l->view.retries > 0;
	enum dnsview_verdict verdict;
	struct lookup_use *use;

	assert(l->query == NULL);
	leave_place(l);
	entropy_bytes(&policy.jitter, sizeof(policy.jitter));
	if (answer->outcome == DNS_NXDOMAIN || answer->outcome == DNS_NODATA)
		policy.named_is_up = any_up(l);
	verdict = dnsview_step(&l->view, answer, &policy, loop_now(ls->loop));
	l->ended = true;
	if (verdict == DNSVIEW_NEW) {
		l->version++;
		ls->version++;
	}
	timer_set(l->timer, l->view.next);
	tell_turn(l, verdict, failed_before);
	LIST_FOREACH(use, &l->uses, entry)
		ls->events->on_ended(use->user);
}

/* ---- One lookup. ---- */

/* What is worth telling when all have failed: that somebody answered, and how badly (B57), before silence. */
static unsigned
telling(enum dns_outcome outcome)
{
	switch (outcome) {
	case DNS_TRUNCATED:
		return 5;
	case DNS_MALFORMED:
		return 4;
	case DNS_SERVFAIL:
		return 3;
	case DNS_REFUSED:
		return 2;
	case DNS_SILENT:
		return 1;
	case DNS_GOOD:
	case DNS_NXDOMAIN:
	case DNS_NODATA:
	case DNS_UNSENDABLE:
		break;
	}
	return 0;
}

/* The asked one has failed: a silent one may be asked again if there is time, who refused is not bothered. */
static void
pass_on(struct lookup *l, enum dns_outcome outcome)
{
	if (telling(outcome) > telling(l->worst))
		l->worst = outcome;
	if (outcome == DNS_SILENT) {
		l->asked++;
	} else {
		l->servers--;
		memmove(&l->server[l->asked], &l->server[l->asked + 1],
		    (l->servers - l->asked) * sizeof(l->server[0]));
	}
	if (l->asked >= l->servers)
		l->asked = 0;
}

static void
on_answer(void *arg, const struct dns_answer *answer)
{
	struct lookup *l = arg;

	l->query = NULL;
	if (!dnsview_ask_next(answer->outcome)) {
		end_lookup(l, answer);
		return;
	}
	pass_on(l, answer->outcome);
	ask(l);
}

/* Asks the next name server; ends the lookup when none is left or the time is over. From the loop only. */
static void
ask(struct lookup *l)
{
	struct lookups *ls = l->owner;

	while (l->servers > 0) {
		int64_t left = instant_since(loop_now(ls->loop), l->deadline);
		int wait = left < DNSVIEW_SERVER_WAIT_MS ? (int)left : DNSVIEW_SERVER_WAIT_MS;

		if (left <= 0)
			break;
		l->query = resolver_ask(ls->resolver, &l->server[l->asked], l->key.name, (enum dns_type)l->key.type,
		    wait, on_answer, l);
		if (l->query != NULL)
			return;
		pass_on(l, DNS_UNSENDABLE);
	}
	end_lookup(l, &(struct dns_answer){ .outcome = l->worst });
}

/* Ends it with the addresses of the hosts file; a name that is there is not asked for in DNS. */
static void
end_by_hosts(struct lookup *l, const struct address *addresses, size_t count)
{
	enum address_family family = l->key.type == DNS_A ? ADDRESS_IPV4 : ADDRESS_IPV6;
	struct dns_answer answer = { .outcome = DNS_NODATA };
	struct dns_record *records = calloc(count, sizeof(*records));

	if (records == NULL) {
		end_lookup(l, &(struct dns_answer){ .outcome = DNS_UNSENDABLE });
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (addresses[i].family == family)
			records[answer.count++].address = addresses[i];
	}
	if (answer.count > 0)
		answer = (struct dns_answer){ .outcome = DNS_GOOD, .count = answer.count, .records = records };
	end_lookup(l, &answer);
	free(records);
}

/* first   place of the name server that is asked first, modulo their number (B53: the second one for a second opinion) */
static void
begin_lookup(struct lookup *l, size_t first)
{
	struct lookups *ls = l->owner;
	struct address addresses[HOSTS_ADDRESSES_MAX];
	size_t count = 0;

	l->begun = loop_now(ls->loop);
	if (l->key.type != DNS_SRV) {
		int found = hostsfile_find(ls->hosts, l->key.name, addresses);

		if (found < 0) {
			end_lookup(l, &(struct dns_answer){ .outcome = DNS_UNSENDABLE });
			return;
		}
		count = (size_t)found;
	}
	if (count > 0) {
		end_by_hosts(l, addresses, count);
		return;
	}
	l->deadline = instant_add(l->begun, DNSVIEW_LOOKUP_MS);
	l->worst = DNS_UNSENDABLE;
	l->servers = ls->settings.nameserver_count;
	memcpy(l->server, ls->settings.nameserver, sizeof(l->server));
	if (l->servers == 0)
		l->servers = resolver_system_nameservers(l->server);
	l->asked = l->servers > 0 ? first % l->servers : 0;
	ask(l);
}

static void
on_due(void *arg)
{
	struct lookup *l = arg;

	if (!l->waits && !l->runs && take_place(l))
		begin_lookup(l, l->view.unsure ? 1 : 0);
}

/* ---- What an earlier run has known (B55). ---- */

bool
lookups_remember(struct lookups *ls, const char *name, enum dns_type type, const struct dns_answer *answer,
    struct instant believed_at)
{
	return recollection_add(&ls->recollection, name, type, answer, believed_at);
}

static void
recall(struct lookup *l)
{
	struct dns_answer answer;
	struct instant believed_at;

	if (!recollection_take(&l->owner->recollection, &l->key, &answer, &believed_at))
		return;
	dnsview_recall(&l->view, &answer, believed_at);
	l->version++;
}

void
lookups_each(const struct lookups *ls, void (*each)(void *arg, const char *name, enum dns_type type,
    const struct dns_answer *answer, struct instant believed_at), void *arg)
{
	for (const struct lookup *l = ls->all; l != NULL; l = l->hh.next)
		if (l->view.answered)
			each(arg, l->key.name, (enum dns_type)l->key.type, &l->view.believed, l->view.believed_at);
}

unsigned
lookups_version(const struct lookups *ls)
{
	return ls->version;
}

/* ---- Who needs what. ---- */

static void
lookup_free(struct lookup *l)
{
	if (l->hh.tbl != NULL)
		HASH_DELETE(hh, l->owner->all, l);
	l->owner->version++;
	resolver_cancel(l->query);
	stop_waiting(l);
	leave_place(l);
	timer_free(l->timer);
	dnsview_fini(&l->view);
	free(l);
}

static struct lookup *
lookup_new(struct lookups *ls, const struct question *key)
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->owner = ls;
	l->key = *key;
	l->begun = INSTANT_NEVER;
	LIST_INIT(&l->uses);
	dnsview_init(&l->view, loop_now(ls->loop));
	l->timer = timer_new(ls->loop, on_due, l);
	if (l->timer != NULL)
		HASH_ADD(hh, ls->all, key, sizeof(l->key), l);
	if (l->hh.tbl == NULL) {
		lookup_free(l);
		return NULL;
	}
	timer_set(l->timer, loop_now(ls->loop));
	recall(l);
	return l;
}

bool
lookup_take(struct lookups *ls, struct lookup_use *use, const char *name, enum dns_type type, void *user)
{
	struct question key;
	struct lookup *l;

	assert(use->lookup == NULL);
	question_set(&key, name, type);
	HASH_FIND(hh, ls->all, &key, sizeof(key), l);
	if (l == NULL)
		l = lookup_new(ls, &key);
	if (l == NULL)
		return false;
	*use = (struct lookup_use){ .lookup = l, .user = user };
	LIST_INSERT_HEAD(&l->uses, use, entry);
	return true;
}

void
lookup_drop(struct lookup_use *use)
{
	struct lookup *l = use->lookup;

	if (l == NULL)
		return;
	LIST_REMOVE(use, entry);
	*use = (struct lookup_use){ 0 };
	if (LIST_EMPTY(&l->uses))
		lookup_free(l);
}

void
lookup_refresh(struct lookup *l)
{
	struct instant now = loop_now(l->owner->loop);

	if (l->runs || l->waits || instant_is_never(l->begun))
		return;		/* under way or about to be */
	timer_set(l->timer, instant_min(timer_due(l->timer), instant_max(now, instant_add(l->begun, REFRESH_GAP_MS))));
}

bool
lookup_ended(const struct lookup *l)
{
	return l->ended;
}

const struct dnsview *
lookup_view(const struct lookup *l)
{
	return &l->view;
}

unsigned
lookup_version(const struct lookup *l)
{
	return l->version;
}

struct lookups *
lookups_new(struct loop *loop, struct resolver *resolver, const struct names_settings *settings,
    const struct lookups_events *events)
{
	struct lookups *ls = calloc(1, sizeof(*ls));

	if (ls == NULL)
		return NULL;
	ls->loop = loop;
	ls->resolver = resolver;
	ls->events = events;
	TAILQ_INIT(&ls->waiting);
	lookups_configure(ls, settings);
	ls->hosts = hostsfile_new(loop);
	if (ls->hosts == NULL) {
		free(ls);
		return NULL;
	}
	return ls;
}

void
lookups_free(struct lookups *ls)
{
	if (ls == NULL)
		return;
	assert(ls->all == NULL);
	recollection_fini(&ls->recollection);
	hostsfile_free(ls->hosts);
	free(ls);
}

void
lookups_configure(struct lookups *ls, const struct names_settings *settings)
{
	assert(settings->nameserver_count <= RESOLVER_NAMESERVERS_MAX);
	ls->settings = *settings;
}
