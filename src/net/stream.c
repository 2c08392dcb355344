/* SPDX-License-Identifier: ISC */
#include "net/stream.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "net/loopbase.h"
#include "net/unixsocket.h"

enum {
	ACCEPT_PAUSE_MS = 1000,		/* after accept() failed: out of descriptors, it would fail again at once */
	SURPLUS_MAX = 65536,		/* behind the line: read and forgotten, then enough is enough */
};

struct stream_listener {
	struct loop *loop;
	const struct stream_events *events;
	void *arg;
	int idle_ms;
	struct evconnlistener *listener;
	struct timer *pause;
	LIST_HEAD(, stream) streams;
	unsigned count;
	struct unixsocket socket;	/* its descriptor is the evconnlistener's */
};

struct stream {
	LIST_ENTRY(stream) link;
	struct stream_listener *listener;
	struct bufferevent *bev;
	struct timer *idle;
	bool asked;		/* on_line was called */
	bool answered;		/* so was stream_write() */
	size_t surplus;		/* bytes that came behind the line */
	bool finishing;		/* the user has let go of it */
};

/* Bytes have come that were not looked at yet. */
static bool
has_said_something(const struct stream *stream)
{
	int waiting = 0;

	return ioctl(bufferevent_getfd(stream->bev), FIONREAD, &waiting) == 0 && waiting > 0;
}

/*
 * Who gives way to a new client when all places are taken: the oldest that has not asked.
 *
 * silent   only one of whom no more is there to be read
 */
static struct stream *
find_idler(const struct stream_listener *listener, bool silent)
{
	struct stream *stream, *oldest = NULL;

	LIST_FOREACH(stream, &listener->streams, link)
		if (!stream->asked && !(silent && has_said_something(stream)))
			oldest = stream;
	return oldest;
}

/* Lets clients in if there is room, or somebody who would give way; the others wait in the kernel's queue. */
static void
admit(struct stream_listener *listener)
{
	if (!instant_is_never(timer_due(listener->pause)))
		return;
	if (listener->count < STREAM_CLIENTS_MAX || find_idler(listener, true) != NULL)
		evconnlistener_enable(listener->listener);
	else
		evconnlistener_disable(listener->listener);
}

static void
stream_free(struct stream *stream)
{
	struct stream_listener *listener = stream->listener;

	LIST_REMOVE(stream, link);
	listener->count--;
	admit(listener);
	if (stream->bev)
		bufferevent_free(stream->bev);
	timer_free(stream->idle);
	free(stream);
}

/* The client has gone, or is as good as gone. Who never heard of the stream is not told of its end. */
static void
gone(struct stream *stream)
{
	if (stream->asked && !stream->finishing)
		stream->listener->events->on_gone(stream->listener->arg, stream);
	stream_free(stream);
}

static void
on_idle(void *arg)
{
	gone(arg);
}

static void
watch(struct stream *stream)
{
	timer_set(stream->idle, instant_add(loop_now(stream->listener->loop), stream->listener->idle_ms));
}

/* Bytes taken by the client are progress; bytes queued behind others are not. */
static void
on_output(struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
	struct stream *stream = arg;

	if (evbuffer_get_length(output) == 0)
		timer_set(stream->idle, INSTANT_NEVER);
	else if (info->n_deleted > 0 || info->orig_size == 0)
		watch(stream);
}

/*
 * Finds the request line.
 *
 * Returns true when it has come; *line is NULL then if it is none.
 */
static bool
take_line(struct evbuffer *input, char to[STREAM_LINE_MAX + 1], const char **line)
{
	size_t eol_len = 0, len;
	struct evbuffer_ptr eol = evbuffer_search_eol(input, NULL, &eol_len, EVBUFFER_EOL_CRLF);

	*line = NULL;
	if (eol.pos < 0)
		return evbuffer_get_length(input) > STREAM_LINE_MAX + 1;
	len = (size_t)eol.pos;
	if (len > STREAM_LINE_MAX)
		return true;
	evbuffer_remove(input, to, len);
	to[len] = '\0';
	if (strlen(to) == len)
		*line = to;
	return true;
}

/* Read all the same, or its end would not be seen either. */
static void
forget_input(struct stream *stream)
{
	struct evbuffer *input = bufferevent_get_input(stream->bev);

	stream->surplus += evbuffer_get_length(input);
	evbuffer_drain(input, evbuffer_get_length(input));
	if (stream->surplus > SURPLUS_MAX)
		gone(stream);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct stream *stream = arg;
	char text[STREAM_LINE_MAX + 1];
	const char *line;

	loop_woken(stream->listener->loop);
	if (stream->asked) {
		forget_input(stream);
		return;
	}
	if (!take_line(bufferevent_get_input(bev), text, &line)) {
		admit(stream->listener);
		return;
	}
	stream->asked = true;
	admit(stream->listener);
	timer_set(stream->idle, INSTANT_NEVER);	/* from here on the time is ours, not the client's */
	stream->listener->events->on_line(stream->listener->arg, stream, line);
}

/* All is sent. */
static void
on_written(struct bufferevent *bev, void *arg)
{
	struct stream *stream = arg;

	(void)bev;
	loop_woken(stream->listener->loop);
	if (stream->finishing)
		stream_free(stream);
	else if (stream->asked && stream->listener->events->on_drained)
		stream->listener->events->on_drained(stream->listener->arg, stream);
}

/* A client may have closed its sending side only, as `nc -N` does; then it still takes the answer. */
static bool
still_listens(struct bufferevent *bev)
{
	struct pollfd p = { .fd = bufferevent_getfd(bev), .events = POLLOUT };

	return poll(&p, 1, 0) >= 0 && !(p.revents & (POLLHUP | POLLERR));
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct stream *stream = arg;

	loop_woken(stream->listener->loop);
	/* Without an answer on its way nothing would ever tell whether it still waits, so its end is the end. */
	if (stream->answered && (what & BEV_EVENT_EOF) && still_listens(bev))
		return;
	gone(stream);
}

static bool
make_room(struct stream_listener *listener)
{
	struct stream *idler;

	if (listener->count < STREAM_CLIENTS_MAX)
		return true;
	idler = find_idler(listener, true);
	if (!idler)
		idler = find_idler(listener, false);
	if (idler)
		gone(idler);
	return idler != NULL;
}

static void
on_accept(struct evconnlistener *evlistener, evutil_socket_t fd, struct sockaddr *from, int from_len, void *arg)
{
	struct stream_listener *listener = arg;
	struct stream *stream = calloc(1, sizeof(*stream));

	(void)from;
	(void)from_len;
	(void)evlistener;
	loop_woken(listener->loop);
	if (!stream || !make_room(listener)) {
		free(stream);
		close(fd);
		return;
	}
	stream->listener = listener;
	LIST_INSERT_HEAD(&listener->streams, stream, link);
	listener->count++;
	stream->idle = timer_new(listener->loop, on_idle, stream);
	stream->bev = bufferevent_socket_new(loop_base(listener->loop), fd, BEV_OPT_CLOSE_ON_FREE);
	if (!stream->bev)
		close(fd);
	if (!stream->bev || !stream->idle ||
	    !evbuffer_add_cb(bufferevent_get_output(stream->bev), on_output, stream)) {
		stream_free(stream);
		return;
	}
	bufferevent_setcb(stream->bev, on_read, on_written, on_event, stream);
	bufferevent_setwatermark(stream->bev, EV_READ, 0, STREAM_LINE_MAX + 2);
	bufferevent_enable(stream->bev, EV_READ | EV_WRITE);
	watch(stream);
	admit(listener);
}

static void
on_accept_error(struct evconnlistener *evlistener, void *arg)
{
	struct stream_listener *listener = arg;

	loop_woken(listener->loop);
	evconnlistener_disable(evlistener);
	timer_set(listener->pause, instant_add(loop_now(listener->loop), ACCEPT_PAUSE_MS));
}

static void
on_pause_over(void *arg)
{
	admit(arg);
}

/* A client that has gone is an error of that write, no signal to the daemon. */
static void
ignore_sigpipe(void)
{
	struct sigaction action;

	if (sigaction(SIGPIPE, NULL, &action) == 0 && !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_DFL) {
		action.sa_handler = SIG_IGN;
		sigaction(SIGPIPE, &action, NULL);
	}
}

struct stream_listener *
stream_listen(struct loop *loop, const struct stream_place *place, const struct stream_events *events, void *arg,
    char error[256])
{
	struct stream_listener *listener = calloc(1, sizeof(*listener));

	if (!listener) {
		snprintf(error, 256, "%s", strerror(ENOMEM));
		return NULL;
	}
	listener->loop = loop;
	listener->events = events;
	listener->arg = arg;
	listener->idle_ms = STREAM_IDLE_MS;
	LIST_INIT(&listener->streams);
	ignore_sigpipe();
	if (!unixsocket_open(&listener->socket, place, error)) {
		free(listener);
		return NULL;
	}
	listener->pause = timer_new(loop, on_pause_over, listener);
	listener->listener = evconnlistener_new(loop_base(loop), on_accept, listener,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, listener->socket.fd);
	if (!listener->listener)
		close(listener->socket.fd);
	if (!listener->listener || !listener->pause) {
		snprintf(error, 256, "%s", strerror(ENOMEM));
		stream_listener_free(listener);
		return NULL;
	}
	evconnlistener_set_error_cb(listener->listener, on_accept_error);
	return listener;
}

/* The loop will not turn again: what the socket takes at once still goes out. libevent holds its buffer otherwise. */
static void
last_words(struct stream *stream)
{
	struct evbuffer *output = stream->bev != NULL ? bufferevent_get_output(stream->bev) : NULL;

	if (output == NULL || evbuffer_get_length(output) == 0)
		return;
	evbuffer_unfreeze(output, 1);
	evbuffer_write(output, bufferevent_getfd(stream->bev));
}

void
stream_listener_free(struct stream_listener *listener)
{
	struct stream *stream;

	if (!listener)
		return;
	while ((stream = LIST_FIRST(&listener->streams)) != NULL) {
		last_words(stream);
		stream_free(stream);
	}
	unixsocket_remove(&listener->socket);
	if (listener->listener)
		evconnlistener_free(listener->listener);
	timer_free(listener->pause);
	free(listener);
}

void
stream_listener_set_idle(struct stream_listener *listener, int idle_ms)
{
	listener->idle_ms = idle_ms;
}

size_t
stream_queued(const struct stream *stream)
{
	return evbuffer_get_length(bufferevent_get_output(stream->bev));
}

int
stream_write(struct stream *stream, const char *bytes, size_t len)
{
	struct evbuffer *output = bufferevent_get_output(stream->bev);

	stream->answered = true;
	if (len > STREAM_QUEUE_MAX - evbuffer_get_length(output) || evbuffer_add(output, bytes, len) < 0)
		return -ENOMEM;
	return 0;
}

/* A unix socket closed with bytes unread resets its peer, who might then miss our answer. */
static void
discard_input(struct stream *stream)
{
	char piece[4096];
	size_t total = 0;
	ssize_t n;

	while (total < SURPLUS_MAX &&
	    (n = recv(bufferevent_getfd(stream->bev), piece, sizeof(piece), MSG_DONTWAIT)) > 0)
		total += (size_t)n;
}

void
stream_finish(struct stream *stream)
{
	stream->finishing = true;
	discard_input(stream);
	if (evbuffer_get_length(bufferevent_get_output(stream->bev)) == 0)
		stream_free(stream);
}
