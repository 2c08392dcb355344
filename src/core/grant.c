/* SPDX-License-Identifier: ISC */
#include "core/grant.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool
same(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static bool
same_host(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(a.at, b.at, a.len) == 0);
}

static bool
bears(const struct grant_contact *contact, const char *parameter)
{
	struct span rest = contact->uri_parameters;

	while (rest.len > 0) {
		const char *end = memchr(rest.at, ';', rest.len);
		size_t len = end != NULL ? (size_t)(end - rest.at) : rest.len;

		if (span_equal_nocase((struct span){ rest.at, len }, parameter))
			return true;
		len += end != NULL;
		rest = (struct span){ rest.at + len, rest.len - len };
	}
	return false;
}

static bool
same_place(const struct grant_contact *contact, const struct grant_own *own)
{
	return same(contact->user, own->user) && same_host(contact->host, own->host) &&
	    (contact->port != 0 ? contact->port : 5060) == (own->port != 0 ? own->port : 5060);
}

/*
 * By its parameter, else by user, address and port, else the only one with our user. What bears the parameter elsewhere
 * than here may be left of an address that was ours before (B62).
 */
static const struct grant_contact *
find_own(const struct grant_contact *contacts, size_t count, const struct grant_own *own, bool *rewritten)
{
	const struct grant_contact *only = NULL, *marked = NULL;
	size_t with_our_user = 0;

	*rewritten = false;
	for (size_t i = 0; i < count && own->parameter != NULL; i++)
		if (bears(&contacts[i], own->parameter) && (marked == NULL || same_place(&contacts[i], own)))
			marked = &contacts[i];
	if (marked != NULL)
		return marked;
	for (size_t i = 0; i < count; i++)
		if (same_place(&contacts[i], own))
			return &contacts[i];
	for (size_t i = 0; i < count; i++)
		if (same(contacts[i].user, own->user)) {
			with_our_user++;
			only = &contacts[i];
		}
	*rewritten = with_our_user == 1;
	return with_our_user == 1 ? only : NULL;
}

enum grant_verdict
grant_read(const struct grant_contact *contacts, size_t count, struct span expires, const struct grant_own *own,
    int64_t asked_s, int64_t *granted_s)
{
	const struct grant_contact *mine = NULL;
	bool rewritten = false;
	struct span text = expires;
	uint64_t seconds;

	if (count > 0) {
		mine = find_own(contacts, count, own, &rewritten);
		if (mine == NULL)
			return GRANT_NOT_STORED;
		if (span_there(mine->expires))
			text = mine->expires;
	}
	if (!span_there(text)) {
		*granted_s = asked_s;
	} else {
		if (!span_number(text, UINT32_MAX, &seconds) || seconds == 0)
			return GRANT_BAD_NUMBER;
		*granted_s = (int64_t)seconds;
	}
	return rewritten ? GRANT_REWRITTEN : GRANT_GIVEN;
}
