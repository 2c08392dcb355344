/* SPDX-License-Identifier: ISC */
#include "agent/configreader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/accountsfile.h"
#include "agent/configaccount.h"
#include "agent/configkeys.h"
#include "agent/configsource.h"
#include "net/store.h"

/* ---- accounts ---- */

void
configreader_warn_secrets(struct configreader *reader, const char *file, int line)
{
	if (store_others_may_read(file) > 0)
		configreport_warning(&reader->report, file, line,
		    "passwords stand in this file and everybody can read it; chmod o-r it");
}

void
configreader_add(struct configreader *reader, struct account_config *account)
{
	const struct account_config *first = config_account(reader->config, account->aor);

	if (first == NULL && config_enter(reader->config))
		return;
	if (first != NULL)
		configreport_error(&reader->report, account->file, account->line,
		    "account %s stands there twice, first in %s:%d; take one out", account->aor, first->file,
		    first->line);
	else
		configreport_no_memory(&reader->report, account->file);
	configaccount_fini(account);
}

/* ---- the file of many accounts ---- */

static void
add_line(struct configreader *reader, const char *file, int line, const char *const values[CONFIGLEX_KEYS_MAX])
{
	struct account_config *account = config_room(reader->config);

	if (account == NULL)
		configreport_no_memory(&reader->report, file);
	else if (configaccount_read_line(account, line, values, &reader->report, file))
		configreader_add(reader, account);
}

/* Returns whether there are more. */
static bool
read_lines(struct configreader *reader, size_t count)
{
	const char *values[CONFIGLEX_KEYS_MAX];

	for (; count > 0; count--) {
		if (reader->report.no_memory || !accountsfile_next(&reader->lines, values))
			return false;
		add_line(reader, reader->lines.file, reader->lines.line, values);
	}
	return true;
}

/* Where the key stands that named it. */
static const struct configreader_place *
place_of_key(const struct configreader *reader, const char *name)
{
	size_t i = 0;

	while (strcmp(reader->global_names[i], name) != 0)
		i++;
	return &reader->first[i];
}

static void
begin_lines(struct configreader *reader, const char *file)
{
	struct strbuf *content = &reader->content;
	static char nothing[1];

	if (!accountsfile_begin(&reader->lines, file, content->len > 0 ? content->data : nothing, content->len,
	    &reader->report))
		return;
	if (reader->lines.passwords)
		configreader_warn_secrets(reader, file, reader->lines.line);
	reader->stage = CONFIGREADER_LINES;
}

static void
open_accounts_file(struct configreader *reader)
{
	const char *file = reader->config->accounts_file;
	const struct configreader_place *first = place_of_key(reader, "accounts-file");
	int err;

	if (file == NULL || reader->report.no_memory)
		return;
	err = store_read(file, &reader->content);
	if (err == -ENOMEM || reader->content.failed)
		configreport_no_memory(&reader->report, file);
	else if (err != 0)
		configreport_error(&reader->report, first->file, first->line,
		    "accounts-file: cannot read %s (%s); correct the path or its permissions", file, strerror(-err));
	else
		begin_lines(reader, file);
}

/* ---- the whole ---- */

static bool
has_upstream(const struct config *config, enum sip_transport transport)
{
	for (size_t i = 0; i < config->upstream_count; i++)
		if (config->upstream[i].transport == transport)
			return true;
	return false;
}

/* One for each family on the transport's own port, as UDP has them. */
static void
add_upstream(struct config *config, enum sip_transport transport)
{
	static const char *const any[] = { "0.0.0.0", "::" };

	for (size_t i = 0; i < 2 && config->upstream_count < CONFIG_UPSTREAMS_MAX; i++) {
		struct transport_listen *new = &config->upstream[config->upstream_count++];

		new->transport = transport;
		address_parse(&new->address, any[i]);
		new->address.port = sip_transport_port(transport);
	}
}

static void
check_tls(struct configreader *reader, const char *path)
{
	if (reader->config->tls.key != NULL && reader->config->tls.certificate == NULL)
		configreport_error(&reader->report, path, 0,
		    "tls-key is set without tls-certificate; add the certificate that it belongs to");
}

/* Each transport that an account has needs an address of ours. */
static void
find_upstream(struct configreader *reader, const struct account_config *account)
{
	const char *name = sip_transport_str(account->transport);

	if (has_upstream(reader->config, account->transport))
		return;
	if (!reader->upstream_set)
		add_upstream(reader->config, account->transport);
	else
		configreport_error(&reader->report, account->file, account->line,
		    "account %.40s: no upstream is %s; add \"%s:0.0.0.0:%d\" to upstream", account->user, name, name,
		    sip_transport_port(account->transport));
}

/* Defaults of what no file has set; the accounts' timers can only follow now. */
static void
complete_globals(struct configreader *reader)
{
	const struct configkey *keys = configkeys_global();
	struct configplace place = { .report = &reader->report, .file = reader->path };

	for (size_t i = 0; keys[i].name != NULL; i++) {
		if (reader->first[i].line == 0)
			configkey_set_fallback(&keys[i], &place, reader->config);
		else if (keys[i].kind == CONFIGKEY_UPSTREAM)
			reader->upstream_set = true;
	}
	reader->stage = CONFIGREADER_ACCOUNTS;
}

/* Returns whether there are more. */
static bool
complete_accounts(struct configreader *reader, size_t count)
{
	struct config *config = reader->config;

	for (; count > 0 && reader->next < config->account_count; count--) {
		struct account_config *account = &config->accounts[reader->next++];

		find_upstream(reader, account);
		configaccount_inherit(account, &config->timing);
	}
	return reader->next < config->account_count;
}

static void
complete_rest(struct configreader *reader)
{
	struct config *config = reader->config;

	for (size_t i = 0; i < config->upstream_count; i++)
		config->upstream[i].optional = !reader->upstream_set;
	check_tls(reader, reader->path);
	if (config->account_count == 0 && reader->report.errors == 0)
		configreport_warning(&reader->report, reader->path, 0, "no account in it; nothing will be registered");
	reader->stage = CONFIGREADER_END;
}

static void
scope_init(const struct configkey *keys, struct configlex_keys *scope, const char **names, cfg_opt_t *opts)
{
	size_t i;

	*scope = (struct configlex_keys){ .names = names };
	for (i = 0; keys[i].name != NULL && i < CONFIGLEX_KEYS_MAX; i++) {
		names[i] = keys[i].name;
		if (keys[i].kind == CONFIGKEY_SECRET)
			scope->secrets |= 1U << i;
		if (configkey_is_list(&keys[i])) {
			scope->lists |= 1U << i;
			opts[i] = (cfg_opt_t)CFG_STR_LIST(names[i], NULL, CFGF_NODEFAULT);
		} else {
			opts[i] = (cfg_opt_t)CFG_STR(names[i], NULL, CFGF_NODEFAULT);
		}
	}
	names[i] = NULL;
	opts[i] = (cfg_opt_t)CFG_END();
}

static void
init(struct configreader *reader)
{
	size_t end = 0;

	scope_init(configkeys_global(), &reader->global, reader->global_names, reader->global_opts);
	scope_init(configkeys_account(), &reader->account, reader->account_names, reader->account_opts);
	while (reader->global_names[end] != NULL)
		end++;
	reader->global_opts[end] = (cfg_opt_t)CFG_SEC("account", reader->account_opts, CFGF_MULTI);
	reader->global_opts[end + 1] = (cfg_opt_t)CFG_END();
}

struct configreader *
config_read_begin(const char *path, const char *text, struct strbuf *errors)
{
	struct configreader *reader = calloc(1, sizeof(*reader));

	if (reader != NULL) {
		reader->report.to = errors;
		reader->path = strdup(path);
		reader->config = calloc(1, sizeof(*reader->config));
	}
	if (reader == NULL || reader->path == NULL || reader->config == NULL) {
		configreport_no_memory(&(struct configreport){ .to = errors }, path);
		if (reader != NULL)
			config_free(config_read_end(reader));
		return NULL;
	}
	init(reader);
	reader->stage = CONFIGREADER_ACCOUNTS;
	configsource_read(reader, reader->path, text);
	open_accounts_file(reader);
	if (reader->stage != CONFIGREADER_LINES)
		complete_globals(reader);
	return reader;
}

bool
config_read_on(struct configreader *reader, size_t accounts)
{
	switch (reader->stage) {
	case CONFIGREADER_LINES:
		if (!read_lines(reader, accounts))
			complete_globals(reader);
		return true;
	case CONFIGREADER_ACCOUNTS:
		if (!complete_accounts(reader, accounts))
			complete_rest(reader);
		return true;
	case CONFIGREADER_END:
		break;
	}
	return false;
}

struct config *
config_read_end(struct configreader *reader)
{
	struct config *config = reader->config;
	bool good = reader->stage == CONFIGREADER_END && reader->report.errors == 0;

	for (size_t i = 0; i < CONFIGLEX_KEYS_MAX; i++)
		free(reader->first[i].file);
	if (reader->content.data != NULL)
		explicit_bzero(reader->content.data, reader->content.len);
	strbuf_fini(&reader->content);
	free(reader->path);
	free(reader);
	if (good)
		return config;
	config_free(config);
	return NULL;
}
