/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_SDNOTIFY_H
#define SIPKEEPD_NET_SDNOTIFY_H

/*
 * What a service manager is told: datagrams of KEY=VALUE lines to the socket that it names in NOTIFY_SOCKET, a path or,
 * with '@' before it, an abstract name.
 *
 * Source: sd_notify(3), sd_watchdog_enabled(3)
 */

#include <stdint.h>

struct sdnotify;

/*
 * Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no child speaks for us.
 *
 * Returns NULL if nobody wants to be told, or without memory; the calls below take that.
 */
struct sdnotify *sdnotify_new(void);
void sdnotify_free(struct sdnotify *sdnotify);

/* Within what time it wants to hear "WATCHDOG=1", again and again; 0: it does not. */
int64_t sdnotify_watchdog_ms(const struct sdnotify *sdnotify);

/* Sends lines, parted by newlines. Never waits: what the manager has no room for is lost. */
void sdnotify_say(const struct sdnotify *sdnotify, const char *lines);

/* A reload begins; it ends with the next "READY=1". */
void sdnotify_say_reloading(const struct sdnotify *sdnotify);

#endif
