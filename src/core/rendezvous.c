/* SPDX-License-Identifier: ISC */
#include "core/rendezvous.h"

#include <stddef.h>

/*
 * Each server draws an exponential variate of rate `weight` and the smallest wins: that gives every server a share
 * in proportion to its weight, and the winner's going leaves the order of the others as it was.
 *
 * All in integers but the last division, since log() may differ in its last bit from one C library to the next,
 * and two machines must never disagree.
 */

enum { FRACTION_BITS = 32 };

/* Spreads every bit over all 64: two rounds of shift, xor and an odd factor, each of which can be undone. */
static uint64_t
mix(uint64_t h)
{
	h ^= h >> 31;
	h *= UINT64_C(0xd6c3a1e59b7f4a2d);
	h ^= h >> 29;
	h *= UINT64_C(0xa5b35705e1c98d6b);
	h ^= h >> 33;
	return h;
}

static uint64_t
absorb(uint64_t h, const void *bytes, size_t len)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < len; i++) {
		h = (h ^ b[i]) * UINT64_C(0x9e6d62d06f6a9a9b);
		h ^= h >> 32;
	}
	return h;
}

/* The text's end goes in too: nothing that follows can be taken for a part of it. */
static uint64_t
absorb_text(uint64_t h, const char *text)
{
	const char *end = text;

	while (*end != '\0')
		end++;
	return absorb(h, text, (size_t)(end - text) + 1);
}

static uint64_t
draw(const char *identity, const struct peer *server)
{
	const struct address *a = &server->address;
	/* Byte by byte, and by numbers that are fixed here: nothing may hang on byte order or an enum. */
	const unsigned char head[4] = {
		server->transport == SIP_UDP ? 0 : server->transport == SIP_TCP ? 1 : 2,
		a->family == ADDRESS_IPV4 ? 4 : 6,
		(unsigned char)(a->port >> 8),
		(unsigned char)(a->port & 0xff),
	};
	uint64_t h = absorb_text(UINT64_C(0x51b9ee70d3f68a17), identity);

	h = absorb(h, head, sizeof(head));
	h = absorb(h, a->ip, sizeof(a->ip));
	return mix(h);
}

/*
 * -log2(h / 2^64), with FRACTION_BITS behind the point, at least 1. The whole part is the place of the first bit;
 * each squaring of what follows it brings out one more bit.
 */
static uint64_t
minus_log2(uint64_t h)
{
	uint64_t whole = 1, fraction = 0, x;

	h |= 1;
	for (; h >> 63 == 0; whole++)
		h <<= 1;
	x = h >> 32;		/* 1 <= x < 2, with 31 bits behind the point */
	for (int i = 0; i < FRACTION_BITS; i++) {
		x = (x * x) >> 31;
		fraction <<= 1;
		if (x >> 32 != 0) {
			fraction |= 1;
			x >>= 1;
		}
	}
	whole <<= FRACTION_BITS;
	return whole > fraction ? whole - fraction : 1;
}

double
rendezvous_score(const char *identity, const struct peer *server, uint16_t weight)
{
	double exponential = (double)minus_log2(draw(identity, server));

	/* Weightless ones draw among themselves, all below zero and with that below all others. */
	return weight > 0 ? (double)weight / exponential : -exponential;
}
