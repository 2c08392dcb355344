/* SPDX-License-Identifier: ISC */
#include "net/netwatch.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <libmnl/libmnl.h>

#include "net/links.h"
#include "net/loopbase.h"
#include "net/netlink.h"
#include "net/sockaddr.h"

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP 0x10000		/* <linux/if.h> has it, which does not go with <net/if.h> everywhere */
#endif

/*
 * Two sockets: one that the kernel tells events on, one for questions, which it answers before the send returns.
 * Routes and addresses are not kept: the kernel is asked when a path is wanted. Kept are the flags of the links, and
 * the neighbours that have failed: a failed one that is asked for once more is INCOMPLETE for seconds, and must not
 * pass for found in that time.
 */

enum {
	DUMPS_MAX = 3,			/* of one kind, when each is torn by changes */
	QUIET_MS = 50,			/* at the least between two calls of on_change */
	DUMP_AGAIN_MS = 1000,
	SOUGHT = NUD_INCOMPLETE | NUD_DELAY | NUD_PROBE,
};

struct netwatch {
	struct loop *loop;
	char interface[IF_NAMESIZE];	/* "" for any */
	void (*on_change)(void *arg);
	void *arg;
	struct mnl_socket *events;
	struct netlink questions;
	struct event *event;
	struct timer *timer;		/* due: tell */
	struct instant told_at;
	bool changed;			/* not told yet; besides links.changed */
	bool stale;			/* events were lost and could not be read anew */
	struct links links;
	char buffer[NETLINK_BUFFER_SIZE];
};

/* ---- what the kernel tells ---- */

static void
on_link(struct netwatch *w, const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type == RTM_DELLINK)
		links_remove(&w->links, info->ifi_index);
	else if (!links_set(&w->links, info->ifi_index, info->ifi_flags))
		w->stale = true;
}

/* RTM_DELNEIGH says nothing: a failed neighbour that the kernel has forgotten has not been found by that. */
static void
on_neighbour(struct netwatch *w, const struct nlmsghdr *message)
{
	const struct ndmsg *neighbour = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[RTA_MAX + 1];
	struct address address;

	if (message->nlmsg_type != RTM_NEWNEIGH)
		return;
	netlink_attributes(message, sizeof(*neighbour), table);
	if (netlink_address(&address, neighbour->ndm_family, table[NDA_DST]))
		links_neighbour(&w->links, neighbour->ndm_ifindex, &address, neighbour->ndm_state);
}

static void
on_route(struct netwatch *w, const struct nlmsghdr *message)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);

	if (!(route->rtm_flags & RTM_F_CLONED))		/* what the kernel has only cached */
		w->changed = true;
}

static int
on_message(const struct nlmsghdr *message, void *arg)
{
	static const struct {
		uint16_t first, last;
		size_t header;
		void (*take)(struct netwatch *w, const struct nlmsghdr *message);	/* NULL: it has changed */
	} kinds[] = {
		{ RTM_NEWLINK, RTM_DELLINK, sizeof(struct ifinfomsg), on_link },
		{ RTM_NEWNEIGH, RTM_DELNEIGH, sizeof(struct ndmsg), on_neighbour },
		{ RTM_NEWROUTE, RTM_DELROUTE, sizeof(struct rtmsg), on_route },
		{ RTM_NEWADDR, RTM_DELADDR, sizeof(struct ifaddrmsg), NULL },
		{ RTM_NEWRULE, RTM_DELRULE, 0, NULL },
		{ RTM_NEWNEXTHOP, RTM_DELNEXTHOP, 0, NULL },
	};
	struct netwatch *w = arg;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (message->nlmsg_type < kinds[i].first || message->nlmsg_type > kinds[i].last ||
		    mnl_nlmsg_get_payload_len(message) < kinds[i].header)
			continue;
		if (kinds[i].take != NULL)
			kinds[i].take(w, message);
		else
			w->changed = true;
	}
	return MNL_CB_OK;
}

static int
dump(struct netwatch *w, uint16_t type, size_t header)
{
	int result = -EINTR;

	for (int i = 0; i < DUMPS_MAX && result == -EINTR; i++) {
		struct nlmsghdr *message = netlink_begin(&w->questions, type, NLM_F_DUMP);

		mnl_nlmsg_put_extra_header(message, header);
		result = netlink_ask(&w->questions, message, on_message, w);
	}
	return result == -EINTR ? 0 : result;	/* torn each time: the events tell the rest */
}

/* Everything anew. Returns 0 or negative errno. */
static int
read_all(struct netwatch *w)
{
	int result;

	w->stale = false;
	links_begin_dump(&w->links);
	result = dump(w, RTM_GETLINK, sizeof(struct ifinfomsg));
	if (result == 0)
		result = dump(w, RTM_GETNEIGH, sizeof(struct ndmsg));
	if (result == 0)
		links_end_dump(&w->links);
	else
		w->stale = true;
	return result;
}

/* ---- events ---- */

static void
drain(struct netwatch *w)
{
	bool overrun = false;
	ssize_t len;

	for (;;) {
		len = netlink_receive(w->events, w->buffer);
		if (len > 0)
			mnl_cb_run(w->buffer, (size_t)len, 0, 0, on_message, w);
		else if (len == -ENOBUFS)
			overrun = true;
		else
			break;
	}
	if (overrun || w->stale)
		read_all(w);
	w->changed = w->changed || w->links.changed;
	w->links.changed = false;
}

static void
plan(struct netwatch *w)
{
	struct instant now = loop_now(w->loop), due = INSTANT_NEVER;

	if (w->changed)
		due = instant_max(now, instant_add(w->told_at, QUIET_MS));
	else if (w->stale)
		due = instant_add(now, DUMP_AGAIN_MS);
	timer_set(w->timer, due);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct netwatch *w = arg;

	(void)fd;
	(void)what;
	loop_woken(w->loop);
	drain(w);
	plan(w);
}

static void
on_due(void *arg)
{
	struct netwatch *w = arg;
	bool changed = netwatch_poll(w);

	plan(w);
	if (!changed)
		return;
	w->told_at = loop_now(w->loop);
	w->on_change(w->arg);
}

bool
netwatch_poll(struct netwatch *w)
{
	bool changed;

	drain(w);
	changed = w->changed;
	w->changed = false;
	return changed;
}

/* ---- paths ---- */

struct route {
	bool found;
	int index;
	struct address router, local;
};

static void
read_router(struct route *to, int family, const struct nlattr *table[RTA_MAX + 1])
{
	const struct rtvia *via;

	if (netlink_address(&to->router, family, table[RTA_GATEWAY]) || table[RTA_VIA] == NULL)
		return;
	via = mnl_attr_get_payload(table[RTA_VIA]);
	if (mnl_attr_get_payload_len(table[RTA_VIA]) > sizeof(*via))
		netlink_ip(&to->router, via->rtvia_family, via->rtvia_addr,
		    mnl_attr_get_payload_len(table[RTA_VIA]) - sizeof(*via));
}

static int
on_found_route(const struct nlmsghdr *message, void *arg)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *table[RTA_MAX + 1];
	struct route *route = arg;

	if (message->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return MNL_CB_STOP;
	netlink_attributes(message, sizeof(*header), table);
	if ((header->rtm_type != RTN_UNICAST && header->rtm_type != RTN_LOCAL) || table[RTA_OIF] == NULL ||
	    mnl_attr_get_payload_len(table[RTA_OIF]) != sizeof(uint32_t))
		return MNL_CB_STOP;
	route->found = true;
	route->index = (int)mnl_attr_get_u32(table[RTA_OIF]);
	netlink_address(&route->local, header->rtm_family, table[RTA_PREFSRC]);
	if (header->rtm_type == RTN_UNICAST)
		read_router(route, header->rtm_family, table);
	return MNL_CB_STOP;
}

/* As a socket of ours would be routed. */
static void
find_route(struct netwatch *w, const struct address *to, const struct address *from, int index, struct route *route)
{
	uint8_t bits = to->family == ADDRESS_IPV6 ? 128 : 32;
	struct nlmsghdr *message = netlink_begin(&w->questions, RTM_GETROUTE, 0);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	*route = (struct route){ 0 };
	header->rtm_family = (unsigned char)sockaddr_family(to);
	header->rtm_dst_len = bits;
	netlink_put_address(message, RTA_DST, to);
	if (from != NULL) {
		header->rtm_src_len = bits;
		netlink_put_address(message, RTA_SRC, from);
	}
	if (index != 0)
		mnl_attr_put_u32(message, RTA_OIF, (uint32_t)index);
	netlink_ask(&w->questions, message, on_found_route, route);
	if (from != NULL && route->local.family == ADDRESS_NONE)
		route->local = *from;
}

struct asked {
	bool there;
	unsigned state;
};

static int
on_found_neighbour(const struct nlmsghdr *message, void *arg)
{
	const struct ndmsg *neighbour = mnl_nlmsg_get_payload(message);
	struct asked *asked = arg;

	if (message->nlmsg_type == RTM_NEWNEIGH && mnl_nlmsg_get_payload_len(message) >= sizeof(*neighbour))
		*asked = (struct asked){ true, neighbour->ndm_state };
	return MNL_CB_STOP;
}

/* Its state as it is at this moment, where the kernel can be asked (5.0 and later); else as the events have told. */
static void
ask_neighbour(struct netwatch *w, int index, const struct address *address, struct path *path)
{
	struct nlmsghdr *message = netlink_begin(&w->questions, RTM_GETNEIGH, 0);
	struct ndmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	struct asked asked = { 0 };

	header->ndm_family = (unsigned char)sockaddr_family(address);
	header->ndm_ifindex = index;
	netlink_put_address(message, NDA_DST, address);
	netlink_ask(&w->questions, message, on_found_neighbour, &asked);
	if (asked.there)
		links_neighbour(&w->links, index, address, asked.state);
	path->router_failed = links_failed(&w->links, index, address);
	path->router_sought = !path->router_failed && asked.there && (asked.state & SOUGHT) != 0;
}

static bool
is_link_local(const struct address *address)
{
	return address->family == ADDRESS_IPV6 && address->ip[0] == 0xfe && (address->ip[1] & 0xc0) == 0x80;
}

void
netwatch_path(struct netwatch *w, const struct address *to, const struct address *from, bool interface,
    struct path *path)
{
	int index = 0;
	struct route route;
	unsigned flags;

	*path = (struct path){ 0 };
	if (interface && w->interface[0] != '\0') {
		index = (int)if_nametoindex(w->interface);
		if (index == 0)
			return;
	}
	find_route(w, to, from, index, &route);
	if (!route.found)
		return;
	flags = links_flags(&w->links, route.index);
	path->routed = true;
	path->up = (flags & IFF_UP) != 0;
	path->carrier = (flags & IFF_LOWER_UP) != 0;
	path->router = route.router;
	/* A link-local address is as good as none where the other end has a global one. */
	if (!is_link_local(&route.local) || is_link_local(to))
		path->local = route.local;
	if (route.router.family != ADDRESS_NONE)
		ask_neighbour(w, route.index, &route.router, path);
}

/* ---- life ---- */

static bool
join(struct mnl_socket *socket)
{
	static const int groups[] = {
		RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
		RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, RTNLGRP_NEXTHOP,
	};
	size_t joined = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		int group = groups[i];

		joined += mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) == 0;
	}
	return joined >= 6;		/* an old kernel knows no nexthops, a small one no rules */
}

static int
open_sockets(struct netwatch *w)
{
	w->events = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (w->events == NULL || mnl_socket_bind(w->events, 0, MNL_SOCKET_AUTOPID) < 0 || !join(w->events))
		return errno != 0 ? -errno : -EIO;
	return netlink_open(&w->questions);
}

struct netwatch *
netwatch_new(struct loop *loop, const char *interface, void (*on_change)(void *arg), void *arg, int *error)
{
	struct netwatch *w = calloc(1, sizeof(*w));

	*error = -ENOMEM;
	if (w == NULL)
		return NULL;
	w->loop = loop;
	if (interface != NULL)
		memcpy(w->interface, interface, strnlen(interface, sizeof(w->interface) - 1));
	w->on_change = on_change;
	w->arg = arg;
	w->told_at.ms = INT64_MIN / 2;
	*error = open_sockets(w);
	if (*error == 0) {
		*error = -ENOMEM;
		w->timer = timer_new(loop, on_due, w);
		w->event = event_new(loop_base(loop), mnl_socket_get_fd(w->events), EV_READ | EV_PERSIST, on_readable, w);
		if (w->timer != NULL && w->event != NULL && event_add(w->event, NULL) == 0)
			*error = read_all(w);
	}
	w->links.changed = false;	/* the caller looks at everything to begin with */
	if (*error == 0)
		return w;
	netwatch_free(w);
	return NULL;
}

void
netwatch_free(struct netwatch *w)
{
	if (w == NULL)
		return;
	if (w->event != NULL)
		event_free(w->event);
	timer_free(w->timer);
	if (w->events != NULL)
		mnl_socket_close(w->events);
	netlink_close(&w->questions);
	links_fini(&w->links);
	free(w);
}
