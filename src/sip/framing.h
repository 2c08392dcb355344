/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_SIP_FRAMING_H
#define SIPKEEPD_SIP_FRAMING_H

/*
 * Where a message on a stream ends.
 */

#include <stddef.h>
#include <stdint.h>

/*
 * How long the message is that these bytes begin with.
 *
 * bytes   what has come so far, more messages behind it perhaps; the first is no CR or LF
 * Returns its length with the body, at most TRANSPORT_MESSAGE_MAX; 0 if more bytes are needed to say; -1 if it is no
 * SIP message, breaks a limit of message.h, or has no Content-Length, without which nobody knows where it ends.
 *
 * Source: RFC 3261 §18.3, §20.14.
 */
long framing_length(const uint8_t *bytes, size_t len);

#endif
