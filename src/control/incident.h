/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_INCIDENT_H
#define SIPKEEPD_CONTROL_INCIDENT_H

/* One entry of the journal, as data, as a line and as JSON. */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/str.h"

enum incident_kind {
	INCIDENT_SERVER_DOWN,
	INCIDENT_REFUSED,
	INCIDENT_NETWORK_DOWN,
	INCIDENT_DNS_FAILED,
	INCIDENT_KINDS,
};

#define INCIDENT_SUBJECT_SIZE 300
#define INCIDENT_CAUSE_SIZE 32

struct incident {
	enum incident_kind kind;
	char subject[INCIDENT_SUBJECT_SIZE];	/* "" for the network */
	char cause[INCIDENT_CAUSE_SIZE];	/* of the record that began it */
	int64_t begin_s;			/* wall clock */
	int64_t end_s;				/* 0: it goes on, or was not seen to end */
	int64_t detect_ms;			/* from its begin until it was found */
	uint64_t accounts;			/* touched */
	uint64_t again;				/* of them, registered again */
	int64_t again_ms;			/* the longest that took, from the begin; -1: none yet */
	bool over;				/* nothing more is added */
	bool earlier;				/* of an earlier run: the instants mean nothing */
	struct instant began, last;		/* last: something was added */
};

const char *incident_kind_str(enum incident_kind kind);

void incident_append_line(const struct incident *incident, struct strbuf *to);

/* NULL without memory. */
json_t *incident_json(const struct incident *incident);

/* Reads what incident_json() has written, in an earlier run: it is over. Returns false if it is something else. */
bool incident_from_json(const json_t *json, struct incident *incident);

#endif
