/* SPDX-License-Identifier: ISC */
/* net/entropy.h from a seed: two independent xorshift streams, one for the agent and one for the world. */

#include "inside.h"
#include "net/entropy.h"

static uint64_t agent_stream, world_stream;

static uint64_t
spread(uint64_t x)	/* neighbouring seeds must not give neighbouring streams */
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (x ^ (x >> 31)) | 1;
}

static uint32_t
draw(uint64_t *stream)
{
	*stream ^= *stream >> 12;
	*stream ^= *stream << 25;
	*stream ^= *stream >> 27;
	return (uint32_t)((*stream * UINT64_C(0x2545f4914f6cdd1d)) >> 32);
}

static uint32_t
below(uint64_t *stream, uint32_t bound)
{
	return (uint32_t)(((uint64_t)draw(stream) * bound) >> 32);
}

void
random_begin(uint64_t seed)
{
	agent_stream = spread(2 * seed);
	world_stream = spread(2 * seed + 1);
}

uint32_t
world_random(uint32_t bound)
{
	return below(&world_stream, bound);
}

void
entropy_bytes(void *to, size_t len)
{
	uint8_t *byte = to;

	while (len-- > 0)
		*byte++ = (uint8_t)draw(&agent_stream);
}

uint32_t
entropy_below(uint32_t bound)
{
	return below(&agent_stream, bound);
}

void
entropy_hex(char *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = "0123456789abcdef"[below(&agent_stream, 16)];
	to[len] = '\0';
}
