/* SPDX-License-Identifier: ISC */
#include "agent/counters.h"

int
counters_rtt_bound_ms(int i)
{
	static const int bounds[COUNTERS_RTT_BOUNDS] = { 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 4000 };

	return bounds[i];
}

void
probe_counters_answered(struct probe_counters *counters, int64_t rtt_ms)
{
	int i = 0;

	counters->results[PROBE_ANSWERED]++;
	counters->rtt_sum_ms += (uint64_t)rtt_ms;
	while (i < COUNTERS_RTT_BOUNDS && rtt_ms > counters_rtt_bound_ms(i))
		i++;
	if (i < COUNTERS_RTT_BOUNDS)
		counters->rtt[i]++;
}

const char *
probe_result_str(enum probe_result result)
{
	switch (result) {
	case PROBE_ANSWERED:
		return "answered";
	case PROBE_SILENT:
		return "silent";
	case PROBE_UNREACHABLE:
		return "unreachable";
	case PROBE_UNSENT:
		return "unsent";
	case PROBE_RESULTS:
		break;
	}
	return "?";
}
