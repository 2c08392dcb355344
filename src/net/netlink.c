/* SPDX-License-Identifier: ISC */
#include "net/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int
netlink_open(struct netlink *n)
{
	n->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (n->socket == NULL || mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return errno != 0 ? -errno : -EIO;
	return 0;
}

void
netlink_close(struct netlink *n)
{
	if (n->socket != NULL)
		mnl_socket_close(n->socket);
	n->socket = NULL;
}

/* ---- questions ---- */

ssize_t
netlink_receive(struct mnl_socket *socket, char buffer[NETLINK_BUFFER_SIZE])
{
	ssize_t len;

	do
		len = recv(mnl_socket_get_fd(socket), buffer, NETLINK_BUFFER_SIZE, MSG_DONTWAIT);
	while (len < 0 && errno == EINTR);
	return len < 0 ? -errno : len;
}

int
netlink_ask(struct netlink *n, struct nlmsghdr *message, mnl_cb_t take, void *arg)
{
	unsigned port = mnl_socket_get_portid(n->socket);
	int result = MNL_CB_OK;
	ssize_t len;

	message->nlmsg_seq = ++n->sequence;
	if (mnl_socket_sendto(n->socket, message, message->nlmsg_len) < 0)
		return -errno;
	while (result > MNL_CB_STOP) {
		len = netlink_receive(n->socket, n->buffer);
		if (len < 0)
			return (int)len;
		result = mnl_cb_run(n->buffer, (size_t)len, n->sequence, port, take, arg);
		if (result < 0)
			result = -errno;
	}
	if (result < 0)
		while (netlink_receive(n->socket, n->buffer) > 0)
			;			/* the rest of it */
	return result;
}

struct nlmsghdr *
netlink_begin(struct netlink *n, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(n->buffer);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	return message;
}

void
netlink_put_address(struct nlmsghdr *message, uint16_t type, const struct address *address)
{
	mnl_attr_put(message, type, address->family == ADDRESS_IPV6 ? 16 : 4, address->ip);
}

/* ---- what stands in a message ---- */

static int
on_attribute(const struct nlattr *attribute, void *data)
{
	const struct nlattr **table = data;

	if (mnl_attr_get_type(attribute) <= RTA_MAX)
		table[mnl_attr_get_type(attribute)] = attribute;
	return MNL_CB_OK;
}

void
netlink_attributes(const struct nlmsghdr *message, size_t header, const struct nlattr *table[RTA_MAX + 1])
{
	memset(table, 0, (RTA_MAX + 1) * sizeof(table[0]));
	mnl_attr_parse(message, (unsigned)header, on_attribute, table);
}

bool
netlink_ip(struct address *to, int family, const void *bytes, size_t len)
{
	*to = (struct address){ 0 };
	if (!(family == AF_INET && len == 4) && !(family == AF_INET6 && len == 16))
		return false;
	to->family = family == AF_INET ? ADDRESS_IPV4 : ADDRESS_IPV6;
	memcpy(to->ip, bytes, len);
	return true;
}

bool
netlink_address(struct address *to, int family, const struct nlattr *attribute)
{
	*to = (struct address){ 0 };
	return attribute != NULL && netlink_ip(to, family, mnl_attr_get_payload(attribute),
	    mnl_attr_get_payload_len(attribute));
}
