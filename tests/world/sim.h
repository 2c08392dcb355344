/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_TESTS_SIM_H
#define SIPKEEPD_TESTS_SIM_H

/* What the files of sipkeepsim tell each other. There is one run at a time. */

#include <uthash.h>

#include "scenario.h"

/* ---- sim_watch.c: how long each account is without a registration ---- */

/* A binding counts that lives at a call server which answers and can be reached. */
struct watch {
	UT_hash_handle hh;		/* in the order of the configuration */
	char *aor;
	bool configured;
	bool without;
	struct instant since;		/* without: since when */
	struct instant until, before;	/* until when it is bound, as it was at the last look, and at the one before */
	int64_t without_ms, longest_ms;
	unsigned long failovers, failbacks;
	char place[80];			/* where it is in the end, in words */
};

void watch_begin(void);
void watch_look(struct scenario *scenario);	/* after each event */
void watch_changed(void);			/* other accounts may be configured from now on */
struct watch *watch_of(const char *aor);	/* made if there is none */
void watch_finish(struct scenario *scenario);	/* what is open ends now */
struct watch *watch_first(void);		/* then hh.next */
size_t watch_count(void);
void watch_fini(void);

/* ---- sim_report.c: the timeline and what came of it ---- */

/* The timeline goes to stdout as it happens, as JSON in the end. */
void report_begin(struct scenario *scenario, bool json);
void report_write(const struct scenario *scenario, uint64_t seed);	/* after a run that went well */
void report_fini(void);

#endif
