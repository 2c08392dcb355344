/* SPDX-License-Identifier: ISC */
#include "control/control.h"

#include <stdio.h>
#include <stdlib.h>

#include "control/answer.h"
#include "control/control_private.h"

static void
on_line(void *arg, struct stream *stream, const char *line)
{
	struct request request;
	char why[160];

	if (request_parse(&request, line, why))
		commands_run(arg, stream, &request);
	else
		answer_error(stream, "usage", "%s", why);
}

static void
on_drained(void *arg, struct stream *stream)
{
	struct control *control = arg;

	readings_drained(control->readings, stream);
}

static void
on_gone(void *arg, struct stream *stream)
{
	struct control *control = arg;

	events_forget(control->events, stream);
	traces_forget(control->traces, stream);
	readings_forget(control->readings, stream);
	waiters_forget(control->waiters, stream);
	reloads_forget(&control->reloads, stream);
}

struct control *
control_new(struct loop *loop, struct agent *agent, const struct stream_place *place,
    const struct control_hooks *hooks, char error[256])
{
	static const struct stream_events events = { .on_line = on_line, .on_gone = on_gone,
	    .on_drained = on_drained };
	struct control *control = calloc(1, sizeof(*control));

	snprintf(error, 256, "control socket: no memory");
	if (control == NULL)
		return NULL;
	*control = (struct control){ .agent = agent, .hooks = *hooks };
	control->waiters = waiters_new(loop, agent);
	control->readings = readings_new(loop);
	control->events = events_new(agent);
	control->traces = traces_new(loop, agent);
	control->journal = journal_new(loop, agent, hooks->state_dir, JOURNAL_WRITE_MS);
	if (control->waiters != NULL && control->readings != NULL && control->events != NULL &&
	    control->traces != NULL && control->journal != NULL)
		control->listener = stream_listen(loop, place, &events, control, error);
	if (control->listener == NULL) {
		control_free(control);
		return NULL;
	}
	return control;
}

void
control_reload_begins(struct control *control)
{
	reloads_begin(&control->reloads);
}

void
control_reload_ends(struct control *control, bool good, const char *report)
{
	reloads_end(&control->reloads, good, report);
}

void
control_begin(struct control *control)
{
	journal_read(control->journal);
}

void
control_free(struct control *control)
{
	if (control == NULL)
		return;
	waiters_free(control->waiters);
	readings_free(control->readings);
	events_free(control->events);
	traces_free(control->traces);
	journal_free(control->journal);
	stream_listener_free(control->listener);
	free(control);
}
