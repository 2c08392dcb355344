/* SPDX-License-Identifier: ISC */
#include "supervisor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/sdnotify.h"

#define PAUSE_MS 1000		/* between two looks at the accounts: there may be 100,000, all moving */

struct supervisor {
	struct loop *loop;
	struct sdnotify *sdnotify;
	struct timer *watchdog;		/* not armed unless somebody waits for it */
	struct timer *look;		/* armed while a change waits for the pause to end */
	struct agent *agent;		/* NULL: not looked at */
	struct agent_listener listener;
	struct instant looked;
	bool unsteady;			/* something may change without a record: not all are registered */
	bool refused;			/* the last reload was */
	char told[160];			/* STATUS=… */
};

static void
look(void *arg)
{
	struct supervisor *s = arg;
	struct agent_status status;
	char line[sizeof(s->told)];

	agent_status(s->agent, &status);
	snprintf(line, sizeof(line), "STATUS=%zu of %zu accounts registered%s", status.registered, status.accounts,
	    s->refused ? "; the last reload was refused, see the log" : "");
	s->looked = loop_now(s->loop);
	s->unsteady = status.registered < status.accounts;
	if (strcmp(line, s->told) == 0)
		return;
	memcpy(s->told, line, sizeof(line));
	sdnotify_say(s->sdnotify, line);
}

/* In the midst of an event: on_change() follows. */
static void
on_record(void *arg, const struct record *record)
{
	struct supervisor *s = arg;

	(void)record;
	s->unsteady = true;
}

/* A refresh in steady state makes no record, and costs no look and no wake-up. */
static void
on_change(void *arg)
{
	struct supervisor *s = arg;
	struct instant next = instant_add(s->looked, PAUSE_MS);

	if (!s->unsteady || !instant_is_never(timer_due(s->look)))
		return;
	if (instant_due(next, loop_now(s->loop)))
		look(s);
	else
		timer_set(s->look, next);
}

/* From a timer of the loop, as all that the daemon does in time comes from one: a loop that hangs is silent. */
static void
on_watchdog(void *arg)
{
	struct supervisor *s = arg;

	sdnotify_say(s->sdnotify, "WATCHDOG=1");
	timer_set(s->watchdog, instant_add(loop_now(s->loop), (sdnotify_watchdog_ms(s->sdnotify) + 1) / 2));
}

struct supervisor *
supervisor_new(struct loop *loop)
{
	struct sdnotify *sdnotify = sdnotify_new();
	struct supervisor *s = sdnotify != NULL ? calloc(1, sizeof(*s)) : NULL;

	if (s == NULL) {
		sdnotify_free(sdnotify);
		return NULL;
	}
	s->loop = loop;
	s->sdnotify = sdnotify;
	s->listener = (struct agent_listener){ .on_change = on_change, .on_record = on_record, .arg = s };
	s->watchdog = timer_new(loop, on_watchdog, s);
	s->look = timer_new(loop, look, s);
	if (s->watchdog != NULL && s->look != NULL)
		return s;
	supervisor_free(s);
	return NULL;
}

void
supervisor_ready(struct supervisor *s, struct agent *agent)
{
	if (s == NULL)
		return;
	s->agent = agent;
	agent_listen(agent, &s->listener);
	sdnotify_say(s->sdnotify, "READY=1");
	look(s);
	if (sdnotify_watchdog_ms(s->sdnotify) > 0)
		on_watchdog(s);
}

void
supervisor_reloading(struct supervisor *s)
{
	if (s != NULL)
		sdnotify_say_reloading(s->sdnotify);
}

void
supervisor_reloaded(struct supervisor *s, bool good)
{
	if (s == NULL)
		return;
	s->refused = !good;
	sdnotify_say(s->sdnotify, "READY=1");
	look(s);
}

static void
look_away(struct supervisor *s)
{
	if (s->agent != NULL)
		agent_unlisten(s->agent, &s->listener);
	s->agent = NULL;
}

void
supervisor_stopping(struct supervisor *s)
{
	if (s == NULL)
		return;
	look_away(s);
	timer_set(s->look, INSTANT_NEVER);
	sdnotify_say(s->sdnotify, "STOPPING=1\nSTATUS=ending");
}

void
supervisor_free(struct supervisor *s)
{
	if (s == NULL)
		return;
	look_away(s);
	timer_free(s->watchdog);
	timer_free(s->look);
	sdnotify_free(s->sdnotify);
	free(s);
}
