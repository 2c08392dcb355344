/* SPDX-License-Identifier: ISC */
#include "agent/configlex.h"

#include <stdint.h>
#include <string.h>

#include "agent/configtoken.h"

/* From a secret to the end of its line anything may be a part of it, whatever the quotes make of it. */
static bool
behind_secret(struct configlex *lex, const struct configtoken *t)
{
	if (t->line != lex->secret_line)
		return false;
	configreport_error(lex->report, lex->file, t->line,
	    "something behind the password; put it in single quotes, or into a password-file if it has a ' itself");
	return true;
}

static bool
broken(struct configlex *lex, const struct configtoken *t, const char *what)
{
	if (behind_secret(lex, t))
		return false;
	if (t->kind == CONFIGTOKEN_END)
		configreport_error(lex->report, lex->file, t->line, "the file ends too early; %s", what);
	else
		configreport_error(lex->report, lex->file, t->line, "unexpected \"%.*s\"; %s",
		    t->text.len > 40 ? 40 : (int)t->text.len, t->text.at, what);
	return false;
}

/* What was read since the mark is not for libconfuse. */
static void
take_back(struct strbuf *plain, size_t mark)
{
	if (plain->failed || plain->len <= mark)
		return;
	plain->len = mark;
	plain->data[mark] = '\0';
}

/* The items behind "{", with the "}". */
static bool
list(struct configlex *lex, bool secret)
{
	struct configtoken t;

	do {
		t = configtoken_next(lex);
		if (secret)
			lex->secret_line = t.line;
		if (!configtoken_is_item(&t))
			return broken(lex, &t, "a list is {\"one\", \"two\"}");
		configtoken_plain(&t, lex->plain);
		t = configtoken_next(lex);
		if (secret)
			lex->secret_line = t.line;
		if (!configtoken_is(&t, ',') && !configtoken_is(&t, '}'))
			return broken(lex, &t, "items of a list are parted by \",\" and end with \"}\"");
		strbuf_append_span(lex->plain, t.text);
	} while (t.mark != '}');
	return true;
}

/*
 * An item, or items in braces.
 *
 * is_list   the key takes a list
 * Returns false when the file cannot be followed any more.
 */
static bool
value(struct configlex *lex, bool secret, bool is_list)
{
	struct configtoken t = configtoken_next(lex);
	size_t mark = lex->plain->len;

	if (secret)
		lex->secret_line = t.line;
	if (configtoken_is_item(&t)) {
		if (secret && t.mark != '\'')
			configreport_error(lex->report, lex->file, t.line,
			    "a secret not in single quotes; write 'SECRET', so that nothing in it can change");
		strbuf_append(lex->plain, is_list ? "{" : "");
		configtoken_plain(&t, lex->plain);
		strbuf_append(lex->plain, is_list ? "}" : "");
		return true;
	}
	if (!configtoken_is(&t, '{'))
		return broken(lex, &t, "a value belongs behind \"=\"");
	strbuf_append(lex->plain, "{");
	if (!list(lex, secret))
		return false;
	if (!is_list) {
		configreport_error(lex->report, lex->file, t.line, "a list for a key that takes one value; take the "
		    "braces away");
		take_back(lex->plain, mark);
		strbuf_append(lex->plain, "''");
	}
	return true;
}

static size_t
find_key(struct span word, const char *const *names)
{
	size_t i = 0;

	while (names[i] != NULL && !span_equal(word, names[i]))
		i++;
	return i;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t
distance(struct span word, const char *name)
{
	size_t row[64], name_len = strlen(name);

	if (word.len > 40 || name_len > 40)
		return SIZE_MAX;
	for (size_t j = 0; j <= name_len; j++)
		row[j] = j;
	for (size_t i = 0; i < word.len; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < name_len; j++) {
			size_t swap = diagonal + (word.at[i] != name[j]);

			diagonal = row[j + 1];
			row[j + 1] = least(swap, least(row[j], diagonal) + 1);
		}
	}
	return row[name_len];
}

const char *
configlex_nearest(struct span word, const char *const *names)
{
	size_t best = word.len < 5 ? 2 : 4;	/* further off is a guess, not a typing error */
	const char *found = NULL;

	for (; *names != NULL; names++) {
		size_t d = distance(word, *names);

		if (d < best) {
			best = d;
			found = *names;
		}
	}
	return found;
}

static void
unknown_key(struct configlex *lex, const struct configtoken *key, const struct configlex_keys *here)
{
	const struct configlex_keys *there = here == lex->global ? lex->account : lex->global;
	const char *nearest = configlex_nearest(key->text, here->names);
	int len = key->text.len > 60 ? 60 : (int)key->text.len;

	if (there->names[find_key(key->text, there->names)] != NULL)
		configreport_error(lex->report, lex->file, key->line, "%.*s stands at the wrong place; it belongs %s",
		    len, key->text.at,
		    there == lex->account ? "into an account block" : "outside of the account blocks");
	else if (nearest != NULL)
		configreport_error(lex->report, lex->file, key->line, "unknown key %.*s; did you mean %s?", len,
		    key->text.at, nearest);
	else
		configreport_error(lex->report, lex->file, key->line, "unknown key %.*s; see sipkeepd.conf(5)", len,
		    key->text.at);
}

/* So is the value of a misspelt "password". */
static bool
is_secret(const struct configlex_keys *keys, size_t index, struct span word)
{
	const char *nearest = NULL;

	if (keys->names[index] == NULL && (nearest = configlex_nearest(word, keys->names)) != NULL)
		index = find_key(span_of(nearest), keys->names);
	return keys->names[index] != NULL && (keys->secrets >> index & 1) != 0;
}

/*
 * "= value" behind a key.
 *
 * index  the key's place in keys, or the end of the list if there is no such key
 */
static bool
setting(struct configlex *lex, const struct configtoken *key, const struct configlex_keys *keys, size_t index)
{
	size_t mark = lex->plain->len;
	bool known = keys->names[index] != NULL, secret = is_secret(keys, index, key->text);
	bool torn = key->line == lex->secret_line;
	struct configtoken t = configtoken_next(lex);

	if (secret && t.kind != CONFIGTOKEN_MARK)
		lex->secret_line = t.line;	/* the "=" was forgotten */
	if (!configtoken_is(&t, '='))
		return broken(lex, &t, "a key is followed by \"=\" and its value");
	strbuf_append_span(lex->plain, key->text);
	strbuf_append(lex->plain, "=");
	if (!value(lex, secret, !known || (keys->lists >> index & 1) != 0))
		return false;
	strbuf_append(lex->plain, " ");
	if (!known) {
		if (!torn || !behind_secret(lex, key))
			unknown_key(lex, key, keys);
		take_back(lex->plain, mark);
	}
	return true;
}

/* What belongs outside shows that the block was to end before it. */
static bool
belongs_outside(struct configlex *lex, const struct configlex_statement *s, const struct configtoken *key)
{
	bool is_account = span_equal(key->text, "account"), is_include = span_equal(key->text, "include");
	struct configtoken behind;

	if (!is_account && !is_include)
		return false;
	behind = configtoken_peek(lex);
	if (is_account && configtoken_is(&behind, '{'))
		configreport_error(lex->report, lex->file, key->line,
		    "the account block of line %d is not closed; put } before this one", s->line);
	else if (is_include && configtoken_is(&behind, '('))
		configreport_error(lex->report, lex->file, key->line,
		    "include inside of an account block; put it outside, or close the block of line %d", s->line);
	else
		return false;
	return true;
}

static bool
account_setting(struct configlex *lex, struct configlex_statement *s, const struct configtoken *key)
{
	size_t mark = lex->plain->len, index = find_key(key->text, lex->account->names);

	if (belongs_outside(lex, s, key))
		return false;
	if (!setting(lex, key, lex->account, index))
		return false;
	if (lex->account->names[index] == NULL)
		return true;
	if (s->key_line[index] != 0) {
		configreport_error(lex->report, lex->file, key->line,
		    "%s is set twice in this account, first in line %d; take one out", lex->account->names[index],
		    s->key_line[index]);
		take_back(lex->plain, mark);
		return true;
	}
	s->key_line[index] = key->line;
	return true;
}

static bool
account(struct configlex *lex, struct configlex_statement *s)
{
	struct configtoken t = configtoken_next(lex);

	s->kind = CONFIGLEX_ACCOUNT;
	if (!configtoken_is(&t, '{'))
		return broken(lex, &t, "an account has no title, it is account { … }");
	strbuf_append(lex->plain, "account{");
	for (;;) {
		t = configtoken_next(lex);
		if (configtoken_is(&t, '}'))
			break;
		if (t.kind == CONFIGTOKEN_END) {
			configreport_error(lex->report, lex->file, s->line,
			    "this account block is not closed; put } at its end");
			return false;
		}
		if (t.kind != CONFIGTOKEN_WORD)
			return broken(lex, &t, "a key, or } at the end of the account");
		if (!account_setting(lex, s, &t))
			return false;
	}
	strbuf_append(lex->plain, "}");
	return true;
}

static bool
include(struct configlex *lex, struct configlex_statement *s)
{
	struct configtoken open = configtoken_next(lex), file = configtoken_next(lex), close = configtoken_next(lex);

	s->kind = CONFIGLEX_INCLUDE;
	if (!configtoken_is(&open, '('))
		return broken(lex, &open, "write include(\"FILE\")");
	if (!configtoken_is_item(&file) || file.text.len == 0)
		return broken(lex, &file, "write include(\"FILE\")");
	if (!configtoken_is(&close, ')'))
		return broken(lex, &close, "write include(\"FILE\")");
	configtoken_text(&file, &s->include, false);
	if (s->include.failed)
		return configreport_no_memory(lex->report, lex->file);
	return true;
}

static bool
global_setting(struct configlex *lex, struct configlex_statement *s, const struct configtoken *key)
{
	struct configtoken behind = configtoken_peek(lex);

	if (configtoken_is(&behind, '{'))
		return broken(lex, key, "the only block is account { … }");
	s->kind = CONFIGLEX_SETTING;
	s->key = find_key(key->text, lex->global->names);
	return setting(lex, key, lex->global, s->key);
}

static enum configlex_kind
statement(struct configlex *lex, struct configlex_statement *s, const struct configtoken *key)
{
	size_t mark = lex->plain->len;
	bool ok;

	if (key->kind != CONFIGTOKEN_WORD) {
		broken(lex, key, "a key, account { … } or include(…) begins here");
		ok = false;
	} else if (span_equal(key->text, "account")) {
		ok = account(lex, s);
	} else if (span_equal(key->text, "include")) {
		ok = include(lex, s);
	} else {
		ok = global_setting(lex, s, key);
	}
	if (!ok) {
		take_back(lex->plain, mark);
		return CONFIGLEX_BROKEN;
	}
	return s->kind;
}

void
configlex_statement_fini(struct configlex_statement *s)
{
	strbuf_fini(&s->include);
}

void
configlex_init(struct configlex *lex, const char *file, const char *bytes, size_t len,
    const struct configlex_keys *global, const struct configlex_keys *account_keys, struct configreport *report,
    struct strbuf *plain)
{
	*lex = (struct configlex){ .at = bytes, .end = bytes + len, .line = 1, .file = file, .global = global,
	    .account = account_keys, .report = report, .plain = plain };
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		lex->at += 3;	/* what editors of another system put first */
}

enum configlex_kind
configlex_next(struct configlex *lex, struct configlex_statement *s)
{
	for (;;) {
		struct configtoken t = configtoken_next(lex);
		struct strbuf kept = s->include;

		strbuf_clear(&kept);
		*s = (struct configlex_statement){ .kind = CONFIGLEX_END, .line = t.line, .include = kept };
		if (t.kind == CONFIGTOKEN_END)
			return s->kind;
		s->kind = statement(lex, s, &t);
		if (lex->plain->failed) {
			configreport_no_memory(lex->report, lex->file);
			s->kind = CONFIGLEX_BROKEN;
		}
		if (s->kind != CONFIGLEX_SETTING || lex->global->names[s->key] != NULL)
			return s->kind;
	}
}
