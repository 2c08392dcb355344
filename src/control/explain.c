/* SPDX-License-Identifier: ISC */
#include "control/explain.h"

#include <errno.h>
#include <stdlib.h>

#include "control/shown.h"

/* All that is known when it is told. */
struct story {
	const struct account *account;
	struct account_status status;
	struct account_explanation why;
	struct candidate_explanation *views;	/* status.candidates of them */
};

/* ---- Text ---- */

static void
append_server(struct strbuf *b, const struct story *story, int which)
{
	struct candidate_status c;
	char server[ADDRESS_TEXT_SIZE];

	if (which >= 0 && account_candidate_status(story->account, (size_t)which, &c))
		strbuf_append(b, shown_server_str(&c.peer, server));
	else
		strbuf_append(b, "none");
}

static void
text_head(struct strbuf *b, const struct story *story)
{
	char text[STATUS_DURATION_SIZE];

	shown_append_clean(b, story->status.aor);
	strbuf_printf(b, ": %s, active ", account_state_str(story->status.state));
	append_server(b, story, story->status.active);
	if (story->why.active_ms >= 0)
		strbuf_printf(b, " for %s", status_duration_str(story->why.active_ms / 1000, text));
	strbuf_printf(b, "\n  why: %s\n", story->why.waits_for_name ? "a better name has not been answered yet"
	    : selection_reason_text(story->why.reason));
	if (story->status.active >= 0 && story->why.moved != SELECTION_NONE && story->why.moved != story->why.reason)
		strbuf_printf(b, "  came there: %s\n", selection_reason_text(story->why.moved));
	if (story->why.waits_for_turn)
		strbuf_append(b, "  waits for its turn: many accounts register there now\n");
	if (story->status.last_error[0] != '\0') {
		strbuf_append(b, "  last error: ");
		shown_append_clean(b, story->status.last_error);
		strbuf_append(b, "\n");
	}
}

static void
text_chosen(struct strbuf *b, const struct story *story, size_t i)
{
	char text[STATUS_DURATION_SIZE];

	if (story->why.reason == SELECTION_WAIT) {	/* nobody is asked now */
		strbuf_append(b, "the first that is asked again");
		if (story->why.look_again_ms >= 0)
			strbuf_printf(b, ", in %s", shown_left_str(story->why.look_again_ms, text));
		return;
	}
	if ((int)i != story->status.active)
		strbuf_append(b, "the choice: the account goes there");
	else
		strbuf_append(b, "the choice");
	if (story->why.if_down < 0 || story->why.if_down == (int)i) {
		strbuf_append(b, "; if it went down: no other is better off");
		return;
	}
	strbuf_append(b, "; if it went down: ");
	append_server(b, story, story->why.if_down);
}

/* What must come true before it is taken; it would be then. */
static const char *
condition_of(enum selection_verdict verdict)
{
	switch (verdict) {
	case SELECTION_IS_BLOCKED:
		return "taken when that time is over and it is up";
	case SELECTION_IS_DRAINED:
		return "taken once it is undrained";
	case SELECTION_IS_DOWN:
	case SELECTION_IS_UNPROVEN:
		return "taken once it is up";
	case SELECTION_IS_UNSTABLE:
		return "taken then if it stays up";
	case SELECTION_IS_SILENT:
	case SELECTION_IS_LEFT:
	case SELECTION_IS_EQUAL:
	case SELECTION_IS_WORSE:
	case SELECTION_IS_CHOSEN:
	case SELECTION_VERDICTS:
		break;
	}
	return NULL;
}

static void
text_view(struct strbuf *b, const struct candidate_status *c, const struct candidate_explanation *view)
{
	const char *condition = view->would_be_chosen ? condition_of(view->verdict) : NULL;
	char text[STATUS_DURATION_SIZE];

	strbuf_append(b, selection_verdict_text(view->verdict));
	if (view->verdict == SELECTION_IS_DOWN)
		strbuf_printf(b, " for %s (%s)", status_duration_str(c->health_ms / 1000, text),
		    health_cause_str(c->cause));
	if (view->verdict == SELECTION_IS_BLOCKED && c->refused_code > 0)
		strbuf_printf(b, " (%d)", c->refused_code);
	if (view->until_ms >= 0)
		strbuf_printf(b, ", for another %s", shown_left_str(view->until_ms, text));
	if (condition != NULL)
		strbuf_printf(b, "; %s", condition);
}

static void
text_candidates(struct strbuf *b, const struct story *story)
{
	struct candidate_status c;
	char server[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < story->status.candidates && account_candidate_status(story->account, i, &c); i++) {
		strbuf_printf(b, "  P%u:%u  %s  %s%s  ", c.rank, c.priority, shown_server_str(&c.peer, server),
		    c.failed ? "failed" : health_state_str(c.health), c.active ? "*" : "");
		if (story->views[i].verdict == SELECTION_IS_CHOSEN)
			text_chosen(b, story, i);
		else
			text_view(b, &c, &story->views[i]);
		strbuf_append(b, "\n");
	}
}

/* ---- JSON ---- */

static json_t *
json_candidates(const struct story *story)
{
	json_t *array = json_array();
	struct candidate_status c;

	for (size_t i = 0; i < story->status.candidates && account_candidate_status(story->account, i, &c); i++) {
		const struct candidate_explanation *view = &story->views[i];
		struct shown_object o = { .json = shown_json_candidate(&c) };

		shown_set(&o, "verdict", json_string(selection_verdict_str(view->verdict)));
		shown_set(&o, "verdict_text", json_string(selection_verdict_text(view->verdict)));
		shown_set(&o, "verdict_ends_in_ms", shown_json_or_null(view->until_ms, -1));
		shown_set(&o, "would_be_chosen", json_boolean(view->would_be_chosen));
		if (json_array_append_new(array, shown_finish(&o)) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *
json_story(const struct story *story)
{
	struct shown_object o = { .json = json_object() };

	shown_set(&o, "version", json_integer(1));
	shown_set(&o, "aor", shown_json_text(story->status.aor));
	shown_set(&o, "state", json_string(account_state_str(story->status.state)));
	shown_set(&o, "machine", json_string(registration_state_str(story->why.machine)));
	shown_set(&o, "active", shown_json_or_null(story->status.active, -1));
	shown_set(&o, "active_for_ms", shown_json_or_null(story->why.active_ms, -1));
	shown_set(&o, "reason", json_string(selection_reason_str(story->why.reason)));
	shown_set(&o, "why", json_string(selection_reason_text(story->why.reason)));
	shown_set(&o, "moved", json_string(selection_reason_str(story->why.moved)));
	shown_set(&o, "waits_for_name", json_boolean(story->why.waits_for_name));
	shown_set(&o, "waits_for_turn", json_boolean(story->why.waits_for_turn));
	shown_set(&o, "look_again_in_ms", shown_json_or_null(story->why.look_again_ms, -1));
	shown_set(&o, "chosen", shown_json_or_null(story->why.chosen, -1));
	shown_set(&o, "if_down", shown_json_or_null(story->why.if_down, -1));
	shown_set(&o, "last_error", shown_json_text(story->status.last_error));
	shown_set(&o, "candidates", json_candidates(story));
	return shown_finish(&o);
}

int
explain_write(const struct account *account, enum status_form form, struct strbuf *to)
{
	struct story story = { .account = account };

	account_status(account, &story.status);
	story.views = calloc(story.status.candidates + 1, sizeof(*story.views));
	if (story.views == NULL || !account_explain(account, &story.why, story.views, story.status.candidates)) {
		free(story.views);
		return -ENOMEM;
	}
	switch (form) {
	case STATUS_TEXT:
		text_head(to, &story);
		text_candidates(to, &story);
		break;
	case STATUS_JSON:
		shown_append_json(to, json_story(&story));
		strbuf_append(to, "\n");
		break;
	}
	free(story.views);
	return to->failed ? -ENOMEM : 0;
}
