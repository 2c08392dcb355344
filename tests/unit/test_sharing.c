/* SPDX-License-Identifier: ISC */
/* B6: which accounts share a serverspec with another one, and so spread over its equals. */
#include "agent/config.h"
#include "agent/sharing.h"
#include "unit.h"

#define ACCOUNT(user, server) "account { user = " user " server = \"" server "\" }\n"

static const struct {
	const char *text;
	bool first, second;
} cases[] = {
	{ ACCOUNT("1", "x.test; a.test") ACCOUNT("2", "x.test; a.test"), true, true },
	{ ACCOUNT("1", "x.test; a.test") ACCOUNT("2", "y.test; b.test; A.test"), true, true },
	{ ACCOUNT("1", "x.test") ACCOUNT("2", "y.test; b.test; x.test"), true, true },
	{ ACCOUNT("1", "x.test; a.test") ACCOUNT("2", "x.test; b.test"), false, false },
	/* other records are asked for, or others get their port */
	{ ACCOUNT("1", "x.test; a.test:5060") ACCOUNT("2", "x.test; a.test:5062"), false, false },
	{ ACCOUNT("1", "x.test; a.test") ACCOUNT("2", "x.test; a.test:5060"), false, false },
	/* an address leads to one server: there is nothing to spread over */
	{ ACCOUNT("1", "x.test; 10.0.0.1") ACCOUNT("2", "x.test; 10.0.0.1"), false, false },
	{ ACCOUNT("1", "x.test; a.test") ACCOUNT("2", "x.test; b.test") ACCOUNT("3", "x.test; b.test"), false, true },
};

START_TEST(B6_shared)
{
	struct strbuf errors = { 0 };
	struct config *config = config_read("t.conf", cases[_i].text, &errors);
	struct sharing sharing = { 0 };

	ck_assert_msg(config != NULL, "%s: %s", cases[_i].text, errors.data);
	for (size_t i = 0; i < config->account_count; i++)
		ck_assert(sharing_count(&sharing, &config->accounts[i]));
	ck_assert_int_eq(sharing_shares(&sharing, &config->accounts[0]), cases[_i].first);
	ck_assert_int_eq(sharing_shares(&sharing, &config->accounts[1]), cases[_i].second);
	sharing_fini(&sharing);
	config_free(config);
	strbuf_fini(&errors);
}
END_TEST

static Suite *
sharing_suite(void)
{
	Suite *suite = suite_create("sharing");
	TCase *tcase = tcase_create("B6");

	tcase_add_loop_test(tcase, B6_shared, 0, UNIT_COUNT(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(sharing_suite)
