/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_NOTIFY_H
#define SIPKEEPD_CONTROL_NOTIFY_H

/*
 * Calls the admin's program when something has changed (B73): one run at a time, and what happens meanwhile goes to
 * the next run in one batch. Its standard input has one line for each transition, the oldest first, in eight columns
 * parted by tabs, "-" for what does not apply:
 *
 *	EVENT  ACCOUNT  SERVER  FROM  QUESTION  CAUSE  TIME  TEXT
 *
 * TIME is seconds since 1970, the others are those of events.h. The environment has the newest one, and the whole:
 *
 *	SIPKEEPD_EVENT, and so on to SIPKEEPD_TIME
 *					the newest line's columns; empty for what does not apply
 *	SIPKEEPD_TEXT			all of them as lines for people, as in the log
 *	SIPKEEPD_COUNT			how many lines
 *	SIPKEEPD_DROPPED		how many more there were, when they came too fast to be kept
 *	SIPKEEPD_ACCOUNTS SIPKEEPD_REGISTERED	how many there are, and are registered now
 */

#include <stdbool.h>

#include "agent/agent.h"
#include "net/loop.h"

#define NOTIFY_LINES_MAX (32 * 1024)	/* bytes of lines that may wait for the next run */

struct notify;

/*
 * program   absolute path
 * limit_s   it is ended after so many seconds
 * silent    what it writes goes nowhere (spawn.h)
 * error     on failure: why (256 bytes)
 * Listens to the agent, which must outlive it. Returns NULL on failure.
 */
struct notify *notify_new(struct loop *loop, struct agent *agent, const char *program, int limit_s, bool silent,
    char error[256]);
void notify_free(struct notify *notify);	/* NULL is fine; what waits is not told any more */

#endif
