/* SPDX-License-Identifier: ISC */
/* For test_keys.sh: prints every key, "global KEY" or "account KEY" a line; given a file, checks that instead. */
#include <stdio.h>

#include "agent/config.h"

static int
check(const char *path)
{
	struct strbuf errors = { 0 };
	struct config *config = config_read(path, NULL, &errors);
	int status = config != NULL ? 0 : 1;

	if (errors.data != NULL)
		fputs(errors.data, stdout);
	strbuf_fini(&errors);
	config_free(config);
	return status;
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return check(argv[1]);
	for (const char *const *key = config_global_keys(); *key != NULL; key++)
		printf("global %s\n", *key);
	for (const char *const *key = config_account_keys(); *key != NULL; key++)
		printf("account %s\n", *key);
	return 0;
}
