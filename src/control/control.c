/* SPDX-License-Identifier: ISC */
#include "control/control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "control/events.h"
#include "control/explain.h"
#include "control/request.h"
#include "control/status.h"
#include "net/stream.h"

/* A client that is held open until something comes true. */
struct waiter {
	LIST_ENTRY(waiter) link;
	struct control *control;
	struct stream *stream;
	struct timer *timer;
	struct request request;
	char *aor;		/* of the account that is waited for */
	size_t place;		/* where it stood last */
};

/* A client that is given the status piece by piece. */
struct reading {
	LIST_ENTRY(reading) link;
	struct stream *stream;
	struct status_walk walk;
};

struct control {
	struct loop *loop;
	struct agent *agent;
	struct agent_listener changes;
	struct stream_listener *listener;
	struct control_hooks hooks;
	LIST_HEAD(, waiter) waiters;
	struct timer *look;		/* set by a change: however many there are in a turn, waiters look once */
	unsigned waiter_count;
	struct events *events;
	LIST_HEAD(, reading) readings;
};

/* ---- Answers ---- */

static void
answer_error(struct stream *stream, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void
answer_error(struct stream *stream, const char *code, const char *format, ...)
{
	char text[512], line[600];
	va_list args;
	int len;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	len = snprintf(line, sizeof(line), "error %s %s\n", code, text);
	stream_write(stream, line, (size_t)len);
	stream_finish(stream);
}

static void
answer_ok(struct stream *stream)
{
	stream_write(stream, "ok\n", 3);
	stream_finish(stream);
}

/* ---- wait ---- */

static bool
came_true(const struct request *request, const struct account *account)
{
	struct account_status s;
	struct candidate_status active;

	account_status(account, &s);
	if (request->wait_state && s.state != request->state)
		return false;
	if (request->active.family == ADDRESS_NONE)
		return true;
	if (s.active < 0 || !account_candidate_status(account, (size_t)s.active, &active))
		return false;
	if (request->active.port == 0)
		return address_same_ip(&request->active, &active.peer.address);
	return address_equal(&request->active, &active.peer.address);
}

static void
waiter_free(struct waiter *waiter)
{
	LIST_REMOVE(waiter, link);
	waiter->control->waiter_count--;
	timer_free(waiter->timer);
	free(waiter->aor);
	free(waiter);
}

static bool
stands_at(const struct waiter *waiter, size_t place)
{
	const struct account *account = agent_account(waiter->control->agent, place);
	struct account_status s;

	if (account == NULL)
		return false;
	account_status(account, &s);
	return strcmp(s.aor, waiter->aor) == 0;
}

/* The account that is waited for, or NULL if it has gone. Found at its place, unless a reload has moved it. */
static const struct account *
waiter_account(struct waiter *waiter)
{
	const struct agent *agent = waiter->control->agent;

	if (!stands_at(waiter, waiter->place)) {
		waiter->place = 0;
		while (agent_account(agent, waiter->place) != NULL && !stands_at(waiter, waiter->place))
			waiter->place++;
	}
	return agent_account(agent, waiter->place);
}

/* Answers and frees the waiter if its wait is over. */
static void
waiter_look(struct waiter *waiter)
{
	const struct account *account = waiter_account(waiter);
	struct stream *stream = waiter->stream;

	if (account == NULL) {
		answer_error(stream, "no-such-account", "%s has gone", waiter->request.subject);
		waiter_free(waiter);
	} else if (came_true(&waiter->request, account)) {
		answer_ok(stream);
		waiter_free(waiter);
	}
}

static void
on_change(void *arg)
{
	struct control *control = arg;

	if (!LIST_EMPTY(&control->waiters))
		timer_set(control->look, loop_now(control->loop));
}

static void
on_look(void *arg)
{
	struct control *control = arg;
	struct waiter *waiter = LIST_FIRST(&control->waiters);

	while (waiter != NULL) {
		struct waiter *next = LIST_NEXT(waiter, link);

		waiter_look(waiter);
		waiter = next;
	}
}

/* What the account is instead of what was waited for. */
static void
answer_timeout(struct stream *stream, const struct account *account)
{
	struct account_status s;
	struct candidate_status active;
	char server[ADDRESS_TEXT_SIZE] = "none";

	account_status(account, &s);
	if (s.active >= 0 && account_candidate_status(account, (size_t)s.active, &active))
		address_str(&active.peer.address, server);
	answer_error(stream, "timeout", "%s is %s, active %s", s.aor, account_state_str(s.state), server);
}

static void
on_timeout(void *arg)
{
	struct waiter *waiter = arg;
	const struct account *account = waiter_account(waiter);

	if (account == NULL)
		answer_error(waiter->stream, "no-such-account", "%s has gone", waiter->request.subject);
	else
		answer_timeout(waiter->stream, account);
	waiter_free(waiter);
}

static struct waiter *
waiter_new(struct control *control, struct stream *stream, const struct request *request,
    const struct account *account)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));
	struct account_status s;

	if (waiter == NULL)
		return NULL;
	account_status(account, &s);
	waiter->aor = strdup(s.aor);
	waiter->control = control;
	waiter->stream = stream;
	waiter->request = *request;
	waiter->timer = timer_new(control->loop, on_timeout, waiter);
	if (waiter->timer == NULL || waiter->aor == NULL) {
		timer_free(waiter->timer);
		free(waiter->aor);
		free(waiter);
		return NULL;
	}
	LIST_INSERT_HEAD(&control->waiters, waiter, link);
	control->waiter_count++;
	timer_set(waiter->timer, instant_add(loop_now(control->loop), request->timeout_ms));
	return waiter;
}

static void
do_wait(struct control *control, struct stream *stream, const struct request *request, const struct account *account)
{
	if (came_true(request, account))
		answer_ok(stream);
	else if (request->timeout_ms == 0)
		answer_timeout(stream, account);
	else if (control->waiter_count >= CONTROL_WAITERS_MAX)
		answer_error(stream, "busy", "%d clients are waiting already", CONTROL_WAITERS_MAX);
	else if (waiter_new(control, stream, request, account) == NULL)
		answer_error(stream, "no-memory", "no memory to wait");
}

/* ---- The others ---- */

static void
reading_free(struct reading *reading)
{
	LIST_REMOVE(reading, link);
	status_walk_fini(&reading->walk);
	free(reading);
}

/*
 * Writes the next piece; frees the reading and finishes the stream when it was the last.
 *
 * only   see status_walk()
 */
static void
reading_on(struct reading *reading, const char *before, const struct account *only)
{
	static const char broken_off[] = "\nout of memory, the rest is missing\n";
	struct stream *stream = reading->stream;
	struct strbuf piece = { 0 };
	int more;

	strbuf_append(&piece, before);
	more = status_walk(&reading->walk, only, CONTROL_PIECE, &piece);
	if (more >= 0 && piece.len > 0 && stream_write(stream, piece.data, piece.len) != 0)
		more = -ENOMEM;
	strbuf_fini(&piece);
	if (more > 0)
		return;
	if (more < 0 && before[0] != '\0')
		answer_error(stream, "no-memory", "no memory to show the status");
	else {
		if (more < 0)
			stream_write(stream, broken_off, sizeof(broken_off) - 1);
		stream_finish(stream);
	}
	reading_free(reading);
}

static void
do_status(struct control *control, struct stream *stream, const struct request *request, const struct account *only)
{
	struct reading *reading = calloc(1, sizeof(*reading));

	if (reading == NULL) {
		answer_error(stream, "no-memory", "no memory to show the status");
		return;
	}
	reading->stream = stream;
	status_walk_init(&reading->walk, control->agent, request->json ? STATUS_JSON : STATUS_TEXT);
	LIST_INSERT_HEAD(&control->readings, reading, link);
	reading_on(reading, "ok\n", only);
}

static struct reading *
reading_of(struct control *control, struct stream *stream)
{
	struct reading *reading;

	LIST_FOREACH(reading, &control->readings, link) {
		if (reading->stream == stream)
			return reading;
	}
	return NULL;
}

static void
on_drained(void *arg, struct stream *stream)
{
	struct reading *reading = reading_of(arg, stream);

	if (reading != NULL)
		reading_on(reading, "", NULL);
}

static void
do_reload(struct control *control, struct stream *stream)
{
	static const char refused[] = "error refused the old configuration stays\n";
	struct strbuf report = { 0 };

	if (control->hooks.reload(control->hooks.arg, &report))
		stream_write(stream, "ok\n", 3);
	else
		stream_write(stream, refused, sizeof(refused) - 1);
	if (report.len > 0)
		stream_write(stream, report.data, report.len);
	strbuf_fini(&report);
	stream_finish(stream);
}

static void
do_register(struct control *control, struct stream *stream, const char *account)
{
	if (agent_register(control->agent, account))
		answer_ok(stream);
	else
		answer_error(stream, "no-such-account", "%s", account != NULL ? account : "there is none");
}

static void
do_probe(struct control *control, struct stream *stream, const char *server)
{
	if (agent_probe(control->agent, server))
		answer_ok(stream);
	else
		answer_error(stream, "no-such-server", "%s", server != NULL ? server : "there is none");
}

static void
do_drain(struct control *control, struct stream *stream, const struct request *request)
{
	bool drain = request->verb == REQUEST_DRAIN;
	int rc = drain ? agent_drain(control->agent, request->subject) : agent_undrain(control->agent, request->subject);

	if (rc == 0)
		answer_ok(stream);
	else if (rc == -ENOENT)
		answer_error(stream, "no-such-server", "%s", request->subject);
	else
		answer_error(stream, "no-memory", "no memory to drain it");
}

static void
do_explain(struct stream *stream, const struct request *request, const struct account *account)
{
	struct strbuf b = { 0 };

	if (explain_write(account, request->json ? STATUS_JSON : STATUS_TEXT, &b) < 0)
		answer_error(stream, "no-memory", "no memory to explain it");
	else {
		stream_write(stream, "ok\n", 3);
		stream_write(stream, b.data, b.len);
		stream_finish(stream);
	}
	strbuf_fini(&b);
}

static void
do_events(struct control *control, struct stream *stream, const struct request *request)
{
	enum status_form form = request->json ? STATUS_JSON : STATUS_TEXT;

	if (request->follow && events_full(control->events)) {
		answer_error(stream, "busy", "%d clients are following already", EVENTS_FOLLOWERS_MAX);
		return;
	}
	stream_write(stream, "ok\n", 3);
	events_write(control->events, form, stream);
	if (!request->follow || !events_follow(control->events, form, stream))
		stream_finish(stream);
}

static bool
is_about_account(enum request_verb verb)
{
	return verb != REQUEST_PROBE && verb != REQUEST_DRAIN && verb != REQUEST_UNDRAIN;
}

static void
do_version(struct control *control, struct stream *stream)
{
	char text[96];
	int len = snprintf(text, sizeof(text), "ok\nsipkeepd %.64s, protocol 1\n", control->hooks.version);

	stream_write(stream, text, (size_t)len);
	stream_finish(stream);
}

static void
do_request(struct control *control, struct stream *stream, const struct request *request)
{
	const char *subject = request->subject[0] != '\0' ? request->subject : NULL;
	const struct account *account = NULL;

	if (subject != NULL && is_about_account(request->verb)) {
		account = agent_account_by_name(control->agent, subject);
		if (account == NULL) {
			answer_error(stream, "no-such-account", "%s", subject);
			return;
		}
	}
	switch (request->verb) {
	case REQUEST_STATUS:
		do_status(control, stream, request, account);
		break;
	case REQUEST_RELOAD:
		do_reload(control, stream);
		break;
	case REQUEST_REGISTER:
		do_register(control, stream, subject);
		break;
	case REQUEST_PROBE:
		do_probe(control, stream, subject);
		break;
	case REQUEST_DRAIN:
	case REQUEST_UNDRAIN:
		do_drain(control, stream, request);
		break;
	case REQUEST_EXPLAIN:
		do_explain(stream, request, account);
		break;
	case REQUEST_EVENTS:
		do_events(control, stream, request);
		break;
	case REQUEST_WAIT:
		do_wait(control, stream, request, account);
		break;
	case REQUEST_VERSION:
		do_version(control, stream);
		break;
	case REQUEST_VERBS:
		break;
	}
}

static void
on_line(void *arg, struct stream *stream, const char *line)
{
	struct request request;
	char why[160];

	if (request_parse(&request, line, why))
		do_request(arg, stream, &request);
	else
		answer_error(stream, "usage", "%s", why);
}

static void
on_gone(void *arg, struct stream *stream)
{
	struct control *control = arg;
	struct reading *reading = reading_of(control, stream);
	struct waiter *waiter;

	events_forget(control->events, stream);
	if (reading != NULL) {
		reading_free(reading);
		return;
	}
	LIST_FOREACH(waiter, &control->waiters, link) {
		if (waiter->stream == stream) {
			waiter_free(waiter);
			return;
		}
	}
}

struct control *
control_new(struct loop *loop, struct agent *agent, const struct stream_place *place,
    const struct control_hooks *hooks, char error[256])
{
	static const struct stream_events events = { .on_line = on_line, .on_gone = on_gone,
	    .on_drained = on_drained };
	struct control *control = calloc(1, sizeof(*control));

	if (control == NULL) {
		snprintf(error, 256, "control socket: no memory");
		return NULL;
	}
	*control = (struct control){ .loop = loop, .agent = agent, .hooks = *hooks };
	LIST_INIT(&control->waiters);
	control->events = events_new(agent);
	LIST_INIT(&control->readings);
	control->look = timer_new(loop, on_look, control);
	if (control->look == NULL || control->events == NULL)
		snprintf(error, 256, "control socket: no memory");
	else
		control->listener = stream_listen(loop, place, &events, control, error);
	if (control->listener == NULL) {
		events_free(control->events);
		timer_free(control->look);
		free(control);
		return NULL;
	}
	control->changes = (struct agent_listener){ .on_change = on_change, .arg = control };
	agent_listen(agent, &control->changes);
	return control;
}

void
control_free(struct control *control)
{
	if (control == NULL)
		return;
	agent_unlisten(control->agent, &control->changes);
	while (!LIST_EMPTY(&control->waiters))
		waiter_free(LIST_FIRST(&control->waiters));
	events_free(control->events);
	while (!LIST_EMPTY(&control->readings))
		reading_free(LIST_FIRST(&control->readings));
	stream_listener_free(control->listener);
	timer_free(control->look);
	free(control);
}
