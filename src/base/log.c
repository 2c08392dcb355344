/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "base/str.h"
#include "base/walltime.h"

enum { LINE_SIZE = 4096 };

enum log_target {
	TARGET_TERMINAL,
	TARGET_SYSLOG,
	TARGET_SINK,
};

/* The one place with settings for the whole program; everything else is handed down. */
static struct {
	enum log_target target;
	enum log_level level;
	void (*sink)(void *arg, enum log_level level, const char *line);
	void *arg;
} settings = { .level = LOG_LEVEL_NOTICE };

void
log_to_syslog(const char *program)
{
	openlog(program, LOG_PID, LOG_DAEMON);
	settings.target = TARGET_SYSLOG;
}

void
log_to_sink(void (*sink)(void *arg, enum log_level level, const char *line), void *arg)
{
	settings.sink = sink;
	settings.arg = arg;
}

void
log_to_sink_alone(void)
{
	settings.target = TARGET_SINK;
}

void
log_set_level(enum log_level level)
{
	settings.level = level;
}

enum log_level
log_level(void)
{
	return settings.level;
}

const char *
log_level_str(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_NOTICE:
		return "notice";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "?";
}

bool
log_level_parse(enum log_level *level, const char *word)
{
	for (int l = LOG_LEVEL_ERROR; l <= LOG_LEVEL_DEBUG; l++) {
		if (strcmp(word, log_level_str((enum log_level)l)) == 0) {
			*level = (enum log_level)l;
			return true;
		}
	}
	return false;
}

static int
syslog_priority(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return LOG_ERR;
	case LOG_LEVEL_WARNING:
		return LOG_WARNING;
	case LOG_LEVEL_NOTICE:
		return LOG_NOTICE;
	case LOG_LEVEL_INFO:
		return LOG_INFO;
	case LOG_LEVEL_DEBUG:
		return LOG_DEBUG;
	}
	return LOG_ERR;
}

static void
write_terminal(enum log_level level, const char *line)
{
	struct timespec now;
	char time[WALLTIME_SIZE];

	clock_gettime(CLOCK_REALTIME, &now);
	walltime_clock((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, time);
	/* Only what needs attention is named: most lines are transitions, and read better bare. */
	fprintf(stderr, "%s %s%s%s\n", time,
	    level <= LOG_LEVEL_WARNING ? log_level_str(level) : "", level <= LOG_LEVEL_WARNING ? ": " : "", line);
}

void
log_line(enum log_level level, const char *object, const char *format, ...)
{
	static const char cut[] = "...";
	char line[LINE_SIZE];
	int saved_errno = errno, prefix = 0, len;
	va_list args;

	if (level > settings.level)
		return;
	if (object != NULL)
		prefix = snprintf(line, sizeof(line) / 2, "%s: ", object);
	if (prefix < 0)
		prefix = 0;
	if ((size_t)prefix >= sizeof(line) / 2)
		prefix = sizeof(line) / 2 - 1;
	errno = saved_errno;	/* for %m */
	va_start(args, format);
	len = vsnprintf(line + prefix, sizeof(line) - (size_t)prefix, format, args);
	va_end(args);
	if (len < 0)
		line[prefix] = '\0';
	else if ((size_t)len >= sizeof(line) - (size_t)prefix)
		memcpy(line + sizeof(line) - sizeof(cut), cut, sizeof(cut));
	line[str_clean(line, strlen(line))] = '\0';

	switch (settings.target) {
	case TARGET_TERMINAL:
		write_terminal(level, line);
		break;
	case TARGET_SYSLOG:
		syslog(syslog_priority(level), "%s", line);
		break;
	case TARGET_SINK:
		break;
	}
	if (settings.sink != NULL)
		settings.sink(settings.arg, level, line);
	errno = saved_errno;
}
