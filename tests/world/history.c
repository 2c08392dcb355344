/* SPDX-License-Identifier: ISC */
/*
 * From a seed to a history: servers, names and accounts at random, then hours of faults (at least one for each account
 * and hour), then the calm: everything is well again, for as long as the longest wait that the rules know.
 *
 * What stands where in the end is known here, so the list of each account is written down as an `expect` as well.
 */

#include <stdio.h>
#include <string.h>

#include "chaos.h"

enum {
	SERVERS_MAX = 8,
	HOSTS_MAX = 3,			/* names with addresses */
	SERVICES_MAX = 2,		/* names with SRV records */
	TARGETS_MAX = 4,
	ACCOUNTS_MAX = 24,
	TRANSPORTS = 3,
	SPECS_MAX = 4,
	CALM_H = 5,			/* a refusal lasts 2 h, then 1 h of uptime may be asked for (B16, B38); DNS 2 h (B50) */
	HOUR_S = 3600,
};

struct item {				/* a serverspec of an account */
	enum { ITEM_ADDRESS, ITEM_TARGET, ITEM_HOST, ITEM_SERVICE } kind;
	unsigned which;
};

struct plan_account {
	unsigned count;
	struct item specs[SPECS_MAX];
	bool alone;			/* the domain is the only serverspec */
	unsigned transport;
	unsigned contact;		/* of contacts[] */
};

static const char *const transports[TRANSPORTS] = { "udp", "tcp", "tls" };
static const char *const services[TRANSPORTS] = { "_sip._udp.", "_sip._tcp.", "_sips._tcp." };
static const char *const contacts[] = { "local", "received", "sip:me@192.168.1.20" };

struct plan {
	struct strbuf *to;
	uint64_t stream;
	unsigned hours;
	unsigned server_count, host_count, service_count, account_count;
	char server[SERVERS_MAX][40];	/* "10.0.1.1:5070" */
	bool v6[SERVERS_MAX], own_port[SERVERS_MAX], auth[SERVERS_MAX];
	bool mute[SERVERS_MAX];		/* it answers no OPTIONS before the calm (B23) */
	struct {
		unsigned count, servers[TARGETS_MAX];
	} host[HOSTS_MAX];
	struct {
		unsigned count, servers[TARGETS_MAX], priority[TARGETS_MAX], weight[TARGETS_MAX];
	} service[SERVICES_MAX];
	bool uses[TRANSPORTS];
	struct plan_account account[ACCOUNTS_MAX];
	bool touched[ACCOUNTS_MAX];	/* by a fault in this hour */
	unsigned ttl_s;
	bool fast;
	bool restarts;			/* the daemon ends and begins in this history */
};

/* ---- Random numbers of the history alone ---- */

static uint64_t
mixed(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static uint64_t
draw(struct plan *p)			/* splitmix64 */
{
	return mixed(p->stream += UINT64_C(0x9e3779b97f4a7c15));
}

static unsigned
below(struct plan *p, unsigned bound)
{
	return (unsigned)((draw(p) >> 32) * bound >> 32);
}

static unsigned
between(struct plan *p, unsigned least, unsigned most)
{
	return least + below(p, most - least + 1);
}

static bool
chance(struct plan *p, unsigned percent)
{
	return below(p, 100) < percent;
}

/* `count` different numbers below `bound`, or as many as there are. Returns how many. */
static unsigned
pick(struct plan *p, unsigned *to, unsigned count, unsigned bound)
{
	unsigned all[SERVERS_MAX], left = bound, i;

	for (i = 0; i < bound; i++)
		all[i] = i;
	for (i = 0; i < count && left > 0; i++) {
		unsigned at = below(p, left);

		to[i] = all[at];
		all[at] = all[--left];
	}
	return i;
}

/* Seconds: mostly short, some long, a few very short. */
static unsigned
duration_s(struct plan *p)
{
	switch (below(p, 6)) {
	case 0:
		return between(p, 1, 10);
	case 1:
	case 2:
		return between(p, 5, 120);
	case 3:
	case 4:
		return between(p, 60, 900);
	default:
		return between(p, 600, 2 * HOUR_S);
	}
}

/* ---- What there is ---- */

static void
plan_servers(struct plan *p)
{
	p->server_count = between(p, 2, SERVERS_MAX);
	for (unsigned i = 0; i < p->server_count; i++) {
		p->v6[i] = chance(p, 15);
		p->own_port[i] = chance(p, 20);
		p->auth[i] = chance(p, 40);
		p->mute[i] = chance(p, 4);
		snprintf(p->server[i], sizeof(p->server[i]), p->v6[i] ? "[fd00::%u]:%u" : "10.0.1.%u:%u", i + 1,
		    p->own_port[i] ? 5070 : 5060);
	}
}

static void
plan_names(struct plan *p)
{
	unsigned plain[SERVERS_MAX], plain_count = 0;	/* those on port 5060: a name alone leads there */

	for (unsigned i = 0; i < p->server_count; i++)
		if (!p->own_port[i])
			plain[plain_count++] = i;
	p->host_count = plain_count > 0 ? between(p, 1, HOSTS_MAX) : 0;
	for (unsigned i = 0; i < p->host_count; i++) {
		unsigned at[TARGETS_MAX];

		p->host[i].count = pick(p, at, between(p, 1, 2), plain_count);
		for (unsigned k = 0; k < p->host[i].count; k++)
			p->host[i].servers[k] = plain[at[k]];
	}
	p->service_count = between(p, 1, SERVICES_MAX);
	for (unsigned i = 0; i < p->service_count; i++) {
		p->service[i].count = pick(p, p->service[i].servers, between(p, 1, TARGETS_MAX), p->server_count);
		for (unsigned k = 0; k < p->service[i].count; k++) {
			p->service[i].priority[k] = chance(p, 50) ? 1 : below(p, 4);
			p->service[i].weight[k] = chance(p, 60) ? 0 : below(p, 100);
		}
	}
	p->ttl_s = chance(p, 50) ? 300 : 3600;
}

static struct item
plan_item(struct plan *p)
{
	unsigned kind = below(p, 10);

	if (kind < 2 && p->service_count > 0)
		return (struct item){ ITEM_SERVICE, below(p, p->service_count) };
	if (kind < 4 && p->host_count > 0)
		return (struct item){ ITEM_HOST, below(p, p->host_count) };
	if (kind < 6)
		return (struct item){ ITEM_TARGET, below(p, p->server_count) };
	return (struct item){ ITEM_ADDRESS, below(p, p->server_count) };
}

static void
plan_account(struct plan *p, struct plan_account *a)
{
	a->alone = chance(p, 15);
	a->count = a->alone ? 1 : between(p, 1, SPECS_MAX);
	for (unsigned i = 0; i < a->count; i++)
		a->specs[i] = plan_item(p);
	if (a->alone)
		a->specs[0] = (struct item){ ITEM_SERVICE, below(p, p->service_count) };
	a->transport = below(p, TRANSPORTS);
	if (!p->uses[a->transport])
		a->transport = 0;
	a->contact = chance(p, 85) ? 0 : chance(p, 70) ? 1 : 2;
}

/* ---- Lines ---- */

static void
write_server(struct plan *p, unsigned i, const char *prefix)
{
	bool mute = p->mute[i] && prefix[0] == '\0';

	strbuf_printf(p->to, "%sserver %s up trusted options %s register ok grant asked min 0 loss 0 delay 0s "
	    "register-delay 0s nonce kept auth %s\n", prefix, p->server[i], mute ? "silent" : "200",
	    p->auth[i] ? "SHA-256" : "none");
}

static void
write_target(struct plan *p, unsigned i, const char *prefix)
{
	strbuf_printf(p->to, "%sdns t%u.example %s %.*s ttl %u\n", prefix, i + 1, p->v6[i] ? "AAAA" : "A",
	    (int)strcspn(p->server[i] + p->v6[i], p->v6[i] ? "]" : ":"), p->server[i] + p->v6[i], p->ttl_s);
}

static void
write_host(struct plan *p, unsigned i, unsigned count, const char *prefix)
{
	for (unsigned v6 = 0; v6 < 2; v6++) {
		bool any = false;

		for (unsigned k = 0; k < count; k++) {
			unsigned s = p->host[i].servers[k];

			if (p->v6[s] != (bool)v6)
				continue;
			if (!any)
				strbuf_printf(p->to, "%sdns h%u.example %s", prefix, i + 1, v6 ? "AAAA" : "A");
			any = true;
			strbuf_printf(p->to, " %.*s", (int)strcspn(p->server[s] + v6, v6 ? "]" : ":"), p->server[s] + v6);
		}
		if (any)
			strbuf_printf(p->to, " ttl %u\n", p->ttl_s);
		else
			strbuf_printf(p->to, "%sdns h%u.example %s nodata\n", prefix, i + 1, v6 ? "AAAA" : "A");
	}
}

/* From record `first` on, once around; so the order changes and the set does not, unless count is less. */
static void
write_service_of(struct plan *p, const char *service, unsigned i, unsigned first, unsigned count, const char *prefix)
{
	strbuf_printf(p->to, "%sdns %ss%u.example SRV nodata\n", prefix, service, i + 1);
	for (unsigned n = 0; n < count; n++) {
		unsigned k = (first + n) % p->service[i].count, s = p->service[i].servers[k];

		strbuf_printf(p->to, "%sdns %ss%u.example SRV %u %u %u t%u.example ttl %u\n", prefix, service, i + 1,
		    p->service[i].priority[k], p->service[i].weight[k], p->own_port[s] ? 5070 : 5060, s + 1,
		    p->ttl_s);
	}
}

static void
write_service(struct plan *p, unsigned i, unsigned first, unsigned count, const char *prefix)
{
	for (unsigned t = 0; t < TRANSPORTS; t++)
		if (p->uses[t])
			write_service_of(p, services[t], i, first, count, prefix);
}

static void
write_item(struct plan *p, const struct item *item, bool tls)
{
	switch (item->kind) {
	case ITEM_ADDRESS:
		strbuf_append(p->to, p->server[item->which]);
		break;
	case ITEM_TARGET:
		strbuf_printf(p->to, "t%u.example:%u", item->which + 1, p->own_port[item->which] ? 5070 : 5060);
		break;
	case ITEM_HOST:
		strbuf_printf(p->to, tls ? "h%u.example:5060" : "h%u.example", item->which + 1);
		break;
	case ITEM_SERVICE:
		strbuf_printf(p->to, "s%u.example", item->which + 1);
		break;
	}
}

static void
write_account(struct plan *p, unsigned i, const struct plan_account *a, const char *password, const char *prefix)
{
	strbuf_printf(p->to, "%saccount %u00 \"", prefix, i + 1);
	if (!a->alone)
		strbuf_append(p->to, "example.com");
	for (unsigned k = 0; k < a->count; k++) {
		strbuf_append(p->to, a->alone ? "" : "; ");
		write_item(p, &a->specs[k], a->transport == 2);
	}
	strbuf_printf(p->to, "\" password=%s transport=%s contact=%s\n", password, transports[a->transport],
	    contacts[a->contact]);
}

static void
write_world(struct plan *p, const char *nameservers, const char *prefix)
{
	for (unsigned i = 0; i < p->server_count; i++)
		write_server(p, i, prefix);
	for (unsigned i = 0; i < p->server_count; i++)
		write_target(p, i, prefix);
	for (unsigned i = 0; i < p->host_count; i++)
		write_host(p, i, p->host[i].count, prefix);
	for (unsigned i = 0; i < p->service_count; i++)
		write_service(p, i, 0, p->service[i].count, prefix);
	strbuf_printf(p->to, "%snameserver 10.0.0.53 %s\n%snameserver 10.0.0.54 %s\n", prefix, nameservers, prefix,
	    nameservers);
}

static void
write_settings(struct plan *p)
{
	strbuf_append(p->to, "config upstream \"{");
	for (unsigned t = 0; t < TRANSPORTS; t++)
		if (p->uses[t])		/* also what only a reload will bring */
			strbuf_printf(p->to, "%s'%s:0.0.0.0:%u', '%s:[::]:%u'", t == 0 ? "" : ", ", transports[t],
			    t == 2 ? 5061 : 5060, transports[t], t == 2 ? 5061 : 5060);
	strbuf_append(p->to, "}\"\n");
	p->fast = chance(p, 35);
	if (p->fast)
		strbuf_append(p->to, "config probe-interval-active 30s\nconfig probe-interval-down 30s\n");
	if (chance(p, 20))
		strbuf_append(p->to, "config failback-stable 2m\n");
	if (chance(p, 50))
		strbuf_append(p->to, chance(p, 50) ? "config dns-refresh ttl\n" : "config dns-refresh 10m\n");
	if (chance(p, 25))
		strbuf_append(p->to, chance(p, 50) ? "config register-rate 1\n" : "config register-rate 3\n");
	if (chance(p, 10))
		strbuf_append(p->to, "config keepalive 25s\n");
	if (chance(p, 10))
		strbuf_append(p->to, "config unregister-on-exit no\n");
}

/* ---- Who is where ---- */

struct listed {
	unsigned count;
	unsigned server[SPECS_MAX * TARGETS_MAX], rank[SPECS_MAX * TARGETS_MAX], priority[SPECS_MAX * TARGETS_MAX];
};

static void
list_add(struct listed *list, unsigned server, unsigned rank, unsigned priority)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->server[i] == server)
			return;		/* its first place is the better one: each name gives a server once */
	list->server[list->count] = server;
	list->rank[list->count] = rank;
	list->priority[list->count++] = priority;
}

/* The list that the account must have when DNS is well (B3 to B5, B7). */
static void
list_account(const struct plan *p, const struct plan_account *a, struct listed *list)
{
	*list = (struct listed){ 0 };
	for (unsigned rank = 0; rank < a->count; rank++) {
		unsigned which = a->specs[rank].which;

		switch (a->specs[rank].kind) {
		case ITEM_ADDRESS:
		case ITEM_TARGET:
			list_add(list, which, rank + 1, 1);
			break;
		case ITEM_HOST:
			for (unsigned v6 = 0; v6 < 2; v6++)
				for (unsigned k = 0; k < p->host[which].count; k++)
					if (p->v6[p->host[which].servers[k]] == (bool)v6)
						list_add(list, p->host[which].servers[k], rank + 1, 1);
			break;
		case ITEM_SERVICE:
			for (unsigned k = 0; k < p->service[which].count; k++)
				list_add(list, p->service[which].servers[k], rank + 1, p->service[which].priority[k]);
			break;
		}
	}
}

static void
touch_users(struct plan *p, unsigned server)
{
	struct listed list;

	for (unsigned i = 0; i < p->account_count; i++) {
		list_account(p, &p->account[i], &list);
		for (unsigned k = 0; k < list.count; k++)
			p->touched[i] |= list.server[k] == server;
	}
}

static void
touch_all(struct plan *p)
{
	for (unsigned i = 0; i < p->account_count; i++)
		p->touched[i] = true;
}

/* ---- Faults ---- */

static const char *
fault_of_server(struct plan *p)
{
	static const char *const faults[] = {
		"killed", "killed", "hang", "hang", "silent", "silent", "unreachable",
		"options 503", "options 503 retry-after 60", "options 503 retry-after 5", "options 408", "options 500",
		"options 404", "options silent",
		"register 503", "register 503 retry-after 60", "register 500", "register 480", "register 408",
		"register 403", "register 404", "register 302", "register silent", "register challenge",
		"register foreign", "register bare", "register rewritten", "min 600", "min 3000", "grant 20", "grant 60",
		"grant 7200", "grant header 100", "grant unsaid", "grant 0", "grant forever",
		"loss 10", "loss 40", "delay 300ms", "delay 1500ms", "delay 5s", "register-delay 2s", "register-delay 6s",
		"register-delay 40s", "nonce stale", "nonce next", "nonce lives 10s",
		"hang register silent", "options 503 register 503", "silent options 500", "untrusted expired",
	};

	return faults[below(p, sizeof(faults) / sizeof(faults[0]))];
}

/* It hangs, and is killed while requests wait for it (B13). */
static void
write_hung_and_killed(struct plan *p, unsigned server, unsigned at_s, unsigned for_s)
{
	strbuf_printf(p->to, "at %us server %s hang\n", at_s, p->server[server]);
	strbuf_printf(p->to, "at %us server %s killed\n", at_s + for_s / 2, p->server[server]);
	strbuf_printf(p->to, "at %us server %s up\n", at_s + for_s, p->server[server]);
}

static void
write_server_fault(struct plan *p, unsigned server, unsigned at_s, unsigned for_s)
{
	static const char *const deeds[] = { "forges", "babbles", "sends OPTIONS", "sends NOTIFY", "sends INVITE",
		"closes", "closes", "closes", "loses", "loses", "forgets" };

	touch_users(p, server);
	if (chance(p, p->uses[1] || p->uses[2] ? 20 : 10)) {
		strbuf_printf(p->to, "at %us server %s %s\n", at_s, p->server[server], deeds[below(p, p->fast ? 10 : 11)]);
		return;
	}
	if (chance(p, 10)) {
		write_hung_and_killed(p, server, at_s, for_s);
		return;
	}
	strbuf_printf(p->to, "at %us server %s %s for %us\n", at_s, p->server[server], fault_of_server(p), for_s);
}

static void
write_dns_fault(struct plan *p, unsigned at_s, unsigned for_s)
{
	static const char *const outcomes[] = { "nxdomain", "nodata", "nxdomain", "nodata", "servfail", "refused",
		"silent", "malformed", "truncated" };
	static const char *const ways[] = { "silent", "servfail", "refused" };
	const char *outcome = outcomes[below(p, 9)];
	unsigned kind = below(p, 5), i;
	char at[24], back[24];

	snprintf(at, sizeof(at), "at %us ", at_s);
	snprintf(back, sizeof(back), "at %us ", at_s + for_s);
	if (kind == 0) {
		strbuf_printf(p->to, "at %us nameserver 10.0.0.5%u %s for %us\n", at_s, 3 + below(p, 2), ways[below(p, 3)],
		    for_s);
	} else if (kind == 1) {
		i = below(p, p->server_count);
		strbuf_printf(p->to, "%sdns t%u.example %s\n", at, i + 1, outcome);
		write_target(p, i, back);
	} else if (kind == 2 && p->host_count > 0) {
		i = below(p, p->host_count);
		if (chance(p, 50))
			strbuf_printf(p->to, "%sdns h%u.example %s\n", at, i + 1, outcome);
		else
			write_host(p, i, between(p, 0, p->host[i].count), at);
		write_host(p, i, p->host[i].count, back);
	} else {
		i = below(p, p->service_count);
		if (chance(p, 40))
			for (unsigned t = 0; t < TRANSPORTS; t++)
				strbuf_printf(p->to, "%sdns %ss%u.example SRV %s\n", at, services[t], i + 1, outcome);
		else
			write_service(p, i, below(p, p->service[i].count), between(p, 0, p->service[i].count), at);
		write_service(p, i, 0, p->service[i].count, back);
	}
}

/* The configuration becomes another one for a while, or none. */
static void
write_config_change(struct plan *p, unsigned at_s, unsigned for_s)
{
	unsigned i = below(p, p->account_count);
	char at[24], back[24];

	snprintf(at, sizeof(at), "at %us ", at_s);
	snprintf(back, sizeof(back), "at %us ", at_s + for_s);
	switch (below(p, 5)) {
	case 0:
		break;				/* the same file */
	case 1:
		if (p->account_count > 1) {
			strbuf_printf(p->to, "%saccount %u00 gone\n", at, i + 1);
			break;
		}
		/* fallthrough */
	case 2: {
		struct plan_account other;

		plan_account(p, &other);
		write_account(p, i, &other, "secret", at);
		break;
	}
	case 3:
		write_account(p, i, &p->account[i], "wrong", at);
		break;
	default:
		strbuf_printf(p->to, "%sconfig probe-interval %us\n", at, chance(p, 50) ? 60 : 300);
		break;
	}
	strbuf_printf(p->to, "%sreload\n", at);
	write_account(p, i, &p->account[i], "secret", back);
	strbuf_printf(p->to, "%sreload\n", back);
}

/* The network itself, or the daemon. */
static void
write_network_fault(struct plan *p, unsigned at_s, unsigned for_s)
{
	static const char *const ways[] = { "down", "unplugged", "router-dead", "firewalled" };
	const char *server = p->server[below(p, p->server_count)];
	unsigned number = between(p, 100, 103);

	touch_all(p);
	switch (below(p, 6)) {
	case 0:
		strbuf_printf(p->to, "at %us network loss %u for %us\n", at_s, between(p, 5, 40), for_s);
		break;
	case 1:
		strbuf_printf(p->to, "at %us network %s for %us\n", at_s, ways[below(p, 4)], for_s);
		break;
	case 2:
	case 3:
		strbuf_printf(p->to, "at %us route %.*s %s for %us\n", at_s, (int)strcspn(server + (server[0] == '['),
		    server[0] == '[' ? "]" : ":"), server + (server[0] == '['), ways[below(p, 4)], for_s);
		break;
	case 4:
		strbuf_printf(p->to, "at %us interface %s%u\n", at_s, chance(p, 80) ? "10.0.0." : "fd00::", number);
		break;
	default:
		strbuf_printf(p->to, "at %us standstill %us\n", at_s, for_s);
		break;
	}
}

static void
write_request(struct plan *p, unsigned at_s, unsigned for_s)
{
	unsigned server = below(p, p->server_count);

	switch (below(p, 5)) {
	case 0:
		strbuf_printf(p->to, "at %us request register\n", at_s);
		break;
	case 1:
		strbuf_printf(p->to, "at %us request probe\n", at_s);
		break;
	default:
		touch_users(p, server);
		strbuf_printf(p->to, "at %us request drain %s\n", at_s, p->server[server]);
		strbuf_printf(p->to, "at %us request undrain %s\n", at_s + for_s, p->server[server]);
		break;
	}
}

static void
write_fault(struct plan *p, unsigned at_s, unsigned calm_s)
{
	unsigned for_s = duration_s(p), kind = below(p, 100);

	if (at_s + for_s >= calm_s)
		for_s = calm_s - at_s - 1;
	if (kind < 56)
		write_server_fault(p, below(p, p->server_count), at_s, for_s);
	else if (kind < 70)
		write_dns_fault(p, at_s, for_s);
	else if (kind < 80)
		write_network_fault(p, at_s, for_s);
	else if (kind < 88)
		write_request(p, at_s, for_s);
	else if (!p->restarts || chance(p, 40))
		write_config_change(p, at_s, for_s);
	else if (chance(p, 50))
		strbuf_printf(p->to, "at %us restart\n", at_s);
	else
		strbuf_printf(p->to, "at %us stop\nat %us restart\n", at_s, at_s + 6);
}

/* At least one for each account and hour. */
static void
write_faults(struct plan *p, unsigned calm_s)
{
	struct listed list;

	for (unsigned hour = 0; hour < p->hours; hour++) {
		unsigned count = between(p, 2, 6 + p->account_count / 2), first_s = hour * HOUR_S;

		memset(p->touched, 0, sizeof(p->touched));
		for (unsigned i = 0; i < count; i++)
			write_fault(p, first_s + between(p, hour == 0 ? 0 : 1, HOUR_S - 20), calm_s);
		for (unsigned i = 0; i < p->account_count; i++) {
			if (p->touched[i])
				continue;
			list_account(p, &p->account[i], &list);
			write_server_fault(p, list.server[below(p, list.count)], first_s + between(p, 1, HOUR_S - 1800),
			    between(p, 5, 1700));
		}
	}
}

/* ---- The calm ---- */

static void
write_expected(struct plan *p, unsigned account)
{
	struct listed list;

	list_account(p, &p->account[account], &list);
	strbuf_append(p->to, "expect candidates");
	for (unsigned i = 0; i < list.count; i++)
		strbuf_printf(p->to, " P%u:%u=%s", list.rank[i], list.priority[i], p->server[list.server[i]]);
	strbuf_printf(p->to, " of %u00\n", account + 1);
}

static void
write_calm(struct plan *p, unsigned calm_s)
{
	char at[24];

	snprintf(at, sizeof(at), "at %us ", calm_s);
	write_world(p, "up", at);
	strbuf_printf(p->to, "%snetwork up\n%snetwork loss 0\n", at, at);
	for (unsigned i = 0; i < p->server_count; i++) {
		const char *ip = p->server[i] + p->v6[i];

		strbuf_printf(p->to, "%sroute %.*s up\n", at, (int)strcspn(ip, p->v6[i] ? "]" : ":"), ip);
		strbuf_printf(p->to, "%srequest undrain %s\n", at, p->server[i]);
	}
	for (unsigned i = 0; i < p->account_count; i++)
		write_account(p, i, &p->account[i], "secret", at);
	strbuf_printf(p->to, "at %us reload\n", calm_s + 1);
	for (unsigned i = 0; i < 3; i++)	/* the same file: nothing may come of it */
		strbuf_printf(p->to, "at %us reload\n", calm_s + between(p, 4 * HOUR_S, CALM_H * HOUR_S - 60));
	for (unsigned i = 0; i < p->account_count; i++)
		write_expected(p, i);
	strbuf_printf(p->to, "until %us\n", calm_s + CALM_H * HOUR_S);
}

unsigned
history_write(struct strbuf *to, uint64_t seed, unsigned hours)
{
	struct plan p = { .to = to, .stream = mixed(seed + 1), .hours = hours };
	unsigned calm_s = hours * HOUR_S;
	const char *first;

	strbuf_printf(to, "# B12-B23, B30-B43, B50-B56, B60-B62, B71, B74: the history of seed %llu, %u h of faults\n",
	    (unsigned long long)seed, hours);
	plan_servers(&p);
	plan_names(&p);
	p.account_count = between(&p, 1, chance(&p, 30) ? 4 : ACCOUNTS_MAX);
	p.uses[0] = true;
	p.uses[1] = chance(&p, 50);
	p.uses[2] = chance(&p, 15);
	p.restarts = chance(&p, 30);
	write_settings(&p);
	first = chance(&p, 90) ? "up" : chance(&p, 50) ? "silent" : "servfail";
	write_world(&p, first, "");
	for (unsigned i = 0; i < p.account_count; i++) {
		plan_account(&p, &p.account[i]);
		write_account(&p, i, &p.account[i], "secret", "");
	}
	if (strcmp(first, "up") != 0)
		strbuf_printf(to, "at %us nameserver 10.0.0.53 up\nat %us nameserver 10.0.0.54 up\n",
		    between(&p, 10, 600), between(&p, 10, 600));
	write_faults(&p, calm_s);
	write_calm(&p, calm_s);
	return p.account_count * (hours + CALM_H);
}
