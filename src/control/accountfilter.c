/* SPDX-License-Identifier: ISC */
#include "control/accountfilter.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 0x20) - 'a' + 10;
}

/* Without %XX and '+'. Returns false if it is too long or has a NUL. */
static bool
decode(struct span from, char *to, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < from.len; i++) {
		char c = from.at[i] == '+' ? ' ' : from.at[i];

		if (c == '%' && i + 2 < from.len && char_is_hex(from.at[i + 1]) && char_is_hex(from.at[i + 2])) {
			c = (char)(digit(from.at[i + 1]) * 16 + digit(from.at[i + 2]));
			i += 2;
		}
		if (c == '\0' || len + 1 >= size)
			return false;
		to[len++] = c;
	}
	to[len] = '\0';
	return true;
}

static bool
parse_state(struct accountfilter *filter, struct span value)
{
	bool unregistered = span_equal(value, "unregistered"), found = unregistered;

	if (span_equal(value, "not-redundant")) {
		filter->not_redundant = true;
		return true;
	}
	for (int i = 0; i < ACCOUNT_STATES; i++) {
		enum account_state state = (enum account_state)i;
		bool named = span_equal(value, account_state_str(state));

		filter->state[i] = named || (unregistered && state != ACCOUNT_REGISTERED);
		found = found || named;
	}
	return found;
}

static bool
parse_number(struct span value, size_t *to)
{
	uint64_t number;

	if (!span_number(value, SIZE_MAX / 2, &number))
		return false;
	*to = (size_t)number;
	return true;
}

static bool
parse_pair(struct accountfilter *filter, struct span key, struct span value)
{
	if (span_equal(key, "state"))
		return parse_state(filter, value);
	if (span_equal(key, "match"))
		return decode(value, filter->match, sizeof(filter->match));
	if (span_equal(key, "offset"))
		return parse_number(value, &filter->offset);
	return !span_equal(key, "limit") || parse_number(value, &filter->limit);
}

bool
accountfilter_parse(struct accountfilter *filter, const char *query)
{
	*filter = (struct accountfilter){ .limit = SIZE_MAX };
	for (int i = 0; i < ACCOUNT_STATES; i++)
		filter->state[i] = true;
	while (*query != '\0') {
		size_t len = strcspn(query, "&"), key = strcspn(query, "=&");
		struct span value = { query + key + (key < len), len - key - (key < len) };

		if (!parse_pair(filter, (struct span){ query, key }, value))
			return false;
		query += len + (query[len] == '&');
	}
	return true;
}

static bool
matches(const struct accountfilter *filter, const struct account *account, const struct account_status *s)
{
	struct candidate_status active;
	char text[ADDRESS_TEXT_SIZE];

	if (filter->match[0] == '\0' || strcasestr(s->aor, filter->match) != NULL ||
	    strcasestr(s->server_text, filter->match) != NULL)
		return true;
	return s->active >= 0 && account_candidate_status(account, (size_t)s->active, &active) &&
	    strcasestr(address_str(&active.peer.address, text), filter->match) != NULL;
}

bool
accountfilter_wants(const struct accountfilter *filter, const struct account *account)
{
	struct account_status s;

	account_status(account, &s);
	return filter->state[s.state] && !(filter->not_redundant && s.redundant) && matches(filter, account, &s);
}
