/* SPDX-License-Identifier: ISC */

/* What shows all at a glance: the table of accounts, the servers, and the line for monitoring (B70). */

#include "unit.h"

#include <jansson.h>
#include <string.h>

#include "control/check.h"
#include "control/servers.h"
#include "control/status.h"
#include "control/statustable.h"
#include "fake_agent.h"

/* Whole pieces, of so many bytes at the least. */
static char *
table_of(const struct agent *agent, size_t enough)
{
	struct status_walk walk;
	struct strbuf b = { 0 };

	status_walk_init(&walk, agent, STATUS_TEXT);
	walk.table = true;
	while (status_walk(&walk, NULL, b.len + enough, &b) > 0)
		;
	status_walk_fini(&walk);
	ck_assert(!b.failed);
	return b.data;
}

static char *
servers_of(const struct agent *agent, enum status_form form, size_t enough)
{
	struct servers_walk walk;
	struct strbuf b = { 0 };

	servers_walk_init(&walk, agent, form);
	while (servers_walk(&walk, b.len + enough, &b) > 0)
		;
	ck_assert(!b.failed);
	return b.data;
}

START_TEST(B70_one_line_an_account)
{
	struct agent *agent = fake_agent_new();
	struct account *a;
	char *text;

	agent->status.uptime_s = 3725;
	agent->status.servers = 2;
	a = fake_agent_add(agent, "100@example.com", "10.0.0.1", "10.0.0.2:5070");
	a->status.registered_ms = 242999;
	a = fake_agent_add(agent, "a-very-long-name-indeed@example.com", "10.0.0.1", "10.0.0.2");
	fake_account_activate(a, -1);
	a->status.active = -1;
	a->status.registered_ms = -1;
	a->status.state = ACCOUNT_FAILED;
	a->status.last_error = "403 \x1b[2J";
	a->candidates[0].failed = true;
	a->candidates[1].drained = true;
	a->candidates[1].held_off = true;
	a->candidates[1].health = HEALTH_DOWN;
	text = table_of(agent, 1);
	ck_assert_str_eq(text,
	    "sipkeepd: generation 1, up 1h02m, accounts 2, registered 2, servers 2\n"
	    "\n"
	    "ACCOUNT                      STATE        ACTIVE                FOR  SERVERS\n"
	    "100@example.com              registered   10.0.0.1            4m02s  P1:1 up*  P2:1 up\n"
	    "a-very-long-name-indeed@example.com  failed       none                    -  P1:1 failed  "
	    "P2:1 down drained held off  last error: 403 ?[2J\n");
	free(text);
	free(agent);
}
END_TEST

START_TEST(B70_many_servers_of_one_account)
{
	struct agent *agent = fake_agent_new();
	struct account *a = fake_agent_add(agent, "100@example.com", "10.0.0.1", "10.0.0.2");
	char *text;

	a->status.candidates = STATUSTABLE_SERVERS_MAX + 3;
	text = table_of(agent, 100000);
	ck_assert_ptr_nonnull(strstr(text, "  P1:1 up*  P2:1 up"));
	ck_assert_ptr_nonnull(strstr(text, "  and 3 more\n"));
	free(text);
	free(agent);
}
END_TEST

static struct agent *
agent_with_servers(void)
{
	struct agent *agent = fake_agent_new();
	struct server_status *s = fake_agent_add_server(agent, "10.0.0.1");

	s->health_ms = 242000;
	s->rtt_ms = 12;
	s->next_probe_ms = 237500;
	s->active = 5;
	s->expected = 10;
	s = fake_agent_add_server(agent, "2001:db8::2");
	s->health = HEALTH_DOWN;
	s->cause = HEALTH_CAUSE_UNREACHABLE;
	s->why = "port unreachable";
	s->drained = true;
	return agent;
}

START_TEST(servers_as_text)
{
	struct agent *agent = agent_with_servers();
	char *text = servers_of(agent, STATUS_TEXT, (size_t)_i);

	ck_assert_str_eq(text,
	    "SERVER                      STATE       SINCE  CAUSE              RTT   PROBE IN  ACCOUNTS  EXPECTED\n"
	    "udp:10.0.0.1:5060           up          4m02s  answer           12 ms      3m58s         5        10\n"
	    "udp:[2001:db8::2]:5060      down           0s  unreachable          -         0s         0         0"
	    "  drained  port unreachable\n");
	free(text);
	free(agent);
}
END_TEST

START_TEST(servers_as_json)
{
	struct agent *agent = agent_with_servers();
	char *text = servers_of(agent, STATUS_JSON, (size_t)_i);
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *servers, *server;

	ck_assert_msg(json != NULL, "%s", text);
	ck_assert_int_eq(json_integer_value(json_object_get(json, "version")), 1);
	servers = json_object_get(json, "servers");
	ck_assert_uint_eq(json_array_size(servers), 2);
	server = json_array_get(servers, 0);
	ck_assert_str_eq(json_string_value(json_object_get(server, "address")), "10.0.0.1");
	ck_assert_str_eq(json_string_value(json_object_get(server, "health")), "up");
	ck_assert_int_eq(json_integer_value(json_object_get(server, "rtt_ms")), 12);
	ck_assert_int_eq(json_integer_value(json_object_get(server, "active_accounts")), 5);
	ck_assert_int_eq(json_integer_value(json_object_get(server, "expected_accounts")), 10);
	server = json_array_get(servers, 1);
	ck_assert(json_is_true(json_object_get(server, "drained")));
	ck_assert(json_is_null(json_object_get(server, "rtt_ms")));
	ck_assert_str_eq(json_string_value(json_object_get(server, "why")), "port unreachable");
	json_decref(json);
	free(text);
	free(agent);
}
END_TEST

/* ---- check ---- */

/* Ten accounts: so many registered, so many of these redundant. */
static const struct {
	int registered, redundant;
	struct request_limit warning, critical;
	const char *line;
} checks[] = {
	{ 10, 10, { 0, false }, { 0, false },
	  "OK - 10 of 10 accounts registered, 10 redundant | registered=10;;10:;0;10 redundant=10;10:;;0;10\n" },
	{ 10, 9, { 0, false }, { 0, false },
	  "WARNING - 10 of 10 accounts registered, 9 redundant | registered=10;;10:;0;10 redundant=9;10:;;0;10\n" },
	{ 10, 9, { 1, false }, { 0, false },
	  "OK - 10 of 10 accounts registered, 9 redundant | registered=10;;10:;0;10 redundant=9;9:;;0;10\n" },
	{ 9, 9, { 100, true }, { 0, false },
	  "CRITICAL - 9 of 10 accounts registered, 9 redundant: 9/x@example.com down | "
	  "registered=9;;10:;0;10 redundant=9;0:;;0;10\n" },
	{ 9, 9, { 0, false }, { 10, true },
	  "WARNING - 9 of 10 accounts registered, 9 redundant: 9/x@example.com down | "
	  "registered=9;;9:;0;10 redundant=9;10:;;0;10\n" },
	{ 9, 9, { 19, true }, { 19, true },
	  "OK - 9 of 10 accounts registered, 9 redundant: 9/x@example.com down | "
	  "registered=9;;9:;0;10 redundant=9;9:;;0;10\n" },
	{ 4, 0, { 500, false }, { 500, false },
	  "OK - 4 of 10 accounts registered, 0 redundant: 4/x@example.com down, 5/x@example.com down, "
	  "6/x@example.com down and 3 more | registered=4;;0:;0;10 redundant=0;0:;;0;10\n" },
};

START_TEST(B70_one_line_for_monitoring)
{
	static char aors[10][32];
	struct agent *agent = fake_agent_new();
	struct check_walk walk;
	struct strbuf b = { 0 };

	for (int i = 0; i < 10; i++) {
		struct account *a;

		snprintf(aors[i], sizeof(aors[i]), "%d|x@example.com", i);
		a = fake_agent_add(agent, aors[i], "10.0.0.1", "10.0.0.2");
		a->status.state = i < checks[_i].registered ? ACCOUNT_REGISTERED : ACCOUNT_DOWN;
		a->status.redundant = i < checks[_i].redundant;
	}
	check_walk_init(&walk, agent, STATUS_TEXT, &checks[_i].warning, &checks[_i].critical);
	ck_assert_int_eq(check_walk(&walk, NULL, &b), 0);
	ck_assert_str_eq(b.data, checks[_i].line);
	check_walk_fini(&walk);

	/* One alone is judged by its own state. */
	strbuf_clear(&b);
	check_walk_init(&walk, agent, STATUS_TEXT, &(struct request_limit){ 0 }, &(struct request_limit){ 0 });
	ck_assert_int_eq(check_walk(&walk, &agent->accounts[9], &b), 0);
	ck_assert_int_eq(strncmp(b.data, checks[_i].registered < 10 ? "CRITICAL - 0 of 1 " : checks[_i].redundant < 10 ?
	    "WARNING - 1 of 1 " : "OK - 1 of 1 ", 8), 0);
	check_walk_fini(&walk);
	strbuf_fini(&b);
	free(agent);
}
END_TEST

START_TEST(nothing_to_check)
{
	struct agent *agent = fake_agent_new();
	struct check_walk walk;
	struct strbuf b = { 0 };

	check_walk_init(&walk, agent, STATUS_TEXT, &(struct request_limit){ 0 }, &(struct request_limit){ 0 });
	ck_assert_int_eq(check_walk(&walk, NULL, &b), 0);
	ck_assert_str_eq(b.data, "UNKNOWN - no account is configured | registered=0;;0:;0;0 redundant=0;0:;;0;0\n");
	check_walk_fini(&walk);
	strbuf_fini(&b);
	free(agent);
}
END_TEST

static Suite *
overview_suite(void)
{
	Suite *suite = suite_create("overview");
	TCase *tests = tcase_create("overview");

	tcase_add_test(tests, B70_one_line_an_account);
	tcase_add_test(tests, B70_many_servers_of_one_account);
	tcase_add_loop_test(tests, servers_as_text, 1, 3);
	tcase_add_loop_test(tests, servers_as_json, 1, 3);
	tcase_add_loop_test(tests, B70_one_line_for_monitoring, 0, (int)UNIT_COUNT(checks));
	tcase_add_test(tests, nothing_to_check);
	suite_add_tcase(suite, tests);
	return suite;
}

UNIT_MAIN(overview_suite)
