/* SPDX-License-Identifier: ISC */
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_DIGITS_MAX = 20, STRBUF_FIRST_CAP = 128 };

#define DURATION_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)

/* Not tolower(): that one asks the locale. */
static unsigned char
lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

struct span
span_of(const char *text)
{
	return (struct span){ .at = text, .len = text != NULL ? strlen(text) : 0 };
}

bool
span_equal(struct span s, const char *text)
{
	return s.at != NULL && strlen(text) == s.len && memcmp(s.at, text, s.len) == 0;
}

bool
span_equal_nocase(struct span s, const char *text)
{
	if (s.at == NULL || strlen(text) != s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (lower(s.at[i]) != lower(text[i]))
			return false;
	}
	return true;
}

struct span
span_trim(struct span s)
{
	while (s.len > 0 && blank(s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len > 0 && blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

char *
span_dup(struct span s)
{
	char *copy = malloc(s.len + 1);

	if (copy == NULL)
		return NULL;
	if (s.len > 0)
		memcpy(copy, s.at, s.len);
	copy[s.len] = '\0';
	return copy;
}

bool
span_number(struct span s, uint64_t max, uint64_t *value)
{
	uint64_t n = 0;

	if (s.len == 0 || s.len > NUMBER_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint64_t d;

		if (!digit(s.at[i]))
			return false;
		d = (uint64_t)(s.at[i] - '0');
		if (d > max || n > (max - d) / 10)
			return false;
		n = n * 10 + d;
	}
	*value = n;
	return true;
}

bool
span_duration_ms(struct span s, int64_t *ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 }, { "h", 3600 * 1000 } };
	struct span number, unit;
	uint64_t n;

	s = span_trim(s);
	number = (struct span){ .at = s.at };
	while (number.len < s.len && digit(s.at[number.len]))
		number.len++;
	if (number.len == 0)
		return false;
	unit = span_trim((struct span){ .at = s.at + number.len, .len = s.len - number.len });
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!span_equal(unit, units[i].name))
			continue;
		if (!span_number(number, (uint64_t)(DURATION_MAX_MS / units[i].ms), &n))
			return false;
		*ms = (int64_t)n * units[i].ms;
		return true;
	}
	return false;
}

/*
 * The length of the UTF-8 character that begins there, 0 if it is none (RFC 3629: neither overlong, nor a surrogate, nor
 * over U+10FFFF).
 */
static size_t
utf8_len(const unsigned char *c, size_t left)
{
	size_t len = c[0] < 0x80 ? 1 : c[0] >= 0xc2 && c[0] < 0xe0 ? 2 : (c[0] & 0xf0) == 0xe0 ? 3 :
	    c[0] >= 0xf0 && c[0] <= 0xf4 ? 4 : 0;

	if (len > left)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] >= 0xa0) || (c[0] == 0xf0 && c[1] < 0x90) ||
	    (c[0] == 0xf4 && c[1] >= 0x90))
		return 0;
	return len;
}

/*
 * Looks at the next character.
 *
 * len   how many bytes it has; of what is no UTF-8: 1
 * Returns whether it may be shown.
 */
static bool
is_clean(const char *at, size_t left, size_t *len)
{
	const unsigned char *c = (const unsigned char *)at;

	*len = utf8_len(c, left);
	if (*len == 0) {
		*len = 1;
		return false;
	}
	return c[0] >= 0x20 && c[0] != 0x7f && !(c[0] == 0xc2 && c[1] < 0xa0);
}

bool
str_utf8_clean(const char *text)
{
	size_t left = strlen(text), len;

	for (; left > 0; text += len, left -= len)
		if (!is_clean(text, left, &len))
			return false;
	return true;
}

size_t
str_clean(char *bytes, size_t len)
{
	size_t to = 0, n;

	for (size_t from = 0; from < len; from += n) {
		if (is_clean(&bytes[from], len - from, &n)) {
			memmove(&bytes[to], &bytes[from], n);
			to += n;
		} else {
			bytes[to++] = '?';
		}
	}
	return to;
}

bool
str_equal_nocase(const char *a, const char *b)
{
	return span_equal_nocase(span_of(a), b);
}

/* Room for `more` bytes and the terminator. */
static bool
reserve(struct strbuf *b, size_t more)
{
	size_t cap = b->cap > 0 ? b->cap : STRBUF_FIRST_CAP;
	char *data;

	if (b->failed)
		return false;
	if (more >= SIZE_MAX / 4 - b->len) {
		b->failed = true;
		return false;
	}
	if (b->data != NULL && b->len + more < b->cap)
		return true;
	while (cap <= b->len + more)
		cap *= 2;
	data = realloc(b->data, cap);
	if (data == NULL) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

void
strbuf_append_n(struct strbuf *b, const char *bytes, size_t len)
{
	if (!reserve(b, len))
		return;
	if (len > 0)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
strbuf_append(struct strbuf *b, const char *text)
{
	strbuf_append_n(b, text, strlen(text));
}

void
strbuf_append_span(struct strbuf *b, struct span s)
{
	strbuf_append_n(b, s.at, s.len);
}

void
strbuf_clean_from(struct strbuf *b, size_t from)
{
	if (b->data == NULL || b->len <= from)
		return;
	b->len = from + str_clean(b->data + from, b->len - from);
	b->data[b->len] = '\0';
}

void
strbuf_append_clean(struct strbuf *b, const char *bytes, size_t len)
{
	size_t from = b->len;

	strbuf_append_n(b, bytes, len);
	strbuf_clean_from(b, from);
}

void
strbuf_append_quoted(struct strbuf *b, const char *text)
{
	strbuf_append(b, "\"");
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			strbuf_append(b, "\\");
		if ((unsigned char)*text >= ' ' && *text != 0x7f)
			strbuf_append_n(b, text, 1);
	}
	strbuf_append(b, "\"");
}

void
strbuf_vprintf(struct strbuf *b, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len < 0)
		b->failed = true;
	else if (reserve(b, (size_t)len)) {
		vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
		b->len += (size_t)len;
	}
	va_end(again);
}

void
strbuf_printf(struct strbuf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strbuf_vprintf(b, format, args);
	va_end(args);
}

void
strbuf_clear(struct strbuf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
strbuf_fini(struct strbuf *b)
{
	free(b->data);
	*b = (struct strbuf){ 0 };
}
