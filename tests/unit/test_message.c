/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sip/message.h"
#include "unit.h"

/* A request and a response that are good, in pieces, so that each case changes one of them. */
#define VIA "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabc;rport\r\n"
#define FROM "From: <sip:100@example.com>;tag=f1\r\n"
#define TO "To: <sip:100@example.com>\r\n"
#define IDS "Call-ID: 1@example.com\r\nCSeq: 1 OPTIONS\r\n"
#define REST VIA FROM TO IDS
#define REQUEST "OPTIONS sip:100@192.0.2.9:5060 SIP/2.0\r\n"
#define RESPONSE "SIP/2.0 200 OK\r\n"

static bool
parse_n(struct message *m, const char *text, size_t len, enum drop_reason *why)
{
	/* A heap copy of just that size, so that a look beyond its end is seen. */
	static uint8_t *copy;

	free(copy);
	copy = malloc(len > 0 ? len : 1);
	memcpy(copy, text, len);
	return message_parse(m, copy, len, why);
}

static void
parse(struct message *m, const char *text)
{
	enum drop_reason why = DROP_REASONS;

	if (!parse_n(m, text, strlen(text), &why))
		ck_abort_msg("refused (%s): %s", drop_reason_str(why), text);
}

static void
is(struct span s, const char *text)
{
	if (!span_equal(s, text) || !span_there(s))
		ck_abort_msg("\"%.*s\" is not \"%s\"", (int)s.len, span_there(s) ? s.at : "", text);
}

START_TEST(a_request_in_all_its_parts)
{
	struct message m;

	parse(&m, REQUEST REST "Event: message-summary\r\nContent-Length: 4\r\n\r\nbodybeyond");
	ck_assert(m.request);
	is(m.method, "OPTIONS");
	is(m.request_uri, "sip:100@192.0.2.9:5060");
	is(m.vias, VIA);
	is(m.via_branch, "z9hG4bKabc");
	is(m.via_host, "192.0.2.1");
	ck_assert_uint_eq(m.via_port, 5060);
	ck_assert(m.via_rport);
	ck_assert_uint_eq(m.via_rport_value, 0);
	ck_assert(!span_there(m.via_received));
	is(m.from, "<sip:100@example.com>;tag=f1");
	is(m.from_tag, "f1");
	is(m.to, "<sip:100@example.com>");
	ck_assert(!span_there(m.to_tag));
	is(m.call_id, "1@example.com");
	ck_assert_uint_eq(m.cseq, 1);
	is(m.cseq_method, "OPTIONS");
	is(m.event, "message-summary");
	is(m.body, "body");
	ck_assert_uint_eq(m.contact_count, 0);
	message_fini(&m);
}
END_TEST

START_TEST(a_response_in_all_its_parts)
{
	struct message m;

	parse(&m, "SIP/2.0 401 Not  today\r\n"
	    "Via: SIP/2.0/UDP 192.0.2.1;received=198.51.100.1;rport=40000;branch=z9hG4bKabc\r\n"
	    FROM "To: \"A <b>; \\\"c\" <sip:100@example.com>;x=y;tag=t1\r\n" "Call-ID: 1\r\nCSeq: 7 REGISTER\r\n"
	    "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n"
	    "Proxy-Authenticate: Digest realm=\"c\", nonce=\"d\"\r\n"
	    "Contact: \"x, y\" <sip:100@192.0.2.1:5060;sk=1;ob?h=v>;expires=300;q=0.5, <sip:[2001:db8::1]>\r\n"
	    "Contact: sip:b@c.example:5070;expires=\"60\"\r\n"
	    "Contact: <tel:+1234>\r\n"
	    "Expires: 3600\r\nMin-Expires: 60\r\nRetry-After: 120 (busy; really);duration=5\r\n"
	    "Reason: Q.850;cause=16\r\nReason: other\r\nWarning: 399 x \"no\"\r\n"
	    "Authentication-Info: nextnonce=\"n\"\r\n\r\nrest");
	ck_assert(!m.request);
	ck_assert_int_eq(m.status, 401);
	is(m.reason_phrase, "Not  today");
	is(m.method, "REGISTER");
	is(m.via_received, "198.51.100.1");
	ck_assert_uint_eq(m.via_port, 0);
	ck_assert_uint_eq(m.via_rport_value, 40000);
	is(m.to_tag, "t1");
	ck_assert_uint_eq(m.challenge_count, 2);
	is(m.challenges[0].value, "Digest realm=\"a\", nonce=\"b\"");
	ck_assert(!m.challenges[0].proxy && m.challenges[1].proxy);
	ck_assert_uint_eq(m.contact_count, 4);
	is(m.contacts[0].uri, "sip:100@192.0.2.1:5060;sk=1;ob?h=v");
	is(m.contacts[0].user, "100");
	is(m.contacts[0].host, "192.0.2.1");
	ck_assert_uint_eq(m.contacts[0].port, 5060);
	is(m.contacts[0].uri_parameters, "sk=1;ob");
	is(m.contacts[0].expires, "300");
	is(m.contacts[1].host, "2001:db8::1");
	ck_assert(!span_there(m.contacts[1].user) && !span_there(m.contacts[1].expires));
	ck_assert(!span_there(m.contacts[1].uri_parameters));
	is(m.contacts[2].uri, "sip:b@c.example:5070");
	is(m.contacts[2].expires, "\"60\"");
	is(m.contacts[3].uri, "tel:+1234");
	ck_assert(!span_there(m.contacts[3].host));
	is(m.expires, "3600");
	is(m.min_expires, "60");
	is(m.retry_after, "120");
	is(m.reason, "Q.850;cause=16");
	is(m.warning, "399 x \"no\"");
	is(m.authentication_info, "nextnonce=\"n\"");
	is(m.body, "rest");
	message_fini(&m);
}
END_TEST

START_TEST(compact_forms_folds_and_odd_blanks)
{
	struct message m;

	parse(&m, "\r\n\r\nSIP/2.0 200 \r\n"
	    "v  :\tSIP / 2.0 / UDP [2001:db8::1] ;\r\n branch=z9hG4bKabc\r\n"
	    "fROM : \"J\" <sip:100@example.com>\r\n\t;tag = f1\r\n"
	    "t:sip:100@example.com;tag=t1\r\n"
	    "v: SIP/2.0/TCP p.example:5061;branch=b, SIP/2.0/UDP q\r\n"
	    "i: 1\r\nCSEQ:\r\n 0009\r\n\tREGISTER\r\n"
	    "m: <sip:100@[2001:db8::2]:5062>\r\n ; expires = 60\r\n"
	    "Unknown:\r\nl: 0\r\n\r\n");
	is(m.via_host, "2001:db8::1");
	is(m.via_branch, "z9hG4bKabc");
	is(m.from_tag, "f1");
	is(m.to_tag, "t1");
	is(m.call_id, "1");
	ck_assert_uint_eq(m.cseq, 9);
	is(m.cseq_method, "REGISTER");
	is(m.vias, "v  :\tSIP / 2.0 / UDP [2001:db8::1] ;\r\n branch=z9hG4bKabc\r\n"
	    "v: SIP/2.0/TCP p.example:5061;branch=b, SIP/2.0/UDP q\r\n");
	is(m.contacts[0].host, "2001:db8::2");
	is(m.contacts[0].expires, "60");
	is(m.body, "");
	message_fini(&m);
}
END_TEST

START_TEST(contact_star)
{
	struct message m;

	parse(&m, REQUEST REST "Contact: *\r\n\r\n");
	ck_assert(m.contact_star);
	ck_assert_uint_eq(m.contact_count, 0);
	message_fini(&m);
}
END_TEST

/* B33: what the text says, not what a lenient reader makes of it. */
START_TEST(expires_are_text)
{
	struct message m;

	parse(&m, RESPONSE REST "Contact: <sip:a@b>;expires=5abc, <sip:c@d>;expires, <sip:e@f>;expires=\r\n"
	    "Expires: -3\r\n\r\n");
	is(m.contacts[0].expires, "5abc");
	is(m.contacts[1].expires, "");
	ck_assert_uint_eq(m.contacts[2].expires.len, 0);
	is(m.expires, "-3");
	message_fini(&m);
}
END_TEST

static const char *const good[] = {
	RESPONSE REST "\r\n",
	"SIP/2.0 200\r\n" REST "\r\n",
	"sip/2.0 699 \303\244\r\n" REST "\r\n",
	"OPTIONS tel:+1-201-555-0123 SIP/2.0\r\n" REST "\r\n",
	"OPTIONS sip:[2001:db8::9] SIP/2.0\r\n" REST "\r\n",
	"OPTIONS sip:[2001:db8::9]:5060;transport=udp SIP/2.0\r\n" REST "\r\n",
	"OPTIONS sip:a%20b:pw@host;x=%41?h=v SIP/2.0\r\n" REST "\r\n",
	"OPTIONS sips:host SIP/2.0\r\n" REST "\r\n",
	REQUEST "Via: SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bKa;received=2001:db8::8\r\n" FROM TO IDS "\r\n",
	REQUEST "Via: SIP/2.0/UDP host.example.com:5060\r\n" FROM TO IDS "\r\n",
	REQUEST VIA "From: sip:nobody@unknown_host\r\n" TO IDS "\r\n",
	REQUEST VIA "From: \"\" <sip:host>;tag=1\r\n" TO IDS "\r\n",
	REQUEST VIA "From: Two Words<sip:100@host>;tag=1;other=\"q;u,o\\\"te\"\r\n" TO IDS "\r\n",
	REQUEST REST "Content-Length: 0000000000000000000\r\n\r\n",
	REQUEST REST "Content-Length:\t 2 \r\n\r\nab",
	REQUEST REST "Supported:\r\nX:y:z\r\n\r\n",
	REQUEST REST "Contact: <sip:a@b>, , <sip:c@d>\r\n\r\n",
	/* libosip2 fails for lengths without a body and bodies without a type: it sees neither. */
	REQUEST REST "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n",
	REQUEST REST "Content-Length: 5\r\n\r\nv=0\r\n",
	REQUEST REST "Content-Type: multipart/mixed;boundary=b\r\n\r\n"
	    "--b\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--\r\n",
	REQUEST REST "Route: what is this\r\nAuthorization: Basic abc\r\n\r\n",
};

START_TEST(good_ones)
{
	struct message m;

	parse(&m, good[_i]);
	message_fini(&m);
}
END_TEST

static const struct {
	const char *text;
	enum drop_reason why;
} bad[] = {
	{ "", DROP_GARBAGE },
	{ "\r\n\r\n", DROP_GARBAGE },
	{ "\r\n", DROP_GARBAGE },
	{ "hello", DROP_GARBAGE },
	{ "GET / HTTP/1.1\r\n\r\n", DROP_GARBAGE },
	/* Framing. */
	{ RESPONSE REST, DROP_TRUNCATED },
	{ RESPONSE REST "\r", DROP_TRUNCATED },
	{ RESPONSE REST "X: y", DROP_TRUNCATED },
	{ RESPONSE VIA FROM "To: <sip:100@example.com>\n" IDS "\r\n", DROP_GARBAGE },
	{ RESPONSE VIA FROM "To: <sip:100@example.com>\r" IDS "\r\n", DROP_GARBAGE },
	{ "SIP/2.0 200 OK\n" REST "\r\n", DROP_GARBAGE },
	{ RESPONSE REST "X: \x01\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE " folded: nothing\r\n" REST "\r\n", DROP_GARBAGE },
	{ RESPONSE REST "no colon\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE REST ": no name\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE REST "a name: x\r\n\r\n", DROP_GARBAGE },
	/* Start lines. */
	{ "SIP/2.0 4294967496 OK\r\n" REST "\r\n", DROP_GARBAGE },
	{ "SIP/2.0 99 OK\r\n" REST "\r\n", DROP_GARBAGE },
	{ "SIP/2.0 099 OK\r\n" REST "\r\n", DROP_GARBAGE },
	{ "SIP/2.0 700 OK\r\n" REST "\r\n", DROP_GARBAGE },
	{ "SIP/2.0  200 OK\r\n" REST "\r\n", DROP_GARBAGE },
	{ "SIP/2.0 2000 OK\r\n" REST "\r\n", DROP_GARBAGE },
	{ "SIP/2.0 +20 OK\r\n" REST "\r\n", DROP_GARBAGE },
	{ "SIP/3.0 200 OK\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:host SIP/2.1\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS  sip:host SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:host  SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:host SIP/2.0 \r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:host\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPT{}NS sip:host SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS <sip:host> SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS host SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS * SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip: SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:@host SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:a@b@host SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:2001:db8::9 SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:[192.0.2.1] SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:[2001:db8::9 SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:a@[2001:db8::9]x SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:host:0 SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:host:65536 SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:host: SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:host:50x60 SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	{ "OPTIONS sip:a%00b@host SIP/2.0\r\n" REST "\r\n", DROP_GARBAGE },
	/* Required once. */
	{ RESPONSE FROM TO IDS "\r\n", DROP_GARBAGE },
	{ RESPONSE VIA TO IDS "\r\n", DROP_GARBAGE },
	{ RESPONSE VIA FROM IDS "\r\n", DROP_GARBAGE },
	{ RESPONSE VIA FROM TO "Call-ID: 1\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE VIA FROM TO "CSeq: 1 OPTIONS\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE REST FROM "\r\n", DROP_GARBAGE },
	{ RESPONSE REST "f: <sip:200@example.com>;tag=2\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE REST TO "\r\n", DROP_GARBAGE },
	{ RESPONSE REST "i: 2\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE REST "CSeq: 1 OPTIONS\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE REST "Expires: 1\r\nExpires: 2\r\n\r\n", DROP_GARBAGE },
	/* Content-Length. */
	{ RESPONSE REST "Content-Length: -3\r\n\r\nabc", DROP_GARBAGE },
	{ RESPONSE REST "Content-Length: 5abc\r\n\r\nabcdef", DROP_GARBAGE },
	{ RESPONSE REST "Content-Length: +3\r\n\r\nabc", DROP_GARBAGE },
	{ RESPONSE REST "Content-Length: 3 3\r\n\r\nabc", DROP_GARBAGE },
	{ RESPONSE REST "Content-Length:\r\n\r\nabc", DROP_GARBAGE },
	{ RESPONSE REST "Content-Length: 3\r\nl: 3\r\n\r\nabc", DROP_GARBAGE },
	{ RESPONSE REST "Content-Length: 4294967301\r\n\r\nabcde", DROP_TRUNCATED },	/* 2^32 + 5 */
	{ RESPONSE REST "Content-Length: 18446744073709551621\r\n\r\nabcde", DROP_GARBAGE },	/* 2^64 + 5 */
	{ RESPONSE REST "Content-Length: 4\r\n\r\nabc", DROP_TRUNCATED },
	/* CSeq and Call-ID. */
	{ REQUEST VIA FROM TO "Call-ID: 1\r\nCSeq: 1 REGISTER\r\n\r\n", DROP_GARBAGE },
	{ REQUEST VIA FROM TO "Call-ID: 1\r\nCSeq: 1 options\r\n\r\n", DROP_GARBAGE },
	{ REQUEST VIA FROM TO "Call-ID: 1\r\nCSeq: -1 OPTIONS\r\n\r\n", DROP_GARBAGE },
	{ REQUEST VIA FROM TO "Call-ID: 1\r\nCSeq: 2147483648 OPTIONS\r\n\r\n", DROP_GARBAGE },
	{ REQUEST VIA FROM TO "Call-ID: 1\r\nCSeq: 4294967297 OPTIONS\r\n\r\n", DROP_GARBAGE },
	{ REQUEST VIA FROM TO "Call-ID: 1\r\nCSeq: 1OPTIONS\r\n\r\n", DROP_GARBAGE },
	{ REQUEST VIA FROM TO "Call-ID: 1\r\nCSeq: OPTIONS\r\n\r\n", DROP_GARBAGE },
	{ REQUEST VIA FROM TO "Call-ID: 1\r\nCSeq: 1\r\n\r\n", DROP_GARBAGE },
	{ REQUEST VIA FROM TO "Call-ID: 1\r\nCSeq: 1 OPTIONS x\r\n\r\n", DROP_GARBAGE },
	{ REQUEST VIA FROM TO "Call-ID: 1 2\r\nCSeq: 1 OPTIONS\r\n\r\n", DROP_GARBAGE },
	{ REQUEST VIA FROM TO "Call-ID:\r\nCSeq: 1 OPTIONS\r\n\r\n", DROP_GARBAGE },
	/* Via. */
	{ REQUEST "Via: SIP/2.0/UDP 2001:db8::9;branch=b\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/2.0/UDP 2001:db8::9;branch=b;received=[2001:db8::9]\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/2.0/UDP [192.0.2.1];branch=b\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/2.0/UDP [2001:db8::9;branch=b\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/2.0/UDP host:5060x;branch=b\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/2.0/UDP host:65536;branch=b\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/2.0/UDP host:0;branch=b\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/3.0/UDP host;branch=b\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP./2.0/UDP host;branch=b\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/2.0/UDP host;;branch=b\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/2.0/UDP host;x=;branch=b\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/2.0/UDP host;x=\"a\"b;branch=b\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST VIA FROM "To: <sip:100@host>;tag1=\r\n" IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/2.0/UDP;branch=b\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/2.0/UDP host;branch=b;branch=c\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/2.0/UDP host;branch=\"b\"\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: SIP/2.0/UDP ho st;branch=b\r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST "Via: \r\n" FROM TO IDS "\r\n", DROP_GARBAGE },
	/* From, To and Contact. */
	{ REQUEST VIA "From: \"open <sip:100@host>;tag=1\r\n" TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST VIA "From: <sip:100@host;tag=1\r\n" TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST VIA "From: <sip:100@host>x;tag=1\r\n" TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST VIA "From: <sip:100@host>;tag=1;tag=2\r\n" TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST VIA "From: <sip:100@host>;tag=\r\n" TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST VIA "From:\r\n" TO IDS "\r\n", DROP_GARBAGE },
	{ REQUEST VIA FROM "To: <sip:%00@host>\r\n" IDS "\r\n", DROP_GARBAGE },
	{ RESPONSE REST "Contact: <sip:100@2001:db8::1>\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE REST "Contact: <sip:2001:db8::1>\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE REST "Contact: <sip:100@2001:db8::1:5060>\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE REST "Contact: <sip:a%00b@host>\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE REST "Contact: <sip:100@host\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE REST "Contact: <sip:100 200@host>\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE REST "Contact: <sip:100@host>;expires=1;expires=2\r\n\r\n", DROP_GARBAGE },
	{ RESPONSE REST "Contact: *, <sip:100@host>\r\n\r\n", DROP_GARBAGE },
};

START_TEST(bad_ones)
{
	enum drop_reason why = DROP_REASONS;
	struct message m;

	if (parse_n(&m, bad[_i].text, strlen(bad[_i].text), &why))
		ck_abort_msg("taken: %s", bad[_i].text);
	if (why != bad[_i].why)
		ck_abort_msg("%s, not %s: %s", drop_reason_str(why), drop_reason_str(bad[_i].why), bad[_i].text);
}
END_TEST

START_TEST(nul_bytes_are_refused_in_headers_only)
{
	static const char inside[] = RESPONSE VIA FROM "To: <sip:100@exam\0ple.com>\r\n" IDS "\r\n";
	static const char behind[] = RESPONSE REST "\r\na\0b";
	enum drop_reason why;
	struct message m;

	ck_assert(!parse_n(&m, inside, sizeof(inside) - 1, &why));
	ck_assert_int_eq(why, DROP_GARBAGE);
	ck_assert(parse_n(&m, behind, sizeof(behind) - 1, &why));
	ck_assert_uint_eq(m.body.len, 3);
	message_fini(&m);
}
END_TEST

/* No prefix of a message is taken, and none is read beyond its end. */
START_TEST(every_prefix_is_refused)
{
	static const char whole[] = RESPONSE REST "Contact: <sip:a@b>\r\nContent-Length: 3\r\n\r\nabc";
	enum drop_reason why;
	struct message m;

	for (size_t len = 0; len < sizeof(whole) - 1; len++)
		ck_assert(!parse_n(&m, whole, len, &why));
}
END_TEST

static void
repeat(struct strbuf *to, const char *text, size_t times)
{
	while (times-- > 0)
		strbuf_append(to, text);
}

static const struct {
	const char *front, *piece;
	size_t times;
	bool taken;
} sizes[] = {
	{ "Contact: <sip:a@b>", ";", 65000, false },
	{ "Contact: <sip:a@b>", ",", 65000, false },
	{ "Contact: <sip:a@b>", ";x", 65, false },
	{ "X: ", ";,", 33, false },
	{ "X: ", ";,", 32, true },
	{ "X: ;,", "\r\n ;,", 32, false },	/* those of a fold count with the line's */
	{ "X: ;,", "\r\n ;,", 31, true },
	{ "Contact: <sip:a@b>", ";x", 63, true },
	{ "X: ", "y", 65000, false },
	{ "X: ", "y", 8100, false },
	{ "X: ", "y", 7000, true },
	{ "X: y", "\r\nX: y", 123, false },	/* one line more than 128 */
	{ "X: y", "\r\nX: y", 122, true },
	{ "X: y", "\r\n y", 124, false },	/* folds count */
	{ "X: y", "\r\nm: <sip:a@b>", 32, true },
	{ "X: y", "\r\nm: <sip:a@b>", 33, false },
	{ "X: y", "\r\n", 30000, true },
	{ "Contact: ", "<", 7000, false },
	{ "Contact: <sip:a@b>;x=", "\"", 7000, true },
	{ "To: ", "\\", 7000, false },
};

/* What makes a parser quadratic is refused before it, or is within the limits; seconds would mean that it is not. */
START_TEST(limits_are_quick)
{
	enum { GENEROUS_MS = 2000 };
	struct strbuf text = { 0 };
	struct timespec began, ended;
	enum drop_reason why = DROP_REASONS;
	struct message m;
	bool taken;
	double ms;

	strbuf_append(&text, RESPONSE REST);
	strbuf_append(&text, sizes[_i].front);
	repeat(&text, sizes[_i].piece, sizes[_i].times);
	strbuf_append(&text, "\r\n\r\n");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &began);
	taken = parse_n(&m, text.data, text.len, &why);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
	ck_assert_int_eq(taken, sizes[_i].taken);
	ms = (double)(ended.tv_sec - began.tv_sec) * 1e3 + (double)(ended.tv_nsec - began.tv_nsec) / 1e6;
	ck_assert_double_lt(ms, GENEROUS_MS);
	if (taken)
		message_fini(&m);
	strbuf_fini(&text);
}
END_TEST

START_TEST(oversized_ones_are_counted_as_such)
{
	struct strbuf text = { 0 };
	enum drop_reason why = DROP_REASONS;
	struct message m;

	strbuf_append(&text, RESPONSE REST "\r\n");
	repeat(&text, "x", MESSAGE_MAX - text.len);
	ck_assert(parse_n(&m, text.data, text.len, &why));
	message_fini(&m);
	strbuf_append(&text, "x");
	ck_assert(!parse_n(&m, text.data, text.len, &why));
	ck_assert_int_eq(why, DROP_OVERSIZED);
	strbuf_fini(&text);
}
END_TEST

/*
 * libosip2 says "good" for a message that it lost a header of when memory ran out: with any amount of memory the
 * message is refused, or the same.
 */
START_TEST(no_header_is_lost_when_memory_is_short)
{
	static const char text[] = REQUEST REST "Via: SIP/2.0/UDP x\r\n"
	    "Contact: <sip:100@192.0.2.1:5060;sk=1>;expires=30\r\n"
	    "Contact: \"B\" <sip:200@192.0.2.1>;expires=40\r\nExpires: 50\r\n\r\n";
	size_t refused = 0, taken = 0;

	for (size_t memory = 1; memory < 12000; memory += 7) {
		enum drop_reason why = DROP_REASONS;
		struct message m;

		if (!message_parse_within(&m, (const uint8_t *)text, sizeof(text) - 1, memory, &why)) {
			ck_assert_int_eq(why, DROP_MEMORY);
			ck_assert_uint_eq(taken, 0);
			refused++;
			continue;
		}
		taken++;
		ck_assert_uint_eq(m.contact_count, 2);
		is(m.contacts[0].expires, "30");
		is(m.contacts[1].expires, "40");
		is(m.contacts[0].uri_parameters, "sk=1");
		is(m.from_tag, "f1");
		is(m.via_branch, "z9hG4bKabc");
		ck_assert(m.via_rport);
		is(m.expires, "50");
		message_fini(&m);
	}
	ck_assert_uint_gt(refused, 100);
	ck_assert_uint_gt(taken, 100);
}
END_TEST

static const struct {
	const char *text, *printed;
} prints[] = {
	{ RESPONSE "X: y\r\n\r\nsecret body", "SIP/2.0 200 OK\nX: y\n[body: 11 bytes]\n" },
	{ RESPONSE "X: a\r\n\tb\x01\r\n\r\n", "SIP/2.0 200 OK\nX: a  b?\n" },
	{ "A\r\nAuthorization: Digest username=\"u\", response=\"0123\", nc=00000001, cnonce=\"c\"\r\n\r\n",
	    "A\nAuthorization: Digest username=\"u\", response=***, nc=00000001, cnonce=\"c\"\n" },
	{ "A\r\nproxy-authorization : digest realm=\"a, response=x\",\r\n Response = 0123 ,nc=1\r\n\r\n",
	    "A\nproxy-authorization: digest realm=\"a, response=x\",  Response=*** ,nc=1\n" },
	{ "A\r\nAuthorization: Digest response=\"01", "A\nAuthorization: ***\n" },
	{ "A\r\nAuthorization: Digest realm=\"x, response=\"0123\"\r\n", "A\nAuthorization: ***\n" },
	{ "A\r\nAuthorization: Basic dXNlcjpwYXNz\r\nB: c\r\n", "A\nAuthorization: ***\nB: c\n" },
	{ "A\r\nAuthorization: Basic\r\n dXNlcjpwYXNz\r\nB: c\r\n", "A\nAuthorization: ***\nB: c\n" },
	{ "A\nAuthorization: Digestive 0123\n", "A\nAuthorization: ***\n" },
	{ "A\r\nAuthorization: Digest\r\n", "A\nAuthorization: ***\n" },
	{ "A\r\nAuthentication-Info: rspauth=\"01\", qop=auth\r\n", "A\nAuthentication-Info: rspauth=***, qop=auth\n" },
	{ "A\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"n\"\r\n",
	    "A\nWWW-Authenticate: Digest realm=\"a\", nonce=\"n\"\n" },
	{ "\x80\x02garbage", "??garbage\n" },
};

START_TEST(B72_secrets_are_masked)
{
	struct strbuf out = { 0 };

	message_print(&out, (const uint8_t *)prints[_i].text, strlen(prints[_i].text));
	ck_assert_str_eq(out.data, prints[_i].printed);
	strbuf_fini(&out);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("message");
	TCase *t = tcase_create("message");

	tcase_add_test(t, a_request_in_all_its_parts);
	tcase_add_test(t, a_response_in_all_its_parts);
	tcase_add_test(t, compact_forms_folds_and_odd_blanks);
	tcase_add_test(t, contact_star);
	tcase_add_test(t, expires_are_text);
	tcase_add_loop_test(t, good_ones, 0, (int)UNIT_COUNT(good));
	tcase_add_loop_test(t, bad_ones, 0, (int)UNIT_COUNT(bad));
	tcase_add_test(t, nul_bytes_are_refused_in_headers_only);
	tcase_add_test(t, every_prefix_is_refused);
	tcase_add_loop_test(t, limits_are_quick, 0, (int)UNIT_COUNT(sizes));
	tcase_add_test(t, oversized_ones_are_counted_as_such);
	tcase_add_test(t, no_header_is_lost_when_memory_is_short);
	tcase_add_loop_test(t, B72_secrets_are_masked, 0, (int)UNIT_COUNT(prints));
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
