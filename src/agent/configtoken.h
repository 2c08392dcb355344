/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CONFIGTOKEN_H
#define SIPKEEPD_AGENT_CONFIGTOKEN_H

/*
 * The words, quoted texts and marks of a configuration file (agent/configlex.h has the grammar). What is wrong with one
 * alone goes into the report of its lexer.
 */

#include <stdbool.h>

#include "agent/configlex.h"
#include "base/str.h"

enum configtoken_kind {
	CONFIGTOKEN_END,
	CONFIGTOKEN_WORD,		/* bare */
	CONFIGTOKEN_STRING,		/* quoted */
	CONFIGTOKEN_MARK,		/* one of {}=(), */
};

struct configtoken {
	enum configtoken_kind kind;
	int line;
	char mark;		/* MARK: which; STRING: its quote */
	struct span text;	/* without the quotes */
};

struct configtoken configtoken_next(struct configlex *lex);

/* The next one without taking it, and without a finding. */
struct configtoken configtoken_peek(struct configlex *lex);

bool configtoken_is(const struct configtoken *t, char mark);
bool configtoken_is_item(const struct configtoken *t);		/* a word or a quoted text */

/* Appends what an item says, without its escapes and without control characters. escape: ' and \ get a \ again. */
void configtoken_text(const struct configtoken *t, struct strbuf *to, bool escape);

/* Appends an item as libconfuse reads it back to the same bytes. */
void configtoken_plain(const struct configtoken *t, struct strbuf *to);

#endif
