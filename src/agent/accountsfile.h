/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_ACCOUNTSFILE_H
#define SIPKEEPD_AGENT_ACCOUNTSFILE_H

/*
 * A file of many accounts, one a line, the values parted by one tab each; the first line names the columns. There is
 * no quoting and no escape: a value is what stands between two tabs, so none can hold a tab or another control
 * character. An empty one sets nothing. Lines that are empty or begin with '#' say nothing; a line may end in CR LF.
 */

#include <stdbool.h>
#include <stddef.h>

#include "agent/configlex.h"
#include "agent/configreport.h"

struct accountsfile {
	char *at, *end;			/* what is left; borrowed, and changed */
	int line;			/* of what was read last */
	const char *file;
	struct configreport *report;
	size_t columns;
	size_t key[CONFIGLEX_KEYS_MAX];	/* of each column, its place in configkeys_account() */
	bool passwords;			/* a column has them */
};

/*
 * Reads the line of the columns.
 *
 * bytes   terminated; will be cut to pieces
 * Returns false if it is no such line, all of that reported.
 */
bool accountsfile_begin(struct accountsfile *accounts, const char *file, char *bytes, size_t len,
    struct configreport *report);

/*
 * The next account; lines that are none are reported and left out.
 *
 * values   one for each of configkeys_account(), NULL where nothing is set; they point into the bytes
 * Returns false at the end.
 */
bool accountsfile_next(struct accountsfile *accounts, const char *values[CONFIGLEX_KEYS_MAX]);

#endif
