/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_OPTIONS_H
#define SIPKEEPD_OPTIONS_H

/* The daemon's command line. */

#include <stdbool.h>

struct options {
	bool foreground;	/* -f */
	bool debug;		/* -d */
	bool check;		/* -t */
	const char *config;	/* -c, or the default; never NULL */
};

/*
 * Returns true if the program goes on; else *status is its exit status (0 after --version and -h, 2 for wrong usage)
 * and what was to be said was said.
 */
bool options_parse(struct options *options, int argc, char *argv[], int *status);

#endif
