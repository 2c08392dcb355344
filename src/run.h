/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_RUN_H
#define SIPKEEPD_RUN_H

/* The wiring: loop, agent, control socket and signals around one configuration (B43, B71, B72). */

#include "agent/config.h"
#include "daemon.h"

/*
 * Reads the configuration and logs what was found in it. Returns NULL if it is bad.
 */
struct config *run_read_config(const char *path);

/*
 * Opens everything, becomes who it shall be, tells the starting command, and runs until a signal ends it.
 *
 * path     of the configuration, for reloads: absolute when in the background
 * config   owned from now on
 * Returns the exit status: 0, or 1 if the start failed.
 */
int run(const char *path, struct config *config, struct daemon *daemon);

#endif
