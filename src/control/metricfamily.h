/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_METRICFAMILY_H
#define SIPKEEPD_CONTROL_METRICFAMILY_H

/*
 * Each metric: its name, type and meaning, and how its samples are written. For metrics.c, which says when and of whom.
 * The manual has the same names (sipkeepd-http(7)).
 */

#include "agent/agent.h"
#include "base/str.h"
#include "control/metrics.h"

/* Of what there is one sample or more. */
enum metric_scope {
	METRIC_OF_EACH_ACCOUNT,
	METRIC_OF_EACH_SERVER,
	METRIC_OF_THE_WHOLE,
};

struct metricfamily {
	const char *name, *type, *help;
	enum metric_scope scope;
	union {
		void (*account)(struct strbuf *to, const char *name, const struct account *account,
		    const struct account_status *s);
		void (*server)(struct strbuf *to, const char *name, const struct server_status *s);
		void (*whole)(struct strbuf *to, const char *name, const struct metrics *metrics,
		    const struct agent_status *s);
	} write;
};

/* The i-th one, in the order in which they are written; NULL behind the last. */
const struct metricfamily *metricfamily(size_t i);

#endif
