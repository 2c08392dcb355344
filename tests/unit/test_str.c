/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "unit.h"

START_TEST(test_spans)
{
	char *copy;

	ck_assert(!span_there(span_of(NULL)));
	ck_assert(span_there(span_of("")));
	ck_assert(span_equal(span_of("Abc"), "Abc"));
	ck_assert(!span_equal(span_of("Abc"), "abc"));
	ck_assert(!span_equal(span_of("Abc"), "Ab"));
	ck_assert(!span_equal(span_of(NULL), ""));
	ck_assert(span_equal_nocase(span_of("aBC-1"), "Abc-1"));
	ck_assert(!span_equal_nocase(span_of("abc"), "abcd"));
	ck_assert(!span_equal_nocase(span_of("["), "{"));	/* differ by the case bit only */
	ck_assert(str_equal_nocase("Contact", "cONTACT"));
	ck_assert(span_equal(span_trim(span_of(" \t\r\n a b \n")), "a b"));
	ck_assert(span_equal(span_trim(span_of(" \t ")), ""));
	ck_assert(!span_there(span_trim(span_of(NULL))));
	copy = span_dup((struct span){ .at = "abcdef", .len = 3 });
	ck_assert_str_eq(copy, "abc");
	free(copy);
}
END_TEST

static const struct {
	const char *text;
	uint64_t max;
	bool good;
	uint64_t value;
} numbers[] = {
	{ "0", 0, true, 0 },
	{ "5060", 65535, true, 5060 },
	{ "65535", 65535, true, 65535 },
	{ "65536", 65535, false, 0 },
	{ "0005060", 65535, true, 5060 },
	{ "9", 5, false, 0 },
	{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
	{ "18446744073709551616", UINT64_MAX, false, 0 },
	{ "99999999999999999999", UINT64_MAX, false, 0 },
	{ "000000000000000000001", UINT64_MAX, false, 0 },	/* 21 digits */
	{ "4294967301", UINT32_MAX, false, 0 },
	{ "", 9, false, 0 },
	{ "-3", 9, false, 0 },
	{ "+3", 9, false, 0 },
	{ " 3", 9, false, 0 },
	{ "3 ", 9, false, 0 },
	{ "5abc", 9, false, 0 },
	{ "0x5", 9, false, 0 },
};

START_TEST(test_number)
{
	uint64_t value = 77;
	bool good = span_number(span_of(numbers[_i].text), numbers[_i].max, &value);

	ck_assert_msg(good == numbers[_i].good, "\"%s\"", numbers[_i].text);
	ck_assert_uint_eq(value, good ? numbers[_i].value : 77);
}
END_TEST

static const struct {
	const char *text;
	bool good;
	int64_t ms;
} durations[] = {
	{ "500ms", true, 500 },
	{ "0s", true, 0 },
	{ "25 s", true, 25000 },
	{ " 5m ", true, 300000 },
	{ "2h", true, 7200000 },
	{ "8784h", true, INT64_C(31622400000) },	/* 366 days */
	{ "8785h", false, 0 },
	{ "31622400000ms", true, INT64_C(31622400000) },
	{ "31622400001ms", false, 0 },
	{ "99999999999999999999h", false, 0 },
	{ "5", false, 0 },
	{ "", false, 0 },
	{ "s", false, 0 },
	{ "5S", false, 0 },
	{ "5 d", false, 0 },
	{ "-5s", false, 0 },
	{ "1.5s", false, 0 },
	{ "5 s x", false, 0 },
};

START_TEST(test_duration)
{
	int64_t ms = -1;
	bool good = span_duration_ms(span_of(durations[_i].text), &ms);

	ck_assert_msg(good == durations[_i].good, "\"%s\"", durations[_i].text);
	ck_assert_int_eq(ms, good ? durations[_i].ms : -1);
}
END_TEST

START_TEST(test_strbuf)
{
	struct strbuf b = { 0 };
	char expected[4096] = "";

	strbuf_append_span(&b, (struct span){ 0 });
	ck_assert_str_eq(b.data, "");
	for (int i = 0; i < 200; i++) {
		char number[16];

		snprintf(number, sizeof(number), "%d,", i);
		strcat(expected, number);
		strbuf_printf(&b, "%d%s", i, ",");
	}
	strbuf_append(&b, "end");
	strbuf_append_n(&b, "xyz", 1);
	strcat(expected, "endx");
	ck_assert(!b.failed);
	ck_assert_uint_eq(b.len, strlen(expected));
	ck_assert_str_eq(b.data, expected);
	strbuf_clear(&b);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_str_eq(b.data, "");
	strbuf_fini(&b);
	ck_assert_ptr_null(b.data);
}
END_TEST

/* What just fits and what just does not: the edges of each growth. */
START_TEST(test_strbuf_edges)
{
	for (size_t first = 120; first < 136; first++) {
		struct strbuf b = { 0 };
		char text[160];

		memset(text, 'a', sizeof(text));
		strbuf_append_n(&b, text, first);
		strbuf_printf(&b, "%s", "");
		strbuf_append(&b, "b");
		ck_assert_uint_eq(b.len, first + 1);
		ck_assert_uint_eq(strlen(b.data), first + 1);
		ck_assert(b.cap > b.len);
		strbuf_fini(&b);
	}
}
END_TEST

START_TEST(test_strbuf_failed)
{
	struct strbuf b = { 0 };

	strbuf_append(&b, "abc");
	strbuf_append_n(&b, "", SIZE_MAX / 2);	/* no machine has that */
	ck_assert(b.failed);
	strbuf_append(&b, "def");
	strbuf_printf(&b, "%d", 1);
	ck_assert(b.failed);
	ck_assert_str_eq(b.data, "abc");
	strbuf_clear(&b);
	ck_assert(!b.failed);
	strbuf_append(&b, "def");
	ck_assert_str_eq(b.data, "def");
	strbuf_fini(&b);
}
END_TEST

static const struct {
	const char *text;
	bool good;
} utf8[] = {
	{ "", true },
	{ "J\303\274rgen \342\202\254 \360\237\223\236", true },
	{ "\302\240", true },
	{ "\355\237\277\356\200\200\364\217\277\277", true },
	{ "a\tb", false },
	{ "\177", false },
	{ "\302\205", false },			/* C1 */
	{ "\233", false },			/* C1 in one byte */
	{ "\344b", false },			/* Latin-1 */
	{ "\303", false },			/* cut off */
	{ "\342\202", false },
	{ "\300\200", false },			/* overlong */
	{ "\340\237\277", false },
	{ "\360\217\277\277", false },
	{ "\355\240\200", false },		/* surrogate */
	{ "\364\220\200\200", false },		/* over U+10FFFF */
	{ "\365\200\200\200", false },
};

START_TEST(test_utf8_clean)
{
	ck_assert_msg(str_utf8_clean(utf8[_i].text) == utf8[_i].good, "%d", _i);
}
END_TEST

static const struct {
	const char *dirty, *clean;
} cleaned[] = {
	{ "", "" },
	{ "plain J\303\274rgen", "plain J\303\274rgen" },
	{ "a\r\nb\tc\033[2J\177", "a??b?c?[2J?" },
	{ "\302\233x", "?x" },			/* C1: one '?' */
	{ "\233x\344\303", "?x??" },		/* no UTF-8: one for each byte */
};

START_TEST(test_clean)
{
	struct strbuf b = { 0 };

	strbuf_append(&b, "\n");
	strbuf_append_clean(&b, cleaned[_i].dirty, strlen(cleaned[_i].dirty));
	ck_assert_str_eq(b.data + 1, cleaned[_i].clean);
	ck_assert_uint_eq(b.len, strlen(b.data));
	ck_assert_int_eq(b.data[0], '\n');
	strbuf_fini(&b);
}
END_TEST

START_TEST(test_quoted)
{
	struct strbuf b = { 0 };

	strbuf_append_quoted(&b, "a \"b\" \\ \r\n\303\274");
	ck_assert_str_eq(b.data, "\"a \\\"b\\\" \\\\ \303\274\"");
	strbuf_fini(&b);
}
END_TEST

static Suite *
str_suite(void)
{
	Suite *suite = suite_create("str");
	TCase *tc = tcase_create("str");

	tcase_add_test(tc, test_spans);
	tcase_add_loop_test(tc, test_number, 0, (int)UNIT_COUNT(numbers));
	tcase_add_loop_test(tc, test_duration, 0, (int)UNIT_COUNT(durations));
	tcase_add_test(tc, test_strbuf);
	tcase_add_loop_test(tc, test_utf8_clean, 0, (int)UNIT_COUNT(utf8));
	tcase_add_loop_test(tc, test_clean, 0, (int)UNIT_COUNT(cleaned));
	tcase_add_test(tc, test_quoted);
	tcase_add_test(tc, test_strbuf_edges);
	tcase_add_test(tc, test_strbuf_failed);
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(str_suite)
