/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_SUPERVISOR_H
#define SIPKEEPD_SUPERVISOR_H

/*
 * The service manager that has started us, if it wants to know how we are (net/sdnotify.h): ready, reloading, ending,
 * how many accounts are registered (when that changes, once a second at most), and that the loop lives.
 * Without one, all of this is nothing.
 */

#include <stdbool.h>

#include "agent/agent.h"
#include "net/loop.h"

struct supervisor;

/* Before any child is made. Returns NULL if there is none that listens, or without memory; all calls take that. */
struct supervisor *supervisor_new(struct loop *loop);

/* The start is over: the agent lives. It is looked at until supervisor_stopping() or supervisor_free(). */
void supervisor_ready(struct supervisor *supervisor, struct agent *agent);

/* Around a reload. good: the new configuration is in force. */
void supervisor_reloading(struct supervisor *supervisor);
void supervisor_reloaded(struct supervisor *supervisor, bool good);

void supervisor_stopping(struct supervisor *supervisor);

/* Before its agent and its loop. */
void supervisor_free(struct supervisor *supervisor);

#endif
