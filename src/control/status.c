/* SPDX-License-Identifier: ISC */
#include "control/status.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/shown.h"
#include "control/statustable.h"

enum { LOOKED_AT_MAX = 2000 };		/* accounts in a piece, shown or not */

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

	if (c->drained)
		note(b, &first, "drained", "");
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
		note(b, &first, "free in ", shown_left_str(c->blocked_ms, left));
}

static void
text_candidate(struct strbuf *b, const struct candidate_status *c)
{
	char server[ADDRESS_TEXT_SIZE];

	strbuf_printf(b, "  P%u:%u  %s  %s%s", c->rank, c->priority, shown_server_str(&c->peer, server),
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
		strbuf_printf(b, "active %s", shown_server_str(&active.peer, server));
}

static void
text_remarks(struct strbuf *b, const struct account_status *s)
{
	char age[STATUS_DURATION_SIZE];

	strbuf_printf(b, "  why: %s\n", selection_reason_text(s->reason));
	if (s->last_error[0] != '\0') {
		strbuf_append(b, "  last error: ");
		shown_append_clean(b, s->last_error);
		strbuf_append(b, "\n");
	}
	if (s->dns_error[0] != '\0' || s->dns_stale) {
		strbuf_append(b, "  DNS: ");
		shown_append_clean(b, s->dns_error[0] != '\0' ? s->dns_error : "no fresh answer");
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
	shown_append_clean(b, s.aor);
	strbuf_printf(b, ": %s, ", account_state_str(s.state));
	text_active(b, account, &s);
	if (s.granted_s > 0)
		strbuf_printf(b, ", granted %" PRId64 " s", s.granted_s);
	if (s.refresh_ms >= 0)
		strbuf_printf(b, ", refresh in %s", shown_left_str(s.refresh_ms, left));
	strbuf_printf(b, ", redundant: %s\n", s.redundant ? "yes" : "no");
	text_remarks(b, &s);
	for (size_t i = 0; i < s.candidates && account_candidate_status(account, i, &c); i++)
		text_candidate(b, &c);
}

/* ---- JSON ---- */

static json_t *
json_candidates(const struct account *account, size_t count)
{
	json_t *array = json_array();
	struct candidate_status c;

	for (size_t i = 0; i < count && account_candidate_status(account, i, &c); i++) {
		if (json_array_append_new(array, shown_json_candidate(&c)) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *
json_account(const struct account *account)
{
	struct shown_object o = { .json = json_object() };
	struct account_status s;

	account_status(account, &s);
	shown_set(&o, "aor", shown_json_text(s.aor));
	shown_set(&o, "server", shown_json_text(s.server_text));
	shown_set(&o, "state", json_string(account_state_str(s.state)));
	shown_set(&o, "reason", json_string(selection_reason_str(s.reason)));
	shown_set(&o, "why", json_string(selection_reason_text(s.reason)));
	shown_set(&o, "active", shown_json_or_null(s.active, -1));
	shown_set(&o, "redundant", json_boolean(s.redundant));
	shown_set(&o, "granted_s", json_integer(s.granted_s));
	shown_set(&o, "refresh_in_ms", shown_json_or_null(s.refresh_ms, -1));
	shown_set(&o, "registered_for_ms", shown_json_or_null(s.registered_ms, -1));
	shown_set(&o, "contact", shown_json_text(s.contact));
	shown_set(&o, "last_error", shown_json_text(s.last_error));
	shown_set(&o, "dns_stale", json_boolean(s.dns_stale));
	shown_set(&o, "dns_age_ms", shown_json_or_null(s.dns_age_ms, -1));
	shown_set(&o, "dns_error", shown_json_text(s.dns_error));
	shown_set(&o, "failovers", json_integer((json_int_t)s.failovers));
	shown_set(&o, "failbacks", json_integer((json_int_t)s.failbacks));
	shown_set(&o, "candidates", json_candidates(account, s.candidates));
	return shown_finish(&o);
}

static void
json_head(struct strbuf *b, const struct agent_status *s)
{
	struct shown_object states = { .json = json_object() };

	for (int i = 0; i < ACCOUNT_STATES; i++)
		shown_set(&states, account_state_str((enum account_state)i), json_integer((json_int_t)s->states[i]));
	strbuf_printf(b,
	    "{\"version\":1,\"generation\":%u,\"uptime_s\":%" PRId64 ",\"servers\":%zu,\"registered\":%zu,\"states\":",
	    s->generation, s->uptime_s, s->servers, s->registered);
	shown_append_json(b, shown_finish(&states));
	strbuf_printf(b, ",\"redundant\":%zu,\"transactions\":%zu,\"accounts\":[", s->redundant, s->transactions);
}

static void
json_tail(const struct status_walk *walk, struct strbuf *b, const struct drops *drops)
{
	struct shown_object o = { .json = json_object() };

	for (int r = 0; drops != NULL && r < DROP_REASONS; r++)
		shown_set(&o, drop_reason_str((enum drop_reason)r), json_integer((json_int_t)drops->count[r]));
	strbuf_append(b, "],");
	if (walk->filter != NULL)
		strbuf_printf(b, "\"matched\":%zu,", walk->matched);
	strbuf_append(b, "\"dropped\":");
	shown_append_json(b, shown_finish(&o));
	strbuf_append(b, "}\n");
}

/* ---- Both ---- */

static void
append_account(struct status_walk *walk, struct strbuf *to, const struct account *account)
{
	switch (walk->form) {
	case STATUS_TEXT:
		if (walk->table)
			statustable_row(to, account);
		else
			text_account(to, account);
		break;
	case STATUS_JSON:
		strbuf_append(to, walk->accounts == 0 ? "\n" : ",\n");
		shown_append_json(to, json_account(account));
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
	if (walk->form == STATUS_TEXT && walk->table)
		statustable_head(to);
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
		json_tail(walk, to, s.drops);
	walk->stage = STATUS_WALK_END;
}

/* Counts those that would be wanted but for offset and limit. */
static bool
is_wanted(struct status_walk *walk, const struct account *account)
{
	const struct accountfilter *filter = walk->filter;
	size_t place;

	if (filter == NULL)
		return true;
	if (!accountfilter_wants(filter, account))
		return false;
	place = walk->matched++;
	return place >= filter->offset && place - filter->offset < filter->limit;
}

static void
append_accounts(struct status_walk *walk, struct strbuf *to, size_t enough)
{
	for (int i = 0; i < LOOKED_AT_MAX && to->len < enough && !to->failed; i++) {
		const struct account *account = accountwalk_next(&walk->place);

		if (account == NULL) {
			walk->stage = STATUS_WALK_TAIL;
			return;
		}
		if (is_wanted(walk, account))
			append_account(walk, to, account);
	}
}

void
status_walk_init(struct status_walk *walk, const struct agent *agent, enum status_form form)
{
	*walk = (struct status_walk){ .agent = agent, .form = form };
	accountwalk_init(&walk->place, agent);
}

void
status_walk_fini(struct status_walk *walk)
{
	accountwalk_fini(&walk->place);
}

int
status_walk(struct status_walk *walk, const struct account *only, size_t enough, struct strbuf *to)
{
	accountwalk_resume(&walk->place);
	if (walk->stage == STATUS_WALK_HEAD)
		append_head(walk, to, only);
	if (walk->stage == STATUS_WALK_ACCOUNTS)
		append_accounts(walk, to, enough);
	if (walk->stage == STATUS_WALK_TAIL)
		append_tail(walk, to);
	if (!accountwalk_pause(&walk->place) || to->failed)
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
