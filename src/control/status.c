/* SPDX-License-Identifier: ISC */
#include "control/status.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
static const char *
left_str(int64_t ms, char text[STATUS_DURATION_SIZE])
{
	return status_duration_str(ms > 0 ? (ms - 1) / 1000 + 1 : 0, text);
}

static void
append_clean(struct strbuf *b, const char *text)
{
	strbuf_append_clean(b, text, strlen(text));
}

static const char *
server_text(const struct peer *peer, char text[ADDRESS_TEXT_SIZE])
{
	if (peer->address.port == sip_transport_port(peer->transport))
		return address_ip_str(&peer->address, text);
	return address_str(&peer->address, text);
}

/* ---- Text ---- */

static void
text_head(struct strbuf *b, const struct agent_status *s)
{
	char up[STATUS_DURATION_SIZE];

	strbuf_printf(b, "sipkeepd: generation %u, up %s, accounts %zu, registered %zu, servers %zu\n", s->generation,
	    status_duration_str(s->uptime_s, up), s->accounts, s->registered, s->servers);
}

/* What stands beside a state: the first note after two blanks, further ones after a comma. */
static void
note(struct strbuf *b, bool *first, const char *what, const char *value)
{
	strbuf_printf(b, "%s%s%s", *first ? "  " : ", ", what, value);
	*first = false;
}

static void
text_notes(struct strbuf *b, const struct candidate_status *c)
{
	char code[16], left[STATUS_DURATION_SIZE];
	bool first = true;

	if (!c->failed && c->health != HEALTH_UP && c->cause != HEALTH_CAUSE_NONE) {
		note(b, &first, health_cause_str(c->cause), "");
		if (c->cause == HEALTH_CAUSE_UNCLEAR && c->probe_code > 0) {
			snprintf(code, sizeof(code), "%d", c->probe_code);
			note(b, &first, "answers OPTIONS with ", code);
		}
	}
	if (!c->failed && !c->held_off)
		return;
	if (c->held_off)
		note(b, &first, "held off", "");
	if (c->refused_code > 0) {
		snprintf(code, sizeof(code), "%d", c->refused_code);
		note(b, &first, "answered REGISTER with ", code);
	}
	if (c->blocked_ms > 0)
		note(b, &first, "free in ", left_str(c->blocked_ms, left));
}

static void
text_candidate(struct strbuf *b, const struct candidate_status *c)
{
	char server[ADDRESS_TEXT_SIZE];

	strbuf_printf(b, "  P%u:%u  %s  %s%s", c->rank, c->priority, server_text(&c->peer, server),
	    c->failed ? "failed" : health_state_str(c->health), c->active ? "*" : "");
	text_notes(b, c);
	strbuf_append(b, "\n");
}

static void
text_active(struct strbuf *b, const struct account *account, const struct account_status *s)
{
	struct candidate_status active;
	char server[ADDRESS_TEXT_SIZE];

	if (s->active < 0 || !account_candidate_status(account, (size_t)s->active, &active))
		strbuf_append(b, "active none");
	else
		strbuf_printf(b, "active %s", server_text(&active.peer, server));
}

static void
text_remarks(struct strbuf *b, const struct account_status *s)
{
	char age[STATUS_DURATION_SIZE];

	strbuf_printf(b, "  why: %s\n", selection_reason_text(s->reason));
	if (s->last_error[0] != '\0') {
		strbuf_append(b, "  last error: ");
		append_clean(b, s->last_error);
		strbuf_append(b, "\n");
	}
	if (s->dns_error[0] != '\0' || s->dns_stale) {
		strbuf_append(b, "  DNS: ");
		append_clean(b, s->dns_error[0] != '\0' ? s->dns_error : "no fresh answer");
		if (s->dns_age_ms >= 0)
			strbuf_printf(b, "; the answer in use is %s old",
			    status_duration_str(s->dns_age_ms / 1000, age));
		strbuf_append(b, "\n");
	}
}

static void
text_account(struct strbuf *b, const struct account *account)
{
	struct account_status s;
	struct candidate_status c;
	char left[STATUS_DURATION_SIZE];

	account_status(account, &s);
	strbuf_append(b, "\n");
	append_clean(b, s.aor);
	strbuf_printf(b, ": %s, ", account_state_str(s.state));
	text_active(b, account, &s);
	if (s.granted_s > 0)
		strbuf_printf(b, ", granted %" PRId64 " s", s.granted_s);
	if (s.refresh_ms >= 0)
		strbuf_printf(b, ", refresh in %s", left_str(s.refresh_ms, left));
	strbuf_printf(b, ", redundant: %s\n", s.redundant ? "yes" : "no");
	text_remarks(b, &s);
	for (size_t i = 0; i < s.candidates && account_candidate_status(account, i, &c); i++)
		text_candidate(b, &c);
}

/* ---- JSON ---- */

/* Text of others may be no UTF-8, which JSON cannot hold: then its high bytes become '?'. */
static json_t *
json_text(const char *text)
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

static json_t *
json_or_null(int64_t number, int64_t none)
{
	return number == none ? json_null() : json_integer(number);
}

/* The set calls take the value over, a NULL one too: each failure is remembered and judged once. */
struct object {
	json_t *json;
	bool failed;
};

static void
set(struct object *o, const char *key, json_t *value)
{
	if (json_object_set_new(o->json, key, value) != 0)
		o->failed = true;
}

static json_t *
finish(struct object *o)
{
	if (!o->failed)
		return o->json;
	json_decref(o->json);
	return NULL;
}

static json_t *
json_candidate(const struct candidate_status *c)
{
	struct object o = { .json = json_object() };
	char address[ADDRESS_TEXT_SIZE];

	set(&o, "rank", json_integer(c->rank));
	set(&o, "priority", json_integer(c->priority));
	set(&o, "transport", json_string(sip_transport_str(c->peer.transport)));
	set(&o, "address", json_string(address_ip_str(&c->peer.address, address)));
	set(&o, "port", json_integer(c->peer.address.port));
	set(&o, "name", json_text(c->name));
	set(&o, "state", json_string(c->failed ? "failed" : health_state_str(c->health)));
	set(&o, "health", json_string(health_state_str(c->health)));
	set(&o, "cause", json_string(health_cause_str(c->cause)));
	set(&o, "active", json_boolean(c->active));
	set(&o, "failed", json_boolean(c->failed));
	set(&o, "held_off", json_boolean(c->held_off));
	set(&o, "free_in_ms", json_integer(c->blocked_ms));
	set(&o, "refused_code", json_or_null(c->refused_code, 0));
	set(&o, "rtt_ms", json_or_null(c->rtt_ms, -1));
	set(&o, "next_probe_ms", json_integer(c->next_probe_ms));
	set(&o, "probe_code", json_or_null(c->probe_code, 0));
	return finish(&o);
}

static json_t *
json_candidates(const struct account *account, size_t count)
{
	json_t *array = json_array();
	struct candidate_status c;

	for (size_t i = 0; i < count && account_candidate_status(account, i, &c); i++) {
		if (json_array_append_new(array, json_candidate(&c)) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *
json_account(const struct account *account)
{
	struct object o = { .json = json_object() };
	struct account_status s;

	account_status(account, &s);
	set(&o, "aor", json_text(s.aor));
	set(&o, "server", json_text(s.server_text));
	set(&o, "state", json_string(account_state_str(s.state)));
	set(&o, "reason", json_string(selection_reason_str(s.reason)));
	set(&o, "why", json_string(selection_reason_text(s.reason)));
	set(&o, "active", json_or_null(s.active, -1));
	set(&o, "redundant", json_boolean(s.redundant));
	set(&o, "granted_s", json_integer(s.granted_s));
	set(&o, "refresh_in_ms", json_or_null(s.refresh_ms, -1));
	set(&o, "registered_for_ms", json_or_null(s.registered_ms, -1));
	set(&o, "contact", json_text(s.contact));
	set(&o, "last_error", json_text(s.last_error));
	set(&o, "dns_stale", json_boolean(s.dns_stale));
	set(&o, "dns_age_ms", json_or_null(s.dns_age_ms, -1));
	set(&o, "dns_error", json_text(s.dns_error));
	set(&o, "failovers", json_integer((json_int_t)s.failovers));
	set(&o, "failbacks", json_integer((json_int_t)s.failbacks));
	set(&o, "candidates", json_candidates(account, s.candidates));
	return finish(&o);
}

static void
json_append(struct strbuf *b, json_t *json)
{
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

	if (text != NULL)
		strbuf_append(b, text);
	else
		b->failed = true;
	free(text);
	json_decref(json);
}

static void
json_head(struct strbuf *b, const struct agent_status *s)
{
	strbuf_printf(b,
	    "{\"version\":1,\"generation\":%u,\"uptime_s\":%" PRId64 ",\"servers\":%zu,\"registered\":%zu,"
	    "\"transactions\":%zu,\"accounts\":[",
	    s->generation, s->uptime_s, s->servers, s->registered, s->transactions);
}

static void
json_tail(struct strbuf *b, const struct drops *drops)
{
	struct object o = { .json = json_object() };

	for (int r = 0; drops != NULL && r < DROP_REASONS; r++)
		set(&o, drop_reason_str((enum drop_reason)r), json_integer((json_int_t)drops->count[r]));
	strbuf_append(b, "],\"dropped\":");
	json_append(b, finish(&o));
	strbuf_append(b, "}\n");
}

/* ---- Both ---- */

static void
append_account(struct status_walk *walk, struct strbuf *to, const struct account *account)
{
	switch (walk->form) {
	case STATUS_TEXT:
		text_account(to, account);
		break;
	case STATUS_JSON:
		strbuf_append(to, walk->accounts == 0 ? "\n" : ",\n");
		json_append(to, json_account(account));
		break;
	}
	walk->accounts++;
}

static void
append_head(struct status_walk *walk, struct strbuf *to, const struct account *only)
{
	struct agent_status s;

	agent_status(walk->agent, &s);
	if (walk->form == STATUS_TEXT)
		text_head(to, &s);
	else
		json_head(to, &s);
	if (only != NULL)
		append_account(walk, to, only);
	walk->stage = only != NULL ? STATUS_WALK_TAIL : STATUS_WALK_ACCOUNTS;
}

static void
append_tail(struct status_walk *walk, struct strbuf *to)
{
	struct agent_status s;

	agent_status(walk->agent, &s);
	if (walk->form == STATUS_JSON)
		json_tail(to, s.drops);
	walk->stage = STATUS_WALK_END;
}

static bool
is_called(const struct account *account, const char *aor)
{
	struct account_status s;

	if (account == NULL)
		return false;
	account_status(account, &s);
	return strcmp(s.aor, aor) == 0;
}

/* A reload may have moved the accounts: on from behind the last one that was shown, if it is still there. */
static void
find_place(struct status_walk *walk)
{
	size_t i = 0;

	if (walk->next == 0 || walk->last.data == NULL ||
	    is_called(agent_account(walk->agent, walk->next - 1), walk->last.data))
		return;
	while (agent_account(walk->agent, i) != NULL && !is_called(agent_account(walk->agent, i), walk->last.data))
		i++;
	if (agent_account(walk->agent, i) != NULL)
		walk->next = i + 1;
}

static void
remember_place(struct status_walk *walk)
{
	struct account_status s;

	if (walk->next == 0 || agent_account(walk->agent, walk->next - 1) == NULL)
		return;
	account_status(agent_account(walk->agent, walk->next - 1), &s);
	strbuf_clear(&walk->last);
	strbuf_append(&walk->last, s.aor);
}

static void
append_accounts(struct status_walk *walk, struct strbuf *to, size_t enough)
{
	const struct account *account;

	while (to->len < enough && !to->failed && (account = agent_account(walk->agent, walk->next)) != NULL) {
		append_account(walk, to, account);
		walk->next++;
	}
	if (to->len < enough)
		walk->stage = STATUS_WALK_TAIL;
}

void
status_walk_init(struct status_walk *walk, const struct agent *agent, enum status_form form)
{
	*walk = (struct status_walk){ .agent = agent, .form = form };
}

void
status_walk_fini(struct status_walk *walk)
{
	strbuf_fini(&walk->last);
}

int
status_walk(struct status_walk *walk, const struct account *only, size_t enough, struct strbuf *to)
{
	find_place(walk);
	if (walk->stage == STATUS_WALK_HEAD)
		append_head(walk, to, only);
	if (walk->stage == STATUS_WALK_ACCOUNTS)
		append_accounts(walk, to, enough);
	if (walk->stage == STATUS_WALK_TAIL)
		append_tail(walk, to);
	remember_place(walk);
	if (to->failed || walk->last.failed)
		return -ENOMEM;
	return walk->stage == STATUS_WALK_END ? 0 : 1;
}

int
status_write(const struct agent *agent, const struct account *only, enum status_form form,
    int (*put)(void *arg, const char *bytes, size_t len), void *arg)
{
	struct status_walk walk;
	struct strbuf piece = { 0 };
	int more, rc;

	status_walk_init(&walk, agent, form);
	do {
		more = status_walk(&walk, only, 1, &piece);
		rc = more < 0 ? more : piece.len > 0 ? put(arg, piece.data, piece.len) : 0;
		strbuf_clear(&piece);
	} while (more > 0 && rc == 0);
	strbuf_fini(&piece);
	status_walk_fini(&walk);
	return rc;
}
