/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_SIP_WIRE_H
#define SIPKEEPD_SIP_WIRE_H

/*
 * The last step before the transport and the first behind it: with -d every message is logged here, secrets masked
 * (B72).
 */

#include <stddef.h>
#include <stdint.h>

#include "net/transport.h"

/* transport_send(), logged. */
int wire_send(struct transport *transport, const struct peer *to, uint8_t dscp, const void *bytes, size_t len);

/* transport_reply(), logged. */
int wire_reply(struct transport *transport, const struct peer *to, uint8_t dscp, const void *bytes, size_t len);

/* Logs what has come. */
void wire_received(const struct peer *from, const uint8_t *bytes, size_t len);

#endif
