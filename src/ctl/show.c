/* SPDX-License-Identifier: ISC */
#include "ctl/show.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/client.h"

static const struct {
	const char *word;
	const char *colour;		/* green, yellow, red */
} states[] = {
	{ "registered", "\033[32m" }, { "up", "\033[32m" },
	{ "registering", "\033[33m" }, { "unknown", "\033[33m" }, { "frozen", "\033[33m" },
	{ "failed", "\033[31m" }, { "down", "\033[31m" },
};

static bool
is_coloured(FILE *to)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(to)) && (no_color == NULL || no_color[0] == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

/* NULL if it is no state. */
static const char *
colour_of(const char *word, size_t len)
{
	while (len > 0 && (word[len - 1] == '*' || word[len - 1] == ','))
		len--;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strlen(states[i].word) == len && memcmp(states[i].word, word, len) == 0)
			return states[i].colour;
	return NULL;
}

/* The first state among the second and third word: there it stands in all that the daemon writes. */
static void
put_coloured(const char *line, FILE *to)
{
	const char *word = line;

	for (int place = 1; place <= 3; place++) {
		size_t len;
		const char *colour;

		word += strspn(word, " ");
		len = strcspn(word, " ");
		colour = place > 1 && len > 0 ? colour_of(word, len) : NULL;
		if (colour != NULL) {
			fprintf(to, "%.*s%s%.*s\033[0m%s\n", (int)(word - line), line, colour, (int)len, word,
			    word + len);
			return;
		}
		word += len;
	}
	fprintf(to, "%s\n", line);
}

static void
put_body(struct client *client, FILE *to)
{
	bool coloured = is_coloured(to);
	const char *line;
	size_t len;

	while ((line = client_line(client, &len)) != NULL) {
		if (coloured)
			put_coloured(line, to);
		else
			fprintf(to, "%s\n", line);
		if (!client_has_more(client) && fflush(to) != 0)
			return;
	}
	fflush(to);
}

static int
show(const char *socket, char *words[], bool patient)
{
	struct client client;
	int status = client_ask(&client, socket, words, patient);

	if (status != EXIT_SUCCESS)
		client_complain(&client);
	if (status == EXIT_SUCCESS || status == EXIT_REFUSED)
		put_body(&client, status == EXIT_SUCCESS ? stdout : stderr);
	if (status == EXIT_SUCCESS && (client.broke_off || ferror(stdout))) {
		if (client.broke_off)
			client_complain(&client);
		status = EXIT_NO_DAEMON;
	}
	client_fini(&client);
	return status;
}

int
show_answer(const char *socket, char *words[])
{
	return show(socket, words, false);
}

int
show_wait(const char *socket, char *words[])
{
	return show(socket, words, true);
}

int
show_events(const char *socket, char *words[])
{
	bool follow = false;
	int status;

	for (size_t i = 1; words[i] != NULL; i++)
		follow = follow || strcmp(words[i], "--follow") == 0;
	status = show(socket, words, follow);
	if (!follow || status != EXIT_SUCCESS)
		return status;
	fprintf(stderr, "sipkeepctl: the daemon has ended, or it did not wait for us\n");
	return EXIT_NO_DAEMON;
}
