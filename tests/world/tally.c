/* SPDX-License-Identifier: ISC */
#include "tally.h"

#include <stdio.h>

#define TALLY_TEXT(name, text) text,

static struct tallies sum;
static const char *const texts[TALLY_COUNT] = { TALLIES(TALLY_TEXT) };

void
tally(enum tally_rule what)
{
	sum.count[what]++;
}

const struct tallies *
tally_sum(void)
{
	return &sum;
}

void
tally_add(const struct tallies *more)
{
	for (int i = 0; i < TALLY_COUNT; i++)
		sum.count[i] += more->count[i];
}

void
tally_print(void)
{
	for (int i = 0; i < TALLY_COUNT; i++)
		printf("%10lu  %s\n", sum.count[i], texts[i]);
}

bool
tally_enough(unsigned long least)
{
	bool enough = true;

	for (int i = 0; i < TALLY_COUNT; i++) {
		if (sum.count[i] >= least)
			continue;
		printf("NOT OK  %s: %lu times, and not %lu\n", texts[i], sum.count[i], least);
		enough = false;
	}
	return enough;
}
