/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_BASE_STR_H
#define SIPKEEPD_BASE_STR_H

/*
 * Text: spans of somebody else's bytes, a growing buffer that remembers a failed allocation, strict numbers.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of bytes that somebody else owns; not terminated. at == NULL: not there. */
struct span {
	const char *at;
	size_t len;
};

static inline bool
span_there(struct span s)
{
	return s.at != NULL;
}

/* Not <ctype.h>: what the locale says must not matter. */
static inline bool
char_is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
char_is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

struct span span_of(const char *text);			/* NULL gives the absent span */
bool span_equal(struct span s, const char *text);		/* byte by byte */
bool span_equal_nocase(struct span s, const char *text);	/* ASCII */
struct span span_trim(struct span s);			/* without blanks (space, tab, CR, LF) at both ends */
char *span_dup(struct span s);				/* heap copy, terminated; NULL without memory */

/*
 * A decimal number, digits only, 1..20 of them, no sign, no blanks, nothing behind it.
 *
 * max    the greatest value that is accepted
 * value  written on success only
 * Returns false for anything else.
 */
bool span_number(struct span s, uint64_t max, uint64_t *value);

/*
 * A duration as in the configuration: a number and ms, s, m or h, at most 366 days.
 * Returns false for anything else, a missing unit included.
 */
bool span_duration_ms(struct span s, int64_t *ms);

bool str_utf8_clean(const char *text);		/* valid UTF-8 without control characters (C0, DEL, C1) */

/*
 * What others wrote must neither break a line nor steer a terminal: puts '?' for each control character (C0 with line
 * ends, DEL, C1) and for each byte that is no UTF-8. In place; it never grows. Returns the new length.
 */
size_t str_clean(char *bytes, size_t len);

bool str_equal_nocase(const char *a, const char *b);	/* ASCII */

/*
 * Growing text. Zero-initialised is empty. After a failed allocation `failed` stays true and every append is
 * a no-op: check once at the end. `data` is terminated once something was appended; NULL before.
 */
struct strbuf {
	char *data;
	size_t len;
	size_t cap;
	bool failed;
};

void strbuf_append(struct strbuf *b, const char *text);
void strbuf_append_n(struct strbuf *b, const char *bytes, size_t len);
void strbuf_append_span(struct strbuf *b, struct span s);
void strbuf_append_clean(struct strbuf *b, const char *bytes, size_t len);	/* as str_clean() leaves them */
void strbuf_clean_from(struct strbuf *b, size_t from);		/* str_clean() for what stands behind there */

/* As a quoted-string (RFC 3261 §25.1). Control characters, which it cannot hold, are left out. */
void strbuf_append_quoted(struct strbuf *b, const char *text);
void strbuf_printf(struct strbuf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
void strbuf_clear(struct strbuf *b);	/* empty and not failed; keeps the memory */
void strbuf_fini(struct strbuf *b);	/* frees; zero again */

#endif
