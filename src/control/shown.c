/* SPDX-License-Identifier: ISC */
#include "control/shown.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/status.h"

const char *
status_duration_str(int64_t s, char text[STATUS_DURATION_SIZE])
{
	if (s < 0)
		s = 0;
	if (s < 60)
		snprintf(text, STATUS_DURATION_SIZE, "%" PRId64 "s", s);
	else if (s < 3600)
		snprintf(text, STATUS_DURATION_SIZE, "%" PRId64 "m%02ds", s / 60, (int)(s % 60));
	else if (s < 86400)
		snprintf(text, STATUS_DURATION_SIZE, "%" PRId64 "h%02dm", s / 3600, (int)(s % 3600 / 60));
	else
		snprintf(text, STATUS_DURATION_SIZE, "%" PRId64 "d%02dh", s / 86400, (int)(s % 86400 / 3600));
	return text;
}

/* Time that is left is rounded up: "0s" means now. */
const char *
shown_left_str(int64_t ms, char text[STATUS_DURATION_SIZE])
{
	return status_duration_str(ms > 0 ? (ms - 1) / 1000 + 1 : 0, text);
}

void
shown_append_clean(struct strbuf *b, const char *text)
{
	strbuf_append_clean(b, text, strlen(text));
}

const char *
shown_server_str(const struct peer *peer, char text[ADDRESS_TEXT_SIZE])
{
	if (peer->address.port == sip_transport_port(peer->transport))
		return address_ip_str(&peer->address, text);
	return address_str(&peer->address, text);
}

/* Text of others may be no UTF-8, which JSON cannot hold: then its high bytes become '?'. */
json_t *
shown_json_text(const char *text)
{
	json_t *json = json_string(text);
	char *copy;

	if (json != NULL)
		return json;
	copy = strdup(text);
	if (copy == NULL)
		return NULL;
	for (char *p = copy; *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	json = json_string(copy);
	free(copy);
	return json;
}

json_t *
shown_json_or_null(int64_t number, int64_t none)
{
	return number == none ? json_null() : json_integer(number);
}

void
shown_set(struct shown_object *o, const char *key, json_t *value)
{
	if (json_object_set_new(o->json, key, value) != 0)
		o->failed = true;
}

json_t *
shown_finish(struct shown_object *o)
{
	if (!o->failed)
		return o->json;
	json_decref(o->json);
	return NULL;
}

/* What stands at a server whoever looks at it. */
static void
set_server(struct shown_object *o, const struct server_status *s)
{
	char address[ADDRESS_TEXT_SIZE];

	shown_set(o, "transport", json_string(sip_transport_str(s->peer.transport)));
	shown_set(o, "address", json_string(address_ip_str(&s->peer.address, address)));
	shown_set(o, "port", json_integer(s->peer.address.port));
	shown_set(o, "health", json_string(health_state_str(s->health)));
	shown_set(o, "cause", json_string(health_cause_str(s->cause)));
	shown_set(o, "drained", json_boolean(s->drained));
	shown_set(o, "state_for_ms", json_integer(s->health_ms));
	shown_set(o, "rtt_ms", shown_json_or_null(s->rtt_ms, -1));
	shown_set(o, "next_probe_ms", json_integer(s->next_probe_ms));
	shown_set(o, "probe_code", shown_json_or_null(s->probe_code, 0));
}

json_t *
shown_json_server(const struct server_status *s)
{
	struct shown_object o = { .json = json_object() };

	set_server(&o, s);
	shown_set(&o, "why", shown_json_text(s->why));
	shown_set(&o, "active_accounts", json_integer((json_int_t)s->active));
	shown_set(&o, "expected_accounts", json_integer((json_int_t)s->expected));
	return shown_finish(&o);
}

json_t *
shown_json_candidate(const struct candidate_status *c)
{
	struct shown_object o = { .json = json_object() };

	shown_set(&o, "rank", json_integer(c->rank));
	shown_set(&o, "priority", json_integer(c->priority));
	set_server(&o, &(struct server_status){ .peer = c->peer, .health = c->health, .cause = c->cause,
	    .health_ms = c->health_ms, .drained = c->drained, .rtt_ms = c->rtt_ms,
	    .next_probe_ms = c->next_probe_ms, .probe_code = c->probe_code });
	shown_set(&o, "name", shown_json_text(c->name));
	shown_set(&o, "state", json_string(c->failed ? "failed" : health_state_str(c->health)));
	shown_set(&o, "active", json_boolean(c->active));
	shown_set(&o, "failed", json_boolean(c->failed));
	shown_set(&o, "held_off", json_boolean(c->held_off));
	shown_set(&o, "free_in_ms", json_integer(c->blocked_ms));
	shown_set(&o, "refused_code", shown_json_or_null(c->refused_code, 0));
	return shown_finish(&o);
}

void
shown_append_json(struct strbuf *b, json_t *json)
{
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

	if (text != NULL)
		strbuf_append(b, text);
	else
		b->failed = true;
	free(text);
	json_decref(json);
}
