/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_SIP_TOKEN_H
#define SIPKEEPD_SIP_TOKEN_H

/*
 * Short tokens that only the holder of a key can make, the same for the same texts: Contact parameters (B40),
 * To tags of answers that nobody keeps (RFC 3261 §8.2.7).
 */

#define SIP_TOKEN_SIZE 17	/* 16 hex digits and the terminator */
#define SIP_TOKEN_TEXT_MAX 1024	/* of key and texts together; what is beyond does not count */

void token_keyed(char token[SIP_TOKEN_SIZE], const char *key, const char *first, const char *second);

#endif
