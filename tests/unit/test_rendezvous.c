/* SPDX-License-Identifier: ISC */
#include <stdbool.h>
#include <stdio.h>

#include "core/rendezvous.h"
#include "unit.h"

enum { IDENTITIES = 20000, SERVERS_MAX = 16 };

static struct peer
peer_of(const char *text)
{
	struct peer peer = { .transport = SIP_UDP };

	ck_assert(address_parse(&peer.address, text));
	return peer;
}

static struct peer
peer_number(unsigned number)
{
	char text[ADDRESS_TEXT_SIZE];

	snprintf(text, sizeof(text), "10.0.0.%u:5060", number + 1);
	return peer_of(text);
}

/* Who wins this identity among the servers that are not left out. */
static unsigned
winner(unsigned identity, const uint16_t *weights, unsigned count, unsigned left_out)
{
	char text[64];
	unsigned best = count;
	double best_score = 0;

	snprintf(text, sizeof(text), "sip:%u@example.com", identity);
	for (unsigned i = 0; i < count; i++) {
		struct peer peer = peer_number(i);
		double score = rendezvous_score(text, &peer, weights[i]);

		if (i == left_out || (best < count && score <= best_score))
			continue;
		best = i;
		best_score = score;
	}
	return best;
}

/* B6, RFC 2782: shares follow the weights. Four standard deviations are allowed for. */
static const struct {
	unsigned count;
	uint16_t weights[SERVERS_MAX];
} weighings[] = {
	{ 2, { 1, 1 } },
	{ 2, { 65535, 65535 } },
	{ 4, { 1, 1, 1, 1 } },
	{ 3, { 10, 60, 30 } },
	{ 4, { 1, 2, 3, 4 } },
	{ 2, { 1, 99 } },
	{ 2, { 65535, 655 } },
	{ 5, { 100, 0, 100, 0, 200 } },
	{ 16, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
};

START_TEST(test_b6_shares)
{
	const uint16_t *weights = weighings[_i].weights;
	unsigned count = weighings[_i].count, wins[SERVERS_MAX] = { 0 };
	double sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += weights[i];
	for (unsigned i = 0; i < IDENTITIES; i++)
		wins[winner(i, weights, count, count)]++;
	for (unsigned i = 0; i < count; i++) {
		double expected = IDENTITIES * weights[i] / sum, off = (double)wins[i] - expected;
		double variance = expected * (1 - weights[i] / sum);

		ck_assert_msg(off * off <= 16 * variance, "server %u has %u of %d, not about %.0f", i, wins[i],
		    IDENTITIES, expected);
	}
}
END_TEST

/* B6: a server's going moves its own accounts only, and scatters them over all that remain, by their weights. */
START_TEST(test_b6_removal)
{
	static const uint16_t weights[] = { 1, 1, 2, 1, 1 };
	enum { COUNT = UNIT_COUNT(weights), GONE = 1 };
	unsigned scattered[COUNT] = { 0 }, moved = 0;

	for (unsigned i = 0; i < IDENTITIES; i++) {
		unsigned before = winner(i, weights, COUNT, COUNT), after = winner(i, weights, COUNT, GONE);

		if (before != GONE) {
			ck_assert_uint_eq(before, after);
			continue;
		}
		ck_assert_uint_ne(after, GONE);
		scattered[after]++;
		moved++;
	}
	ck_assert_uint_gt(moved, IDENTITIES / 6 - 220);
	for (unsigned i = 0; i < COUNT; i++) {
		double share = (double)scattered[i] / moved, expected = i == GONE ? 0 : weights[i] / 5.0;

		ck_assert_msg(share > expected - 0.035 && share < expected + 0.035, "server %u got %.3f", i, share);
	}
}
END_TEST

/* B6: weight 0 only if nothing else is left; then these draw among themselves. */
START_TEST(test_b6_weightless)
{
	static const uint16_t one[] = { 0, 1, 0 }, none[] = { 0, 0, 0 };
	unsigned wins[3] = { 0 };

	for (unsigned i = 0; i < IDENTITIES; i++) {
		ck_assert_uint_eq(winner(i, one, 3, 3), 1);
		wins[winner(i, none, 3, 3)]++;
	}
	for (unsigned i = 0; i < 3; i++)
		ck_assert_msg(wins[i] > IDENTITIES / 3 - 300 && wins[i] < IDENTITIES / 3 + 300, "%u", wins[i]);
}
END_TEST

/* Every part of the arguments counts. */
START_TEST(test_b6_arguments)
{
	struct peer base = peer_of("192.0.2.1:5060"), other = base;
	double score = rendezvous_score("100@example.com", &base, 1);

	ck_assert(rendezvous_score("100@example.com", &base, 1) == score);
	ck_assert(rendezvous_score("101@example.com", &base, 1) != score);
	ck_assert(rendezvous_score("", &base, 1) != score);
	ck_assert(rendezvous_score("100@example.com", &base, 2) == 2 * score);
	other.address.port = 5061;
	ck_assert(rendezvous_score("100@example.com", &other, 1) != score);
	other = base;
	other.transport = SIP_TCP;
	ck_assert(rendezvous_score("100@example.com", &other, 1) != score);
	other = base;
	other.address.family = ADDRESS_IPV6;
	ck_assert(rendezvous_score("100@example.com", &other, 1) != score);
	other = base;
	other.address.ip[3] = 2;
	ck_assert(rendezvous_score("100@example.com", &other, 1) != score);
}
END_TEST

/*
 * B6: the draw is for ever: these numbers may not change from one machine, compiler or release to the next, or an
 * upgrade would reshuffle every fleet.
 */
static const struct {
	const char *identity;
	const char *server;
	enum sip_transport transport;
	uint16_t weight;
	double score;
} vectors[] = {
	{ "sip:100@example.com", "192.0.2.1:5060", SIP_UDP, 1, 5.7075026735012681e-11 },
	{ "sip:100@example.com", "192.0.2.2:5060", SIP_UDP, 1, 5.4678107734682819e-11 },
	{ "sip:100@example.com", "192.0.2.2:5060", SIP_TCP, 10, 1.0873248649740764e-09 },
	{ "sip:100@example.com", "192.0.2.2:5061", SIP_TLS, 65535, 3.5419758928002474e-05 },
	{ "sip:101@example.com", "[2001:db8::1]:5060", SIP_UDP, 30, 4.5403722247699345e-08 },
	{ "sip:101@example.com", "[2001:db8::1]:5060", SIP_UDP, 0, -660738779 },
	{ "", "192.0.2.1:5060", SIP_UDP, 1, 1.7899113154734718e-10 },
};

START_TEST(test_b6_vectors)
{
	struct peer peer = peer_of(vectors[_i].server);
	double score, off;

	peer.transport = vectors[_i].transport;
	score = rendezvous_score(vectors[_i].identity, &peer, vectors[_i].weight);
	off = score / vectors[_i].score - 1;
	ck_assert_msg(off < 1e-14 && off > -1e-14, "%.17g, not %.17g", score, vectors[_i].score);
}
END_TEST

static Suite *
rendezvous_suite(void)
{
	Suite *suite = suite_create("rendezvous");
	TCase *tc = tcase_create("rendezvous");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_b6_shares, 0, (int)UNIT_COUNT(weighings));
	tcase_add_test(tc, test_b6_removal);
	tcase_add_test(tc, test_b6_weightless);
	tcase_add_test(tc, test_b6_arguments);
	tcase_add_loop_test(tc, test_b6_vectors, 0, (int)UNIT_COUNT(vectors));
	suite_add_tcase(suite, tc);
	return suite;
}

UNIT_MAIN(rendezvous_suite)
