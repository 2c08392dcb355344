/* SPDX-License-Identifier: ISC */
#include "net/entropy.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void
entropy_bytes(void *to, size_t len)
{
	uint8_t *at = to;

	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0 && errno != EINTR)
			abort();	/* no kernel that we run on refuses; predictable bytes would be worse */
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
}

uint32_t
entropy_below(uint32_t bound)
{
	uint32_t rest, value;

	assert(bound > 0);
	rest = (uint32_t)(((uint64_t)UINT32_MAX + 1) % bound);	/* the last, uneven stretch of the range is redrawn */
	do
		entropy_bytes(&value, sizeof(value));
	while (value > UINT32_MAX - rest);
	return value % bound;
}

void
entropy_hex(char *to, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	entropy_bytes(to, len);
	for (size_t i = 0; i < len; i++)
		to[i] = digits[(uint8_t)to[i] & 15];
	to[len] = '\0';
}
