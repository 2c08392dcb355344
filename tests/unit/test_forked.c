/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "net/forked.h"

static struct {
	struct loop *loop;
	int result, told;
	int fd;			/* of ours */
	int changed;
} f;

static void
on_done(void *arg, int result)
{
	ck_assert_ptr_eq(arg, &f);
	f.result = result;
	f.told++;
	loop_stop(f.loop);
}

static int
is_a_copy(void *arg)
{
	sigset_t blocked;

	(void)arg;
	f.changed = 1;
	if (fcntl(f.fd, F_GETFD) >= 0)
		return 1;
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	return sigismember(&blocked, SIGTERM) ? 7 : 2;
}

static int
fails(void *arg)
{
	(void)arg;
	return -ENOSPC;
}

static int
dies(void *arg)
{
	(void)arg;
	raise(SIGKILL);
	return 0;
}

static void
begin(void)
{
	f.loop = loop_new();
	f.told = f.changed = 0;
	f.fd = open("/dev/null", O_RDONLY);
	ck_assert_int_gt(f.fd, 2);
}

static void
end(void)
{
	close(f.fd);
	loop_free(f.loop);
}

static int
run(int (*work)(void *arg))
{
	ck_assert_ptr_nonnull(forked_run(f.loop, work, on_done, &f));
	ck_assert_int_eq(f.told, 0);
	ck_assert_int_eq(loop_run(f.loop), 0);
	ck_assert_int_eq(f.told, 1);
	f.told = 0;
	return f.result;
}

START_TEST(b55_a_copy_does_the_work)
{
	ck_assert_int_eq(run(is_a_copy), 7);
	ck_assert_int_eq(f.changed, 0);
	ck_assert_int_ge(fcntl(f.fd, F_GETFD), 0);
	ck_assert_int_eq(run(fails), -ENOSPC);
	ck_assert_int_eq(run(dies), -EIO);
}
END_TEST

START_TEST(b55_waited_for)
{
	struct forked *forked = forked_run(f.loop, fails, on_done, &f);

	ck_assert_ptr_nonnull(forked);
	ck_assert_int_eq(forked_wait(forked), -ENOSPC);
	ck_assert_int_eq(f.told, 0);
	forked_free(NULL);
}
END_TEST

START_TEST(b55_waited_for_where_the_starter_ignores_its_children)
{
	signal(SIGCHLD, SIG_IGN);
	ck_assert_int_eq(run(is_a_copy), 7);
	signal(SIGCHLD, SIG_IGN);
	ck_assert_int_eq(run(fails), -ENOSPC);
}
END_TEST

static Suite *
forked_suite(void)
{
	Suite *s = suite_create("forked");
	TCase *c = tcase_create("B55");

	tcase_add_checked_fixture(c, begin, end);
	tcase_add_test(c, b55_a_copy_does_the_work);
	tcase_add_test(c, b55_waited_for);
	tcase_add_test(c, b55_waited_for_where_the_starter_ignores_its_children);
	suite_add_tcase(s, c);
	return s;
}

UNIT_MAIN(forked_suite)
