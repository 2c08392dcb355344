/* SPDX-License-Identifier: ISC */
/* net/transport.h in virtual time: datagrams with delay and loss, hosts that answer, hang, refuse or are gone. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "tally.h"

enum {
	TRANSPORTS = SIP_TLS + 1,
	DELAY_MS = 1,
	BACKLOG_MAX = 2000,		/* packets that a hung process's socket keeps */
	QUOTED_MAX = 520,		/* of our bytes in an ICMP error */
	FAMILIES = 2,
	NEIGHBOUR_MS = 8000,		/* until the kernel holds a silent router for failed */
};

struct way {				/* to one address, when it is another than the network's */
	struct way *next;
	struct address to;
	enum world_way way;
	struct instant since;
	struct instant unwell;		/* the last instant at which it was another than the network's */
};

struct transport {
	const struct transport_events *events;
	void *arg;
	uint16_t port[TRANSPORTS][FAMILIES];	/* 0: no socket of that family */
	struct address bound[TRANSPORTS][FAMILIES];
};

struct flight {				/* on its way to the agent */
	enum sip_transport transport;
	struct address from;
	bool icmp;
	enum transport_failure failure;
	size_t len;
	uint8_t bytes[];
};

static struct {
	struct host *hosts;
	struct network_script script;
	struct way *ways;
	struct instant way_since;
	struct instant own_since;	/* an address of ours is another one */
	struct instant unwell, cut;
	struct transport *transport;
	struct address own[FAMILIES];
	bool populated;			/* a server that is sent something is there */
} net;

static size_t
family_index(const struct address *address)
{
	return address->family == ADDRESS_IPV6 ? 1 : 0;
}

void
network_begin(void)
{
	memset(&net, 0, sizeof(net));
	net.script.delay_ms = DELAY_MS;
	address_parse(&net.own[0], "10.0.0.100");
	address_parse(&net.own[1], "fd00::100");
}

void
packet_free(void *packet)
{
	struct packet *p = packet;

	if (p->is_message)
		message_fini(&p->message);
	free(p);
}

static void
backlog_free(struct host *host)
{
	while (host->backlog != NULL) {
		struct packet *p = host->backlog;

		host->backlog = p->next;
		packet_free(p);
	}
	host->backlog_end = &host->backlog;
	host->backlog_count = 0;
}

void
network_end(void)
{
	streams_end();
	while (net.hosts != NULL) {
		struct host *host = net.hosts;

		HASH_DEL(net.hosts, host);
		backlog_free(host);
		registrar_free(host);
		free(host);
	}
	while (net.ways != NULL) {
		struct way *way = net.ways;

		net.ways = way->next;
		free(way);
	}
}

struct host *
network_hosts(void)
{
	return net.hosts;
}

struct host *
network_host(const struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];
	struct host *host;

	address_str(address, text);
	HASH_FIND_STR(net.hosts, text, host);
	return host;
}

static struct host *
host_make(const struct address *address)
{
	struct host *host = network_host(address);

	if (host != NULL)
		return host;
	host = memory(sizeof(*host));
	host->address = *address;
	address_str(address, host->text);
	script_init(&host->script);
	host->backlog_end = &host->backlog;
	HASH_ADD_STR(net.hosts, text, host);
	return host;
}

void
world_populate(void)
{
	net.populated = true;
}

bool
world_has_server(const struct address *server)
{
	return network_host(server) != NULL;
}

const struct script *
world_script(const struct address *server)
{
	return &host_make(server)->script;
}

struct network_script
world_network(void)
{
	return net.script;
}

static const char *
way_str(enum world_way way)
{
	static const char *const words[] = { "up", "down", "unplugged", "firewalled", "router-dead" };

	return words[way];
}

static struct way *
way_of(const struct address *to)
{
	struct way *way = net.ways;

	while (way != NULL && !address_same_ip(&way->to, to))
		way = way->next;
	return way;
}

static bool
some_way_closed(void)
{
	for (const struct way *way = net.ways; way != NULL; way = way->next) {
		if (way->way != WAY_OPEN)
			return true;
	}
	return net.script.way != WAY_OPEN;
}

static void
neighbour_fails(void *arg)
{
	(void)arg;
	netwatch_changed();
}

static void
way_changes(enum world_way way)
{
	net.cut = world_now();
	if (way == WAY_ROUTER_DEAD)
		world_call_at(instant_add(world_now(), NEIGHBOUR_MS), neighbour_fails, NULL, NULL);
	netwatch_changed();
}

bool
network_well(void)
{
	return net.script.way == WAY_OPEN && net.script.loss_percent == 0 && !instant_before(world_now(), world_agent_wakes());
}

bool
network_well_to(const struct address *server)
{
	const struct way *own = way_of(server);

	return network_well() && (own == NULL || own->way == WAY_OPEN);
}

void
network_excuse(void)
{
	net.unwell = world_now();
}

struct instant
network_unwell(void)
{
	return network_well() ? net.unwell : world_now();
}

struct instant
network_unwell_to(const struct address *server)
{
	const struct way *own = way_of(server);

	if (!network_well_to(server))
		return world_now();
	return own == NULL ? net.unwell : instant_max(net.unwell, own->unwell);
}

enum world_way
network_way_out(struct instant *since)
{
	*since = net.way_since;
	return net.script.way;
}

void
world_network_set(struct network_script script)
{
	if (!network_well())
		net.unwell = world_now();
	if (script.way != net.script.way) {
		world_story("---- network %s", way_str(script.way));
		net.way_since = world_now();
		net.script = script;
		way_changes(script.way);
	}
	net.script = script;
	if (!network_well())
		net.unwell = world_now();
}

enum world_way
world_way(const struct address *server)
{
	const struct way *own = way_of(server);

	return own == NULL ? WAY_OPEN : own->way;
}

void
world_way_set(const struct address *server, enum world_way way)
{
	struct way *own = way_of(server);
	char text[ADDRESS_TEXT_SIZE];

	if (own == NULL) {
		own = memory(sizeof(*own));
		own->to = *server;
		own->next = net.ways;
		net.ways = own;
	}
	world_story("---- way to %s: %s", address_ip_str(server, text), way_str(way));
	own->unwell = world_now();
	own->way = way;
	own->since = world_now();
	way_changes(way);
}

/* The network's own way comes first: what is closed for all is closed for each. */
static enum world_way
way_now(const struct address *to, struct instant *since)
{
	const struct way *own = net.script.way == WAY_OPEN ? way_of(to) : NULL;

	*since = own == NULL ? net.way_since : own->since;
	return own == NULL ? net.script.way : own->way;
}

static enum world_way
way_to(const struct address *to)
{
	struct instant since;

	return way_now(to, &since);
}

/* The kernel's word on some way is another one from this instant on. */
static bool
turns(enum world_way way, struct instant since)
{
	return since.ms == world_now().ms ||
	    (way == WAY_ROUTER_DEAD && instant_since(since, world_now()) == NEIGHBOUR_MS);
}

bool
network_turns(void)
{
	for (const struct way *way = net.ways; way != NULL; way = way->next)
		if (turns(way->way, way->since))
			return true;
	return turns(net.script.way, net.way_since) || net.own_since.ms == world_now().ms;
}

void
network_path(const struct address *to, struct path *path)
{
	struct instant since;
	enum world_way way = way_now(to, &since);

	*path = (struct path){ .routed = way != WAY_NONE, .up = true, .carrier = way != WAY_UNPLUGGED };
	if (!path->routed)
		return;
	path->local = net.own[family_index(to)];
	path->router = *to;
	path->router.port = 0;
	path->router.ip[3] ^= 0xff;
	if (way != WAY_ROUTER_DEAD)
		return;
	path->router_failed = instant_since(since, world_now()) >= NEIGHBOUR_MS;
	path->router_sought = !path->router_failed;
}

void
network_stood_still(void)
{
	net.unwell = net.cut = world_now();
}

bool
network_cut_since(struct instant then)
{
	return some_way_closed() || (net.cut.ms != 0 && !instant_before(net.cut, then));
}

void
world_own_address(const struct address *own)
{
	char text[ADDRESS_TEXT_SIZE];

	world_story("---- our address is %s", address_ip_str(own, text));
	net.own[family_index(own)] = *own;
	net.own_since = world_now();
	net.unwell = world_now();
	netwatch_changed();
}

static bool
lost(const struct host *host)
{
	return world_random(100) < net.script.loss_percent
	    || (host != NULL && world_random(100) < host->script.loss_percent);
}

/* ---- Towards the agent ---- */

/* What stands between these two, the second one after the first. */
static struct span
between(struct span text, const char *before, const char *after)
{
	const char *from = memmem(text.at, text.len, before, strlen(before)), *to;

	if (from == NULL)
		return (struct span){ text.at, 0 };
	from += strlen(before);
	to = memmem(from, (size_t)(text.at + text.len - from), after, strlen(after));
	return (struct span){ from, to == NULL ? 0 : (size_t)(to - from) };
}

/* A message of a server, which is the world's own work: a glance will do. */
static void
tell_arrival(const struct flight *f)
{
	const struct host *host = network_host(&f->from);
	struct span text = { (const char *)f->bytes, f->len }, cseq = between(text, "CSeq: ", "\r\n");
	const char *from = host == NULL ? "?" : host->text, *branch;

	if (memchr(text.at, 0, text.len) != NULL || cseq.len == 0)
		return;
	if (text.len < 13 || memcmp(text.at, "SIP/2.0 ", 8) != 0) {
		world_story("<-   %s  %.*s", from, (int)strcspn(text.at, " "), text.at);
		return;
	}
	world_story("<-   %s  %.*s to %.*s", from, (int)strcspn(text.at + 8, "\r"), text.at + 8, (int)cseq.len, cseq.at);
	branch = between(text, ";branch=", "\r").at;
	if (host != NULL)
		invariants_answered(host, (struct span){ branch, strcspn(branch, ";\r") }, atoi(text.at + 8));
}

static void
on_arrival(void *arg)
{
	struct flight *f = arg;
	struct transport *t = net.transport;
	struct peer from = { f->transport, f->from };
	struct address local = net.own[family_index(&f->from)];

	if (instant_before(world_now(), world_agent_wakes())) {
		world_call_at(world_agent_wakes(), on_arrival, f, free);	/* it waits in the socket */
		return;
	}
	if (t == NULL || way_to(&f->from) != WAY_OPEN)
		goto out;
	if (f->transport != SIP_UDP && !streams_open(f->transport, &f->from))
		goto out;
	local.port = t->port[f->transport][family_index(&f->from)];
	if (f->icmp) {
		invariants_unreachable(f->bytes, f->len);
		world_agent_runs = true;
		t->events->on_unreachable(t->arg, &from, f->failure, f->bytes, f->len);
		goto out;
	}
	tell_arrival(f);
	world_agent_runs = true;
	t->events->on_message(t->arg, &from, &local, f->bytes, f->len);
out:
	world_agent_runs = false;
	free(f);
}

static struct flight *
flight_new(const struct address *from, const void *bytes, size_t len)
{
	struct flight *f = memory(sizeof(*f) + len);

	f->from = *from;
	f->len = len;
	if (len > 0)
		memcpy(f->bytes, bytes, len);
	return f;
}

void
network_to_agent(struct host *host, const char *bytes, size_t len, int64_t delay_ms)
{
	struct flight *f;

	if (host->answering == SIP_UDP && lost(host)) {
		world_story("lost %s  (on its way to us)", host->text);
		return;
	}
	f = flight_new(&host->address, bytes, len);
	f->transport = host->answering;
	world_call_at(instant_add(world_now(), delay_ms + net.script.delay_ms), on_arrival, f, free);
}

static void
icmp(const struct address *from, enum transport_failure failure, const uint8_t *quoted, size_t len)
{
	char text[ADDRESS_TEXT_SIZE];
	struct flight *f = flight_new(from, quoted, len < QUOTED_MAX ? len : QUOTED_MAX);

	f->icmp = true;
	f->failure = failure;
	world_story("icmp %s  %s", address_str(from, text), transport_failure_str(failure));
	world_call_at(instant_add(world_now(), net.script.delay_ms), on_arrival, f, free);
}

/* ---- Towards a server ---- */

static void
take(struct host *host, const struct packet *packet)
{
	host->answering = packet->transport;
	if (packet->message.request)
		registrar_take(host, packet);
}

static void
on_at_host(void *arg)
{
	struct packet *packet = arg;
	struct host *host = network_host(&packet->to);

	if (host == NULL || (packet->transport == SIP_UDP ? lost(host) : !streams_carry(packet))) {
		world_story("lost %s", host == NULL ? "where nobody is" : host->text);
		packet_free(packet);
		return;
	}
	switch (host->script.mode) {
	case HOST_UP:
		take(host, packet);
		break;
	case HOST_HANG:
		if (host->backlog_count == BACKLOG_MAX)
			break;
		packet->next = NULL;
		*host->backlog_end = packet;
		host->backlog_end = &packet->next;
		host->backlog_count++;
		return;
	case HOST_SILENT:
		break;
	case HOST_KILLED:
		if (packet->transport != SIP_UDP)
			break;		/* the connection was reset */
		icmp(&host->address, TRANSPORT_PORT_UNREACHABLE, packet->bytes, packet->len);
		break;
	case HOST_UNREACHABLE:
		if (packet->transport != SIP_UDP)
			break;		/* an established connection goes on trying */
		icmp(&host->address, TRANSPORT_HOST_UNREACHABLE, packet->bytes, packet->len);
		break;
	}
	packet_free(packet);
}

void
network_deliver(struct packet *packet)
{
	world_call_at(instant_add(world_now(), net.script.delay_ms), on_at_host, packet, packet_free);
}

const struct transport_events *
network_events(void **arg)
{
	if (net.transport == NULL || net.script.way != WAY_OPEN)
		return NULL;
	*arg = net.transport->arg;
	return net.transport->events;
}

static const char *
mode_str(enum host_mode mode)
{
	static const char *const words[] = { "up", "hang", "silent", "killed", "unreachable" };

	return words[mode];
}

void
world_script_set(const struct address *server, const struct script *script)
{
	struct host *host = host_make(server);
	struct packet *packet;

	if (host_well(host) == false)
		host->unwell = world_now();
	if (host->script.mode != script->mode)
		world_story("---- %s  %s", host->text, mode_str(script->mode));
	host->script = *script;
	if (host_well(host) == false)
		host->unwell = world_now();
	if (script->mode == HOST_KILLED)
		backlog_free(host);
	streams_host_mode(server, script->mode);
	if (script->mode != HOST_UP || host->backlog == NULL)
		return;
	packet = host->backlog;		/* it works off what has come meanwhile */
	host->backlog = NULL;
	host->backlog_end = &host->backlog;
	host->backlog_count = 0;
	while (packet != NULL) {
		struct packet *next = packet->next;

		take(host, packet);
		packet_free(packet);
		packet = next;
	}
}

void
network_unheard(const struct address *server)
{
	network_host(server)->unwell = world_now();
}

void
world_server_sends(const struct address *server, const char *method)
{
	struct host *host = host_make(server);
	struct address own = net.own[family_index(server)];
	char text[ADDRESS_TEXT_SIZE];
	struct strbuf b = { 0 };

	host->answering = streams_open(SIP_TLS, server) ? SIP_TLS : streams_open(SIP_TCP, server) ? SIP_TCP : SIP_UDP;
	own.port = net.transport == NULL ? 0 : net.transport->port[host->answering][family_index(server)];
	address_str(&own, text);
	strbuf_printf(&b, "%s sip:anyone@%s SIP/2.0\r\n", method, text);
	strbuf_printf(&b, "Via: SIP/2.0/UDP %s;branch=z9hG4bKworld%u;rport\r\n", host->text, world_random(1000000));
	strbuf_printf(&b, "From: <sip:server@%s>;tag=w%u\r\n", host->text, world_random(1000000));
	strbuf_printf(&b, "To: <sip:anyone@%s>\r\nCall-ID: world%u\r\n", text, world_random(1000000));
	strbuf_printf(&b, "CSeq: 1 %s\r\nContact: <sip:server@%s>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
	    method, host->text);
	host->asked_us = true;
	network_to_agent(host, b.data, b.len, 0);
	strbuf_fini(&b);
}

void
world_server_forges(const struct address *server)
{
	static const uint8_t foreign[] = "OPTIONS sip:10.0.0.1 SIP/2.0\r\n"
	    "Via: SIP/2.0/UDP 10.0.0.100:5060;branch=z9hG4bKforged\r\n";

	icmp(server, TRANSPORT_PORT_UNREACHABLE, foreign, sizeof(foreign) - 1);
}

void
world_server_babbles(const struct address *server)
{
	char bytes[200];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)world_random(256);
	network_to_agent(host_make(server), bytes, sizeof(bytes), 0);
}

/* ---- net/transport.h ---- */

/* The agent has given up root's rights: what needs them cannot be opened any more. */
enum { PRIVILEGED_PORTS = 1024 };

struct transport_change {
	struct transport to;
};

static bool
bind_all(struct transport *t, const struct transport_listen *upstream, size_t count, char error[256])
{
	for (size_t i = 0; i < count; i++) {
		size_t family = family_index(&upstream[i].address);

		if (t->port[upstream[i].transport][family] != 0) {
			snprintf(error, 256, "the virtual world has one socket per transport and family");
			return false;
		}
		t->bound[upstream[i].transport][family] = upstream[i].address;
		t->port[upstream[i].transport][family] = upstream[i].address.port != 0 ? upstream[i].address.port : 40000;
	}
	return true;
}

struct transport *
transport_new(struct loop *loop, const struct transport_listen *upstream, size_t count, const char *interface,
    const struct transport_events *events, void *arg, char error[256])
{
	bool runs = world_agent_runs;
	struct transport *t;

	(void)loop;
	(void)interface;
	world_agent_runs = false;
	t = memory(sizeof(*t));
	world_agent_runs = runs;
	if (!bind_all(t, upstream, count, error)) {
		free(t);
		return NULL;
	}
	t->events = events;
	t->arg = arg;
	net.transport = t;
	return t;
}

struct transport_change *
transport_prepare(struct transport *transport, const struct transport_listen *upstream, size_t count,
    const struct transport_tls *tls, char error[256])
{
	bool runs = world_agent_runs;
	struct transport_change *change;

	(void)tls;
	world_agent_runs = false;
	change = memory(sizeof(*change));
	world_agent_runs = runs;
	change->to.events = transport->events;
	change->to.arg = transport->arg;
	for (size_t i = 0; i < count; i++) {
		struct peer peer = { upstream[i].transport, upstream[i].address };
		char text[PEER_TEXT_SIZE];

		if (peer.address.port == 0 || peer.address.port >= PRIVILEGED_PORTS)
			continue;
		snprintf(error, 256, "%s: Permission denied", peer_str(&peer, text));
		free(change);
		return NULL;
	}
	if (bind_all(&change->to, upstream, count, error))
		return change;
	free(change);
	return NULL;
}

void
transport_adopt(struct transport *transport, struct transport_change *change)
{
	*transport = change->to;
	free(change);
}

void
transport_discard(struct transport_change *change)
{
	free(change);
}

void
transport_close(struct transport *transport, enum sip_transport of, enum address_family family)
{
	transport->port[of][family == ADDRESS_IPV6] = 0;
}

void
transport_free(struct transport *transport)
{
	if (transport == net.transport)
		net.transport = NULL;
	free(transport);
}

static int
send_packet(struct transport *transport, const struct peer *to, uint8_t dscp, const void *bytes, size_t len)
{
	enum world_way way = way_to(&to->address);
	struct packet *packet;
	enum drop_reason why;
	bool refused;

	if (dscp > 63)
		world_fail("dscp %u", dscp);
	if (transport->port[to->transport][family_index(&to->address)] == 0)
		return -EAFNOSUPPORT;
	if (len > TRANSPORT_MESSAGE_MAX)
		return -EMSGSIZE;
	if (net.populated)
		host_make(&to->address);
	packet = memory(sizeof(*packet) + len);
	packet->to = to->address;
	packet->from = net.own[family_index(&to->address)];
	packet->from.port = transport->port[to->transport][family_index(&to->address)];
	packet->transport = to->transport;
	packet->sent = world_now();
	packet->len = len;
	memcpy(packet->bytes, bytes, len);
	packet->is_message = message_parse(&packet->message, packet->bytes, len, &why);
	refused = (way == WAY_NONE || way == WAY_FIREWALLED)
	    && (to->transport == SIP_UDP || !streams_open(to->transport, &to->address));
	if (packet->is_message)
		invariants_sent(packet, refused);
	else
		world_fail("what was sent is no SIP message: %s", drop_reason_str(why));
	if (way != WAY_OPEN || !packet->is_message) {
		packet_free(packet);
		return way == WAY_FIREWALLED ? -EPERM : refused ? -ENETUNREACH : 0;
	}
	if (to->transport != SIP_UDP)
		return streams_send(packet);
	network_deliver(packet);
	return 0;
}

int
transport_send(struct transport *transport, const struct peer *to, uint8_t dscp, const void *bytes, size_t len)
{
	bool runs = world_agent_runs;
	int error;

	world_agent_runs = false;
	error = send_packet(transport, to, dscp, bytes, len);
	world_agent_runs = runs;
	return error;
}

int
transport_reply(struct transport *transport, const struct peer *to, uint8_t dscp, const void *bytes, size_t len)
{
	if (to->transport != SIP_UDP && !streams_open(to->transport, &to->address))
		return -ENOTCONN;
	return transport_send(transport, to, dscp, bytes, len);
}

bool
transport_has_tls(void)
{
	return true;
}

int
transport_use_tls(struct transport *transport, const struct transport_tls *settings, char error[256])
{
	(void)transport;
	(void)settings;
	(void)error;
	return 0;
}

void
transport_want_name(struct transport *transport, const struct peer *peer, const char *name)
{
	(void)transport;
	(void)peer;
	if (name[0] == '\0')
		world_fail("no name for the certificate (B22)");
}

int
transport_ping(struct transport *transport, const struct peer *to, uint8_t dscp)
{
	char text[PEER_TEXT_SIZE];

	(void)transport;
	(void)dscp;
	if (to->transport != SIP_UDP && !streams_open(to->transport, &to->address))
		return -ENOTCONN;
	world_story("  -> %s  CRLF", peer_str(to, text));
	happened(HAPPENED_PING, &to->address, "", 0, 0);
	tally(TALLY_B20_PING);
	return 0;
}

void
transport_renew(struct transport *transport, const struct peer *peer)
{
	(void)transport;
	streams_forget(peer);
}

void
transport_forget(struct transport *transport, const struct peer *peer)
{
	(void)transport;
	streams_forget(peer);
}

int
transport_local(struct transport *transport, const struct peer *to, struct address *local)
{
	size_t family = family_index(&to->address);

	if (transport->port[to->transport][family] == 0)
		return -EAFNOSUPPORT;
	if (way_to(&to->address) == WAY_NONE)
		return -ENETUNREACH;
	*local = transport->bound[to->transport][family];
	if (address_is_any(local))
		*local = net.own[family];
	local->port = transport->port[to->transport][family];
	return 0;
}

bool
transport_is_own(struct transport *transport, const struct peer *peer)
{
	size_t family = family_index(&peer->address);

	return transport->port[peer->transport][family] == peer->address.port
	    && (address_same_ip(&net.own[family], &peer->address)
	    || address_same_ip(&transport->bound[peer->transport][family], &peer->address));
}
