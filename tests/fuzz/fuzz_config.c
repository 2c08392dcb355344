/* SPDX-License-Identifier: ISC */
/*
 * libFuzzer target: any text as sipkeepd.conf.
 *
 * clang -fsanitize=fuzzer,address,undefined -Isrc tests/fuzz/fuzz_config.c libagent.a libnet.a libcore.a -lconfuse
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Files stay out of it: what it would read must not depend on the machine. */
static void
without(char *text, const char *word)
{
	for (char *at = strstr(text, word); at != NULL; at = strstr(at, word))
		at[0] = 'X';
}

/* A configuration that was taken is whole, and says nothing of errors; one that was not says why. */
static void
check(const struct config *config, const struct strbuf *errors)
{
	if (config == NULL && errors->len == 0)
		abort();
	if (config == NULL)
		return;
	for (size_t i = 0; i < config->account_count; i++) {
		const struct account_config *a = &config->accounts[i];

		if (a->user == NULL || a->aor == NULL || a->auth_user == NULL || a->password == NULL
		    || a->server.count == 0 || a->timing.expires_s < 30 || strpbrk(a->aor, "\r\n<>\" ") != NULL
		    || strpbrk(a->auth_user, "\r\n") != NULL || config_account(config, a->aor) != a)
			abort();
	}
	if (configdiff_needs_restart(config, config) != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1);
	struct strbuf errors = { 0 };
	struct config *config;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	without(text, "include");
	without(text, "password-file");
	without(text, "accounts-file");
	config = config_read("fuzz.conf", text, &errors);
	check(config, &errors);
	config_free(config);
	strbuf_fini(&errors);
	free(text);
	return 0;
}
