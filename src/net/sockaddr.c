/* SPDX-License-Identifier: ISC */
#include "net/sockaddr.h"

#include <netinet/in.h>
#include <string.h>

socklen_t
sockaddr_of(const struct address *address, struct sockaddr_storage *to)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(address->port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(address->port) };

	memset(to, 0, sizeof(*to));
	switch (address->family) {
	case ADDRESS_IPV4:
		memcpy(&in.sin_addr, address->ip, sizeof(in.sin_addr));
		memcpy(to, &in, sizeof(in));
		return sizeof(in);
	case ADDRESS_IPV6:
		memcpy(&in6.sin6_addr, address->ip, sizeof(in6.sin6_addr));
		memcpy(to, &in6, sizeof(in6));
		return sizeof(in6);
	case ADDRESS_NONE:
		break;
	}
	return 0;
}

bool
sockaddr_read(const struct sockaddr *from, struct address *address)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(address, 0, sizeof(*address));
	if (from->sa_family == AF_INET) {
		memcpy(&in, from, sizeof(in));
		address->family = ADDRESS_IPV4;
		address->port = ntohs(in.sin_port);
		memcpy(address->ip, &in.sin_addr, sizeof(in.sin_addr));
		return true;
	}
	if (from->sa_family == AF_INET6) {
		memcpy(&in6, from, sizeof(in6));
		address->family = ADDRESS_IPV6;
		address->port = ntohs(in6.sin6_port);
		memcpy(address->ip, &in6.sin6_addr, sizeof(in6.sin6_addr));
		return true;
	}
	return false;
}

int
sockaddr_family(const struct address *address)
{
	return address->family == ADDRESS_IPV6 ? AF_INET6 : AF_INET;
}
