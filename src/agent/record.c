/* SPDX-License-Identifier: ISC */
#include "agent/record.h"

#include <stdarg.h>
#include <stdio.h>

#include "agent/agent_private.h"
#include "base/log.h"

/* What an admin should look at, and what is good to know. */
static enum log_level
level_of(enum record_kind kind)
{
	return kind == RECORD_DNS_FAILED || kind == RECORD_DNS_STALE ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE;
}

const char *
record_object(const struct record *record)
{
	if (record->account != NULL)
		return record->account;
	return record->server != NULL ? record->server : record->question;
}

void
record_make(struct agent *agent, struct record record, const char *format, ...)
{
	char text[RECORD_TEXT_SIZE];
	struct agent_listener *listener;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	record.when = loop_now(agent->loop);
	record.wall_s = loop_wall_s(agent->loop);
	record.text = text;
	log_line(level_of(record.kind), record_object(&record), "%s", text);
	TAILQ_FOREACH(listener, &agent->listeners, link) {
		if (listener->on_record != NULL)
			listener->on_record(listener->arg, &record);
	}
}

enum record_kind
record_kind_of_move(enum selection_reason reason)
{
	if (reason == SELECTION_DOWN || reason == SELECTION_SILENT || reason == SELECTION_REFUSED)
		return RECORD_FAILED_OVER;
	return reason == SELECTION_FAILBACK ? RECORD_FAILED_BACK : RECORD_MOVED;
}

const char *
record_kind_str(enum record_kind kind)
{
	static const char *const text[RECORD_KINDS] = {
		[RECORD_SERVER_UP] = "server-up",
		[RECORD_SERVER_DOWN] = "server-down",
		[RECORD_SERVER_UNKNOWN] = "server-unknown",
		[RECORD_REGISTERED] = "registered",
		[RECORD_FAILED_OVER] = "failed-over",
		[RECORD_FAILED_BACK] = "failed-back",
		[RECORD_MOVED] = "moved",
		[RECORD_REFUSED] = "refused",
		[RECORD_HELD_OFF] = "held-off",
		[RECORD_UNREGISTERED] = "unregistered",
		[RECORD_DNS_FAILED] = "dns-failed",
		[RECORD_DNS_STALE] = "dns-stale",
		[RECORD_DNS_FRESH] = "dns-fresh",
		[RECORD_DRAINED] = "drained",
		[RECORD_UNDRAINED] = "undrained",
		[RECORD_FROZEN] = "frozen",
		[RECORD_THAWED] = "thawed",
		[RECORD_NEW_ADDRESS] = "new-address",
		[RECORD_RELOADED] = "reloaded",
		[RECORD_REMOVED] = "removed",
	};

	return text[kind];
}
