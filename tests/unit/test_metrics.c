/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "control/metrics.h"
#include "fake_agent.h"

static struct agent *agent;
static struct loop_delays loop;
static struct strbuf text;
static unsigned pieces;
static size_t longest;

static void
setup(void)
{
	agent = fake_agent_new();
	ck_assert_ptr_nonnull(agent);
}

static void
teardown(void)
{
	strbuf_fini(&text);
	free(agent);
}

/*
 * All of it into text.
 *
 * between   called after the first piece; NULL: nothing
 */
static void
show(bool each_account, void (*between)(void))
{
	struct metrics metrics;
	struct strbuf piece = { 0 };
	int more;

	strbuf_clear(&text);
	longest = 0;
	metrics_init(&metrics, agent, &loop, "1.2.3", each_account);
	for (pieces = 0, more = 1; more > 0; pieces++) {
		ck_assert_uint_lt(pieces, 100000);
		more = metrics_next(&metrics, &piece);
		longest = piece.len > longest ? piece.len : longest;
		if (piece.len > 0)
			strbuf_append_n(&text, piece.data, piece.len);
		strbuf_clear(&piece);
		if (between != NULL && pieces == 0)
			between();
	}
	ck_assert_int_eq(more, 0);
	metrics_fini(&metrics);
	strbuf_fini(&piece);
}

static void
has(const char *line)
{
	const char *at = strstr(text.data, line);

	ck_assert_msg(at != NULL && (at == text.data || at[-1] == '\n') && at[strlen(line)] == '\n', "no %s in\n%s",
	    line, text.data);
}

static size_t
occurrences(const char *of)
{
	size_t n = 0;

	for (const char *p = text.data; (p = strstr(p, of)) != NULL; p++)
		n++;
	return n;
}

START_TEST(of_accounts)
{
	struct account *account = fake_agent_add(agent, "100@example.com", "192.0.2.1", "192.0.2.2");

	account->status.unregistered_ms = 12345;
	account->status.failovers = 3;
	account->status.failbacks = 2;
	account->status.dns_age_ms = 61007;
	account = fake_agent_add(agent, "101@example.com", "192.0.2.1", "192.0.2.2");
	account->status.state = ACCOUNT_DOWN;
	account->status.redundant = false;
	fake_account_activate(account, -1);
	show(true, NULL);
	has("sipkeepd_account_registered{account=\"100@example.com\"} 1");
	has("sipkeepd_account_registered{account=\"101@example.com\"} 0");
	has("sipkeepd_account_active_server{account=\"100@example.com\",server=\"udp:192.0.2.1:5060\",rank=\"1\"} 1");
	ck_assert_uint_eq(occurrences("sipkeepd_account_active_server{"), 1);
	has("sipkeepd_account_unregistered_seconds_total{account=\"100@example.com\"} 12.345");
	has("sipkeepd_account_failovers_total{account=\"100@example.com\"} 3");
	has("sipkeepd_account_failbacks_total{account=\"100@example.com\"} 2");
	has("sipkeepd_account_dns_age_seconds{account=\"100@example.com\"} 61.007");
	ck_assert_uint_eq(occurrences("sipkeepd_account_dns_age_seconds{"), 1);
}
END_TEST

START_TEST(labels_are_escaped)
{
	fake_agent_add(agent, "a\"b\\c\nd@example.com", "192.0.2.1", "192.0.2.2");
	show(true, NULL);
	has("sipkeepd_account_registered{account=\"a\\\"b\\\\c\\nd@example.com\"} 1");
}
END_TEST

START_TEST(of_servers)
{
	struct server_status *server = fake_agent_add_server(agent, "192.0.2.1");

	server->active = 7;
	server->expected = 8;
	server = fake_agent_add_server(agent, "[2001:db8::1]:5062");
	server->health = HEALTH_DOWN;
	server->cause = HEALTH_CAUSE_SILENCE;
	server->drained = true;
	probe_counters_answered(&agent->probed, 0);
	probe_counters_answered(&agent->probed, 1);
	probe_counters_answered(&agent->probed, 3);
	probe_counters_answered(&agent->probed, 4000);
	probe_counters_answered(&agent->probed, 4001);
	agent->probed.results[PROBE_SILENT] = 9;
	show(true, NULL);
	has("sipkeepd_server_up{server=\"udp:192.0.2.1:5060\"} 1");
	has("sipkeepd_server_up{server=\"udp:[2001:db8::1]:5062\"} 0");
	has("sipkeepd_server_state{server=\"udp:[2001:db8::1]:5062\",state=\"down\",cause=\"silence\"} 1");
	has("sipkeepd_server_drained{server=\"udp:192.0.2.1:5060\"} 0");
	has("sipkeepd_server_drained{server=\"udp:[2001:db8::1]:5062\"} 1");
	has("sipkeepd_server_accounts{server=\"udp:192.0.2.1:5060\"} 7");
	has("sipkeepd_server_accounts_expected{server=\"udp:192.0.2.1:5060\"} 8");
	has("sipkeepd_server_probes_total{server=\"udp:192.0.2.1:5060\",result=\"answered\"} 5");
	has("sipkeepd_server_probes_total{server=\"udp:192.0.2.1:5060\",result=\"silent\"} 9");
	has("sipkeepd_server_round_trip_seconds_bucket{server=\"udp:192.0.2.1:5060\",le=\"0.001\"} 2");
	has("sipkeepd_server_round_trip_seconds_bucket{server=\"udp:192.0.2.1:5060\",le=\"0.002\"} 2");
	has("sipkeepd_server_round_trip_seconds_bucket{server=\"udp:192.0.2.1:5060\",le=\"0.005\"} 3");
	has("sipkeepd_server_round_trip_seconds_bucket{server=\"udp:192.0.2.1:5060\",le=\"4\"} 4");
	has("sipkeepd_server_round_trip_seconds_bucket{server=\"udp:192.0.2.1:5060\",le=\"+Inf\"} 5");
	has("sipkeepd_server_round_trip_seconds_sum{server=\"udp:192.0.2.1:5060\"} 8.005");
	has("sipkeepd_server_round_trip_seconds_count{server=\"udp:192.0.2.1:5060\"} 5");
}
END_TEST

START_TEST(of_the_whole)
{
	struct tally *sip = &agent->counters.sip;

	tally_count(sip, TALLY_OUT, span_of("REGISTER"), 0);
	tally_count(sip, TALLY_OUT, span_of("REGISTER"), 0);
	tally_count(sip, TALLY_IN, span_of("REGISTER"), 401);
	tally_count(sip, TALLY_IN, span_of("REGISTER"), 200);
	tally_count(sip, TALLY_IN, span_of("HELO"), 0);
	agent->counters.moves[SELECTION_DOWN] = 4;
	agent->counters.moves[SELECTION_FAILBACK] = 3;
	agent->counters.moves[SELECTION_DRAINED] = 2;
	agent->counters.reloads = 5;
	agent->counters.refused_reloads = 1;
	agent->counters.reload_refused = true;
	agent->drops.count[DROP_GARBAGE] = 6;
	agent->status.undecided = 11;
	agent->status.states[ACCOUNT_REGISTERED] = 4;
	agent->status.states[ACCOUNT_DOWN] = 2;
	agent->status.redundant = 3;
	delays_add(&loop.turns, 70);
	delays_add(&loop.turns, 15000);
	delays_add(&loop.turns, 700000);
	delays_add(&loop.timers, 2000);
	show(true, NULL);
	has("sipkeepd_sip_requests_total{direction=\"out\",method=\"REGISTER\"} 2");
	has("sipkeepd_sip_requests_total{direction=\"in\",method=\"other\"} 1");
	has("sipkeepd_sip_responses_total{direction=\"in\",method=\"REGISTER\",code=\"401\"} 1");
	has("sipkeepd_failovers_total{cause=\"active-down\"} 4");
	has("sipkeepd_failovers_total{cause=\"active-refused\"} 0");
	has("sipkeepd_failbacks_total{cause=\"failback\"} 3");
	has("sipkeepd_moves_total{cause=\"active-drained\"} 2");
	has("sipkeepd_config_reloads_total{result=\"applied\"} 5");
	has("sipkeepd_config_reloads_total{result=\"refused\"} 1");
	has("sipkeepd_config_last_reload_successful 0");
	has("sipkeepd_config_generation 1");
	has("sipkeepd_dropped_total{reason=\"garbage\"} 6");
	has("sipkeepd_accounts_undecided 11");
	has("sipkeepd_accounts{state=\"registered\"} 4");
	has("sipkeepd_accounts{state=\"down\"} 2");
	has("sipkeepd_accounts{state=\"frozen\"} 0");
	has("sipkeepd_accounts_redundant 3");
	has("sipkeepd_loop_turn_seconds_bucket{le=\"0.0001\"} 1");
	has("sipkeepd_loop_turn_seconds_bucket{le=\"0.01\"} 1");
	has("sipkeepd_loop_turn_seconds_bucket{le=\"0.02\"} 2");
	has("sipkeepd_loop_turn_seconds_bucket{le=\"+Inf\"} 3");
	has("sipkeepd_loop_turn_seconds_sum 0.715070");
	has("sipkeepd_loop_turn_seconds_count 3");
	has("sipkeepd_loop_delay_seconds_bucket{le=\"0.005\"} 1");
	ck_assert_ptr_nonnull(strstr(text.data, "sipkeepd_build_info{version=\"1.2.3\","));
}
END_TEST

/* Who sends us every status there is fills no memory, and the usual ones go on being counted. */
START_TEST(strange_statuses)
{
	struct tally *sip = &agent->counters.sip;
	uint64_t sum = 0;

	tally_count(sip, TALLY_IN, span_of("REGISTER"), 200);
	for (int status = 100; status < 700; status++)
		tally_count(sip, TALLY_IN, span_of("INVITE"), status);
	tally_count(sip, TALLY_IN, span_of("REGISTER"), 200);
	tally_count(sip, TALLY_OUT, span_of("REGISTER"), 0);
	tally_count(sip, TALLY_IN, span_of("PUBLISH"), 299);
	for (size_t i = 0; i < sip->used; i++)
		sum += sip->entries[i].count;
	ck_assert_uint_eq(sum, 604);
	show(true, NULL);
	has("sipkeepd_sip_responses_total{direction=\"in\",method=\"REGISTER\",code=\"200\"} 2");
	has("sipkeepd_sip_requests_total{direction=\"out\",method=\"REGISTER\"} 1");
	has("sipkeepd_sip_responses_total{direction=\"in\",method=\"PUBLISH\",code=\"other\"} 1");
}
END_TEST

static char names[FAKE_ACCOUNTS_MAX][32];

static void
add_accounts(int count)
{
	for (int i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "%05d@example.com", i);
		fake_agent_add(agent, names[i], "192.0.2.1", "192.0.2.2");
	}
}

/* Each metric in one block, nothing twice, nothing missing, no piece too big. */
START_TEST(many_accounts)
{
	add_accounts(5000);
	show(true, NULL);
	ck_assert_uint_gt(pieces, 20);
	ck_assert_uint_lt(longest, METRICS_PIECE + 16 * 1024);
	ck_assert_uint_eq(occurrences("\nsipkeepd_account_registered{"), 5000);
	ck_assert_uint_eq(occurrences("\nsipkeepd_account_failbacks_total{"), 5000);
	has("sipkeepd_account_redundant{account=\"00000@example.com\"} 1");
	has("sipkeepd_account_redundant{account=\"04999@example.com\"} 1");
	ck_assert_uint_eq(occurrences("# TYPE sipkeepd_account_registered gauge\n"), 1);
}
END_TEST

START_TEST(without_accounts)
{
	add_accounts(5000);
	show(false, NULL);
	ck_assert_uint_eq(pieces, 1);
	ck_assert_uint_eq(agent->shown, 0);
	ck_assert_uint_eq(occurrences("sipkeepd_account_"), 0);
}
END_TEST

static void
remove_first(void)
{
	agent->status.accounts--;
	memmove(&agent->accounts[0], &agent->accounts[1], agent->status.accounts * sizeof(agent->accounts[0]));
}

/* A reload in the midst of it (B71): who is there all the time is shown once. */
START_TEST(reload_between_pieces)
{
	add_accounts(3000);
	show(true, remove_first);
	ck_assert_uint_eq(occurrences("\nsipkeepd_account_registered{"), 3000);
	ck_assert_uint_eq(occurrences("\nsipkeepd_account_redundant{"), 2999);
}
END_TEST

static Suite *
metrics_suite(void)
{
	Suite *suite = suite_create("metrics");
	TCase *tcase = tcase_create("metrics");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, of_accounts);
	tcase_add_test(tcase, labels_are_escaped);
	tcase_add_test(tcase, of_servers);
	tcase_add_test(tcase, of_the_whole);
	tcase_add_test(tcase, strange_statuses);
	tcase_add_test(tcase, many_accounts);
	tcase_add_test(tcase, without_accounts);
	tcase_add_test(tcase, reload_between_pieces);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(metrics_suite)
