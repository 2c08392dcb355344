/* SPDX-License-Identifier: ISC */
#include "agent/config.h"

#include <confuse.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Without memory uthash would end the program; this way the element is just not in the table. */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->account = SIZE_MAX)
#include <uthash.h>

#include "agent/accountsfile.h"
#include "agent/configaccount.h"
#include "agent/configkeys.h"
#include "agent/configlex.h"
#include "agent/configreport.h"
#include "net/store.h"

#define INCLUDE_DEPTH_MAX 8
#define BATCH 256		/* accounts that libconfuse holds at a time: it spends kilobytes on each */

struct config_index {
	size_t account;		/* its place in config->accounts */
	char *aor;
	UT_hash_handle hh;
};

/* The first place of a global key, in whatever file. */
struct first {
	char *file;
	int line;
};

struct reader {
	struct config *config;
	struct configreport *report;
	struct configlex_keys global, account;
	const char *global_names[CONFIGLEX_KEYS_MAX + 1], *account_names[CONFIGLEX_KEYS_MAX + 1];
	cfg_opt_t global_opts[CONFIGLEX_KEYS_MAX + 2], account_opts[CONFIGLEX_KEYS_MAX + 1];
	struct first first[CONFIGLEX_KEYS_MAX];
	size_t accounts_cap;
};

/* One file on its way in. */
struct source {
	struct reader *reader;
	const struct source *includer;	/* or NULL */
	const char *file;
	bool on_disk;			/* not a test's text */
	bool secrets_warned;
	struct strbuf plain;		/* for libconfuse: the statements of this batch */
	int global_line[CONFIGLEX_KEYS_MAX];	/* 0: not in this batch */
	struct configlex_statement *accounts;	/* BATCH of them */
	size_t account_count;
};

static bool
no_memory(struct source *source)
{
	return configreport_no_memory(source->reader->report, source->file);
}

/* ---- accounts ---- */

/* Room for one more; it counts once account_count does. */
static struct account_config *
account_room(struct reader *reader)
{
	struct config *config = reader->config;
	struct account_config *room;

	if (config->account_count == reader->accounts_cap) {
		size_t cap = reader->accounts_cap == 0 ? 4 : reader->accounts_cap * 2;

		room = reallocarray(config->accounts, cap, sizeof(*room));
		if (room == NULL)
			return NULL;
		config->accounts = room;
		reader->accounts_cap = cap;
	}
	return &config->accounts[config->account_count];
}

static void
warn_secrets(struct source *source, int line)
{
	if (source->secrets_warned || !source->on_disk)
		return;
	source->secrets_warned = true;
	if (store_others_may_read(source->file) > 0)
		configreport_warning(source->reader->report, source->file, line,
		    "passwords stand in this file and everybody can read it; chmod o-r it");
}

/* Enters the account in the index. False if its address-of-record is there (B30), or without memory. */
static bool
account_index(struct source *source, struct account_config *account)
{
	struct config *config = source->reader->config;
	size_t len = strlen(account->aor);
	struct config_index *entry;

	HASH_FIND(hh, config->index, account->aor, len, entry);
	if (entry != NULL) {
		const struct account_config *first = &config->accounts[entry->account];

		configreport_error(source->reader->report, account->file, account->line,
		    "account %s stands there twice, first in %s:%d; take one out", account->aor, first->file,
		    first->line);
		return false;
	}
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return no_memory(source);
	entry->account = config->account_count;
	entry->aor = account->aor;
	HASH_ADD_KEYPTR(hh, config->index, entry->aor, len, entry);
	if (entry->account == SIZE_MAX) {
		free(entry);
		return no_memory(source);
	}
	return true;
}

static void
account_add(struct source *source, const struct configlex_statement *s, cfg_t *cfg)
{
	struct account_config *account = account_room(source->reader);
	int line;

	if (account == NULL) {
		no_memory(source);
		return;
	}
	if (configaccount_has_password(s, &line))
		warn_secrets(source, line);
	if (!configaccount_read(account, s, cfg, source->reader->report, source->file))
		return;
	if (account_index(source, account))
		source->reader->config->account_count++;
	else
		configaccount_fini(account);
}

/* ---- one batch of statements ---- */

static void
batch_values(struct source *source, cfg_t *cfg)
{
	const struct configkey *keys = configkeys_global();
	struct configplace place = { .report = source->reader->report, .file = source->file };

	for (size_t i = 0; keys[i].name != NULL; i++) {
		place.line = source->global_line[i];
		if (place.line != 0)
			configkey_set_from(&keys[i], &place, cfg, source->reader->config);
	}
	for (size_t i = 0; i < source->account_count && !source->reader->report->no_memory; i++)
		account_add(source, &source->accounts[i], cfg_getnsec(cfg, "account", (unsigned)i));
}

/* The lexer has refused all that libconfuse could complain about. */
static void
on_confuse_error(cfg_t *cfg, const char *format, va_list args)
{
	(void)cfg;
	(void)format;
	(void)args;
}

/* Gives the statements so far to libconfuse and takes over what it read. */
static void
batch_end(struct source *source)
{
	cfg_t *cfg = NULL;

	if (source->plain.len > 0 && !source->reader->report->no_memory) {
		cfg = cfg_init(source->reader->global_opts, CFGF_NONE);
		if (cfg != NULL)
			cfg_set_error_function(cfg, on_confuse_error);
		if (cfg == NULL || cfg_parse_buf(cfg, source->plain.data) != CFG_SUCCESS
		    || cfg_size(cfg, "account") != source->account_count)
			no_memory(source);
		else
			batch_values(source, cfg);
	}
	if (cfg != NULL)
		cfg_free(cfg);
	if (source->plain.data != NULL)
		explicit_bzero(source->plain.data, source->plain.len);
	strbuf_clear(&source->plain);
	source->account_count = 0;
	memset(source->global_line, 0, sizeof(source->global_line));
}

/* ---- files ---- */

static void
global_seen(struct source *source, const struct configlex_statement *s)
{
	struct reader *reader = source->reader;
	struct first *first = &reader->first[s->key];

	if (first->line != 0) {
		configreport_error(reader->report, source->file, s->line,
		    "%s is set twice, first in %s:%d; take one out", reader->global_names[s->key],
		    first->file != NULL ? first->file : "?", first->line);
		return;
	}
	source->global_line[s->key] = s->line;
	first->line = s->line;
	first->file = strdup(source->file);
	if (first->file == NULL)
		no_memory(source);
}

static void read_file(struct reader *reader, const struct source *includer, int line, const char *file,
    const char *text);

static void
include_file(struct source *source, const struct configlex_statement *s)
{
	char *path = configkey_path_beside(source->file, s->include.data);

	batch_end(source);	/* what stands above it comes first */
	if (path == NULL)
		no_memory(source);
	else
		read_file(source->reader, source, s->line, path, NULL);
	free(path);
}

static void
read_bytes(struct source *source, const char *bytes, size_t len)
{
	struct configlex_statement s = { 0 };
	struct configlex lex;
	enum configlex_kind kind;

	configlex_init(&lex, source->file, bytes, len, &source->reader->global, &source->reader->account,
	    source->reader->report, &source->plain);
	do {
		kind = configlex_next(&lex, &s);
		switch (kind) {
		case CONFIGLEX_SETTING:
			global_seen(source, &s);
			break;
		case CONFIGLEX_ACCOUNT:
			source->accounts[source->account_count++] = s;
			break;
		case CONFIGLEX_INCLUDE:
			include_file(source, &s);
			break;
		case CONFIGLEX_END:
		case CONFIGLEX_BROKEN:
			break;
		}
		if (source->account_count == BATCH)
			batch_end(source);
	} while (kind != CONFIGLEX_END && kind != CONFIGLEX_BROKEN && !source->reader->report->no_memory);
	batch_end(source);
	configlex_statement_fini(&s);
}

/* "a -> b -> a", the way that led to a file. */
static void
way_str(const struct source *includer, const char *file, struct strbuf *to)
{
	if (includer != NULL) {
		way_str(includer->includer, includer->file, to);
		strbuf_append(to, " -> ");
	}
	strbuf_append(to, file);
}

static bool
include_allowed(struct reader *reader, const struct source *includer, int line, const char *file)
{
	struct strbuf way = { 0 };
	bool loop = false;
	int depth = 0;

	for (const struct source *s = includer; s != NULL; s = s->includer) {
		loop = loop || strcmp(s->file, file) == 0;
		depth++;
	}
	if (!loop && depth <= INCLUDE_DEPTH_MAX)
		return true;
	way_str(includer, file, &way);
	configreport_error(reader->report, includer->file, line, "include %s: %s; take one include out",
	    loop ? "goes round in a circle" : "is nested too deeply", way.failed ? file : way.data);
	strbuf_fini(&way);
	return false;
}

/* includer, line   which file wants it, and where; NULL and 0 for the first one */
static void
read_file(struct reader *reader, const struct source *includer, int line, const char *file, const char *text)
{
	struct source source = { .reader = reader, .includer = includer, .file = file, .on_disk = text == NULL };
	struct strbuf content = { 0 };
	int err = 0;

	if (!include_allowed(reader, includer, line, file))
		return;
	source.accounts = calloc(BATCH, sizeof(*source.accounts));
	if (text == NULL)
		err = store_read(file, &content);
	if (source.accounts == NULL || err == -ENOMEM || content.failed)
		no_memory(&source);
	else if (err != 0 && includer != NULL)
		configreport_error(reader->report, includer->file, line,
		    "cannot read %s (%s); correct the path or its permissions", file, strerror(-err));
	else if (err != 0)
		configreport_error(reader->report, file, 0, "cannot read it (%s); correct the path or its permissions",
		    strerror(-err));
	else if (text != NULL)
		read_bytes(&source, text, strlen(text));
	else
		read_bytes(&source, content.data, content.len);
	if (content.data != NULL)
		explicit_bzero(content.data, content.len);
	strbuf_fini(&content);
	strbuf_fini(&source.plain);
	free(source.accounts);
}

/* ---- the file of many accounts ---- */

static void
add_line(struct source *source, int line, const char *const values[CONFIGLEX_KEYS_MAX])
{
	struct account_config *account = account_room(source->reader);

	if (account == NULL)
		no_memory(source);
	else if (!configaccount_read_line(account, line, values, source->reader->report, source->file))
		return;
	else if (account_index(source, account))
		source->reader->config->account_count++;
	else
		configaccount_fini(account);
}

static void
read_lines(struct source *source, struct strbuf *content)
{
	struct configreport *report = source->reader->report;
	const char *values[CONFIGLEX_KEYS_MAX];
	struct accountsfile accounts;
	static char nothing[1];

	if (!accountsfile_begin(&accounts, source->file, content->len > 0 ? content->data : nothing, content->len, report))
		return;
	if (accounts.passwords)
		warn_secrets(source, accounts.line);
	while (!report->no_memory && accountsfile_next(&accounts, values))
		add_line(source, accounts.line, values);
}

/* Where the key stands that named it. */
static const struct first *
place_of_key(const struct reader *reader, const char *name)
{
	size_t i = 0;

	while (strcmp(reader->global_names[i], name) != 0)
		i++;
	return &reader->first[i];
}

static void
read_accounts_file(struct reader *reader)
{
	struct source source = { .reader = reader, .file = reader->config->accounts_file, .on_disk = true };
	const struct first *first = place_of_key(reader, "accounts-file");
	struct strbuf content = { 0 };
	int err;

	if (source.file == NULL || reader->report->no_memory)
		return;
	err = store_read(source.file, &content);
	if (err == -ENOMEM || content.failed)
		no_memory(&source);
	else if (err != 0)
		configreport_error(reader->report, first->file, first->line,
		    "accounts-file: cannot read %s (%s); correct the path or its permissions", source.file,
		    strerror(-err));
	else
		read_lines(&source, &content);
	if (content.data != NULL)
		explicit_bzero(content.data, content.len);
	strbuf_fini(&content);
}

/* ---- the whole ---- */

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
reader_init(struct reader *reader)
{
	size_t end = 0;

	scope_init(configkeys_global(), &reader->global, reader->global_names, reader->global_opts);
	scope_init(configkeys_account(), &reader->account, reader->account_names, reader->account_opts);
	while (reader->global_names[end] != NULL)
		end++;
	reader->global_opts[end] = (cfg_opt_t)CFG_SEC("account", reader->account_opts, CFGF_MULTI);
	reader->global_opts[end + 1] = (cfg_opt_t)CFG_END();
}

static void
reader_fini(struct reader *reader)
{
	for (size_t i = 0; i < CONFIGLEX_KEYS_MAX; i++)
		free(reader->first[i].file);
}

static void
upstream_is_default(struct config *config, bool is_default)
{
	for (size_t i = 0; i < config->upstream_count; i++)
		config->upstream[i].optional = is_default;
}

/* Defaults of what no file has set; the accounts' timers can only follow now. */
static void
complete(struct reader *reader, const char *path)
{
	const struct configkey *keys = configkeys_global();
	struct configplace place = { .report = reader->report, .file = path };
	struct config *config = reader->config;

	for (size_t i = 0; keys[i].name != NULL; i++) {
		if (reader->first[i].line == 0)
			configkey_set_fallback(&keys[i], &place, config);
		if (keys[i].kind == CONFIGKEY_UPSTREAM)
			upstream_is_default(config, reader->first[i].line == 0);
	}
	for (size_t i = 0; i < config->account_count; i++)
		configaccount_inherit(&config->accounts[i], &config->timing);
	if (config->account_count == 0 && reader->report->errors == 0)
		configreport_warning(reader->report, path, 0, "no account in it; nothing will be registered");
}

struct config *
config_read(const char *path, const char *text, struct strbuf *errors)
{
	struct configreport report = { .to = errors };
	struct reader *reader = calloc(1, sizeof(*reader));
	struct config *config = calloc(1, sizeof(*config));

	if (reader == NULL || config == NULL) {
		configreport_no_memory(&report, path);
		free(reader);
		free(config);
		return NULL;
	}
	reader->config = config;
	reader->report = &report;
	reader_init(reader);
	read_file(reader, NULL, 0, path, text);
	read_accounts_file(reader);
	complete(reader, path);
	reader_fini(reader);
	free(reader);
	if (report.errors == 0)
		return config;
	config_free(config);
	return NULL;
}

void
config_free(struct config *config)
{
	struct config_index *entry, *next;

	if (config == NULL)
		return;
	HASH_ITER(hh, config->index, entry, next) {
		HASH_DEL(config->index, entry);
		free(entry);
	}
	for (size_t i = 0; i < config->account_count; i++)
		configaccount_fini(&config->accounts[i]);
	free(config->accounts);
	free(config->interface);
	free(config->control);
	free(config->control_group);
	free(config->pid_file);
	free(config->state_dir);
	free(config->user);
	free(config->accounts_file);
	free(config);
}

const struct account_config *
config_account(const struct config *config, const char *aor)
{
	const struct config_index *entry;

	HASH_FIND(hh, config->index, aor, strlen(aor), entry);
	return entry != NULL ? &config->accounts[entry->account] : NULL;
}
