/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "net/sdnotify.h"

static char path[64];
static int manager;

/* The manager's socket: '@' makes it abstract. */
static void
listen_at(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	memcpy(at.sun_path, name, strlen(name));
	if (name[0] == '@')
		at.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(manager, 0);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&at,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static void
setup(void)
{
	snprintf(path, sizeof(path), "/tmp/test-sdnotify.%ld", (long)getpid());
	manager = -1;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

static void
teardown(void)
{
	if (manager >= 0)
		close(manager);
	unlink(path);
}

static void
expect(const char *want)
{
	char have[256];
	ssize_t n = recv(manager, have, sizeof(have) - 1, 0);

	ck_assert_int_ge(n, 0);
	have[n] = '\0';
	ck_assert_str_eq(have, want);
}

static void
expect_silence(void)
{
	char byte;

	ck_assert_int_lt(recv(manager, &byte, 1, 0), 0);
}

static void
says_what_it_is_given(const char *name)
{
	struct sdnotify *sdnotify;

	listen_at(name);
	sdnotify = sdnotify_new();
	ck_assert_ptr_nonnull(sdnotify);
	expect_silence();
	sdnotify_say(sdnotify, "READY=1\nSTATUS=1 of 1");
	expect("READY=1\nSTATUS=1 of 1");
	sdnotify_say(sdnotify, "STOPPING=1");
	expect("STOPPING=1");
	expect_silence();
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));	/* no child speaks for us */
	sdnotify_free(sdnotify);
}

START_TEST(test_to_a_path)
{
	says_what_it_is_given(path);
}
END_TEST

START_TEST(test_to_an_abstract_name)
{
	path[0] = '@';
	says_what_it_is_given(path);
}
END_TEST

START_TEST(test_nobody_asks)
{
	ck_assert_ptr_null(sdnotify_new());
	sdnotify_say(NULL, "READY=1");
	sdnotify_say_reloading(NULL);
	ck_assert_int_eq(sdnotify_watchdog_ms(NULL), 0);
	sdnotify_free(NULL);
}
END_TEST

START_TEST(test_names_that_are_none)
{
	static const char *const names[] = { "", "@", "/", "relative", "vsock:2:1" };
	char longest[200];

	for (size_t i = 0; i < UNIT_COUNT(names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		ck_assert_ptr_null(sdnotify_new());
		ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
	}
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longest, 1);
	ck_assert_ptr_null(sdnotify_new());
}
END_TEST

static int64_t
watchdog_ms(const char *usec, const char *pid)
{
	struct sdnotify *sdnotify;
	int64_t ms;

	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", usec, 1);
	if (pid != NULL)
		setenv("WATCHDOG_PID", pid, 1);
	sdnotify = sdnotify_new();
	ck_assert_ptr_nonnull(sdnotify);
	ms = sdnotify_watchdog_ms(sdnotify);
	sdnotify_free(sdnotify);
	ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
	ck_assert_ptr_null(getenv("WATCHDOG_PID"));
	return ms;
}

START_TEST(test_watchdog)
{
	char own[24];

	snprintf(own, sizeof(own), "%ld", (long)getpid());
	ck_assert_int_eq(watchdog_ms("30000000", NULL), 30000);
	ck_assert_int_eq(watchdog_ms("30000000", own), 30000);
	ck_assert_int_eq(watchdog_ms("30000000", "1"), 0);	/* another process is meant */
	ck_assert_int_eq(watchdog_ms("30000000", "x"), 0);
	ck_assert_int_eq(watchdog_ms("", NULL), 0);
	ck_assert_int_eq(watchdog_ms("-1", NULL), 0);
	ck_assert_int_eq(watchdog_ms("99999999999999999999", NULL), 0);
}
END_TEST

START_TEST(test_reloading_says_when)
{
	static const char head[] = "RELOADING=1\nMONOTONIC_USEC=";
	struct sdnotify *sdnotify;
	char have[128];
	struct timespec t;
	int64_t now, said;
	ssize_t n;

	listen_at(path);
	sdnotify = sdnotify_new();
	sdnotify_say_reloading(sdnotify);
	n = recv(manager, have, sizeof(have) - 1, 0);
	ck_assert_int_gt(n, 0);
	have[n] = '\0';
	ck_assert_int_eq(strncmp(have, head, strlen(head)), 0);
	said = strtoll(have + strlen(head), NULL, 10);
	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
	ck_assert_int_le(said, now);
	ck_assert_int_gt(said, now - 60 * 1000000);
	sdnotify_free(sdnotify);
}
END_TEST

/* It would hang here, else, and the daemon with it. */
START_TEST(test_full_or_gone_manager_holds_nobody_up)
{
	struct sdnotify *sdnotify;

	listen_at(path);
	sdnotify = sdnotify_new();
	for (unsigned i = 0; i < 10000; i++)
		sdnotify_say(sdnotify, "WATCHDOG=1");
	expect("WATCHDOG=1");
	close(manager);
	manager = -1;
	sdnotify_say(sdnotify, "WATCHDOG=1");
	sdnotify_free(sdnotify);
}
END_TEST

static Suite *
sdnotify_suite(void)
{
	Suite *suite = suite_create("sdnotify");
	TCase *tcase = tcase_create("sdnotify");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_to_a_path);
	tcase_add_test(tcase, test_to_an_abstract_name);
	tcase_add_test(tcase, test_nobody_asks);
	tcase_add_test(tcase, test_names_that_are_none);
	tcase_add_test(tcase, test_watchdog);
	tcase_add_test(tcase, test_reloading_says_when);
	tcase_add_test(tcase, test_full_or_gone_manager_holds_nobody_up);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(sdnotify_suite)
