/* SPDX-License-Identifier: ISC */
/* The configuration on disk: include, password-file, permissions. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config.h"
#include "unit.h"

static char dir[64];
static struct strbuf errors;

static const char *
path_of(const char *name)
{
	static char paths[4][160];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static void
put(const char *name, mode_t mode, const char *text, size_t len)
{
	FILE *f = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path_of(name), mode), 0);
}

static void
put_text(const char *name, const char *text)
{
	put(name, 0600, text, strlen(text));
}

static struct config *
read_main(void)
{
	return config_read(path_of("main.conf"), NULL, &errors);
}

static void
said(const char *what)
{
	ck_assert_msg(errors.data != NULL && strstr(errors.data, what) != NULL, "said: %swanted: %s",
	    errors.data != NULL ? errors.data : "(nothing)\n", what);
}

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/sipkeepd-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(mkdir(path_of("sub"), 0700), 0);
}

static void
teardown(void)
{
	static const char *const names[] = { "main.conf", "a.conf", "b.conf", "secret", "sub/c.conf", "sub/secret",
		"sub", "" };

	for (size_t i = 0; i < UNIT_COUNT(names); i++)
		remove(path_of(names[i]));
	strbuf_fini(&errors);
}

START_TEST(include_is_beside_the_file_that_names_it)
{
	struct config *c;

	put_text("main.conf", "include(\"sub/c.conf\")\naccount { user = 1 server = a.example }\n");
	put_text("sub/c.conf", "expires = 60s\ninclude('../a.conf')\naccount { user = 2 server = a.example "
	    "password-file = secret }\n");
	put_text("sub/secret", "in sub\n");
	put_text("a.conf", "account { user = 3 server = a.example }\n");
	c = read_main();
	ck_assert_msg(c != NULL && errors.len == 0, "%s", errors.data);
	ck_assert_uint_eq(c->account_count, 3);
	ck_assert_ptr_nonnull(config_account(c, "3@a.example"));
	ck_assert_int_eq(config_account(c, "1@a.example")->timing.expires_s, 60);
	ck_assert_str_eq(config_account(c, "2@a.example")->password, "in sub");
	config_free(c);
}
END_TEST

START_TEST(doubles_across_files_are_found)		/* B30 */
{
	put_text("main.conf", "expires = 60s\naccount { user = 1 server = a.example }\ninclude(\"a.conf\")\n");
	put_text("a.conf", "\naccount { user = 1 server = a.example }\nexpires = 90s\n");
	ck_assert_ptr_null(read_main());
	said("a.conf:2: account 1@a.example stands there twice, first in ");
	said("main.conf:2; take one out");
	said("a.conf:3: expires is set twice, first in ");
	said("main.conf:1; take one out");
}
END_TEST

START_TEST(a_circle_of_includes_is_named)
{
	put_text("main.conf", "include(\"a.conf\")\n");
	put_text("a.conf", "\ninclude(\"b.conf\")\n");
	put_text("b.conf", "include(\"a.conf\")\n");
	ck_assert_ptr_null(read_main());
	said("b.conf:1: include goes round in a circle: ");
	said("/main.conf -> ");
	said("/b.conf -> ");
}
END_TEST

START_TEST(a_circle_in_disguise_ends_too)
{
	put_text("main.conf", "include(\"sub/../main.conf\")\n");
	ck_assert_ptr_null(read_main());
	said("include is nested too deeply: ");
}
END_TEST

START_TEST(a_broken_include_fails_the_whole)		/* B71 */
{
	put_text("main.conf", "include(\"a.conf\")\naccount { user = 1 server = a.example }\n");
	put_text("a.conf", "account { user = 2\n");
	ck_assert_ptr_null(read_main());
	said("a.conf:1: this account block is not closed");
}
END_TEST

START_TEST(a_missing_file_is_said)
{
	ck_assert_ptr_null(read_main());
	said("main.conf: cannot read it (No such file or directory)");
}
END_TEST

static const struct secret_file {
	const char *content;
	size_t len;
	const char *password;	/* NULL: refused */
	const char *says;
} secret_files[] = {
	{ "pa ss#${X}'\"\\\nsecond\n", 21, "pa ss#${X}'\"\\", NULL },
	{ "crlf\r\n", 6, "crlf", NULL },
	{ "no end", 6, "no end", NULL },
	{ "", 0, NULL, "main.conf:2: account 1: password-file: the file's first line is empty" },
	{ "\nx\n", 3, NULL, "the file's first line is empty" },
	{ "a\0b\n", 4, NULL, "a control character in the file's first line" },
	{ "a\rb\n", 4, NULL, "a control character in the file's first line" },
};

START_TEST(password_is_the_first_line)			/* B8 */
{
	const struct secret_file *s = &secret_files[_i];
	struct config *c;

	put("secret", 0600, s->content, s->len);
	put_text("main.conf", "account { user = 1 server = a.example\npassword-file = \"secret\" }\n");
	c = read_main();
	if (s->password == NULL) {
		ck_assert_ptr_null(c);
		said(s->says);
		return;
	}
	ck_assert_msg(c != NULL && errors.len == 0, "%s", errors.data);
	ck_assert_str_eq(c->accounts[0].password, s->password);
	config_free(c);
}
END_TEST

START_TEST(too_long_a_secret_is_refused)
{
	char text[400];

	memset(text, 'x', sizeof(text));
	put("secret", 0600, text, sizeof(text));
	put_text("main.conf", "account { user = 1 server = a.example\npassword-file = \"secret\" }\n");
	ck_assert_ptr_null(read_main());
	said("password-file: longer than 256 bytes");
	ck_assert_ptr_null(strstr(errors.data, "xxx"));
}
END_TEST

START_TEST(open_secrets_are_warned_of)
{
	static const char text[] = "account { user = 1 server = a.example\npassword = 'x' }\n"
	    "account { user = 2 server = a.example password = 'x' }\n";
	struct config *c;

	put("main.conf", 0644, text, strlen(text));
	c = read_main();
	ck_assert_ptr_nonnull(c);
	said("main.conf:2: warning: passwords stand in this file and everybody can read it");
	ck_assert_ptr_eq(strchr(errors.data, '\n') + 1, errors.data + errors.len);	/* once */
	config_free(c);
	strbuf_clear(&errors);

	put("main.conf", 0640, text, strlen(text));
	c = read_main();
	ck_assert_uint_eq(errors.len, 0);
	config_free(c);

	put("main.conf", 0644, "account { user = 1 server = a.example }\n", 40);
	c = read_main();
	ck_assert_uint_eq(errors.len, 0);
	config_free(c);
}
END_TEST

START_TEST(open_password_file_is_warned_of)
{
	struct config *c;

	put("secret", 0604, "x\n", 2);
	put_text("main.conf", "account { user = 1 server = a.example\npassword-file = \"secret\" }\n");
	c = read_main();
	ck_assert_ptr_nonnull(c);
	said("main.conf:2: warning: ");
	said("/secret holds a password and everybody can read it");
	config_free(c);
}
END_TEST

START_TEST(nul_bytes_end_nothing)
{
	put("main.conf", 0600, "account { user = 'a\0b' server = x }\nzzz = 1\n", 44);
	ck_assert_ptr_null(read_main());
	said("main.conf:1: a control character in a value");
	said("main.conf:2: unknown key zzz");
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("config_files");
	TCase *t = tcase_create("config_files");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, include_is_beside_the_file_that_names_it);
	tcase_add_test(t, doubles_across_files_are_found);
	tcase_add_test(t, a_circle_of_includes_is_named);
	tcase_add_test(t, a_circle_in_disguise_ends_too);
	tcase_add_test(t, a_broken_include_fails_the_whole);
	tcase_add_test(t, a_missing_file_is_said);
	tcase_add_loop_test(t, password_is_the_first_line, 0, (int)UNIT_COUNT(secret_files));
	tcase_add_test(t, too_long_a_secret_is_refused);
	tcase_add_test(t, open_secrets_are_warned_of);
	tcase_add_test(t, open_password_file_is_warned_of);
	tcase_add_test(t, nul_bytes_end_nothing);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
