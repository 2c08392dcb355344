/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_BASE_LOG_H
#define SIPKEEPD_BASE_LOG_H

/*
 * The log: one line a record, prefixed by the object it is about ("100@example.com", "udp:192.0.2.1:5060").
 * Its settings are the program's only globals. Secrets never come here.
 */

#include <stdarg.h>
#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,	/* transitions (B73) */
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,	/* -d: every SIP message too */
};

/* To syslog, facility daemon. Before that: to the terminal (stderr), with the wall-clock time before each line. */
void log_to_syslog(const char *program);

/*
 * To a function besides, for tests and for who listens. NULL takes it away.
 *
 * line   object prefix and text, no newline; valid during the call
 */
void log_to_sink(void (*sink)(void *arg, enum log_level level, const char *line), void *arg);
void log_to_sink_alone(void);		/* and to no terminal from now on */

void log_set_level(enum log_level level);	/* what is finer is dropped; NOTICE at first */
enum log_level log_level(void);

/*
 * One record, no newline at its end; errno is left as it was.
 *
 * object   what it is about; may be NULL
 * format   as printf; the result is cleaned by str_clean(), what is over 4 KB is cut
 */
void log_line(enum log_level level, const char *object, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

const char *log_level_str(enum log_level level);
bool log_level_parse(enum log_level *level, const char *word);	/* by these words; untouched if it is none */

#endif
