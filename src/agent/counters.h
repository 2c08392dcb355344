/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_COUNTERS_H
#define SIPKEEPD_AGENT_COUNTERS_H

/*
 * What has happened since the start, counted whether or not somebody asks for it. control/metrics shows it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/tally.h"
#include "core/selection.h"

#define COUNTERS_RTT_BOUNDS 12

/* What became of the probes of one call server. */
enum probe_result {
	PROBE_ANSWERED,
	PROBE_SILENT,
	PROBE_UNREACHABLE,
	PROBE_UNSENT,		/* for a reason of our own */
	PROBE_RESULTS,
};

struct probe_counters {
	uint64_t results[PROBE_RESULTS];
	uint64_t rtt[COUNTERS_RTT_BOUNDS];	/* answers that took no longer than that bound, but longer than the one before */
	uint64_t rtt_sum_ms;			/* of all answers */
};

struct counters {
	struct tally sip;			/* messages that came whole, copies that left */
	uint64_t moves[SELECTION_REASONS];	/* of accounts from one server to another, by what moved them */
	uint64_t reloads;			/* applied */
	uint64_t refused_reloads;
	bool reload_refused;			/* the last one */
};

/* An answer to a probe came after so long. */
void probe_counters_answered(struct probe_counters *counters, int64_t rtt_ms);

int counters_rtt_bound_ms(int i);		/* 0 .. COUNTERS_RTT_BOUNDS-1 */
const char *probe_result_str(enum probe_result result);

#endif
