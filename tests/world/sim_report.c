/* SPDX-License-Identifier: ISC */
/* What sipkeepsim tells: the timeline, and who was without a registration for how long. */

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "sim.h"

enum { FEW = 20, WORST = 10, TIME_SIZE = 32, LINE_TEXT_SIZE = 512 };

static json_t *timeline;			/* NULL: it is told as it happens */

/* ---- The timeline ---- */

static const char *
time_text(int64_t ms, char text[TIME_SIZE])
{
	snprintf(text, TIME_SIZE, "%lld:%02d:%02d.%03d", (long long)(ms / 3600000), (int)(ms / 60000 % 60),
	    (int)(ms / 1000 % 60), (int)(ms % 1000));
	return text;
}

/* What is NULL, or cannot be said in JSON, is left out. */
static void
set_text(json_t *object, const char *key, const char *text)
{
	if (text != NULL)
		json_object_set_new(object, key, json_string(text));
}

static json_t *
new_moment(const char *kind, const char *text)
{
	json_t *moment = json_object();

	json_object_set_new(moment, "ms", json_integer(world_ms()));
	set_text(moment, "kind", kind);
	set_text(moment, "text", text);
	json_array_append_new(timeline, moment);
	return moment;
}

static void
on_record(struct scenario *scenario, const struct record *record)
{
	const char *object = record_object(record);
	char time[TIME_SIZE];
	json_t *moment;

	(void)scenario;
	if (record->account != NULL) {
		watch_of(record->account)->failovers += record->kind == RECORD_FAILED_OVER;
		watch_of(record->account)->failbacks += record->kind == RECORD_FAILED_BACK;
	}
	if (timeline == NULL) {
		printf("%12s  %s%s%s\n", time_text(world_ms(), time), object != NULL ? object : "",
		    object != NULL ? ": " : "", record->text);
		return;
	}
	moment = new_moment(record_kind_str(record->kind), record->text);
	set_text(moment, "account", record->account);
	set_text(moment, "server", record->server);
	set_text(moment, "from", record->from);
	set_text(moment, "question", record->question);
	set_text(moment, "cause", record->cause);
}

static void
tell(int line, const char *what)
{
	char time[TIME_SIZE];

	if (timeline == NULL)
		printf("%12s  -- %s\n", time_text(world_ms(), time), what);
	else
		json_object_set_new(new_moment(line > 0 ? "line" : "note", what), "line", json_integer(line));
}

static void
on_line(struct scenario *scenario, const struct line *line, bool ends)
{
	char text[LINE_TEXT_SIZE], over[LINE_TEXT_SIZE + 8];

	(void)scenario;
	watch_changed();
	if (!line->timed)
		return;			/* that is how it is at the start */
	scenario_line_text(line, text);
	snprintf(over, sizeof(over), "%s%s", text, ends ? ": over" : "");
	tell(line->number, over);
}

static void
on_reload(struct scenario *scenario, bool before)
{
	char text[LINE_TEXT_SIZE + 32];

	if (before || !scenario->reload_refused)
		return;
	scenario->refusal[strcspn(scenario->refusal, "\n")] = '\0';
	snprintf(text, sizeof(text), "refused: %s", scenario->refusal);
	tell(0, text);
}

void
report_begin(struct scenario *scenario, bool json)
{
	scenario->judge = watch_look;
	scenario->judge_end = watch_finish;
	scenario->judge_record = on_record;
	scenario->judge_line = on_line;
	scenario->judge_reload = on_reload;
	timeline = json ? json_array() : NULL;
	if (json && timeline == NULL)
		abort();
	watch_begin();
}

void
report_fini(void)
{
	json_decref(timeline);
	timeline = NULL;
	watch_fini();
}

/* ---- What FILE should say otherwise ---- */

/* A name is asked for with and without its service; it is unknown if nothing is known of either. */
static const char *
unanswered_name(const struct happening *h)
{
	static const char *const services[] = { "_sip._udp.", "_sip._tcp.", "_sips._tcp." };
	const char *name = h->who;
	char service[DNS_NAME_SIZE + 16];

	if (h->kind != HAPPENED_QUERY)
		return NULL;
	for (size_t i = 0; i < 3; i++)
		if (strncmp(name, services[i], strlen(services[i])) == 0)
			name += strlen(services[i]);
	for (size_t i = 0; i < 3; i++) {
		snprintf(service, sizeof(service), "%s%s", services[i], name);
		if (world_dns_known(service))
			return NULL;
	}
	return world_dns_known(name) ? NULL : name;
}

static bool
holds(const json_t *array, const char *text)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (strcmp(json_string_value(json_array_get(array, i)), text) == 0)
			return true;
	return false;
}

static void
add_once(json_t *array, const char *text)
{
	if (!holds(array, text))
		json_array_append_new(array, json_string(text));
}

static json_t *
unanswered_names(void)
{
	json_t *names = json_array();

	for (size_t i = 0; i < world_happenings(); i++) {
		const char *name = unanswered_name(world_happening(i));

		if (name != NULL)
			add_once(names, name);
	}
	return names;
}

static bool
was_sent_to(const struct address *server)
{
	for (size_t i = 0; i < world_happenings(); i++) {
		const struct happening *h = world_happening(i);

		if (h->kind <= HAPPENED_PING && address_equal(&h->to, server))
			return true;
	}
	return false;
}

/* Servers that FILE speaks of and nobody has sent anything: the address or its port may be wrong. */
static json_t *
unused_servers(const struct scenario *scenario)
{
	json_t *servers = json_array();
	struct address server;

	for (const struct line *line = scenario->lines; line != NULL; line = line->next) {
		char text[ADDRESS_TEXT_SIZE];

		if (line->words.count > 1 && strcmp(line->words.at[0], "server") == 0 &&
		    scenario_address(line->words.at[1], &server) && !was_sent_to(&server))
			add_once(servers, address_str(&server, text));
	}
	return servers;
}

/* ---- What came of it ---- */

static json_t *
account_json(const struct watch *w)
{
	json_t *account = json_object();

	set_text(account, "account", w->aor);
	json_object_set_new(account, "without_ms", json_integer(w->without_ms));
	json_object_set_new(account, "longest_ms", json_integer(w->longest_ms));
	json_object_set_new(account, "failovers", json_integer((json_int_t)w->failovers));
	json_object_set_new(account, "failbacks", json_integer((json_int_t)w->failbacks));
	set_text(account, "at_end", w->place);
	return account;
}

static void
write_json(uint64_t seed, json_t *names, json_t *servers)
{
	json_t *whole = json_object(), *accounts = json_array();

	for (const struct watch *w = watch_first(); w != NULL; w = w->hh.next)
		json_array_append_new(accounts, account_json(w));
	json_object_set_new(whole, "seed", json_integer((json_int_t)seed));
	json_object_set_new(whole, "ms", json_integer(world_ms()));
	json_object_set(whole, "timeline", timeline);
	json_object_set_new(whole, "accounts", accounts);
	json_object_set(whole, "unanswered_names", names);
	json_object_set(whole, "unused_servers", servers);
	json_dumpf(whole, stdout, JSON_INDENT(1));
	printf("\n");
	json_decref(whole);
}

static void
write_row(const char *name, const struct watch *sum, const char *place)
{
	printf("%-32s %12.1f %12.1f %10lu %10lu  %s\n", name, (double)sum->without_ms / 1000,
	    (double)sum->longest_ms / 1000, sum->failovers, sum->failbacks, place);
}

static int
by_time_without(const void *a, const void *b)
{
	const struct watch *v = *(struct watch *const *)a, *w = *(struct watch *const *)b;

	return v->without_ms != w->without_ms ? (v->without_ms < w->without_ms) - (v->without_ms > w->without_ms) :
	    strcmp(v->aor, w->aor);
}

static void
write_worst(void)
{
	struct watch **sorted = memory(watch_count() * sizeof(struct watch *));
	size_t count = 0;

	for (struct watch *w = watch_first(); w != NULL; w = w->hh.next)
		sorted[count++] = w;
	qsort(sorted, count, sizeof(sorted[0]), by_time_without);
	for (size_t i = 0; i < WORST && i < count; i++)
		write_row(sorted[i]->aor, sorted[i], sorted[i]->place);
	free(sorted);
}

static void
write_table(void)
{
	struct watch sum = { 0 };
	char name[48];

	printf("\n%-32s %12s %12s %10s %10s  %s\n", "Seconds without registration", "in all", "longest", "failovers",
	    "failbacks", "at the end");
	for (const struct watch *w = watch_first(); w != NULL; w = w->hh.next) {
		sum.without_ms += w->without_ms;
		sum.longest_ms = w->longest_ms > sum.longest_ms ? w->longest_ms : sum.longest_ms;
		sum.failovers += w->failovers;
		sum.failbacks += w->failbacks;
		if (watch_count() <= FEW)
			write_row(w->aor, w, w->place);
	}
	if (watch_count() <= FEW)
		return;
	snprintf(name, sizeof(name), "%zu accounts", watch_count());
	write_row(name, &sum, "");
	printf("The worst %d:\n", WORST);
	write_worst();
}

static void
write_text(const json_t *names, const json_t *servers)
{
	write_table();
	if (json_array_size(names) > 0)
		printf("\nNobody answered for these names. Say in FILE what they are, such as:\n");
	for (size_t i = 0; i < json_array_size(names); i++)
		printf("dns %s A 192.0.2.%zu\n", json_string_value(json_array_get(names, i)), i % 254 + 1);
	if (json_array_size(servers) > 0)
		printf("\nNo account talked to these servers of FILE. Are address and port right?\n");
	for (size_t i = 0; i < json_array_size(servers); i++)
		printf("server %s\n", json_string_value(json_array_get(servers, i)));
}

void
report_write(const struct scenario *scenario, uint64_t seed)
{
	json_t *names = unanswered_names(), *servers = unused_servers(scenario);

	if (timeline != NULL)
		write_json(seed, names, servers);
	else
		write_text(names, servers);
	json_decref(names);
	json_decref(servers);
}
