/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/serverspec.h"
#include "unit.h"

#define LABEL_63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"
#define NAME_251 LABEL_63 "." LABEL_63 "." LABEL_63 ".abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvw"

/* B1, B2: what is taken, and as what: the domain, then each serverspec as "name", "address", with its port. */
static const struct {
	const char *text;
	const char *meaning;
} taken[] = {
	/* The domain alone is serverspec 1 too. */
	{ "example.com", "example.com|example.com" },
	{ "  Example.COM.  ", "example.com|example.com" },
	{ "example.com:5080", "example.com|example.com:5080" },
	{ "192.0.2.1", "192.0.2.1|192.0.2.1" },
	{ "192.0.2.1:5080", "192.0.2.1|192.0.2.1:5080" },
	{ "2001:db8::1", "[2001:db8::1]|[2001:db8::1]" },
	{ "[2001:DB8:0::1]", "[2001:db8::1]|[2001:db8::1]" },
	{ "[2001:db8::1]:5080", "[2001:db8::1]|[2001:db8::1]:5080" },
	{ "pbx", "pbx|pbx" },
	{ "_sip.x-y.example", "_sip.x-y.example|_sip.x-y.example" },
	{ "3com.example", "3com.example|3com.example" },
	{ "1.2.3.4.example", "1.2.3.4.example|1.2.3.4.example" },
	/* With serverspecs the domain is for the URI only. */
	{ "example.com;a.example.com", "example.com|a.example.com" },
	{ "example.com; 10.0.0.1; 10.0.0.2", "example.com|10.0.0.1|10.0.0.2" },
	{ "\texample.com ;\t10.0.0.1\t; b.example.com:5062 ", "example.com|10.0.0.1|b.example.com:5062" },
	{ "2001:db8::9; 2001:db8::1; [2001:db8::2]; [2001:db8::3]:65535; 2001:db8::1:5060",
	    "[2001:db8::9]|[2001:db8::1]|[2001:db8::2]|[2001:db8::3]:65535|[2001:db8::1:5060]" },
	{ "d.example; a; b:1; c; d", "d.example|a|b:1|c|d" },
	{ "d.example; a; a", "d.example|a|a" },		/* B7 sorts that out */
	{ LABEL_63 ".example", LABEL_63 ".example|" LABEL_63 ".example" },
	{ NAME_251 ".a.", NAME_251 ".a|" NAME_251 ".a" },
};

static void
describe(struct strbuf *b, const struct serverfield *field)
{
	strbuf_append(b, field->domain);
	for (size_t i = 0; i < field->count; i++) {
		const struct serverspec *spec = &field->specs[i];
		char text[ADDRESS_TEXT_SIZE];
		bool name = spec->address.family == ADDRESS_NONE;

		ck_assert_uint_eq(spec->address.port, 0);
		ck_assert(name == (spec->name[0] != '\0'));
		strbuf_printf(b, "|%s", name ? spec->name : address_str(&spec->address, text));
		if (spec->port != 0)
			strbuf_printf(b, ":%u", (unsigned)spec->port);
	}
}

START_TEST(test_b1_b2_taken)
{
	struct serverfield field;
	struct strbuf b = { 0 };
	char error[160] = "";

	ck_assert_msg(serverfield_parse(&field, taken[_i].text, error), "\"%s\": %s", taken[_i].text, error);
	describe(&b, &field);
	ck_assert_str_eq(b.data, taken[_i].meaning);
	strbuf_fini(&b);
}
END_TEST

/* B2: what is refused, and in which words. */
static const struct {
	const char *text;
	const char *error;
} refused[] = {
	{ "", "domain: there is nothing between the semicolons" },
	{ "  ", "domain: there is nothing between the semicolons" },
	{ ";a", "domain: there is nothing between the semicolons" },
	{ "example.com;", "serverspec 1: there is nothing between the semicolons" },
	{ "example.com; a; ;b", "serverspec 2: there is nothing between the semicolons" },
	{ "example.com;a;b;c;d;", "serverspec 5: there can be 4 at most" },
	{ "example.com;a;b;c;d;e", "serverspec 5: there can be 4 at most" },
	{ "example.com;a;b;c;d;e;f;g", "serverspec 5: there can be 4 at most" },
	{ "example.com:5060; a", "domain: a port goes with a serverspec, not with the domain before it" },
	{ "[2001:db8::1]:5060; a", "domain: a port goes with a serverspec, not with the domain before it" },
	/* ports */
	{ "example.com; a:70000", "serverspec 1: port 70000 is not 1..65535" },
	{ "example.com; a; 10.0.0.1:0", "serverspec 2: port 0 is not 1..65535" },
	{ "example.com; a; b; [::1]:65536", "serverspec 3: port 65536 is not 1..65535" },
	{ "example.com:sip", "domain: port sip is not 1..65535" },
	{ "example.com:-1", "domain: port -1 is not 1..65535" },
	{ "example.com:+5060", "domain: port +5060 is not 1..65535" },
	{ "example.com: 5060", "domain: port  5060 is not 1..65535" },
	{ "example.com:0x50", "domain: port 0x50 is not 1..65535" },
	{ "example.com:99999999999999999999999", "domain: port 99999999999999999999999 is not 1..65535" },
	{ "example.com:", "domain: there is no port behind the colon" },
	{ "[::1]:", "domain: there is no port behind the colon" },
	/* names that are no names */
	{ "exa mple", "domain: \"exa mple\" is no host name and no IP address" },
	{ "example.com; a; b; a..b", "serverspec 3: \"a..b\" is no host name and no IP address" },
	{ "-", "domain: \"-\" is no host name and no IP address" },
	{ "-a.example", "domain: \"-a.example\" is no host name and no IP address" },
	{ "a-.example", "domain: \"a-.example\" is no host name and no IP address" },
	{ ".", "domain: \".\" is no host name and no IP address" },
	{ ".a", "domain: \".a\" is no host name and no IP address" },
	{ "a..", "domain: \"a..\" is no host name and no IP address" },
	{ "1.2.3", "domain: \"1.2.3\" is no host name and no IP address" },
	{ "1.2.3.4.5", "domain: \"1.2.3.4.5\" is no host name and no IP address" },
	{ "256.1.1.1", "domain: \"256.1.1.1\" is no host name and no IP address" },
	{ "192.0.2.1.", "domain: \"192.0.2.1.\" is no host name and no IP address" },
	{ "5060", "domain: \"5060\" is no host name and no IP address" },
	{ "sip:example.com", "domain: port example.com is not 1..65535" },
	{ "a@b", "domain: \"a@b\" is no host name and no IP address" },
	{ "a,b", "domain: \"a,b\" is no host name and no IP address" },
	{ "b\xc3\xbc" "cher.example", "domain: \"b\xc3\xbc" "cher.example\" is no host name and no IP address" },
	{ ":5060", "domain: \":5060\" is no host name and no IP address" },
	{ LABEL_63 "x", "domain: \"abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwx\" is no host name"
	    " and no IP address" },
	{ NAME_251 ".ab", "domain: \"abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwx\" is no host name"
	    " and no IP address" },
	/* addresses that are none */
	{ "[::1", "domain: \"[::1\" is no host name and no IP address" },
	{ "[::1]5060", "domain: \"[::1]5060\" is no host name and no IP address" },
	{ "[]", "domain: \"[]\" is no IPv6 address" },
	{ "[192.0.2.1]", "domain: \"[192.0.2.1]\" is no IPv6 address" },
	{ "[example.com]:5060", "domain: \"[example.com]:5060\" is no IPv6 address" },
	{ "[[::1]]", "domain: \"[[::1]]\" is no host name and no IP address" },
	{ "1::2::3", "domain: \"1::2::3\" is no IPv6 address" },
	/* of one link: no place for the interface */
	{ "fe80::1%eth0", "domain: \"fe80::1%eth0\" is of one link only, and which one cannot be said;"
	    " use another address" },
	{ "example.com; fe80::1", "serverspec 1: \"fe80::1\" is of one link only, and which one cannot be said;"
	    " use another address" },
	{ "example.com; ::1; [febf::1]:5060", "serverspec 2: \"[febf::1]:5060\" is of one link only, and which one"
	    " cannot be said; use another address" },
	{ "192.0.2.1:5060:1", "domain: \"192.0.2.1:5060:1\" is no IPv6 address" },
	{ "2001:db8:::5060", "domain: \"2001:db8:::5060\" is no IPv6 address" },
};

START_TEST(test_b2_refused)
{
	struct serverfield field, before;
	char error[160] = "";

	memset(&field, 0x5a, sizeof(field));
	before = field;
	ck_assert_msg(!serverfield_parse(&field, refused[_i].text, error), "\"%s\"", refused[_i].text);
	ck_assert_str_eq(error, refused[_i].error);
	ck_assert_mem_eq(&field, &before, sizeof(field));
}
END_TEST

/* The words of the error never leave their room. */
START_TEST(test_b2_long_junk)
{
	struct serverfield field;
	char error[160], text[5000];

	memset(text, '%', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ck_assert(!serverfield_parse(&field, text, error));
	ck_assert_uint_lt(strlen(error), sizeof(error));
	memcpy(text, "a:", 2);
	ck_assert(!serverfield_parse(&field, text, error));
	ck_assert_uint_lt(strlen(error), sizeof(error));
}
END_TEST

/* B7: what may be the target of an SRV record. */
START_TEST(test_b7_hostname)
{
	static const char *const good[] = { "a", "a.b", "A-b_c.example", "1a", "1.2.3.4.in-addr.arpa", LABEL_63 };
	static const char *const bad[] = { "", ".", "a.", "a b", "a\n", "a;b", "-a", "a-", "10.0.0.1", "1", "a\xff",
	    "::1", LABEL_63 "x", "a." LABEL_63 "x" };

	for (size_t i = 0; i < UNIT_COUNT(good); i++)
		ck_assert_msg(hostname_valid(good[i]), "\"%s\"", good[i]);
	for (size_t i = 0; i < UNIT_COUNT(bad); i++)
		ck_assert_msg(!hostname_valid(bad[i]), "\"%s\"", bad[i]);
}
END_TEST

START_TEST(test_equal)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} pairs[] = {
		{ "example.com", " EXAMPLE.com. ", true },
		{ "example.com", "example.com; example.com", true },
		{ "example.com; ::1", "example.com; [0::1]", true },
		{ "example.com", "example.com:5060", false },	/* B4: the port decides on SRV */
		{ "example.com; a", "example.com; b", false },
		{ "example.com; a", "example.com; a; b", false },
		{ "example.com; a; b", "example.com; b; a", false },
		{ "example.com; a", "example.net; a", false },
		{ "example.com; 10.0.0.1", "example.com; 10.0.0.2", false },
	};
	struct serverfield a, b;
	char error[160];

	for (size_t i = 0; i < UNIT_COUNT(pairs); i++) {
		ck_assert(serverfield_parse(&a, pairs[i].a, error) && serverfield_parse(&b, pairs[i].b, error));
		ck_assert_msg(serverfield_equal(&a, &b) == pairs[i].equal, "\"%s\", \"%s\"", pairs[i].a, pairs[i].b);
	}
}
END_TEST

static Suite *
serverspec_suite(void)
{
	Suite *suite = suite_create("serverspec");
	TCase *tc = tcase_create("serverspec");

	tcase_add_loop_test(tc, test_b1_b2_taken, 0, (int)UNIT_COUNT(taken));
	tcase_add_loop_test(tc, test_b2_refused, 0, (int)UNIT_COUNT(refused));
	tcase_add_test(tc, test_b2_long_junk);
	tcase_add_test(tc, test_b7_hostname);
	tcase_add_test(tc, test_equal);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(serverspec_suite)
