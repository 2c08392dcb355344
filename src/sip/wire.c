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

/* Our side of what is sent is asked for only when somebody looks. */
static void
show_sent(const struct wire *wire, const struct peer *to, const void *bytes, size_t len)
{
	struct wire_message message = { .sent = true, .peer = *to, .bytes = bytes, .len = len };

	log_message("->", to, bytes, len);
	if (wire->on_message == NULL)
		return;
	if (transport_local(wire->transport, to, &message.local) < 0)
		message.local = (struct address){ 0 };
	wire->on_message(wire->arg, &message);
}

int
wire_send(const struct wire *wire, const struct peer *to, uint8_t dscp, const void *bytes, size_t len)
{
	show_sent(wire, to, bytes, len);
	return transport_send(wire->transport, to, dscp, bytes, len);
}

int
wire_reply(const struct wire *wire, const struct peer *to, uint8_t dscp, const void *bytes, size_t len)
{
	show_sent(wire, to, bytes, len);
	return transport_reply(wire->transport, to, dscp, bytes, len);
}

void
wire_received(const struct wire *wire, const struct peer *from, const struct address *local, const uint8_t *bytes,
    size_t len)
{
	log_message("<-", from, bytes, len);
	if (wire->on_message != NULL)
		wire->on_message(wire->arg, &(struct wire_message){ .peer = *from, .local = *local, .bytes = bytes,
		    .len = len });
}
