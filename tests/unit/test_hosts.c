/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "core/hosts.h"

/* B8: what a hosts file says of "pbx.example.com", as addresses in its order. */
static const struct {
	const char *text;
	const char *found;
} cases[] = {
	{ "", "" },
	{ "\n\n", "" },
	{ "192.0.2.1 pbx.example.com", "192.0.2.1" },
	{ "192.0.2.1\tpbx.example.com\n", "192.0.2.1" },
	{ "  192.0.2.1 \t other  PBX.Example.COM  \r\n", "192.0.2.1" },
	{ "192.0.2.1 pbx\n192.0.2.2 pbx.example.com.au\n", "" },
	{ "#192.0.2.1 pbx.example.com\n", "" },
	{ "192.0.2.1 other # pbx.example.com\n", "" },
	{ "192.0.2.1 pbx.example.com# said here\n", "192.0.2.1" },
	{ "2001:db8::1 pbx.example.com\n192.0.2.1 x pbx.example.com y\n", "2001:db8::1 192.0.2.1" },
	{ "192.0.2.1 pbx.example.com\n192.0.2.1 pbx.example.com\n192.0.2.2 pbx.example.com", "192.0.2.1 192.0.2.2" },
	{ "192.0.2.1:5060 pbx.example.com\n", "" },
	{ "192.0.2.1:0 pbx.example.com\n", "" },
	{ "[2001:db8::1] pbx.example.com\n", "" },
	{ "fe80::1%eth0 pbx.example.com\n", "" },
	{ "192.0.2 pbx.example.com\n192.0.2.300 pbx.example.com\n", "" },
	{ "pbx.example.com 192.0.2.1\n", "" },
	{ "192.0.2.1\n", "" },
	{ "pbx.example.com pbx.example.com\n", "" },
	{ "0000000000000000000000000000000000000000000000000000000000000000000001 pbx.example.com\n", "" },
};

START_TEST(finds)
{
	struct address to[HOSTS_ADDRESSES_MAX];
	size_t count = hosts_find(span_of(cases[_i].text), "pbx.example.com", to);
	char found[1024] = "", text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_eq(to[i].port, 0);
		if (i > 0)
			strcat(found, " ");
		strcat(found, address_ip_str(&to[i], text));
	}
	ck_assert_str_eq(found, cases[_i].found);
}
END_TEST

START_TEST(is_bounded)
{
	struct strbuf file = { 0 };
	struct address to[HOSTS_ADDRESSES_MAX];

	for (unsigned i = 0; i < 1000; i++)
		strbuf_printf(&file, "10.0.%u.%u pbx\n", i / 250, i % 250 + 1);
	ck_assert(!file.failed);
	ck_assert_uint_eq(hosts_find((struct span){ file.data, file.len }, "pbx", to), HOSTS_ADDRESSES_MAX);
	strbuf_fini(&file);
}
END_TEST

START_TEST(binary_is_passed_over)
{
	static const char file[] = "192.0.2.1\0 pbx\n\0\0\n192.0.2.2 \0 pbx\n";
	struct address to[HOSTS_ADDRESSES_MAX];

	ck_assert_uint_eq(hosts_find((struct span){ file, sizeof(file) - 1 }, "pbx", to), 1);
	ck_assert_uint_eq(to[0].ip[3], 2);
}
END_TEST

static Suite *
hosts_suite(void)
{
	Suite *suite = suite_create("hosts");
	TCase *tcase = tcase_create("B8");

	tcase_add_loop_test(tcase, finds, 0, UNIT_COUNT(cases));
	tcase_add_test(tcase, is_bounded);
	tcase_add_test(tcase, binary_is_passed_over);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(hosts_suite)
