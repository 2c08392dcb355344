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
		"sub/list",
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

/* ---- accounts-file (B8) ---- */

static struct config *
read_with_list(const char *list)
{
	put_text("main.conf", "expires = 600s\naccounts-file = \"sub/list\"\n"
	    "account { user = \"1\" server = \"example.com\" }\n");
	put_text("sub/list", list);
	return read_main();
}

START_TEST(accounts_file_is_one_a_line)
{
	struct config *config = read_with_list("# ours\n"
	    "user\tserver\tpassword\tauth-user\texpires\tdisplay-name\r\n"
	    "\n"
	    "100\texample.com; 192.0.2.1; 192.0.2.2\ta 'b\" c# $\t\t30s\t\r\n"
	    "# not now: 200\n"
	    "300\texample.com\t\ta300\t\tThe door, left\n"
	    "400\texample.com\t\t\t\t");
	const struct account_config *a;

	ck_assert_msg(config != NULL, "%s", errors.data);
	ck_assert_uint_eq(config->account_count, 4);
	a = config_account(config, "100@example.com");
	ck_assert_str_eq(a->password, "a 'b\" c# $");
	ck_assert_str_eq(a->auth_user, "100");
	ck_assert_int_eq(a->timing.expires_s, 30);
	ck_assert_uint_eq(a->server.count, 2);
	ck_assert_int_eq(a->dscp, 24);
	ck_assert_int_eq(a->line, 4);
	ck_assert_ptr_null(a->display_name);
	ck_assert_ptr_nonnull(strstr(a->file, "/sub/list"));
	a = config_account(config, "300@example.com");
	ck_assert_str_eq(a->display_name, "The door, left");
	ck_assert_str_eq(a->auth_user, "a300");
	ck_assert_int_eq(a->timing.expires_s, 600);	/* the global one */
	ck_assert_str_eq(a->password, "");
	ck_assert_ptr_nonnull(config_account(config, "400@example.com"));
	config_free(config);
}
END_TEST

static const struct {
	const char *list;
	const char *said;
} bad_lists[] = {
	{ "", "sub/list: it is empty; write the names of the columns" },
	{ "# nothing\n\n", "sub/list: it is empty" },
	{ "user\tpassword\n", "sub/list:1: column server is missing; add it" },
	{ "user\tserver\tuser\n", "sub/list:1: column user stands there twice" },
	{ "user\tserver\tpasword\n", "sub/list:1: \"pasword\" is no key of an account (did you mean password?)" },
	{ "user,server\n", "\"user,server\" is no key of an account" },
	{ "user\tserver\n100\n", "sub/list:2: 1 values for 2 columns" },
	{ "user\tserver\n100\texample.com\t\n", "sub/list:2: 3 values for 2 columns" },
	{ "user\tserver\n100\texa\x01mple.com\n", "sub/list:2: a control character in a value" },
	{ "user\tserver\n\texample.com\n", "sub/list:2: account without a user: user is missing; add it" },
	{ "user\tserver\n100\t\n", "sub/list:2: account 100: server is missing; add it" },
	{ "user\tserver\n\n100\tno domain\n", "sub/list:3: account 100: server: " },
	{ "user\tserver\texpires\n100\texample.com\t1s\n", "sub/list:2: account 100: expires: 1s is out of bounds" },
	{ "user\tserver\n1\texample.com\n", "sub/list:2: account 1@example.com stands there twice, first in " },
	{ "user\tserver\n7\texample.com\n7\texample.com\n", "sub/list:3: account 7@example.com stands there twice" },
	{ "user\tserver\tpassword\tpassword-file\n7\texample.com\tx\ty\n", "both password and password-file" },
	{ "user\tserver\tpassword-file\n7\texample.com\tnowhere\n", "/sub/nowhere (No such file" },
};

START_TEST(a_bad_accounts_file_fails_the_whole)		/* B71 */
{
	ck_assert_ptr_null(read_with_list(bad_lists[_i].list));
	said(bad_lists[_i].said);
}
END_TEST

START_TEST(a_missing_accounts_file_is_said)
{
	put_text("main.conf", "expires = 600s\naccounts-file = \"sub/list\"\n");
	ck_assert_ptr_null(read_main());
	said("main.conf:2: accounts-file: cannot read ");
	said("/sub/list (No such file");
}
END_TEST

START_TEST(an_open_accounts_file_is_warned_of)
{
	struct config *config;

	put_text("main.conf", "accounts-file = \"sub/list\"\n");
	put("sub/list", 0644, "user\tserver\tpassword\n7\texample.com\tx\n", 37);
	config = read_main();
	ck_assert_ptr_nonnull(config);
	said("sub/list:1: warning: passwords stand in this file and everybody can read it");
	config_free(config);
}
END_TEST

/* Refused for their permissions, as after the daemon has become another user: nothing is applied, and it is said. */
START_TEST(what_may_not_be_read_is_refused)		/* B71 */
{
	static const struct {
		const char *file, *said;
	} unreadable[] = {
		{ "main.conf", "main.conf: cannot read it (Permission denied)" },
		{ "sub/list", "main.conf:2: accounts-file: cannot read " },
		{ "a.conf", "main.conf:1: cannot read " },
		{ "secret", "main.conf:3: account 1: password-file: cannot read " },
	};

	if (geteuid() == 0)
		ck_assert_int_eq(chown(dir, 65534, (gid_t)-1), 0);
	for (size_t i = 0; i < UNIT_COUNT(unreadable); i++) {
		struct config *config;

		put_text("main.conf", "include(\"a.conf\")\naccounts-file = \"sub/list\"\n"
		    "account { user = \"1\" server = \"example.com\" password-file = \"secret\" }\n");
		put_text("a.conf", "expires = 600s\n");
		put_text("sub/list", "user\tserver\n7\texample.com\n");
		put_text("secret", "word\n");
		ck_assert_int_eq(chmod(path_of("sub"), 0755), 0);
		for (size_t j = 0; j < UNIT_COUNT(unreadable); j++)
			ck_assert_int_eq(chmod(path_of(unreadable[j].file), i == j ? 0 : 0644), 0);
		if (geteuid() == 0)
			ck_assert_int_eq(seteuid(65534), 0);
		strbuf_clear(&errors);
		config = read_main();
		if (getuid() == 0)
			ck_assert_int_eq(seteuid(0), 0);
		ck_assert_msg(config == NULL, "%s was read", unreadable[i].file);
		said(unreadable[i].said);
		said("Permission denied); correct the path or its permissions");
	}
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
	tcase_add_test(t, accounts_file_is_one_a_line);
	tcase_add_test(t, a_missing_accounts_file_is_said);
	tcase_add_test(t, an_open_accounts_file_is_warned_of);
	tcase_add_test(t, what_may_not_be_read_is_refused);
	tcase_add_loop_test(t, a_bad_accounts_file_fails_the_whole, 0, UNIT_COUNT(bad_lists));
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
