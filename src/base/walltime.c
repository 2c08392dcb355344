/* SPDX-License-Identifier: ISC */
#include "base/walltime.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const char *
walltime_utc(int64_t s, char text[WALLTIME_SIZE])
{
	time_t seconds = s > 0 ? (time_t)s : 0;
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL || strftime(text, WALLTIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return strcpy(text, "1970-01-01T00:00:00Z");
	return text;
}

const char *
walltime_clock(int64_t ms, char text[WALLTIME_SIZE])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	snprintf(text, WALLTIME_SIZE, "%02d:%02d:%02d.%03d", tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ms % 1000));
	return text;
}
