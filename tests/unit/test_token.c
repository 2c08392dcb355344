/* SPDX-License-Identifier: ISC */
/* B40: the same texts and key give the same token after every restart; nobody without the key makes one. */
#include <stdio.h>
#include <string.h>

#include "sip/token.h"
#include "unit.h"

#define KEY "0123456789abcdef"

/* MD5(key "\n" MD5(key "\n" first "\n" second)), the first 16 digits: bindings out there bear them. */
static const struct {
	const char *key, *first, *second, *token;
} vectors[] = {
	{ KEY, "sip:alice@example.com", "udp:192.0.2.1:5060", "5153289371406d83" },
	{ KEY, "sip:alice@example.com", "udp:192.0.2.2:5060", "77b385222c1c66ce" },
	{ KEY, "sip:bob@example.com", "udp:[2001:db8::1]:5060", "96aa603edbdcf4db" },
	{ "", "", "", "24d2a29bc5ab3f8e" },
	{ "another key", "a", "b", "e150c260c3cc34bf" },
};

static const char *
token_of(const char *key, const char *first, const char *second)
{
	static char tokens[2][SIP_TOKEN_SIZE];
	static unsigned next;
	char *token = tokens[next++ % 2];

	memset(token, 'x', SIP_TOKEN_SIZE);
	token_keyed(token, key, first, second);
	ck_assert_uint_eq(strlen(token), SIP_TOKEN_SIZE - 1);
	ck_assert_uint_eq(strspn(token, "0123456789abcdef"), SIP_TOKEN_SIZE - 1);
	return token;
}

START_TEST(stable)
{
	ck_assert_str_eq(token_of(vectors[_i].key, vectors[_i].first, vectors[_i].second), vectors[_i].token);
}
END_TEST

/* Pairs that must not meet. */
static const struct {
	const char *key[2], *first[2], *second[2];
} pairs[] = {
	{ { KEY, "0123456789abcdeg" }, { "a", "a" }, { "b", "b" } },
	{ { KEY, KEY }, { "a", "c" }, { "b", "b" } },
	{ { KEY, KEY }, { "a", "a" }, { "b", "c" } },
	{ { KEY, KEY }, { "a", "b" }, { "b", "a" } },
	{ { KEY, KEY }, { "ab", "a" }, { "c", "bc" } },
	{ { KEY, KEY }, { "ab", "" }, { "", "ab" } },
	{ { KEY, "0123456789abcde" }, { "a", "fa" }, { "b", "b" } },
	{ { KEY, KEY }, { "a", "A" }, { "b", "b" } },
	{ { KEY, KEY }, { "a", "a " }, { "b", "b" } },
};

START_TEST(different)
{
	ck_assert_str_ne(token_of(pairs[_i].key[0], pairs[_i].first[0], pairs[_i].second[0]),
	    token_of(pairs[_i].key[1], pairs[_i].first[1], pairs[_i].second[1]));
}
END_TEST

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

START_TEST(no_two_of_many_meet)
{
	static char tokens[4000][SIP_TOKEN_SIZE];
	size_t count = 0;

	for (int account = 0; account < 1000; account++)
		for (int server = 0; server < 4; server++) {
			char first[64], second[64];

			snprintf(first, sizeof(first), "sip:%d@example.com", account);
			snprintf(second, sizeof(second), "udp:192.0.2.%d:5060", server);
			token_keyed(tokens[count++], KEY, first, second);
		}
	qsort(tokens, count, sizeof(tokens[0]), compare);
	for (size_t i = 1; i < count; i++)
		ck_assert_str_ne(tokens[i - 1], tokens[i]);
}
END_TEST

/* Texts of any length are taken; what is beyond the bound does not count. */
START_TEST(long_texts)
{
	static char text[4 * SIP_TOKEN_TEXT_MAX];
	char token[SIP_TOKEN_SIZE];

	memset(text, 'x', sizeof(text) - 1);
	strcpy(token, token_of(KEY, text, "a"));
	ck_assert_str_eq(token, token_of(KEY, text, "b"));
	text[SIP_TOKEN_TEXT_MAX - 64] = '\0';
	ck_assert_str_ne(token, token_of(KEY, text, "a"));
	strcpy(token, token_of(KEY, text, "a"));
	ck_assert_str_ne(token, token_of(KEY, text, "b"));
	token_of(text, text, text);
}
END_TEST

static Suite *
token_suite(void)
{
	Suite *suite = suite_create("token");
	TCase *tcase = tcase_create("B40");

	tcase_add_loop_test(tcase, stable, 0, UNIT_COUNT(vectors));
	tcase_add_loop_test(tcase, different, 0, UNIT_COUNT(pairs));
	tcase_add_test(tcase, no_two_of_many_meet);
	tcase_add_test(tcase, long_texts);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(token_suite)
