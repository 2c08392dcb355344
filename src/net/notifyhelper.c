/* SPDX-License-Identifier: ISC */

/*
 * Runs the program that is its first argument, for as many seconds as the second one says at most, once for each packet from its standard input (net/spawn.h), with the
 * rights that the daemon was started with. Whoever takes the daemon over can have that program run, and give it
 * variables whose names begin with SIPKEEPD_, and nothing else.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/spawn.h"

enum { VARIABLES_MAX = 32, KILL_S = 2 };

static char job[SPAWN_JOB_MAX + 1];
static int limit_s;

/* The variables of the job, ended by NULL. Returns what stands behind them, or NULL if something is not as it should. */
static char *
read_variables(char *at, size_t len, char *variables[VARIABLES_MAX])
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	size_t count = 0;

	variables[count++] = path;
	for (char *end = at + len; at < end && *at != '\0'; at += strlen(at) + 1) {
		if (count == VARIABLES_MAX - 1 || strncmp(at, SPAWN_VARIABLE, strlen(SPAWN_VARIABLE)) != 0 ||
		    strchr(at, '=') == NULL)
			return NULL;
		variables[count++] = at;
	}
	variables[count] = NULL;
	return at + 1;
}

/* A file that nobody else sees, to be read from its beginning. Returns its descriptor or -1. */
static int
make_input(const char *bytes, size_t len)
{
	int fd = memfd_create("events", MFD_CLOEXEC);

	if (fd >= 0 && (write(fd, bytes, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* In the child. What cannot be run is told through the pipe, which closes by itself when it can. */
static _Noreturn void
become(const char *program, char *const variables[], int input, int told)
{
	char *words[] = { (char *)program, NULL };
	sigset_t none;
	int error;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	setpgid(0, 0);
	if (dup2(input, STDIN_FILENO) >= 0)
		execve(program, words, variables);
	error = errno;
	if (write(told, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

/* Waits for the child, for some seconds at most. Returns whether it has ended. */
static bool
wait_for(pid_t pid, int *status, time_t seconds)
{
	struct timespec now, end;
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	for (;;) {
		struct timespec left = { 0 };

		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec >= end.tv_nsec))
			return false;
		left.tv_sec = end.tv_sec - now.tv_sec;
		left.tv_nsec = end.tv_nsec - now.tv_nsec;
		if (left.tv_nsec < 0) {
			left.tv_sec--;
			left.tv_nsec += 1000000000;
		}
		sigtimedwait(&child, NULL, &left);
	}
}

static struct spawn_result
watch(pid_t pid)
{
	int status;

	if (wait_for(pid, &status, limit_s)) {
		if (WIFSIGNALED(status))
			return (struct spawn_result){ SPAWN_KILLED, WTERMSIG(status) };
		return (struct spawn_result){ SPAWN_EXITED, WEXITSTATUS(status) };
	}
	kill(-pid, SIGTERM);
	if (!wait_for(pid, &status, KILL_S)) {
		kill(-pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return (struct spawn_result){ SPAWN_TOO_LONG, 0 };
}

static struct spawn_result
run(const char *program, char *const variables[], const char *bytes, size_t len)
{
	struct spawn_result result = { SPAWN_NOT_STARTED, 0 };
	int told[2], input = make_input(bytes, len);
	pid_t pid;

	if (input < 0 || pipe2(told, O_CLOEXEC) != 0) {
		result.code = errno;
		if (input >= 0)
			close(input);
		return result;
	}
	pid = fork();
	if (pid == 0)
		become(program, variables, input, told[1]);
	result.code = errno;
	close(input);
	close(told[1]);
	if (pid > 0 && read(told[0], &result.code, sizeof(result.code)) == sizeof(result.code))
		waitpid(pid, NULL, 0);
	else if (pid > 0)
		result = watch(pid);
	close(told[0]);
	return result;
}

/* What a terminal or an init script sends to all of the daemon's processes is for the daemon, whose end is ours. */
static void
prepare(void)
{
	sigset_t child;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);	/* who started the daemon may have left it ignored: no child could be waited for */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
		close(fd);
	if (chdir("/") != 0)
		_exit(1);
}

int
main(int argc, char *argv[])
{
	limit_s = argc == 3 ? atoi(argv[2]) : 0;
	if (limit_s <= 0 || argv[1][0] != '/') {
		fputs("This program is run by sipkeepd alone.\n", stderr);
		return 2;
	}
	prepare();
	for (;;) {
		char *variables[VARIABLES_MAX], *input;
		struct spawn_result result = { SPAWN_NOT_STARTED, EINVAL };
		ssize_t len = recv(STDIN_FILENO, job, SPAWN_JOB_MAX, 0);

		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			return 0;
		job[len] = '\0';
		input = read_variables(job, (size_t)len, variables);
		if (input != NULL && input <= job + len)
			result = run(argv[1], variables, input, (size_t)(job + len - input));
		if (send(STDIN_FILENO, &result, sizeof(result), MSG_NOSIGNAL) < 0)
			return 0;
	}
}
