/* SPDX-License-Identifier: ISC */
#include "agent/configreport.h"

static void
line_out(struct configreport *report, const char *file, int line, const char *kind, const char *format, va_list args)
	__attribute__((format(printf, 5, 0)));

static void
line_out(struct configreport *report, const char *file, int line, const char *kind, const char *format, va_list args)
{
	size_t from = report->to->len;

	strbuf_append(report->to, file);
	if (line > 0)
		strbuf_printf(report->to, ":%d", line);
	strbuf_printf(report->to, ": %s", kind);
	strbuf_vprintf(report->to, format, args);
	strbuf_clean_from(report->to, from);	/* it may quote the file */
	strbuf_append(report->to, "\n");
}

void
configreport_error(struct configreport *report, const char *file, int line, const char *format, ...)
{
	va_list args;

	report->errors++;
	if (report->errors == CONFIGREPORT_MAX + 1)
		strbuf_printf(report->to, "%s: more errors follow; correct these first\n", file);
	if (report->errors > CONFIGREPORT_MAX)
		return;
	va_start(args, format);
	line_out(report, file, line, "", format, args);
	va_end(args);
}

void
configreport_warning(struct configreport *report, const char *file, int line, const char *format, ...)
{
	va_list args;

	if (++report->warnings > CONFIGREPORT_MAX)
		return;
	va_start(args, format);
	line_out(report, file, line, "warning: ", format, args);
	va_end(args);
}

bool
configreport_no_memory(struct configreport *report, const char *file)
{
	if (!report->no_memory)
		configreport_error(report, file, 0, "out of memory; the configuration is too large for this machine");
	report->no_memory = true;
	return false;
}
