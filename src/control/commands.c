/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "control/answer.h"
#include "control/check.h"
#include "control/control_private.h"
#include "control/explain.h"
#include "control/servers.h"
#include "control/status.h"

/*
 * What every command is given. `account` is there where the request names one and the command is about accounts.
 * Each answers, now or later.
 */
struct call {
	struct control *control;
	struct stream *stream;
	const struct request *request;
	const char *subject;		/* NULL: none was named */
	const struct account *account;
};

static enum status_form
form_of(const struct request *request)
{
	return request->json ? STATUS_JSON : STATUS_TEXT;
}

/* ---- Status ---- */

struct status_reading {
	struct status_walk walk;
	const struct account *only;	/* looked at by the first piece, and gone by the next */
};

static int
status_next(void *arg, size_t enough, struct strbuf *to)
{
	struct status_reading *reading = arg;
	int more = status_walk(&reading->walk, reading->only, enough, to);

	reading->only = NULL;
	return more;
}

static void
status_fini(void *arg)
{
	struct status_reading *reading = arg;

	status_walk_fini(&reading->walk);
}

static void
do_status(const struct call *call)
{
	static const struct reading_source source = { status_next, status_fini };
	struct status_reading *reading = calloc(1, sizeof(*reading));

	if (reading != NULL) {
		status_walk_init(&reading->walk, call->control->agent, form_of(call->request));
		reading->walk.table = call->account == NULL && !call->request->detailed;
		reading->only = call->account;
	}
	readings_begin(call->control->readings, call->stream, &source, reading);
}

static int
servers_next(void *arg, size_t enough, struct strbuf *to)
{
	return servers_walk(arg, enough, to);
}

static void
do_servers(const struct call *call)
{
	static const struct reading_source source = { servers_next, NULL };
	struct servers_walk *walk = calloc(1, sizeof(*walk));

	if (walk != NULL)
		servers_walk_init(walk, call->control->agent, form_of(call->request));
	readings_begin(call->control->readings, call->stream, &source, walk);
}

struct check_reading {
	struct check_walk walk;
	const struct account *only;	/* as of a status_reading */
};

static int
check_next(void *arg, size_t enough, struct strbuf *to)
{
	struct check_reading *reading = arg;
	const struct account *only = reading->only;

	(void)enough;
	reading->only = NULL;
	return check_walk(&reading->walk, only, to);
}

static void
check_fini(void *arg)
{
	struct check_reading *reading = arg;

	check_walk_fini(&reading->walk);
}

static void
do_check(const struct call *call)
{
	static const struct reading_source source = { check_next, check_fini };
	struct check_reading *reading = calloc(1, sizeof(*reading));

	if (reading != NULL) {
		check_walk_init(&reading->walk, call->control->agent, form_of(call->request), &call->request->warning,
		    &call->request->critical);
		reading->only = call->account;
	}
	readings_begin(call->control->readings, call->stream, &source, reading);
}

static void
do_explain(const struct call *call)
{
	struct strbuf b = { 0 };

	if (explain_write(call->account, form_of(call->request), &b) < 0)
		b.failed = true;
	answer_text(call->stream, &b);
	strbuf_fini(&b);
}

static void
do_events(const struct call *call)
{
	struct events *events = call->control->events;
	enum status_form form = form_of(call->request);

	if (call->request->follow && events_full(events)) {
		answer_error(call->stream, "busy", "%d clients are following already", EVENTS_FOLLOWERS_MAX);
		return;
	}
	stream_write(call->stream, "ok\n", 3);
	events_write(events, form, call->stream);
	if (!call->request->follow || !events_follow(events, form, call->stream))
		stream_finish(call->stream);
}

static void
do_journal(const struct call *call)
{
	struct strbuf b = { 0 };

	journal_write(call->control->journal, form_of(call->request), &b);
	answer_text(call->stream, &b);
	strbuf_fini(&b);
}

static void
do_version(const struct call *call)
{
	char text[96];
	int len = snprintf(text, sizeof(text), "ok\nsipkeepd %.64s, protocol 1\n", call->control->hooks.version);

	stream_write(call->stream, text, (size_t)len);
	stream_finish(call->stream);
}

static void
do_trace(const struct call *call)
{
	struct traces *traces = call->control->traces;
	const struct peer_pattern *server = call->request->of_server ? &call->request->server : NULL;

	if (traces_full(traces))
		answer_error(call->stream, "busy", "%d clients are tracing already", TRACES_MAX);
	else if (!traces_begin(traces, call->stream, call->account, server))
		answer_error(call->stream, "no-memory", "no memory to trace");
	else
		stream_write(call->stream, "ok\n", 3);
}

/* ---- What is done on request (B71, B74) ---- */

static void
do_reload(const struct call *call)
{
	struct control *control = call->control;

	reloads_add(&control->reloads, call->stream);
	control->hooks.reload(control->hooks.arg);
}

static void
do_register(const struct call *call)
{
	if (agent_register(call->control->agent, call->subject))
		answer_ok(call->stream);
	else
		answer_error(call->stream, "no-such-account", "%s",
		    call->subject != NULL ? call->subject : "there is none");
}

static void
do_probe(const struct call *call)
{
	if (agent_probe(call->control->agent, call->subject))
		answer_ok(call->stream);
	else
		answer_error(call->stream, "no-such-server", "%s",
		    call->subject != NULL ? call->subject : "there is none");
}

static void
do_drain(const struct call *call)
{
	struct agent *agent = call->control->agent;
	bool drain = call->request->verb == REQUEST_DRAIN;
	int error = drain ? agent_drain(agent, call->subject) : agent_undrain(agent, call->subject);

	if (error == 0)
		answer_ok(call->stream);
	else if (error == -ENOENT)
		answer_error(call->stream, "no-such-server", "%s", call->subject);
	else
		answer_error(call->stream, "no-memory", "no memory to drain it");
}

static void
do_wait(const struct call *call)
{
	waiters_add(call->control->waiters, call->stream, call->request, call->account);
}

static void
do_log(const struct call *call)
{
	enum log_level level = log_level();
	char text[32];

	if (call->subject != NULL && !log_level_parse(&level, call->subject)) {
		answer_error(call->stream, "usage", "log wants error, warning, notice, info or debug");
		return;
	}
	if (level != log_level()) {
		log_set_level(LOG_LEVEL_NOTICE);	/* both ends are told of */
		log_line(LOG_LEVEL_NOTICE, NULL, "log level on request: %s", log_level_str(level));
		log_set_level(level);
	}
	snprintf(text, sizeof(text), "ok\n%s\n", log_level_str(level));
	stream_write(call->stream, text, strlen(text));
	stream_finish(call->stream);
}

/* ---- All of them ---- */

static const struct command {
	void (*run)(const struct call *call);
	bool account;			/* its subject is an account that must be there */
} commands[REQUEST_VERBS] = {
	[REQUEST_STATUS] = { do_status, true },
	[REQUEST_SERVERS] = { do_servers, false },
	[REQUEST_CHECK] = { do_check, true },
	[REQUEST_EXPLAIN] = { do_explain, true },
	[REQUEST_EVENTS] = { do_events, false },
	[REQUEST_RELOAD] = { do_reload, false },
	[REQUEST_REGISTER] = { do_register, true },
	[REQUEST_PROBE] = { do_probe, false },
	[REQUEST_DRAIN] = { do_drain, false },
	[REQUEST_UNDRAIN] = { do_drain, false },
	[REQUEST_JOURNAL] = { do_journal, false },
	[REQUEST_WAIT] = { do_wait, true },
	[REQUEST_LOG] = { do_log, false },
	[REQUEST_TRACE] = { do_trace, true },
	[REQUEST_VERSION] = { do_version, false },
};

void
commands_run(struct control *control, struct stream *stream, const struct request *request)
{
	const struct command *command = &commands[request->verb];
	struct call call = { .control = control, .stream = stream, .request = request };

	if (request->subject[0] != '\0')
		call.subject = request->subject;
	if (command->account && call.subject != NULL) {
		call.account = agent_account_by_name(control->agent, call.subject);
		if (call.account == NULL) {
			answer_error(stream, "no-such-account", "%s", call.subject);
			return;
		}
	}
	command->run(&call);
}
