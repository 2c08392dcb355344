/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_CHECK_H
#define SIPKEEPD_CONTROL_CHECK_H

/*
 * All of it in one line, as monitoring plugins write it:
 *
 *	CRITICAL - 8 of 10 accounts registered, 7 redundant: 100@example.com failed, 101@example.com down | registered=…
 *
 * or as one JSON object. The first word is OK, WARNING, CRITICAL or UNKNOWN; the tool's exit status says the same.
 * An account that is not registered is no redundant one either.
 */

#include <stddef.h>

#include "agent/agent.h"
#include "base/str.h"
#include "control/request.h"
#include "control/status.h"

#define CHECK_NAMED_MAX 3	/* accounts in trouble that are called by name */
#define CHECK_TURN 2000		/* accounts that are looked at in one turn of the loop */

struct check_walk {
	const struct agent *agent;
	enum status_form form;
	struct request_limit warning, critical;
	size_t next;			/* place of the next account */
	size_t accounts, registered, redundant;
	struct strbuf named;
	size_t named_count;
};

/* The limits: so many accounts may be without redundancy (warning) or registration (critical) and all is well. */
void check_walk_init(struct check_walk *walk, const struct agent *agent, enum status_form form,
    const struct request_limit *warning, const struct request_limit *critical);
void check_walk_fini(struct check_walk *walk);

/*
 * Looks at some accounts, and appends the line after the last one.
 *
 * only   this account alone, or NULL for all; looked at by the first call only
 * Returns 1 if it is not done yet, 0 when it is, or -ENOMEM.
 */
int check_walk(struct check_walk *walk, const struct account *only, struct strbuf *to);

#endif
