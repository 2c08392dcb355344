/* SPDX-License-Identifier: ISC */
#include "core/hosts.h"

#include <stdbool.h>
#include <string.h>

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* Takes the next line off the front of *text, its comment cut away. */
static struct span
take_line(struct span *text)
{
	const char *end = memchr(text->at, '\n', text->len);
	size_t len = end == NULL ? text->len : (size_t)(end - text->at);
	size_t skip = end == NULL ? len : len + 1;
	struct span line = { text->at, len };
	const char *comment = memchr(line.at, '#', len);

	if (comment != NULL)
		line.len = (size_t)(comment - line.at);
	text->at += skip;
	text->len -= skip;
	return line;
}

/* Takes the next word off the front of *line; empty at its end. */
static struct span
take_word(struct span *line)
{
	struct span word;

	while (line->len > 0 && blank(*line->at)) {
		line->at++;
		line->len--;
	}
	word = (struct span){ line->at, 0 };
	while (line->len > 0 && !blank(*line->at)) {
		line->at++;
		line->len--;
		word.len++;
	}
	return word;
}

static bool
line_names(struct span rest, const char *name)
{
	struct span word;

	while ((word = take_word(&rest)).len > 0) {
		if (span_equal_nocase(word, name))
			return true;
	}
	return false;
}

/* A plain address: no port, no brackets, though address_parse() would take them. */
static bool
word_address(struct span word, struct address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	if (word.len >= sizeof(text) || *word.at == '[' || memchr(word.at, '\0', word.len) != NULL)
		return false;
	memcpy(text, word.at, word.len);
	text[word.len] = '\0';
	if (!address_parse(address, text))
		return false;
	return address->family == ADDRESS_IPV6 || strchr(text, ':') == NULL;
}

static bool
known(const struct address *list, size_t count, const struct address *address)
{
	for (size_t i = 0; i < count; i++) {
		if (address_same_ip(&list[i], address))
			return true;
	}
	return false;
}

size_t
hosts_find(struct span text, const char *name, struct address to[HOSTS_ADDRESSES_MAX])
{
	size_t count = 0;

	while (text.len > 0 && count < HOSTS_ADDRESSES_MAX) {
		struct span line = take_line(&text);
		struct span first = take_word(&line);
		struct address address = { 0 };

		if (first.len == 0 || !line_names(line, name))
			continue;
		if (word_address(first, &address) && !known(to, count, &address))
			to[count++] = address;
	}
	return count;
}
