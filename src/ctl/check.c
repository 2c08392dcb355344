/* SPDX-License-Identifier: ISC */
#include "ctl/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/client.h"

/* As the plugins of Nagios and its kin end. */
enum {
	PLUGIN_OK,
	PLUGIN_WARNING,
	PLUGIN_CRITICAL,
	PLUGIN_UNKNOWN,
};

static const char *const results[] = {
	[PLUGIN_OK] = "OK",
	[PLUGIN_WARNING] = "WARNING",
	[PLUGIN_CRITICAL] = "CRITICAL",
	[PLUGIN_UNKNOWN] = "UNKNOWN",
};

/* It is the first word, or in JSON the value of "result". */
static int
result_of(const char *line)
{
	static const char key[] = "\"result\":\"";
	const char *word = line[0] == '{' ? strstr(line, key) : line;

	if (word != NULL && word != line)
		word += strlen(key);
	for (int r = PLUGIN_OK; word != NULL && r <= PLUGIN_UNKNOWN; r++) {
		size_t len = strlen(results[r]);

		if (strncmp(word, results[r], len) == 0 && (word[len] == ' ' || word[len] == '"'))
			return r;
	}
	return PLUGIN_UNKNOWN;
}

/* A daemon that is not there is its own kind of bad news; rights and words are the plugin's. */
static int
result_without(const struct client *client, int status)
{
	return status == EXIT_NO_DAEMON && client->error != EACCES && client->error != EPERM &&
	    client->error != ENAMETOOLONG ? PLUGIN_CRITICAL : PLUGIN_UNKNOWN;
}

int
check_run(const char *socket, char *words[])
{
	struct client client;
	int status = client_ask(&client, socket, words, false), result;
	const char *line = NULL;
	size_t len;

	if (status == 0) {
		line = client_line(&client, &len);
		if (line == NULL && !client.broke_off)
			snprintf(client.why, sizeof(client.why), "the answer is empty");
		status = line != NULL ? 0 : EXIT_NO_DAEMON;
	}
	result = line != NULL ? result_of(line) : result_without(&client, status);
	if (line != NULL)
		printf("%s\n", line);
	else
		printf("%s - %s\n", results[result], client.why);
	client_fini(&client);
	return result;
}
