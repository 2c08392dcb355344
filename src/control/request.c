/* SPDX-License-Identifier: ISC */
#include "control/request.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"


/* What may follow a command, besides its subject. */
enum {
	MAY_JSON = 1 << 0,
	MAY_FOLLOW = 1 << 1,
	MAY_WAIT = 1 << 2,		/* a state, active= and --timeout */
	MAY_LONG = 1 << 3,
	MAY_LIMIT = 1 << 4,		/* --all, --warning and --critical */
	MAY_FILTER = 1 << 5,		/* --account and --server */
};

struct grammar {
	const char *name;
	unsigned may;
	bool subject;
	const char *required;		/* what the subject is, if there must be one */
};

static const struct grammar grammars[REQUEST_VERBS] = {
	[REQUEST_STATUS] = { "status", MAY_JSON | MAY_LONG, true, NULL },
	[REQUEST_SERVERS] = { "servers", MAY_JSON, false, NULL },
	[REQUEST_CHECK] = { "check", MAY_JSON | MAY_LIMIT, true, NULL },
	[REQUEST_RELOAD] = { "reload", 0, false, NULL },
	[REQUEST_REGISTER] = { "register", 0, true, NULL },
	[REQUEST_PROBE] = { "probe", 0, true, NULL },
	[REQUEST_DRAIN] = { "drain", 0, true, "server" },
	[REQUEST_UNDRAIN] = { "undrain", 0, true, "server" },
	[REQUEST_EXPLAIN] = { "explain", MAY_JSON, true, "account" },
	[REQUEST_EVENTS] = { "events", MAY_JSON | MAY_FOLLOW, false, NULL },
	[REQUEST_JOURNAL] = { "journal", MAY_JSON, false, NULL },
	[REQUEST_WAIT] = { "wait", MAY_WAIT, true, "account" },
	[REQUEST_LOG] = { "log", 0, true, NULL },
	[REQUEST_TRACE] = { "trace", MAY_FILTER, false, NULL },
	[REQUEST_VERSION] = { "version", 0, false, NULL },
};

/* The next word, absent at the end; what is left stays in *rest. */
static struct span
next_word(struct span *rest)
{
	struct span word = { 0 };
	size_t n = 0;

	while (rest->len > 0 && (*rest->at == ' ' || *rest->at == '\t'))
		rest->at++, rest->len--;
	while (n < rest->len && rest->at[n] != ' ' && rest->at[n] != '\t')
		n++;
	if (n > 0)
		word = (struct span){ .at = rest->at, .len = n };
	rest->at += n;
	rest->len -= n;
	return word;
}

static bool
printable(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool
begins(struct span word, const char *with)
{
	size_t len = strlen(with);

	return word.len >= len && memcmp(word.at, with, len) == 0;
}

static bool
copy_word(char to[REQUEST_WORD_MAX + 1], struct span word, char why[160])
{
	if (word.len > REQUEST_WORD_MAX) {
		snprintf(why, 160, "that name is too long");
		return false;
	}
	memcpy(to, word.at, word.len);
	to[word.len] = '\0';
	return true;
}

/* "10": seconds; "500ms", "2m": a duration. */
static bool
parse_timeout(struct request *request, struct span word, char why[160])
{
	uint64_t seconds;
	int64_t ms;

	if (span_number(word, REQUEST_TIMEOUT_MAX_MS / 1000, &seconds))
		ms = (int64_t)seconds * 1000;
	else if (!span_duration_ms(word, &ms) || ms > REQUEST_TIMEOUT_MAX_MS) {
		snprintf(why, 160, "--timeout wants seconds, 0 to %d", REQUEST_TIMEOUT_MAX_MS / 1000);
		return false;
	}
	request->timeout_ms = ms;
	return true;
}

static bool
set_json(struct request *request, struct span word, char why[160])
{
	(void)word;
	(void)why;
	request->json = true;
	return true;
}

static bool
set_follow(struct request *request, struct span word, char why[160])
{
	(void)word;
	(void)why;
	request->follow = true;
	return true;
}

static bool
set_long(struct request *request, struct span word, char why[160])
{
	(void)word;
	(void)why;
	request->detailed = true;
	return true;
}

static bool
set_all(struct request *request, struct span word, char why[160])
{
	(void)word;
	(void)why;
	request->all = true;
	return true;
}

/* "3" or "5%". */
static bool
parse_limit(struct request_limit *limit, const char *option, struct span word, char why[160])
{
	limit->percent = word.len > 0 && word.at[word.len - 1] == '%';
	if (limit->percent)
		word.len--;
	if (span_number(word, limit->percent ? 100 : UINT32_MAX, &limit->number))
		return true;
	snprintf(why, 160, "%s wants a number of accounts, or 0%% to 100%%", option);
	return false;
}

static bool
parse_warning(struct request *request, struct span word, char why[160])
{
	return parse_limit(&request->warning, "--warning", word, why);
}

static bool
parse_critical(struct request *request, struct span word, char why[160])
{
	return parse_limit(&request->critical, "--critical", word, why);
}

static bool
parse_account(struct request *request, struct span word, char why[160])
{
	if (span_there(word))
		return copy_word(request->subject, word, why);
	snprintf(why, 160, "--account wants one");
	return false;
}

static bool
parse_server(struct request *request, struct span word, char why[160])
{
	char text[PEER_TEXT_SIZE];

	request->of_server = true;
	if (span_there(word) && word.len < sizeof(text)) {
		memcpy(text, word.at, word.len);
		text[word.len] = '\0';
		if (peer_pattern_parse(&request->server, text))
			return true;
	}
	snprintf(why, 160, "--server wants an IP address, as in 192.0.2.1, 192.0.2.1:5060 or udp:192.0.2.1:5060");
	return false;
}

static const struct option {
	const char *word;
	unsigned may;			/* who has it */
	bool value;			/* the next word */
	bool (*take)(struct request *request, struct span value, char why[160]);
} options[] = {
	{ "--json", MAY_JSON, false, set_json },
	{ "--follow", MAY_FOLLOW, false, set_follow },
	{ "--long", MAY_LONG, false, set_long },
	{ "--all", MAY_LIMIT, false, set_all },
	{ "--warning", MAY_LIMIT, true, parse_warning },
	{ "--critical", MAY_LIMIT, true, parse_critical },
	{ "--account", MAY_FILTER, true, parse_account },
	{ "--server", MAY_FILTER, true, parse_server },
	{ "--timeout", MAY_WAIT, true, parse_timeout },
};

static bool
parse_active(struct request *request, struct span word, char why[160])
{
	char text[ADDRESS_TEXT_SIZE];

	if (word.len < sizeof(text)) {
		memcpy(text, word.at, word.len);
		text[word.len] = '\0';
		if (request->active.family == ADDRESS_NONE && address_parse(&request->active, text))
			return true;
	}
	snprintf(why, 160, "active= wants one IP address, with or without :port");
	return false;
}

static bool
parse_state(struct request *request, struct span word, char why[160])
{
	for (int s = 0; s < ACCOUNT_STATES; s++) {
		if (!request->wait_state && span_equal(word, account_state_str((enum account_state)s))) {
			request->wait_state = true;
			request->state = (enum account_state)s;
			return true;
		}
	}
	snprintf(why, 160, "wait wants one state (registered, registering, failed, down, frozen) or active=ADDRESS");
	return false;
}

static bool
parse_option(struct request *request, const struct grammar *grammar, struct span word, struct span *rest, char why[160])
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if ((grammar->may & options[i].may) != 0 && span_equal(word, options[i].word))
			return options[i].take(request, options[i].value ? next_word(rest) : word, why);
	}
	snprintf(why, 160, "%s has no such option", grammar->name);
	return false;
}

static bool
parse_word(struct request *request, const struct grammar *grammar, struct span word, char why[160])
{
	if (grammar->subject && request->subject[0] == '\0')
		return copy_word(request->subject, word, why);
	if ((grammar->may & MAY_WAIT) != 0 && begins(word, "active="))
		return parse_active(request, (struct span){ word.at + 7, word.len - 7 }, why);
	if ((grammar->may & MAY_WAIT) != 0)
		return parse_state(request, word, why);
	snprintf(why, 160, "%s: too many words", grammar->name);
	return false;
}

static const struct grammar *
find_grammar(struct request *request, struct span word)
{
	for (int v = 0; v < REQUEST_VERBS; v++) {
		if (span_equal(word, grammars[v].name)) {
			request->verb = (enum request_verb)v;
			return &grammars[v];
		}
	}
	return NULL;
}

static bool
complete(const struct request *request, const struct grammar *grammar, char why[160])
{
	if (grammar->required != NULL && request->subject[0] == '\0') {
		snprintf(why, 160, "%s: which %s?", grammar->name, grammar->required);
		return false;
	}
	if ((grammar->may & MAY_WAIT) != 0 && !request->wait_state && request->active.family == ADDRESS_NONE) {
		snprintf(why, 160, "%s: for which state or active=ADDRESS?", grammar->name);
		return false;
	}
	if (request->all && request->subject[0] != '\0') {
		snprintf(why, 160, "%s: one account or --all", grammar->name);
		return false;
	}
	return true;
}

bool
request_parse(struct request *request, const char *line, char why[160])
{
	struct span rest = span_of(line);
	struct span word;
	const struct grammar *grammar;

	*request = (struct request){ .timeout_ms = REQUEST_TIMEOUT_DEFAULT_MS };
	if (line == NULL || !printable(rest)) {
		snprintf(why, 160, "the request is too long or no text");
		return false;
	}
	word = next_word(&rest);
	if (!span_there(word) || !span_equal(word, REQUEST_PREFIX)) {
		snprintf(why, 160, "a request begins with " REQUEST_PREFIX);
		return false;
	}
	word = next_word(&rest);
	grammar = span_there(word) ? find_grammar(request, word) : NULL;
	if (grammar == NULL) {
		snprintf(why, 160, "no such command");
		return false;
	}
	while (span_there(word = next_word(&rest))) {
		if (word.at[0] == '-' ? !parse_option(request, grammar, word, &rest, why) :
		    !parse_word(request, grammar, word, why))
			return false;
	}
	return complete(request, grammar, why);
}
