/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "control/accountfilter.h"
#include "control/status.h"
#include "fake_agent.h"

static struct agent *agent;

static void
setup(void)
{
	struct account *account;

	agent = fake_agent_new();
	fake_agent_add(agent, "100@example.com", "192.0.2.1", "192.0.2.2");
	account = fake_agent_add(agent, "101@example.com", "192.0.2.1", "192.0.2.2");
	account->status.state = ACCOUNT_DOWN;
	account->status.redundant = false;
	fake_account_activate(account, 1);
	account = fake_agent_add(agent, "Anna@other.example", "192.0.2.3", "192.0.2.2");
	account->status.redundant = false;
	account->status.server_text = "other.example; 192.0.2.3; backup.example";
	account = fake_agent_add(agent, "102@example.com", "192.0.2.1", "192.0.2.2");
	account->status.state = ACCOUNT_FROZEN;
	account->status.redundant = false;
	fake_account_activate(account, -1);
}

static void
teardown(void)
{
	free(agent);
}

/* The users that a query shows, and how many it is about. */
static const char *
shown(const char *query, size_t enough)
{
	static char text[256];
	struct accountfilter filter;
	struct status_walk walk;
	struct strbuf b = { 0 }, piece = { 0 };
	int more;
	json_t *json, *account;
	size_t i;

	ck_assert_msg(accountfilter_parse(&filter, query), "%s", query);
	status_walk_init(&walk, agent, STATUS_JSON);
	walk.filter = &filter;
	do {
		strbuf_clear(&piece);
		more = status_walk(&walk, NULL, enough, &piece);
		if (piece.len > 0)
			strbuf_append(&b, piece.data);
	} while (more > 0);
	strbuf_fini(&piece);
	status_walk_fini(&walk);
	json = json_loads(b.data, 0, NULL);
	ck_assert_msg(json != NULL, "%s", b.data);
	text[0] = '\0';
	json_array_foreach(json_object_get(json, "accounts"), i, account) {
		const char *aor = json_string_value(json_object_get(account, "aor"));

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s ", (int)strcspn(aor, "@"), aor);
	}
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "of %d",
	    (int)json_integer_value(json_object_get(json, "matched")));
	json_decref(json);
	strbuf_fini(&b);
	return text;
}

static const struct {
	const char *query, *shown;
} cases[] = {
	{ "", "100 101 Anna 102 of 4" },
	{ "state=registered", "100 Anna of 2" },
	{ "state=down", "101 of 1" },
	{ "state=failed", "of 0" },
	{ "state=unregistered", "101 102 of 2" },
	{ "state=not-redundant", "101 Anna 102 of 3" },
	{ "match=10", "100 101 102 of 3" },
	{ "match=ANNA", "Anna of 1" },
	{ "match=backup", "Anna of 1" },
	{ "match=192.0.2.1", "100 of 1" },
	{ "match=192.0.2.2", "101 of 1" },
	{ "match=%4101%40ex", "of 0" },
	{ "match=101%40ex", "101 of 1" },
	{ "match=101%", "of 0" },
	{ "match=a+b", "of 0" },
	{ "limit=2", "100 101 of 4" },
	{ "offset=1&limit=2", "101 Anna of 4" },
	{ "offset=3&limit=50", "102 of 4" },
	{ "offset=4", "of 4" },
	{ "limit=0", "of 4" },
	{ "state=unregistered&offset=1&limit=1", "102 of 2" },
	{ "something=else&&state=down", "101 of 1" },
};

START_TEST(queries)
{
	ck_assert_str_eq(shown(cases[_i].query, 64 * 1024), cases[_i].shown);
	ck_assert_str_eq(shown(cases[_i].query, 1), cases[_i].shown);
}
END_TEST

START_TEST(nonsense)
{
	static const char *const wrong[] = { "state=up", "state=", "limit=-1", "limit=x", "offset=1.5", "offset",
	    "match=%00", "limit=99999999999999999999999" };
	struct accountfilter filter;
	char longer[ACCOUNTFILTER_MATCH_MAX + 16] = "match=";

	for (size_t i = 0; i < UNIT_COUNT(wrong); i++)
		ck_assert_msg(!accountfilter_parse(&filter, wrong[i]), "%s", wrong[i]);
	memset(longer + strlen(longer), 'x', ACCOUNTFILTER_MATCH_MAX + 1);
	ck_assert(!accountfilter_parse(&filter, longer));
	longer[6 + ACCOUNTFILTER_MATCH_MAX] = '\0';
	ck_assert(accountfilter_parse(&filter, longer));
}
END_TEST

static Suite *
accountfilter_suite(void)
{
	Suite *suite = suite_create("accountfilter");
	TCase *tcase = tcase_create("accountfilter");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, queries, 0, (int)UNIT_COUNT(cases));
	tcase_add_test(tcase, nonsense);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(accountfilter_suite)
