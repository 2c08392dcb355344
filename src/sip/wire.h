/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_SIP_WIRE_H
#define SIPKEEPD_SIP_WIRE_H

/*
 * The last step before the transport and the first behind it: with -d every message is logged here, secrets masked
 * (B72), and who wants to look on is shown it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/transport.h"

/* A message on its way, secrets and all; borrowed, for the time of the call. */
struct wire_message {
	bool sent;
	struct peer peer;
	struct address local;		/* ours; ADDRESS_NONE: not known */
	const uint8_t *bytes;
	size_t len;
};

struct wire {
	struct transport *transport;
	/* Told of each message, each copy of one included; may not send. NULL: nobody looks on, which costs nothing. */
	void (*on_message)(void *arg, const struct wire_message *message);
	void *arg;
};

/* transport_send(), seen. */
int wire_send(const struct wire *wire, const struct peer *to, uint8_t dscp, const void *bytes, size_t len);

/* transport_reply(), seen. */
int wire_reply(const struct wire *wire, const struct peer *to, uint8_t dscp, const void *bytes, size_t len);

/* What has come, seen. */
void wire_received(const struct wire *wire, const struct peer *from, const struct address *local, const uint8_t *bytes,
    size_t len);

#endif
