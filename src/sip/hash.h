/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_SIP_HASH_H
#define SIPKEEPD_SIP_HASH_H

/*
 * The three hashes of digest credentials, as lower-case hex. MD5 is libosip2's own, so that an account with MD5 only
 * never makes libcrypto load its tables; the others are libcrypto's, where the build has it.
 */

#include <stdbool.h>
#include <stddef.h>

enum hash {
	HASH_MD5,
	HASH_SHA256,
	HASH_SHA512_256,
	HASH_KINDS,
};

#define HASH_TEXT_SIZE 65	/* 64 hex digits and the terminator */

bool hash_supported(enum hash hash);

/* Returns 0, -ENOTSUP where this build has no such hash, -ENOMEM. */
int hash_hex(enum hash hash, const void *bytes, size_t len, char text[HASH_TEXT_SIZE]);

#endif
