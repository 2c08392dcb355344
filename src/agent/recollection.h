/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_RECOLLECTION_H
#define SIPKEEPD_AGENT_RECOLLECTION_H

/*
 * DNS answers of an earlier run (B55), each kept until its question comes. For agent/lookups.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/dns.h"
#include "base/instant.h"

/* What is asked. Compared as bytes: made by question_set() alone. */
struct question {
	uint16_t type;
	char name[DNS_NAME_SIZE];	/* lower case, zeros behind it */
};

void question_set(struct question *question, const char *name, enum dns_type type);

/* Zeroed: nothing. */
struct recollection {
	struct recalled *all;
};

/*
 * answer        copied; takes the place of an earlier one to the same question
 * believed_at   when DNS last confirmed it
 * Returns false without memory.
 */
bool recollection_add(struct recollection *recollection, const char *name, enum dns_type type,
    const struct dns_answer *answer, struct instant believed_at);

/*
 * Hands the answer to a question over, once.
 *
 * answer   the caller's own from now on
 * Returns false if there is none.
 */
bool recollection_take(struct recollection *recollection, const struct question *question, struct dns_answer *answer,
    struct instant *believed_at);

void recollection_fini(struct recollection *recollection);

#endif
