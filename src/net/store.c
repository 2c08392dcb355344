/* SPDX-License-Identifier: ISC */
#include "net/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
read_all(int fd, struct strbuf *to)
{
	char piece[8192];
	size_t total = 0;
	ssize_t n;

	strbuf_append_n(to, "", 0);
	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		total += (size_t)n;
		if (total > STORE_FILE_MAX)
			return -EFBIG;
		strbuf_append_n(to, piece, (size_t)n);
	}
	return to->failed ? -ENOMEM : 0;
}

int
store_read(const char *path, struct strbuf *to)
{
	struct stat st;
	int result;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);	/* a FIFO must not hold us up */

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		result = -errno;
	else if (S_ISDIR(st.st_mode))
		result = -EISDIR;
	else if (!S_ISREG(st.st_mode))
		result = -EINVAL;
	else if (st.st_size > STORE_FILE_MAX)
		result = -EFBIG;
	else
		result = read_all(fd, to);
	close(fd);
	return result;
}

static int
write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* The rename itself is on disk only when its directory is. Some file systems cannot sync one: no harm done. */
static void
sync_directory_of(const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	int fd;

	if (len >= sizeof(dir))
		return;
	memcpy(dir, path, len);
	dir[len] = '\0';
	fd = open(!slash ? "." : len == 0 ? "/" : dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

int
store_write(const char *path, const char *bytes, size_t len)
{
	char fresh[PATH_MAX];
	int fd, result;

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh))
		return -ENAMETOOLONG;
	/* A fixed name, so that crashes leave one file at most; a new file, so that no link is followed. */
	if (unlink(fresh) < 0 && errno != ENOENT)
		return -errno;
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	result = write_all(fd, bytes, len);
	if (close(fd) < 0 && result == 0)
		result = -errno;
	if (result == 0 && rename(fresh, path) < 0)
		result = -errno;
	if (result < 0) {
		(void)unlink(fresh);
		return result;
	}
	sync_directory_of(path);
	return 0;
}

int
store_others_may_read(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	return (st.st_mode & S_IROTH) != 0;
}
