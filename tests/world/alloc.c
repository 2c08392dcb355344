/* SPDX-License-Identifier: ISC */
/*
 * Scenarios once more, the n-th allocation of the agent failing, for each n (or some of them): nothing may crash, leak,
 * or break what the world checks; and an account may not be lost, judge.c sees to that. What the scenario expects need
 * not come true.
 *
 * It reaches malloc and its kin in our own code, timers, DNS queries, and libosip2's parser, whose memory is our arena:
 * it is made too small instead. It does not reach the inside of libcrypto, libconfuse (test_config_memory.c has that)
 * and libc (log lines, time). libevent, udns, jansson and the control socket are not in the virtual world.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "chaos.h"
#include "sip/arena.h"

enum { SAMPLES = 60, FIRST = 60, ARENA_SMALL = 96 };

static struct {
	unsigned long count;		/* allocations of the agent so far */
	unsigned long fails;		/* this one; 0: none */
	long alive;			/* of all the program */
} alloc;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *old);
struct arena *__real_arena_new(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *old);
char *__wrap_strdup(const char *text);
struct arena *__wrap_arena_new(size_t size);

static bool
fails(void)
{
	if (!world_agent_runs || ++alloc.count != alloc.fails)
		return false;
	world_agent_runs = false;
	world_story("---- no memory");
	world_excuse();
	world_agent_runs = true;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	void *p = fails() ? NULL : __real_malloc(size);

	alloc.alive += p != NULL;
	return p;
}

void *
__wrap_calloc(size_t count, size_t size)
{
	void *p = fails() ? NULL : __real_calloc(count, size);

	alloc.alive += p != NULL;
	return p;
}

void *
__wrap_realloc(void *old, size_t size)
{
	void *p = fails() ? NULL : __real_realloc(old, size);

	alloc.alive += p != NULL && old == NULL;
	return p;
}

void
__wrap_free(void *old)
{
	alloc.alive -= old != NULL;
	__real_free(old);
}

char *
__wrap_strdup(const char *text)
{
	char *copy = __wrap_malloc(strlen(text) + 1);

	return copy == NULL ? NULL : strcpy(copy, text);
}

/* Besides failing, it can be too small: for the first field, or for one of those behind. */
struct arena *
__wrap_arena_new(size_t size)
{
	if (fails())
		return __real_arena_new((size_t)ARENA_SMALL << alloc.count % 7);
	return __real_arena_new(size);
}

/* Plays it with the n-th allocation failing; 0: none. Returns false after saying what is wrong. */
static bool
play(const char *path, unsigned long n, bool tell)
{
	struct scenario scenario;
	long alive;
	bool good;

	if (!scenario_read(&scenario, path))
		exit(EXIT_FAILURE);
	alive = alloc.alive;
	alloc.count = 0;
	alloc.fails = n;
	world_begin(1);
	world_story_live(tell);
	world_allocation_fails = fails;
	scenario.lenient = true;
	judge_begin(&scenario);
	scenario.judge_end = NULL;
	scenario.judge_reload = NULL;
	scenario_run(&scenario);
	good = world_failure() == NULL;
	if (!good)
		printf("NOT OK  ./alloc -n %lu %s\n        %s\n", n, path, world_failure());
	world_allocation_fails = NULL;
	judge_fini();
	world_end();
	scenario_free(&scenario);
	/* The configuration texts are the scenario's and go with it; so less than before is right. */
	if (good && alloc.alive > alive) {
		printf("NOT OK  ./alloc -n %lu %s\n        %ld pieces of memory leaked\n", n, path, alloc.alive - alive);
		good = false;
	}
	return good;
}

static bool
play_all(const char *path, bool all, unsigned long *runs)
{
	unsigned long total, step;
	bool good = play(path, 0, false);

	total = alloc.count;
	step = all ? 1 : total / SAMPLES + 1;
	for (unsigned long n = 1; n <= total; n += n < FIRST ? 1 : step) {
		good &= play(path, n, false);
		++*runs;
	}
	return good;
}

static int
usage(void)
{
	fprintf(stderr, "usage: alloc [-a] [-n N] FILE.scn…\n  -a    each allocation, not some of them\n"
	    "  -n N  only the N-th, and tell the story\n");
	return 2;
}

int
main(int argc, char **argv)
{
	bool all = false, good = true;
	unsigned long runs = 0, only = 0;
	int option;

	while ((option = getopt(argc, argv, "an:")) != -1) {
		if (option == 'a')
			all = true;
		else if (option == 'n')
			only = strtoul(optarg, NULL, 10);
		else
			return usage();
	}
	world_story_quiet = true;
	for (int i = optind; i < argc; i++) {
		good &= only > 0 ? play(argv[i], only, true) : play_all(argv[i], all, &runs);
	}
	printf("%s  %lu runs\n", good ? "ok" : "NOT OK", runs);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
