/* SPDX-License-Identifier: ISC */

/*
 * A stand-in for call servers: a registrar that does what it is told, right and wrong, for the demo, tests and
 * benchmarks. Each address given is a call server of its own; users and realm are the same on all.
 */

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "config.h"
#include "lines.h"

enum {
	EXIT_USAGE = 2,
	SERVERS_MAX = 256,
};

struct program {
	struct site site;
	struct server *servers[SERVERS_MAX];
	size_t count;
	bool interactive;
	struct commands commands;
};

static void
print_help(FILE *to)
{
	fputs("usage: callserver [-iv] [-u USER:PASSWORD] [-r REALM] [-a ALGORITHM] [-n SECONDS] udp:ADDRESS[:PORT] ...\n"
	      "\n"
	      "Stands in for SIP call servers, one at each address, without PORT on any that is free. Says \"ready\"\n"
	      "with the addresses when all listen.\n"
	      "\n"
	      "Options:\n"
	      "  -u USER:PASSWORD  a user, as often as needed; the user * stands for everybody (*:secret)\n"
	      "  -r REALM          of the digest (callserver)\n"
	      "  -a ALGORITHM      of the digest: MD5 (default), SHA-256, SHA-512-256, none\n"
	      "  -n SECONDS        nonces older than that are stale\n"
	      "  -i                commands on standard input, answers on standard output; ends when it is closed\n"
	      "  -v                a line to standard error for each answer\n"
	      "  -h                this text\n"
	      "\n", to);
	commands_help(to);
}

/* ---- Options ---- */

static bool
add_user(struct program *program, char *text)
{
	char *colon = strchr(text, ':');
	int rc;

	if (colon == NULL || colon == text)
		return false;
	*colon = '\0';
	rc = users_set(&program->site.users, text, colon + 1);
	memset(colon + 1, 'x', strlen(colon + 1));	/* not for who lists the processes */
	*colon = ':';
	return rc == 0;
}

static bool
set_algorithm(struct auth_policy *auth, const char *text)
{
	auth->required = strcmp(text, "none") != 0;
	return !auth->required || auth_hash_parse(text, &auth->hash);
}

static bool
take_option(struct program *program, int option)
{
	struct auth_policy *auth = &program->site.auth;
	uint64_t seconds;

	switch (option) {
	case 'u':
		return add_user(program, optarg);
	case 'r':
		return strpbrk(optarg, "\"\\") == NULL && (size_t)snprintf(auth->realm, sizeof(auth->realm), "%s",
		    optarg) < sizeof(auth->realm);
	case 'a':
		return set_algorithm(auth, optarg);
	case 'n':
		if (!span_number(span_of(optarg), 86400, &seconds))
			return false;
		auth->nonce_life_ms = (int64_t)seconds * 1000;
		return true;
	case 'i':
		program->interactive = true;
		return true;
	case 'v':
		program->site.verbose = true;
		return true;
	default:
		return false;
	}
}

static bool
listen_at(struct program *program, const char *text)
{
	struct address address;
	char error[256] = "";

	if (program->count == SERVERS_MAX || strncmp(text, "udp:", 4) != 0 || !address_parse(&address, text + 4)) {
		fprintf(stderr, "callserver: %s: udp:ADDRESS[:PORT], %d of them at most\n", text, SERVERS_MAX);
		return false;
	}
	program->servers[program->count] = server_new(&program->site, &address, error);
	if (program->servers[program->count] == NULL) {
		fprintf(stderr, "callserver: %s: %s\n", text, error);
		return false;
	}
	program->count++;
	return true;
}

/* ---- The loop ---- */

static void
on_end(void *arg, int signal_number)
{
	struct program *program = arg;

	(void)signal_number;
	loop_stop(program->site.loop);
}

static void
on_line(void *arg, char *line)
{
	struct program *program = arg;

	if (line == NULL || commands_run(&program->commands, line) == COMMAND_QUIT)
		loop_stop(program->site.loop);
	fflush(stdout);
}

static void
say_ready(const struct program *program)
{
	char text[ADDRESS_TEXT_SIZE];

	fputs("ready", stdout);
	for (size_t i = 0; i < program->count; i++)
		printf(" udp:%s", address_str(server_address(program->servers[i]), text));
	fputs("\n", stdout);
	fflush(stdout);
}

static int
serve(struct program *program)
{
	struct loop *loop = program->site.loop;
	struct lines *lines = NULL;
	int rc;

	program->commands = (struct commands){ &program->site, program->servers, program->count, stdout };
	signal(SIGPIPE, SIG_IGN);
	if (loop_on_signal(loop, SIGTERM, on_end, program) != 0 || loop_on_signal(loop, SIGINT, on_end, program) != 0)
		return EXIT_FAILURE;
	if (program->interactive && (lines = lines_new(loop, STDIN_FILENO, on_line, program)) == NULL) {
		fprintf(stderr, "callserver: -i: standard input must be a pipe or a terminal\n");
		return EXIT_FAILURE;
	}
	say_ready(program);
	rc = loop_run(loop);
	lines_free(lines);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void
program_fini(struct program *program)
{
	while (program->count > 0)
		server_free(program->servers[--program->count]);
	users_fini(&program->site.users);
	loop_free(program->site.loop);
}

int
main(int argc, char *argv[])
{
	static struct program program = {
		.site.auth = { .required = true, .hash = HASH_MD5, .realm = "callserver" },
	};
	int option, status = EXIT_USAGE;
	bool good = true;

	while (good && (option = getopt(argc, argv, "u:r:a:n:ivh")) != -1) {
		if (option == 'h') {
			print_help(stdout);
			return EXIT_SUCCESS;
		}
		good = take_option(&program, option);
	}
	if (!good || optind == argc) {
		print_help(stderr);
		users_fini(&program.site.users);
		return EXIT_USAGE;
	}
	program.site.loop = loop_new();
	if (program.site.loop == NULL)
		return EXIT_FAILURE;
	while (good && optind < argc)
		good = listen_at(&program, argv[optind++]);
	if (good)
		status = serve(&program);
	program_fini(&program);
	return status;
}
