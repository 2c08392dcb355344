/* SPDX-License-Identifier: ISC */

/* A challenge from the network through the tokenizer and back out as credentials. */

#include <stdlib.h>
#include <string.h>

#include "sip/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct span value = { (const char *)bytes, len };
	struct digest_challenge found[4], again[1];
	struct digest_session session;
	struct strbuf line = { 0 };
	size_t count = digest_parse(value, false, found, 4);

	for (size_t i = 0; i < count; i++) {
		struct span sent;

		digest_session_start(&session, &found[i]);
		if (digest_authorize(&session, "u\"ser", "secret", "REGISTER", "sip:example.com", &line) != 0)
			continue;
		/* What we say is read as what we heard. */
		sent = (struct span){ line.data + 15, line.len - 17 };
		if (digest_parse(sent, false, again, 1) != 1 || strcmp(again[0].realm, found[i].realm) != 0 ||
		    strcmp(again[0].nonce, found[i].nonce) != 0)
			abort();
		strbuf_clear(&line);
		digest_session_info(&session, value);
	}
	strbuf_fini(&line);
	return 0;
}
