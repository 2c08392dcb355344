/* SPDX-License-Identifier: ISC */
#include "lines.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/loopbase.h"

struct lines {
	struct loop *loop;
	struct event *event;
	void (*on_line)(void *arg, char *line);
	void *arg;
	size_t len;
	char text[LINES_MAX];
};

static void
take(struct lines *lines, char c)
{
	if (c == '\n') {
		lines->text[lines->len] = '\0';
		lines->len = 0;
		lines->on_line(lines->arg, lines->text);
	} else if (lines->len + 1 < sizeof(lines->text))
		lines->text[lines->len++] = c;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct lines *lines = arg;
	char piece[512];
	ssize_t n = read(fd, piece, sizeof(piece));

	(void)what;
	loop_woken(lines->loop);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	for (ssize_t i = 0; i < n; i++)
		take(lines, piece[i]);
	if (n <= 0) {
		event_del(lines->event);
		lines->on_line(lines->arg, NULL);
	}
}

struct lines *
lines_new(struct loop *loop, int fd, void (*on_line)(void *arg, char *line), void *arg)
{
	struct lines *lines = calloc(1, sizeof(*lines));

	if (lines == NULL)
		return NULL;
	*lines = (struct lines){ .loop = loop, .on_line = on_line, .arg = arg };
	lines->event = event_new(loop_base(loop), fd, EV_READ | EV_PERSIST, on_readable, lines);
	if (lines->event == NULL || event_add(lines->event, NULL) != 0) {
		lines_free(lines);
		return NULL;
	}
	return lines;
}

void
lines_free(struct lines *lines)
{
	if (lines != NULL && lines->event != NULL)
		event_free(lines->event);
	free(lines);
}
