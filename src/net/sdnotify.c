/* SPDX-License-Identifier: ISC */
#include "net/sdnotify.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

struct sdnotify {
	int fd;
	struct sockaddr_un to;
	socklen_t to_len;
	int64_t watchdog_ms;
};

static int64_t
wanted_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t us, who;

	if (usec == NULL || !span_number(span_of(usec), INT64_MAX, &us))
		return 0;
	if (pid != NULL && (!span_number(span_of(pid), INT64_MAX, &who) || who != (uint64_t)getpid()))
		return 0;	/* meant for another process */
	return (int64_t)us / 1000;
}

static bool
set_address(struct sdnotify *sdnotify, const char *name)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof(sdnotify->to.sun_path))
		return false;
	sdnotify->to.sun_family = AF_UNIX;
	memcpy(sdnotify->to.sun_path, name, len);
	if (name[0] == '@')
		sdnotify->to.sun_path[0] = '\0';
	sdnotify->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

static struct sdnotify *
open_to(const char *name)
{
	struct sdnotify *sdnotify = calloc(1, sizeof(*sdnotify));

	if (sdnotify == NULL)
		return NULL;
	sdnotify->watchdog_ms = wanted_watchdog_ms();
	sdnotify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sdnotify->fd >= 0 && set_address(sdnotify, name))
		return sdnotify;
	sdnotify_free(sdnotify);
	return NULL;
}

struct sdnotify *
sdnotify_new(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sdnotify *sdnotify = name != NULL ? open_to(name) : NULL;

	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return sdnotify;
}

void
sdnotify_free(struct sdnotify *sdnotify)
{
	if (sdnotify == NULL)
		return;
	if (sdnotify->fd >= 0)
		close(sdnotify->fd);
	free(sdnotify);
}

int64_t
sdnotify_watchdog_ms(const struct sdnotify *sdnotify)
{
	return sdnotify != NULL ? sdnotify->watchdog_ms : 0;
}

void
sdnotify_say(const struct sdnotify *sdnotify, const char *lines)
{
	if (sdnotify != NULL)
		sendto(sdnotify->fd, lines, strlen(lines), MSG_NOSIGNAL, (const struct sockaddr *)&sdnotify->to,
		    sdnotify->to_len);
}

void
sdnotify_say_reloading(const struct sdnotify *sdnotify)
{
	char lines[64];
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	snprintf(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%" PRId64, (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	sdnotify_say(sdnotify, lines);
}
