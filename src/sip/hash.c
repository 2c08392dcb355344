/* SPDX-License-Identifier: ISC */
#include "sip/hash.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include <osipparser2/osip_md5.h>

#include "config.h"

#ifdef HAVE_OPENSSL
#include <openssl/crypto.h>
#include <openssl/evp.h>
#endif

enum { BYTES_MAX = 32 };

static void
to_hex(const unsigned char *bytes, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * len] = '\0';
}

static int
hash_md5(const void *bytes, size_t len, char *text)
{
	unsigned char raw[16];
	osip_MD5_CTX state;

	if (len > UINT_MAX)
		return -EINVAL;
	osip_MD5Init(&state);
	osip_MD5Update(&state, (unsigned char *)(uintptr_t)bytes, (unsigned)len);
	osip_MD5Final(raw, &state);
	to_hex(raw, sizeof(raw), text);
	explicit_bzero(&state, sizeof(state));
	return 0;
}

#ifdef HAVE_OPENSSL

/* Fetched once, at first use, and kept until the end. NULL: libcrypto has none, or no memory for it. */
static const EVP_MD *
fetched(enum hash hash)
{
	static const char *const names[HASH_KINDS] = { [HASH_SHA256] = "SHA2-256", [HASH_SHA512_256] = "SHA2-512/256" };
	static EVP_MD *kept[HASH_KINDS];

	if (kept[hash] == NULL) {
		/* The system's openssl.cnf may load engines and much else: not for a hash. */
		OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
		kept[hash] = EVP_MD_fetch(NULL, names[hash], NULL);
	}
	return kept[hash];
}

bool
hash_supported(enum hash hash)
{
	return hash < HASH_KINDS;
}

static int
hash_sha(enum hash hash, const void *bytes, size_t len, char *text)
{
	const EVP_MD *kind = fetched(hash);
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	if (kind == NULL || EVP_Digest(bytes, len, raw, &size, kind, NULL) != 1 || size != BYTES_MAX)
		return -ENOMEM;
	to_hex(raw, size, text);
	return 0;
}

#else

bool
hash_supported(enum hash hash)
{
	return hash == HASH_MD5;
}

static int
hash_sha(enum hash hash, const void *bytes, size_t len, char *text)
{
	(void)hash, (void)bytes, (void)len, (void)text;
	return -ENOTSUP;
}

#endif

int
hash_hex(enum hash hash, const void *bytes, size_t len, char text[HASH_TEXT_SIZE])
{
	return hash == HASH_MD5 ? hash_md5(bytes, len, text) : hash_sha(hash, bytes, len, text);
}
