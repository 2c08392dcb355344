/* SPDX-License-Identifier: ISC */
#include "control/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "control/events.h"
#include "control/shown.h"
#include "net/spawn.h"

enum column {
	COLUMN_EVENT,
	COLUMN_ACCOUNT,
	COLUMN_SERVER,
	COLUMN_FROM,
	COLUMN_QUESTION,
	COLUMN_CAUSE,
	COLUMN_TIME,
	COLUMNS,		/* that are variables too */
};

struct notify {
	struct agent *agent;
	struct agent_listener listener;
	struct spawner *spawner;
	/* What waits for the next run. */
	struct strbuf lines, text;
	struct strbuf newest;		/* its variables */
	unsigned count, dropped;
	bool runs, over;
	bool complained;		/* of the last run */
};

static void
clear(struct notify *notify)
{
	strbuf_fini(&notify->lines);
	strbuf_fini(&notify->text);
	strbuf_fini(&notify->newest);
	notify->count = notify->dropped = 0;
}

/* ---- A record comes in ---- */

static void
append_variable(struct strbuf *to, const char *name, const char *value)
{
	strbuf_printf(to, SPAWN_VARIABLE "%s=", name);
	shown_append_clean(to, value);
	strbuf_append_n(to, "", 1);
}

static void
append_column(struct strbuf *to, const char *value, char end)
{
	if (value == NULL || value[0] == '\0')
		value = "-";
	shown_append_clean(to, value);
	strbuf_append_n(to, &end, 1);
}

static void
keep(struct notify *notify, const struct record *record)
{
	static const char *const names[COLUMNS] = { "EVENT", "ACCOUNT", "SERVER", "FROM", "QUESTION", "CAUSE", "TIME" };
	const char *values[COLUMNS] = { record_kind_str(record->kind), record->account, record->server,
		record->from, record->question, record->cause };
	char time[24];

	snprintf(time, sizeof(time), "%" PRId64, record->wall_s);
	values[COLUMN_TIME] = time;
	strbuf_fini(&notify->newest);
	for (int i = 0; i < COLUMNS; i++) {
		append_column(&notify->lines, values[i], '\t');
		append_variable(&notify->newest, names[i], values[i] == NULL ? "" : values[i]);
	}
	append_column(&notify->lines, record->text, '\n');
	events_line(record, STATUS_TEXT, &notify->text);
	notify->count++;
}

static void
on_record(void *arg, const struct record *record)
{
	struct notify *notify = arg;

	if (notify->over)
		return;
	if (notify->lines.len + notify->text.len > 2 * (NOTIFY_LINES_MAX - RECORD_TEXT_SIZE)) {
		notify->dropped++;
		return;
	}
	keep(notify, record);
}

/* ---- It is told ---- */

static void
append_count(struct strbuf *to, const char *name, size_t count)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", count);
	append_variable(to, name, text);
}

static void
build_job(struct notify *notify, struct strbuf *job)
{
	struct agent_status status;

	agent_status(notify->agent, &status);
	strbuf_append_n(job, notify->newest.data, notify->newest.len);
	append_count(job, "COUNT", notify->count);
	append_count(job, "DROPPED", notify->dropped);
	append_count(job, "ACCOUNTS", status.accounts);
	append_count(job, "REGISTERED", status.registered);
	strbuf_append(job, SPAWN_VARIABLE "TEXT=");
	strbuf_append_n(job, notify->text.data, notify->text.len);
	strbuf_append_n(job, "\0", 2);	/* ends the text, and the variables */
	strbuf_append_n(job, notify->lines.data, notify->lines.len);
}

static void
give_up(struct notify *notify, const char *why)
{
	log_line(LOG_LEVEL_ERROR, NULL, "notify: %s; nothing is told any more", why);
	notify->over = true;
	clear(notify);
}

static void
run(struct notify *notify)
{
	struct strbuf job = { 0 };
	bool whole = !notify->lines.failed && !notify->text.failed && !notify->newest.failed;
	unsigned count = notify->count + notify->dropped;
	int rc;

	if (whole)
		build_job(notify, &job);
	if (!whole || job.failed) {
		log_line(LOG_LEVEL_ERROR, NULL, "notify: no memory; not told: %u", count);
		clear(notify);
	} else {
		rc = spawner_run(notify->spawner, job.data, job.len);
		if (rc == 0)
			notify->runs = true;
		clear(notify);
		if (rc == -EPIPE)
			give_up(notify, "its helper has ended");
		else if (rc != 0)
			log_line(LOG_LEVEL_ERROR, NULL, "notify: %s; not told: %u", strerror(-rc), count);
	}
	strbuf_fini(&job);
}

/* Not in the midst of an event, and all that one event brought goes together. */
static void
on_change(void *arg)
{
	struct notify *notify = arg;

	if (!notify->runs && notify->count > 0)
		run(notify);
}

/* ---- It has run ---- */

static void
describe(const struct spawn_result *result, char text[80])
{
	switch (result->end) {
	case SPAWN_EXITED:
		snprintf(text, 80, "ended with status %d", result->code);
		break;
	case SPAWN_KILLED:
		snprintf(text, 80, "ended by signal %d (%.40s)", result->code, strsignal(result->code));
		break;
	case SPAWN_TOO_LONG:
		snprintf(text, 80, "took too long and was ended");
		break;
	case SPAWN_NOT_STARTED:
		snprintf(text, 80, "could not be run: %.50s", strerror(result->code));
		break;
	}
}

/* A program that fails each time is complained of once. */
static void
on_done(void *arg, const struct spawn_result *result)
{
	struct notify *notify = arg;
	char text[80];

	notify->runs = false;
	if (result == NULL) {
		give_up(notify, "its helper has ended");
		return;
	}
	if (result->end == SPAWN_EXITED && result->code == 0) {
		notify->complained = false;
	} else if (!notify->complained) {
		describe(result, text);
		log_line(LOG_LEVEL_WARNING, NULL, "notify: the program %s", text);
		notify->complained = true;
	}
	on_change(notify);
}

struct notify *
notify_new(struct loop *loop, struct agent *agent, const char *program, int limit_s, bool silent, char error[256])
{
	struct notify *notify = calloc(1, sizeof(*notify));

	if (notify == NULL) {
		snprintf(error, 256, "notify: no memory");
		return NULL;
	}
	notify->agent = agent;
	notify->spawner = spawner_new(loop, program, limit_s, silent, on_done, notify, error);
	if (notify->spawner == NULL) {
		free(notify);
		return NULL;
	}
	notify->listener = (struct agent_listener){ .on_change = on_change, .on_record = on_record, .arg = notify };
	agent_listen(agent, &notify->listener);
	return notify;
}

void
notify_free(struct notify *notify)
{
	if (notify == NULL)
		return;
	agent_unlisten(notify->agent, &notify->listener);
	spawner_free(notify->spawner);
	clear(notify);
	free(notify);
}
