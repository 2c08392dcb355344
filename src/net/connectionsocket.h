/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_CONNECTIONSOCKET_H
#define SIPKEEPD_NET_CONNECTIONSOCKET_H

/*
 * The socket of a connection, before there is a stream over it: made from the upstream's address, marked, on its way.
 * For net/connection.
 */

#include "net/transport.h"

struct connection;

/* A socket that connects to the peer, without waiting. Returns the descriptor or negative errno. */
int connectionsocket_connect(const struct connection *connection);

/* DSCP and what else a connection's socket has, whoever made it. */
void connectionsocket_prepare(int fd, const struct connection *connection);

/* Writes connection->local: our address of the open socket connection->fd, with the upstream's port. */
void connectionsocket_read_local(struct connection *connection);

/* error   errno of a connection that could not be made */
enum transport_failure connectionsocket_failure(int error);

#endif
