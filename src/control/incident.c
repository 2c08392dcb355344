/* SPDX-License-Identifier: ISC */
#include "control/incident.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/walltime.h"
#include "control/shown.h"

const char *
incident_kind_str(enum incident_kind kind)
{
	static const char *const text[INCIDENT_KINDS] = {
		[INCIDENT_SERVER_DOWN] = "server-down",
		[INCIDENT_REFUSED] = "refused",
		[INCIDENT_NETWORK_DOWN] = "network-down",
		[INCIDENT_DNS_FAILED] = "dns-failed",
	};

	return text[kind];
}

/* ---- As a line ---- */

static void
append_seconds(struct strbuf *to, int64_t ms)
{
	strbuf_printf(to, "%" PRId64 ".%" PRId64 " s", ms / 1000, ms % 1000 / 100);
}

static void
append_accounts(const struct incident *incident, struct strbuf *to)
{
	if (incident->kind == INCIDENT_DNS_FAILED)
		return;
	strbuf_printf(to, ", %" PRIu64 " account%s", incident->accounts, incident->accounts == 1 ? "" : "s");
	if (incident->again == 0)
		return;
	strbuf_printf(to, ", %" PRIu64 " registered again within ", incident->again);
	append_seconds(to, incident->again_ms);
}

void
incident_append_line(const struct incident *incident, struct strbuf *to)
{
	char time[WALLTIME_SIZE], text[STATUS_DURATION_SIZE];

	strbuf_printf(to, "%s %s", walltime_utc(incident->begin_s, time), incident_kind_str(incident->kind));
	if (incident->subject[0] != '\0') {
		strbuf_append(to, " ");
		shown_append_clean(to, incident->subject);
	}
	strbuf_append(to, " (");
	shown_append_clean(to, incident->cause);
	strbuf_append(to, "): found ");
	if (incident->detect_ms >= 100) {
		strbuf_append(to, "after ");
		append_seconds(to, incident->detect_ms);
	} else {
		strbuf_append(to, "at once");
	}
	append_accounts(incident, to);
	if (incident->end_s != 0)
		strbuf_printf(to, ", over after %s", status_duration_str(incident->end_s - incident->begin_s, text));
	else
		strbuf_append(to, incident->over ? ", its end was not seen" : ", goes on");
	strbuf_append(to, "\n");
}

/* ---- As JSON ---- */

static void
set_time(struct shown_object *o, const char *key, int64_t wall_s)
{
	char time[WALLTIME_SIZE];

	shown_set(o, key, wall_s == 0 ? json_null() : json_string(walltime_utc(wall_s, time)));
}

json_t *
incident_json(const struct incident *incident)
{
	struct shown_object o = { .json = json_object() };

	shown_set(&o, "kind", json_string(incident_kind_str(incident->kind)));
	shown_set(&o, "subject", incident->subject[0] != '\0' ? shown_json_text(incident->subject) : json_null());
	shown_set(&o, "cause", shown_json_text(incident->cause));
	set_time(&o, "begin", incident->begin_s);
	set_time(&o, "end", incident->end_s);
	shown_set(&o, "begin_s", json_integer(incident->begin_s));
	shown_set(&o, "end_s", shown_json_or_null(incident->end_s, 0));
	shown_set(&o, "detect_ms", json_integer(incident->detect_ms));
	shown_set(&o, "accounts", json_integer((json_int_t)incident->accounts));
	shown_set(&o, "registered_again", json_integer((json_int_t)incident->again));
	shown_set(&o, "registered_again_ms", shown_json_or_null(incident->again_ms, -1));
	return shown_finish(&o);
}

/* A number that is not negative; `none` where the member is null. */
static bool
get_number(const json_t *json, const char *key, int64_t none, int64_t *to)
{
	const json_t *value = json_object_get(json, key);

	*to = json_is_null(value) ? none : json_integer_value(value);
	return json_is_null(value) || (json_is_integer(value) && *to >= 0);
}

static bool
get_text(const json_t *json, const char *key, char *to, size_t size)
{
	const json_t *value = json_object_get(json, key);
	const char *text = json_string_value(value);

	snprintf(to, size, "%s", text != NULL ? text : "");
	return json_is_null(value) || (text != NULL && strlen(text) < size);
}

static bool
get_kind(const json_t *json, enum incident_kind *kind)
{
	const char *text = json_string_value(json_object_get(json, "kind"));

	for (int i = 0; i < INCIDENT_KINDS; i++) {
		*kind = (enum incident_kind)i;
		if (text != NULL && strcmp(text, incident_kind_str(*kind)) == 0)
			return true;
	}
	return false;
}

bool
incident_from_json(const json_t *json, struct incident *incident)
{
	int64_t accounts, again;

	*incident = (struct incident){ .over = true, .earlier = true };
	if (!get_kind(json, &incident->kind) ||
	    !get_text(json, "subject", incident->subject, sizeof(incident->subject)) ||
	    !get_text(json, "cause", incident->cause, sizeof(incident->cause)) ||
	    !get_number(json, "begin_s", 0, &incident->begin_s) || !get_number(json, "end_s", 0, &incident->end_s) ||
	    !get_number(json, "detect_ms", 0, &incident->detect_ms) || !get_number(json, "accounts", 0, &accounts) ||
	    !get_number(json, "registered_again", 0, &again) ||
	    !get_number(json, "registered_again_ms", -1, &incident->again_ms))
		return false;
	incident->accounts = (uint64_t)accounts;
	incident->again = (uint64_t)again;
	return true;
}
