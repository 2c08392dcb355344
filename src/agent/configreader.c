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
		configreport_warning(reader->report, file, line,
		    "passwords stand in this file and everybody can read it; chmod o-r it");
}

void
configreader_add(struct configreader *reader, struct account_config *account)
{
	const struct account_config *first = config_account(reader->config, account->aor);

	if (first == NULL && config_enter(reader->config))
		return;
	if (first != NULL)
		configreport_error(reader->report, account->file, account->line,
		    "account %s stands there twice, first in %s:%d; take one out", account->aor, first->file,
		    first->line);
	else
		configreport_no_memory(reader->report, account->file);
	configaccount_fini(account);
}

/* ---- the file of many accounts ---- */

static void
add_line(struct configreader *reader, const char *file, int line, const char *const values[CONFIGLEX_KEYS_MAX])
{
	struct account_config *account = config_room(reader->config);

	if (account == NULL)
		configreport_no_memory(reader->report, file);
	else if (configaccount_read_line(account, line, values, reader->report, file))
		configreader_add(reader, account);
}

static void
read_lines(struct configreader *reader, const char *file, struct strbuf *content)
{
	const char *values[CONFIGLEX_KEYS_MAX];
	struct accountsfile accounts;
	static char nothing[1];

	if (!accountsfile_begin(&accounts, file, content->len > 0 ? content->data : nothing, content->len,
	    reader->report))
		return;
	if (accounts.passwords)
		configreader_warn_secrets(reader, file, accounts.line);
	while (!reader->report->no_memory && accountsfile_next(&accounts, values))
		add_line(reader, file, accounts.line, values);
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
read_accounts_file(struct configreader *reader)
{
	const char *file = reader->config->accounts_file;
	const struct configreader_place *first = place_of_key(reader, "accounts-file");
	struct strbuf content = { 0 };
	int err;

	if (file == NULL || reader->report->no_memory)
		return;
	err = store_read(file, &content);
	if (err == -ENOMEM || content.failed)
		configreport_no_memory(reader->report, file);
	else if (err != 0)
		configreport_error(reader->report, first->file, first->line,
		    "accounts-file: cannot read %s (%s); correct the path or its permissions", file, strerror(-err));
	else
		read_lines(reader, file, &content);
	if (content.data != NULL)
		explicit_bzero(content.data, content.len);
	strbuf_fini(&content);
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
		configreport_error(reader->report, path, 0,
		    "tls-key is set without tls-certificate; add the certificate that it belongs to");
}

/* Each transport that an account has needs an address of ours. */
static void
complete_upstreams(struct configreader *reader, bool set)
{
	struct config *config = reader->config;

	for (size_t i = 0; i < config->account_count; i++) {
		const struct account_config *account = &config->accounts[i];
		const char *name = sip_transport_str(account->transport);

		if (has_upstream(config, account->transport))
			continue;
		if (set)
			configreport_error(reader->report, account->file, account->line,
			    "account %.40s: no upstream is %s; add \"%s:0.0.0.0:%d\" to upstream", account->user, name, name,
			    sip_transport_port(account->transport));
		else
			add_upstream(config, account->transport);
	}
	for (size_t i = 0; i < config->upstream_count; i++)
		config->upstream[i].optional = !set;
}

/* Defaults of what no file has set; the accounts' timers can only follow now. */
static void
complete(struct configreader *reader, const char *path)
{
	const struct configkey *keys = configkeys_global();
	struct configplace place = { .report = reader->report, .file = path };
	struct config *config = reader->config;

	bool upstream_set = false;

	for (size_t i = 0; keys[i].name != NULL; i++) {
		if (reader->first[i].line == 0)
			configkey_set_fallback(&keys[i], &place, config);
		else if (keys[i].kind == CONFIGKEY_UPSTREAM)
			upstream_set = true;
	}
	complete_upstreams(reader, upstream_set);
	check_tls(reader, path);
	for (size_t i = 0; i < config->account_count; i++)
		configaccount_inherit(&config->accounts[i], &config->timing);
	if (config->account_count == 0 && reader->report->errors == 0)
		configreport_warning(reader->report, path, 0, "no account in it; nothing will be registered");
}

void
configreader_run(struct configreader *reader, const char *path, const char *text)
{
	configsource_read(reader, path, text);
	read_accounts_file(reader);
	complete(reader, path);
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

void
configreader_init(struct configreader *reader, struct config *config, struct configreport *report)
{
	size_t end = 0;

	*reader = (struct configreader){ .config = config, .report = report };
	scope_init(configkeys_global(), &reader->global, reader->global_names, reader->global_opts);
	scope_init(configkeys_account(), &reader->account, reader->account_names, reader->account_opts);
	while (reader->global_names[end] != NULL)
		end++;
	reader->global_opts[end] = (cfg_opt_t)CFG_SEC("account", reader->account_opts, CFGF_MULTI);
	reader->global_opts[end + 1] = (cfg_opt_t)CFG_END();
}

void
configreader_fini(struct configreader *reader)
{
	for (size_t i = 0; i < CONFIGLEX_KEYS_MAX; i++)
		free(reader->first[i].file);
}
