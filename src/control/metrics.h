/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_METRICS_H
#define SIPKEEPD_CONTROL_METRICS_H

/*
 * All that is counted and measured, in the text form of Prometheus (exposition format 0.0.4), piece by piece: what is
 * of each account takes one walk over all of them for each metric.
 */

#include "agent/agent.h"
#include "base/str.h"
#include "control/accountwalk.h"
#include "net/loop.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_PIECE (32 * 1024)	/* bytes that are made in a turn of the loop, and a line more */

struct metrics {
	const struct agent *agent;
	const struct loop_delays *delays;
	const char *version;
	bool each_account;
	size_t family;			/* that is being written */
	bool headed;			/* its head is */
	struct accountwalk accounts;
	struct server_place servers;
};

/*
 * version        of the program
 * each_account   false: only what is of all accounts together
 */
void metrics_init(struct metrics *metrics, const struct agent *agent, const struct loop_delays *delays_of_loop,
    const char *version, bool each_account);
void metrics_fini(struct metrics *metrics);

/* Appends the next piece. Returns 1 if more follows 0 if that was all, or -ENOMEM. */
int metrics_next(struct metrics *metrics, struct strbuf *to);

#endif
