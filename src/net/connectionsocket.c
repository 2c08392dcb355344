/* SPDX-License-Identifier: ISC */
#include "net/connectionsocket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net/connection.h"
#include "net/sockaddr.h"

enum transport_failure
connectionsocket_failure(int error)
{
	switch (error) {
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return TRANSPORT_HOST_UNREACHABLE;
	case ENETUNREACH:
		return TRANSPORT_NET_UNREACHABLE;
	case EACCES:
	case EPERM:
		return TRANSPORT_PROHIBITED;
	case ETIMEDOUT:
		return TRANSPORT_NOT_MADE;
	default:
		return TRANSPORT_REFUSED;
	}
}

void
connectionsocket_read_local(struct connection *c)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	c->local = c->from;
	if (getsockname(c->fd, (struct sockaddr *)&name, &len) == 0 &&
	    sockaddr_read((struct sockaddr *)&name, &c->local))
		c->local.port = c->from.port;
}

void
connectionsocket_prepare(int fd, const struct connection *c)
{
	int on = 1, tos = (c->dscp & 63) << 2;

	/* What a turn of the loop has to say is written at once: nothing to gain from Nagle. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (c->peer.address.family == ADDRESS_IPV6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	else
		setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
}

static int
bind_local(int fd, const struct connection *c)
{
	struct address from = c->from;
	struct sockaddr_storage name;
	socklen_t len;

	if (c->set->interface[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, c->set->interface,
	    (socklen_t)strlen(c->set->interface) + 1) < 0)
		return -errno;
	if (address_is_any(&from))
		return 0;
	from.port = 0;
	len = sockaddr_of(&from, &name);
	return bind(fd, (struct sockaddr *)&name, len) < 0 ? -errno : 0;
}

int
connectionsocket_connect(const struct connection *c)
{
	struct sockaddr_storage name;
	socklen_t len = sockaddr_of(&c->peer.address, &name);
	int fd = socket(sockaddr_family(&c->peer.address), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
	int result;

	if (fd < 0)
		return -errno;
	connectionsocket_prepare(fd, c);
	result = bind_local(fd, c);
	if (result == 0 && connect(fd, (struct sockaddr *)&name, len) < 0 && errno != EINPROGRESS)
		result = -errno;
	if (result == 0)
		return fd;
	close(fd);
	return result;
}
