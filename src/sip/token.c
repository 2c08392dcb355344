/* SPDX-License-Identifier: ISC */
#include "sip/token.h"

#include <stdio.h>
#include <string.h>

#include "sip/hash.h"

void
token_keyed(char token[SIP_TOKEN_SIZE], const char *key, const char *first, const char *second)
{
	char inner[HASH_TEXT_SIZE] = "", outer[HASH_TEXT_SIZE] = "", text[SIP_TOKEN_TEXT_MAX + HASH_TEXT_SIZE];
	int len;

	/* Hashed twice, so that a longer text does not extend a shorter one's token. */
	len = snprintf(text, sizeof(text), "%s\n%s\n%s", key, first, second);
	hash_hex(HASH_MD5, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1, inner);
	len = snprintf(text, sizeof(text), "%s\n%s", key, inner);
	hash_hex(HASH_MD5, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1, outer);
	memcpy(token, outer, SIP_TOKEN_SIZE - 1);
	token[SIP_TOKEN_SIZE - 1] = '\0';
}
