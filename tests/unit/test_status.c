/* SPDX-License-Identifier: ISC */

/* B70: the status screen to the letter, and its JSON. */

#include "unit.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "control/explain.h"
#include "control/status.h"
#include "fake_agent.h"

static int
put(void *arg, const char *bytes, size_t len)
{
	strbuf_append_n(arg, bytes, len);
	return 0;
}

static char *
shown(const struct agent *agent, const struct account *only, enum status_form form)
{
	struct strbuf b = { 0 };

	ck_assert_int_eq(status_write(agent, only, form, put, &b), 0);
	ck_assert(!b.failed);
	return b.data;
}

/* Compares with a text that holds the reason's sentence as %s. */
static void
check_text(const struct agent *agent, const char *format, enum selection_reason reason)
{
	char *text = shown(agent, NULL, STATUS_TEXT);
	struct strbuf expected = { 0 };
	const char *at = strstr(format, "%s");

	strbuf_append_n(&expected, format, at != NULL ? (size_t)(at - format) : strlen(format));
	if (at != NULL) {
		strbuf_append(&expected, selection_reason_text(reason));
		strbuf_append(&expected, at + 2);
	}
	ck_assert_str_eq(text, expected.data);
	strbuf_fini(&expected);
	free(text);
}

START_TEST(B70_registered_and_redundant)
{
	struct agent *agent = fake_agent_new();

	agent->status.uptime_s = 3725;
	agent->status.servers = 2;
	fake_agent_add(agent, "100@testdomain.local", "172.29.102.138", "172.29.102.139");
	check_text(agent,
	    "sipkeepd: generation 1, up 1h02m, accounts 1, registered 1, servers 2\n"
	    "\n"
	    "100@testdomain.local: registered, active 172.29.102.138, granted 300 s, refresh in 3m58s, "
	    "redundant: yes\n"
	    "  why: %s\n"
	    "  P1:1  172.29.102.138  up*\n"
	    "  P2:1  172.29.102.139  up\n", SELECTION_BEST);
	free(agent);
}
END_TEST

START_TEST(B70_refused_held_off_and_down)
{
	struct agent *agent = fake_agent_new();
	struct account *a = fake_agent_add(agent, "100@example.com", "10.0.0.1:5062", "2001:db8::2");

	agent->status.registered = 0;
	a->status.state = ACCOUNT_REGISTERING;
	a->status.reason = SELECTION_REFUSED;
	a->status.candidates = 4;
	a->status.granted_s = 0;
	a->status.refresh_ms = -1;
	a->status.redundant = false;
	a->status.last_error = "403 Forbidden";
	a->status.dns_stale = true;
	a->status.dns_error = "example.com SRV: SERVFAIL";
	a->status.dns_age_ms = 65000;
	a->candidates[0].failed = true;
	a->candidates[0].refused_code = 403;
	a->candidates[0].blocked_ms = 299001;
	a->candidates[1].held_off = true;
	a->candidates[1].refused_code = 503;
	a->candidates[1].blocked_ms = 25000;
	a->candidates[2] = a->candidates[1];
	a->candidates[2].held_off = false;
	a->candidates[2].health = HEALTH_DOWN;
	a->candidates[2].cause = HEALTH_CAUSE_SILENCE;
	a->candidates[2].priority = 20;
	a->candidates[2].peer.address.port = 5070;
	a->candidates[3] = a->candidates[2];
	a->candidates[3].health = HEALTH_UNKNOWN;
	a->candidates[3].cause = HEALTH_CAUSE_UNCLEAR;
	a->candidates[3].probe_code = 500;
	fake_account_activate(a, 1);
	{
		char *text = shown(agent, a, STATUS_TEXT);
		const char *list = strstr(text, "  P1:1");
		struct strbuf expected = { 0 };

		ck_assert_ptr_nonnull(strstr(text, "\n100@example.com: registering, active 2001:db8::2, redundant: no\n"));
		ck_assert_ptr_nonnull(strstr(text, "\n  last error: 403 Forbidden\n"));
		ck_assert_ptr_nonnull(strstr(text,
		    "\n  DNS: example.com SRV: SERVFAIL; the answer in use is 1m05s old\n"));
		strbuf_printf(&expected,
		    "  P1:1  10.0.0.1:5062  failed  answered REGISTER with 403, free in 5m00s\n"
		    "  P2:1  2001:db8::2  up*  held off, answered REGISTER with 503, free in 25s\n"
		    "  P2:20  [2001:db8::2]:5070  down  %s\n"
		    "  P2:20  [2001:db8::2]:5070  unknown  %s, answers OPTIONS with 500\n",
		    health_cause_str(HEALTH_CAUSE_SILENCE), health_cause_str(HEALTH_CAUSE_UNCLEAR));
		ck_assert_ptr_nonnull(list);
		ck_assert_str_eq(list, expected.data);
		strbuf_fini(&expected);
		free(text);
	}
	free(agent);
}
END_TEST

START_TEST(B70_no_server_at_all)
{
	struct agent *agent = fake_agent_new();
	struct account *a = fake_agent_add(agent, "100@example.com", "10.0.0.1", "10.0.0.2");

	a->status.state = ACCOUNT_DOWN;
	a->status.candidates = 0;
	a->status.active = -1;
	a->status.granted_s = 0;
	a->status.refresh_ms = -1;
	a->status.redundant = false;
	a->status.reason = SELECTION_NONE;
	check_text(agent,
	    "sipkeepd: generation 1, up 0s, accounts 1, registered 1, servers 0\n"
	    "\n"
	    "100@example.com: down, active none, redundant: no\n"
	    "  why: %s\n", SELECTION_NONE);
	free(agent);
}
END_TEST

START_TEST(text_of_others_steers_no_terminal)
{
	struct agent *agent = fake_agent_new();
	struct account *a = fake_agent_add(agent, "100@example.com", "10.0.0.1", "10.0.0.2");
	char *text;

	a->status.last_error = "403 \x1b[2J\r\nN\xc3\xb6 \xc2\x9b" "1m\x7f";
	text = shown(agent, NULL, STATUS_TEXT);
	ck_assert_ptr_nonnull(strstr(text, "\n  last error: 403 ?[2J??N\xc3\xb6 ?1m?\n"));
	free(text);
	free(agent);
}
END_TEST

static json_t *
parsed(const struct agent *agent, const struct account *only)
{
	char *text = shown(agent, only, STATUS_JSON);
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	ck_assert_msg(json != NULL, "%s in %s", error.text, text);
	free(text);
	return json;
}

static const char *
text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	ck_assert_msg(text != NULL, "%s is no text", key);
	return text;
}

static json_int_t
number_at(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	ck_assert_msg(json_is_integer(value), "%s is no number", key);
	return json_integer_value(value);
}

START_TEST(B70_json_says_all)
{
	struct agent *agent = fake_agent_new();
	struct drops drops = { 0 };
	struct account *a;
	json_t *json, *account, *candidate;

	drops.count[DROP_GARBAGE] = 7;
	agent->status.drops = &drops;
	agent->status.generation = 3;
	agent->status.uptime_s = 60;
	agent->status.servers = 2;
	fake_agent_add(agent, "100@example.com", "10.0.0.1", "10.0.0.2:5070");
	a = fake_agent_add(agent, "200@example.com", "10.0.0.1", "2001:db8::2");
	a->status.last_error = "bad \xff byte";
	a->candidates[1].failed = true;
	a->candidates[1].refused_code = 404;

	json = parsed(agent, NULL);
	ck_assert_int_eq(number_at(json, "version"), 1);
	ck_assert_int_eq(number_at(json, "generation"), 3);
	ck_assert_int_eq(number_at(json, "uptime_s"), 60);
	ck_assert_int_eq(number_at(json, "servers"), 2);
	ck_assert_int_eq(number_at(json_object_get(json, "dropped"), drop_reason_str(DROP_GARBAGE)), 7);
	ck_assert_uint_eq(json_object_size(json_object_get(json, "dropped")), DROP_REASONS);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "accounts")), 2);

	account = json_array_get(json_object_get(json, "accounts"), 0);
	ck_assert_str_eq(text_at(account, "aor"), "100@example.com");
	ck_assert_str_eq(text_at(account, "state"), "registered");
	ck_assert_str_eq(text_at(account, "reason"), selection_reason_str(SELECTION_BEST));
	ck_assert_int_eq(number_at(account, "active"), 0);
	ck_assert_int_eq(number_at(account, "granted_s"), 300);
	ck_assert(json_is_true(json_object_get(account, "redundant")));
	candidate = json_array_get(json_object_get(account, "candidates"), 1);
	ck_assert_int_eq(number_at(candidate, "rank"), 2);
	ck_assert_str_eq(text_at(candidate, "address"), "10.0.0.2");
	ck_assert_int_eq(number_at(candidate, "port"), 5070);
	ck_assert_str_eq(text_at(candidate, "state"), "up");
	ck_assert(json_is_null(json_object_get(candidate, "rtt_ms")));

	account = json_array_get(json_object_get(json, "accounts"), 1);
	ck_assert_str_eq(text_at(account, "last_error"), "bad ? byte");
	candidate = json_array_get(json_object_get(account, "candidates"), 1);
	ck_assert_str_eq(text_at(candidate, "state"), "failed");
	ck_assert_str_eq(text_at(candidate, "health"), "up");
	ck_assert_int_eq(number_at(candidate, "refused_code"), 404);
	json_decref(json);

	json = parsed(agent, a);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "accounts")), 1);
	json_decref(json);
	free(agent);
}
END_TEST

START_TEST(B70_json_without_accounts)
{
	struct agent *agent = fake_agent_new();
	json_t *json = parsed(agent, NULL);

	ck_assert_uint_eq(json_array_size(json_object_get(json, "accounts")), 0);
	ck_assert(json_is_object(json_object_get(json, "dropped")));
	json_decref(json);
	free(agent);
}
END_TEST

static int
put_until(void *arg, const char *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	return --*(int *)arg > 0 ? 0 : -EPIPE;
}

START_TEST(a_refusing_reader_ends_the_writing)
{
	struct agent *agent = fake_agent_new();
	int pieces = 2;

	fake_agent_add(agent, "100@example.com", "10.0.0.1", "10.0.0.2");
	fake_agent_add(agent, "200@example.com", "10.0.0.1", "10.0.0.2");
	ck_assert_int_eq(status_write(agent, NULL, STATUS_JSON, put_until, &pieces), -EPIPE);
	ck_assert_int_eq(pieces, 0);
	free(agent);
}
END_TEST

static const struct {
	int64_t s;
	const char *text;
} durations[] = {
	{ -5, "0s" }, { 0, "0s" }, { 59, "59s" }, { 60, "1m00s" }, { 3599, "59m59s" }, { 3600, "1h00m" },
	{ 86399, "23h59m" }, { 86400, "1d00h" }, { 31622400, "366d00h" },
};

START_TEST(durations_read_well)
{
	char text[STATUS_DURATION_SIZE];

	ck_assert_str_eq(status_duration_str(durations[_i].s, text), durations[_i].text);
}
END_TEST

START_TEST(B74_explained)
{
	struct agent *agent = fake_agent_new();
	struct account *a = fake_agent_add(agent, "100@example.com", "10.0.0.1", "10.0.0.2");
	struct strbuf b = { 0 };
	json_t *json;

	fake_account_activate(a, 1);
	a->status.candidates = 4;
	a->candidates[0].health = HEALTH_DOWN;
	a->candidates[0].cause = HEALTH_CAUSE_SILENCE;
	a->candidates[0].health_ms = 242000;
	a->candidates[2] = a->candidates[3] = a->candidates[0];
	a->candidates[2].rank = 3;
	a->candidates[2].health = a->candidates[3].health = HEALTH_UP;
	a->candidates[2].refused_code = 403;
	a->candidates[3].rank = 4;
	a->why = (struct account_explanation){ .reason = SELECTION_BETTER_UNPROVEN, .moved = SELECTION_DOWN,
		.machine = REGISTRATION_REGISTERED, .active_ms = 242000, .look_again_ms = 28000, .chosen = 1,
		.if_down = 3 };
	a->views[0] = (struct candidate_explanation){ SELECTION_IS_DOWN, -1, true };
	a->views[1] = (struct candidate_explanation){ SELECTION_IS_CHOSEN, -1, true };
	a->views[2] = (struct candidate_explanation){ SELECTION_IS_BLOCKED, 28000, false };
	a->views[3] = (struct candidate_explanation){ SELECTION_IS_WORSE, -1, false };
	ck_assert_int_eq(explain_write(a, STATUS_TEXT, &b), 0);
	ck_assert_str_eq(b.data,
	    "100@example.com: registered, active 10.0.0.2 for 4m02s\n"
	    "  why: a better server has not been seen up\n"
	    "  came there: the server before it went down\n"
	    "  P1:1  10.0.0.1  down  down for 4m02s (silence); taken once it is up\n"
	    "  P2:1  10.0.0.2  up*  the choice; if it went down: 10.0.0.1\n"
	    "  P3:1  10.0.0.1  up  refused this account, put it off or did not answer it (403), for another 28s\n"
	    "  P4:1  10.0.0.1  up  less preferred\n");
	strbuf_clear(&b);
	ck_assert_int_eq(explain_write(a, STATUS_JSON, &b), 0);
	json = json_loads(b.data, 0, NULL);
	ck_assert_ptr_nonnull(json);
	ck_assert_str_eq(json_string_value(json_object_get(json, "reason")), "better-unproven");
	ck_assert_int_eq(json_integer_value(json_object_get(json, "chosen")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(json, "if_down")), 3);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "candidates")), 4);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(json_object_get(json, "candidates"), 2),
	    "verdict")), "blocked");
	json_decref(json);
	strbuf_clear(&b);

	/* nobody is asked now: the account goes nowhere */
	a->status.candidates = 2;
	a->why.reason = SELECTION_WAIT;
	ck_assert_int_eq(explain_write(a, STATUS_TEXT, &b), 0);
	ck_assert_ptr_nonnull(strstr(b.data, "  P2:1  10.0.0.2  up*  the first that is asked again, in 28s\n"));
	strbuf_fini(&b);
	free(agent);
}
END_TEST

static Suite *
status_suite(void)
{
	Suite *suite = suite_create("status");
	TCase *tests = tcase_create("status");

	tcase_add_test(tests, B70_registered_and_redundant);
	tcase_add_test(tests, B74_explained);
	tcase_add_test(tests, B70_refused_held_off_and_down);
	tcase_add_test(tests, B70_no_server_at_all);
	tcase_add_test(tests, text_of_others_steers_no_terminal);
	tcase_add_test(tests, B70_json_says_all);
	tcase_add_test(tests, B70_json_without_accounts);
	tcase_add_test(tests, a_refusing_reader_ends_the_writing);
	tcase_add_loop_test(tests, durations_read_well, 0, (int)UNIT_COUNT(durations));
	suite_add_tcase(suite, tests);
	return suite;
}

UNIT_MAIN(status_suite)
