/* SPDX-License-Identifier: ISC */
#include "net/forked.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "net/loopbase.h"

enum {
	FAILED = 101,		/* an exit status: errno 0 */
	DESCRIPTORS_MAX = 65536,
};

struct forked {
	struct loop *loop;
	pid_t pid;
	int fd;			/* its end is the end of the copy */
	struct event *event;
	void (*on_done)(void *arg, int result);
	void *arg;
};

static int
reap(const struct forked *forked)
{
	int status;
	pid_t pid;

	do
		pid = waitpid(forked->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	if (pid < 0 || !WIFEXITED(status))
		return -EIO;
	return WEXITSTATUS(status) < FAILED ? WEXITSTATUS(status) : FAILED - WEXITSTATUS(status);
}

static void
dispose(struct forked *forked)
{
	if (forked->event != NULL)
		event_free(forked->event);
	if (forked->fd >= 0)
		close(forked->fd);
	free(forked);
}

static void
on_end(evutil_socket_t fd, short what, void *arg)
{
	struct forked *forked = arg;
	void (*on_done)(void *, int) = forked->on_done;
	void *on_done_arg = forked->arg;
	int result;

	(void)fd;
	(void)what;
	loop_woken(forked->loop);
	result = reap(forked);
	dispose(forked);
	on_done(on_done_arg, result);
}

/* Our sockets must not stay bound for as long as the copy lives. */
static void
close_all_but(int kept)
{
	int fd = STDERR_FILENO + 1;

	if ((kept <= fd || syscall(SYS_close_range, fd, kept - 1, 0) == 0) &&
	    syscall(SYS_close_range, kept + 1, ~0U, 0) == 0)
		return;
	for (; fd < DESCRIPTORS_MAX; fd++)	/* Linux before 5.9 */
		if (fd != kept)
			close(fd);
}

/* Returns the process id or negative errno. Signals stay blocked in the copy: their handlers know the loop's files. */
static pid_t
fork_quietly(void)
{
	sigset_t all, before;
	int error;
	pid_t pid;

	signal(SIGCHLD, SIG_DFL);	/* who started us may have left it ignored: then nothing could be waited for */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	error = errno;
	if (pid != 0)
		sigprocmask(SIG_SETMASK, &before, NULL);
	return pid < 0 ? -error : pid;
}

static _Noreturn void
be_the_copy(int fd, int (*work)(void *arg), void *arg)
{
	int result;

	close_all_but(fd);
	result = work(arg);
	_exit(result >= 0 ? result : FAILED - result < 256 ? FAILED - result : FAILED + EIO);
}

struct forked *
forked_run(struct loop *loop, int (*work)(void *arg), void (*on_done)(void *arg, int result), void *arg)
{
	struct forked *forked = calloc(1, sizeof(*forked));
	int ends[2] = { -1, -1 };
	pid_t pid = -1;

	if (forked == NULL)
		return NULL;
	*forked = (struct forked){ .loop = loop, .fd = -1, .on_done = on_done, .arg = arg };
	if (pipe2(ends, O_CLOEXEC) == 0) {
		forked->fd = ends[0];
		forked->event = event_new(loop_base(loop), ends[0], EV_READ, on_end, forked);
	}
	if (forked->event != NULL && event_add(forked->event, NULL) == 0)
		pid = fork_quietly();
	if (pid == 0)
		be_the_copy(ends[1], work, arg);
	if (ends[1] >= 0)
		close(ends[1]);
	forked->pid = pid;
	if (pid > 0)
		return forked;
	dispose(forked);
	return NULL;
}

int
forked_wait(struct forked *forked)
{
	int result = reap(forked);

	dispose(forked);
	return result;
}

void
forked_free(struct forked *forked)
{
	if (forked != NULL)
		dispose(forked);
}
