/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "sip/message.h"
#include "sip/scan.h"

static const char masked[] = "***";

/* Where this line ends, and in *next where the following one begins. What is no SIP is printed as well. */
static size_t
line_end(struct span s, size_t from, size_t *next)
{
	size_t i = from;

	while (i < s.len && s.at[i] != '\r' && s.at[i] != '\n')
		i++;
	*next = i + (i < s.len);
	if (i + 1 < s.len && s.at[i] == '\r' && s.at[i + 1] == '\n')
		*next = i + 2;
	return i;
}

/* A fold stays one line. */
static void
append_unfolded(struct strbuf *to, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] != '\r')
			strbuf_append_n(to, s.at[i] == '\n' || s.at[i] == '\t' ? " " : &s.at[i], 1);
}

/* The value of a parameter whose name ends at `from`, equals sign included. Returns where it ends. */
static size_t
value_end(struct span s, size_t from)
{
	while (from < s.len && (scan_blank(s.at[from]) || s.at[from] == '='))
		from++;
	if (from < s.len && s.at[from] == '"')
		return scan_find(s, from, ',');
	while (from < s.len && s.at[from] != ',' && !scan_blank(s.at[from]))
		from++;
	return from;
}

/* Credentials of the Digest scheme: all but what the password could be guessed from. */
static void
append_digest(struct strbuf *to, struct span s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.len; ) {
		size_t end = i;

		while (!quoted && end < s.len && scan_token_char(s.at[end]))
			end++;
		if (end > i) {
			struct span name = { s.at + i, end - i };

			append_unfolded(to, name);
			i = end;
			if (span_equal_nocase(name, "response") || span_equal_nocase(name, "rspauth")) {
				strbuf_printf(to, "=%s", masked);
				i = value_end(s, end);
			}
			continue;
		}
		if (s.at[i] == '"')
			quoted = !quoted;
		if (quoted && s.at[i] == '\\' && i + 1 < s.len)
			append_unfolded(to, (struct span){ s.at + i++, 1 });
		append_unfolded(to, (struct span){ s.at + i++, 1 });
	}
}

/* Every quote is closed: else what is a value and what a name cannot be told. */
static bool
balanced(struct span s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.len; i++) {
		if (quoted && s.at[i] == '\\')
			i++;
		else if (s.at[i] == '"')
			quoted = !quoted;
	}
	return !quoted;
}

static bool
begins_with(struct span s, const char *text)
{
	size_t len = strlen(text);

	return s.len >= len && span_equal_nocase((struct span){ s.at, len }, text);
}

static void
append_header(struct strbuf *to, struct span line)
{
	size_t colon = scan_find(line, 0, ':');
	struct span name = span_trim((struct span){ line.at, colon }), value;
	bool credentials = span_equal_nocase(name, "Authorization") || span_equal_nocase(name, "Proxy-Authorization");

	if (colon == line.len || (!credentials && !span_equal_nocase(name, "Authentication-Info") &&
	    !span_equal_nocase(name, "Proxy-Authentication-Info"))) {
		append_unfolded(to, line);
		return;
	}
	value = span_trim((struct span){ line.at + colon + 1, line.len - colon - 1 });
	append_unfolded(to, name);
	strbuf_append(to, ": ");
	if (!balanced(value) ||
	    (credentials && !(begins_with(value, "Digest") && value.len > 6 && scan_blank(value.at[6]))))
		strbuf_append(to, masked);
	else
		append_digest(to, value);
}

size_t
message_print_head(struct strbuf *to, const uint8_t *bytes, size_t len)
{
	struct span all = { (const char *)bytes, len };
	size_t from = 0, next;
	bool begun = false;

	while (from < len) {
		size_t end = line_end(all, from, &next);

		if (end == from && begun)
			break;
		/* A folded line may be the rest of credentials. */
		while (end > from && next < len && (all.at[next] == ' ' || all.at[next] == '\t'))
			end = line_end(all, next, &next);
		if (end > from) {
			size_t begin = to->len;

			append_header(to, (struct span){ all.at + from, end - from });
			strbuf_clean_from(to, begin);
			strbuf_append(to, "\n");
			begun = true;
		}
		from = next;
	}
	return from < len && next < len ? len - next : 0;
}

void
message_print(struct strbuf *to, const uint8_t *bytes, size_t len)
{
	size_t body = message_print_head(to, bytes, len);

	if (body > 0)
		strbuf_printf(to, "[body: %zu bytes]\n", body);
}
