/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_STREAM_H
#define SIPKEEPD_NET_STREAM_H

/*
 * A unix listener with buffered connections: one request line in, any bytes out, closed. For the control socket.
 * Slow, silent and greedy clients cost a bounded buffer and are closed after a time (bufferevents behind it).
 * SIGPIPE is ignored from the first listener on, unless the program handles it.
 */

#include <stddef.h>
#include <sys/types.h>

#include "net/loop.h"

#define STREAM_LINE_MAX 4096		/* a longer request line is answered by on_line with line NULL */
#define STREAM_CLIENTS_MAX 64		/* then who has not asked gives way; else more wait in the kernel's queue */
#define STREAM_IDLE_MS 10000		/* without a whole request line, or without taking our bytes */
#define STREAM_QUEUE_MAX (32 * 1024 * 1024)	/* bytes that one client may have waiting */

struct stream_listener;
struct stream;

struct stream_events {
	/*
	 * A whole line has come; called once per connection.
	 *
	 * line   without its newline, terminated; NULL: it was too long or had a NUL in it
	 * Answer with stream_write() and end with stream_finish(), now or later.
	 */
	void (*on_line)(void *arg, struct stream *stream, const char *line);

	/*
	 * The connection has gone after on_line and before stream_finish(); the stream is freed after this call.
	 * That the client ends its side only is the same as long as nothing was written to it.
	 * Who goes before on_line is not told of.
	 */
	void (*on_gone)(void *arg, struct stream *stream);

	/*
	 * All that was queued has been taken by the client, and stream_finish() was not called yet: time to write the
	 * next piece of a long answer. May be NULL.
	 */
	void (*on_drained)(void *arg, struct stream *stream);
};

/* Where the socket is, and whose. */
struct stream_place {
	const char *path;	/* 107 bytes at most: clients must be able to name it */
	int directory;		/* the path's directory, held open by the caller; -1: as the path says */
	uid_t owner;		/* (uid_t)-1: we */
	const char *group;	/* that may connect besides the owner, or NULL (mode 0660 or 0600) */
};

/*
 * Listens at a path. The socket appears with its final owner and permissions at once: it is made in a private
 * directory beside it and renamed into place, and no path is gone twice: who owns the directory cannot lead root
 * astray. An old socket there is replaced unless somebody listens on it.
 *
 * place   not needed any more after the call
 * error   on failure: why, in words (256 bytes)
 * Returns NULL on failure.
 */
struct stream_listener *stream_listen(struct loop *loop, const struct stream_place *place,
    const struct stream_events *events, void *arg, char error[256]);
void stream_listener_free(struct stream_listener *listener);	/* closes all, no event; removes the socket file */

/* Another time than STREAM_IDLE_MS for the clients to come. */
void stream_listener_set_idle(struct stream_listener *listener, int idle_ms);

/* Queues bytes. Returns 0 or -ENOMEM (over STREAM_QUEUE_MAX, too). */
int stream_write(struct stream *stream, const char *bytes, size_t len);

/* How much of that the client has not taken yet. */
size_t stream_queued(const struct stream *stream);

/* Sends what is queued, closes, frees; no event follows. */
void stream_finish(struct stream *stream);

#endif
