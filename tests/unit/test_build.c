/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "config.h"
#include "sip/build.h"
#include "unit.h"

#define BRANCH "z9hG4bK0123"
#define IDS "Call-ID: cafe\r\nCSeq: 3 OPTIONS\r\n"
#define PARTIES "From: <sip:a@b>;tag=f\r\nTo: <sip:c@d>\r\n"
#define VIA "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx"

static struct address
address(const char *text)
{
	struct address a;

	ck_assert(address_parse(&a, text));
	return a;
}

static void
has(const struct strbuf *text, const char *part)
{
	if (strstr(text->data, part) == NULL)
		ck_abort_msg("%s is not in %s", part, text->data);
}

static void
has_not(const struct strbuf *text, const char *part)
{
	if (strstr(text->data, part) != NULL)
		ck_abort_msg("%s is in %s", part, text->data);
}

/* What we write, we would read. */
static void
reads_back(const struct strbuf *text, struct message *m)
{
	enum drop_reason why = DROP_REASONS;

	ck_assert(!text->failed);
	if (!message_parse(m, (const uint8_t *)text->data, text->len, &why))
		ck_abort_msg("refused: %s", text->data);
}

static struct build_register
registration(void)
{
	return (struct build_register){
		.transport = SIP_UDP,
		.local = address("192.0.2.9:5060"),
		.branch = BRANCH,
		.user = "100",
		.domain = "example.com",
		.call_id = "cafe",
		.from_tag = "f00",
		.cseq = 4294967,
		.contact = "sip:100@192.0.2.9:5060;sk=1",
		.expires_s = 300,
	};
}

START_TEST(a_register)
{
	struct build_register r = registration();
	struct strbuf text = { 0 };
	struct message m;

	r.authorization = "Authorization: Digest x\r\n";
	build_register(&text, &r);
	ck_assert_str_eq(text.data,
	    "REGISTER sip:example.com SIP/2.0\r\n"
	    "Via: SIP/2.0/UDP 192.0.2.9:5060;rport;branch=" BRANCH "\r\n"
	    "Max-Forwards: 70\r\n"
	    "From: <sip:100@example.com>;tag=f00\r\n"
	    "To: <sip:100@example.com>\r\n"
	    "Call-ID: cafe\r\n"
	    "CSeq: 4294967 REGISTER\r\n"
	    "Contact: <sip:100@192.0.2.9:5060;sk=1>\r\n"
	    "Expires: 300\r\n"
	    "Authorization: Digest x\r\n"
	    "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY\r\n"
	    "User-Agent: sipkeepd/" PACKAGE_VERSION "\r\n"
	    "Content-Length: 0\r\n\r\n");
	reads_back(&text, &m);
	message_fini(&m);
	strbuf_fini(&text);
}
END_TEST

START_TEST(names_are_escaped)
{
	struct build_register r = registration();
	struct strbuf text = { 0 };
	struct message m;

	r.user = "a b@c:%d\303\244-_.!~*'()&=+$,;?/\r\n>";
	r.domain = "[2001:db8::5]";
	r.display_name = "The \"big\" \\ one\r\nX: y";
	r.local = address("[2001:db8::9]:5062");
	build_register(&text, &r);
	has(&text, "From: \"The \\\"big\\\" \\\\ oneX: y\" "
	    "<sip:a%20b%40c%3A%25d%C3%A4-_.!~*'()&=+$,;?/%0D%0A%3E@[2001:db8::5]>;tag=");
	has(&text, "REGISTER sip:[2001:db8::5] SIP/2.0\r\nVia: SIP/2.0/UDP [2001:db8::9]:5062;");
	reads_back(&text, &m);
	message_fini(&m);
	build_aor(&text, "a@b", "example.com");
	ck_assert_str_eq(text.data, "sip:a%40b@example.com");
	strbuf_fini(&text);
}
END_TEST

/* B38: a question stores nothing; B62: the new one in, the old one out; an unregister. */
START_TEST(B38_B62_contacts)
{
	struct build_register r = registration();
	struct strbuf text = { 0 };
	struct message m;

	r.old_contact = "sip:100@192.0.2.8:5060;sk=1";
	build_register(&text, &r);
	has(&text, "\r\nContact: <sip:100@192.0.2.8:5060;sk=1>;expires=0\r\n"
	    "Contact: <sip:100@192.0.2.9:5060;sk=1>;expires=300\r\nExpires: 300\r\n");
	reads_back(&text, &m);
	ck_assert_uint_eq(m.contact_count, 2);
	message_fini(&m);

	r.old_contact = NULL;
	r.expires_s = 0;
	build_register(&text, &r);
	has(&text, "\r\nContact: <sip:100@192.0.2.9:5060;sk=1>\r\nExpires: 0\r\n");

	r.contact = NULL;
	build_register(&text, &r);
	has_not(&text, "Contact");
	has_not(&text, "Expires");
	strbuf_fini(&text);
}
END_TEST

START_TEST(an_options)
{
	struct build_options o = {
		.transport = SIP_UDP,
		.local = address("[2001:db8::9]:5060"),
		.to = { SIP_UDP, address("[2001:db8::1]:5070") },
		.branch = BRANCH,
		.call_id = "cafe",
		.from_tag = "f00",
		.cseq = 1,
	};
	struct strbuf text = { 0 };
	struct message m;

	build_options(&text, &o);
	ck_assert_str_eq(text.data,
	    "OPTIONS sip:[2001:db8::1]:5070 SIP/2.0\r\n"
	    "Via: SIP/2.0/UDP [2001:db8::9]:5060;rport;branch=" BRANCH "\r\n"
	    "Max-Forwards: 70\r\n"
	    "From: <sip:sipkeepd@[2001:db8::9]>;tag=f00\r\n"
	    "To: <sip:[2001:db8::1]:5070>\r\n"
	    "Call-ID: cafe\r\n"
	    "CSeq: 1 OPTIONS\r\n"
	    "Accept: application/sdp\r\n"
	    "User-Agent: sipkeepd/" PACKAGE_VERSION "\r\n"
	    "Content-Length: 0\r\n\r\n");
	reads_back(&text, &m);
	message_fini(&m);
	strbuf_fini(&text);
}
END_TEST

/* The top Via of a request, the address it came from, and what stands in the answer; where that goes. */
static const struct {
	const char *via, *source, *answered, *destination;
} vias[] = {
	{ VIA "\r\n", "192.0.2.1:5060", VIA "\r\n", "192.0.2.1:5060" },
	{ VIA "\r\n", "192.0.2.1:9999", VIA "\r\n", "192.0.2.1:5060" },
	{ VIA "\r\n", "192.0.2.2:9999", VIA ";received=192.0.2.2\r\n", "192.0.2.2:5060" },
	{ VIA ";rport\r\n", "192.0.2.1:9999", VIA ";rport=9999;received=192.0.2.1\r\n", "192.0.2.1:9999" },
	{ "v: SIP/2.0/UDP 192.0.2.1:5060 ;rport=1;received=1.2.3.4;\r\n branch=z9hG4bKx;x=\"a;b,c\"\r\n",
	    "192.0.2.1:9999",
	    VIA ";x=\"a;b,c\";rport=9999;received=192.0.2.1\r\n", "192.0.2.1:9999" },
	{ "Via: SIP/2.0/UDP host.example;branch=b\r\n", "192.0.2.1:9999",
	    "Via: SIP/2.0/UDP host.example;branch=b;received=192.0.2.1\r\n", "192.0.2.1:5060" },
	{ "Via: SIP/2.0/UDP [2001:db8::1]:5070;branch=b\r\n", "[2001:db8::1]:9999",
	    "Via: SIP/2.0/UDP [2001:db8::1]:5070;branch=b\r\n", "[2001:db8::1]:5070" },
	{ "Via: SIP/2.0/UDP a;branch=b, SIP/2.0/TCP c;branch=d\r\nX: y\r\nv: SIP/2.0/UDP e;rport\r\n", "192.0.2.1:9999",
	    "Via: SIP/2.0/UDP a;branch=b;received=192.0.2.1\r\nVia: SIP/2.0/TCP c;branch=d\r\n"
	    "v: SIP/2.0/UDP e;rport\r\n",
	    "192.0.2.1:5060" },
};

START_TEST(answers_go_where_via_says)
{
	struct address source = address(vias[_i].source), to;
	struct strbuf request = { 0 }, text = { 0 };
	char where[ADDRESS_TEXT_SIZE];
	struct message m, back;

	strbuf_printf(&request, "OPTIONS sip:100@192.0.2.9 SIP/2.0\r\n%s" PARTIES IDS "\r\n", vias[_i].via);
	reads_back(&request, &m);
	build_answer(&text, &m, &source, 200, "OK", "t00", "Allow: OPTIONS\r\n");
	has(&text, vias[_i].answered);
	ck_assert_int_eq(strncmp(text.data, "SIP/2.0 200 OK\r\nVia: ", 21), 0);
	has(&text, "\r\nFrom: <sip:a@b>;tag=f\r\nTo: <sip:c@d>;tag=t00\r\n" IDS "Allow: OPTIONS\r\nServer: sipkeepd/");
	has(&text, "\r\nContent-Length: 0\r\n\r\n");
	reads_back(&text, &back);
	to = build_answer_destination(&m, &source);
	ck_assert_str_eq(address_str(&to, where), vias[_i].destination);
	message_fini(&back);
	message_fini(&m);
	strbuf_fini(&text);
	strbuf_fini(&request);
}
END_TEST

START_TEST(a_tag_is_added_once_and_not_to_100)
{
	static const char with[] = "BYE sip:x@y SIP/2.0\r\n" VIA "\r\nFrom: <sip:a@b>\r\nTo: <sip:c@d>;tag=old\r\n"
	    "Call-ID: 1\r\nCSeq: 3 BYE\r\n\r\n";
	static const char without[] = "OPTIONS sip:x@y SIP/2.0\r\n" VIA "\r\n" PARTIES IDS "\r\n";
	struct address source = address("192.0.2.1:5060");
	struct strbuf text = { 0 };
	enum drop_reason why;
	struct message m;

	ck_assert(message_parse(&m, (const uint8_t *)with, sizeof(with) - 1, &why));
	build_answer(&text, &m, &source, 481, "None such", "new", NULL);
	has(&text, "To: <sip:c@d>;tag=old\r\n");
	has_not(&text, "new");
	message_fini(&m);
	ck_assert(message_parse(&m, (const uint8_t *)without, sizeof(without) - 1, &why));
	build_answer(&text, &m, &source, 100, "Trying", "new", NULL);
	has(&text, "To: <sip:c@d>\r\n");
	build_answer(&text, &m, &source, 200, "OK", NULL, NULL);
	has(&text, "To: <sip:c@d>\r\n");
	message_fini(&m);
	strbuf_fini(&text);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("build");
	TCase *t = tcase_create("build");

	tcase_add_test(t, a_register);
	tcase_add_test(t, names_are_escaped);
	tcase_add_test(t, B38_B62_contacts);
	tcase_add_test(t, an_options);
	tcase_add_loop_test(t, answers_go_where_via_says, 0, (int)UNIT_COUNT(vias));
	tcase_add_test(t, a_tag_is_added_once_and_not_to_100);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
