/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_READINGS_H
#define SIPKEEPD_CONTROL_READINGS_H

/*
 * Long answers, made piece by piece as the client takes them: what waits for one client is bounded, and so is the time
 * that one piece takes. Should memory run out on the way, the answer ends with a line that says so.
 */

#include <stddef.h>

#include "base/str.h"
#include "net/loop.h"
#include "net/stream.h"

#define READINGS_PIECE (64 * 1024)	/* bytes that are made ready at once, and what stands last in them */

struct readings;

/* What makes the pieces. Its walk is one allocation. */
struct reading_source {
	/*
	 * Appends the next piece; nothing appended means that it is not done yet and wants another turn of the loop.
	 *
	 * enough   after so many bytes the piece should end
	 * Returns 1 if more follows, 0 if that was all, or -ENOMEM.
	 */
	int (*next)(void *walk, size_t enough, struct strbuf *to);
	void (*fini)(void *walk);	/* what the walk holds, not the walk itself; may be NULL */
};

struct readings *readings_new(struct loop *loop);	/* NULL without memory */
void readings_free(struct readings *readings);		/* NULL is fine; the streams are the listener's to close */

/*
 * Answers with all of it.
 *
 * walk   from malloc(), owned from now on; NULL: there was no memory for it
 */
void readings_begin(struct readings *readings, struct stream *stream, const struct reading_source *source, void *walk);

/* The client has taken all that was written, or has gone; one that reads nothing long is fine. */
void readings_drained(struct readings *readings, const struct stream *stream);
void readings_forget(struct readings *readings, const struct stream *stream);

#endif
