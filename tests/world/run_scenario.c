/* SPDX-License-Identifier: ISC */
/* Plays scenario files: silent but for a line each when all goes well, the whole story when not. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "scenario.h"

static int
usage(void)
{
	fprintf(stderr, "usage: scenario [-v] [-c] [-s SEED] FILE.scn…\n"
	    "  -v       tell the story as it happens\n  -c       only check that the files can be read\n"
	    "  -s SEED  other random numbers (1)\n");
	return 2;
}

static bool
play(const char *path, uint64_t seed, bool verbose, bool check)
{
	struct scenario scenario;
	bool good = scenario_read(&scenario, path);

	if (good && !check) {
		world_begin(seed);
		world_story_live(verbose);
		if (verbose)
			log_set_level(LOG_LEVEL_DEBUG);
		good = scenario_run(&scenario);
		if (!good && !verbose)
			world_story_print();
		printf("%s  %s, seed %llu, %lld s, %llu events\n", good ? "ok" : "NOT OK", path,
		    (unsigned long long)seed,
		    (long long)world_ms() / 1000, (unsigned long long)world_events());
		if (!good)
			printf("        %s\n", world_failure());
		world_end();
	}
	scenario_free(&scenario);
	return good;
}

int
main(int argc, char **argv)
{
	bool verbose = false, check = false, good = true;
	uint64_t seed = 1;
	int option;

	while ((option = getopt(argc, argv, "vcs:")) != -1) {
		if (option == 'v')
			verbose = true;
		else if (option == 'c')
			check = true;
		else if (option != 's' || !span_number(span_of(optarg), UINT64_MAX, &seed))
			return usage();
	}
	if (optind == argc)
		return usage();
	for (int i = optind; i < argc; i++)
		good &= play(argv[i], seed, verbose, check);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
