/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_TESTS_CONTROL_SIDE_H
#define SIPKEEPD_TESTS_CONTROL_SIDE_H

/* A control socket before a fake agent, and clients that ask it. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/control.h"
#include "fake_agent.h"
#include "net/stream.h"
#include "unit.h"

struct world {
	char directory[64];
	char path[96];
	struct loop *loop;
	struct agent *agent;
	struct control *control;
	bool reload_works;
	bool reload_takes_long;
	/* what a client heard */
	int fd;
	struct timer *look;
	struct strbuf heard;
	bool ended;
	int looks_left;
};

static void
fake_reload(void *arg)
{
	struct world *w = arg;

	w->agent->reloads++;
	if (w->reload_takes_long)
		return;
	control_reload_begins(w->control);
	control_reload_ends(w->control, w->reload_works,
	    w->reload_works ? "generation 2\n" : "sipkeepd.conf:3: no such key; remove it\n");
}

static inline void
world_init(struct world *w)
{
	struct control_hooks hooks = { .reload = fake_reload, .arg = w, .version = "1.2.3" };
	struct stream_place place = { .path = w->path, .directory = -1, .owner = (uid_t)-1 };
	char error[256] = "";

	*w = (struct world){ .directory = "control-test-XXXXXX", .fd = -1 };
	ck_assert_ptr_nonnull(mkdtemp(w->directory));
	snprintf(w->path, sizeof(w->path), "%s/control", w->directory);
	w->loop = loop_new();
	w->agent = fake_agent_new();
	w->control = control_new(w->loop, w->agent, &place, &hooks, error);
	ck_assert_msg(w->control != NULL, "%s", error);
}

static inline void
world_fini(struct world *w)
{
	control_free(w->control);
	ck_assert(TAILQ_EMPTY(&w->agent->listeners));
	ck_assert_int_ne(access(w->path, F_OK), 0);
	free(w->agent);
	loop_free(w->loop);
	strbuf_fini(&w->heard);
	rmdir(w->directory);
}

static int
client(const struct world *w, const char *bytes, size_t len)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, w->path);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
	return fd;
}

static inline int
client_says(const struct world *w, const char *line)
{
	return client(w, line, strlen(line));
}

/* Reads what has come; ends the loop at the end of the connection. */
static void
on_look(void *arg)
{
	struct world *w = arg;
	char piece[65536];
	ssize_t n;

	while ((n = recv(w->fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0)
		strbuf_append_n(&w->heard, piece, (size_t)n);
	w->ended = n == 0 || errno != EAGAIN;
	if (w->ended || --w->looks_left == 0)
		loop_stop(w->loop);
	else
		timer_set(w->look, instant_add(loop_now(w->loop), 2));
}

/* Runs the loop until that client's connection ends, or for so many looks of 2 ms. */
static inline const char *
hear(struct world *w, int fd, int looks)
{
	strbuf_clear(&w->heard);
	w->fd = fd;
	w->ended = false;
	w->looks_left = looks;
	w->look = timer_new(w->loop, on_look, w);
	timer_set(w->look, loop_now(w->loop));
	loop_run(w->loop);
	timer_free(w->look);
	return w->heard.data != NULL ? w->heard.data : "";
}

static inline const char *
ask(struct world *w, const char *line)
{
	int fd = client_says(w, line);
	const char *answer = hear(w, fd, 2500);

	ck_assert_msg(w->ended, "no end after %s", line);
	close(fd);
	return answer;
}

static void
on_idle_over(void *arg)
{
	struct world *w = arg;

	loop_stop(w->loop);
}

static inline void
idle(struct world *w, int ms)
{
	struct timer *timer = timer_new(w->loop, on_idle_over, w);

	timer_set(timer, instant_add(loop_now(w->loop), ms));
	loop_run(w->loop);
	timer_free(timer);
}

#endif
