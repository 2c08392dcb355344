/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/config.h"
#include "base/log.h"
#include "daemon.h"
#include "options.h"
#include "run.h"

/* What is right in itself and wrong on this machine; the machine that runs it may be another one. */
static void
warn_of_strangers(const struct config *config)
{
	char error[256];

	if (!daemon_user_exists(config->user, error))
		log_line(LOG_LEVEL_WARNING, NULL, "%s; the daemon would not start here", error);
	if (!daemon_group_exists(config->control_group, error))
		log_line(LOG_LEVEL_WARNING, NULL, "%s; the daemon would not start here", error);
	if (config->notify != NULL && access(config->notify, X_OK) != 0)
		log_line(LOG_LEVEL_WARNING, NULL, "notify: %s: %s; nobody would be told here", config->notify,
		    strerror(errno));
}

static int
check(const char *path, struct config *config)
{
	warn_of_strangers(config);
	printf("%s: good, accounts: %zu\n", path, config->account_count);
	config_free(config);
	return EXIT_SUCCESS;
}

/* A daemon leaves its directory, and must find the file again when it reloads. */
static int
start(const struct options *options, const char *path, struct config *config)
{
	struct daemon daemon;
	int rc;

	daemon_init(&daemon);
	rc = options->foreground ? 0 : daemon_fork(&daemon);
	if (rc == 0)
		return run(path, config, &daemon);
	log_line(LOG_LEVEL_ERROR, NULL, "cannot go into the background: %s", strerror(-rc));
	config_free(config);
	return EXIT_FAILURE;
}

int
main(int argc, char *argv[])
{
	struct options options;
	struct config *config;
	char *absolute;
	const char *path;
	int status;

	if (!options_parse(&options, argc, argv, &status))
		return status;
	if (options.debug)
		log_set_level(LOG_LEVEL_DEBUG);
	absolute = realpath(options.config, NULL);
	path = options.foreground || options.check || absolute == NULL ? options.config : absolute;
	config = run_read_config(path);
	if (config == NULL)
		status = EXIT_FAILURE;
	else if (options.check)
		status = check(path, config);
	else
		status = start(&options, path, config);
	free(absolute);
	return status;
}
