/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_ACCOUNTWALK_H
#define SIPKEEPD_CONTROL_ACCOUNTWALK_H

/*
 * From account to account with pauses, in which accounts may come, go and move (a reload): who is there all the time
 * is met once.
 */

#include <stdbool.h>
#include <stddef.h>

#include "agent/agent.h"
#include "base/str.h"

struct accountwalk {
	const struct agent *agent;
	size_t next;			/* place of the next account */
	struct strbuf last;		/* while it pauses: which account stands before that place */
};

void accountwalk_init(struct accountwalk *walk, const struct agent *agent);
void accountwalk_fini(struct accountwalk *walk);

/* The next account, or NULL: there is none behind. */
const struct account *accountwalk_next(struct accountwalk *walk);

/* From the first one again. */
void accountwalk_rewind(struct accountwalk *walk);

/* At the end of a turn of the loop, and at the beginning of a later one. pause returns false without memory. */
bool accountwalk_pause(struct accountwalk *walk);
void accountwalk_resume(struct accountwalk *walk);

#endif
