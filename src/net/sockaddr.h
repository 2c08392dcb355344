/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_SOCKADDR_H
#define SIPKEEPD_NET_SOCKADDR_H

/*
 * struct address to and from the kernel's.
 */

#include <stdbool.h>
#include <sys/socket.h>

#include "base/address.h"

/* Returns the length to pass with it; 0 for ADDRESS_NONE. */
socklen_t sockaddr_of(const struct address *address, struct sockaddr_storage *to);

/* Returns false for another family; *address is ADDRESS_NONE then. */
bool sockaddr_read(const struct sockaddr *from, struct address *address);

/* AF_INET or AF_INET6. */
int sockaddr_family(const struct address *address);

#endif
