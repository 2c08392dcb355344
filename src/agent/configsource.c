/* SPDX-License-Identifier: ISC */
#include "agent/configsource.h"

#include <confuse.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/configaccount.h"
#include "agent/configkeys.h"
#include "agent/configreader.h"
#include "net/store.h"

#define INCLUDE_DEPTH_MAX 8
#define BATCH 256		/* accounts that libconfuse holds at a time: it spends kilobytes on each */

/* One file on its way in. */
struct source {
	struct configreader *reader;
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
	return configreport_no_memory(&source->reader->report, source->file);
}

/* ---- one batch of statements ---- */

static void
account_add(struct source *source, const struct configlex_statement *s, cfg_t *cfg)
{
	struct account_config *account = config_room(source->reader->config);
	int line;

	if (account == NULL) {
		no_memory(source);
		return;
	}
	if (source->on_disk && !source->secrets_warned && configaccount_has_password(s, &line)) {
		source->secrets_warned = true;
		configreader_warn_secrets(source->reader, source->file, line);
	}
	if (configaccount_read(account, s, cfg, &source->reader->report, source->file))
		configreader_add(source->reader, account);
}

static void
batch_values(struct source *source, cfg_t *cfg)
{
	const struct configkey *keys = configkeys_global();
	struct configplace place = { .report = &source->reader->report, .file = source->file };

	for (size_t i = 0; keys[i].name != NULL; i++) {
		place.line = source->global_line[i];
		if (place.line != 0)
			configkey_set_from(&keys[i], &place, cfg, source->reader->config);
	}
	for (size_t i = 0; i < source->account_count && !source->reader->report.no_memory; i++)
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

	if (source->plain.len > 0 && !source->reader->report.no_memory) {
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
	struct configreader *reader = source->reader;
	struct configreader_place *first = &reader->first[s->key];

	if (first->line != 0) {
		configreport_error(&reader->report, source->file, s->line,
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

static void read_file(struct configreader *reader, const struct source *includer, int line, const char *file,
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
	    &source->reader->report, &source->plain);
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
	} while (kind != CONFIGLEX_END && kind != CONFIGLEX_BROKEN && !source->reader->report.no_memory);
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
include_allowed(struct configreader *reader, const struct source *includer, int line, const char *file)
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
	configreport_error(&reader->report, includer->file, line, "include %s: %s; take one include out",
	    loop ? "goes round in a circle" : "is nested too deeply", way.failed ? file : way.data);
	strbuf_fini(&way);
	return false;
}

/* includer, line   which file wants it, and where; NULL and 0 for the first one */
static void
read_file(struct configreader *reader, const struct source *includer, int line, const char *file, const char *text)
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
		configreport_error(&reader->report, includer->file, line,
		    "cannot read %s (%s); correct the path or its permissions", file, strerror(-err));
	else if (err != 0)
		configreport_error(&reader->report, file, 0, "cannot read it (%s); correct the path or its permissions",
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

void
configsource_read(struct configreader *reader, const char *path, const char *text)
{
	read_file(reader, NULL, 0, path, text);
}
