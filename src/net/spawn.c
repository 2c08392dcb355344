/* SPDX-License-Identifier: ISC */
#include "net/spawn.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/loopbase.h"

struct spawner {
	struct loop *loop;
	int fd;			/* -1: the helper has ended */
	pid_t pid;
	struct event *event;
	bool runs;
	void (*on_done)(void *arg, const struct spawn_result *result);
	void *arg;
};

/*
 * Beside the program where it was built; else where it was installed. Root runs what stands there: no place that the
 * program's own folder does not vouch for.
 */
static void
find_helper(char path[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 64);
	char *slash;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	strcpy(slash != NULL ? slash : path, "/net/notifyhelper");
	if (slash == NULL || access(path, X_OK) != 0)
		strcpy(path, SIPKEEPD_MODULEDIR "/notifyhelper");
}

static int
set_files(posix_spawn_file_actions_t *actions, int input, bool silent)
{
	int error = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);

	if (error == 0 && silent)
		error = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (error == 0 && silent)
		error = posix_spawn_file_actions_adddup2(actions, STDOUT_FILENO, STDERR_FILENO);
	return error;
}

/* Our end of the socket is in *fd. Returns 0 or an errno. */
static int
start_helper(const char *program, int limit_s, bool silent, int *fd, pid_t *pid)
{
	char path[PATH_MAX];
	char limit[16];
	char *words[] = { path, (char *)program, limit, NULL };
	char *environment[] = { NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], error;

	find_helper(path);
	snprintf(limit, sizeof(limit), "%d", limit_s);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return errno;
	error = posix_spawn_file_actions_init(&actions);
	if (error == 0) {
		error = set_files(&actions, fds[1], silent);
		if (error == 0)
			error = posix_spawn(pid, path, &actions, NULL, words, environment);
		posix_spawn_file_actions_destroy(&actions);
	}
	close(fds[1]);
	if (error == 0)
		error = fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
	if (error != 0)
		close(fds[0]);
	*fd = fds[0];
	return error;
}

/* It is not waited for: it may have a program to wait for itself. */
static void
let_go(struct spawner *spawner)
{
	if (spawner->fd < 0)
		return;
	if (spawner->event != NULL)
		event_free(spawner->event);
	spawner->event = NULL;
	close(spawner->fd);
	spawner->fd = -1;
	waitpid(spawner->pid, NULL, WNOHANG);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct spawner *spawner = arg;
	struct spawn_result result;
	ssize_t len;

	(void)what;
	loop_woken(spawner->loop);
	len = recv(fd, &result, sizeof(result), 0);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len != (ssize_t)sizeof(result)) {
		let_go(spawner);
		spawner->on_done(spawner->arg, NULL);
		return;
	}
	spawner->runs = false;
	spawner->on_done(spawner->arg, &result);
}

struct spawner *
spawner_new(struct loop *loop, const char *program, int limit_s, bool silent,
    void (*on_done)(void *arg, const struct spawn_result *result), void *arg, char error[256])
{
	struct spawner *spawner = calloc(1, sizeof(*spawner));
	int failure = ENOMEM;

	if (spawner != NULL) {
		*spawner = (struct spawner){ .loop = loop, .fd = -1, .on_done = on_done, .arg = arg };
		failure = start_helper(program, limit_s, silent, &spawner->fd, &spawner->pid);
	}
	if (failure == 0) {
		spawner->event = event_new(loop_base(loop), spawner->fd, EV_READ | EV_PERSIST, on_readable, spawner);
		if (spawner->event == NULL || event_add(spawner->event, NULL) != 0)
			failure = ENOMEM;
	}
	if (failure == 0)
		return spawner;
	snprintf(error, 256, "notify: its helper, " SIPKEEPD_MODULEDIR "/notifyhelper, cannot be started: %s",
	    strerror(failure));
	spawner_free(spawner);
	return NULL;
}

void
spawner_free(struct spawner *spawner)
{
	if (spawner == NULL)
		return;
	let_go(spawner);
	free(spawner);
}

int
spawner_run(struct spawner *spawner, const char *job, size_t len)
{
	if (spawner->fd < 0)
		return -EPIPE;
	if (spawner->runs)
		return -EBUSY;
	if (len > SPAWN_JOB_MAX)
		return -E2BIG;
	if (send(spawner->fd, job, len, MSG_NOSIGNAL) < 0)
		return -errno;
	spawner->runs = true;
	return 0;
}
