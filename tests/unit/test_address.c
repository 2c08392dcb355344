/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/address.h"
#include "unit.h"

static const struct {
	const char *text;
	const char *printed;	/* NULL: is refused */
	const char *ip;
	unsigned port;
	enum address_family family;
} texts[] = {
	{ "192.0.2.1", "192.0.2.1", "192.0.2.1", 0, ADDRESS_IPV4 },
	{ "192.0.2.1:5060", "192.0.2.1:5060", "192.0.2.1", 5060, ADDRESS_IPV4 },
	{ "0.0.0.0:65535", "0.0.0.0:65535", "0.0.0.0", 65535, ADDRESS_IPV4 },
	{ "2001:DB8::1", "[2001:db8::1]", "2001:db8::1", 0, ADDRESS_IPV6 },
	{ "[2001:db8::1]", "[2001:db8::1]", "2001:db8::1", 0, ADDRESS_IPV6 },
	{ "[2001:db8:0:0::1]:5062", "[2001:db8::1]:5062", "2001:db8::1", 5062, ADDRESS_IPV6 },
	{ "::", "[::]", "::", 0, ADDRESS_IPV6 },
	{ "2001:db8::1:5060", "[2001:db8::1:5060]", "2001:db8::1:5060", 0, ADDRESS_IPV6 },	/* bare: no port */
	{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0, ADDRESS_IPV6 },
	{ "", NULL, NULL, 0, 0 },
	{ "1.2.3", NULL, NULL, 0, 0 },
	{ "1.2.3.4.5", NULL, NULL, 0, 0 },
	{ "256.1.1.1", NULL, NULL, 0, 0 },
	{ "01.2.3.4", NULL, NULL, 0, 0 },
	{ " 1.2.3.4", NULL, NULL, 0, 0 },
	{ "1.2.3.4 ", NULL, NULL, 0, 0 },
	{ "1.2.3.4:", NULL, NULL, 0, 0 },
	{ "1.2.3.4:0", NULL, NULL, 0, 0 },
	{ "1.2.3.4:65536", NULL, NULL, 0, 0 },
	{ "1.2.3.4:+1", NULL, NULL, 0, 0 },
	{ "1.2.3.4:5060:1", NULL, NULL, 0, 0 },
	{ "[1.2.3.4]", NULL, NULL, 0, 0 },
	{ "[::1", NULL, NULL, 0, 0 },
	{ "::1]", NULL, NULL, 0, 0 },
	{ "[::1]x", NULL, NULL, 0, 0 },
	{ "[::1]:", NULL, NULL, 0, 0 },
	{ "[]", NULL, NULL, 0, 0 },
	{ "[]:5060", NULL, NULL, 0, 0 },
	{ "fe80::1%eth0", NULL, NULL, 0, 0 },
	{ "1::2::3", NULL, NULL, 0, 0 },
	{ "12345::1", NULL, NULL, 0, 0 },
	{ "example.com", NULL, NULL, 0, 0 },
	{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", NULL, NULL, 0, 0 },
};

START_TEST(test_texts)
{
	struct address a, before;
	char text[ADDRESS_TEXT_SIZE];
	bool good;

	memset(&a, 0x5a, sizeof(a));
	before = a;
	good = address_parse(&a, texts[_i].text);
	ck_assert_msg(good == (texts[_i].printed != NULL), "\"%s\"", texts[_i].text);
	if (!good) {
		ck_assert_mem_eq(&a, &before, sizeof(a));
		return;
	}
	ck_assert_str_eq(address_str(&a, text), texts[_i].printed);
	ck_assert_str_eq(address_ip_str(&a, text), texts[_i].ip);
	ck_assert_uint_eq(a.port, texts[_i].port);
	ck_assert_int_eq(a.family, texts[_i].family);
	for (size_t i = 4; a.family == ADDRESS_IPV4 && i < sizeof(a.ip); i++)
		ck_assert_uint_eq(a.ip[i], 0);
}
END_TEST

static const struct {
	const char *text;
	bool any, multicast, broadcast;
} kinds[] = {
	{ "0.0.0.0", true, false, false },
	{ "0.0.0.1", false, false, false },
	{ "::", true, false, false },
	{ "::1", false, false, false },
	{ "223.255.255.255", false, false, false },
	{ "224.0.0.1", false, true, false },
	{ "239.255.255.255", false, true, false },
	{ "240.0.0.1", false, false, false },
	{ "255.255.255.255", false, false, true },
	{ "255.255.255.254", false, false, false },
	{ "ff02::1", false, true, false },
	{ "fe80::1", false, false, false },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false, true, false },
};

START_TEST(test_kinds)
{
	struct address a;

	ck_assert(address_parse(&a, kinds[_i].text));
	ck_assert_msg(address_is_any(&a) == kinds[_i].any, "%s", kinds[_i].text);
	ck_assert_msg(address_is_multicast(&a) == kinds[_i].multicast, "%s", kinds[_i].text);
	ck_assert_msg(address_is_broadcast(&a) == kinds[_i].broadcast, "%s", kinds[_i].text);
}
END_TEST

START_TEST(test_none)
{
	struct address none = { 0 };
	char text[ADDRESS_TEXT_SIZE];

	ck_assert(!address_is_any(&none));
	ck_assert(!address_is_multicast(&none));
	ck_assert(!address_is_broadcast(&none));
	ck_assert_str_eq(address_str(&none, text), "none");
}
END_TEST

START_TEST(test_equal)
{
	struct peer a = { .transport = SIP_UDP }, b;

	ck_assert(address_parse(&a.address, "192.0.2.1:5060"));
	b = a;
	ck_assert(peer_equal(&a, &b));
	b.transport = SIP_TCP;
	ck_assert(!peer_equal(&a, &b));
	b = a;
	b.address.port = 5061;
	ck_assert(!peer_equal(&a, &b));
	ck_assert(!address_equal(&a.address, &b.address));
	ck_assert(address_same_ip(&a.address, &b.address));
	b.address.ip[3] = 2;
	ck_assert(!address_same_ip(&a.address, &b.address));
	/* The same leading bytes in another family are another address. */
	b = a;
	b.address.family = ADDRESS_IPV6;
	ck_assert(!address_same_ip(&a.address, &b.address));
}
END_TEST

START_TEST(test_peer)
{
	struct peer p = { .transport = SIP_TLS };
	char text[PEER_TEXT_SIZE];

	ck_assert(address_parse(&p.address, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
	p.address.port = 65535;
	ck_assert_str_eq(peer_str(&p, text), "tls:[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
	ck_assert_uint_eq(sip_transport_port(SIP_UDP), 5060);
	ck_assert_uint_eq(sip_transport_port(SIP_TCP), 5060);
	ck_assert_uint_eq(sip_transport_port(SIP_TLS), 5061);
	ck_assert_str_eq(sip_transport_str(SIP_UDP), "udp");
	ck_assert_str_eq(sip_transport_str(SIP_TCP), "tcp");
}
END_TEST

static const struct {
	const char *pattern;
	bool good, udp_5060, udp_5062, tls_5061;	/* 192.0.2.1 by these */
} patterns[] = {
	{ "192.0.2.1", true, true, true, true },
	{ "192.0.2.1:5060", true, true, false, false },
	{ "udp:192.0.2.1", true, true, true, false },
	{ "tls:192.0.2.1", true, false, false, true },
	{ "udp:192.0.2.1:5062", true, false, true, false },
	{ "tcp:192.0.2.1", true, false, false, false },
	{ "192.0.2.2", true, false, false, false },
	{ "tls:[2001:db8::1]:5061", true, false, false, false },
	{ "sctp:192.0.2.1", false, false, false, false },
	{ "udp:", false, false, false, false },
	{ "UDP:192.0.2.1", false, false, false, false },
	{ "", false, false, false, false },
	{ "example.com", false, false, false, false },
};

START_TEST(B74_a_server_by_its_name)
{
	struct peer peer = { .transport = SIP_UDP };
	struct peer_pattern pattern;

	ck_assert(address_parse(&peer.address, "192.0.2.1:5060"));
	ck_assert(peer_pattern_parse(&pattern, patterns[_i].pattern) == patterns[_i].good);
	if (!patterns[_i].good)
		return;
	ck_assert(peer_matches(&pattern, &peer) == patterns[_i].udp_5060);
	peer.address.port = 5062;
	ck_assert(peer_matches(&pattern, &peer) == patterns[_i].udp_5062);
	peer = (struct peer){ .transport = SIP_TLS, .address = peer.address };
	peer.address.port = 5061;
	ck_assert(peer_matches(&pattern, &peer) == patterns[_i].tls_5061);
}
END_TEST

static Suite *
address_suite(void)
{
	Suite *suite = suite_create("address");
	TCase *tc = tcase_create("address");

	tcase_add_loop_test(tc, test_texts, 0, (int)UNIT_COUNT(texts));
	tcase_add_loop_test(tc, test_kinds, 0, (int)UNIT_COUNT(kinds));
	tcase_add_test(tc, test_none);
	tcase_add_test(tc, test_equal);
	tcase_add_test(tc, test_peer);
	tcase_add_loop_test(tc, B74_a_server_by_its_name, 0, (int)UNIT_COUNT(patterns));
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(address_suite)
