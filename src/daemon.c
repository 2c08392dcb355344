/* SPDX-License-Identifier: ISC */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/log.h"

void
daemon_init(struct daemon *daemon)
{
	int fd;

	umask(022);		/* the modes are ours to choose, whatever shell or init script starts us */
	*daemon = (struct daemon){ .ready_fd = -1, .pid_fd = -1 };
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* In the starting command: one byte is good news, the end of the pipe is the child's end. */
static _Noreturn void
wait_for_child(int fd)
{
	char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	_exit(n == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

int
daemon_fork(struct daemon *daemon)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		int error = errno;

		close(fds[0]);
		close(fds[1]);
		return -error;
	}
	if (pid > 0) {
		close(fds[1]);
		wait_for_child(fds[0]);
	}
	close(fds[0]);
	daemon->ready_fd = fds[1];
	setsid();
	return chdir("/") == 0 ? 0 : -errno;
}

/* ---- Directories ---- */

/* Links are followed only where nobody else can put one: the daemon's user must not lead a next start astray. */
static int
open_component(int parent, const char *name)
{
	int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 || errno != ENOTDIR)
		return fd;
	if (fstat(parent, &st) != 0)
		return -1;
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		errno = ELOOP;
		return -1;
	}
	return openat(parent, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int
make_component(int parent, const char *name, mode_t mode, const struct passwd *who)
{
	struct stat st;
	int fd, error = 0;

	if (mkdirat(parent, name, mode) != 0)
		return -1;
	fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || who == NULL)
		return fd;
	if (fstat(fd, &st) != 0)
		error = errno;
	else if (st.st_uid != geteuid())
		error = EPERM;		/* not the one that we have made */
	else if (fchownat(fd, "", who->pw_uid, who->pw_gid, AT_EMPTY_PATH) != 0)
		error = errno;
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

/* Cuts names off *rest one by one and goes down. Returns as daemon_make_directory(). */
static int
walk(char *rest, mode_t mode, const struct passwd *who)
{
	int fd = open(rest[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *name;

	while (fd >= 0 && (name = strsep(&rest, "/")) != NULL) {
		bool last = rest == NULL || rest[strspn(rest, "/")] == '\0';
		int next, error;

		if (name[0] == '\0')
			continue;
		next = open_component(fd, name);
		if (next < 0 && errno == ENOENT)
			next = make_component(fd, name, last ? mode : 0755, last ? who : NULL);
		error = errno;
		close(fd);
		errno = error;
		fd = next;
	}
	return fd < 0 ? -errno : fd;
}

int
daemon_make_directory(const char *path, mode_t mode, const char *user)
{
	const struct passwd *who = user != NULL && geteuid() == 0 ? getpwnam(user) : NULL;
	char *copy = strdup(path);
	int result;

	if (copy == NULL)
		return -ENOMEM;
	result = walk(copy, mode, who);
	free(copy);
	return result;
}

int
daemon_make_directory_of(const char *path, const char *user)
{
	const char *slash = strrchr(path, '/');
	char *copy = slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int result;

	if (copy == NULL)
		return -ENOMEM;
	result = daemon_make_directory(copy, 0755, user);
	free(copy);
	return result;
}

/* ---- The pid file ---- */

/* In a directory that may be the daemon user's own: nothing but a file of this name alone is written to. */
static int
open_pid_file(const char *path, const char *user)
{
	const char *slash = strrchr(path, '/');
	int directory = daemon_make_directory_of(path, user);
	struct stat st;
	int fd;

	if (directory < 0) {
		errno = -directory;
		return -1;
	}
	fd = openat(directory, slash != NULL ? slash + 1 : path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
	    0644);
	close(directory);
	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

bool
daemon_pid_file(struct daemon *daemon, const char *path, const char *user, char error[256])
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	int fd;

	if (path == NULL)
		return true;
	fd = open_pid_file(path, user);
	if (fd < 0) {
		snprintf(error, 256, "pid file %.160s: %.60s", path, strerror(errno));
		return false;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		snprintf(error, 256, "pid file %.160s: another sipkeepd holds it", path);
		close(fd);
		return false;
	}
	if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)len) != len) {
		snprintf(error, 256, "pid file %.160s: %.60s", path, strerror(errno));
		close(fd);
		return false;
	}
	daemon->pid_file = strdup(path);
	if (daemon->pid_file == NULL) {
		snprintf(error, 256, "pid file %.160s: no memory", path);
		close(fd);
		return false;
	}
	daemon->pid_fd = fd;
	return true;
}

/* ---- Who it runs as ---- */

static void
say_no_user(const char *user, char error[256])
{
	snprintf(error, 256, "user %.100s: there is no such user", user);
}

bool
daemon_user_exists(const char *user, char error[256])
{
	if (user == NULL || getpwnam(user) != NULL)
		return true;
	say_no_user(user, error);
	return false;
}

bool
daemon_group_exists(const char *group, char error[256])
{
	if (group == NULL || getgrnam(group) != NULL)
		return true;
	snprintf(error, 256, "control-group %.100s: there is no such group", group);
	return false;
}

uid_t
daemon_uid(const char *user)
{
	const struct passwd *who = user != NULL && geteuid() == 0 ? getpwnam(user) : NULL;

	return who != NULL ? who->pw_uid : (uid_t)-1;
}

bool
daemon_become(const char *user, char error[256])
{
	const struct passwd *who;

	if (user == NULL)
		return true;
	who = getpwnam(user);
	if (who == NULL) {
		say_no_user(user, error);
		return false;
	}
	if (who->pw_uid == geteuid())
		return true;
	if (geteuid() != 0) {
		log_line(LOG_LEVEL_WARNING, NULL, "user = \"%s\" has no effect: not started as root", user);
		return true;
	}
	/* The groups first: without root's rights they cannot be given up any more. */
	if (initgroups(who->pw_name, who->pw_gid) != 0 || setgid(who->pw_gid) != 0 || setuid(who->pw_uid) != 0) {
		snprintf(error, 256, "user %.100s: %.60s", user, strerror(errno));
		return false;
	}
	if (who->pw_uid != 0 && setuid(0) == 0) {
		snprintf(error, 256, "user %.100s: root's rights could not be given up", user);
		return false;
	}
	return true;
}

void
daemon_ready(struct daemon *daemon)
{
	int null;

	if (daemon->ready_fd < 0)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(null);
	}
	if (write(daemon->ready_fd, "", 1) != 1)
		log_line(LOG_LEVEL_WARNING, NULL, "the starting command has gone");
	close(daemon->ready_fd);
	daemon->ready_fd = -1;
}

void
daemon_fini(struct daemon *daemon)
{
	if (daemon->pid_fd < 0)
		return;
	if (unlink(daemon->pid_file) != 0 && ftruncate(daemon->pid_fd, 0) != 0)
		log_line(LOG_LEVEL_WARNING, NULL, "pid file %s stays behind", daemon->pid_file);
	close(daemon->pid_fd);
	free(daemon->pid_file);
	daemon->pid_file = NULL;
	daemon->pid_fd = -1;
}
