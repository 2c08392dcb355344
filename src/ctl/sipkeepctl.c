/* SPDX-License-Identifier: ISC */

/* The tool: sends one request line to the daemon's control socket and shows what comes back. */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "ctl/check.h"
#include "ctl/client.h"
#include "ctl/command.h"
#include "ctl/show.h"
#include "ctl/trace.h"

static const struct command commands[] = {
	{ "status", "[ACCOUNT] [--long] [--json]", "accounts, their servers and states", show_answer },
	{ "servers", "[--json]", "call servers: state, round trip, accounts", show_answer },
	{ "check", "[ACCOUNT | --all] [--warning N[%]] [--critical N[%]] [--json]",
	  "one line and exit status as monitoring plugins have them", check_run },
	{ "explain", "ACCOUNT [--json]", "why it is where it is, and what would change it", show_answer },
	{ "events", "[--follow] [--json]", "the last transitions, and those to come", show_events },
	{ "journal", "[--json]", "what went wrong: when, how long, and for how many", show_answer },
	{ "register", "[ACCOUNT]", "end refusals and hold-offs, register now", show_answer },
	{ "probe", "[SERVER]", "ask a server, or all, for a sign of life now", show_answer },
	{ "drain", "SERVER", "move accounts away, use it last", show_answer },
	{ "undrain", "SERVER", "use it again", show_answer },
	{ "wait", "ACCOUNT [STATE] [active=ADDRESS] [--timeout SECONDS]", "return when it has come true", show_wait },
	{ "reload", "", "read the configuration anew", show_answer },
	{ "log", "[LEVEL]", "how much is logged: error, warning, notice, info, debug", show_answer },
	{ "trace", "[--account ACCOUNT] [--server SERVER] [--pcap FILE]", "SIP messages as they come and go", trace_run },
	{ "version", "", "version of the daemon", show_answer },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]), HELP_COLUMN = 28 };

static void
print_help(FILE *to)
{
	fputs("usage: sipkeepctl [-s SOCKET] COMMAND [ARGUMENT ...]\n"
	      "\n"
	      "Options:\n"
	      "  -s SOCKET   control socket of the daemon (" SIPKEEPD_RUNSTATEDIR "/sipkeepd/control)\n"
	      "  -h, --help  this text\n"
	      "  --version   version of this tool\n"
	      "\n"
	      "Commands:\n", to);
	for (size_t i = 0; i < COMMANDS; i++) {
		int len = fprintf(to, "  %s %s", commands[i].name, commands[i].arguments) - 2;

		if (len > HELP_COLUMN - 2)
			len = fprintf(to, "\n  ") - 3;
		fprintf(to, "%*s%s\n", HELP_COLUMN - len, "", commands[i].help);
	}
	fputs("\nExit status: 0 done, 1 refused or timed out, 2 wrong usage, 3 no daemon;\n"
	      "check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.\n", to);
}

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

int
main(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	const char *socket = SIPKEEPD_RUNSTATEDIR "/sipkeepd/control";
	const struct command *command;
	int option;

	while ((option = getopt_long(argc, argv, "+s:h", longs, NULL)) != -1) {
		switch (option) {
		case 's':
			socket = optarg;
			break;
		case 'h':
			print_help(stdout);
			return EXIT_SUCCESS;
		case 'V':
			puts("sipkeepctl " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			print_help(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind == argc) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	command = find_command(argv[optind]);
	if (command == NULL) {
		fprintf(stderr, "sipkeepctl: no command \"%s\"; sipkeepctl --help lists them\n", argv[optind]);
		return EXIT_USAGE;
	}
	return command->run(socket, argv + optind);
}
