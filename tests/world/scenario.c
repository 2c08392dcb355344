/* SPDX-License-Identifier: ISC */
/*
 * Scenario files: read, checked whole before anything runs, then played in virtual time. The language is described
 * in tests/scenarios/README. In short:
 *
 *  - Lines without a time before the first timed line are the start: the world and the configuration as the agent
 *    finds them at 0.
 *  - `at TIME …` happens at that time after the start, in the order of the file among equals; `every TIME …` at TIME,
 *    2 TIME, 3 TIME and so on. `… for DURATION` puts things back as they were before the line.
 *  - `expect CONDITION by TIME` must come true at some moment from the line's own time (0 without one) to TIME;
 *    `within DURATION` counts from the line's own time. Without either it must hold at the line's own time, at the end
 *    of the scenario if it has none.
 *  - `never CONDITION` may not hold after any event from the line's own time to the end, or to `before TIME`.
 *  - `until TIME` is the end. It must be there.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "scenario.h"

enum { LINE_MAX_SIZE = 1000 };

struct due {				/* a line whose time comes, or something to put back */
	struct scenario *scenario;
	struct line *line;
	void *saved;
};

static void *
zeroed(size_t size)
{
	void *p = calloc(1, size);

	if (p == NULL)
		abort();
	return p;
}

/* ---- Reading ---- */

static bool
complain(const struct scenario *s, const struct line *line, const char *wrong)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", wrong);
	text[str_clean(text, strlen(text))] = '\0';
	fprintf(stderr, "%s:%d: %s\n", s->path, line->number, text);
	return false;
}

/* Splits in place; quotes are taken off, and hide blanks and `#`. */
static bool
split(char *text, struct words *words)
{
	char *to = text;

	for (;;) {
		bool quoted = false;

		while (*text == ' ' || *text == '\t' || *text == '\r')
			text++;
		if (*text == '\0' || *text == '#')
			return true;
		if (words->count == WORDS_MAX)
			return false;
		words->at[words->count++] = to;
		for (; *text != '\0' && (quoted || (*text != ' ' && *text != '\t' && *text != '\r')); text++) {
			if (*text == '"')
				quoted = !quoted;
			else
				*to++ = *text;
		}
		if (quoted)
			return false;
		if (*text != '\0')
			text++;
		*to++ = '\0';
	}
}

static void
take_off(struct words *words, size_t at, size_t count)
{
	words->count -= count;
	memmove(words->at + at, words->at + at + count, (words->count - at) * sizeof(words->at[0]));
}

/* `at TIME`, `every TIME` before the verb, `for TIME` behind it. */
static bool
read_times(struct line *line, char wrong[256])
{
	struct words *w = &line->words;

	if (strcmp(w->at[0], "at") == 0 || strcmp(w->at[0], "every") == 0) {
		line->timed = true;
		line->repeated = w->at[0][0] == 'e';
		if (w->count < 3 || !span_duration_ms(span_of(w->at[1]), &line->at_ms)) {
			snprintf(wrong, 256, "it is: %s TIME VERB …, with a time like 500ms, 90s, 5m or 2h", w->at[0]);
			return false;
		}
		take_off(w, 0, 2);
	}
	if (line->repeated && line->at_ms == 0) {
		snprintf(wrong, 256, "every 0 is too often");
		return false;
	}
	if (w->count > 2 && strcmp(w->at[w->count - 2], "for") == 0) {
		if (!span_duration_ms(span_of(w->at[w->count - 1]), &line->for_ms) || line->for_ms == 0) {
			snprintf(wrong, 256, "for \"%s\": no duration", w->at[w->count - 1]);
			return false;
		}
		w->count -= 2;
	}
	return true;
}

static bool
read_line(struct scenario *s, struct line *line, bool started)
{
	char wrong[256] = "";

	if (!read_times(line, wrong))
		return complain(s, line, wrong);
	line->verb = verb_find(line->words.at[0]);
	if (line->verb == NULL) {
		snprintf(wrong, sizeof(wrong), "unknown verb \"%s\"", line->words.at[0]);
		return complain(s, line, wrong);
	}
	if (line->timed && !line->verb->later)
		return complain(s, line, "this has no time");
	if (!line->timed && line->verb->later && !line->verb->declares && line->verb->run != verb_find("expect")->run)
		return complain(s, line, "this needs a time: at TIME …");
	if (!line->timed && line->verb->declares && started)
		return complain(s, line, "the start is told before the first timed line");
	if (line->for_ms > 0 && (line->verb->save == NULL || !line->timed))
		return complain(s, line, "`for` goes with `at` or `every`, and server, network, route or nameserver");
	return line->verb->run(s, line, true, wrong) || complain(s, line, wrong);
}

static bool
read_lines(struct scenario *s, FILE *file)
{
	char text[LINE_MAX_SIZE];
	bool started = false;

	for (int number = 1; fgets(text, sizeof(text), file) != NULL; number++) {
		struct line *line = zeroed(sizeof(*line));

		line->number = number;
		*s->last = line;
		s->last = &line->next;
		if (strchr(text, '\n') == NULL && !feof(file))
			return complain(s, line, "the line is too long, or no text");
		line->text = zeroed(strlen(text) + 1);
		text[strcspn(text, "\n")] = '\0';
		memcpy(line->text, text, strlen(text));
		if (!split(line->text, &line->words))
			return complain(s, line, "too many words, or a quote that is not closed");
		if (line->words.count > 0 && !read_line(s, line, started))
			return false;
		started |= line->timed;
	}
	if (ferror(file)) {
		fprintf(stderr, "%s: %s\n", s->path, strerror(errno));
		return false;
	}
	return true;
}

bool
scenario_read_stream(struct scenario *s, const char *path, FILE *file)
{
	*s = (struct scenario){ .path = path, .last = &s->lines, .until_ms = -1 };
	return read_lines(s, file);
}

bool
scenario_read(struct scenario *s, const char *path)
{
	FILE *file = fopen(path, "r");
	bool good;

	*s = (struct scenario){ .path = path, .last = &s->lines, .until_ms = -1 };
	if (file == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	good = scenario_read_stream(s, path, file);
	fclose(file);
	if (good && s->until_ms < 0) {
		fprintf(stderr, "%s: it has no end: until TIME\n", path);
		return false;
	}
	return good;
}

void
scenario_free(struct scenario *s)
{
	while (s->lines != NULL) {
		struct line *line = s->lines;

		s->lines = line->next;
		free(line->text);
		free(line);
	}
	for (size_t i = 0; i < s->account_count; i++) {
		free(s->accounts[i].user);
		free(s->accounts[i].server);
	}
	for (size_t i = 0; i < s->setting_count; i++) {
		free(s->settings[i].key);
		free(s->settings[i].value);
	}
	free(s->written);
	free(s->loaded);
}

/* ---- The configuration ---- */

/* So that what is said of the text has the scenario's line, where things stand in its order. */
static void
go_to_line(struct strbuf *text, int *at, int line)
{
	for (; *at < line; (*at)++)
		strbuf_append(text, "\n");
	(*at)++;
}

static void
write_account(struct strbuf *text, const struct scenario_account *a)
{
	strbuf_printf(text, "account { user = \"%s\" server = \"%s\"", a->user, a->server);
	for (size_t i = 0; i < a->keys.count; i++) {
		const char *key = a->keys.at[i], *equals = strchr(key, '=');

		strbuf_printf(text, " %.*s = '%s'", (int)(equals - key), key, equals + 1);
	}
	strbuf_append(text, " }\n");
}

/* Where a line stands says nothing. In place. */
static char *
without_empty_lines(char *text)
{
	char *to = text;

	for (const char *at = text; at != NULL && *at != '\0'; at++)
		if (*at != '\n' || (to > text && to[-1] != '\n'))
			*to++ = *at;
	if (to != NULL)
		*to = '\0';
	return text;
}

static struct config *
config_of_lines(struct scenario *s, struct strbuf *errors)
{
	struct strbuf text = { 0 };
	struct config *config = NULL;
	int line = 1;

	strbuf_append(&text, "");
	for (size_t i = 0; i < s->setting_count; i++) {
		const char *quote = s->settings[i].value[0] == '{' ? "" : "\"";

		go_to_line(&text, &line, s->settings[i].line);
		strbuf_printf(&text, "%s = %s%s%s\n", s->settings[i].key, quote, s->settings[i].value, quote);
	}
	for (size_t i = 0; i < s->account_count; i++) {
		if (s->accounts[i].gone)
			continue;
		go_to_line(&text, &line, s->accounts[i].line);
		write_account(&text, &s->accounts[i]);
	}
	if (!text.failed)
		config = config_read(s->path, text.data, errors);
	free(s->written);
	s->written = without_empty_lines(text.data);
	return config;
}

static struct config *
config_of_disk(const struct scenario *s, struct strbuf *errors)
{
	struct config *config;

	world_disk(true);
	config = config_read(s->config_path, NULL, errors);
	world_disk(false);
	return config;
}

struct config *
scenario_config(struct scenario *s, struct strbuf *errors)
{
	struct config *config = s->config_path != NULL ? config_of_disk(s, errors) : config_of_lines(s, errors);
	int64_t least_ms;

	if (config == NULL)
		return NULL;
	least_ms = config->timing.probe_timeout_ms;
	for (size_t i = 0; i < config->account_count; i++) {
		const struct account_config *a = &config->accounts[i];

		if (a->timing.probe_timeout_ms < least_ms)
			least_ms = a->timing.probe_timeout_ms;
		world_allow(a->aor, &a->server, a->port);
	}
	world_probe_timeout(least_ms);
	return config;
}

/* ---- Playing ---- */

static bool
is_watch(const struct line *line)
{
	return line->verb != NULL && line->verb->run == verb_find("expect")->run;
}

static bool
is_never(const struct line *line)
{
	return strcmp(line->words.at[0], "never") == 0;
}

void
scenario_line_text(const struct line *line, char to[512])
{
	const struct words *w = &line->words;
	size_t count = strcmp(w->at[0], "account") == 0 && w->count > 3 ? 3 : w->count, len = 0;

	to[0] = '\0';
	for (size_t i = 0; i < count && len < 512; i++) {
		bool secret = i > 0 && strcmp(w->at[i - 1], "password") == 0;

		len += (size_t)snprintf(to + len, 512 - len, "%s%s", i == 0 ? "" : " ", secret ? "***" : w->at[i]);
	}
	if (line->for_ms > 0 && len < 512)	/* taken off, and still there */
		snprintf(to + len, 512 - len, " for %s", w->at[w->count + 1]);
}

static void
fail_line(struct scenario *s, const struct line *line, const char *what)
{
	char text[512];

	scenario_line_text(line, text);
	if (s->lenient) {
		world_story("%s:%d: %s: %s", s->path, line->number, text, what);
		return;
	}
	if (world_failure() == NULL)
		s->line_failed = true;
	world_fail("%s:%d: %s: %s", s->path, line->number, text, what);
}

static void
watch(struct scenario *s, struct line *line, bool watching)
{
	s->watched += watching - line->watching;
	line->watching = watching;
}

static void
look_at_line(struct scenario *s, struct line *line)
{
	bool never;

	never = is_never(line);
	if (line->by_ms >= 0 && world_ms() > line->by_ms) {
		watch(s, line, false);
		if (!never)
			fail_line(s, line, "did not come true");
		return;
	}
	if (!condition_holds(s, &line->condition, !never))
		return;
	watch(s, line, never);
	if (never)
		fail_line(s, line, "it did");
}

static void
look(void *arg)
{
	struct scenario *s = arg;

	for (struct line *line = s->lines; line != NULL && s->watched > 0; line = line->next)
		if (line->watching)
			look_at_line(s, line);
	if (s->judge != NULL)
		s->judge(s);
}

static void
nothing(void *arg)		/* an event, so that look() sees the end of a `by` */
{
	(void)arg;
}

/* An expect or never whose time has come. */
static void
begin_watch(struct scenario *s, struct line *line)
{
	if (line->watching && !is_never(line)) {
		fail_line(s, line, "did not come true before its next time");
		return;
	}
	if (line->within_ms >= 0)
		line->by_ms = world_ms() + line->within_ms;
	if (!is_never(line) && line->by_ms < 0) {
		if (!condition_holds(s, &line->condition, true))
			fail_line(s, line, "does not hold");
		return;
	}
	watch(s, line, true);
	if (line->by_ms >= 0)
		world_call_at(world_at(line->by_ms + 1), nothing, NULL, NULL);
	look_at_line(s, line);
}

static void
drop_due(void *arg)
{
	struct due *due = arg;

	free(due->saved);
	free(due);
}

static void
on_restore(void *arg)
{
	struct due *due = arg;

	if (due->scenario->judge_line != NULL)
		due->scenario->judge_line(due->scenario, due->line, true);
	due->line->verb->restore(due->line, due->saved);
	drop_due(due);
}

static void
schedule(struct scenario *s, struct line *line, void *saved, void (*call)(void *arg), struct instant when)
{
	struct due *due = zeroed(sizeof(*due));

	*due = (struct due){ s, line, saved };
	world_call_at(when, call, due, drop_due);
}

static void
do_line(struct scenario *s, struct line *line)
{
	char wrong[256] = "";

	if (s->judge_line != NULL)
		s->judge_line(s, line, false);
	if (line->for_ms > 0)
		schedule(s, line, line->verb->save(line), on_restore, instant_add(world_now(), line->for_ms));
	if (is_watch(line))
		begin_watch(s, line);
	else if (!line->verb->run(s, line, false, wrong))
		fail_line(s, line, wrong);
}

static void
on_line(void *arg)
{
	struct due *due = arg;
	struct line *line = due->line;

	if (line->verb->asks && instant_before(world_now(), world_agent_wakes())) {
		world_call_at(world_agent_wakes(), on_line, due, drop_due);	/* nobody is there to hear it */
		return;
	}
	if (line->repeated)
		schedule(due->scenario, line, NULL, on_line, instant_add(world_now(), line->at_ms));
	do_line(due->scenario, line);
	drop_due(due);
}

/* Each record is a line in the log: the last one, by then (B73). */
static void
on_record(void *arg, const struct record *record)
{
	bool runs = world_agent_runs;
	struct scenario *s = arg;

	world_agent_runs = false;
	s->records[record->kind]++;
	if (s->judge_record != NULL)
		s->judge_record(s, record);
	if (record->cause == NULL || record->cause[0] == '\0' || record->text[0] == '\0')
		world_fail("record %s without a cause or a text", record_kind_str(record->kind));
	if (!s->lenient && world_story_count(record->text, world_now()) == 0)
		world_fail("record %s is not in the log: %s", record_kind_str(record->kind), record->text);
	world_agent_runs = runs;
}

void
scenario_loaded(struct scenario *s)
{
	free(s->loaded);
	s->loaded = s->written;
	s->written = NULL;
}

bool
scenario_start(struct scenario *s)
{
	struct strbuf errors = { 0 };
	struct config *config = scenario_config(s, &errors);
	bool started;
	char why[256] = "";

	if (config == NULL) {
		s->line_failed = errors.data != NULL;
		world_fail("%s", errors.data == NULL ? "no memory for the configuration" : errors.data);
	}
	strbuf_fini(&errors);
	if (config == NULL)
		return false;
	s->loop = loop_new();
	world_agent_runs = true;
	s->agent = agent_new(s->loop, config, why);
	world_agent_runs = false;
	if (s->agent == NULL) {
		config_free(config);
		if (s->lenient)
			return false;
		world_fail("the agent does not begin: %s", why);
		return false;
	}
	agent_set_slice(s->agent, 1);	/* or no story had enough accounts to go over several turns */
	s->stopped = false;
	scenario_loaded(s);
	s->listener = (struct agent_listener){ .on_record = on_record, .arg = s };
	agent_listen(s->agent, &s->listener);
	world_agent_runs = true;
	started = agent_start(s->agent);
	world_agent_runs = false;
	if (!started && s->lenient)
		return false;
	if (!started) {
		world_fail("the agent does not start");
		return false;
	}
	return true;
}

void
scenario_kill(struct scenario *s)
{
	world_agent_runs = false;
	if (s->agent != NULL)
		agent_free(s->agent);
	if (s->loop != NULL)
		loop_free(s->loop);
	s->agent = NULL;
	s->loop = NULL;
	if (world_timers_left() > 0)
		world_fail("agent_free() left %zu timers", world_timers_left());
}

/* What the agent counts as it goes is what somebody would find who looked at all accounts (B70). */
static void
check_counts(const struct scenario *s)
{
	size_t states[ACCOUNT_STATES] = { 0 }, redundant = 0;
	const struct account *account;
	struct account_status one;
	struct agent_status all;

	agent_status(s->agent, &all);
	for (size_t i = 0; (account = agent_account(s->agent, i)) != NULL; i++) {
		account_status(account, &one);
		states[one.state]++;
		redundant += one.redundant;
	}
	for (int i = 0; i < ACCOUNT_STATES; i++)
		if (states[i] != all.states[i])
			world_fail("%zu accounts are %s and %zu are counted", states[i],
			    account_state_str((enum account_state)i), all.states[i]);
	if (redundant != all.redundant || states[ACCOUNT_REGISTERED] != all.registered)
		world_fail("%zu accounts are redundant and %zu are counted", redundant, all.redundant);
}

static void
end(struct scenario *s)
{
	if (s->agent != NULL)
		check_counts(s);
	for (struct line *line = s->lines; line != NULL && world_failure() == NULL; line = line->next) {
		if (!is_watch(line) || is_never(line))
			continue;
		if (!line->timed && line->by_ms < 0 && !condition_holds(s, &line->condition, true))
			fail_line(s, line, "does not hold in the end");
		else if (line->watching)
			fail_line(s, line, "did not come true");
	}
}

bool
scenario_run(struct scenario *s)
{
	for (struct line *line = s->lines; line != NULL; line = line->next) {
		if (line->verb != NULL && line->verb->declares && !line->timed)
			do_line(s, line);
	}
	for (struct line *line = s->lines; line != NULL; line = line->next) {
		if (line->timed)
			schedule(s, line, NULL, on_line, world_at(line->at_ms));
	}
	if (scenario_start(s)) {
		for (struct line *line = s->lines; line != NULL; line = line->next) {
			if (is_watch(line) && !line->timed && (line->by_ms >= 0 || is_never(line)))
				begin_watch(s, line);
		}
		world_after_event(look, s);
		world_run_until(world_at(s->until_ms));
		world_after_event(NULL, NULL);
		if (world_failure() == NULL)
			end(s);
		if (world_failure() == NULL && s->judge_end != NULL)
			s->judge_end(s);
	}
	scenario_kill(s);
	return world_failure() == NULL;
}
