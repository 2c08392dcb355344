/* SPDX-License-Identifier: ISC */
/* What `expect` and `never` look at. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"

struct kind {
	const char *name;
	size_t words_min, words_max;	/* behind the name */
	bool (*parse)(struct condition *c, char wrong[256]);
	bool per_account;
	bool (*holds)(const struct scenario *s, const struct condition *c, const struct account_status *status,
	    const struct account *account);
};

bool
scenario_address(const char *word, struct address *address)
{
	if (!address_parse(address, word))
		return false;
	if (address->port == 0)
		address->port = 5060;
	return true;
}

/* ---- Arguments ---- */

static bool
parse_address(struct condition *c, char wrong[256])
{
	c->any_address = strcmp(c->words.at[1], "any") == 0 || strcmp(c->words.at[1], "none") == 0;
	if (c->any_address || scenario_address(c->words.at[1], &c->address[0]))
		return true;
	snprintf(wrong, 256, "\"%s\" is no address", c->words.at[1]);
	return false;
}

/* [CMP] NUMBER in the last words, from word `at` on. */
static bool
parse_number(struct condition *c, size_t at, char wrong[256])
{
	uint64_t number;

	c->comparison = '=';
	if (at + 2 == c->words.count) {
		const char *word = c->words.at[at++];

		if (strcmp(word, "<=") == 0)
			c->comparison = 'l';
		else if (strcmp(word, ">=") == 0)
			c->comparison = 'g';
		else if (strlen(word) == 1 && strchr("<>=", word[0]) != NULL)
			c->comparison = word[0];
		else
			at = c->words.count;
	}
	if (at + 1 != c->words.count || !span_number(span_of(c->words.at[at]), UINT32_MAX, &number)) {
		snprintf(wrong, 256, "a number is missing, with <, <=, =, >= or > before it");
		return false;
	}
	c->number = (int64_t)number;
	return true;
}

static bool
parse_only_number(struct condition *c, char wrong[256])
{
	return parse_number(c, 1, wrong);
}

static bool
parse_count(struct condition *c, char wrong[256])
{
	return parse_address(c, wrong) && parse_number(c, 2, wrong);
}

static const char *
candidate_words[] = { "up", "down", "unknown", "failed", "held-off", "free", "active", "drained", "present", NULL };

static bool
known(const char *word, const char *const *words)
{
	while (*words != NULL && strcmp(word, *words) != 0)
		words++;
	return *words != NULL;
}

static bool
parse_candidate(struct condition *c, char wrong[256])
{
	if (!known(c->words.at[2], candidate_words)) {
		snprintf(wrong, 256, "a candidate is not \"%s\"", c->words.at[2]);
		return false;
	}
	return parse_address(c, wrong);
}

static bool
parse_state(struct condition *c, char wrong[256])
{
	for (int state = ACCOUNT_REGISTERED; state <= ACCOUNT_FROZEN; state++) {
		if (strcmp(account_state_str((enum account_state)state), c->words.at[1]) == 0)
			return true;
	}
	snprintf(wrong, 256, "an account is not \"%s\"", c->words.at[1]);
	return false;
}

/* "10.0.0.1", or "P1:0=10.0.0.1" with rank and priority. */
static bool
parse_place(const char *word, unsigned *rank, unsigned *priority, struct address *address)
{
	const char *equals = strchr(word, '=');

	*rank = 0;
	if (equals != NULL && sscanf(word, "P%u:%u=", rank, priority) != 2)
		return false;
	return scenario_address(equals == NULL ? word : equals + 1, address);
}

static bool
parse_candidates(struct condition *c, char wrong[256])
{
	for (size_t i = 1; i < c->words.count; i++) {
		unsigned rank, priority;

		if (!parse_place(c->words.at[i], &rank, &priority, &c->address[0])) {
			snprintf(wrong, 256, "\"%s\" is neither ADDR nor P1:1=ADDR", c->words.at[i]);
			return false;
		}
	}
	return true;
}

static const struct { const char *many, *one; enum happening_kind kind; } counted[] = {
	{ "registers", "register", HAPPENED_REGISTER },
	{ "unregisters", "unregister", HAPPENED_UNREGISTER },
	{ "questions", "question", HAPPENED_QUESTION },
	{ "options", "options", HAPPENED_OPTIONS },
	{ "packets", "packet", HAPPENED_PACKET },
	{ "pings", "ping", HAPPENED_PING },
};

enum { COUNTED = sizeof(counted) / sizeof(counted[0]) };

static bool
kind_of(const char *one, enum happening_kind *kind)
{
	for (size_t i = 0; i < COUNTED; i++) {
		if (strcmp(one, counted[i].one) == 0) {
			*kind = counted[i].kind;
			return true;
		}
	}
	return false;
}

static bool
parse_records(struct condition *c, char wrong[256])
{
	bool found = strcmp(c->words.at[1], "any") == 0;

	for (int kind = 0; kind < RECORD_KINDS; kind++)
		found = found || strcmp(c->words.at[1], record_kind_str((enum record_kind)kind)) == 0;
	if (!found)
		snprintf(wrong, 256, "no record is \"%s\"", c->words.at[1]);
	return found && parse_number(c, 2, wrong);
}

static bool
parse_order(struct condition *c, char wrong[256])
{
	enum happening_kind kind;

	if (strcmp(c->words.at[2], "before") != 0 || !kind_of(c->words.at[3], &kind)
	    || !scenario_address(c->words.at[4], &c->address[1])) {
		snprintf(wrong, 256, "it is: %s ADDR before register|unregister|question|options ADDR", c->words.at[0]);
		return false;
	}
	return parse_address(c, wrong);
}

static bool
parse_queries(struct condition *c, char wrong[256])
{
	size_t at = 2;

	c->any_address = !scenario_address(c->words.at[1], &c->address[0]);
	if (c->any_address && known(c->words.at[2], (const char *const[]){ "A", "AAAA", "SRV", NULL }))
		at = 3;
	return parse_number(c, at, wrong);
}

/* A word, and a number. */
static bool
parse_logs(struct condition *c, char wrong[256])
{
	return parse_number(c, 2, wrong);
}

static bool
parse_file(struct condition *c, char wrong[256])
{
	if (strcmp(c->words.at[2], "has") == 0)
		return true;
	snprintf(wrong, 256, "it is: file PATH has TEXT");
	return false;
}

static bool
parse_answers(struct condition *c, char wrong[256])
{
	return parse_address(c, wrong) && parse_number(c, 2, wrong);
}

/* ---- Evaluation ---- */

static bool
compare(const struct condition *c, int64_t value)
{
	switch (c->comparison) {
	case '<':
		return value < c->number;
	case '>':
		return value > c->number;
	case 'l':
		return value <= c->number;
	case 'g':
		return value >= c->number;
	default:
		return value == c->number;
	}
}

static bool
is_there(const struct condition *c, size_t which, const struct address *address)
{
	return (which == 0 && c->any_address) || address_equal(&c->address[which], address);
}

/* `who` is "100@example.com", the condition names a user or the whole. */
static bool
is_of(const struct condition *c, const char *who)
{
	size_t len;

	if (c->account == NULL)
		return true;
	len = strlen(c->account);
	return strncmp(who, c->account, len) == 0 && (who[len] == '@' || who[len] == '\0');
}

static bool
holds_active(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	struct candidate_status candidate;

	(void)s;
	if (status->active < 0 || !account_candidate_status(account, (size_t)status->active, &candidate))
		return strcmp(c->words.at[1], "none") == 0;
	return is_there(c, 0, &candidate.peer.address) && strcmp(c->words.at[1], "none") != 0;
}

static bool
holds_state(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	(void)s;
	(void)account;
	return strcmp(account_state_str(status->state), c->words.at[1]) == 0;
}

static bool
candidate_is(const struct candidate_status *candidate, const char *word)
{
	if (strcmp(word, "failed") == 0)
		return candidate->failed;
	if (strcmp(word, "held-off") == 0)
		return candidate->held_off;
	if (strcmp(word, "drained") == 0)
		return candidate->drained;
	if (strcmp(word, "free") == 0)
		return !candidate->failed && !candidate->held_off;
	if (strcmp(word, "active") == 0)
		return candidate->active;
	return strcmp(word, "present") == 0 || strcmp(word, health_state_str(candidate->health)) == 0;
}

static bool
holds_candidate(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	struct candidate_status candidate;

	(void)s;
	for (size_t i = 0; i < status->candidates; i++) {
		if (account_candidate_status(account, i, &candidate) && is_there(c, 0, &candidate.peer.address)
		    && candidate_is(&candidate, c->words.at[2]))
			return true;
	}
	return false;
}

static bool
holds_candidates(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	struct candidate_status candidate;

	(void)s;
	if (status->candidates != c->words.count - 1)
		return false;
	for (size_t i = 0; i < status->candidates; i++) {
		struct address address;
		unsigned rank, priority;

		if (!account_candidate_status(account, i, &candidate)
		    || !parse_place(c->words.at[i + 1], &rank, &priority, &address)
		    || !address_equal(&address, &candidate.peer.address)
		    || (rank != 0 && (rank != candidate.rank || priority != candidate.priority)))
			return false;
	}
	return true;
}

static bool
holds_binding(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	(void)s;
	(void)account;
	return world_binding(status->aor, c->any_address ? NULL : &c->address[0]);
}

static bool
holds_bound_as(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	(void)s;
	(void)account;
	return world_bound_as(status->aor, &c->address[0], c->words.at[2]);
}

static bool
holds_bindings(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	(void)s;
	(void)account;
	return compare(c, (int64_t)world_bindings(status->aor, &c->address[0]));
}

static bool
holds_number(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	const char *what = c->words.at[0];

	(void)s;
	(void)account;
	if (strcmp(what, "granted") == 0)
		return compare(c, status->granted_s);
	if (strcmp(what, "unregistered-ms") == 0)
		return compare(c, status->unregistered_ms);
	return compare(c, (int64_t)(strcmp(what, "failovers") == 0 ? status->failovers : status->failbacks));
}

static bool
holds_words(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	const char *what = c->words.at[0];

	(void)s;
	(void)account;
	if (strcmp(what, "redundant") == 0)
		return status->redundant;
	if (strcmp(what, "stale") == 0)
		return status->dns_stale;
	if (strcmp(what, "reason") == 0)
		return strcmp(selection_reason_str(status->reason), c->words.at[1]) == 0;
	return strstr(status->last_error, c->words.at[1]) != NULL;
}

static bool
holds_log(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	(void)s;
	(void)status;
	(void)account;
	return world_story_count(c->words.at[1], world_at(c->since_ms)) > 0;
}

static bool
holds_logs(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	(void)s;
	(void)status;
	(void)account;
	return compare(c, (int64_t)world_story_count(c->words.at[1], world_at(c->since_ms)));
}

static bool
holds_file(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	(void)s;
	(void)status;
	(void)account;
	return world_file_has(c->words.at[1], c->words.at[3]);
}

static bool
holds_writes(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	int64_t count = 0;

	(void)s;
	(void)status;
	(void)account;
	for (size_t i = 0; i < world_happenings(); i++) {
		const struct happening *h = world_happening(i);

		count += h->kind == HAPPENED_WRITE && !instant_before(h->when, world_at(c->since_ms)) &&
		    strcmp(h->who, c->words.at[1]) == 0;
	}
	return compare(c, count);
}

static bool
holds_records(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	int64_t count = 0;

	(void)status;
	(void)account;
	for (int kind = 0; kind < RECORD_KINDS; kind++)
		if (strcmp(c->words.at[1], "any") == 0 ||
		    strcmp(c->words.at[1], record_kind_str((enum record_kind)kind)) == 0)
			count += s->records[kind];
	return compare(c, count);
}

static bool
holds_count(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	enum happening_kind kind = HAPPENED_PACKET;
	int64_t count = 0;

	(void)s;
	(void)status;
	(void)account;
	for (size_t i = 0; i < COUNTED; i++) {
		if (strcmp(c->words.at[0], counted[i].many) == 0)
			kind = counted[i].kind;
	}
	for (size_t i = world_happenings(); i-- > 0;) {
		const struct happening *h = world_happening(i);

		if (instant_before(h->when, world_at(c->since_ms)))
			break;
		count += h->kind == kind && is_there(c, 0, &h->to) && is_of(c, h->who);
	}
	return compare(c, count);
}

static bool
holds_queries(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	int64_t count = 0;

	(void)s;
	(void)status;
	(void)account;
	for (size_t i = 0; i < world_happenings(); i++) {
		const struct happening *h = world_happening(i);
		bool typed = c->words.count > 3 && strchr("AS", c->words.at[2][0]) != NULL;

		if (h->kind != HAPPENED_QUERY || instant_before(h->when, world_at(c->since_ms)))
			continue;
		if (c->any_address ? strcmp(c->words.at[1], "any") != 0 && !str_equal_nocase(h->who, c->words.at[1])
		    : !address_same_ip(&h->to, &c->address[0]))
			continue;
		count += !typed || strcmp(dns_type_str(h->type), c->words.at[2]) == 0;
	}
	return compare(c, count);
}

static bool
holds_answers(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	(void)s;
	(void)status;
	(void)account;
	for (size_t i = 0; i < world_happenings(); i++) {
		const struct happening *h = world_happening(i);

		if (h->kind == HAPPENED_ANSWER && is_there(c, 0, &h->to) && h->code == c->number
		    && !instant_before(h->when, world_at(c->since_ms)))
			return true;
	}
	return false;
}

/* The first of the one kind came before the first of the other, and both came. */
static bool
holds_order(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	enum happening_kind kind[2] = { HAPPENED_PACKET, HAPPENED_PACKET };
	bool first = false;

	(void)s;
	(void)status;
	(void)account;
	kind_of(c->words.at[0], &kind[0]);
	kind_of(c->words.at[3], &kind[1]);
	for (size_t i = 0; i < world_happenings(); i++) {
		const struct happening *h = world_happening(i);

		if (instant_before(h->when, world_at(c->since_ms)) || !is_of(c, h->who))
			continue;
		if (h->kind == kind[0] && is_there(c, 0, &h->to))
			first = true;
		else if (h->kind == kind[1] && is_there(c, 1, &h->to))
			return first;
	}
	return false;
}

/* Accounts that are at a server, or would be if all were up. */
static bool
holds_share(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	struct server_place place = { 0 };
	struct server_status server;
	size_t count = 0;

	(void)status;
	(void)account;
	while (s->agent != NULL && agent_next_server(s->agent, &place, &server))
		if (is_there(c, 0, &server.peer.address))
			count += strcmp(c->words.at[0], "expected") == 0 ? server.expected : server.active;
	return compare(c, (int64_t)count);
}

static bool
holds_undecided(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	struct agent_status all;

	(void)status;
	(void)account;
	if (s->agent == NULL)
		return false;
	agent_status(s->agent, &all);
	return compare(c, (int64_t)all.undecided);
}

static bool
holds_agent(const struct scenario *s, const struct condition *c, const struct account_status *status,
    const struct account *account)
{
	(void)status;
	(void)account;
	if (strcmp(c->words.at[0], "stopped") == 0)
		return s->stopped;
	if (strcmp(c->words.at[0], "unanswered") == 0)
		return s->stopped && compare(c, s->unanswered);
	return s->reload_refused;
}

static const struct kind kinds[] = {
	{ "active", 1, 1, parse_address, true, holds_active },
	{ "state", 1, 1, parse_state, true, holds_state },
	{ "candidate", 2, 2, parse_candidate, true, holds_candidate },
	{ "candidates", 0, WORDS_MAX, parse_candidates, true, holds_candidates },
	{ "binding", 1, 1, parse_address, true, holds_binding },
	{ "bound-as", 2, 2, parse_address, true, holds_bound_as },
	{ "bindings", 2, 3, parse_count, true, holds_bindings },
	{ "granted", 1, 2, parse_only_number, true, holds_number },
	{ "failovers", 1, 2, parse_only_number, true, holds_number },
	{ "unregistered-ms", 1, 2, parse_only_number, true, holds_number },
	{ "failbacks", 1, 2, parse_only_number, true, holds_number },
	{ "redundant", 0, 0, NULL, true, holds_words },
	{ "stale", 0, 0, NULL, true, holds_words },
	{ "reason", 1, 1, NULL, true, holds_words },
	{ "error", 1, 1, NULL, true, holds_words },
	{ "log", 1, 1, NULL, false, holds_log },
	{ "records", 2, 3, parse_records, false, holds_records },
	{ "logs", 2, 3, parse_logs, false, holds_logs },
	{ "file", 3, 3, parse_file, false, holds_file },
	{ "writes", 2, 3, parse_logs, false, holds_writes },
	{ "registers", 2, 3, parse_count, false, holds_count },
	{ "unregisters", 2, 3, parse_count, false, holds_count },
	{ "questions", 2, 3, parse_count, false, holds_count },
	{ "options", 2, 3, parse_count, false, holds_count },
	{ "packets", 2, 3, parse_count, false, holds_count },
	{ "pings", 2, 3, parse_count, false, holds_count },
	{ "queries", 2, 4, parse_queries, false, holds_queries },
	{ "answers", 2, 2, parse_answers, false, holds_answers },
	{ "register", 4, 4, parse_order, false, holds_order },
	{ "unregister", 4, 4, parse_order, false, holds_order },
	{ "question", 4, 4, parse_order, false, holds_order },
	{ "options", 4, 4, parse_order, false, holds_order },
	{ "accounts", 2, 3, parse_count, false, holds_share },
	{ "expected", 2, 3, parse_count, false, holds_share },
	{ "undecided", 1, 2, parse_only_number, false, holds_undecided },
	{ "stopped", 0, 0, NULL, false, holds_agent },
	{ "unanswered", 1, 2, parse_only_number, false, holds_agent },
	{ "reload-refused", 0, 0, NULL, false, holds_agent },
};

bool
condition_parse(struct condition *c, const struct words *words, char wrong[256])
{
	*c = (struct condition){ .words = *words };
	while (c->words.count > 2) {
		const char *option = c->words.at[c->words.count - 2], *value = c->words.at[c->words.count - 1];

		if (strcmp(option, "of") == 0) {
			c->account = value;
		} else if (strcmp(option, "since") == 0) {
			if (!span_duration_ms(span_of(value), &c->since_ms)) {
				snprintf(wrong, 256, "since \"%s\": no time", value);
				return false;
			}
		} else {
			break;
		}
		c->words.count -= 2;
	}
	if (c->words.count > 0 && strcmp(c->words.at[0], "not") == 0) {
		c->negated = true;
		c->words.count--;
		memmove(c->words.at, c->words.at + 1, c->words.count * sizeof(c->words.at[0]));
	}
	for (c->kind = 0; c->words.count > 0 && c->kind < sizeof(kinds) / sizeof(kinds[0]); c->kind++) {
		const struct kind *kind = &kinds[c->kind];
		size_t arguments = c->words.count - 1;

		if (strcmp(kind->name, c->words.at[0]) == 0 && arguments >= kind->words_min &&
		    arguments <= kind->words_max)
			return kind->parse == NULL || kind->parse(c, wrong);
	}
	snprintf(wrong, 256, "no such condition, or not with so many words: \"%s\"",
	    c->words.count > 0 ? c->words.at[0] : "");
	return false;
}

bool
condition_holds(const struct scenario *s, const struct condition *c, bool all)
{
	const struct kind *kind = &kinds[c->kind];
	struct agent_status agent;
	struct account_status status;
	bool some = false;

	if (s->agent == NULL && kind->per_account)
		return false;
	if (!kind->per_account)
		return kind->holds(s, c, NULL, NULL) != c->negated;
	if (s->agent == NULL)
		return false;
	agent_status(s->agent, &agent);
	for (size_t i = 0; i < agent.accounts; i++) {
		const struct account *account = agent_account(s->agent, i);

		account_status(account, &status);
		if (!is_of(c, status.aor))
			continue;
		some = true;
		if ((kind->holds(s, c, &status, account) != c->negated) != all)
			return !all;
	}
	return some && all;
}
