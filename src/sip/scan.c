/* SPDX-License-Identifier: ISC */
#include "sip/scan.h"

#include <string.h>

static const struct {
	enum scan_header header;
	bool once;		/* a second one contradicts the first */
	char compact;		/* RFC 3261 §7.3.3 */
	const char *name;
} known_headers[] = {
	{ SCAN_VIA, false, 'v', "Via" },
	{ SCAN_FROM, true, 'f', "From" },
	{ SCAN_TO, true, 't', "To" },
	{ SCAN_CALL_ID, true, 'i', "Call-ID" },
	{ SCAN_CSEQ, true, 0, "CSeq" },
	{ SCAN_CONTACT, false, 'm', "Contact" },
	{ SCAN_CONTENT_LENGTH, true, 'l', "Content-Length" },
	{ SCAN_WWW_AUTHENTICATE, false, 0, "WWW-Authenticate" },
	{ SCAN_PROXY_AUTHENTICATE, false, 0, "Proxy-Authenticate" },
	{ SCAN_AUTHENTICATION_INFO, false, 0, "Authentication-Info" },
	{ SCAN_EXPIRES, true, 0, "Expires" },
	{ SCAN_MIN_EXPIRES, true, 0, "Min-Expires" },
	{ SCAN_RETRY_AFTER, true, 0, "Retry-After" },
	{ SCAN_REASON, false, 0, "Reason" },
	{ SCAN_WARNING, false, 0, "Warning" },
	{ SCAN_EVENT, true, 'o', "Event" },
};

static const enum scan_header required[] = { SCAN_VIA, SCAN_FROM, SCAN_TO, SCAN_CALL_ID, SCAN_CSEQ };

struct cursor {
	const char *bytes;
	size_t at;
	size_t end;		/* where looking ends */
	bool more;		/* there are bytes behind the end: what is missing here is too far away */
	unsigned lines;
	unsigned separators;	/* of the line, folds included */
};

static bool
fail(enum drop_reason *why, enum drop_reason reason)
{
	*why = reason;
	return false;
}

bool
scan_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
scan_token_char(char c)
{
	return char_is_alnum(c) || (c != '\0' && strchr("-.!%*_+`'~", c) != NULL);
}

bool
scan_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!scan_token_char(s.at[i]))
			return false;
	return s.len > 0;
}

/* One physical line without its CRLF. */
static bool
take_line(struct cursor *c, struct span *line, enum drop_reason *why)
{
	size_t start = c->at;

	for (size_t i = start; i < c->end; i++) {
		unsigned char byte = (unsigned char)c->bytes[i];

		if (byte == '\r') {
			if (i + 1 == c->end)
				break;
			if (c->bytes[i + 1] != '\n')
				return fail(why, DROP_GARBAGE);
			*line = (struct span){ c->bytes + start, i - start };
			c->at = i + 2;
			if (++c->lines > MESSAGE_LINES_MAX + 2)		/* start line and empty line besides */
				return fail(why, DROP_OVERSIZED);
			return true;
		}
		if ((byte < ' ' && byte != '\t') || byte == 0x7f)
			return fail(why, DROP_GARBAGE);
		if ((byte == ';' || byte == ',') && ++c->separators > MESSAGE_SEPARATORS_MAX)
			return fail(why, DROP_OVERSIZED);
	}
	return fail(why, c->more ? DROP_OVERSIZED : DROP_TRUNCATED);
}

static bool
is_version(struct span s)
{
	return span_equal_nocase(s, "SIP/2.0");
}

static bool
take_status_line(struct scan *scan, struct span line)
{
	uint64_t status;

	if (line.len < 11 || line.at[7] != ' ' || (line.len > 11 && line.at[11] != ' '))
		return false;
	if (!span_number((struct span){ line.at + 8, 3 }, 699, &status) || status < 100)
		return false;
	scan->status = (int)status;
	scan->reason_phrase = span_trim((struct span){ line.at + 11, line.len - 11 });
	return true;
}

static bool
take_request_line(struct scan *scan, struct span line)
{
	const char *end = line.at + line.len;
	const char *first = memchr(line.at, ' ', line.len);
	const char *second = first != NULL ? memchr(first + 1, ' ', (size_t)(end - first - 1)) : NULL;

	if (second == NULL || !is_version((struct span){ second + 1, (size_t)(end - second - 1) }))
		return false;
	scan->request = true;
	scan->method = (struct span){ line.at, (size_t)(first - line.at) };
	scan->request_uri = (struct span){ first + 1, (size_t)(second - first - 1) };
	return scan_token(scan->method) && scan->request_uri.len > 0;
}

static bool
take_start_line(struct scan *scan, struct cursor *c, enum drop_reason *why)
{
	struct span line;

	while (c->at + 1 < c->end && memcmp(c->bytes + c->at, "\r\n", 2) == 0)
		c->at += 2;
	if (!take_line(c, &line, why))
		return *why == DROP_OVERSIZED ? false : fail(why, DROP_GARBAGE);
	if (line.len > 8 && is_version((struct span){ line.at, 7 }))
		return take_status_line(scan, line) || fail(why, DROP_GARBAGE);
	return take_request_line(scan, line) || fail(why, DROP_GARBAGE);
}

static bool
take_content_length(struct scan *scan, struct span value)
{
	scan->has_length = true;
	return span_number(value, UINT64_MAX, &scan->content_length);
}

/* What the name of a header line means; false for a second one of its kind where there is one at most. */
static bool
know_header(struct scan *scan, struct span name, struct scan_line *line)
{
	for (size_t i = 0; i < sizeof(known_headers) / sizeof(known_headers[0]); i++) {
		char compact[2] = { known_headers[i].compact, '\0' };

		if (!span_equal_nocase(name, known_headers[i].name) &&
		    !(compact[0] != '\0' && span_equal_nocase(name, compact)))
			continue;
		line->header = known_headers[i].header;
		return scan->seen[line->header]++ == 0 || !known_headers[i].once;
	}
	line->header = SCAN_OTHER;
	return true;
}

static bool
take_header(struct scan *scan, struct span raw)
{
	struct scan_line *line = &scan->lines[scan->count++];
	const char *colon = memchr(raw.at, ':', raw.len);
	struct span name;

	if (colon == NULL)
		return false;
	name = (struct span){ raw.at, (size_t)(colon - raw.at) };
	while (name.len > 0 && (name.at[name.len - 1] == ' ' || name.at[name.len - 1] == '\t'))
		name.len--;
	line->raw = raw;
	line->value = span_trim((struct span){ colon + 1, raw.len - (size_t)(colon + 1 - raw.at) });
	if (!scan_token(name) || !know_header(scan, name, line))
		return false;
	return line->header != SCAN_CONTENT_LENGTH || take_content_length(scan, line->value);
}

static bool
take_headers(struct scan *scan, struct cursor *c, enum drop_reason *why)
{
	for (;;) {
		const char *start = c->bytes + c->at;
		struct span line;

		c->separators = 0;
		if (!take_line(c, &line, why))
			return false;
		if (line.len == 0)
			return true;
		while (c->at < c->end && (c->bytes[c->at] == ' ' || c->bytes[c->at] == '\t'))
			if (!take_line(c, &line, why))
				return false;
		if (scan->count == MESSAGE_LINES_MAX)
			return fail(why, DROP_OVERSIZED);
		/* A start that is a blank has no token before its colon: a fold of nothing is refused there. */
		if (!take_header(scan, (struct span){ start, (size_t)(c->bytes + c->at - start) }))
			return fail(why, DROP_GARBAGE);
	}
}

bool
scan_head(struct scan *scan, const char *bytes, size_t len, enum drop_reason *why)
{
	struct cursor c = { .bytes = bytes, .end = len };

	if (len > MESSAGE_HEADER_MAX) {
		c.end = MESSAGE_HEADER_MAX;
		c.more = true;
	}
	memset(scan, 0, offsetof(struct scan, lines));
	memset(scan->seen, 0, sizeof(scan->seen));
	scan->count = 0;
	scan->has_length = false;
	if (!take_start_line(scan, &c, why) || !take_headers(scan, &c, why))
		return false;
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		if (scan->seen[required[i]] == 0)
			return fail(why, DROP_GARBAGE);
	scan->head_len = c.at;
	return true;
}

size_t
scan_find(struct span s, size_t from, char wanted)
{
	bool quoted = false;

	for (size_t i = from; i < s.len; i++) {
		if (!quoted && s.at[i] == wanted)
			return i;
		if (quoted && s.at[i] == '\\')
			i++;
		else if (s.at[i] == '"')
			quoted = !quoted;
	}
	return s.len;
}

bool
scan_next_item(struct span *rest, struct span *item)
{
	bool quoted = false, bracketed = false;
	size_t i;

	if (!span_there(*rest))
		return false;
	for (i = 0; i < rest->len; i++) {
		char c = rest->at[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"' && !bracketed)
			quoted = !quoted;
		else if (!quoted && c == '<')
			bracketed = true;
		else if (!quoted && c == '>')
			bracketed = false;
		else if (!quoted && !bracketed && c == ',')
			break;
	}
	if (quoted || bracketed)
		return false;
	*item = span_trim((struct span){ rest->at, i < rest->len ? i : rest->len });
	*rest = i < rest->len ? (struct span){ rest->at + i + 1, rest->len - i - 1 } : (struct span){ 0 };
	return true;
}

bool
scan_bare(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] <= ' ' || strchr("\"<>;,\x7f", s.at[i]) != NULL)
			return false;
	return s.len > 0;
}

static bool
quoted_string(struct span s)
{
	size_t i = 1;

	while (i < s.len && s.at[i] != '"')
		i += s.at[i] == '\\' ? 2 : 1;
	return i + 1 == s.len;
}

bool
scan_parameters(struct span s)
{
	for (size_t at = 0, end; at < s.len; at = end) {
		struct span name, value;
		size_t equals;

		if (s.at[at] != ';')
			return false;
		end = scan_find(s, at + 1, ';');
		name = (struct span){ s.at + at + 1, end - at - 1 };
		equals = scan_find(name, 0, '=');
		if (equals < name.len) {
			value = span_trim((struct span){ name.at + equals + 1, name.len - equals - 1 });
			if (!scan_bare(value) && !(value.len > 1 && value.at[0] == '"' && quoted_string(value)))
				return false;
			name.len = equals;
		}
		if (!scan_token(span_trim(name)))
			return false;
	}
	return true;
}
