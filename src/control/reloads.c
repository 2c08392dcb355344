/* SPDX-License-Identifier: ISC */
#include "control/reloads.h"

#include <assert.h>
#include <string.h>

void
reloads_add(struct reloads *reloads, struct stream *stream)
{
	assert(reloads->count < STREAM_CLIENTS_MAX);
	reloads->waiting[reloads->count].stream = stream;
	reloads->waiting[reloads->count++].next = true;
}

void
reloads_begin(struct reloads *reloads)
{
	for (size_t i = 0; i < reloads->count; i++)
		reloads->waiting[i].next = false;
}

static void
answer(struct stream *stream, bool good, const char *report)
{
	const char *first = good ? "ok\n" : "error refused the old configuration stays\n";

	stream_write(stream, first, strlen(first));
	if (report != NULL)
		stream_write(stream, report, strlen(report));
	stream_finish(stream);
}

void
reloads_end(struct reloads *reloads, bool good, const char *report)
{
	size_t kept = 0;

	for (size_t i = 0; i < reloads->count; i++)
		if (reloads->waiting[i].next)
			reloads->waiting[kept++] = reloads->waiting[i];
		else
			answer(reloads->waiting[i].stream, good, report);
	reloads->count = kept;
}

void
reloads_forget(struct reloads *reloads, const struct stream *stream)
{
	size_t kept = 0;

	for (size_t i = 0; i < reloads->count; i++)
		if (reloads->waiting[i].stream != stream)
			reloads->waiting[kept++] = reloads->waiting[i];
	reloads->count = kept;
}
