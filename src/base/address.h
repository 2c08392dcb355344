/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_BASE_ADDRESS_H
#define SIPKEEPD_BASE_ADDRESS_H

/*
 * IP addresses with ports, and peers: a transport, an address and a port, which is what a call server is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum address_family {
	ADDRESS_NONE = 0,
	ADDRESS_IPV4 = 4,
	ADDRESS_IPV6 = 6,
};

struct address {
	enum address_family family;
	uint8_t ip[16];		/* network order; IPv4 in the first four, the rest zero */
	uint16_t port;		/* host order; 0: none */
};

enum sip_transport {
	SIP_UDP,
	SIP_TCP,
	SIP_TLS,
};

struct peer {
	enum sip_transport transport;
	struct address address;
};

#define ADDRESS_TEXT_SIZE 56	/* "[" IPv6 "]:65535" and the terminator */
#define PEER_TEXT_SIZE 64	/* "udp:" before it */

/*
 * Parses an IPv4 or IPv6 address, an IPv6 one bare or in brackets; with `:port` behind IPv4 or the bracket.
 * No port gives port 0; a port that is written must be 1..65535. Scoped addresses (fe80::1%eth0) are not taken.
 *
 * Returns false if the text is anything else; *address is untouched then.
 */
bool address_parse(struct address *address, const char *text);

/* "192.0.2.1" or "2001:db8::1", without the port; IPv6 without brackets. Returns text. */
const char *address_ip_str(const struct address *address, char text[ADDRESS_TEXT_SIZE]);

/* As in a URI: "192.0.2.1:5060", "[2001:db8::1]:5060"; port 0 is left out. Returns text. */
const char *address_str(const struct address *address, char text[ADDRESS_TEXT_SIZE]);

/* "udp:192.0.2.1:5060". Returns text. */
const char *peer_str(const struct peer *peer, char text[PEER_TEXT_SIZE]);

bool address_equal(const struct address *a, const struct address *b);	/* port included */
bool address_same_ip(const struct address *a, const struct address *b);	/* port ignored */
bool peer_equal(const struct peer *a, const struct peer *b);

/* A call server as people name it: "10.0.0.1", "10.0.0.1:5062", "udp:10.0.0.1:5060". What is not said is any. */
struct peer_pattern {
	struct address address;		/* port 0: any */
	bool any_transport;
	enum sip_transport transport;
};

bool peer_pattern_parse(struct peer_pattern *pattern, const char *text);	/* false if it is none */
bool peer_matches(const struct peer_pattern *pattern, const struct peer *peer);

bool address_is_any(const struct address *a);		/* 0.0.0.0, :: */
bool address_is_multicast(const struct address *a);
bool address_is_broadcast(const struct address *a);	/* 255.255.255.255 */

const char *sip_transport_str(enum sip_transport transport);	/* "udp", "tcp", "tls" */
uint16_t sip_transport_port(enum sip_transport transport);	/* 5060; 5061 for TLS */

#endif
