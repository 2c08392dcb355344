/* SPDX-License-Identifier: ISC */
/*
 * Reading a configuration with the n-th allocation of ours failing, for every n: never a crash, never a leak (the
 * sanitizer looks), never a structure that is not whole.
 *
 * Linked with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=strdup.
 */
#include <string.h>

#include "agent/config.h"
#include "unit.h"

static long countdown = -1;	/* -1: none fails */

static bool
fails(void)
{
	return countdown >= 0 && countdown-- == 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t n, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);
char *__wrap_strdup(const char *text);

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

void *
__wrap_reallocarray(void *old, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(old, n, size);
}

char *
__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

static const char text[] =
    "nameserver = {127.0.0.1, 127.0.0.2} interface = lo expires = 60s zzz = 1\n"
    "account { user = 1 server = \"a.example; 10.0.0.1\" password = 'x' display-name = 'n' contact = 'sip:h' }\n"
    "account { user = 2 server = a.example }\naccount { user = 3 server = a.example }\n"
    "account { user = 4 server = a.example }\naccount { user = 5 server = a.example }\n"
    "include(\"/nonexistent\")\n";

/* Without the two lines that are wrong in it. */
static void
correct(char *copy)
{
	memset(strstr(copy, "zzz = 1"), ' ', strlen("zzz = 1"));
	*strstr(copy, "include") = '#';
}

static long
until_it_reads(const char *copy, bool good)
{
	long n;

	for (n = 0; n < 5000; n++) {
		struct strbuf errors = { 0 };
		struct config *c;
		bool all;

		countdown = n;
		c = config_read("t.conf", copy, &errors);
		all = countdown >= 0;
		countdown = -1;
		if (c != NULL) {
			ck_assert_uint_eq(c->account_count, 5);
			ck_assert_str_eq(c->accounts[0].contact_uri, "sip:h");
			ck_assert_str_eq(c->interface, "lo");
			ck_assert_ptr_nonnull(config_account(c, "5@a.example"));
		}
		ck_assert(!all || (c != NULL) == good);
		config_free(c);
		strbuf_fini(&errors);
		if (all)
			break;
	}
	return n;
}

START_TEST(every_allocation_may_fail)
{
	char copy[sizeof(text)];

	memcpy(copy, text, sizeof(text));
	ck_assert_int_gt(until_it_reads(copy, false), 20);
	correct(copy);
	ck_assert_int_gt(until_it_reads(copy, true), 20);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("config_memory");
	TCase *t = tcase_create("config_memory");

	tcase_add_test(t, every_allocation_may_fail);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
