/* SPDX-License-Identifier: ISC */

/* The journal: transitions become incidents, kept over restarts. */

#include "unit.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "control/journal.h"
#include "fake_agent.h"
#include "net/store.h"

enum { WRITE_MS = 50, WAIT_MS = 20000 };

#define S1 "udp:192.0.2.1:5060"
#define S2 "udp:192.0.2.2:5060"

static char dir[64], path[80];
static struct loop *loop;
static struct agent *agent;
static struct journal *journal;
static struct strbuf log_text;
static struct instant began;

static void
on_log(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	(void)level;
	strbuf_append(&log_text, line);
}

static void
setup(void)
{
	strcpy(dir, "/tmp/test_journal.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/journal", dir);
	loop = loop_new();
	began = loop_now(loop);
	agent = fake_agent_new();
	log_to_sink(on_log, NULL);
	journal = journal_new(loop, agent, dir, WRITE_MS);
	ck_assert_ptr_nonnull(journal);
	journal_read(journal);
}

static void
teardown(void)
{
	journal_free(journal);
	ck_assert(TAILQ_EMPTY(&agent->listeners));
	log_to_sink(NULL, NULL);
	strbuf_fini(&log_text);
	free(agent);
	loop_free(loop);
	unlink(path);
	rmdir(dir);
}

/* at_ms after the test began, 1700000000 on the wall. */
static void
happens(int64_t at_ms, struct record record)
{
	record.when = instant_add(began, at_ms);
	record.wall_s = 1700000000 + at_ms / 1000;
	record.text = "text";
	fake_agent_recorded(agent, &record);
}

static void
check(const char *expected)
{
	struct strbuf b = { 0 };

	journal_write(journal, STATUS_TEXT, &b);
	ck_assert_str_eq(b.data != NULL ? b.data : "", expected);
	strbuf_fini(&b);
}

static void
restart(void)
{
	journal_free(journal);
	journal = journal_new(loop, agent, dir, WRITE_MS);
	ck_assert_ptr_nonnull(journal);
	journal_read(journal);
}

START_TEST(B73_a_server_that_dies_and_comes_back)
{
	happens(8500, (struct record){ .kind = RECORD_SERVER_DOWN, .server = S1, .cause = "silence", .detect_ms = 8500,
	    .accounts = 2 });
	check("2023-11-14T22:13:20Z server-down " S1 " (silence): found after 8.5 s, 2 accounts, goes on\n");
	happens(8510, (struct record){ .kind = RECORD_FAILED_OVER, .account = "100@x", .server = S2, .from = S1 });
	happens(8550, (struct record){ .kind = RECORD_REGISTERED, .account = "100@x", .server = S2, .from = S1 });
	happens(9100, (struct record){ .kind = RECORD_REGISTERED, .account = "101@x", .server = S2, .from = S1 });
	happens(9200, (struct record){ .kind = RECORD_REGISTERED, .account = "102@x", .server = S2 });	/* a new one */
	happens(60000, (struct record){ .kind = RECORD_SERVER_UP, .server = S2, .cause = "answer" });
	happens(302000, (struct record){ .kind = RECORD_SERVER_UP, .server = S1, .cause = "answer" });
	check("2023-11-14T22:13:20Z server-down " S1 " (silence): found after 8.5 s, 2 accounts, 2 registered again within "
	    "9.1 s, over after 5m02s\n");
	happens(400000, (struct record){ .kind = RECORD_SERVER_DOWN, .server = S1, .cause = "unreachable" });
	check("2023-11-14T22:13:20Z server-down " S1 " (silence): found after 8.5 s, 2 accounts, 2 registered again within "
	    "9.1 s, over after 5m02s\n"
	    "2023-11-14T22:20:00Z server-down " S1 " (unreachable): found at once, 0 accounts, goes on\n");
}
END_TEST

START_TEST(B73_a_lone_server)
{
	happens(0, (struct record){ .kind = RECORD_SERVER_DOWN, .server = S1, .cause = "unreachable", .accounts = 1 });
	happens(20000, (struct record){ .kind = RECORD_SERVER_UP, .server = S1, .cause = "answer" });
	happens(20100, (struct record){ .kind = RECORD_REGISTERED, .account = "100@x", .server = S1 });
	check("2023-11-14T22:13:20Z server-down " S1 " (unreachable): found at once, 1 account, 1 registered again within "
	    "20.1 s, over after 20s\n");
}
END_TEST

START_TEST(B73_refusals_of_a_server_are_one_incident)
{
	for (int i = 0; i < 2; i++)
		happens(i, (struct record){ .kind = RECORD_REFUSED, .account = "100@x", .server = S1, .cause = "refused",
		    .repeated = i == 1 });
	happens(1000, (struct record){ .kind = RECORD_HELD_OFF, .account = "101@x", .server = S1, .cause = "503" });
	check("2023-11-14T22:13:20Z refused " S1 " (refused): found at once, 2 accounts, goes on\n");
	happens(1500, (struct record){ .kind = RECORD_REGISTERED, .account = "101@x", .server = S2, .from = S1 });
	happens(3000, (struct record){ .kind = RECORD_REGISTERED, .account = "100@x", .server = S1 });
	check("2023-11-14T22:13:20Z refused " S1 " (refused): found at once, 2 accounts, 2 registered again within 3.0 s, "
	    "over after 3s\n");
}
END_TEST

START_TEST(B60_B51_network_and_dns)
{
	happens(0, (struct record){ .kind = RECORD_FROZEN, .account = "100@x", .server = S1, .cause = "no-route" });
	happens(1, (struct record){ .kind = RECORD_FROZEN, .account = "101@x", .server = S1, .cause = "no-route" });
	happens(2000, (struct record){ .kind = RECORD_DNS_STALE, .question = "A a.example.com", .cause = "timeout" });
	happens(60000, (struct record){ .kind = RECORD_THAWED, .account = "100@x", .cause = "up" });
	happens(60500, (struct record){ .kind = RECORD_THAWED, .account = "101@x", .cause = "up" });
	happens(62000, (struct record){ .kind = RECORD_DNS_FRESH, .question = "A a.example.com", .cause = "good" });
	check("2023-11-14T22:13:20Z network-down (no-route): found at once, 2 accounts, 2 registered again within 60.5 s, "
	    "over after 1m00s\n"
	    "2023-11-14T22:13:22Z dns-failed A a.example.com (timeout): found at once, over after 1m00s\n");
}
END_TEST

START_TEST(B55_it_is_kept_over_a_restart)
{
	struct stat st;

	happens(0, (struct record){ .kind = RECORD_SERVER_DOWN, .server = S1, .cause = "unreachable", .accounts = 1 });
	happens(50, (struct record){ .kind = RECORD_REGISTERED, .account = "100@x", .server = S2, .from = S1 });
	happens(0, (struct record){ .kind = RECORD_DNS_FAILED, .question = "A \"\\\x1b \xff", .cause = "timeout" });
	ck_assert_int_ne(access(path, F_OK), 0);	/* not written for each */
	restart();
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	happens(5000, (struct record){ .kind = RECORD_SERVER_UP, .server = S1, .cause = "answer" });
	happens(9000, (struct record){ .kind = RECORD_REGISTERED, .account = "101@x", .server = S2, .from = S1 });
	check("2023-11-14T22:13:20Z server-down " S1 " (unreachable): found at once, 1 account, 1 registered again within "
	    "0.0 s, its end was not seen\n"
	    "2023-11-14T22:13:20Z dns-failed A \"\\? ? (timeout): found at once, its end was not seen\n");
}
END_TEST

static struct timer *look;
static int64_t waited_ms;

static void
on_look(void *arg)
{
	(void)arg;
	waited_ms += 10;
	if (access(path, F_OK) == 0 || waited_ms > WAIT_MS)
		loop_stop(loop);
	else
		timer_set(look, instant_add(loop_now(loop), 10));
}

/* While it runs a copy of the process writes it. */
START_TEST(B55_it_is_written_while_it_runs)
{
	waited_ms = 0;
	look = timer_new(loop, on_look, NULL);
	happens(0, (struct record){ .kind = RECORD_SERVER_DOWN, .server = S1, .cause = "unreachable" });
	timer_set(look, loop_now(loop));
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_eq(access(path, F_OK), 0);
	timer_free(look);
}
END_TEST

START_TEST(B55_what_is_no_journal_is_one_warning)
{
	static const char negative[] = "[{\"kind\":\"server-down\",\"subject\":null,\"cause\":\"x\",\"begin_s\":-1,"
	    "\"end_s\":0,\"detect_ms\":0,\"accounts\":0,\"registered_again\":0,\"registered_again_ms\":null}]";
	static const char *const files[] = { "", "{", "{}", "[1]", "[{}]", "[{\"kind\":\"server-down\"}]", negative };

	ck_assert_int_eq(store_write(path, files[_i], strlen(files[_i])), 0);
	restart();
	ck_assert_ptr_nonnull(strstr(log_text.data, "is no journal"));
	check("");
	happens(0, (struct record){ .kind = RECORD_SERVER_DOWN, .server = S1, .cause = "unreachable" });
	restart();
	check("2023-11-14T22:13:20Z server-down " S1 " (unreachable): found at once, 0 accounts, its end was not seen\n");
}
END_TEST

START_TEST(B73_it_is_bounded)
{
	struct strbuf b = { 0 };
	json_t *all;

	for (int i = 0; i < 3 * JOURNAL_KEPT; i++) {
		happens(i * 1000, (struct record){ .kind = RECORD_SERVER_DOWN, .server = S1, .cause = "silence" });
		happens(i * 1000 + 1, (struct record){ .kind = RECORD_SERVER_UP, .server = S1, .cause = "answer" });
	}
	restart();
	journal_write(journal, STATUS_JSON, &b);
	all = json_loads(b.data, 0, NULL);
	ck_assert_uint_eq(json_array_size(all), JOURNAL_KEPT);
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(all, 0), "begin_s")),
	    1700000000 + 2 * JOURNAL_KEPT);
	json_decref(all);
	strbuf_fini(&b);
}
END_TEST

static Suite *
journal_suite(void)
{
	Suite *suite = suite_create("journal");
	TCase *tcase = tcase_create("journal");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, B73_a_server_that_dies_and_comes_back);
	tcase_add_test(tcase, B73_a_lone_server);
	tcase_add_test(tcase, B73_refusals_of_a_server_are_one_incident);
	tcase_add_test(tcase, B60_B51_network_and_dns);
	tcase_add_test(tcase, B55_it_is_kept_over_a_restart);
	tcase_add_test(tcase, B55_it_is_written_while_it_runs);
	tcase_add_loop_test(tcase, B55_what_is_no_journal_is_one_warning, 0, 7);
	tcase_add_test(tcase, B73_it_is_bounded);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(journal_suite)
