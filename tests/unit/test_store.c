/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/store.h"

static char dir[64], file[96];

static void
setup(void)
{
	strcpy(dir, "test-store.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/state", dir);
}

static void
teardown(void)
{
	chmod(dir, 0700);
	unlink(file);
	rmdir(dir);	/* fails, and the next check sees it, if something was left behind */
	ck_assert_int_ne(access(dir, F_OK), 0);
}

START_TEST(test_write_then_read)
{
	struct strbuf b = { 0 };
	struct stat st;
	static const char bytes[] = "one\0two\n";

	ck_assert_int_eq(store_write(file, bytes, sizeof(bytes)), 0);
	ck_assert_int_eq(store_read(file, &b), 0);
	ck_assert_uint_eq(b.len, sizeof(bytes));
	ck_assert_mem_eq(b.data, bytes, sizeof(bytes));
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(store_write(file, "new", 3), 0);
	strbuf_clear(&b);
	ck_assert_int_eq(store_read(file, &b), 0);
	ck_assert_str_eq(b.data, "new");
	strbuf_fini(&b);
}
END_TEST

START_TEST(test_empty_file)
{
	struct strbuf b = { 0 };

	ck_assert_int_eq(store_write(file, "", 0), 0);
	ck_assert_int_eq(store_read(file, &b), 0);
	ck_assert_uint_eq(b.len, 0);
	strbuf_fini(&b);
}
END_TEST

START_TEST(test_big_file)
{
	struct strbuf b = { 0 };

	ck_assert_int_eq(store_write(file, "x", 1), 0);
	ck_assert_int_eq(truncate(file, STORE_FILE_MAX), 0);
	ck_assert_int_eq(store_read(file, &b), 0);
	ck_assert_uint_eq(b.len, STORE_FILE_MAX);
	ck_assert_int_eq(truncate(file, (off_t)STORE_FILE_MAX + 1), 0);
	ck_assert_int_eq(store_read(file, &b), -EFBIG);
	strbuf_fini(&b);
}
END_TEST

START_TEST(test_errors)
{
	struct strbuf b = { 0 };
	char path[128];

	ck_assert_int_eq(store_read(file, &b), -ENOENT);
	ck_assert_int_eq(store_read(dir, &b), -EISDIR);
	ck_assert_int_eq(store_others_may_read(file), -ENOENT);
	snprintf(path, sizeof(path), "%s/none/state", dir);
	ck_assert_int_eq(store_write(path, "x", 1), -ENOENT);
	ck_assert_int_lt(store_write(dir, "x", 1), 0);
	ck_assert_int_eq(mkfifo(file, 0600), 0);
	ck_assert_int_eq(store_read(file, &b), -EINVAL);	/* and does not wait for a writer */
	strbuf_fini(&b);
}
END_TEST

/* A link laid where the temporary file goes is not followed; a leftover there does no harm. */
START_TEST(test_leftover_and_link)
{
	char fresh[128], victim[128];
	struct strbuf b = { 0 };

	snprintf(fresh, sizeof(fresh), "%s.new", file);
	snprintf(victim, sizeof(victim), "%s/victim", dir);
	ck_assert_int_eq(store_write(victim, "mine", 4), 0);
	ck_assert_int_eq(symlink("victim", fresh), 0);
	ck_assert_int_eq(store_write(file, "other", 5), 0);
	ck_assert_int_eq(store_read(victim, &b), 0);
	ck_assert_str_eq(b.data, "mine");
	unlink(victim);
	strbuf_fini(&b);
}
END_TEST

START_TEST(test_others_may_read)
{
	ck_assert_int_eq(store_write(file, "x", 1), 0);
	ck_assert_int_eq(store_others_may_read(file), 0);
	chmod(file, 0640);
	ck_assert_int_eq(store_others_may_read(file), 0);
	chmod(file, 0644);
	ck_assert_int_eq(store_others_may_read(file), 1);
}
END_TEST

static Suite *
store_suite(void)
{
	Suite *s = suite_create("store");
	TCase *c = tcase_create("store");

	tcase_set_timeout(c, 30);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_write_then_read);
	tcase_add_test(c, test_empty_file);
	tcase_add_test(c, test_big_file);
	tcase_add_test(c, test_errors);
	tcase_add_test(c, test_leftover_and_link);
	tcase_add_test(c, test_others_may_read);
	suite_add_tcase(s, c);
	return s;
}

UNIT_MAIN(store_suite)
