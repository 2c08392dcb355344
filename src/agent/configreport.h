/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CONFIGREPORT_H
#define SIPKEEPD_AGENT_CONFIGREPORT_H

/* The findings of one reading of the configuration: one line each, "FILE:LINE: what is wrong; what to do". */

#include <stdbool.h>

#include "base/str.h"

#define CONFIGREPORT_MAX 50	/* errors written out; the rest is only counted */

struct configreport {
	struct strbuf *to;	/* borrowed */
	unsigned errors;
	unsigned warnings;
	bool no_memory;		/* the reading must end */
};

/* line 0: the finding is about the file as a whole. Control characters in the text come out as '?'. */
void configreport_error(struct configreport *report, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void configreport_warning(struct configreport *report, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Lack of memory; said once. Returns false, for the caller to return. */
bool configreport_no_memory(struct configreport *report, const char *file);

#endif
