/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"

enum { EXIT_USAGE = 2 };

static void
print_help(FILE *to)
{
	fputs("usage: sipkeepd [-fdt] [-c FILE]\n"
	      "\n"
	      "Keeps SIP accounts registered on the best call server that answers.\n"
	      "\n"
	      "Options:\n"
	      "  -f          stay in the foreground, log to the terminal\n"
	      "  -d          log every SIP message, secrets masked\n"
	      "  -t          check the configuration and exit: 0 good, 1 bad\n"
	      "  -c FILE     configuration (" SIPKEEPD_SYSCONFDIR "/sipkeepd.conf)\n"
	      "  -h, --help  this text\n"
	      "  --version   version of this program\n", to);
}

bool
options_parse(struct options *options, int argc, char *argv[], int *status)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	bool wrong = false;
	int option;

	*options = (struct options){ .config = SIPKEEPD_SYSCONFDIR "/sipkeepd.conf" };
	*status = EXIT_SUCCESS;
	while ((option = getopt_long(argc, argv, "fdtc:h", longs, NULL)) != -1) {
		switch (option) {
		case 'f':
			options->foreground = true;
			break;
		case 'd':
			options->debug = true;
			break;
		case 't':
			options->check = true;
			break;
		case 'c':
			options->config = optarg;
			break;
		case 'h':
			print_help(stdout);
			return false;
		case 'V':
			puts("sipkeepd " PACKAGE_VERSION);
			return false;
		default:
			wrong = true;	/* getopt has said what */
			break;
		}
	}
	if (!wrong && optind == argc)
		return true;
	print_help(stderr);
	*status = EXIT_USAGE;
	return false;
}
