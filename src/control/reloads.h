/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_RELOADS_H
#define SIPKEEPD_CONTROL_RELOADS_H

/*
 * Clients that are held open until the reload is over that they have asked for. Who asks while one is under way waits
 * for the next: what he wants to be read may be newer than what was.
 */

#include <stdbool.h>
#include <stddef.h>

#include "net/stream.h"

/* Zeroed: nobody waits. */
struct reloads {
	struct {
		struct stream *stream;
		bool next;		/* not for the one that is under way */
	} waiting[STREAM_CLIENTS_MAX];
	size_t count;
};

/* The client waits for the next reload that begins. */
void reloads_add(struct reloads *reloads, struct stream *stream);

void reloads_begin(struct reloads *reloads);

/* report   whole lines, or NULL: none */
void reloads_end(struct reloads *reloads, bool good, const char *report);

/* The client has gone; one that does not wait is fine. */
void reloads_forget(struct reloads *reloads, const struct stream *stream);

#endif
