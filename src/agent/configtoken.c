/* SPDX-License-Identifier: ISC */
#include "agent/configtoken.h"

#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool
is_mark(char c)
{
	return c != '\0' && strchr("{}=(),", c) != NULL;
}

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool
ends_word(char c)
{
	return is_blank(c) || c == '\n' || c == '#' || c == '"' || c == '\'' || is_mark(c);
}

static void
skip_blanks(struct configlex *lex)
{
	for (; lex->at < lex->end; lex->at++) {
		if (*lex->at == '\n') {
			lex->line++;
		} else if (*lex->at == '#') {
			const char *eol = memchr(lex->at, '\n', (size_t)(lex->end - lex->at));

			lex->at = (eol != NULL ? eol : lex->end) - 1;
		} else if (!is_blank(*lex->at)) {
			return;
		}
	}
}

static void
check_item(struct configlex *lex, const struct configtoken *t)
{
	bool literal = t->mark == '\'';

	for (size_t i = 0; i < t->text.len; i++) {
		char c = t->text.at[i], next = i + 1 < t->text.len ? t->text.at[i + 1] : '\0';

		if (is_control(c)) {
			configreport_error(lex->report, lex->file, t->line,
			    "a control character in a value; take it out");
			return;
		}
		if (!literal && c == '$' && next == '{') {
			configreport_error(lex->report, lex->file, t->line,
			    "\"${\" in a value: nothing would take its place; use single quotes if it is meant so");
			return;
		}
		if (t->mark == '"' && c == '\\' && next != '"' && next != '\\') {
			configreport_error(lex->report, lex->file, t->line,
			    "\"\\\" in double quotes stands before \" or \\ only; write \\\\ for a backslash");
			return;
		}
		i += t->mark == '"' && c == '\\';
	}
}

/* A quote that does not end on its line is taken to end there: the rest of the file can still be checked. */
static void
quoted(struct configlex *lex, struct configtoken *t)
{
	t->kind = CONFIGTOKEN_STRING;
	t->mark = *lex->at++;
	t->text.at = lex->at;
	while (lex->at < lex->end && *lex->at != t->mark && *lex->at != '\n') {
		if (t->mark == '"' && *lex->at == '\\' && lex->end - lex->at > 1 && lex->at[1] != '\n')
			lex->at++;
		lex->at++;
	}
	t->text.len = (size_t)(lex->at - t->text.at);
	if (lex->at < lex->end && *lex->at == t->mark) {
		lex->at++;
		check_item(lex, t);
	} else {
		configreport_error(lex->report, lex->file, t->line,
		    "the quote %c is not closed on its line; close it", t->mark);
	}
}

static void
bare(struct configlex *lex, struct configtoken *t)
{
	bool name = false;	/* inside of "${…}": one word, one finding */

	t->kind = CONFIGTOKEN_WORD;
	t->text.at = lex->at;
	for (; lex->at < lex->end; lex->at++) {
		if (*lex->at == '{' && lex->at > t->text.at && lex->at[-1] == '$')
			name = true;
		else if (*lex->at == '}' && name)
			name = false;
		else if (ends_word(*lex->at))
			break;
	}
	t->text.len = (size_t)(lex->at - t->text.at);
	check_item(lex, t);
	if (lex->at < lex->end && (*lex->at == '#' || *lex->at == '"' || *lex->at == '\''))
		configreport_error(lex->report, lex->file, t->line,
		    "%c right behind a word; put the value in quotes, or a blank before the comment", *lex->at);
}

struct configtoken
configtoken_next(struct configlex *lex)
{
	struct configtoken t = { .kind = CONFIGTOKEN_END };

	skip_blanks(lex);
	t.line = lex->line;
	if (lex->at == lex->end)
		return t;
	if (*lex->at == '"' || *lex->at == '\'') {
		quoted(lex, &t);
	} else if (is_mark(*lex->at)) {
		t.kind = CONFIGTOKEN_MARK;
		t.mark = *lex->at;
		t.text = (struct span){ lex->at++, 1 };
	} else {
		bare(lex, &t);
	}
	return t;
}

struct configtoken
configtoken_peek(struct configlex *lex)
{
	struct configlex copy = *lex;
	struct strbuf nowhere = { .failed = true };
	struct configreport quiet = { .to = &nowhere };

	copy.plain = &nowhere;
	copy.report = &quiet;
	return configtoken_next(&copy);
}

bool
configtoken_is(const struct configtoken *t, char mark)
{
	return t->kind == CONFIGTOKEN_MARK && t->mark == mark;
}

bool
configtoken_is_item(const struct configtoken *t)
{
	return t->kind == CONFIGTOKEN_WORD || t->kind == CONFIGTOKEN_STRING;
}

void
configtoken_text(const struct configtoken *t, struct strbuf *to, bool escape)
{
	size_t done = 0;

	for (size_t i = 0; i < t->text.len; i++) {
		char c = t->text.at[i];
		char next = i + 1 < t->text.len ? t->text.at[i + 1] : '\0';
		bool escaped = t->mark == '"' && c == '\\' && (next == '"' || next == '\\');

		if (!escaped && !is_control(c) && !(escape && (c == '\'' || c == '\\')))
			continue;
		strbuf_append_n(to, &t->text.at[done], i - done);
		done = i;
		if (is_control(c)) {
			done++;		/* was reported; a NUL would end the plain text */
			continue;
		}
		if (escaped)
			done = ++i;
		if (escape && (t->text.at[i] == '\'' || t->text.at[i] == '\\'))
			strbuf_append(to, "\\");
	}
	strbuf_append_n(to, &t->text.at[done], t->text.len - done);
}

void
configtoken_plain(const struct configtoken *t, struct strbuf *to)
{
	strbuf_append(to, "'");
	configtoken_text(t, to, true);
	strbuf_append(to, "'");
}
