/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_UNIXSOCKET_H
#define SIPKEEPD_NET_UNIXSOCKET_H

/*
 * The listening socket of net/stream and its file: made, put where it shall be with its final owner and permissions,
 * and taken away again. How and why so stands at stream_listen().
 */

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

#include "net/stream.h"

struct unixsocket {
	int fd;				/* listens; the caller closes it */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	dev_t dev;			/* which socket file is ours */
	ino_t ino;
};

/*
 * error   on failure: why, in words (256 bytes)
 * Returns false on failure; nothing is left open then, and what was there before still stands.
 */
bool unixsocket_open(struct unixsocket *unixsocket, const struct stream_place *place, char error[256]);

/* Takes the file away, but not the one of a successor. */
void unixsocket_remove(const struct unixsocket *unixsocket);

#endif
