/* SPDX-License-Identifier: ISC */
#include "control/events.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/walltime.h"
#include "control/shown.h"

enum { FORMS = STATUS_JSON + 1 };

struct follower {
	LIST_ENTRY(follower) link;
	struct stream *stream;
	enum status_form form;
};

/* A transition as it is told; a line that found no memory is left out. */
struct kept {
	char *line[FORMS];
};

struct events {
	struct agent *agent;
	struct agent_listener listener;
	struct kept kept[EVENTS_KEPT];	/* a ring */
	size_t count;			/* ever */
	LIST_HEAD(, follower) followers;
	unsigned follower_count;
};

static void
set_text(struct shown_object *o, const char *key, const char *text)
{
	if (text != NULL)
		shown_set(o, key, shown_json_text(text));
}

static void
append_json(struct strbuf *b, const struct record *record)
{
	struct shown_object o = { .json = json_object() };
	char time[WALLTIME_SIZE];

	shown_set(&o, "time", json_string(walltime_utc(record->wall_s, time)));
	shown_set(&o, "kind", json_string(record_kind_str(record->kind)));
	set_text(&o, "account", record->account);
	set_text(&o, "server", record->server);
	set_text(&o, "from", record->from);
	set_text(&o, "question", record->question);
	set_text(&o, "cause", record->cause);
	set_text(&o, "text", record->text);
	shown_append_json(b, shown_finish(&o));
}

void
events_line(const struct record *record, enum status_form form, struct strbuf *to)
{
	const char *object = record_object(record);
	char time[WALLTIME_SIZE];

	switch (form) {
	case STATUS_TEXT:
		strbuf_printf(to, "%s ", walltime_utc(record->wall_s, time));
		if (object != NULL) {
			shown_append_clean(to, object);
			strbuf_append(to, ": ");
		}
		shown_append_clean(to, record->text);
		break;
	case STATUS_JSON:
		append_json(to, record);
		break;
	}
	strbuf_append(to, "\n");
}

static void
follower_free(struct events *events, struct follower *follower)
{
	LIST_REMOVE(follower, link);
	events->follower_count--;
	free(follower);
}

/* Who does not take what it asked for does not get all of it: it is better cut off than told half. */
static void
tell(struct events *events, struct follower *follower, const char *line)
{
	size_t len = strlen(line);

	if (stream_queued(follower->stream) + len <= EVENTS_BEHIND_MAX &&
	    stream_write(follower->stream, line, len) == 0)
		return;
	stream_finish(follower->stream);
	follower_free(events, follower);
}

static void
on_record(void *arg, const struct record *record)
{
	struct events *events = arg;
	struct kept *kept = &events->kept[events->count++ % EVENTS_KEPT];
	struct follower *follower, *next;

	for (int form = 0; form < FORMS; form++) {
		struct strbuf line = { 0 };

		free(kept->line[form]);
		events_line(record, (enum status_form)form, &line);
		if (line.failed)
			strbuf_fini(&line);
		kept->line[form] = line.data;
	}
	for (follower = LIST_FIRST(&events->followers); follower != NULL; follower = next) {
		next = LIST_NEXT(follower, link);
		if (kept->line[follower->form] != NULL)
			tell(events, follower, kept->line[follower->form]);
	}
}

struct events *
events_new(struct agent *agent)
{
	struct events *events = calloc(1, sizeof(*events));

	if (events == NULL)
		return NULL;
	events->agent = agent;
	LIST_INIT(&events->followers);
	events->listener = (struct agent_listener){ .on_record = on_record, .arg = events };
	agent_listen(agent, &events->listener);
	return events;
}

void
events_free(struct events *events)
{
	if (events == NULL)
		return;
	agent_unlisten(events->agent, &events->listener);
	while (!LIST_EMPTY(&events->followers))
		follower_free(events, LIST_FIRST(&events->followers));
	for (size_t i = 0; i < EVENTS_KEPT; i++)
		for (int form = 0; form < FORMS; form++)
			free(events->kept[i].line[form]);
	free(events);
}

void
events_write(const struct events *events, enum status_form form, struct stream *stream)
{
	size_t first = events->count > EVENTS_KEPT ? events->count - EVENTS_KEPT : 0;

	for (size_t i = first; i < events->count; i++) {
		const char *line = events->kept[i % EVENTS_KEPT].line[form];

		if (line != NULL)
			stream_write(stream, line, strlen(line));
	}
}

bool
events_full(const struct events *events)
{
	return events->follower_count >= EVENTS_FOLLOWERS_MAX;
}

bool
events_follow(struct events *events, enum status_form form, struct stream *stream)
{
	struct follower *follower = calloc(1, sizeof(*follower));

	if (follower == NULL)
		return false;
	follower->stream = stream;
	follower->form = form;
	LIST_INSERT_HEAD(&events->followers, follower, link);
	events->follower_count++;
	return true;
}

void
events_forget(struct events *events, const struct stream *stream)
{
	struct follower *follower;

	LIST_FOREACH(follower, &events->followers, link) {
		if (follower->stream == stream) {
			follower_free(events, follower);
			return;
		}
	}
}
