/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CONFIGREADER_H
#define SIPKEEPD_AGENT_CONFIGREADER_H

/*
 * One reading of the configuration, from the first file to the last default (config_read_begin() and so on, of
 * agent/config.h): what the files of it share. For configreader.c and configsource.c.
 */

#include <confuse.h>
#include <stdbool.h>
#include <stddef.h>

#include "agent/accountsfile.h"
#include "agent/config.h"
#include "agent/configlex.h"
#include "agent/configreport.h"

/* The first place of a global key, in whatever file. */
struct configreader_place {
	char *file;
	int line;			/* 0: no file sets it */
};

struct configreader {
	struct config *config;
	struct configreport report;
	char *path;
	enum {
		CONFIGREADER_LINES,	/* of the accounts-file */
		CONFIGREADER_ACCOUNTS,	/* what they need of the global settings */
		CONFIGREADER_END,
	} stage;
	struct strbuf content;		/* of the accounts-file */
	struct accountsfile lines;
	size_t next;			/* account */
	bool upstream_set;
	struct configlex_keys global, account;
	const char *global_names[CONFIGLEX_KEYS_MAX + 1], *account_names[CONFIGLEX_KEYS_MAX + 1];
	cfg_opt_t global_opts[CONFIGLEX_KEYS_MAX + 2], account_opts[CONFIGLEX_KEYS_MAX + 1];
	struct configreader_place first[CONFIGLEX_KEYS_MAX];	/* by place in the global names */
};

/* ---- For configsource. ---- */

/*
 * An account that was read, at config_room(), becomes one of the config; or it is the second of its address-of-record
 * (B30) and freed.
 */
void configreader_add(struct configreader *reader, struct account_config *account);

/* Passwords stand in that line of that file: a warning if everybody can read it. */
void configreader_warn_secrets(struct configreader *reader, const char *file, int line);

#endif
