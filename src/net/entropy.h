/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_ENTROPY_H
#define SIPKEEPD_NET_ENTROPY_H

/*
 * Random bytes: getrandom(2) in the daemon, a seeded generator in the virtual world.
 */

#include <stddef.h>
#include <stdint.h>

void entropy_bytes(void *to, size_t len);
uint32_t entropy_below(uint32_t bound);		/* 0 .. bound-1, even; bound > 0 */

/* len characters of 0-9a-f and the terminator. */
void entropy_hex(char *to, size_t len);

#endif
