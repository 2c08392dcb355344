/* SPDX-License-Identifier: ISC */
/*
 * libFuzzer target: any text as an accounts-file.
 *
 * clang -fsanitize=fuzzer,address,undefined -Isrc tests/fuzz/fuzz_accounts.c libagent.a libnet.a libcore.a -lconfuse
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/accountsfile.h"
#include "agent/config.h"
#include "agent/configaccount.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Files stay out of it: what it would read must not depend on the machine. */
static void
without(char *text, size_t size, const char *word)
{
	for (char *at = memmem(text, size, word, strlen(word)); at != NULL; at = memmem(text, size, word, strlen(word)))
		at[0] = 'X';
}

static void
check(const struct account_config *a)
{
	if (a->user == NULL || a->aor == NULL || a->auth_user == NULL || a->password == NULL || a->server.count == 0
	    || strpbrk(a->aor, "\t\r\n<>\" ") != NULL || strpbrk(a->auth_user, "\t\r\n") != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1);
	struct strbuf errors = { 0 };
	struct configreport report = { .to = &errors };
	const char *values[CONFIGLEX_KEYS_MAX];
	struct accountsfile accounts;
	struct account_config account;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	without(text, size, "password-file");
	if (!accountsfile_begin(&accounts, "fuzz", text, size, &report) && report.errors == 0)
		abort();
	while (report.errors == 0 && accountsfile_next(&accounts, values)) {
		if (!configaccount_read_line(&account, accounts.line, values, &report, "fuzz"))
			continue;
		check(&account);
		configaccount_fini(&account);
	}
	strbuf_fini(&errors);
	free(text);
	return 0;
}
