/* SPDX-License-Identifier: ISC */
#include "run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/log.h"
#include "base/str.h"
#include "config.h"
#include "control/control.h"
#include "control/http.h"
#include "control/notify.h"
#include "control/status.h"
#include "net/loop.h"
#include "supervisor.h"

struct run {
	struct loop *loop;
	struct agent *agent;
	struct control *control;
	struct http *http;
	struct notify *notify;
	struct supervisor *supervisor;	/* NULL: nobody asks how we are */
	const char *path;
	bool stopping;

	/* The reload under way: */
	bool reloads;			/* there is one */
	struct configreader *reader;	/* NULL: all is read */
	struct timer *reload_turn;
	struct strbuf findings;
	bool reload_again;		/* wanted once more, when this one is over */
};

enum { RELOAD_SLICE = 500 };		/* accounts that are read in one turn of the loop */

/* Each line of the text is a record of its own. */
static void
log_lines(const char *text)
{
	while (*text != '\0') {
		int len = (int)strcspn(text, "\n");

		if (len > 0)
			log_line(LOG_LEVEL_NOTICE, NULL, "%.*s", len, text);
		text += len;
		if (*text == '\n')
			text++;
	}
}

/* The log has a word of its own for warnings. */
static void
log_findings(const char *text)
{
	static const char word[] = "warning: ";

	while (*text != '\0') {
		int len = (int)strcspn(text, "\n");
		const char *warning = strstr(text, ": warning: ");
		int head = warning != NULL && warning < text + len ? (int)(warning + 2 - text) : 0;

		if (head > 0)
			log_line(LOG_LEVEL_WARNING, NULL, "%.*s%.*s", head, text,
			    len - head - (int)strlen(word), text + head + strlen(word));
		else if (len > 0)
			log_line(LOG_LEVEL_ERROR, NULL, "%.*s", len, text);
		text += len;
		if (*text == '\n')
			text++;
	}
}

/* What was found is told; no configuration and no finding is lack of memory. */
static void
tell_findings(const char *path, const struct config *config, const struct strbuf *findings)
{
	if (findings->len > 0)
		log_findings(findings->data);
	else if (config == NULL)
		log_line(LOG_LEVEL_ERROR, NULL, "%s: no memory to read it", path);
}

struct config *
run_read_config(const char *path)
{
	struct strbuf findings = { 0 };
	struct config *config = config_read(path, NULL, &findings);

	tell_findings(path, config, &findings);
	strbuf_fini(&findings);
	return config;
}

/* ---- Reload (B71) ---- */

static bool
refuse_reload(struct run *run, const char *why)
{
	agent_reload_refused(run->agent);
	log_line(LOG_LEVEL_ERROR, NULL, "reload: %s; the old configuration stays", why);
	strbuf_printf(&run->findings, "%s\n", why);
	return false;
}

static bool
configure_http(void *arg, const struct config *config, char error[256])
{
	struct run *run = arg;

	return http_configure(run->http, config, error);
}

static void reload(void *arg);

static void
end_reload(struct run *run, bool good)
{
	bool again = run->reload_again;

	run->reload_again = run->reloads = false;
	if (!run->stopping)
		supervisor_reloaded(run->supervisor, good);
	control_reload_ends(run->control, good, run->findings.data);
	strbuf_fini(&run->findings);
	if (again)
		reload(run);
}

static void
begin_to_apply(struct run *run, struct config *config)
{
	char error[256] = "";

	if (agent_reload_begin(run->agent, config, configure_http, run, error) < 0)
		end_reload(run, refuse_reload(run, error));
	else
		timer_set(run->reload_turn, loop_now(run->loop));
}

static void
read_on(struct run *run)
{
	struct config *config;

	if (config_read_on(run->reader, RELOAD_SLICE)) {
		timer_set(run->reload_turn, loop_now(run->loop));
		return;
	}
	config = config_read_end(run->reader);
	run->reader = NULL;
	tell_findings(run->path, config, &run->findings);
	if (config == NULL)
		end_reload(run, refuse_reload(run, "the configuration has errors"));
	else
		begin_to_apply(run, config);
}

static void
apply_on(struct run *run)
{
	char error[256] = "";
	int result = agent_reload_on(run->agent, error);
	struct agent_status status;

	if (result > 0) {
		timer_set(run->reload_turn, loop_now(run->loop));
	} else if (result < 0) {
		end_reload(run, refuse_reload(run, error));
	} else {
		agent_status(run->agent, &status);
		strbuf_printf(&run->findings, "generation %u, accounts %zu\n", status.generation, status.accounts);
		end_reload(run, true);
	}
}

static void
on_reload_turn(void *arg)
{
	struct run *run = arg;

	if (run->stopping) {
		if (run->reader != NULL)
			config_free(config_read_end(run->reader));
		run->reader = NULL;
		end_reload(run, refuse_reload(run, "the daemon is ending"));
	} else if (run->reader != NULL) {
		read_on(run);
	} else {
		apply_on(run);
	}
}

/* Begins to read; the rest follows turn by turn. */
static void
reload(void *arg)
{
	struct run *run = arg;

	if (run->reloads) {
		run->reload_again = true;
		return;
	}
	run->reloads = true;
	control_reload_begins(run->control);
	if (run->stopping) {
		end_reload(run, refuse_reload(run, "the daemon is ending"));
		return;
	}
	supervisor_reloading(run->supervisor);
	run->reader = config_read_begin(run->path, NULL, &run->findings);
	if (run->reader != NULL)
		timer_set(run->reload_turn, loop_now(run->loop));
	else
		end_reload(run, refuse_reload(run, "no memory to read it"));
}

/* ---- Signals ---- */

static void
on_stopped(void *arg, unsigned unanswered)
{
	struct run *run = arg;

	log_line(LOG_LEVEL_NOTICE, NULL, "ended; unregisters without an answer: %u", unanswered);
	loop_stop(run->loop);
}

static void
on_end(void *arg, int signal_number)
{
	struct run *run = arg;

	if (run->stopping) {
		log_line(LOG_LEVEL_NOTICE, NULL, "%s again: ended at once", strsignal(signal_number));
		loop_stop(run->loop);
		return;
	}
	run->stopping = true;
	log_line(LOG_LEVEL_NOTICE, NULL, "%s: ending", strsignal(signal_number));
	supervisor_stopping(run->supervisor);
	agent_stop(run->agent, on_stopped, run);
}

static void
on_reload(void *arg, int signal_number)
{
	(void)signal_number;
	reload(arg);
}

static int
put_to_log(void *arg, const char *bytes, size_t len)
{
	(void)arg;
	(void)len;		/* status pieces are terminated whole lines */
	log_lines(bytes);
	return 0;
}

static void
on_show(void *arg, int signal_number)
{
	struct run *run = arg;

	(void)signal_number;
	status_write(run->agent, NULL, STATUS_TEXT, put_to_log, NULL);
}

static bool
take_signals(struct run *run)
{
	signal(SIGPIPE, SIG_IGN);
	return loop_on_signal(run->loop, SIGTERM, on_end, run) == 0 &&
	    loop_on_signal(run->loop, SIGINT, on_end, run) == 0 &&
	    loop_on_signal(run->loop, SIGHUP, on_reload, run) == 0 &&
	    loop_on_signal(run->loop, SIGUSR1, on_show, run) == 0;
}

/* ---- Start and end ---- */

static bool
open_control(struct run *run, const struct config *config, char error[256])
{
	struct control_hooks hooks = { .reload = reload, .arg = run, .version = PACKAGE_VERSION,
		.state_dir = config->state_dir };
	struct stream_place place = {
		.path = config->control,
		.directory = daemon_make_directory_of(config->control, config->user),
		.owner = daemon_uid(config->user),
		.group = config->control_group,
	};

	if (place.directory < 0) {
		snprintf(error, 256, "directory of the control socket %.120s: %.60s", config->control,
		    strerror(-place.directory));
		return false;
	}
	run->control = control_new(run->loop, run->agent, &place, &hooks, error);
	close(place.directory);
	return run->control != NULL;
}

/* While a low port may still be had. */
static bool
open_http(struct run *run, const struct config *config, char error[256])
{
	snprintf(error, 256, "http: no memory");
	run->http = http_new(run->loop, run->agent, PACKAGE_VERSION);
	return run->http != NULL && http_configure(run->http, config, error);
}

/* Its helper begins with the rights that the daemon is about to give up. */
static bool
open_notify(struct run *run, const struct config *config, const struct daemon *daemon, char error[256])
{
	if (config->notify == NULL)
		return true;
	run->notify = notify_new(run->loop, run->agent, config->notify, (int)config->notify_timeout_s,
	    daemon->ready_fd >= 0, error);
	return run->notify != NULL;
}

/* Who does not let us have it gets a warning when something is to be kept there. */
static void
make_state_directory(const struct config *config)
{
	int directory = config->state_dir != NULL ? daemon_make_directory(config->state_dir, 0750, config->user) : -1;

	if (directory >= 0)
		close(directory);
}

/*
 * The pid file is for who starts in the background; a supervisor of the foreground knows the pid. It comes before
 * all else, so that a second daemon hears of the first one and not of an address that is taken.
 */
static bool
open_agent(struct run *run, struct config *config, struct daemon *daemon, char error[256])
{
	bool background = daemon->ready_fd >= 0;

	if (!daemon_user_exists(config->user, error) || !daemon_group_exists(config->control_group, error) ||
	    !daemon_pid_file(daemon, background ? config->pid_file : NULL, config->user, error))
		return false;
	run->loop = loop_new();
	run->reload_turn = run->loop != NULL ? timer_new(run->loop, on_reload_turn, run) : NULL;
	if (run->reload_turn == NULL || !take_signals(run)) {
		snprintf(error, 256, "no event loop to be had");
		return false;
	}
	run->supervisor = supervisor_new(run->loop);
	make_state_directory(config);
	run->agent = agent_new(run->loop, config, error);
	return run->agent != NULL;
}

static bool
open_all(struct run *run, struct config *config, struct daemon *daemon, char error[256])
{
	if (!open_agent(run, config, daemon, error)) {
		config_free(config);
		return false;
	}
	if (!open_control(run, config, error) || !open_notify(run, config, daemon, error) ||
	    !open_http(run, config, error) || !daemon_become(config->user, error))
		return false;
	control_begin(run->control);
	if (!agent_start(run->agent)) {
		snprintf(error, 256, "no memory to start");
		return false;
	}
	return true;
}

/* In the background the terminal's reader hears it, and the syslog of a boot that nobody watched. */
static void
complain(const struct daemon *daemon, const char *error)
{
	log_line(LOG_LEVEL_ERROR, NULL, "%s", error);
	if (daemon->ready_fd >= 0) {
		log_to_syslog("sipkeepd");
		log_line(LOG_LEVEL_ERROR, NULL, "%s", error);
	}
}

static int
serve(struct run *run, struct daemon *daemon)
{
	struct agent_status status;
	int rc;

	if (daemon->ready_fd >= 0)
		log_to_syslog("sipkeepd");
	agent_status(run->agent, &status);
	log_line(LOG_LEVEL_NOTICE, NULL, "sipkeepd " PACKAGE_VERSION ": %zu accounts", status.accounts);
	daemon_ready(daemon);
	supervisor_ready(run->supervisor, run->agent);
	rc = loop_run(run->loop);
	if (rc == 0)
		return EXIT_SUCCESS;
	log_line(LOG_LEVEL_ERROR, NULL, "event loop: %s", strerror(-rc));
	return EXIT_FAILURE;
}

int
run(const char *path, struct config *config, struct daemon *daemon)
{
	struct run run = { .path = path };
	char error[256] = "";
	int status = EXIT_FAILURE;

	if (open_all(&run, config, daemon, error))
		status = serve(&run, daemon);
	else
		complain(daemon, error);
	supervisor_free(run.supervisor);
	notify_free(run.notify);
	http_free(run.http);
	control_free(run.control);
	if (run.reader != NULL)
		config_free(config_read_end(run.reader));
	strbuf_fini(&run.findings);
	timer_free(run.reload_turn);
	if (run.agent != NULL)
		agent_free(run.agent);
	if (run.loop != NULL)
		loop_free(run.loop);
	daemon_fini(daemon);
	return status;
}
