/* SPDX-License-Identifier: ISC */
/*
 * TCP and TLS in virtual time: one connection for each call server, made by the first message, kept, reset by a server
 * that is killed, ended by one that is told to. Loss does not touch it: the kernels repair that.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "tally.h"

enum flow_state {
	FLOW_CLOSED,
	FLOW_CONNECTING,
	FLOW_OPEN,
};

struct flow {
	UT_hash_handle hh;
	char text[PEER_TEXT_SIZE];
	struct peer peer;
	enum flow_state state;
	bool lost;			/* something on the way has forgotten it: nothing gets through */
	unsigned number;		/* of the connection: what was under way on an earlier one is lost */
	struct packet *queue, **queue_end;
};

/* Something on its way along a connection. */
struct step {
	struct flow *flow;
	unsigned number;
	enum transport_failure failure;
	const char *text;
};

static struct flow *flows;

static struct flow *
flow_find(const struct peer *peer)
{
	char text[PEER_TEXT_SIZE];
	struct flow *flow;

	peer_str(peer, text);
	HASH_FIND_STR(flows, text, flow);
	return flow;
}

static struct flow *
flow_make(const struct peer *peer)
{
	struct flow *flow = flow_find(peer);

	if (flow != NULL)
		return flow;
	flow = memory(sizeof(*flow));
	flow->peer = *peer;
	flow->queue_end = &flow->queue;
	peer_str(peer, flow->text);
	HASH_ADD_STR(flows, text, flow);
	return flow;
}

static void
drop_queue(struct flow *flow)
{
	while (flow->queue != NULL) {
		struct packet *p = flow->queue;

		flow->queue = p->next;
		packet_free(p);
	}
	flow->queue_end = &flow->queue;
}

void
streams_end(void)
{
	while (flows != NULL) {
		struct flow *flow = flows;

		HASH_DEL(flows, flow);
		drop_queue(flow);
		free(flow);
	}
}

static void
later(struct flow *flow, int64_t delay_ms, void (*call)(void *arg), enum transport_failure failure, const char *text)
{
	struct step *step = memory(sizeof(*step));

	*step = (struct step){ flow, flow->number, failure, text };
	world_call_at(instant_add(world_now(), delay_ms), call, step, free);
}

/* The agent hears that it is over. */
static void
on_broken(void *arg)
{
	struct step *step = arg;
	struct flow *flow = step->flow;
	const struct transport_events *events;
	void *events_arg;

	if (instant_before(world_now(), world_agent_wakes())) {
		world_call_at(world_agent_wakes(), on_broken, step, free);
		return;
	}
	if (step->number == flow->number && flow->state != FLOW_CLOSED) {
		flow->state = FLOW_CLOSED;
		flow->number++;
		drop_queue(flow);
		world_story("flow %s  %s", flow->text, step->text);
		invariants_broken(&flow->peer, step->failure != TRANSPORT_ENDED);
		if (step->failure == TRANSPORT_REFUSED || step->failure == TRANSPORT_NOT_MADE)
			tally(step->failure == TRANSPORT_REFUSED ? TALLY_B13_REFUSED : TALLY_B13_NOT_MADE);
		events = network_events(&events_arg);
		if (events != NULL)
			events->on_broken(events_arg, &flow->peer, step->failure, step->text);
	}
	free(step);
}

static void
on_open(void *arg)
{
	struct step *step = arg;
	struct flow *flow = step->flow;

	if (step->number == flow->number && flow->state == FLOW_CONNECTING) {
		flow->state = FLOW_OPEN;
		world_story("flow %s  open", flow->text);
		while (flow->queue != NULL) {
			struct packet *p = flow->queue;

			flow->queue = p->next;
			p->connection = flow->number;
			network_deliver(p);
		}
		flow->queue_end = &flow->queue;
	}
	free(step);
}

/* What the server's kernel says to a new connection. */
static void
on_syn(void *arg)
{
	struct step *step = arg;
	struct flow *flow = step->flow;
	const struct host *host = network_host(&flow->peer.address);
	int64_t back_ms = world_network().delay_ms;

	if (step->number != flow->number || flow->state != FLOW_CONNECTING || host == NULL)
		goto out;
	switch (host->script.mode) {
	case HOST_UP:
	case HOST_HANG:
		if (flow->peer.transport == SIP_TLS && host->script.mode == HOST_HANG)
			break;		/* nobody shakes hands */
		if (flow->peer.transport == SIP_TLS && host->script.untrusted[0] != '\0')
			later(flow, back_ms, on_broken, TRANSPORT_UNTRUSTED, host->script.untrusted);
		else
			later(flow, back_ms, on_open, TRANSPORT_ENDED, "");
		break;
	case HOST_SILENT:
		break;
	case HOST_KILLED:
		later(flow, back_ms, on_broken, TRANSPORT_REFUSED, transport_failure_str(TRANSPORT_REFUSED));
		break;
	case HOST_UNREACHABLE:
		later(flow, back_ms, on_broken, TRANSPORT_HOST_UNREACHABLE,
		    transport_failure_str(TRANSPORT_HOST_UNREACHABLE));
		break;
	}
out:
	free(step);
}

static void
on_not_made(void *arg)
{
	struct step *step = arg;

	if (step->flow->state == FLOW_CONNECTING)
		on_broken(step);
	else
		free(step);
}

int
streams_send(struct packet *packet)
{
	struct peer peer = { packet->transport, packet->to };
	struct flow *flow = flow_make(&peer);

	if (flow->state == FLOW_OPEN && flow->lost) {
		world_story("lost %s  (the connection is dead)", flow->text);
		network_unheard(&packet->to);
		packet_free(packet);
		return 0;
	}
	if (flow->state == FLOW_OPEN) {
		packet->connection = flow->number;
		network_deliver(packet);
		return 0;
	}
	if (flow->state == FLOW_CLOSED && world_network().way == WAY_NONE) {
		packet_free(packet);
		return -ENETUNREACH;
	}
	packet->next = NULL;
	*flow->queue_end = packet;
	flow->queue_end = &packet->next;
	if (flow->state == FLOW_CONNECTING)
		return 0;
	flow->state = FLOW_CONNECTING;
	flow->lost = false;
	flow->number++;
	later(flow, world_network().delay_ms, on_syn, TRANSPORT_ENDED, "");
	later(flow, TRANSPORT_CONNECT_MS, on_not_made, TRANSPORT_NOT_MADE, transport_failure_str(TRANSPORT_NOT_MADE));
	return 0;
}

bool
streams_carry(const struct packet *packet)
{
	const struct flow *flow = flow_find(&(struct peer){ packet->transport, packet->to });

	return flow != NULL && flow->state == FLOW_OPEN && flow->number == packet->connection;
}

bool
streams_open(enum sip_transport transport, const struct address *server)
{
	const struct flow *flow = flow_find(&(struct peer){ transport, *server });

	return flow != NULL && flow->state == FLOW_OPEN;
}

static void
end_all(const struct address *server, const char *text)
{
	static const enum sip_transport streams[] = { SIP_TCP, SIP_TLS };

	for (size_t i = 0; i < 2; i++) {
		struct flow *flow = flow_find(&(struct peer){ streams[i], *server });

		if (flow != NULL && flow->state == FLOW_OPEN)
			later(flow, world_network().delay_ms, on_broken, TRANSPORT_ENDED, text);
	}
}

void
streams_host_mode(const struct address *server, enum host_mode mode)
{
	if (mode == HOST_KILLED)
		end_all(server, "connection reset");
}

void
world_server_closes(const struct address *server)
{
	end_all(server, "connection closed by the peer");
}

void
world_server_loses(const struct address *server)
{
	static const enum sip_transport streams[] = { SIP_TCP, SIP_TLS };

	for (size_t i = 0; i < 2; i++) {
		struct flow *flow = flow_find(&(struct peer){ streams[i], *server });

		if (flow != NULL && flow->state == FLOW_OPEN)
			flow->lost = true;
	}
}

void
streams_forget(const struct peer *peer)
{
	struct flow *flow = flow_find(peer);

	if (flow == NULL)
		return;
	flow->state = FLOW_CLOSED;
	flow->number++;
	drop_queue(flow);
}
