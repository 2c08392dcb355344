/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_DAEMON_H
#define SIPKEEPD_DAEMON_H

/*
 * What makes a program a daemon: the background, the pid file, the user that it runs as. The starting command
 * returns when the daemon is ready, or has failed: 0 or 1.
 */

#include <stdbool.h>
#include <sys/types.h>

struct daemon {
	int ready_fd;		/* towards the starting command; -1 in the foreground */
	int pid_fd;		/* holds the pid file's lock; -1: none */
	char *pid_file;
};

/* Sees to it that no socket gets the number of a closed stdin, stdout or stderr, and sets the umask. */
void daemon_init(struct daemon *daemon);

/*
 * Forks. Returns in the child only, in a session of its own, its terminal still open for errors; the parent waits
 * for daemon_ready() or the child's end, and exits.
 *
 * Returns 0 or negative errno.
 */
int daemon_fork(struct daemon *daemon);

/*
 * Takes the pid file: locked as long as the daemon lives, so that a second one with the same file does not start.
 *
 * path    NULL: nothing to do; its directory is made if it is missing
 * user    whose directory that becomes (NULL: as we are)
 * error   on failure: why (256 bytes)
 */
bool daemon_pid_file(struct daemon *daemon, const char *path, const char *user, char error[256]);

/*
 * Makes a directory if it is missing, and those above it: /run is empty after each boot, and nothing need be prepared.
 * One that is there stays as it is.
 *
 * user   whose the last one becomes (NULL: as we are); those above it stay ours, mode 0755
 * Returns a descriptor of it, for the …at() calls only, or negative errno.
 */
int daemon_make_directory(const char *path, mode_t mode, const char *user);
int daemon_make_directory_of(const char *path, const char *user);	/* of that file, mode 0755 */

/*
 * Asked before anything is made for that user.
 *
 * user    NULL: fine
 * error   if not: what is wrong (256 bytes)
 */
bool daemon_user_exists(const char *user, char error[256]);
bool daemon_group_exists(const char *group, char error[256]);	/* the same for control-group */

/* Whom daemon_become() will make us; (uid_t)-1: it will change nothing. */
uid_t daemon_uid(const char *user);

/*
 * Becomes that user, with its groups, for good. Without root's rights it stays who it is, with a warning.
 *
 * user    NULL: nothing to do
 * error   on failure: why (256 bytes)
 */
bool daemon_become(const char *user, char error[256]);

/* The daemon stands: the starting command returns 0, the terminal is let go. Nothing in the foreground. */
void daemon_ready(struct daemon *daemon);

/* Removes the pid file, or empties it where the directory is not ours any more. */
void daemon_fini(struct daemon *daemon);

#endif
