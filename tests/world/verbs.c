/* SPDX-License-Identifier: ISC */
/* What the lines of a scenario do to the world and to the agent. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"
#include "tally.h"

static bool
bad(char wrong[256], const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool
bad(char wrong[256], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(wrong, 256, format, args);
	va_end(args);
	return false;
}

static void *
copy_of(const void *thing, size_t size)
{
	void *copy = malloc(size);

	if (copy == NULL)
		abort();
	memcpy(copy, thing, size);
	return copy;
}

static char *
copy_text(const char *text)
{
	return copy_of(text, strlen(text) + 1);
}

/* ---- server ---- */

struct server_words {
	struct script *script;
	const struct words *words;
	size_t at;			/* next word */
	char *wrong;
};

static const char *
next_word(struct server_words *w)
{
	return w->at < w->words->count ? w->words->at[w->at++] : "";
}

static bool
next_number(struct server_words *w, int64_t max, int64_t *to)
{
	const char *word = next_word(w);
	uint64_t number;

	if (!span_number(span_of(word), (uint64_t)max, &number))
		return bad(w->wrong, "\"%s\" is no number up to %lld", word, (long long)max);
	*to = (int64_t)number;
	return true;
}

static bool
next_duration(struct server_words *w, int64_t *to)
{
	const char *word = next_word(w);

	return span_duration_ms(span_of(word), to) || bad(w->wrong, "\"%s\" is no duration: 500ms, 30s, 5m, 2h", word);
}

static bool
next_text(struct server_words *w, char to[WORLD_TEXT])
{
	const char *word = next_word(w);

	if (word[0] == '\0')
		return bad(w->wrong, "a value is missing at the end of the line");
	snprintf(to, WORLD_TEXT, "%s", word);
	return true;
}

static bool
retry_after(struct server_words *w, int64_t *to)
{
	*to = 0;
	if (w->at >= w->words->count || strcmp(w->words->at[w->at], "retry-after") != 0)
		return true;
	w->at++;
	return next_number(w, 1000000, to);
}

static bool
script_options(struct server_words *w)
{
	int64_t code = 0;

	if (w->at < w->words->count && strcmp(w->words->at[w->at], "silent") == 0)
		w->at++;
	else if (!next_number(w, 699, &code))
		return false;
	w->script->options_code = (int)code;
	return retry_after(w, &w->script->options_retry_after_s);
}

static bool
script_register(struct server_words *w)
{
	static const struct { const char *word; enum register_mode mode; } modes[] = {
		{ "ok", REGISTER_OK }, { "silent", REGISTER_SILENT }, { "challenge", REGISTER_CHALLENGE },
		{ "foreign", REGISTER_FOREIGN }, { "bare", REGISTER_BARE }, { "rewritten", REGISTER_REWRITTEN },
	};
	const char *word = w->at < w->words->count ? w->words->at[w->at] : "";
	int64_t code;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(word, modes[i].word) == 0) {
			w->at++;
			w->script->registering = modes[i].mode;
			return true;
		}
	}
	if (!next_number(w, 699, &code))
		return false;
	w->script->registering = REGISTER_CODE;
	w->script->register_code = (int)code;
	return retry_after(w, &w->script->register_retry_after_s);
}

static bool
script_grant(struct server_words *w)
{
	const char *word = next_word(w);

	w->script->grant_place = GRANT_IN_CONTACT;
	if (strcmp(word, "unsaid") == 0) {
		w->script->grant_place = GRANT_UNSAID;
		word = "";
	} else if (strcmp(word, "asked") == 0) {
		word = "";
	} else if (strcmp(word, "header") == 0) {
		w->script->grant_place = GRANT_IN_HEADER;
		word = next_word(w);
	}
	snprintf(w->script->grant, sizeof(w->script->grant), "%s", word);
	return true;
}

static bool
script_auth(struct server_words *w)
{
	const char *word = next_word(w);

	for (int a = DIGEST_UNKNOWN; a <= DIGEST_SHA512_256_SESS; a++) {
		if (strcmp(word, a == DIGEST_UNKNOWN ? "none" : digest_algorithm_str((enum digest_algorithm)a)) == 0) {
			w->script->auth = (enum digest_algorithm)a;
			return true;
		}
	}
	return bad(w->wrong, "\"%s\" is no digest algorithm", word);
}

static bool
script_nonce(struct server_words *w)
{
	struct script *s = w->script;
	const char *word = next_word(w);

	if (strcmp(word, "stale") == 0)
		s->auth_stale = true;
	else if (strcmp(word, "next") == 0)
		s->auth_nextnonce = true;
	else if (strcmp(word, "kept") == 0)
		s->auth_stale = s->auth_nextnonce = false, s->nonce_life_ms = 0;
	else if (strcmp(word, "lives") == 0)
		return next_duration(w, &s->nonce_life_ms);
	else
		return bad(w->wrong, "nonce stale|next|kept|lives DURATION");
	return true;
}

static bool
script_word(struct server_words *w)
{
	static const struct { const char *word; enum host_mode mode; } modes[] = {
		{ "up", HOST_UP }, { "hang", HOST_HANG }, { "silent", HOST_SILENT }, { "killed", HOST_KILLED },
		{ "unreachable", HOST_UNREACHABLE },
	};
	struct script *s = w->script;
	const char *word = next_word(w);
	int64_t number;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(word, modes[i].word) == 0) {
			s->mode = modes[i].mode;
			return true;
		}
	}
	if (strcmp(word, "options") == 0)
		return script_options(w);
	if (strcmp(word, "register") == 0)
		return script_register(w);
	if (strcmp(word, "grant") == 0)
		return script_grant(w);
	if (strcmp(word, "auth") == 0)
		return script_auth(w);
	if (strcmp(word, "nonce") == 0)
		return script_nonce(w);
	if (strcmp(word, "password") == 0)
		return next_text(w, s->password);
	if (strcmp(word, "untrusted") == 0)
		return next_text(w, s->untrusted);
	if (strcmp(word, "nat") == 0) {
		s->nat = true;
		s->nat_new_port = w->at < w->words->count && strcmp(w->words->at[w->at], "new") == 0;
		w->at += s->nat_new_port;
		return true;
	}
	if (strcmp(word, "trusted") == 0) {
		s->untrusted[0] = '\0';
		return true;
	}
	if (strcmp(word, "realm") == 0) {
		s->auth_new_realm = w->at < w->words->count && strcmp(w->words->at[w->at], "new") == 0;
		return next_text(w, s->realm);
	}
	if (strcmp(word, "delay") == 0)
		return next_duration(w, &s->delay_ms);
	if (strcmp(word, "register-delay") == 0)
		return next_duration(w, &s->register_delay_ms);
	if (strcmp(word, "proxy") == 0) {
		s->auth_proxy = true;
		return true;
	}
	if (strcmp(word, "no-qop") == 0) {
		s->auth_no_qop = true;
		return true;
	}
	if (strcmp(word, "loss") != 0 && strcmp(word, "min") != 0)
		return bad(w->wrong, "a server does not \"%s\"", word);
	if (!next_number(w, strcmp(word, "loss") == 0 ? 100 : 1000000, &number))
		return false;
	*(strcmp(word, "loss") == 0 ? &s->loss_percent : &s->min_expires_s) = (unsigned)number;
	return true;
}

/* What a server does once, no matter how it is. Returns false if the words are none of these. */
static bool
server_deed(const struct address *server, const struct words *words, bool check)
{
	const char *word = words->count > 2 ? words->at[2] : "";

	if (words->count == 4 && strcmp(word, "sends") == 0) {
		if (!check)
			world_server_sends(server, words->at[3]);
		return true;
	}
	if (words->count != 3)
		return false;
	if (strcmp(word, "forges") == 0) {
		if (!check)
			world_server_forges(server);
	} else if (strcmp(word, "closes") == 0) {
		if (!check)
			world_server_closes(server);
	} else if (strcmp(word, "loses") == 0) {
		if (!check)
			world_server_loses(server);
	} else if (strcmp(word, "babbles") == 0) {
		if (!check)
			world_server_babbles(server);
	} else if (strcmp(word, "forgets") == 0) {
		if (!check)
			world_forget_bindings(server);
	} else {
		return false;
	}
	return true;
}

static bool
verb_server(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	struct script script;
	struct server_words w = { &script, &line->words, 2, wrong };
	struct address server;

	(void)scenario;
	if (line->words.count < 3 || !scenario_address(line->words.at[1], &server))
		return bad(wrong, "it is: server ADDR[:PORT] up|hang|silent|killed|unreachable|options CODE|…");
	if (server_deed(&server, &line->words, check))
		return true;
	script_init(&script);
	if (!check)
		script = *world_script(&server);
	while (w.at < line->words.count) {
		if (!script_word(&w))
			return false;
	}
	if (!check)
		world_script_set(&server, &script);
	return true;
}

static void *
save_server(const struct line *line)
{
	struct address server;

	scenario_address(line->words.at[1], &server);
	return copy_of(world_script(&server), sizeof(struct script));
}

static void
restore_server(const struct line *line, void *saved)
{
	struct address server;

	scenario_address(line->words.at[1], &server);
	world_script_set(&server, saved);
}

/* ---- network, nameserver ---- */

static bool
way_called(const char *word, enum world_way *way)
{
	static const char *const words[] = { "up", "down", "unplugged", "firewalled", "router-dead" };

	for (int i = 0; i < 5; i++) {
		if (strcmp(word, words[i]) == 0) {
			*way = (enum world_way)i;
			return true;
		}
	}
	return false;
}

static bool
verb_network(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	struct network_script script = world_network();
	const struct words *w = &line->words;
	uint64_t number;

	(void)scenario;
	if (w->count == 3 && strcmp(w->at[1], "loss") == 0 && span_number(span_of(w->at[2]), 100, &number))
		script.loss_percent = (unsigned)number;
	else if (!(w->count == 2 && way_called(w->at[1], &script.way)) && (w->count != 3
	    || strcmp(w->at[1], "delay") != 0 || !span_duration_ms(span_of(w->at[2]), &script.delay_ms)))
		return bad(wrong, "it is: network up|down|unplugged|firewalled|router-dead|loss PERCENT|delay DURATION");
	if (!check)
		world_network_set(script);
	return true;
}

static void *
save_network(const struct line *line)
{
	struct network_script script = world_network();

	(void)line;
	return copy_of(&script, sizeof(script));
}

static void
restore_network(const struct line *line, void *saved)
{
	(void)line;
	world_network_set(*(struct network_script *)saved);
}

static bool
verb_route(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	struct address server;
	enum world_way way;

	(void)scenario;
	if (line->words.count != 3 || !address_parse(&server, line->words.at[1])
	    || !way_called(line->words.at[2], &way))
		return bad(wrong, "it is: route ADDR up|down|unplugged|firewalled|router-dead");
	if (!check)
		world_way_set(&server, way);
	return true;
}

static void *
save_route(const struct line *line)
{
	struct address server;
	enum world_way way;

	address_parse(&server, line->words.at[1]);
	way = world_way(&server);
	return copy_of(&way, sizeof(way));
}

static void
restore_route(const struct line *line, void *saved)
{
	struct address server;

	address_parse(&server, line->words.at[1]);
	world_way_set(&server, *(enum world_way *)saved);
}

static bool
verb_interface(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	struct address own;

	(void)scenario;
	if (line->words.count != 2 || !address_parse(&own, line->words.at[1]) || own.port != 0)
		return bad(wrong, "it is: interface ADDR");
	if (!check)
		world_own_address(&own);
	return true;
}

static bool
verb_standstill(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	int64_t ms;

	(void)scenario;
	if (line->words.count != 2 || !span_duration_ms(span_of(line->words.at[1]), &ms))
		return bad(wrong, "it is: standstill DURATION");
	if (!check)
		world_stand_still(ms);
	return true;
}

static bool
verb_clock(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	const struct words *w = &line->words;
	int64_t ms;

	(void)scenario;
	if (w->count != 3 || strcmp(w->at[1], "back") != 0 || !span_duration_ms(span_of(w->at[2]), &ms))
		return bad(wrong, "it is: clock back DURATION");
	if (!check)
		world_wall_back(ms);
	return true;
}

static bool
verb_nameserver(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	static const char *const words[] = { "up", "silent", "servfail", "refused" };
	struct address nameserver;

	(void)scenario;
	if (line->words.count == 3 && scenario_address(line->words.at[1], &nameserver)) {
		for (int i = 0; i < 4; i++) {
			if (strcmp(line->words.at[2], words[i]) != 0)
				continue;
			nameserver.port = 0;
			if (!check)
				world_nameserver_set(&nameserver, (enum nameserver_mode)i);
			return true;
		}
	}
	return bad(wrong, "it is: nameserver ADDR up|silent|servfail|refused");
}

static void *
save_nameserver(const struct line *line)
{
	struct address nameserver;
	enum nameserver_mode mode;

	scenario_address(line->words.at[1], &nameserver);
	mode = world_nameserver(&nameserver);
	return copy_of(&mode, sizeof(mode));
}

static void
restore_nameserver(const struct line *line, void *saved)
{
	struct address nameserver;

	scenario_address(line->words.at[1], &nameserver);
	world_nameserver_set(&nameserver, *(enum nameserver_mode *)saved);
}

/* ---- dns ---- */

static const struct { const char *word; enum dns_outcome outcome; } outcomes[] = {
	{ "nxdomain", DNS_NXDOMAIN }, { "nodata", DNS_NODATA }, { "servfail", DNS_SERVFAIL },
	{ "refused", DNS_REFUSED }, { "silent", DNS_SILENT },
	{ "malformed", DNS_MALFORMED }, { "truncated", DNS_TRUNCATED },
};

static bool
dns_outcome_line(const struct words *w, bool check)
{
	static const enum dns_type types[] = { DNS_SRV, DNS_A, DNS_AAAA };
	const char *outcome = w->at[w->count - 1];

	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		if (strcmp(outcome, outcomes[i].word) != 0)
			continue;
		for (size_t t = 0; t < 3 && !check; t++) {
			if (w->count == 3 || strcmp(w->at[2], dns_type_str(types[t])) == 0)
				world_dns_outcome(w->at[1], types[t], outcomes[i].outcome);
		}
		return true;
	}
	return false;
}

static bool
dns_service(const struct words *w, struct dns_record *record)
{
	uint64_t number[3];

	if (w->count != 7)
		return false;
	for (size_t i = 0; i < 3; i++) {
		if (!span_number(span_of(w->at[3 + i]), 65535, &number[i]))
			return false;
	}
	record->priority = (uint16_t)number[0];
	record->weight = (uint16_t)number[1];
	record->port = (uint16_t)number[2];
	snprintf(record->target, sizeof(record->target), "%s", strcmp(w->at[6], ".") == 0 ? "" : w->at[6]);
	return true;
}

static bool
dns_addresses(const struct words *w, enum dns_type type, bool check)
{
	struct dns_record record;

	memset(&record, 0, sizeof(record));
	if (!check)
		world_dns_outcome(w->at[1], type, DNS_GOOD);
	for (size_t i = 3; i < w->count; i++) {
		if (!address_parse(&record.address, w->at[i]) || record.address.port != 0
		    || (record.address.family == ADDRESS_IPV4) != (type == DNS_A))
			return false;
		if (!check)
			world_dns_add(w->at[1], type, &record);
	}
	return true;
}

static bool
verb_dns(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	struct words w = line->words;
	struct dns_record record;
	uint64_t ttl_s = 3600;
	enum dns_type type;

	(void)scenario;
	memset(&record, 0, sizeof(record));
	if (w.count > 4 && strcmp(w.at[w.count - 2], "ttl") == 0) {
		if (!span_number(span_of(w.at[w.count - 1]), UINT32_MAX, &ttl_s))
			return bad(wrong, "ttl SECONDS");
		w.count -= 2;
	}
	if (w.count >= 3 && w.count <= 4 && dns_outcome_line(&w, check))
		return true;
	if (w.count < 4)
		return bad(wrong, "it is: dns NAME SRV PRIO WEIGHT PORT TARGET, NAME A|AAAA ADDR…, NAME OUTCOME");
	type = strcmp(w.at[2], "SRV") == 0 ? DNS_SRV : strcmp(w.at[2], "AAAA") == 0 ? DNS_AAAA : DNS_A;
	if (strcmp(w.at[2], dns_type_str(type)) != 0)
		return bad(wrong, "\"%s\" is not SRV, A or AAAA", w.at[2]);
	if (type == DNS_SRV ? !dns_service(&w, &record) : !dns_addresses(&w, type, check))
		return bad(wrong, "no such %s record", dns_type_str(type));
	if (check)
		return true;
	if (type == DNS_SRV)
		world_dns_add(w.at[1], type, &record);
	world_dns_ttl(w.at[1], type, (uint32_t)ttl_s);
	return true;
}

/* ---- account, config, reload, stop, request ---- */

static bool
verb_account(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	const struct words *w = &line->words;
	struct scenario_account *a = scenario->accounts, *end = a + scenario->account_count;

	if (w->count < 3)
		return bad(wrong, "it is: account USER \"domain; server…\" [key=value…], or account USER gone");
	for (size_t i = 3; i < w->count; i++) {
		if (strchr(w->at[i], '=') == NULL)
			return bad(wrong, "\"%s\" is not key=value", w->at[i]);
	}
	if (check)
		return true;
	while (a < end && strcmp(a->user, w->at[1]) != 0)
		a++;
	if (a == end && scenario->account_count++ == WORDS_MAX)
		return bad(wrong, "more than %d accounts", WORDS_MAX);
	a->gone = strcmp(w->at[2], "gone") == 0;
	if (a == end)
		a->user = copy_text(w->at[1]);
	free(a->server);
	a->line = line->number;
	a->server = copy_text(w->at[2]);
	a->keys.count = 0;
	for (size_t i = 3; i < w->count; i++)
		a->keys.at[a->keys.count++] = w->at[i];
	return true;
}

static bool
verb_config(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	const struct words *w = &line->words;
	struct scenario_setting *set = scenario->settings, *end = set + scenario->setting_count;

	if (w->count != 3)
		return bad(wrong, "it is: config KEY VALUE");
	if (check)
		return true;
	while (set < end && strcmp(set->key, w->at[1]) != 0)
		set++;
	if (set == end && scenario->setting_count++ == WORDS_MAX)
		return bad(wrong, "more than %d settings", WORDS_MAX);
	if (set == end)
		set->key = copy_text(w->at[1]);
	free(set->value);
	set->line = line->number;
	set->value = copy_text(w->at[2]);
	return true;
}

/* Accounts that are not in the new configuration end. */
static void
tell_who_leaves(const struct agent *agent, const struct config *config)
{
	struct agent_status status;

	agent_status(agent, &status);
	for (size_t i = 0; i < status.config->account_count; i++)
		world_leaving(status.config->accounts[i].aor, true);
	for (size_t i = 0; i < config->account_count; i++)
		world_leaving(config->accounts[i].aor, false);
}

static bool
verb_reload(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	struct strbuf errors = { 0 };
	struct config *config;
	char why[256] = "";

	if (line->words.count != 1)
		return bad(wrong, "it is: reload");
	if (check)
		return true;
	if (scenario->agent == NULL)
		return bad(wrong, "there is no agent");
	config = scenario_config(scenario, &errors);
	if (scenario->written == NULL || scenario->loaded == NULL || strcmp(scenario->written, scenario->loaded) != 0)
		world_reconfigured();
	if (scenario->judge_reload != NULL)
		scenario->judge_reload(scenario, true);
	if (config != NULL)
		tell_who_leaves(scenario->agent, config);
	world_agent_runs = true;
	scenario->reload_refused = config == NULL || agent_reload(scenario->agent, config, why) != 0;
	world_agent_runs = false;
	snprintf(scenario->refusal, sizeof(scenario->refusal), "%s%s", why, errors.data == NULL ? "" : errors.data);
	world_story("---- reload%s%s", scenario->reload_refused ? " refused: " : " ", scenario->refusal);
	if (!scenario->reload_refused)
		scenario_loaded(scenario);
	strbuf_fini(&errors);
	if (scenario->judge_reload != NULL)
		scenario->judge_reload(scenario, false);
	return true;
}

static void
on_stopped(void *arg, unsigned unanswered)
{
	struct scenario *scenario = arg;

	world_story("---- stopped, %u unanswered", unanswered);
	if (scenario->stopped)
		world_fail("agent_stop() told its end twice");
	scenario->stopped = true;
	scenario->unanswered = unanswered;
}

static bool
verb_stop(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	if (line->words.count != 1)
		return bad(wrong, "it is: stop");
	if (check)
		return true;
	if (scenario->agent == NULL)
		return bad(wrong, "there is no agent");
	world_story("---- stop");
	if (scenario->stopped)
		return true;		/* the daemon has ended */
	world_stopping();
	world_agent_runs = true;
	agent_stop(scenario->agent, on_stopped, scenario);
	world_agent_runs = false;
	return true;
}

/* Files are all that lives on. After `stop` it is a start, while it runs a kill -9 and a start. */
static bool
verb_restart(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	if (line->words.count != 1)
		return bad(wrong, "it is: restart");
	if (check)
		return true;
	world_story("---- restart");
	scenario_kill(scenario);
	world_restarted();
	if (world_has_state())
		tally(TALLY_B55_RESTART);
	if (scenario_start(scenario))
		return true;
	if (!scenario->lenient)
		return bad(wrong, "it does not start again");
	scenario_kill(scenario);	/* there was no memory: whoever started it tries again */
	return scenario_start(scenario) || bad(wrong, "it does not start again");
}

static bool
verb_file(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	const struct words *w = &line->words;
	bool writable = w->count == 3 && strcmp(w->at[2], "writable") == 0;
	bool readable = w->count == 3 && strcmp(w->at[2], "readable") == 0;

	(void)scenario;
	if (w->count == 3 && (writable || strcmp(w->at[2], "unwritable") == 0)) {
		if (!check)
			world_file_unwritable(w->at[1], !writable);
	} else if (w->count == 3 && (readable || strcmp(w->at[2], "unreadable") == 0)) {
		if (!check)
			world_file_unreadable(w->at[1], !readable);
	} else if (w->count == 3 && strcmp(w->at[2], "gone") == 0) {
		if (!check)
			world_file_set(w->at[1], NULL);
	} else if (w->count == 4 && strcmp(w->at[2], "says") == 0) {
		if (!check)
			world_file_set(w->at[1], w->at[3]);
	} else {
		return bad(wrong, "it is: file PATH gone|writable|unwritable|readable|unreadable|says TEXT");
	}
	return true;
}

static bool
verb_request(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	const struct words *w = &line->words;
	const char *of = w->count == 3 ? w->at[2] : NULL, *what = w->count > 1 ? w->at[1] : "";
	bool drain = strcmp(what, "drain") == 0 || strcmp(what, "undrain") == 0;
	bool probe = strcmp(what, "probe") == 0, done;

	if (w->count < 2 || w->count > 3 || (drain && of == NULL) ||
	    (!drain && !probe && strcmp(what, "register") != 0))
		return bad(wrong, "it is: request register [USER], request probe [ADDR], request drain|undrain ADDR");
	if (check)
		return true;
	if (scenario->agent == NULL)
		return bad(wrong, "there is no agent");
	world_story("---- request %s %s", w->at[1], of == NULL ? "" : of);
	world_agent_runs = true;
	if (drain)
		done = (what[0] == 'd' ? agent_drain(scenario->agent, of) : agent_undrain(scenario->agent, of)) == 0;
	else
		done = probe ? agent_probe(scenario->agent, of) : agent_register(scenario->agent, of);
	world_agent_runs = false;
	if (!done && !scenario->random)		/* names come and go there */
		return bad(wrong, "the agent knows no \"%s\"", of == NULL ? "" : of);
	return true;
}

/* ---- expect, never, until: the runner does these ---- */

static bool
verb_watch(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	struct words words = line->words;
	bool never = strcmp(words.at[0], "never") == 0;

	(void)scenario;
	if (!check)
		return true;
	words.count--;
	memmove(words.at, words.at + 1, words.count * sizeof(words.at[0]));
	line->by_ms = -1;
	line->within_ms = -1;
	if (words.count > 2) {
		const char *option = words.at[words.count - 2], *value = words.at[words.count - 1];
		bool by = strcmp(option, never ? "before" : "by") == 0;

		if (by || (!never && strcmp(option, "within") == 0)) {
			if (!span_duration_ms(span_of(value), by ? &line->by_ms : &line->within_ms))
				return bad(wrong, "%s \"%s\": no time", option, value);
			words.count -= 2;
		}
	}
	if (line->by_ms >= 0 && line->timed && (line->repeated || line->by_ms < line->at_ms))
		return bad(wrong, "it ends before it begins");
	if (!line->timed && line->within_ms >= 0) {
		line->by_ms = line->within_ms;
		line->within_ms = -1;
	}
	return condition_parse(&line->condition, &words, wrong);
}

static bool
verb_until(struct scenario *scenario, struct line *line, bool check, char wrong[256])
{
	if (check && (line->words.count != 2 || !span_duration_ms(span_of(line->words.at[1]), &scenario->until_ms)))
		return bad(wrong, "it is: until TIME");
	return true;
}

static const struct verb verbs[] = {
	{ "server", verb_server, true, true, false, save_server, restore_server },
	{ "network", verb_network, true, true, false, save_network, restore_network },
	{ "route", verb_route, true, true, false, save_route, restore_route },
	{ "interface", verb_interface, true, true, false, NULL, NULL },
	{ "standstill", verb_standstill, false, true, false, NULL, NULL },
	{ "clock", verb_clock, false, true, false, NULL, NULL },
	{ "nameserver", verb_nameserver, true, true, false, save_nameserver, restore_nameserver },
	{ "dns", verb_dns, true, true, false, NULL, NULL },
	{ "account", verb_account, true, true, false, NULL, NULL },
	{ "config", verb_config, true, true, false, NULL, NULL },
	{ "reload", verb_reload, false, true, true, NULL, NULL },
	{ "request", verb_request, false, true, true, NULL, NULL },
	{ "stop", verb_stop, false, true, true, NULL, NULL },
	{ "restart", verb_restart, false, true, true, NULL, NULL },
	{ "file", verb_file, true, true, false, NULL, NULL },
	{ "expect", verb_watch, false, true, false, NULL, NULL },
	{ "never", verb_watch, false, true, false, NULL, NULL },
	{ "until", verb_until, false, false, false, NULL, NULL },
};

const struct verb *
verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	}
	return NULL;
}
