/* SPDX-License-Identifier: ISC */
#include "agent/nameset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/serverspec.h"

#define FOUND_MAX 512
#define DNS_TEXT_MAX 253	/* of a name, without its last dot (RFC 1035) */

/* One SRV record, or the name itself. */
struct nameset_branch {
	struct lookup_use use[2];	/* A, AAAA; none: by family policy, or the target is left out */
	uint16_t priority;
	uint16_t weight;
	uint16_t port;
	bool from_srv;
	char name[DNS_NAME_SIZE];
};

/* ---- The branches. ---- */

static void
branches_drop(struct nameset_branch *branches, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		lookup_drop(&branches[i].use[0]);
		lookup_drop(&branches[i].use[1]);
	}
	free(branches);
}

static bool
branch_take(const struct nameset *set, struct nameset_branch *branch)
{
	enum family_policy family = set->request->family;

	if (family != FAMILY_IPV6 && !lookup_take(set->lookups, &branch->use[0], branch->name, DNS_A, set->user))
		return false;
	return family == FAMILY_IPV4 || lookup_take(set->lookups, &branch->use[1], branch->name, DNS_AAAA, set->user);
}

/* The name itself, at that port. */
static bool
make_of_name(struct nameset *set, uint16_t port)
{
	set->branches = calloc(1, sizeof(*set->branches));
	if (set->branches == NULL)
		return false;
	set->count = 1;
	set->branches[0].priority = 1;	/* B3 */
	set->branches[0].port = port;
	strcpy(set->branches[0].name, set->request->name);
	return branch_take(set, &set->branches[0]);
}

static void
branch_init(struct nameset_branch *branch, const struct dns_record *record)
{
	branch->from_srv = true;
	branch->priority = record->priority;
	branch->weight = record->weight;
	branch->port = record->port;
	strcpy(branch->name, record->target);
}

static void
warn_of_target(struct nameset *set, const char *target, bool warned_before)
{
	if (!set->warned && !warned_before)
		log_line(LOG_LEVEL_WARNING, set->request->name, "SRV target \"%s\" is no host name: left out", target);
	set->warned = true;
}

/* One branch per SRV record, those without addresses to ask for included (B4, B7). */
static bool
make_of_srv(struct nameset *set, const struct dns_answer *answer)
{
	size_t count = answer->count < DNS_RECORDS_MAX ? answer->count : DNS_RECORDS_MAX;
	bool warned_before = set->warned;

	set->branches = calloc(count, sizeof(*set->branches));
	if (set->branches == NULL)
		return false;
	set->nowhere = true;
	set->warned = false;
	for (size_t i = 0; i < count; i++) {
		struct nameset_branch *branch = &set->branches[set->count++];

		branch_init(branch, &answer->records[i]);
		if (branch->name[0] == '\0')
			continue;
		set->nowhere = false;
		if (!hostname_valid(branch->name))
			warn_of_target(set, branch->name, warned_before);
		else if (!branch_take(set, branch))
			return false;
	}
	return true;
}

/* The branches as SRV has them now; none while SRV says nothing. */
static bool
make(struct nameset *set)
{
	const struct dnsview *view;

	if (set->request->port != 0)
		return make_of_name(set, set->request->port);
	if (set->srv.lookup == NULL)
		return make_of_name(set, set->request->default_port);
	view = lookup_view(set->srv.lookup);
	if (!view->answered)
		return true;
	if (view->believed.outcome == DNS_GOOD)
		return make_of_srv(set, &view->believed);
	return make_of_name(set, set->request->default_port);
}

static unsigned
srv_version(const struct nameset *set)
{
	return set->srv.lookup == NULL ? 0 : lookup_version(set->srv.lookup);
}

static bool
remake(struct nameset *set, struct instant now)
{
	struct nameset old = *set;

	set->branches = NULL;
	set->count = 0;
	set->nowhere = false;
	if (!make(set)) {
		branches_drop(set->branches, set->count);
		set->branches = old.branches;
		set->count = old.count;
		set->nowhere = old.nowhere;
		set->warned = old.warned;
		return false;
	}
	branches_drop(old.branches, old.count);		/* only now: what both need is not asked anew */
	set->version = srv_version(set);
	set->made_at = now;
	return true;
}

bool
nameset_update(struct nameset *set, struct instant now)
{
	return set->version == srv_version(set) || remake(set, now);
}

static const char *
srv_prefix(enum sip_transport transport)
{
	switch (transport) {
	case SIP_UDP:
		return "_sip._udp.";
	case SIP_TCP:
		return "_sip._tcp.";
	case SIP_TLS:
		return "_sips._tcp.";
	}
	return "";
}

/* Asks for SRV, if the request has no port. A name too long to have SRV records has none. */
static bool
srv_take(struct nameset *set)
{
	char name[DNS_NAME_SIZE + 16];

	if (set->request->port != 0)
		return true;
	snprintf(name, sizeof(name), "%s%s", srv_prefix(set->request->transport), set->request->name);
	return strlen(name) > DNS_TEXT_MAX || lookup_take(set->lookups, &set->srv, name, DNS_SRV, set->user);
}

bool
nameset_init(struct nameset *set, struct lookups *lookups, const struct name_request *request, void *user,
    struct instant now)
{
	*set = (struct nameset){ .lookups = lookups, .request = request, .user = user };
	return srv_take(set) && remake(set, now);
}

void
nameset_fini(struct nameset *set)
{
	lookup_drop(&set->srv);
	branches_drop(set->branches, set->count);
	*set = (struct nameset){ 0 };
}

static void
use_refresh(struct lookup_use *use)
{
	if (use->lookup != NULL)
		lookup_refresh(use->lookup);
}

void
nameset_refresh(struct nameset *set)
{
	use_refresh(&set->srv);
	for (size_t i = 0; i < set->count; i++) {
		use_refresh(&set->branches[i].use[0]);
		use_refresh(&set->branches[i].use[1]);
	}
}

/* ---- What the lookups say together. ---- */

/* Trouble outranks what is well; "none" of one question is normal beside a good answer to another (SRV, AAAA). */
static unsigned
weight_of(enum dns_outcome outcome, bool trouble)
{
	if (trouble)
		return 10 + (unsigned)outcome;
	return outcome == DNS_GOOD ? 5 : 1;
}

static unsigned
add(struct nameset_sum *sum, unsigned weight, const struct lookup_use *use)
{
	const struct dnsview *view;
	unsigned weight_here;

	if (use->lookup == NULL)
		return weight;
	view = lookup_view(use->lookup);
	sum->asking = sum->asking || !lookup_ended(use->lookup);
	if (!lookup_ended(use->lookup) && !view->answered)
		return weight;
	sum->failed = sum->failed || !view->answered;
	sum->stale = sum->stale || view->stale;
	sum->unsure = sum->unsure || view->unsure;
	if (view->answered) {
		sum->answered_at = sum->answered ? instant_min(sum->answered_at, view->believed_at) : view->believed_at;
		sum->answered = true;
	}
	weight_here = weight_of(view->last, view->stale || !view->answered);
	if (weight_here <= weight)
		return weight;
	sum->last = view->last;
	return weight_here;
}

struct nameset_sum
nameset_sum(const struct nameset *set)
{
	struct nameset_sum sum = { .last = DNS_GOOD };
	unsigned weight = add(&sum, 0, &set->srv);

	for (size_t i = 0; i < set->count; i++) {
		weight = add(&sum, weight, &set->branches[i].use[0]);
		weight = add(&sum, weight, &set->branches[i].use[1]);
	}
	return sum;
}

/* The records that are believed, or none. */
static struct dns_answer
records_of(const struct lookup_use *use)
{
	if (use->lookup == NULL || !lookup_view(use->lookup)->answered)
		return (struct dns_answer){ .outcome = DNS_NODATA };
	return lookup_view(use->lookup)->believed;
}

static void
found_add(struct found_list *found, const struct nameset_branch *branch, struct dns_answer answer)
{
	for (size_t i = 0; i < answer.count && found->count < FOUND_MAX; i++) {
		struct found_server *server = &found->servers[found->count++];

		server->address = answer.records[i].address;
		server->address.port = branch->port;
		server->priority = branch->priority;
		server->weight = branch->weight;
		server->from_srv = branch->from_srv;
		strcpy(server->name, branch->name);
	}
}

bool
nameset_found(const struct nameset *set, struct found_list *found)
{
	size_t room = 0;

	*found = (struct found_list){ 0 };
	for (size_t i = 0; i < set->count; i++)
		room += records_of(&set->branches[i].use[0]).count + records_of(&set->branches[i].use[1]).count;
	if (room == 0)
		return true;
	found->servers = calloc(room < FOUND_MAX ? room : FOUND_MAX, sizeof(*found->servers));
	if (found->servers == NULL)
		return false;
	for (size_t i = 0; i < set->count; i++) {
		found_add(found, &set->branches[i], records_of(&set->branches[i].use[0]));
		found_add(found, &set->branches[i], records_of(&set->branches[i].use[1]));
	}
	return true;
}

static bool
found_equal(const struct found_server *a, const struct found_server *b)
{
	return address_equal(&a->address, &b->address) && a->priority == b->priority && a->weight == b->weight &&
	    a->from_srv == b->from_srv && strcmp(a->name, b->name) == 0;
}

bool
found_list_equal(const struct found_list *a, const struct found_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!found_equal(&a->servers[i], &b->servers[i]))
			return false;
	}
	return true;
}

void
found_list_free(struct found_list *found)
{
	free(found->servers);
	*found = (struct found_list){ 0 };
}
