/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_SHOWN_H
#define SIPKEEPD_CONTROL_SHOWN_H

/*
 * How things are written for people and for programs: what status, explain and events share.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/agent.h"
#include "base/str.h"
#include "control/status.h"

/* Time that is left, rounded up: "0s" means now. Returns text. */
const char *shown_left_str(int64_t ms, char text[STATUS_DURATION_SIZE]);

/* Without what steers a terminal: text of others may hold it. */
void shown_append_clean(struct strbuf *b, const char *text);

/* The address, with its port where that is not the usual one. Returns text. */
const char *shown_server_str(const struct peer *peer, char text[ADDRESS_TEXT_SIZE]);

/* ---- JSON. A NULL value is lack of memory and passes through. ---- */

/* The set calls take the value over, a NULL one too: each failure is remembered and judged once. */
struct shown_object {
	json_t *json;
	bool failed;
};

void shown_set(struct shown_object *o, const char *key, json_t *value);
json_t *shown_finish(struct shown_object *o);

/* In valid UTF-8 whatever it was. */
json_t *shown_json_text(const char *text);
json_t *shown_json_or_null(int64_t number, int64_t none);

/* One call server. */
json_t *shown_json_server(const struct server_status *s);

/* One candidate: its server as the server's own object has it, and what it is to the account; more members may be set behind. */
json_t *shown_json_candidate(const struct candidate_status *c);

/* Written without blanks; the value is taken over. */
void shown_append_json(struct strbuf *b, json_t *json);

#endif
