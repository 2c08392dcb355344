/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_NETLINK_H
#define SIPKEEPD_NET_NETLINK_H

/*
 * Questions to the kernel by rtnetlink, and what stands in its messages. For netwatch alone.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "base/address.h"

#define NETLINK_BUFFER_SIZE 32768	/* the largest piece of a dump */

struct netlink {
	struct mnl_socket *socket;
	unsigned sequence;
	char buffer[NETLINK_BUFFER_SIZE];
};

/* Returns 0 or negative errno. */
int netlink_open(struct netlink *netlink);
void netlink_close(struct netlink *netlink);

/* A question in the buffer; headers and attributes follow. */
struct nlmsghdr *netlink_begin(struct netlink *netlink, uint16_t type, uint16_t flags);
void netlink_put_address(struct nlmsghdr *message, uint16_t type, const struct address *address);

/*
 * Sends the question and gives the answers to `take`. The kernel answers before the send returns: nothing is waited
 * for. Returns 0, -EINTR for a dump that was torn by a change, or negative errno.
 */
int netlink_ask(struct netlink *netlink, struct nlmsghdr *message, mnl_cb_t take, void *arg);

/* What is there on a socket. Returns its length or negative errno, -EAGAIN when there is nothing. */
ssize_t netlink_receive(struct mnl_socket *socket, char buffer[NETLINK_BUFFER_SIZE]);

/* Attributes by their type; every kind of message here has fewer than RTA_MAX of interest. */
void netlink_attributes(const struct nlmsghdr *message, size_t header, const struct nlattr *table[RTA_MAX + 1]);

/* Returns false, and an empty address, if it is none of that family (AF_…). The attribute may be NULL. */
bool netlink_address(struct address *to, int family, const struct nlattr *attribute);
bool netlink_ip(struct address *to, int family, const void *bytes, size_t len);

#endif
