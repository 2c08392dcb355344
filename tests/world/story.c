/* SPDX-License-Identifier: ISC */
/* The world's life, and its story: what happened, kept in memory and told when something is wrong. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "inside.h"

enum { LINES_MAX = 20000, LINE_SIZE = 512 };

struct line {
	struct instant when;
	bool log;
	char *text;
};

static struct {
	struct line *lines;		/* a ring once it is full */
	size_t count;			/* ever told */
	bool live;
	bool muted;
	char failure[4 * LINE_SIZE];
	bool failed;
} story;

void *
memory(size_t size)
{
	bool runs = world_agent_runs;
	void *p;

	world_agent_runs = false;	/* the world has memory enough */
	p = calloc(1, size);
	if (p == NULL)
		abort();
	world_agent_runs = runs;
	return p;
}

char *
text_copy(struct span s)
{
	char *text = memory(s.len + 1);

	if (s.len > 0)
		memcpy(text, s.at, s.len);
	return text;
}

static void
print(const struct line *line)
{
	int64_t ms = line->when.ms - world_at(0).ms;

	printf("%6lld.%03d  %s\n", (long long)(ms / 1000), (int)(ms % 1000), line->text);
}

static void
tell(bool log, const char *text)
{
	struct line *line = &story.lines[story.count++ % LINES_MAX];

	free(line->text);
	line->text = text_copy(span_of(text));
	line->when = world_now();
	line->log = log;
	if (story.live)
		print(line);
}

static void
on_log(void *arg, enum log_level level, const char *text)
{
	bool runs = world_agent_runs;
	char line[LINE_SIZE];

	(void)arg;
	world_agent_runs = false;
	snprintf(line, sizeof(line), "log %s: %s", log_level_str(level), text);
	tell(true, line);
	world_agent_runs = runs;
}

bool world_story_quiet;

void
story_begin(void)
{
	if (world_story_quiet)
		log_to_sink_alone();
	story.lines = memory(LINES_MAX * sizeof(story.lines[0]));
	log_to_sink(on_log, NULL);
	log_set_level(LOG_LEVEL_INFO);
}

void
story_end(void)
{
	log_to_sink(NULL, NULL);
	for (size_t i = 0; i < LINES_MAX; i++)
		free(story.lines[i].text);
	free(story.lines);
	memset(&story, 0, sizeof(story));
}

void
world_story(const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;

	if (story.muted)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	tell(false, line);
}

void
world_story_live(bool live)
{
	story.live = live;
}

void
world_story_mute(void)
{
	story.muted = true;
}

static size_t
first_kept(void)
{
	return story.count > LINES_MAX ? story.count - LINES_MAX : 0;
}

void
world_story_print(void)
{
	if (first_kept() > 0)
		printf("        (%zu lines before these are gone)\n", first_kept());
	for (size_t i = first_kept(); i < story.count; i++)
		print(&story.lines[i % LINES_MAX]);
}

size_t
world_story_count(const char *text, struct instant since)
{
	size_t count = 0;

	for (size_t i = story.count; i-- > first_kept();) {
		const struct line *line = &story.lines[i % LINES_MAX];

		if (instant_before(line->when, since))
			break;
		count += line->log && strstr(line->text, text) != NULL;
	}
	return count;
}

void
world_fail(const char *format, ...)
{
	va_list args;

	if (story.failed)
		return;
	story.failed = true;
	va_start(args, format);
	vsnprintf(story.failure, sizeof(story.failure), format, args);
	va_end(args);
	world_story("FAILED: %s", story.failure);
}

const char *
world_failure(void)
{
	return story.failed ? story.failure : NULL;
}

void
world_begin(uint64_t seed)
{
	clock_begin();
	story_begin();
	random_begin(seed);
	dns_begin();
	network_begin();
	invariants_begin();
}

void
world_end(void)
{
	clock_end();
	invariants_end();
	network_end();
	dns_end();
	files_end();
	story_end();
}
