/* SPDX-License-Identifier: ISC */
#include "agent/sharing.h"

#include <stdio.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct name_use {
	char key[DNS_NAME_SIZE + 8];	/* name:port */
	unsigned users;
	UT_hash_handle hh;
};

static void
write_key(char key[DNS_NAME_SIZE + 8], const struct serverspec *spec)
{
	snprintf(key, DNS_NAME_SIZE + 8, "%s:%u", spec->name, spec->port);
}

static bool
count_use(struct name_use **uses, const struct serverspec *spec)
{
	char key[DNS_NAME_SIZE + 8];
	struct name_use *use;

	write_key(key, spec);
	HASH_FIND_STR(*uses, key, use);
	if (use == NULL) {
		use = calloc(1, sizeof(*use));
		if (use == NULL)
			return false;
		write_key(use->key, spec);
		HASH_ADD_STR(*uses, key, use);
		if (use->hh.tbl == NULL) {
			free(use);
			return false;
		}
	}
	use->users++;
	return true;
}

static bool
is_shared(struct name_use *uses, const struct serverspec *spec)
{
	char key[DNS_NAME_SIZE + 8];
	struct name_use *use;

	write_key(key, spec);
	HASH_FIND_STR(uses, key, use);
	return use != NULL && use->users > 1;
}

bool
sharing_count(struct sharing *sharing, const struct account_config *account)
{
	bool complete = true;

	for (size_t i = 0; i < account->server.count; i++)
		if (account->server.specs[i].name[0] != '\0')
			complete = count_use(&sharing->uses, &account->server.specs[i]) && complete;
	return complete;
}

bool
sharing_shares(const struct sharing *sharing, const struct account_config *account)
{
	for (size_t i = 0; i < account->server.count; i++)
		if (account->server.specs[i].name[0] != '\0' && is_shared(sharing->uses, &account->server.specs[i]))
			return true;
	return false;
}

void
sharing_fini(struct sharing *sharing)
{
	struct name_use *use, *next;

	HASH_ITER(hh, sharing->uses, use, next) {
		HASH_DEL(sharing->uses, use);
		free(use);
	}
}
