/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_TESTS_CHAOS_H
#define SIPKEEPD_TESTS_CHAOS_H

/*
 * The random world: a seed becomes a history, which is a scenario in the language of tests/scenarios (history.c);
 * it is played like any other, and judged by more than its own lines (judge.c). chaos.c is the program.
 */

#include "base/str.h"
#include "scenario.h"

/* Writes the scenario of that seed: `hours` of faults, then the calm. Returns its account-hours. */
unsigned history_write(struct strbuf *to, uint64_t seed, unsigned hours);

/* Judges from the start of the scenario on; the rules are told in judge.c. */
void judge_begin(struct scenario *scenario);
void judge_fini(void);

/* What was counted of all histories judged so far. */
struct judged {
	unsigned long registers, unregisters, questions, options, queries;
	unsigned long failovers, failbacks;
	unsigned long gaps;			/* an account without a registration, some server being well */
	int64_t longest_gap_ms;
	int64_t longest_ready_ms;		/* the same, and known to be up */
	unsigned most_registers, most_options;	/* to one server in one window, by one account or by all */
};

const struct judged *judge_sum(void);
void judge_add(const struct judged *more);

#endif
