/* SPDX-License-Identifier: ISC */

/* The control socket: requests read strictly, answered over a real unix socket by a fake agent (B71, B74). */

#include "unit.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "control/check.h"
#include "control/events.h"
#include "control/request.h"
#include "control/waiters.h"
#include "control_side.h"

/* ---- Requests ---- */

static const struct {
	const char *line;
	bool good;
	enum request_verb verb;
	const char *subject;
} requests[] = {
	{ "sipkeepd/1 status", true, REQUEST_STATUS, "" },
	{ "sipkeepd/1  status\t100@example.com ", true, REQUEST_STATUS, "100@example.com" },
	{ "sipkeepd/1 status --json 100@example.com", true, REQUEST_STATUS, "100@example.com" },
	{ "sipkeepd/1 status 100 --json", true, REQUEST_STATUS, "100" },
	{ "sipkeepd/1 status --long", true, REQUEST_STATUS, "" },
	{ "sipkeepd/1 servers --json", true, REQUEST_SERVERS, "" },
	{ "sipkeepd/1 servers 10.0.0.1", false, 0, NULL },
	{ "sipkeepd/1 check --all --warning 3 --critical 0%", true, REQUEST_CHECK, "" },
	{ "sipkeepd/1 check 100 --json", true, REQUEST_CHECK, "100" },
	{ "sipkeepd/1 check 100 --all", false, 0, NULL },
	{ "sipkeepd/1 check --warning", false, 0, NULL },
	{ "sipkeepd/1 check --warning %", false, 0, NULL },
	{ "sipkeepd/1 check --critical 101%", false, 0, NULL },
	{ "sipkeepd/1 check --critical -1", false, 0, NULL },
	{ "sipkeepd/1 check --long", false, 0, NULL },
	{ "sipkeepd/1 log", true, REQUEST_LOG, "" },
	{ "sipkeepd/1 log debug", true, REQUEST_LOG, "debug" },
	{ "sipkeepd/1 log debug info", false, 0, NULL },
	{ "sipkeepd/1 reload", true, REQUEST_RELOAD, "" },
	{ "sipkeepd/1 register", true, REQUEST_REGISTER, "" },
	{ "sipkeepd/1 register 100", true, REQUEST_REGISTER, "100" },
	{ "sipkeepd/1 probe", true, REQUEST_PROBE, "" },
	{ "sipkeepd/1 probe [2001:db8::1]:5060", true, REQUEST_PROBE, "[2001:db8::1]:5060" },
	{ "sipkeepd/1 drain udp:10.0.0.1:5060", true, REQUEST_DRAIN, "udp:10.0.0.1:5060" },
	{ "sipkeepd/1 undrain 10.0.0.1", true, REQUEST_UNDRAIN, "10.0.0.1" },
	{ "sipkeepd/1 explain 100 --json", true, REQUEST_EXPLAIN, "100" },
	{ "sipkeepd/1 events", true, REQUEST_EVENTS, "" },
	{ "sipkeepd/1 events --json --follow", true, REQUEST_EVENTS, "" },
	{ "sipkeepd/1 drain", false, 0, NULL },
	{ "sipkeepd/1 undrain", false, 0, NULL },
	{ "sipkeepd/1 drain 10.0.0.1 10.0.0.2", false, 0, NULL },
	{ "sipkeepd/1 explain", false, 0, NULL },
	{ "sipkeepd/1 explain 100 --follow", false, 0, NULL },
	{ "sipkeepd/1 events 100", false, 0, NULL },
	{ "sipkeepd/1 version", true, REQUEST_VERSION, "" },
	{ "sipkeepd/1 wait 100 registered", true, REQUEST_WAIT, "100" },
	{ "sipkeepd/1 wait 100 active=10.0.0.1 --timeout 0", true, REQUEST_WAIT, "100" },
	{ "sipkeepd/1 wait --timeout 500ms 100 registered active=10.0.0.1:5060", true, REQUEST_WAIT, "100" },
	{ NULL, false, 0, NULL },
	{ "", false, 0, NULL },
	{ " ", false, 0, NULL },
	{ "status", false, 0, NULL },
	{ "sipkeepd/1", false, 0, NULL },
	{ "sipkeepd/2 status", false, 0, NULL },
	{ "sipkeepd/1status", false, 0, NULL },
	{ "sipkeepd/1 Status", false, 0, NULL },
	{ "sipkeepd/1 statu", false, 0, NULL },
	{ "sipkeepd/1 status\r", false, 0, NULL },
	{ "sipkeepd/1 status \x1b[2J", false, 0, NULL },
	{ "sipkeepd/1 status 100 200", false, 0, NULL },
	{ "sipkeepd/1 status --yaml", false, 0, NULL },
	{ "sipkeepd/1 reload now", false, 0, NULL },
	{ "sipkeepd/1 reload --json", false, 0, NULL },
	{ "sipkeepd/1 version 1", false, 0, NULL },
	{ "sipkeepd/1 wait", false, 0, NULL },
	{ "sipkeepd/1 wait 100", false, 0, NULL },
	{ "sipkeepd/1 wait 100 sleeping", false, 0, NULL },
	{ "sipkeepd/1 wait 100 registered down", false, 0, NULL },
	{ "sipkeepd/1 wait 100 active=", false, 0, NULL },
	{ "sipkeepd/1 wait 100 active=example.com", false, 0, NULL },
	{ "sipkeepd/1 wait 100 active=10.0.0.1 active=10.0.0.2", false, 0, NULL },
	{ "sipkeepd/1 wait 100 registered --timeout", false, 0, NULL },
	{ "sipkeepd/1 wait 100 registered --timeout -1", false, 0, NULL },
	{ "sipkeepd/1 wait 100 registered --timeout 86401", false, 0, NULL },
	{ "sipkeepd/1 wait 100 registered --timeout soon", false, 0, NULL },
};

START_TEST(requests_are_read_strictly)
{
	struct request request;
	char why[160] = "";
	bool good = request_parse(&request, requests[_i].line, why);

	ck_assert_msg(good == requests[_i].good, "%s: %s", requests[_i].line, why);
	if (good) {
		ck_assert_int_eq(request.verb, requests[_i].verb);
		ck_assert_str_eq(request.subject, requests[_i].subject);
	} else {
		ck_assert_str_ne(why, "");
		for (const char *p = why; *p != '\0'; p++)
			ck_assert((unsigned char)*p >= 0x20);
	}
}
END_TEST

START_TEST(requests_keep_their_options)
{
	struct request r;
	char why[160];
	char line[STREAM_LINE_MAX];

	ck_assert(request_parse(&r, "sipkeepd/1 status --json", why));
	ck_assert(r.json);
	ck_assert(request_parse(&r, "sipkeepd/1 check --warning 5% --critical 7", why));
	ck_assert(r.warning.percent && !r.critical.percent);
	ck_assert_uint_eq(r.warning.number, 5);
	ck_assert_uint_eq(r.critical.number, 7);
	ck_assert(request_parse(&r, "sipkeepd/1 wait 100 frozen active=[2001:db8::1]:5062 --timeout 10", why));
	ck_assert(r.wait_state);
	ck_assert_int_eq(r.state, ACCOUNT_FROZEN);
	ck_assert_int_eq(r.active.port, 5062);
	ck_assert_int_eq(r.timeout_ms, 10000);
	ck_assert(request_parse(&r, "sipkeepd/1 wait 100 active=10.0.0.1", why));
	ck_assert(!r.wait_state);
	ck_assert_int_eq(r.timeout_ms, REQUEST_TIMEOUT_DEFAULT_MS);
	ck_assert(request_parse(&r, "sipkeepd/1 wait 100 registered --timeout 500ms", why));
	ck_assert_int_eq(r.timeout_ms, 500);

	snprintf(line, sizeof(line), "sipkeepd/1 status %0*d", REQUEST_WORD_MAX, 1);
	ck_assert(request_parse(&r, line, why));
	snprintf(line, sizeof(line), "sipkeepd/1 status %0*d", REQUEST_WORD_MAX + 1, 1);
	ck_assert(!request_parse(&r, line, why));
}
END_TEST

/* ---- Over the socket ---- */

static const struct {
	const char *line;
	const char *answer;		/* begins so */
} answers[] = {
	{ "sipkeepd/1 version\n", "ok\nsipkeepd 1.2.3, protocol 1\n" },
	{ "sipkeepd/1 status\n", "ok\nsipkeepd: generation 1, " },
	{ "sipkeepd/1 status 100@example.com\n", "ok\nsipkeepd: generation 1, " },
	{ "sipkeepd/1 status\n", "ok\nsipkeepd: generation 1, up 0s, accounts 1, registered 1, servers 0\n\nACCOUNT " },
	{ "sipkeepd/1 status --long\n",
	  "ok\nsipkeepd: generation 1, up 0s, accounts 1, registered 1, servers 0\n\n100@example.com: registered," },
	{ "sipkeepd/1 servers\n", "ok\nSERVER " },
	{ "sipkeepd/1 servers --json\n", "ok\n{\"version\":1,\"servers\":[]}\n" },
	{ "sipkeepd/1 check\n", "ok\nOK - 1 of 1 accounts registered, 1 redundant | registered=1;;1:;0;1 redundant=1;1:;;0;1\n" },
	{ "sipkeepd/1 check 300\n", "error no-such-account 300\n" },
	{ "sipkeepd/1 check 100@example.com --json\n",
	  "ok\n{\"version\":1,\"result\":\"OK\",\"accounts\":1,\"registered\":1,\"redundant\":1}\n" },
	{ "sipkeepd/1 log\n", "ok\nnotice\n" },
	{ "sipkeepd/1 log loud\n", "error usage log wants " },
	{ "sipkeepd/1 status --json\n", "ok\n{\"version\":1,\"generation\":1," },
	{ "sipkeepd/1 status 300@example.com\n", "error no-such-account 300@example.com\n" },
	{ "sipkeepd/1 register 300@example.com\n", "error no-such-account 300@example.com\n" },
	{ "sipkeepd/1 wait 300@example.com registered\n", "error no-such-account 300@example.com\n" },
	{ "sipkeepd/1 probe nowhere\n", "error no-such-server nowhere\n" },
	{ "sipkeepd/1 drain nowhere\n", "error no-such-server nowhere\n" },
	{ "sipkeepd/1 undrain nowhere\n", "error no-such-server nowhere\n" },
	{ "sipkeepd/1 explain 300@example.com\n", "error no-such-account 300@example.com\n" },
	{ "sipkeepd/1 explain 100@example.com\n", "ok\n100@example.com: registered, active 10.0.0.1 for " },
	{ "sipkeepd/1 explain 100@example.com --json\n", "ok\n{\"version\":1,\"aor\":\"100@example.com\"," },
	{ "sipkeepd/1 events\n", "ok\n" },
	{ "sipkeepd/1 wait 100@example.com registered\n", "ok\n" },
	{ "sipkeepd/1 wait 100@example.com registered active=10.0.0.1\n", "ok\n" },
	{ "sipkeepd/1 wait 100@example.com active=10.0.0.1:5060\n", "ok\n" },
	{ "sipkeepd/1 wait 100@example.com active=10.0.0.1:5061 --timeout 0\n",
	  "error timeout 100@example.com is registered, active 10.0.0.1:5060\n" },
	{ "sipkeepd/1 wait 100@example.com down --timeout 20ms\n",
	  "error timeout 100@example.com is registered, active 10.0.0.1:5060\n" },
	{ "GET / HTTP/1.1\r\n", "error usage " },
	{ "\n", "error usage " },
	{ "sipkeepd/1 status nobody and more\n", "error usage " },
};

START_TEST(every_request_has_its_answer)
{
	struct world w;
	const char *answer;

	world_init(&w);
	fake_agent_add(w.agent, "100@example.com", "10.0.0.1", "10.0.0.2");
	answer = ask(&w, answers[_i].line);
	ck_assert_msg(strncmp(answer, answers[_i].answer, strlen(answers[_i].answer)) == 0, "%s%s", answers[_i].line,
	    answer);
	if (strncmp(answer, "error", 5) == 0)
		ck_assert_ptr_eq(strchr(answer, '\n'), answer + strlen(answer) - 1);
	world_fini(&w);
}
END_TEST

START_TEST(B74_register_and_probe_reach_the_agent)
{
	struct world w;

	world_init(&w);
	fake_agent_add(w.agent, "100@example.com", "10.0.0.1", "10.0.0.2");
	ck_assert_str_eq(ask(&w, "sipkeepd/1 register 100@example.com\n"), "ok\n");
	ck_assert_str_eq(w.agent->asked_for, "100@example.com");
	ck_assert_str_eq(ask(&w, "sipkeepd/1 register\n"), "ok\n");
	ck_assert_str_eq(w.agent->asked_for, "");
	ck_assert_uint_eq(w.agent->registers, 2);
	ck_assert_str_eq(ask(&w, "sipkeepd/1 probe 10.0.0.1:5062\n"), "ok\n");
	ck_assert_str_eq(w.agent->asked_for, "10.0.0.1:5062");
	ck_assert_uint_eq(w.agent->probes, 1);
	ck_assert_str_eq(ask(&w, "sipkeepd/1 drain 10.0.0.1:5062\n"), "ok\n");
	ck_assert_str_eq(ask(&w, "sipkeepd/1 undrain 10.0.0.2\n"), "ok\n");
	ck_assert_str_eq(w.agent->asked_for, "10.0.0.2");
	ck_assert_uint_eq(w.agent->drains, 1);
	ck_assert_uint_eq(w.agent->undrains, 1);
	world_fini(&w);
}
END_TEST

static void
keep_line(void *arg, enum log_level level, const char *line)
{
	struct strbuf *lines = arg;

	(void)level;
	strbuf_printf(lines, "%s\n", line);
}

START_TEST(the_log_changes_its_level)
{
	struct strbuf lines = { 0 };
	struct world w;

	world_init(&w);
	log_to_sink(keep_line, &lines);
	log_set_level(LOG_LEVEL_ERROR);
	ck_assert_str_eq(ask(&w, "sipkeepd/1 log\n"), "ok\nerror\n");
	ck_assert_str_eq(ask(&w, "sipkeepd/1 log debug\n"), "ok\ndebug\n");
	ck_assert_int_eq(log_level(), LOG_LEVEL_DEBUG);
	ck_assert_str_eq(ask(&w, "sipkeepd/1 log debug\n"), "ok\ndebug\n");
	ck_assert_str_eq(ask(&w, "sipkeepd/1 log warning\n"), "ok\nwarning\n");
	ck_assert_int_eq(log_level(), LOG_LEVEL_WARNING);
	ck_assert_str_eq(lines.data, "log level on request: debug\nlog level on request: warning\n");
	log_to_sink(NULL, NULL);
	log_set_level(LOG_LEVEL_NOTICE);
	strbuf_fini(&lines);
	world_fini(&w);
}
END_TEST

START_TEST(B71_reload_says_whether_and_why_not)
{
	struct world w;

	world_init(&w);
	ck_assert_str_eq(ask(&w, "sipkeepd/1 reload\n"),
	    "error refused the old configuration stays\nsipkeepd.conf:3: no such key; remove it\n");
	w.reload_works = true;
	ck_assert_str_eq(ask(&w, "sipkeepd/1 reload\n"), "ok\ngeneration 2\n");
	ck_assert_uint_eq(w.agent->reloads, 2);
	world_fini(&w);
}
END_TEST

/* What the second wants to be read may be newer than what is being read. */
START_TEST(B71_who_asks_during_a_reload_waits_for_the_next)
{
	struct world w;
	int first, second, third;

	world_init(&w);
	w.reload_takes_long = true;
	first = client_says(&w, "sipkeepd/1 reload\n");
	ck_assert_str_eq(hear(&w, first, 10), "");
	control_reload_begins(w.control);
	second = client_says(&w, "sipkeepd/1 reload\n");
	ck_assert_str_eq(hear(&w, second, 10), "");
	third = client_says(&w, "sipkeepd/1 reload\n");
	ck_assert_str_eq(hear(&w, third, 10), "");
	control_reload_ends(w.control, false, "sipkeepd.conf:3: no such key; remove it\n");
	ck_assert_str_eq(hear(&w, first, 2500),
	    "error refused the old configuration stays\nsipkeepd.conf:3: no such key; remove it\n");
	ck_assert_str_eq(hear(&w, second, 10), "");
	ck_assert(!w.ended);
	close(third);
	idle(&w, 20);
	control_reload_begins(w.control);
	control_reload_ends(w.control, true, NULL);
	ck_assert_str_eq(hear(&w, second, 2500), "ok\n");
	ck_assert_uint_eq(w.agent->reloads, 3);
	close(first);
	close(second);
	world_fini(&w);
}
END_TEST

START_TEST(rubbish_gets_one_line)
{
	static const char nul[] = "sipkeepd/1 sta\0tus\n";
	char line[3 * STREAM_LINE_MAX];
	struct world w;
	int fd;

	world_init(&w);
	memset(line, 'x', sizeof(line));
	fd = client(&w, line, sizeof(line));
	ck_assert_int_eq(strncmp(hear(&w, fd, 2500), "error usage ", 12), 0);
	close(fd);
	fd = client(&w, nul, sizeof(nul) - 1);
	ck_assert_int_eq(strncmp(hear(&w, fd, 2500), "error usage ", 12), 0);
	ck_assert(w.ended);
	close(fd);
	world_fini(&w);
}
END_TEST

START_TEST(wait_ends_when_it_comes_true)
{
	struct world w;
	struct account *account;
	int fd;

	world_init(&w);
	account = fake_agent_add(w.agent, "100@example.com", "10.0.0.1", "10.0.0.2");
	fd = client_says(&w, "sipkeepd/1 wait 100@example.com registered active=10.0.0.2 --timeout 60\n");
	ck_assert_str_eq(hear(&w, fd, 10), "");
	ck_assert(!w.ended);
	account->status.state = ACCOUNT_REGISTERING;
	fake_account_activate(account, 1);
	fake_agent_changed(w.agent);
	ck_assert_str_eq(hear(&w, fd, 10), "");		/* there, but not registered yet */
	account->status.state = ACCOUNT_REGISTERED;
	fake_agent_changed(w.agent);
	ck_assert_str_eq(hear(&w, fd, 2500), "ok\n");
	ck_assert(w.ended);
	close(fd);
	world_fini(&w);
}
END_TEST

START_TEST(wait_ends_with_its_account)
{
	struct world w;
	int fd;

	world_init(&w);
	fake_agent_add(w.agent, "100@example.com", "10.0.0.1", "10.0.0.2");
	fd = client_says(&w, "sipkeepd/1 wait 100@example.com down\n");
	ck_assert_str_eq(hear(&w, fd, 10), "");
	w.agent->status.accounts = 0;
	fake_agent_changed(w.agent);
	ck_assert_str_eq(hear(&w, fd, 2500), "error no-such-account 100@example.com has gone\n");
	close(fd);
	world_fini(&w);
}
END_TEST

START_TEST(waiters_are_bounded_and_may_go)
{
	struct world w;
	int fds[WAITERS_MAX];

	world_init(&w);
	fake_agent_add(w.agent, "100@example.com", "10.0.0.1", "10.0.0.2");
	for (int i = 0; i < WAITERS_MAX; i++) {
		fds[i] = client_says(&w, "sipkeepd/1 wait 100@example.com down\n");
		ck_assert_str_eq(hear(&w, fds[i], 3), "");
	}
	ck_assert_int_eq(strncmp(ask(&w, "sipkeepd/1 wait 100@example.com down\n"), "error busy ", 11), 0);
	ck_assert_int_eq(strncmp(ask(&w, "sipkeepd/1 status\n"), "ok\n", 3), 0);
	close(fds[0]);
	ck_assert_int_eq(strncmp(ask(&w, "sipkeepd/1 version\n"), "ok\n", 3), 0);
	ck_assert_int_eq(strncmp(ask(&w, "sipkeepd/1 wait 100@example.com down --timeout 20ms\n"), "error timeout ", 14),
	    0);
	world_fini(&w);		/* with all the others still waiting */
	for (int i = 1; i < WAITERS_MAX; i++)
		close(fds[i]);
}
END_TEST

START_TEST(wait_timeout_frees_its_place)
{
	struct world w;

	world_init(&w);
	fake_agent_add(w.agent, "100@example.com", "10.0.0.1", "10.0.0.2");
	ck_assert_str_eq(ask(&w, "sipkeepd/1 wait 100@example.com frozen --timeout 10ms\n"),
	    "error timeout 100@example.com is registered, active 10.0.0.1:5060\n");
	fake_agent_changed(w.agent);	/* nobody there any more */
	world_fini(&w);
}
END_TEST

/* Line by line: the sanitizer measures all that strstr() is given, each time. */
static size_t
occurrences(const struct strbuf *text, const char *what)
{
	const char *line = text->data, *end = text->data + text->len;
	size_t n = 0;

	while (line < end) {
		const char *eol = memchr(line, '\n', (size_t)(end - line)), *at;

		if (eol == NULL)
			eol = end;
		while ((at = memmem(line, (size_t)(eol - line), what, strlen(what))) != NULL) {
			line = at + strlen(what);
			n++;
		}
		line = eol + 1;
	}
	return n;
}

/* B70: however many accounts there are, they are shown, made as fast as they are taken, and while some come and go. */
START_TEST(B70_a_long_status_is_written_as_it_is_read)
{
	static const char *const requests_of_all[] = { "sipkeepd/1 status --long\n", "sipkeepd/1 status --json\n",
		"sipkeepd/1 status\n" };
	static char aors[FAKE_ACCOUNTS_MAX][24];
	struct account *accounts;
	struct world w;
	size_t size;
	int fd;

	world_init(&w);
	accounts = w.agent->accounts;
	for (int i = 0; i < FAKE_ACCOUNTS_MAX; i++) {
		snprintf(aors[i], sizeof(aors[i]), "%d@example.com", 100000 + i);
		fake_agent_add(w.agent, aors[i], "10.0.0.1", "10.0.0.2");
	}
	fd = client_says(&w, requests_of_all[_i]);
	idle(&w, 10);		/* nobody reads */
	ck_assert_uint_gt(w.agent->shown, 0);
	ck_assert_uint_lt(w.agent->shown, 4000);
	size = sizeof(*accounts) * --w.agent->status.accounts;
	memmove(accounts, accounts + 1, size);		/* a reload: the first one is taken out */
	hear(&w, fd, 100000);
	ck_assert(w.ended);
	for (int i = 0; i < FAKE_ACCOUNTS_MAX; i += 500)
		ck_assert_uint_eq(occurrences(&w.heard, aors[i]), 1);
	ck_assert_uint_eq(occurrences(&w.heard, "@example.com"), FAKE_ACCOUNTS_MAX);
	if (_i == 1) {
		json_t *json = json_loads(strchr(w.heard.data, '{'), 0, NULL);

		ck_assert_ptr_nonnull(json);
		ck_assert_uint_eq(json_array_size(json_object_get(json, "accounts")), FAKE_ACCOUNTS_MAX);
		json_decref(json);
	}
	close(fd);
	world_fini(&w);
}
END_TEST

/* Changes come by the thousand when a server dies; waiters look once a turn, and where their account is. */
START_TEST(waiters_look_once_a_turn)
{
	struct world w;
	int fds[WAITERS_MAX];

	world_init(&w);
	for (int i = 0; i < 1000; i++)
		fake_agent_add(w.agent, "100@example.com", "10.0.0.1", "10.0.0.2");
	fake_agent_add(w.agent, "200@example.com", "10.0.0.1", "10.0.0.2");
	for (int i = 0; i < WAITERS_MAX; i++) {
		fds[i] = client_says(&w, "sipkeepd/1 wait 200@example.com down --timeout 60\n");
		ck_assert_str_eq(hear(&w, fds[i], 3), "");
	}
	fake_agent_changed(w.agent);
	idle(&w, 5);
	w.agent->shown = 0;
	w.agent->searches = 0;
	for (int i = 0; i < 1000; i++)
		fake_agent_changed(w.agent);
	idle(&w, 5);
	ck_assert_uint_le(w.agent->shown, WAITERS_MAX * 2);
	ck_assert_uint_eq(w.agent->searches, 0);
	w.agent->accounts[0] = w.agent->accounts[1000];	/* a reload: it stands elsewhere */
	w.agent->accounts[0].status.state = ACCOUNT_DOWN;
	w.agent->status.accounts = 10;
	fake_agent_changed(w.agent);
	for (int i = 0; i < WAITERS_MAX; i++) {
		ck_assert_str_eq(hear(&w, fds[i], 2500), "ok\n");
		close(fds[i]);
	}
	world_fini(&w);
}
END_TEST

/* Nothing is written before the end; all the same the loop is not held up. */
START_TEST(check_takes_its_turns)
{
	struct world w;
	int fd;

	world_init(&w);
	for (int i = 0; i < FAKE_ACCOUNTS_MAX; i++)
		fake_agent_add(w.agent, "100@example.com", "10.0.0.1", "10.0.0.2");
	w.agent->accounts[FAKE_ACCOUNTS_MAX - 1].status.state = ACCOUNT_FROZEN;
	fd = client_says(&w, "sipkeepd/1 check\n");
	for (unsigned seen = 0, turns = 0; w.agent->shown < FAKE_ACCOUNTS_MAX; turns++) {
		idle(&w, 0);
		ck_assert_uint_le(w.agent->shown - seen, 4 * CHECK_TURN);
		ck_assert_uint_lt(turns, 10000);
		seen = w.agent->shown;
	}
	ck_assert_ptr_nonnull(strstr(hear(&w, fd, 2500), "ok\nCRITICAL - 19999 of 20000 accounts registered, "
	    "20000 redundant: 100@example.com frozen | "));
	ck_assert(w.ended);
	close(fd);
	fd = client_says(&w, "sipkeepd/1 check\n");
	idle(&w, 0);
	close(fd);		/* in the midst of it */
	idle(&w, 2);
	world_fini(&w);
}
END_TEST

START_TEST(a_reader_may_go)
{
	struct world w;
	int fds[2];

	world_init(&w);
	for (int i = 0; i < FAKE_ACCOUNTS_MAX; i++)
		fake_agent_add(w.agent, "100@example.com", "10.0.0.1", "10.0.0.2");
	fds[0] = client_says(&w, "sipkeepd/1 status\n");
	fds[1] = client_says(&w, "sipkeepd/1 status\n");
	idle(&w, 10);
	close(fds[0]);
	idle(&w, 10);
	world_fini(&w);		/* with the other still reading */
	close(fds[1]);
}
END_TEST

/* ---- Transitions ---- */

static void
recorded(struct world *w, int number)
{
	char text[64];
	struct record record = { .kind = RECORD_SERVER_DOWN, .wall_s = 951782400 + number,
		.server = "udp:10.0.0.1:5060", .cause = "silence", .text = text };

	snprintf(text, sizeof(text), "down (silence) %d", number);
	fake_agent_recorded(w->agent, &record);
}

START_TEST(B73_events_are_kept_and_followed)
{
	struct world w;
	const char *heard;
	int fd, json;

	world_init(&w);
	recorded(&w, 0);
	ck_assert_str_eq(ask(&w, "sipkeepd/1 events\n"),
	    "ok\n2000-02-29T00:00:00Z udp:10.0.0.1:5060: down (silence) 0\n");
	fd = client_says(&w, "sipkeepd/1 events --follow\n");
	ck_assert_ptr_nonnull(strstr(hear(&w, fd, 5), "silence) 0\n"));
	ck_assert(!w.ended);
	json = client_says(&w, "sipkeepd/1 events --json --follow\n");
	hear(&w, json, 5);
	recorded(&w, 86400);
	ck_assert_str_eq(hear(&w, fd, 5), "2000-03-01T00:00:00Z udp:10.0.0.1:5060: down (silence) 86400\n");
	ck_assert_str_eq(hear(&w, json, 5), "{\"time\":\"2000-03-01T00:00:00Z\",\"kind\":\"server-down\","
	    "\"server\":\"udp:10.0.0.1:5060\",\"cause\":\"silence\",\"text\":\"down (silence) 86400\"}\n");
	close(fd);
	for (int i = 1; i <= EVENTS_KEPT; i++)
		recorded(&w, i);
	heard = ask(&w, "sipkeepd/1 events\n");
	ck_assert_ptr_null(strstr(heard, " 86400\n"));	/* the oldest went */
	ck_assert_ptr_nonnull(strstr(heard, "silence) 1\n"));
	ck_assert_ptr_nonnull(strstr(heard, "silence) 256\n"));
	world_fini(&w);		/* with one that follows still */
	close(json);
}
END_TEST

START_TEST(B73_followers_are_bounded_and_may_go)
{
	struct world w;
	int fds[EVENTS_FOLLOWERS_MAX];

	world_init(&w);
	for (int i = 0; i < EVENTS_FOLLOWERS_MAX; i++) {
		fds[i] = client_says(&w, "sipkeepd/1 events --follow\n");
		hear(&w, fds[i], 3);
	}
	ck_assert_int_eq(strncmp(ask(&w, "sipkeepd/1 events --follow\n"), "error busy ", 11), 0);
	ck_assert_str_eq(ask(&w, "sipkeepd/1 events\n"), "ok\n");
	close(fds[0]);
	ck_assert_int_eq(strncmp(ask(&w, "sipkeepd/1 version\n"), "ok\n", 3), 0);
	fds[0] = client_says(&w, "sipkeepd/1 events --follow\n");
	ck_assert_str_eq(hear(&w, fds[0], 5), "ok\n");
	world_fini(&w);
	for (int i = 0; i < EVENTS_FOLLOWERS_MAX; i++)
		close(fds[i]);
}
END_TEST

/* Who does not read is dropped: what waits for it is bounded. */
START_TEST(B73_a_slow_follower_is_dropped)
{
	struct world w;
	int slow, quick;

	world_init(&w);
	slow = client_says(&w, "sipkeepd/1 events --follow\n");
	quick = client_says(&w, "sipkeepd/1 events --follow\n");
	hear(&w, quick, 5);
	for (int i = 0; i < 20000; i++) {
		recorded(&w, i);
		if (i % 500 == 0)
			hear(&w, quick, 2);
	}
	hear(&w, quick, 5);
	ck_assert(!w.ended);
	hear(&w, slow, 2500);
	ck_assert(w.ended);
	recorded(&w, 20000);
	ck_assert_ptr_nonnull(strstr(hear(&w, quick, 5), " 20000\n"));
	close(slow);
	close(quick);
	world_fini(&w);
}
END_TEST

static Suite *
control_suite(void)
{
	Suite *suite = suite_create("control");
	TCase *tests = tcase_create("control");

	tcase_set_timeout(tests, 30);
	tcase_add_loop_test(tests, requests_are_read_strictly, 0, (int)UNIT_COUNT(requests));
	tcase_add_test(tests, requests_keep_their_options);
	tcase_add_loop_test(tests, every_request_has_its_answer, 0, (int)UNIT_COUNT(answers));
	tcase_add_test(tests, B74_register_and_probe_reach_the_agent);
	tcase_add_test(tests, the_log_changes_its_level);
	tcase_add_test(tests, check_takes_its_turns);
	tcase_add_test(tests, B71_reload_says_whether_and_why_not);
	tcase_add_test(tests, B71_who_asks_during_a_reload_waits_for_the_next);
	tcase_add_test(tests, rubbish_gets_one_line);
	tcase_add_test(tests, wait_ends_when_it_comes_true);
	tcase_add_test(tests, wait_ends_with_its_account);
	tcase_add_test(tests, waiters_are_bounded_and_may_go);
	tcase_add_test(tests, wait_timeout_frees_its_place);
	tcase_add_test(tests, B73_events_are_kept_and_followed);
	tcase_add_test(tests, B73_followers_are_bounded_and_may_go);
	tcase_add_test(tests, B73_a_slow_follower_is_dropped);
	tcase_add_loop_test(tests, B70_a_long_status_is_written_as_it_is_read, 0, 3);
	tcase_add_test(tests, waiters_look_once_a_turn);
	tcase_add_test(tests, a_reader_may_go);
	suite_add_tcase(suite, tests);
	return suite;
}

UNIT_MAIN(control_suite)
