/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_EVENTS_H
#define SIPKEEPD_CONTROL_EVENTS_H

/*
 * The last transitions, kept for who asks, and told as they happen to who follows (B73). Text, one line each:
 *
 *	2026-11-22T15:25:44Z 100@example.com: moves from udp:192.0.2.1:5060 to udp:192.0.2.2:5060: ...
 *
 * or one JSON object a line.
 */

#include <stdbool.h>

#include "agent/agent.h"
#include "control/status.h"
#include "net/stream.h"

#define EVENTS_KEPT 256
#define EVENTS_FOLLOWERS_MAX 8
#define EVENTS_BEHIND_MAX (256 * 1024)	/* bytes that a follower may have waiting: over it, it is dropped */

struct events;

/* Listens to the agent, which must outlive it. NULL without memory. */
struct events *events_new(struct agent *agent);
void events_free(struct events *events);	/* NULL is fine; the followers' streams are the listener's to close */

/* All that are kept, the oldest first. */
void events_write(const struct events *events, enum status_form form, struct stream *stream);

bool events_full(const struct events *events);

/* From now on each one is written to the stream too. Returns false without memory. */
bool events_follow(struct events *events, enum status_form form, struct stream *stream);

/* The client has gone; one that does not follow is fine. */
void events_forget(struct events *events, const struct stream *stream);

/* One record as a line with its newline; for who writes them elsewhere too. */
void events_line(const struct record *record, enum status_form form, struct strbuf *to);

#endif
