/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CONFIGLEX_H
#define SIPKEEPD_AGENT_CONFIGLEX_H

/*
 * The text of a configuration file, checked statement by statement before libconfuse sees it.
 *
 * libconfuse alone takes a block that is never closed, lets a key stand twice, expands ${NAME} and cuts a bare word
 * at '#': a password could change silently. Here such things are findings, lines are remembered, and libconfuse gets
 * a plain text in which every value is a single-quoted string.
 *
 *   file      = { key "=" value | "account" "{" { key "=" value } "}" | "include" "(" string ")" }
 *   value     = item | "{" item { "," item } "}"
 *   item      = bare word | "double quoted, with \" and \\" | 'single quoted, literal to the last byte'
 *   comments  run from '#' to the end of the line
 */

#include <stdbool.h>
#include <stddef.h>

#include "agent/configreport.h"
#include "base/str.h"

#define CONFIGLEX_KEYS_MAX 32	/* in one scope */

/* The keys of one scope. */
struct configlex_keys {
	const char *const *names;	/* ends with NULL */
	unsigned secrets;		/* bit i: the value of names[i] must stand in single quotes */
	unsigned lists;			/* bit i: names[i] takes a list, or one item for a list of one */
};

enum configlex_kind {
	CONFIGLEX_SETTING,	/* a global key */
	CONFIGLEX_ACCOUNT,	/* a whole account block */
	CONFIGLEX_INCLUDE,
	CONFIGLEX_END,
	CONFIGLEX_BROKEN,	/* the rest cannot be understood; said in the report */
};

struct configlex_statement {
	enum configlex_kind kind;
	int line;				/* where it begins */
	size_t key;				/* SETTING: its place in the global names */
	int key_line[CONFIGLEX_KEYS_MAX];	/* ACCOUNT: line of each key, 0 if it is not set */
	struct strbuf include;			/* INCLUDE: the file, as written */
};

struct configlex {
	const char *at, *end;		/* what is left of the text; borrowed */
	int line;
	int secret_line;		/* where a secret stands: no finding quotes that line; 0: none */
	const char *file;		/* for the report; borrowed */
	const struct configlex_keys *global, *account;
	struct configreport *report;
	struct strbuf *plain;		/* appended to: the text for libconfuse */
};

/* Zeroed at first; configlex_next() fills it anew each time. */
void configlex_statement_fini(struct configlex_statement *statement);

void configlex_init(struct configlex *lex, const char *file, const char *bytes, size_t len,
    const struct configlex_keys *global, const struct configlex_keys *account, struct configreport *report,
    struct strbuf *plain);

/* The next statement. Unknown and doubled keys are reported and left out of the plain text. */
enum configlex_kind configlex_next(struct configlex *lex, struct configlex_statement *statement);

/* The name that was most likely meant, or NULL if none is near. */
const char *configlex_nearest(struct span word, const char *const *names);

#endif
