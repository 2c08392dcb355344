/* SPDX-License-Identifier: ISC */
#include "agent/configcheck.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/serverspec.h"

#define CONTACT_MAX 255

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

bool
configcheck_name(const char *text)
{
	if (text[0] == '-' || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	for (const char *c = text; *c != '\0'; c++)
		if (!char_is_alnum(*c) && !is_one_of(*c, "-_.@"))
			return false;
	return text[0] != '\0';
}

bool
configcheck_user(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || is_one_of(*c, "@:<>%\\\"'`"))
			return false;
	return text[0] != '\0';
}

/* Letters, digits, marks of the grammar, and escapes but %00, at which C texts end. */
static bool
escaped_text(struct span s, const char *marks)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '%') {
			if (s.len - i < 3 || !char_is_hex(s.at[i + 1]) || !char_is_hex(s.at[i + 2]))
				return false;
			if (s.at[i + 1] == '0' && s.at[i + 2] == '0')
				return false;
			i += 2;
		} else if (!char_is_alnum(s.at[i]) && !is_one_of(s.at[i], marks)) {
			return false;
		}
	}
	return true;
}

/* Cuts a valid ":port" off the end of host. */
static bool
cut_port(struct span *host)
{
	const char *bracket = host->len > 0 && host->at[0] == '[' ? memchr(host->at, ']', host->len) : host->at;
	const char *colon;
	struct span port;
	uint64_t value;

	if (bracket == NULL)
		return false;
	colon = memchr(bracket, ':', host->len - (size_t)(bracket - host->at));
	if (colon == NULL)
		return true;
	port = (struct span){ colon + 1, host->len - (size_t)(colon + 1 - host->at) };
	host->len = (size_t)(colon - host->at);
	return span_number(port, 65535, &value) && value > 0;
}

static bool
is_host(struct span s)
{
	struct address address;
	char text[DNS_NAME_SIZE];

	if (s.len == 0 || s.len >= sizeof(text))
		return false;
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	if (address_parse(&address, text))
		return address.family == ADDRESS_IPV4 || text[0] == '[';
	return hostname_valid(text);
}

const char *
configcheck_contact(const char *uri)
{
	struct span user, host, parameters = { NULL, 0 };
	const char *at, *semicolon;

	if (strncmp(uri, "sip:", 4) != 0)
		return strncmp(uri, "sips:", 5) == 0 ? "sips is not in this version" : "no SIP URI";
	if (strlen(uri) > CONTACT_MAX)
		return "longer than 255 bytes";
	uri += 4;
	at = strchr(uri, '@');
	user = (struct span){ uri, at != NULL ? (size_t)(at - uri) : 0 };
	host = span_of(at != NULL ? at + 1 : uri);
	semicolon = strchr(host.at, ';');
	if (semicolon != NULL) {
		parameters = span_of(semicolon);
		host.len = (size_t)(semicolon - host.at);
	}
	if ((at != NULL && user.len == 0) || !escaped_text(user, "-_.!~*'()&=+$,;?/"))
		return "its user is not valid";
	if (!cut_port(&host))
		return "its port is not 1 to 65535";
	if (!is_host(host))
		return "its host is neither a name nor an address";
	if (!escaped_text(parameters, "-_.!~*'()[]/:&+$=;"))
		return "its parameters are not valid";
	return NULL;
}

bool
configcheck_address(const char *text, struct address *to)
{
	const char *colon = strrchr(text, ':');
	struct span digits = span_of(colon != NULL ? colon + 1 : "0");
	char bare[ADDRESS_TEXT_SIZE];
	uint64_t port;

	if (address_parse(to, text))
		return true;
	/* address_parse() may not care for port 0, which means any free one here. */
	if (colon == NULL || (size_t)(colon - text) >= sizeof(bare) || !span_number(digits, 0, &port))
		return false;
	memcpy(bare, text, (size_t)(colon - text));
	bare[colon - text] = '\0';
	return address_parse(to, bare) && (to->family == ADDRESS_IPV4 || bare[0] == '[');
}
