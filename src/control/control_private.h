/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_PRIVATE_H
#define SIPKEEPD_CONTROL_PRIVATE_H

/* What control.c and commands.c share: for them only. */

#include "control/control.h"
#include "control/events.h"
#include "control/journal.h"
#include "control/readings.h"
#include "control/reloads.h"
#include "control/request.h"
#include "control/traces.h"
#include "control/waiters.h"

struct control {
	struct agent *agent;
	struct control_hooks hooks;
	struct stream_listener *listener;
	struct waiters *waiters;
	struct readings *readings;
	struct reloads reloads;
	struct events *events;
	struct traces *traces;
	struct journal *journal;
};

/* Carries the request out and answers it, now or later. */
void commands_run(struct control *control, struct stream *stream, const struct request *request);

#endif
