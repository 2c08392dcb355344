/* SPDX-License-Identifier: ISC */
#include "core/network.h"
#include "unit.h"

#define LOCAL { .family = ADDRESS_IPV4, .ip = { 10, 0, 0, 100 } }
#define ROUTER { .family = ADDRESS_IPV4, .ip = { 10, 0, 0, 1 } }

/* B61: a route over an interface that is up, has carrier and an address; the router is not failed. */
static const struct {
	struct path path;
	enum network_way way;
} paths[] = {
	{ { 0 }, NETWORK_NO_WAY },
	{ { .routed = true, .up = true, .carrier = true, .local = LOCAL }, NETWORK_WAY },
	{ { .routed = true, .up = true, .carrier = true, .local = LOCAL, .router = ROUTER }, NETWORK_WAY },
	{ { .routed = false, .up = true, .carrier = true, .local = LOCAL }, NETWORK_NO_WAY },
	{ { .routed = true, .up = false, .carrier = true, .local = LOCAL }, NETWORK_NO_WAY },
	{ { .routed = true, .up = true, .carrier = false, .local = LOCAL }, NETWORK_NO_WAY },
	{ { .routed = true, .up = true, .carrier = true }, NETWORK_NO_WAY },
	{ { .routed = true, .up = true, .carrier = true, .local = LOCAL, .router = ROUTER, .router_failed = true },
	    NETWORK_ROUTER_FAILED },
	{ { .routed = true, .up = true, .carrier = false, .local = LOCAL, .router = ROUTER, .router_failed = true },
	    NETWORK_NO_WAY },
	{ { .routed = true, .up = true, .carrier = true, .local = LOCAL, .router = ROUTER, .router_sought = true },
	    NETWORK_WAY },
};

START_TEST(b61_ways)
{
	ck_assert_int_eq((int)network_way(&paths[_i].path), (int)paths[_i].way);
}
END_TEST

#define GO NETWORK_WAY
#define NO NETWORK_NO_WAY
#define DEAD NETWORK_ROUTER_FAILED

/* B61: to none of its candidates a way, or dead routers alone; one lost server is that server's affair. */
static const struct {
	size_t count;
	enum network_way ways[4];
	enum network_state state;
} accounts[] = {
	{ 0, { GO }, NETWORK_UP },			/* nothing is known of nothing */
	{ 1, { GO }, NETWORK_UP },
	{ 1, { NO }, NETWORK_DOWN },
	{ 1, { DEAD }, NETWORK_ROUTERS_FAILED },
	{ 2, { NO, GO }, NETWORK_UP },
	{ 2, { GO, NO }, NETWORK_UP },
	{ 2, { DEAD, GO }, NETWORK_UP },
	{ 2, { NO, NO }, NETWORK_DOWN },
	{ 2, { DEAD, DEAD }, NETWORK_ROUTERS_FAILED },
	{ 2, { NO, DEAD }, NETWORK_ROUTERS_FAILED },
	{ 2, { DEAD, NO }, NETWORK_ROUTERS_FAILED },
	{ 4, { NO, DEAD, NO, GO }, NETWORK_UP },
	{ 4, { NO, NO, NO, NO }, NETWORK_DOWN },
};

START_TEST(b61_judgement)
{
	ck_assert_int_eq((int)network_judge(accounts[_i].ways, accounts[_i].count), (int)accounts[_i].state);
}
END_TEST

START_TEST(words)
{
	ck_assert_str_eq(network_state_text(NETWORK_DOWN), "no way to any server");
	ck_assert_str_eq(network_state_text(NETWORK_ROUTERS_FAILED), "the router does not answer");
	ck_assert_str_eq(network_state_text(NETWORK_UP), "the network is up");
}
END_TEST

static Suite *
network_suite(void)
{
	Suite *suite = suite_create("network");
	TCase *tcase = tcase_create("B60, B61");

	tcase_add_loop_test(tcase, b61_ways, 0, UNIT_COUNT(paths));
	tcase_add_loop_test(tcase, b61_judgement, 0, UNIT_COUNT(accounts));
	tcase_add_test(tcase, words);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(network_suite)
