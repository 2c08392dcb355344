/* SPDX-License-Identifier: ISC */
#include "sip/wire.h"

#include <string.h>

#include "base/log.h"
#include "sip/message.h"

static void
log_message(const char *arrow, const struct peer *peer, const void *bytes, size_t len)
{
	char text[PEER_TEXT_SIZE];
	struct strbuf printed = { 0 };
	char *line, *rest;

	if (log_level() < LOG_LEVEL_DEBUG)
		return;
	message_print(&printed, bytes, len);
	if (!printed.failed && printed.data != NULL) {
		log_line(LOG_LEVEL_DEBUG, peer_str(peer, text), "%s %zu bytes", arrow, len);
		for (line = strtok_r(printed.data, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
			log_line(LOG_LEVEL_DEBUG, NULL, "  %s %s", arrow, line);
	}
	strbuf_fini(&printed);
}

int
wire_send(struct transport *transport, const struct peer *to, uint8_t dscp, const void *bytes, size_t len)
{
	log_message("->", to, bytes, len);
	return transport_send(transport, to, dscp, bytes, len);
}

int
wire_reply(struct transport *transport, const struct peer *to, uint8_t dscp, const void *bytes, size_t len)
{
	log_message("->", to, bytes, len);
	return transport_reply(transport, to, dscp, bytes, len);
}

void
wire_received(const struct peer *from, const uint8_t *bytes, size_t len)
{
	log_message("<-", from, bytes, len);
}
