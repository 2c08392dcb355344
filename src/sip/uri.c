/* SPDX-License-Identifier: ISC */
#include "sip/uri.h"

#include <string.h>

#include "base/address.h"
#include "base/str.h"

static struct span
part(struct span s, size_t from, size_t to)
{
	return (struct span){ s.at + from, to - from };
}

/* The index of the first of these characters at or behind `from`; s.len if there is none. */
static size_t
first_of(struct span s, size_t from, const char *wanted)
{
	while (from < s.len && strchr(wanted, s.at[from]) == NULL)
		from++;
	return from;
}

static bool
ipv6(struct span s)
{
	struct address address;
	char text[ADDRESS_TEXT_SIZE];

	if (s.len >= sizeof(text))
		return false;
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	return address_parse(&address, text) && address.family == ADDRESS_IPV6;
}

bool
uri_split_hostport(struct span text, struct span *host, uint16_t *port)
{
	size_t end = 0;
	uint64_t number = 0;

	if (text.len > 0 && text.at[0] == '[') {
		size_t close = first_of(text, 1, "]");

		if (close == text.len)
			return false;
		*host = part(text, 1, close);
		if (first_of(*host, 0, "[") != host->len || !ipv6(*host))
			return false;
		end = close + 1;
	} else {
		while (end < text.len && (char_is_alnum(text.at[end]) || strchr("-._", text.at[end]) != NULL))
			end++;
		*host = part(text, 0, end);
	}
	if (host->len == 0)
		return false;
	*port = 0;
	if (end == text.len)
		return true;
	if (text.at[end] != ':' || !span_number(part(text, end + 1, text.len), UINT16_MAX, &number) || number == 0)
		return false;
	*port = (uint16_t)number;
	return true;
}

/* No character that can stand in no URI; what is not ASCII passes, as senders write names in UTF-8. */
static bool
clean(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c <= ' ' || c == 0x7f || c == '"' || c == '<' || c == '>' || c == '\\')
			return false;
		if (c == '%' && text.len - i >= 3 && text.at[i + 1] == '0' && text.at[i + 2] == '0')
			return false;
	}
	return true;
}

static size_t
scheme_length(struct span text)
{
	size_t i = 0;

	while (i < text.len && (char_is_alnum(text.at[i]) || (i > 0 && strchr("+-.", text.at[i]) != NULL)))
		i++;
	return i < text.len && text.at[i] == ':' ? i : 0;
}

bool
uri_split(struct uri *uri, struct span text)
{
	size_t scheme = scheme_length(text), at, start, end;
	struct span name = { text.at, scheme };

	*uri = (struct uri){ 0 };
	if (scheme == 0 || !clean(text))
		return false;
	uri->sip = span_equal_nocase(name, "sip") || span_equal_nocase(name, "sips");
	if (!uri->sip)
		return true;
	start = scheme + 1;
	at = first_of(text, start, "@");
	if (at < text.len) {
		uri->user = part(text, start, first_of(text, start, ":@"));
		if (uri->user.len == 0 || first_of(text, at + 1, "@") != text.len)
			return false;
		start = at + 1;
	}
	end = first_of(text, start, ";?");
	if (!uri_split_hostport(part(text, start, end), &uri->host, &uri->port))
		return false;
	if (end < text.len && text.at[end] == ';')
		uri->parameters = part(text, end + 1, first_of(text, end + 1, "?"));
	return true;
}
