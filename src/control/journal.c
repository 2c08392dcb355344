/* SPDX-License-Identifier: ISC */
#include "control/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "control/incident.h"
#include "control/shown.h"
#include "net/forked.h"
#include "net/store.h"

enum {
	QUIET_MS = 10 * 60 * 1000,	/* refusals that far apart are two incidents */
	AGAIN_MS = 60 * 60 * 1000,	/* who registers later than that does so for another cause */
};

struct journal {
	struct loop *loop;
	struct agent *agent;
	struct agent_listener listener;
	char *path;			/* NULL: none */
	int64_t write_ms;		/* from a change until it is written */
	struct timer *timer;		/* armed: there is something to write */
	struct forked *writer;		/* NULL: nobody writes now */
	bool warned;
	struct incident kept[JOURNAL_KEPT];	/* a ring */
	size_t count;			/* ever */
};

static size_t
oldest(const struct journal *journal)
{
	return journal->count > JOURNAL_KEPT ? journal->count - JOURNAL_KEPT : 0;
}

static struct incident *
at(struct journal *journal, size_t i)
{
	return &journal->kept[i % JOURNAL_KEPT];
}

/* ---- The file ---- */

static void
write_form(struct journal *journal, enum status_form form, struct strbuf *to)
{
	bool first = true;

	if (form == STATUS_JSON)
		strbuf_append(to, "[");
	for (size_t i = oldest(journal); i < journal->count; i++) {
		if (form == STATUS_TEXT) {
			incident_append_line(at(journal, i), to);
			continue;
		}
		strbuf_append(to, first ? "\n" : ",\n");
		shown_append_json(to, incident_json(at(journal, i)));
		first = false;
	}
	if (form == STATUS_JSON)
		strbuf_append(to, "\n]\n");
}

static void
complain(struct journal *journal, const char *what, const char *why)
{
	if (!journal->warned)
		log_line(LOG_LEVEL_WARNING, NULL, "%s cannot be %s: %s; the journal is kept in memory only",
		    journal->path, what, why);
	journal->warned = true;
}

/* In a copy of the process as a rule: a disk may be slow. */
static int
write_file(void *arg)
{
	struct journal *journal = arg;
	struct strbuf text = { 0 };
	int rc;

	write_form(journal, STATUS_JSON, &text);
	rc = text.failed ? -ENOMEM : store_write(journal->path, text.data, text.len);
	strbuf_fini(&text);
	return rc;
}

static void
on_written(void *arg, int rc)
{
	struct journal *journal = arg;

	journal->writer = NULL;
	if (rc == 0)
		journal->warned = false;
	else
		complain(journal, "written", strerror(-rc));
}

static void
on_timer(void *arg)
{
	struct journal *journal = arg;

	if (journal->writer != NULL) {
		timer_set(journal->timer, instant_add(loop_now(journal->loop), journal->write_ms));
		return;
	}
	journal->writer = forked_run(journal->loop, write_file, on_written, journal);
	if (journal->writer == NULL)
		on_written(journal, write_file(journal));
}

/* At the end: nothing is left to wait for. */
static void
flush(struct journal *journal)
{
	if (journal->writer != NULL)
		on_written(journal, forked_wait(journal->writer));
	if (journal->timer != NULL && !instant_is_never(timer_due(journal->timer)))
		on_written(journal, write_file(journal));
}

static bool
take_over(struct journal *journal, const json_t *all)
{
	size_t count = json_array_size(all);

	if (!json_is_array(all) || count > JOURNAL_KEPT)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!incident_from_json(json_array_get(all, i), at(journal, i)))
			return false;
	journal->count = count;
	return true;
}

/* ---- Incidents ---- */

static void
changed(struct journal *journal)
{
	if (journal->path != NULL && instant_is_never(timer_due(journal->timer)))
		timer_set(journal->timer, instant_add(loop_now(journal->loop), journal->write_ms));
}

/* Refusals have no end of their own. */
static void
end_if_quiet(struct incident *incident, struct instant now)
{
	int64_t quiet_ms = instant_since(incident->last, now);

	if (incident->kind != INCIDENT_REFUSED || incident->over || quiet_ms < QUIET_MS)
		return;
	incident->over = true;
	incident->end_s = incident->begin_s + instant_since(incident->began, incident->last) / 1000;
}

/* The newest of that kind about that subject which is not over. */
static struct incident *
find_open(struct journal *journal, enum incident_kind kind, const char *subject)
{
	for (size_t i = journal->count; i-- > oldest(journal);) {
		struct incident *incident = at(journal, i);

		end_if_quiet(incident, loop_now(journal->loop));
		if (incident->kind == kind && !incident->over && strcmp(incident->subject, subject) == 0)
			return incident;
	}
	return NULL;
}

static struct incident *
begin(struct journal *journal, enum incident_kind kind, const char *subject, const struct record *record)
{
	struct incident *incident = find_open(journal, kind, subject);

	changed(journal);
	if (incident != NULL)
		return incident;
	incident = at(journal, journal->count++);
	*incident = (struct incident){ .kind = kind, .begin_s = record->wall_s - record->detect_ms / 1000,
		.detect_ms = record->detect_ms, .accounts = record->accounts, .again_ms = -1,
		.began = instant_add(record->when, -record->detect_ms), .last = record->when };
	snprintf(incident->subject, sizeof(incident->subject), "%s", subject);
	snprintf(incident->cause, sizeof(incident->cause), "%s", record->cause != NULL ? record->cause : "");
	return incident;
}

static void
end(struct journal *journal, struct incident *incident, const struct record *record)
{
	if (incident == NULL)
		return;
	incident->over = true;
	incident->end_s = record->wall_s;
	changed(journal);
}

static void
touch(struct incident *incident, const struct record *record)
{
	incident->accounts++;
	incident->last = record->when;
}

/* What an account that registers now has suffered from: something about the server that it left, or is on again. */
static struct incident *
find_suffered(struct journal *journal, const struct record *record)
{
	const char *server = record->from != NULL ? record->from : record->server;

	for (size_t i = journal->count; i-- > oldest(journal);) {
		struct incident *incident = at(journal, i);

		if ((incident->kind == INCIDENT_SERVER_DOWN || incident->kind == INCIDENT_REFUSED) &&
		    !incident->earlier && incident->again < incident->accounts &&
		    strcmp(incident->subject, server) == 0 &&
		    instant_since(incident->began, record->when) < AGAIN_MS)
			return incident;
	}
	return NULL;
}

static void
back_again(struct journal *journal, struct incident *incident, const struct record *record)
{
	int64_t ms;

	if (incident == NULL)
		return;
	ms = instant_since(incident->began, record->when);
	incident->again++;
	if (ms > incident->again_ms)
		incident->again_ms = ms;
	if (incident->again >= incident->accounts && incident->kind != INCIDENT_SERVER_DOWN)
		end(journal, incident, record);
	changed(journal);
}

static void
on_record(void *arg, const struct record *record)
{
	struct journal *journal = arg;

	switch (record->kind) {
	case RECORD_SERVER_DOWN:
		begin(journal, INCIDENT_SERVER_DOWN, record->server, record);
		break;
	case RECORD_SERVER_UP:
	case RECORD_SERVER_UNKNOWN:
		end(journal, find_open(journal, INCIDENT_SERVER_DOWN, record->server), record);
		break;
	case RECORD_REFUSED:
	case RECORD_HELD_OFF:
		if (!record->repeated)
			touch(begin(journal, INCIDENT_REFUSED, record->server, record), record);
		break;
	case RECORD_REGISTERED:
		back_again(journal, find_suffered(journal, record), record);
		break;
	case RECORD_FROZEN:
		touch(begin(journal, INCIDENT_NETWORK_DOWN, "", record), record);
		break;
	case RECORD_THAWED:
		back_again(journal, find_open(journal, INCIDENT_NETWORK_DOWN, ""), record);
		break;
	case RECORD_DNS_FAILED:
	case RECORD_DNS_STALE:
		begin(journal, INCIDENT_DNS_FAILED, record->question, record);
		break;
	case RECORD_DNS_FRESH:
		end(journal, find_open(journal, INCIDENT_DNS_FAILED, record->question), record);
		break;
	case RECORD_FAILED_OVER:
	case RECORD_FAILED_BACK:
	case RECORD_MOVED:
	case RECORD_UNREGISTERED:
	case RECORD_DRAINED:
	case RECORD_UNDRAINED:
	case RECORD_NEW_ADDRESS:
	case RECORD_RELOADED:
	case RECORD_REMOVED:
	case RECORD_KINDS:
		break;
	}
}

struct journal *
journal_new(struct loop *loop, struct agent *agent, const char *state_dir, int64_t write_ms)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	struct strbuf path = { 0 };

	if (journal == NULL)
		return NULL;
	journal->loop = loop;
	journal->agent = agent;
	journal->write_ms = write_ms;
	journal->listener = (struct agent_listener){ .on_record = on_record, .arg = journal };
	agent_listen(agent, &journal->listener);
	journal->timer = timer_new(loop, on_timer, journal);
	if (state_dir != NULL)
		strbuf_printf(&path, "%s/journal", state_dir);
	journal->path = path.data;
	if (journal->timer == NULL || path.failed) {
		journal_free(journal);
		return NULL;
	}
	return journal;
}

void
journal_read(struct journal *journal)
{
	struct strbuf text = { 0 };
	int rc = journal->path != NULL ? store_read(journal->path, &text) : -ENOENT;
	json_t *all = NULL;

	if (rc == 0) {
		all = json_loadb(text.len > 0 ? text.data : "", text.len, 0, NULL);
		if (!take_over(journal, all))
			log_line(LOG_LEVEL_WARNING, NULL, "%s is no journal: a new one is begun", journal->path);
	} else if (rc != -ENOENT) {
		complain(journal, "read", strerror(-rc));
	}
	json_decref(all);
	strbuf_fini(&text);
}

void
journal_free(struct journal *journal)
{
	if (journal == NULL)
		return;
	agent_unlisten(journal->agent, &journal->listener);
	flush(journal);
	timer_free(journal->timer);
	free(journal->path);
	free(journal);
}

void
journal_write(struct journal *journal, enum status_form form, struct strbuf *to)
{
	for (size_t i = oldest(journal); i < journal->count; i++)
		end_if_quiet(at(journal, i), loop_now(journal->loop));
	write_form(journal, form, to);
}
