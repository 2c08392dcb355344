/* SPDX-License-Identifier: ISC */
/*
 * Plays random histories: seed after seed, each judged by the world (invariants.c) and by judge.c, and memory counted.
 * A failure prints the command that plays it again; --shrink takes away lines as long as the failure stays the same
 * and prints the scenario that is left.
 */

#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "chaos.h"
#include "tally.h"

enum { HOURS = 2, SEEDS = 200, LINES_MAX = 4000, FAILURE = 512, JOBS_MAX = 64 };

enum { ENOUGH_HOURS = 1000, ENOUGH_MIN = 100000 };	/* each rule's transitions once in so many account-hours */

static struct {
	unsigned hours;
	bool verbose, print, shrink, counts, enough;
	unsigned long account_hours;
	uint64_t events;
} chaos = { .hours = HOURS };

static int
usage(void)
{
	fprintf(stderr, "usage: chaos [--seed N | --seeds COUNT [--from N]] [--hours N] [-v] [--print] [--shrink]"
	    " [--counts] [--enough] [--jobs N] [FILE.scn…]\n"
	    "  --seed N      the history of one seed\n"
	    "  --seeds COUNT that many, from seed 1 or --from N\n"
	    "  --hours N     of faults in each (%d)\n"
	    "  -v            tell the story as it happens\n"
	    "  --print       only print the history as a scenario\n"
	    "  --shrink      make what fails as small as can be, and print it\n"
	    "  --counts      print how often each rule's transitions came about\n"
	    "  --enough      the same, and fail if one did less than once in %d account-hours, of %d at least\n"
	    "  --jobs N      so many processes share the seeds\n"
	    "  FILE.scn      judge these scenarios instead\n", HOURS, ENOUGH_HOURS, ENOUGH_MIN);
	return 2;
}

/* Plays a scenario. Returns false when it failed; why (512 bytes) is filled in then. */
static bool
play(const char *path, char *text, size_t len, uint64_t seed, bool verbose, char why[FAILURE])
{
	FILE *file = fmemopen(text, len, "r");
	struct scenario scenario;
	bool good;

	if (file == NULL)
		abort();
	good = scenario_read_stream(&scenario, path, file);
	fclose(file);
	snprintf(why, FAILURE, "cannot be read");
	if (good) {
		world_begin(seed);
		world_story_live(verbose);
		if (verbose)
			log_set_level(LOG_LEVEL_DEBUG);
		else
			world_story_mute();
		judge_begin(&scenario);
		good = scenario_run(&scenario);
		chaos.events += world_events();
		if (!good)
			snprintf(why, FAILURE, "%lld s: %s", (long long)world_ms() / 1000, world_failure());
		judge_fini();
		world_end();
	}
	scenario_free(&scenario);
	return good;
}

/* ---- Shrinking ---- */

/* The failure without its numbers. */
static void
without_numbers(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++)
		if (*text < '0' || *text > '9')
			*to++ = *text;
	*to = '\0';
}

struct lines {
	size_t count;
	struct span line[LINES_MAX];
	bool gone[LINES_MAX];
};

static void
cut(struct lines *lines, const char *text)
{
	lines->count = 0;
	while (*text != '\0' && lines->count < LINES_MAX) {
		size_t len = strcspn(text, "\n");

		lines->gone[lines->count] = false;
		lines->line[lines->count++] = (struct span){ text, len };
		text += len + (text[len] == '\n');
	}
}

static void
join(const struct lines *lines, struct strbuf *to)
{
	for (size_t i = 0; i < lines->count; i++) {
		if (lines->gone[i])
			continue;
		strbuf_append_n(to, lines->line[i].at, lines->line[i].len);
		strbuf_append(to, "\n");
	}
}

static bool
is_end(struct span line)
{
	return line.len > 5 && memcmp(line.at, "until", 5) == 0;
}

static bool
fails_alike(const struct lines *lines, uint64_t seed, const char *failure)
{
	struct strbuf text = { 0 };
	char why[FAILURE];
	bool alike;

	join(lines, &text);
	alike = !play("shrunk", text.data, text.len, seed, false, why);
	without_numbers(why);
	strbuf_fini(&text);
	return alike && strcmp(why, failure) == 0;
}

static void
shrink(char *text, uint64_t seed, const char *why)
{
	static struct lines lines;
	struct strbuf left = { 0 };
	char failure[FAILURE];
	bool less = true;

	snprintf(failure, sizeof(failure), "%s", why);
	without_numbers(failure);
	cut(&lines, text);
	while (less) {
		less = false;
		for (size_t step = 64; step > 0; step /= 2) {
			for (size_t i = 0; i < lines.count; i += step) {
				struct lines before = lines;
				bool any = false;

				for (size_t k = i; k < i + step && k < lines.count; k++) {
					if (is_end(lines.line[k]))
						continue;
					any |= !lines.gone[k];
					lines.gone[k] = true;
				}
				if (any && fails_alike(&lines, seed, failure))
					less = true;
				else
					lines = before;
			}
		}
	}
	join(&lines, &left);
	fwrite(left.data, 1, left.len, stdout);
	play("shrunk", left.data, left.len, seed, false, failure);
	printf("# seed %llu: %s\n", (unsigned long long)seed, failure);
	strbuf_fini(&left);
}

/* ---- Seeds ---- */

static bool
play_text(const char *path, struct strbuf *text, uint64_t seed, const char *command)
{
	char why[FAILURE];

	if (play(path, text->data, text->len, seed, chaos.verbose, why))
		return true;
	printf("NOT OK  %s\n        %s\n", command, why);
	if (chaos.shrink)
		shrink(text->data, seed, why);
	fflush(stdout);
	return false;
}

static bool
play_seed(uint64_t seed)
{
	struct strbuf text = { 0 };
	char path[40], command[80];
	bool good = true;

	snprintf(path, sizeof(path), "seed-%llu", (unsigned long long)seed);
	snprintf(command, sizeof(command), "./chaos --hours %u --seed %llu -v", chaos.hours, (unsigned long long)seed);
	chaos.account_hours += history_write(&text, seed, chaos.hours);
	if (chaos.print)
		fwrite(text.data, 1, text.len, stdout);
	else
		good = play_text(path, &text, seed, command);
	strbuf_fini(&text);
	return good;
}

/* malloc's own cache would count as memory in use, and can only be switched off from outside. */
static void
without_cache(char **argv)
{
	if (getenv("GLIBC_TUNABLES") != NULL)
		return;
	setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
	execv("/proc/self/exe", argv);
}

/* What is more after a history may be a library's for good; what is more each time is a leak. */
static bool
leaks(uint64_t seed)
{
	size_t before, after;

	play_seed(seed);
	before = mallinfo2().uordblks;
	play_seed(seed);
	after = mallinfo2().uordblks;
	if (after <= before)
		return false;
	printf("NOT OK  ./chaos --hours %u --from %llu --seeds 1\n        %zu bytes of memory lost each time\n",
	    chaos.hours, (unsigned long long)seed, after - before);
	return true;
}

/* Each step-th seed of so many. */
static bool
play_seeds(uint64_t from, uint64_t step, uint64_t count)
{
	size_t used = SIZE_MAX;
	bool good = true;

	for (uint64_t i = 0; i < count; i += step) {
		good &= play_seed(from + i);
		if (good && !chaos.print && mallinfo2().uordblks > used)
			good = !leaks(from + i);
		used = mallinfo2().uordblks;
	}
	return good;
}

struct report {				/* of one process */
	bool good;
	unsigned long account_hours;
	uint64_t events;
	struct judged judged;
	struct tallies tallies;
};

static void
play_and_report(uint64_t from, uint64_t step, uint64_t count, int to)
{
	static struct report report;

	report.good = play_seeds(from, step, count);
	report.account_hours = chaos.account_hours;
	report.events = chaos.events;
	report.judged = *judge_sum();
	report.tallies = *tally_sum();
	fflush(stdout);
	_exit(write(to, &report, sizeof(report)) == (ssize_t)sizeof(report) ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool
add_report(int from)
{
	static struct report report;
	size_t got = 0;
	ssize_t part;

	while (got < sizeof(report) && (part = read(from, (char *)&report + got, sizeof(report) - got)) > 0)
		got += (size_t)part;
	if (got < sizeof(report)) {
		printf("NOT OK  a process ended before its histories did\n");
		return false;
	}
	chaos.account_hours += report.account_hours;
	chaos.events += report.events;
	judge_add(&report.judged);
	tally_add(&report.tallies);
	return report.good;
}

static bool
play_in_parallel(uint64_t from, uint64_t jobs, uint64_t count)
{
	int reports[JOBS_MAX];
	bool good = true;

	for (uint64_t i = 0; i < jobs; i++) {
		int ends[2];
		pid_t child = pipe(ends) < 0 ? -1 : fork();

		if (child < 0) {
			perror("fork");
			exit(EXIT_FAILURE);
		}
		if (child == 0)
			play_and_report(from + i, jobs, count > i ? count - i : 0, ends[1]);
		close(ends[1]);
		reports[i] = ends[0];
	}
	for (uint64_t i = 0; i < jobs; i++) {
		good &= add_report(reports[i]);
		close(reports[i]);
	}
	while (wait(NULL) > 0)
		;
	return good;
}

static bool
play_file(const char *path)
{
	struct strbuf text = { 0 };
	FILE *file = fopen(path, "r");
	char part[4096];
	bool good;
	size_t got;

	if (file == NULL) {
		perror(path);
		return false;
	}
	while ((got = fread(part, 1, sizeof(part), file)) > 0)
		strbuf_append_n(&text, part, got);
	fclose(file);
	good = play_text(path, &text, 1, path);
	printf("%s  %s\n", good ? "ok" : "NOT OK", path);
	strbuf_fini(&text);
	return good;
}

static void
print_sum(uint64_t count)
{
	const struct judged *sum = judge_sum();

	printf("%llu histories, %lu account-hours, %llu events: %lu REGISTERs, %lu unregisters, %lu questions, %lu OPTIONS,"
	    " %lu DNS queries; %lu failovers, %lu failbacks; %lu gaps, the longest %lld s, %lld s with another one up; at most %u REGISTERs and"
	    " %u OPTIONS to a server in a minute\n", (unsigned long long)count, chaos.account_hours,
	    (unsigned long long)chaos.events, sum->registers, sum->unregisters, sum->questions, sum->options,
	    sum->queries, sum->failovers, sum->failbacks, sum->gaps, (long long)sum->longest_gap_ms / 1000,
	    (long long)sum->longest_ready_ms / 1000,
	    sum->most_registers, sum->most_options);
}

static bool
number(const char *text, uint64_t *to)
{
	return span_number(span_of(text), UINT32_MAX, to);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' }, { "seeds", required_argument, NULL, 'n' },
		{ "from", required_argument, NULL, 'f' }, { "hours", required_argument, NULL, 'h' },
		{ "print", no_argument, NULL, 'p' }, { "shrink", no_argument, NULL, 'k' },
		{ "counts", no_argument, NULL, 'c' }, { "enough", no_argument, NULL, 'e' },
		{ "jobs", required_argument, NULL, 'j' }, { NULL, 0, NULL, 0 },
	};
	static char buffer[4096];	/* of stdout: not malloc's, which is counted */
	uint64_t from = 1, count = SEEDS, hours = HOURS, jobs = 1;
	bool good = true;
	int option;

	without_cache(argv);
	setvbuf(stdout, buffer, _IOLBF, sizeof(buffer));
	world_story_quiet = true;
	while ((option = getopt_long(argc, argv, "v", options, NULL)) != -1) {
		if (option == 'v')
			chaos.verbose = true;
		else if (option == 'p')
			chaos.print = true;
		else if (option == 'k')
			chaos.shrink = true;
		else if (option == 'c')
			chaos.counts = true;
		else if (option == 'e')
			chaos.counts = chaos.enough = true;
		else if (option == '?' || !number(optarg, option == 'n' ? &count : option == 'h' ? &hours :
		    option == 'j' ? &jobs : &from))
			return usage();
		if (option == 's')
			count = 1;
	}
	if (jobs == 0 || jobs > JOBS_MAX)
		return usage();
	chaos.hours = (unsigned)hours;
	if (optind < argc) {
		for (int i = optind; i < argc; i++)
			good &= play_file(argv[i]);
		return good ? EXIT_SUCCESS : EXIT_FAILURE;
	}
	good = jobs == 1 ? play_seeds(from, 1, count) : play_in_parallel(from, jobs, count);
	if (!chaos.print)
		print_sum(count);
	if (chaos.counts)
		tally_print();
	if (chaos.enough && chaos.account_hours >= ENOUGH_MIN)
		good &= tally_enough(chaos.account_hours / ENOUGH_HOURS);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
