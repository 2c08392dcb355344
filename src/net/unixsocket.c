/* SPDX-License-Identifier: ISC */
#include "net/unixsocket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/entropy.h"

enum {
	NAME_SIZE = 160,
};

static bool fail(char error[256], const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool
fail(char error[256], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, 256, format, args);
	va_end(args);
	return false;
}

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool
unix_name(struct sockaddr_un *name, const char *path, char error[256])
{
	memset(name, 0, sizeof(*name));
	name->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(name->sun_path))
		return fail(error, "%.*s: longer than a socket's path may be", NAME_SIZE, path);
	strcpy(name->sun_path, path);
	return true;
}

/* Nobody listens there, and what lies there is a dead socket or nothing. */
static bool
path_is_free(const char *path, char error[256])
{
	struct sockaddr_un name;
	struct stat st;
	int fd, result;

	if (!unix_name(&name, path, error))
		return false;
	if (lstat(path, &st) < 0)
		return errno == ENOENT || fail(error, "%s: %s", path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return fail(error, "%s: is there and is no socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(error, "%s: %s", path, strerror(errno));
	result = connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0 ? errno : 0;
	close(fd);
	if (result == ECONNREFUSED || result == ENOENT)
		return true;
	return fail(error, "%s: %s", path, result == 0 || result == EAGAIN ?
	    "another program listens there" : strerror(result));
}

static bool
set_access(int fd, const char *name, const struct stream_place *place, char error[256])
{
	struct group *g = place->group ? getgrnam(place->group) : NULL;
	gid_t gid = g ? g->gr_gid : (gid_t)-1;

	if (place->group && !g)
		return fail(error, "there is no group %s", place->group);
	if (fchmodat(fd, name, g ? 0660 : 0600, 0) < 0)
		return fail(error, "%.*s: %s", NAME_SIZE, place->path, strerror(errno));
	if ((g || place->owner != (uid_t)-1) && fchownat(fd, name, place->owner, gid, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(error, "owner and group of %.*s: %s", NAME_SIZE, place->path, strerror(errno));
	return true;
}

/* bind() takes a path only. From inside the directory that path is short, and nobody can lead it elsewhere. */
static int
bind_in(int dir, const char *name, int fd)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), result;

	strcpy(to.sun_path, name);
	if (fchdir(dir) < 0)
		result = -errno;
	else
		result = bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ? -errno : 0;
	if ((back < 0 || fchdir(back) < 0) && chdir("/") < 0)
		result = -errno;
	if (back >= 0)
		close(back);
	return result;
}

/*
 * Makes the socket where nobody else can reach it and moves it into place when it is as it must be.
 *
 * dir     where it shall be
 * hidden  a directory in it that is ours alone
 */
static bool
listen_in(int dir, int hidden, const struct stream_place *place, int fd, struct stat *st, char error[256])
{
	static const char name[] = "s";
	bool ok;
	int result = bind_in(hidden, name, fd);

	if (result < 0)
		return fail(error, "%.*s: %s", NAME_SIZE, place->path, strerror(-result));
	ok = set_access(hidden, name, place, error);
	if (ok && (listen(fd, 128) < 0 || fstatat(hidden, name, st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    renameat(hidden, name, dir, base_of(place->path)) < 0))
		ok = fail(error, "%.*s: %s", NAME_SIZE, place->path, strerror(errno));
	if (!ok)
		unlinkat(hidden, name, 0);
	return ok;
}

/* Whoever owns the directory around it can rename ours, but not put another of ours in its place. */
static int
open_hidden(int dir, const char *name)
{
	struct stat st;
	int fd;

	if (mkdirat(dir, name, 0700) < 0)
		return -errno;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, 0700) == 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid())
		return fd;
	close(fd);
	return -EPERM;
}

static bool
listen_at(int dir, const struct stream_place *place, int fd, struct stat *st, char error[256])
{
	char name[32] = ".control-";
	int hidden;
	bool ok;

	entropy_hex(name + strlen(name), 16);
	hidden = open_hidden(dir, name);
	ok = hidden >= 0 ? listen_in(dir, hidden, place, fd, st, error) :
	    fail(error, "directory of %.*s: %s", NAME_SIZE, place->path, strerror(-hidden));
	if (hidden >= 0)
		close(hidden);
	unlinkat(dir, name, AT_REMOVEDIR);
	return ok;
}

static int
open_directory(const struct stream_place *place)
{
	char dir[sizeof(((struct unixsocket *)0)->path)];
	size_t len = (size_t)(base_of(place->path) - place->path);

	if (place->directory >= 0)
		return fcntl(place->directory, F_DUPFD_CLOEXEC, 0);
	snprintf(dir, sizeof(dir), "%.*s", (int)len, place->path);
	return open(len > 0 ? dir : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool
unixsocket_open(struct unixsocket *s, const struct stream_place *place, char error[256])
{
	struct stat st;
	int dir, fd;
	bool ok;

	if (!path_is_free(place->path, error))
		return false;
	dir = open_directory(place);
	fd = dir >= 0 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
	ok = fd >= 0 ? listen_at(dir, place, fd, &st, error) :
	    fail(error, "%.*s: %s", NAME_SIZE, place->path, strerror(errno));
	if (dir >= 0)
		close(dir);
	if (!ok && fd >= 0)
		close(fd);
	if (!ok)
		return false;
	*s = (struct unixsocket){ .fd = fd, .dev = st.st_dev, .ino = st.st_ino };
	strcpy(s->path, place->path);
	return true;
}

void
unixsocket_remove(const struct unixsocket *s)
{
	struct stat st;

	if (lstat(s->path, &st) == 0 && st.st_dev == s->dev && st.st_ino == s->ino)
		unlink(s->path);
}
