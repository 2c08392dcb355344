/* SPDX-License-Identifier: ISC */

/* B73: the program that is told of transitions, really run. */

#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "control/notify.h"
#include "fake_agent.h"
#include "net/spawn.h"
#include "net/store.h"

enum { WAIT_MS = 20000 };

static char dir[64];
static struct loop *loop;
static struct agent *agent;
static struct notify *notify;
static struct strbuf log_text;
static struct timer *look;
static int64_t waited_ms;
static const char *awaited;		/* file that the loop runs for */
static bool come;

static void
on_log(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	(void)level;
	strbuf_printf(&log_text, "%s\n", line);
}

static const char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* What it does, as a shell script in which $D is the test's folder. */
static const char *
program(const char *script)
{
	FILE *file = fopen(path_of("program"), "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file, "#!/bin/sh\nD=%s\n%s\n", dir, script);
	fclose(file);
	ck_assert_int_eq(chmod(path_of("program"), 0700), 0);
	return path_of("program");
}

static char *
content(const char *name)
{
	struct strbuf b = { 0 };

	ck_assert_int_eq(store_read(path_of(name), &b), 0);
	strbuf_append(&b, "");
	return b.data;
}

static void
on_look(void *arg)
{
	(void)arg;
	waited_ms += 10;
	come = awaited[0] == '/' ? access(awaited, F_OK) == 0 : strstr(log_text.data ? log_text.data : "", awaited) != NULL;
	if (come || waited_ms > WAIT_MS)
		loop_stop(loop);
	else
		timer_set(look, instant_add(loop_now(loop), 10));
}

/* Runs the loop until there is such a file, or such words in the log. */
static void
run_until(const char *what)
{
	char path[128];

	snprintf(path, sizeof(path), "%s", strchr(what, ' ') != NULL ? what : path_of(what));
	awaited = path;
	waited_ms = 0;
	timer_set(look, loop_now(loop));
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_msg(come, "%s did not come; the log: %s", what, log_text.data ? log_text.data : "");
}

static void
begin(const char *script, int limit_s)
{
	char error[256] = "";

	notify = notify_new(loop, agent, program(script), limit_s, false, error);
	ck_assert_msg(notify != NULL, "%s", error);
}

static void
happens(enum record_kind kind, const char *text)
{
	struct record record = { .kind = kind, .wall_s = 1700000000, .account = "100@example.com",
		.server = "udp:192.0.2.2:5060", .from = "udp:192.0.2.1:5060", .cause = "down", .text = text };

	fake_agent_recorded(agent, &record);
}

static void
setup(void)
{
	strcpy(dir, "/tmp/test_notify.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	loop = loop_new();
	agent = fake_agent_new();
	fake_agent_add(agent, "100@example.com", "192.0.2.1", "192.0.2.2");
	look = timer_new(loop, on_look, NULL);
	log_to_sink(on_log, NULL);
	notify = NULL;
}

static void
teardown(void)
{
	static const char *const names[] = { "program", "env", "in", "done", "first", "go" };

	notify_free(notify);
	ck_assert(TAILQ_EMPTY(&agent->listeners));
	log_to_sink(NULL, NULL);
	strbuf_fini(&log_text);
	timer_free(look);
	free(agent);
	loop_free(loop);
	for (size_t i = 0; i < UNIT_COUNT(names); i++)
		unlink(path_of(names[i]));
	rmdir(dir);
}

START_TEST(B73_variables_and_line)
{
	char *text;

	begin("env | sort > $D/env; cat > $D/in; touch $D/done", 10);
	happens(RECORD_FAILED_OVER, "moves");
	ck_assert_int_ne(access(path_of("done"), F_OK), 0);	/* not in the midst of the event */
	fake_agent_changed(agent);
	run_until("done");
	text = content("in");
	ck_assert_str_eq(text, "failed-over\t100@example.com\tudp:192.0.2.2:5060\tudp:192.0.2.1:5060\t-\tdown\t"
	    "1700000000\tmoves\n");
	free(text);
	text = content("env");
	ck_assert_ptr_nonnull(strstr(text, "SIPKEEPD_ACCOUNT=100@example.com\n"));
	ck_assert_ptr_nonnull(strstr(text, "SIPKEEPD_ACCOUNTS=1\n"));
	ck_assert_ptr_nonnull(strstr(text, "SIPKEEPD_CAUSE=down\n"));
	ck_assert_ptr_nonnull(strstr(text, "SIPKEEPD_COUNT=1\n"));
	ck_assert_ptr_nonnull(strstr(text, "SIPKEEPD_EVENT=failed-over\n"));
	ck_assert_ptr_nonnull(strstr(text, "SIPKEEPD_QUESTION=\n"));
	ck_assert_ptr_nonnull(strstr(text, "SIPKEEPD_TEXT=2023-11-14T22:13:20Z 100@example.com: moves\n"));
	ck_assert_ptr_null(strstr(text, "LD_"));
	ck_assert_ptr_null(strstr(text, "HOME="));	/* nothing of ours */
	free(text);
}
END_TEST

START_TEST(B73_one_at_a_time_the_rest_in_one_batch)
{
	char *text;

	begin("cat > $D/in; printf %s $SIPKEEPD_COUNT >> $D/env\n"
	    "if [ -e $D/first ]; then touch $D/done; exit; fi; touch $D/first\n"
	    "while [ ! -e $D/go ]; do sleep 0.05; done", 15);
	happens(RECORD_SERVER_DOWN, "one");
	fake_agent_changed(agent);
	run_until("first");
	for (int i = 0; i < 3; i++) {
		happens(RECORD_REGISTERED, i == 0 ? "two" : i == 1 ? "three" : "four");
		fake_agent_changed(agent);
	}
	text = content("env");
	ck_assert_str_eq(text, "1");
	free(text);
	fclose(fopen(path_of("go"), "w"));
	run_until("done");
	text = content("env");
	ck_assert_str_eq(text, "13");
	free(text);
	text = content("in");
	ck_assert(strstr(text, "\ttwo\n") < strstr(text, "\tthree\n") && strstr(text, "\tthree\n") < strstr(text, "\tfour\n"));
	free(text);
}
END_TEST

START_TEST(B73_what_comes_too_fast_is_counted)
{
	static char long_text[400];
	unsigned count = 0, dropped = 0;
	char *text;

	begin("cat > $D/in; if [ -e $D/first ]; then echo $SIPKEEPD_COUNT $SIPKEEPD_DROPPED > $D/env; touch $D/done; exit\n"
	    "fi; touch $D/first; while [ ! -e $D/go ]; do sleep 0.05; done", 15);
	memset(long_text, 'x', sizeof(long_text) - 1);
	happens(RECORD_SERVER_DOWN, "one");
	fake_agent_changed(agent);
	run_until("first");
	for (int i = 0; i < 1000; i++)
		happens(RECORD_REGISTERED, long_text);
	fclose(fopen(path_of("go"), "w"));
	run_until("done");
	text = content("env");
	ck_assert_int_eq(sscanf(text, "%u %u", &count, &dropped), 2);
	ck_assert_uint_gt(dropped, 500);
	ck_assert_uint_eq(count + dropped, 1000);
	free(text);
}
END_TEST

/* What others wrote makes no line, no column and no word of a shell of its own. */
START_TEST(B73_texts_of_others_are_cleaned)
{
	char *text;

	begin("printf %s \"$SIPKEEPD_TEXT\" > $D/env; cat > $D/in; touch $D/done", 10);
	happens(RECORD_REFUSED, "a\tb\nfailed-over\t$(reboot)\x1b[1m");
	fake_agent_changed(agent);
	run_until("done");
	text = content("in");
	ck_assert_ptr_nonnull(strstr(text, "\ta?b?failed-over?$(reboot)?[1m\n"));
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
}
END_TEST

START_TEST(B73_failures_are_told_once_each)
{
	begin("[ $SIPKEEPD_EVENT = server-up ] || { echo >> $D/in; exit 3; }; touch $D/done", 10);
	happens(RECORD_SERVER_DOWN, "one");
	fake_agent_changed(agent);
	run_until("notify: the program ended with status 3");
	strbuf_clear(&log_text);
	unlink(path_of("in"));
	happens(RECORD_SERVER_DOWN, "two");
	fake_agent_changed(agent);
	run_until("in");
	happens(RECORD_SERVER_UP, "good");
	fake_agent_changed(agent);
	run_until("done");
	ck_assert_ptr_null(strstr(log_text.data, "notify:"));	/* the second failure was no news */
	happens(RECORD_SERVER_DOWN, "three");
	fake_agent_changed(agent);
	run_until("notify: the program ended with status 3");
}
END_TEST

START_TEST(B73_what_cannot_be_run)
{
	char error[256] = "";

	notify = notify_new(loop, agent, path_of("missing"), 10, false, error);
	ck_assert_ptr_nonnull(notify);
	happens(RECORD_SERVER_DOWN, "one");
	fake_agent_changed(agent);
	run_until("notify: the program could not be run: No such file or directory");
}
END_TEST

START_TEST(B73_it_is_ended_after_its_time)
{
	begin("sleep 60", 1);
	happens(RECORD_SERVER_DOWN, "one");
	fake_agent_changed(agent);
	run_until("notify: the program took too long and was ended");
}
END_TEST

START_TEST(B73_killed)
{
	begin("kill -9 $$", 10);
	happens(RECORD_SERVER_DOWN, "one");
	fake_agent_changed(agent);
	run_until("notify: the program ended by signal 9");
}
END_TEST

START_TEST(B73_it_is_waited_for_where_the_starter_ignores_its_children)
{
	signal(SIGCHLD, SIG_IGN);
	begin("exit 3", 2);
	happens(RECORD_SERVER_DOWN, "one");
	fake_agent_changed(agent);
	run_until("notify: the program ");
	ck_assert_msg(strstr(log_text.data, "ended with status 3") != NULL, "%s", log_text.data);
}
END_TEST

/* ---- The helper is no way to more than that one program ---- */

static struct spawn_result result;

static void
on_done(void *arg, const struct spawn_result *given)
{
	(void)arg;
	ck_assert_ptr_nonnull(given);
	result = *given;
	loop_stop(loop);
}

START_TEST(B73_the_helper_takes_its_own_variables_only)
{
	static const struct {
		const char *job;
		size_t len;
		enum spawn_end end;
	} cases[] = {
		{ "SIPKEEPD_A=1\0\0in", 16, SPAWN_EXITED },
		{ "SIPKEEPD_A=1\0LD_PRELOAD=/x\0\0in", 30, SPAWN_NOT_STARTED },
		{ "PATH=/x\0\0", 9, SPAWN_NOT_STARTED },
		{ "SIPKEEPD_A\0\0", 12, SPAWN_NOT_STARTED },
		{ "SIPKEEPD_A=1", 12, SPAWN_NOT_STARTED },
		{ "SIPKEEPD_A=1\0", 13, SPAWN_NOT_STARTED },
		{ "\0", 1, SPAWN_EXITED },
	};
	static char big[SPAWN_JOB_MAX + 1];
	char error[256] = "";
	struct spawner *spawner = spawner_new(loop, program("touch $D/done"), 10, false, on_done, NULL, error);

	ck_assert_msg(spawner != NULL, "%s", error);
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		ck_assert_int_eq(spawner_run(spawner, cases[i].job, cases[i].len), 0);
		ck_assert_int_eq(spawner_run(spawner, cases[i].job, cases[i].len), -EBUSY);
		ck_assert_int_eq(loop_run(loop), 0);
		ck_assert_msg(result.end == cases[i].end, "case %zu: %d %d", i, result.end, result.code);
		ck_assert_int_eq(unlink(path_of("done")) == 0, cases[i].end == SPAWN_EXITED);
	}
	ck_assert_int_eq(spawner_run(spawner, big, sizeof(big)), -E2BIG);
	spawner_free(spawner);
}
END_TEST

static Suite *
notify_suite(void)
{
	Suite *suite = suite_create("notify");
	TCase *tcase = tcase_create("notify");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, B73_variables_and_line);
	tcase_add_test(tcase, B73_one_at_a_time_the_rest_in_one_batch);
	tcase_add_test(tcase, B73_what_comes_too_fast_is_counted);
	tcase_add_test(tcase, B73_texts_of_others_are_cleaned);
	tcase_add_test(tcase, B73_failures_are_told_once_each);
	tcase_add_test(tcase, B73_what_cannot_be_run);
	tcase_add_test(tcase, B73_it_is_ended_after_its_time);
	tcase_add_test(tcase, B73_killed);
	tcase_add_test(tcase, B73_it_is_waited_for_where_the_starter_ignores_its_children);
	tcase_add_test(tcase, B73_the_helper_takes_its_own_variables_only);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(notify_suite)
