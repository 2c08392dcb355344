/* SPDX-License-Identifier: ISC */
#include "core/serverspec.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum { ERROR_SIZE = 160, SHOWN = 60, NAME_LENGTH_MAX = 253, LABEL_LENGTH_MAX = 63 };

/* Where complaints go, and the item that they are about: 0 is the domain. */
struct complaint {
	char *text;
	unsigned item;
};

static bool __attribute__((format(printf, 2, 3)))
complain(const struct complaint *c, const char *format, ...)
{
	va_list args;
	int len;

	if (c->item == 0)
		len = snprintf(c->text, ERROR_SIZE, "domain: ");
	else
		len = snprintf(c->text, ERROR_SIZE, "serverspec %u: ", c->item);
	va_start(args, format);
	vsnprintf(c->text + len, ERROR_SIZE - (size_t)len, format, args);
	va_end(args);
	return false;
}

/* What of the text goes into a complaint. */
static int
shown(struct span s)
{
	return s.len < SHOWN ? (int)s.len : SHOWN;
}

static bool
label_char(char c)
{
	return char_is_alnum(c) || c == '-' || c == '_';
}

static bool
label_valid(const char *label, size_t len)
{
	if (len == 0 || len > LABEL_LENGTH_MAX || label[0] == '-' || label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!label_char(label[i]))
			return false;
	}
	return true;
}

bool
hostname_valid(const char *name)
{
	if (strlen(name) > NAME_LENGTH_MAX || name[strspn(name, "0123456789.")] == '\0')
		return false;
	for (;;) {
		size_t len = strcspn(name, ".");

		if (!label_valid(name, len))
			return false;
		if (name[len] == '\0')
			return true;
		name += len + 1;
	}
}

static bool
name_parse(char name[DNS_NAME_SIZE], struct span s)
{
	if (s.len > 0 && s.at[s.len - 1] == '.')
		s.len--;
	if (s.len > NAME_LENGTH_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++)
		name[i] = (char)(s.at[i] >= 'A' && s.at[i] <= 'Z' ? s.at[i] - 'A' + 'a' : s.at[i]);
	name[s.len] = '\0';
	return hostname_valid(name);
}

static bool
ip_parse(struct address *address, enum address_family family, struct span s)
{
	struct address parsed;
	char text[ADDRESS_TEXT_SIZE];

	if (s.len == 0 || s.len >= sizeof(text))
		return false;
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	if (text[0] == '[' || !address_parse(&parsed, text) || parsed.family != family || parsed.port != 0)
		return false;
	*address = parsed;
	return true;
}

/*
 * Cuts an item into host and port; the absent span if there is no port. Two colons outside of brackets are an
 * IPv6 address, which then can have no port. Returns false for a bracket that is not closed or has junk behind it.
 */
static bool
item_split(struct span item, struct span *host, struct span *port, bool *v6)
{
	const char *end = item.at + item.len, *colon = memchr(item.at, ':', item.len), *rest = colon;

	*host = item;
	*port = (struct span){ 0 };
	*v6 = false;
	if (item.len > 0 && item.at[0] == '[') {
		const char *bracket = memchr(item.at, ']', item.len);

		if (bracket == NULL || (bracket + 1 < end && bracket[1] != ':'))
			return false;
		*v6 = true;
		*host = (struct span){ .at = item.at + 1, .len = (size_t)(bracket - item.at - 1) };
		rest = bracket + 1 < end ? bracket + 1 : NULL;
	} else if (colon != NULL && memchr(colon + 1, ':', (size_t)(end - colon - 1)) != NULL) {
		*v6 = true;
		return true;
	} else if (colon != NULL) {
		host->len = (size_t)(colon - item.at);
	}
	if (rest != NULL)
		*port = (struct span){ .at = rest + 1, .len = (size_t)(end - rest - 1) };
	return true;
}

static bool
host_parse(struct serverspec *spec, struct span host, bool v6)
{
	if (v6)
		return ip_parse(&spec->address, ADDRESS_IPV6, host);
	return ip_parse(&spec->address, ADDRESS_IPV4, host) || name_parse(spec->name, host);
}

/* fe80::/10: means something only together with an interface, for which there is no place in a serverspec. */
static bool
is_link_local(const struct serverspec *spec, struct span host, bool v6)
{
	if (v6 && host.len > 0 && memchr(host.at, '%', host.len) != NULL)
		return true;
	return spec->address.family == ADDRESS_IPV6 && spec->address.ip[0] == 0xfe &&
	    (spec->address.ip[1] & 0xc0) == 0x80;
}

static bool
item_parse(struct serverspec *spec, struct span item, const struct complaint *c)
{
	struct span host, port;
	uint64_t number;
	bool v6, parsed;

	*spec = (struct serverspec){ 0 };
	if (item.len == 0)
		return complain(c, "there is nothing between the semicolons");
	parsed = item_split(item, &host, &port, &v6) && host_parse(spec, host, v6);
	if (is_link_local(spec, host, v6))
		return complain(c, "\"%.*s\" is of one link only, and which one cannot be said; use another address",
		    shown(item), item.at);
	if (!parsed)
		return complain(c, "\"%.*s\" is %s", shown(item), item.at,
		    v6 ? "no IPv6 address" : "no host name and no IP address");
	if (!span_there(port))
		return true;
	if (port.len == 0)
		return complain(c, "there is no port behind the colon");
	if (!span_number(port, UINT16_MAX, &number) || number == 0)
		return complain(c, "port %.*s is not 1..65535", shown(port), port.at);
	spec->port = (uint16_t)number;
	return true;
}

static void
domain_format(char domain[DNS_NAME_SIZE], const struct serverspec *spec)
{
	char text[ADDRESS_TEXT_SIZE];

	if (spec->address.family == ADDRESS_NONE)
		memcpy(domain, spec->name, DNS_NAME_SIZE);
	else
		snprintf(domain, DNS_NAME_SIZE, "%s", address_str(&spec->address, text));
}

bool
serverfield_parse(struct serverfield *field, const char *text, char error[160])
{
	struct serverfield parsed = { 0 };
	struct serverspec domain;
	struct complaint c = { .text = error };
	bool more = true;

	for (; more; c.item++) {
		size_t len = strcspn(text, ";");
		struct span item = span_trim((struct span){ .at = text, .len = len });

		if (c.item > SERVERSPECS_MAX)
			return complain(&c, "there can be %d at most", SERVERSPECS_MAX);
		if (!item_parse(c.item == 0 ? &domain : &parsed.specs[c.item - 1], item, &c))
			return false;
		more = text[len] == ';';
		text += len + 1;
	}
	parsed.count = c.item - 1;
	c.item = 0;
	if (parsed.count == 0) {
		parsed.specs[0] = domain;
		parsed.count = 1;
	} else if (domain.port != 0) {
		/* It would be used for nothing: neither the URI has it, nor is the domain looked up. */
		return complain(&c, "a port goes with a serverspec, not with the domain before it");
	}
	domain_format(parsed.domain, &domain);
	*field = parsed;
	return true;
}

static bool
serverspec_equal(const struct serverspec *a, const struct serverspec *b)
{
	return strcmp(a->name, b->name) == 0 && address_equal(&a->address, &b->address) && a->port == b->port;
}

bool
serverfield_equal(const struct serverfield *a, const struct serverfield *b)
{
	if (strcmp(a->domain, b->domain) != 0 || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!serverspec_equal(&a->specs[i], &b->specs[i]))
			return false;
	}
	return true;
}
