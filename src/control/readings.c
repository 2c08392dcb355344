/* SPDX-License-Identifier: ISC */
#include "control/readings.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "control/answer.h"

struct reading {
	LIST_ENTRY(reading) link;
	struct loop *loop;
	struct stream *stream;
	struct timer *again;		/* set after a piece of nothing */
	const struct reading_source *source;
	void *walk;
	bool begun;			/* something was written */
};

struct readings {
	struct loop *loop;
	LIST_HEAD(, reading) list;
};

static void
walk_free(const struct reading_source *source, void *walk)
{
	if (walk != NULL && source->fini != NULL)
		source->fini(walk);
	free(walk);
}

static void
reading_free(struct reading *reading)
{
	LIST_REMOVE(reading, link);
	timer_free(reading->again);
	walk_free(reading->source, reading->walk);
	free(reading);
}

/* "ok" goes out with the first piece: until then it can be an error. */
static int
write_piece(struct reading *reading, const struct strbuf *piece)
{
	int error = 0;

	if (!reading->begun)
		error = stream_write(reading->stream, "ok\n", 3);
	reading->begun = true;
	return error < 0 || piece->len == 0 ? error : stream_write(reading->stream, piece->data, piece->len);
}

/* Writes the next piece; frees the reading and finishes the stream when it was the last. */
static void
reading_on(struct reading *reading)
{
	static const char broken_off[] = "\nout of memory, the rest is missing\n";
	struct stream *stream = reading->stream;
	struct strbuf piece = { 0 };
	int more = reading->source->next(reading->walk, READINGS_PIECE, &piece);

	if (more > 0 && piece.len == 0) {
		timer_set(reading->again, loop_now(reading->loop));
		strbuf_fini(&piece);
		return;
	}
	if (more >= 0 && write_piece(reading, &piece) < 0)
		more = -ENOMEM;
	strbuf_fini(&piece);
	if (more > 0)
		return;
	if (more < 0 && !reading->begun)
		answer_error(stream, "no-memory", "no memory for the answer");
	else {
		if (more < 0)
			stream_write(stream, broken_off, sizeof(broken_off) - 1);
		stream_finish(stream);
	}
	reading_free(reading);
}

struct readings *
readings_new(struct loop *loop)
{
	struct readings *readings = calloc(1, sizeof(*readings));

	if (readings == NULL)
		return NULL;
	readings->loop = loop;
	LIST_INIT(&readings->list);
	return readings;
}

void
readings_free(struct readings *readings)
{
	if (readings == NULL)
		return;
	while (!LIST_EMPTY(&readings->list))
		reading_free(LIST_FIRST(&readings->list));
	free(readings);
}

static void
on_again(void *arg)
{
	reading_on(arg);
}

void
readings_begin(struct readings *readings, struct stream *stream, const struct reading_source *source, void *walk)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	struct timer *again = reading != NULL ? timer_new(readings->loop, on_again, reading) : NULL;

	if (walk == NULL || again == NULL) {
		timer_free(again);
		free(reading);
		walk_free(source, walk);
		answer_error(stream, "no-memory", "no memory for the answer");
		return;
	}
	*reading = (struct reading){ .loop = readings->loop, .stream = stream, .again = again, .source = source,
	    .walk = walk };
	LIST_INSERT_HEAD(&readings->list, reading, link);
	reading_on(reading);
}

static struct reading *
find(const struct readings *readings, const struct stream *stream)
{
	struct reading *reading;

	LIST_FOREACH(reading, &readings->list, link) {
		if (reading->stream == stream)
			return reading;
	}
	return NULL;
}

void
readings_drained(struct readings *readings, const struct stream *stream)
{
	struct reading *reading = find(readings, stream);

	if (reading != NULL)
		reading_on(reading);
}

void
readings_forget(struct readings *readings, const struct stream *stream)
{
	struct reading *reading = find(readings, stream);

	if (reading != NULL)
		reading_free(reading);
}
