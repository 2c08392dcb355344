/* SPDX-License-Identifier: ISC */
#include "agent/config.h"

#include <stdlib.h>
#include <string.h>

/* Without memory uthash would end the program; this way the element is just not in the table. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->account = SIZE_MAX)
#include <uthash.h>

#include "agent/configaccount.h"

struct config_index {
	size_t account;		/* its place in config->accounts */
	char *aor;
	UT_hash_handle hh;
};

struct config *
config_read(const char *path, const char *text, struct strbuf *errors)
{
	struct configreader *reader = config_read_begin(path, text, errors);

	if (reader == NULL)
		return NULL;
	while (config_read_on(reader, SIZE_MAX))
		;
	return config_read_end(reader);
}

struct account_config *
config_room(struct config *config)
{
	struct account_config *room;

	if (config->account_count == config->account_room) {
		size_t count = config->account_room == 0 ? 4 : config->account_room * 2;

		room = reallocarray(config->accounts, count, sizeof(*room));
		if (room == NULL)
			return NULL;
		config->accounts = room;
		config->account_room = count;
	}
	return &config->accounts[config->account_count];
}

bool
config_enter(struct config *config)
{
	struct config_index *entry = calloc(1, sizeof(*entry));

	if (entry == NULL)
		return false;
	entry->account = config->account_count;
	entry->aor = config->accounts[config->account_count].aor;
	HASH_ADD_KEYPTR(hh, config->index, entry->aor, strlen(entry->aor), entry);
	if (entry->account == SIZE_MAX) {
		free(entry);
		return false;
	}
	config->account_count++;
	return true;
}

bool
config_free_accounts(struct config *config, size_t count)
{
	struct config_index *entry;

	for (; count > 0 && config->account_count > 0; count--) {
		struct account_config *last = &config->accounts[--config->account_count];

		HASH_FIND(hh, config->index, last->aor, strlen(last->aor), entry);
		if (entry != NULL)
			HASH_DEL(config->index, entry);
		free(entry);
		configaccount_fini(last);
	}
	return config->account_count > 0;
}

void
config_free(struct config *config)
{
	if (config == NULL)
		return;
	config_free_accounts(config, SIZE_MAX);
	free(config->accounts);
	free(config->interface);
	free(config->control);
	free(config->control_group);
	free(config->http_name);
	free(config->pid_file);
	free(config->state_dir);
	free(config->user);
	free(config->notify);
	free(config->accounts_file);
	free(config->tls.ca_file);
	free(config->tls.certificate);
	free(config->tls.key);
	free(config);
}

const struct account_config *
config_account(const struct config *config, const char *aor)
{
	const struct config_index *entry;

	HASH_FIND(hh, config->index, aor, strlen(aor), entry);
	return entry != NULL ? &config->accounts[entry->account] : NULL;
}
