/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_SPAWN_H
#define SIPKEEPD_NET_SPAWN_H

/*
 * Runs one program, again and again, one at a time, with the rights that the daemon began with (B73). It is run by a
 * small process of its own (notifyhelper.c), which is started before privileges go, holds nothing of the daemon's
 * memory and runs that one program and no other, without a shell. There it gets an environment that is what is given
 * here and PATH, the bytes given as its standard input, and a time limit.
 *
 * What goes to the helper, in one packet: the variables, each ending in NUL; an empty one; the bytes of standard
 * input. What comes back: a struct spawn_result.
 */

#include <stdbool.h>
#include <stddef.h>

#include "net/loop.h"

#define SPAWN_JOB_MAX (96 * 1024)	/* bytes of variables and input together */
#define SPAWN_VARIABLE "SIPKEEPD_"	/* how each variable's name must begin */

enum spawn_end {
	SPAWN_EXITED,		/* code: its exit status */
	SPAWN_KILLED,		/* code: the signal */
	SPAWN_TOO_LONG,		/* it was ended after its time */
	SPAWN_NOT_STARTED,	/* code: errno */
};

struct spawn_result {
	enum spawn_end end;
	int code;
};

struct spawner;

/*
 * Starts the helper.
 *
 * program   absolute path of what will be run
 * limit_s   then it gets SIGTERM, and two seconds later SIGKILL
 * silent    what it writes goes nowhere; else where the daemon's own goes
 * on_done   the job has ended, and the next may be given; NULL for the helper itself having ended: nothing will run
 *           any more
 * error     on failure: why (256 bytes)
 * Returns NULL on failure.
 */
struct spawner *spawner_new(struct loop *loop, const char *program, int limit_s, bool silent,
    void (*on_done)(void *arg, const struct spawn_result *result), void *arg, char error[256]);

/* The helper ends once the program that runs has ended. NULL is fine. */
void spawner_free(struct spawner *spawner);

/*
 * Runs the program once; not before the last job has ended.
 *
 * job   as said above
 * Returns 0 or negative errno: -EBUSY, -E2BIG, -EPIPE without a helper.
 */
int spawner_run(struct spawner *spawner, const char *job, size_t len);

#endif
