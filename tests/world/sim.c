/* SPDX-License-Identifier: ISC */
/* sipkeepsim: the virtual world as a tool for admins. What would happen with this configuration if …? */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config.h"
#include "sim.h"

enum {
	EXIT_BAD = 1,			/* FILE or CONFIG */
	EXIT_USAGE = 2,
	EXIT_BUG = 3,			/* the daemon did what it must never do */
	AFTER_MS = 3600 * 1000,		/* so long after FILE's last line, unless it says its end */
};

struct options {
	const char *path, *config;
	uint64_t seed;
	bool verbose, json;
};

static void
print_help(FILE *to)
{
	fputs("usage: sipkeepsim [-v] [-c CONFIG] [-s SEED] [--json] FILE\n"
	      "\n"
	      "Plays what FILE says happens to call servers, DNS and network, in no time, and tells what sipkeepd does and\n"
	      "how long accounts are without a registration. Nothing is sent; FILE may be \"-\", standard input.\n"
	      "\n"
	      "Options:\n"
	      "  -c CONFIG   the accounts and settings of that configuration, not those of FILE\n"
	      "  -s SEED     other random numbers (1)\n"
	      "  -v          each message and the whole log besides\n"
	      "  --json      timeline and result as JSON\n"
	      "  -h, --help  this text\n"
	      "  --version   version of this tool\n"
	      "\n"
	      "Exit status: 0 played, 1 FILE or CONFIG is wrong, 2 wrong usage, 3 sipkeepd broke a rule of its own.\n", to);
}

static int
usage(void)
{
	fputs("usage: sipkeepsim [-v] [-c CONFIG] [-s SEED] [--json] FILE; see sipkeepsim --help\n", stderr);
	return EXIT_USAGE;
}

/* ---- Reading ---- */

static bool
is_one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* Not all that a test may say makes sense here. */
static bool
check_line(const struct scenario *scenario, const struct line *line)
{
	static const char *const ours[] = { "expect", "never", "file", NULL };
	static const char *const settings[] = { "account", "config", NULL };
	const char *verb = line->words.at[0], *why = NULL;

	if (is_one_of(verb, ours))
		why = "this is for sipkeepd's own tests";
	else if (scenario->config_path != NULL && is_one_of(verb, settings))
		why = "accounts and settings are those of the configuration (-c)";
	if (why != NULL)
		fprintf(stderr, "%s:%d: %s: %s\n", scenario->path, line->number, verb, why);
	return why == NULL;
}

static bool
check(struct scenario *scenario)
{
	int64_t last_ms = 0;
	bool accounts = scenario->config_path != NULL;

	for (const struct line *line = scenario->lines; line != NULL; line = line->next) {
		if (line->words.count == 0)
			continue;
		if (!check_line(scenario, line))
			return false;
		accounts |= !line->timed && strcmp(line->words.at[0], "account") == 0;
		if (line->timed && line->at_ms + line->for_ms > last_ms)
			last_ms = line->at_ms + line->for_ms;
	}
	if (!accounts)
		fprintf(stderr, "%s: it has no account; add account lines, or name a configuration with -c\n", scenario->path);
	if (scenario->until_ms < 0)
		scenario->until_ms = last_ms + AFTER_MS;
	return accounts;
}

static bool
read_all(struct scenario *scenario, const struct options *options)
{
	bool standard = strcmp(options->path, "-") == 0, good;
	FILE *file = standard ? stdin : fopen(options->path, "r");

	if (file == NULL) {
		fprintf(stderr, "%s: %s\n", options->path, strerror(errno));
		return false;
	}
	good = scenario_read_stream(scenario, standard ? "stdin" : options->path, file);
	if (!standard)
		fclose(file);
	scenario->config_path = options->config;
	return good && check(scenario);
}

/* ---- Playing ---- */

static int
play(struct scenario *scenario, const struct options *options)
{
	int status = EXIT_SUCCESS;

	world_story_quiet = true;
	world_begin(options->seed);
	world_populate();
	world_story_live(options->verbose);
	if (options->verbose)
		log_set_level(LOG_LEVEL_DEBUG);
	else
		world_story_mute();
	report_begin(scenario, options->json);
	if (scenario_run(scenario)) {
		report_write(scenario, options->seed);
	} else if (scenario->line_failed) {
		fprintf(stderr, "%s%s", world_failure(), strchr(world_failure(), '\n') == NULL ? "\n" : "");
		status = EXIT_BAD;
	} else {
		fprintf(stderr, "sipkeepsim: sipkeepd broke a rule of its own after %lld s: %s\n"
		    "This is a bug. Please report it with FILE, the configuration and the seed %llu.\n",
		    (long long)world_ms() / 1000, world_failure(), (unsigned long long)options->seed);
		status = EXIT_BUG;
	}
	report_fini();
	world_end();
	return status;
}

static int
run(const struct options *options)
{
	struct scenario scenario = { 0 };
	int status = EXIT_BAD;

	if (read_all(&scenario, options))
		status = play(&scenario, options);
	scenario_free(&scenario);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "sipkeepsim: cannot write: %s\n", strerror(errno));
		status = EXIT_BAD;
	}
	return status;
}

int
main(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	struct options options = { .seed = 1 };
	int option;

	while ((option = getopt_long(argc, argv, "c:s:vh", longs, NULL)) != -1) {
		switch (option) {
		case 'c':
			options.config = optarg;
			break;
		case 's':
			if (!span_number(span_of(optarg), INT64_MAX, &options.seed))
				return usage();
			break;
		case 'v':
			options.verbose = true;
			break;
		case 'j':
			options.json = true;
			break;
		case 'h':
			print_help(stdout);
			return EXIT_SUCCESS;
		case 'V':
			printf("sipkeepsim %s\n", PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			return usage();
		}
	}
	if (optind + 1 != argc || (options.verbose && options.json))
		return usage();
	options.path = argv[optind];
	return run(&options);
}
