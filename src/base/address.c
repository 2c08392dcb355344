/* SPDX-License-Identifier: ISC */
#include "base/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static size_t
ip_size(enum address_family family)
{
	switch (family) {
	case ADDRESS_IPV4:
		return 4;
	case ADDRESS_IPV6:
		return 16;
	case ADDRESS_NONE:
		break;
	}
	return 0;
}

/* inet_pton() is strict where it matters: no leading zeros, no short forms of IPv4, no scope. */
static bool
ip_parse(struct address *address, enum address_family family, struct span s)
{
	char text[INET6_ADDRSTRLEN];

	if (s.len == 0 || s.len >= sizeof(text) || memchr(s.at, '\0', s.len) != NULL)
		return false;
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	address->family = family;
	return inet_pton(family == ADDRESS_IPV4 ? AF_INET : AF_INET6, text, address->ip) == 1;
}

/* What stands behind the address: nothing, or a colon and a port. */
static bool
port_parse(struct address *address, const char *rest)
{
	uint64_t port;

	if (*rest == '\0')
		return true;
	if (*rest != ':' || !span_number(span_of(rest + 1), UINT16_MAX, &port) || port == 0)
		return false;
	address->port = (uint16_t)port;
	return true;
}

bool
address_parse(struct address *address, const char *text)
{
	struct address parsed = { 0 };
	const char *colon = strchr(text, ':'), *end;
	enum address_family family = ADDRESS_IPV6;
	struct span ip;

	if (text[0] == '[') {
		end = strchr(text, ']');
		if (end == NULL)
			return false;
		ip = (struct span){ .at = text + 1, .len = (size_t)(end - text - 1) };
		end++;
	} else if (colon != NULL && strchr(colon + 1, ':') != NULL) {
		ip = span_of(text);
		end = text + ip.len;
	} else {
		family = ADDRESS_IPV4;
		end = colon != NULL ? colon : text + strlen(text);
		ip = (struct span){ .at = text, .len = (size_t)(end - text) };
	}
	if (!ip_parse(&parsed, family, ip) || !port_parse(&parsed, end))
		return false;
	*address = parsed;
	return true;
}

const char *
address_ip_str(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
	int family = address->family == ADDRESS_IPV4 ? AF_INET : AF_INET6;

	if (address->family == ADDRESS_NONE || inet_ntop(family, address->ip, text, ADDRESS_TEXT_SIZE) == NULL)
		snprintf(text, ADDRESS_TEXT_SIZE, "none");
	return text;
}

const char *
address_str(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
	char ip[ADDRESS_TEXT_SIZE];
	bool v6 = address->family == ADDRESS_IPV6;
	int len;

	address_ip_str(address, ip);
	len = snprintf(text, ADDRESS_TEXT_SIZE, "%s%.45s%s", v6 ? "[" : "", ip, v6 ? "]" : "");
	if (address->port != 0 && len > 0)
		snprintf(text + len, ADDRESS_TEXT_SIZE - (size_t)len, ":%u", (unsigned)address->port);
	return text;
}

const char *
peer_str(const struct peer *peer, char text[PEER_TEXT_SIZE])
{
	char address[ADDRESS_TEXT_SIZE];

	snprintf(text, PEER_TEXT_SIZE, "%s:%s", sip_transport_str(peer->transport),
	    address_str(&peer->address, address));
	return text;
}

bool
address_same_ip(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, ip_size(a->family)) == 0;
}

bool
address_equal(const struct address *a, const struct address *b)
{
	return a->port == b->port && address_same_ip(a, b);
}

bool
peer_equal(const struct peer *a, const struct peer *b)
{
	return a->transport == b->transport && address_equal(&a->address, &b->address);
}

/* All bytes of the address are `byte`. */
static bool
filled_with(const struct address *a, uint8_t byte)
{
	for (size_t i = 0; i < ip_size(a->family); i++) {
		if (a->ip[i] != byte)
			return false;
	}
	return a->family != ADDRESS_NONE;
}

bool
address_is_any(const struct address *a)
{
	return filled_with(a, 0);
}

bool
address_is_multicast(const struct address *a)
{
	switch (a->family) {
	case ADDRESS_IPV4:
		return (a->ip[0] & 0xf0) == 0xe0;
	case ADDRESS_IPV6:
		return a->ip[0] == 0xff;
	case ADDRESS_NONE:
		break;
	}
	return false;
}

bool
address_is_broadcast(const struct address *a)
{
	return a->family == ADDRESS_IPV4 && filled_with(a, 0xff);
}

const char *
sip_transport_str(enum sip_transport transport)
{
	switch (transport) {
	case SIP_UDP:
		return "udp";
	case SIP_TCP:
		return "tcp";
	case SIP_TLS:
		return "tls";
	}
	return "?";
}

uint16_t
sip_transport_port(enum sip_transport transport)
{
	return transport == SIP_TLS ? 5061 : 5060;
}

bool
peer_pattern_parse(struct peer_pattern *pattern, const char *text)
{
	static const enum sip_transport transports[] = { SIP_UDP, SIP_TCP, SIP_TLS };

	*pattern = (struct peer_pattern){ .any_transport = true };
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		const char *word = sip_transport_str(transports[i]);
		size_t len = strlen(word);

		if (strncmp(text, word, len) != 0 || text[len] != ':')
			continue;
		pattern->any_transport = false;
		pattern->transport = transports[i];
		text += len + 1;
		break;
	}
	return address_parse(&pattern->address, text);
}

bool
peer_matches(const struct peer_pattern *pattern, const struct peer *peer)
{
	if (!pattern->any_transport && pattern->transport != peer->transport)
		return false;
	return pattern->address.port != 0 ? address_equal(&pattern->address, &peer->address) :
	    address_same_ip(&pattern->address, &peer->address);
}
