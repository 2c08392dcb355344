/* SPDX-License-Identifier: ISC */

/*
 * A stream cut into messages (clang -fsanitize=fuzzer,address,undefined; libsip.a libcore.a and libosip2's parser).
 * The first byte says where the stream is cut in two: what is found must not depend on it.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "net/transport.h"
#include "sip/framing.h"
#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A message, or as much as there is; in memory of its own, so that each byte too far is seen. */
static long
length_of(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	long length;

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, len);
	length = framing_length(copy, len);
	free(copy);
	return length;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	size_t at = 1, cut;

	while (at < len) {
		struct message message;
		enum drop_reason why;
		long whole, part;

		if (bytes[at] == '\r' || bytes[at] == '\n') {
			at++;
			continue;
		}
		cut = (size_t)bytes[0] * (len - at) / 256;
		whole = length_of(bytes + at, len - at);
		part = cut > 0 ? length_of(bytes + at, cut) : 0;
		if (whole > TRANSPORT_MESSAGE_MAX || whole > (long)(len - at) || (part > 0 && part != whole) ||
		    (part < 0 && whole >= 0))
			abort();
		if (whole <= 0)
			break;
		if (message_parse(&message, bytes + at, (size_t)whole, &why))
			message_fini(&message);
		at += (size_t)whole;
	}
	return 0;
}
