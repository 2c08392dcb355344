/* SPDX-License-Identifier: ISC */
#include "commands.h"

#include <string.h>

enum { WORDS_MAX = 6 };

/* One command for one server, or for each in turn. Returns NULL, or what is wrong. */
struct call {
	const struct commands *commands;
	struct server *server;
	char *const *words;		/* words[0] is the command */
	size_t count;
};

struct command {
	const char *name;
	size_t least, most;		/* words behind the name */
	const char *(*run)(const struct call *call);
	const char *usage, *text;
};

/* ---- Numbers ---- */

static bool
number(const struct call *call, size_t i, uint64_t max, uint64_t *value)
{
	return i < call->count && span_number(span_of(call->words[i]), max, value);
}

static bool
code(const struct call *call, int *to)
{
	uint64_t value;

	if (strcmp(call->words[1], "ok") == 0)
		value = 0;
	else if (!number(call, 1, 699, &value) || value < 200)
		return false;
	*to = (int)value;
	return true;
}

static const char *
set_code(const struct call *call, int *to, int *retry_s)
{
	uint64_t seconds = 0;

	if (call->count > 2 && !number(call, 2, 86400, &seconds))
		return "Retry-After is a number of seconds";
	if (!code(call, to))
		return "a final status code, or ok";
	*retry_s = (int)seconds;
	return NULL;
}

/* ---- Commands ---- */

static const char *
set_mode(const struct call *call, enum server_mode mode)
{
	return server_set_mode(call->server, mode) == 0 ? NULL : "the address is taken";
}

static const char *
run_up(const struct call *call)
{
	return set_mode(call, SERVER_UP);
}

static const char *
run_hang(const struct call *call)
{
	return set_mode(call, SERVER_HUNG);
}

static const char *
run_silent(const struct call *call)
{
	return set_mode(call, SERVER_SILENT);
}

static const char *
run_refuse(const struct call *call)
{
	return set_mode(call, SERVER_REFUSING);
}

static const char *
run_options(const struct call *call)
{
	struct faults *faults = server_faults(call->server);

	return set_code(call, &faults->options_code, &faults->options_retry_s);
}

static const char *
run_register(const struct call *call)
{
	struct faults *faults = server_faults(call->server);

	return set_code(call, &faults->register_code, &faults->register_retry_s);
}

static const char *
run_delay(const struct call *call)
{
	uint64_t ms;

	if (!number(call, 1, 600000, &ms))
		return "a number of milliseconds";
	server_faults(call->server)->delay_ms = (int64_t)ms;
	return NULL;
}

static const char *
run_loss(const struct call *call)
{
	uint64_t percent;

	if (!number(call, 1, 100, &percent))
		return "0 to 100 percent";
	server_faults(call->server)->loss_percent = (uint32_t)percent;
	return NULL;
}

static const char *
run_grant(const struct call *call)
{
	uint64_t seconds;

	if (!number(call, 1, 3600, &seconds))
		return "0 to 3600 seconds";
	server_faults(call->server)->grant_s = (uint32_t)seconds;
	return NULL;
}

static const char *
run_min_expires(const struct call *call)
{
	uint64_t seconds;

	if (!number(call, 1, 3600, &seconds))
		return "0 to 3600 seconds";
	server_faults(call->server)->min_expires_s = (uint32_t)seconds;
	return NULL;
}

static const char *
run_forget(const struct call *call)
{
	bindings_fini(server_bindings(call->server));
	server_forget_nonces(call->server);
	return NULL;
}

static const char *
run_reset(const struct call *call)
{
	const char *wrong = set_mode(call, SERVER_UP);

	if (wrong == NULL)
		*server_faults(call->server) = (struct faults){ .mode = SERVER_UP };
	return wrong;
}

static void
say_binding(void *arg, const char *aor, const char *contact, int64_t left_s)
{
	const struct call *call = arg;
	char name[ADDRESS_TEXT_SIZE];

	fprintf(call->commands->to, "binding %s %s <%s> %lld\n", address_str(server_address(call->server), name), aor,
	    contact, (long long)left_s);
}

static const char *
run_bindings(const struct call *call)
{
	struct call copy = *call;

	bindings_each(server_bindings(call->server), loop_now(call->commands->site->loop), say_binding, &copy);
	return NULL;
}

static const char *
run_stats(const struct call *call)
{
	const struct stats *stats = server_stats(call->server);
	char name[ADDRESS_TEXT_SIZE];

	fprintf(call->commands->to,
	    "stats %s mode=%s registers=%lu options=%lu others=%lu answers=%lu lost=%lu dropped=%lu bindings=%zu\n",
	    address_str(server_address(call->server), name), server_mode_str(server_faults(call->server)->mode),
	    stats->registers, stats->options, stats->others, stats->answers, stats->lost, stats->dropped,
	    bindings_each(server_bindings(call->server), loop_now(call->commands->site->loop), NULL, NULL));
	return NULL;
}

static const char *
run_user(const struct call *call)
{
	struct users *users = &call->commands->site->users;

	if (call->count == 2)
		users_remove(users, call->words[1]);
	else if (users_set(users, call->words[1], call->words[2]) != 0)
		return "no memory";
	return NULL;
}

static const char *
run_auth(const struct call *call)
{
	struct auth_policy *auth = &call->commands->site->auth;

	auth->required = strcmp(call->words[1], "none") != 0;
	return !auth->required || auth_hash_parse(call->words[1], &auth->hash) ? NULL : "no such algorithm here";
}

static const char *
run_nonce_life(const struct call *call)
{
	uint64_t seconds;

	if (!number(call, 1, 86400, &seconds))
		return "a number of seconds";
	call->commands->site->auth.nonce_life_ms = (int64_t)seconds * 1000;
	return NULL;
}

static const char *
run_help(const struct call *call)
{
	commands_help(call->commands->to);
	return NULL;
}

/* Those of one server: each runs once for every server that the line means. */
static const struct command of_server[] = {
	{ "up", 0, 0, run_up, "", "answers again; what came while it hung, too" },
	{ "hang", 0, 0, run_hang, "", "keeps requests for later" },
	{ "silent", 0, 0, run_silent, "", "drops requests" },
	{ "refuse", 0, 0, run_refuse, "", "closes the socket: the kernel sends ICMP" },
	{ "options", 1, 2, run_options, "CODE|ok [RETRY-AFTER]", "how OPTIONS is answered" },
	{ "register", 1, 2, run_register, "CODE|ok [RETRY-AFTER]", "how REGISTER is answered: 403, 404, 503 …" },
	{ "delay", 1, 1, run_delay, "MS", "before each answer" },
	{ "loss", 1, 1, run_loss, "PERCENT", "of datagrams, each way" },
	{ "grant", 1, 1, run_grant, "SECONDS", "granted whatever is asked for; 0: what is asked for" },
	{ "min-expires", 1, 1, run_min_expires, "SECONDS", "423 to less" },
	{ "forget", 0, 0, run_forget, "", "bindings and nonces, as a restart does" },
	{ "reset", 0, 0, run_reset, "", "no fault any more" },
	{ "bindings", 0, 0, run_bindings, "", "a line for each: server, address-of-record, Contact, seconds left" },
	{ "stats", 0, 0, run_stats, "", "a line for each server: what came and went" },
};

static const struct command of_site[] = {
	{ "user", 1, 2, run_user, "NAME [PASSWORD]", "a new user or password; without one: takes the user away" },
	{ "auth", 1, 1, run_auth, "ALGORITHM|none", "MD5, SHA-256 or SHA-512-256" },
	{ "nonce-life", 1, 1, run_nonce_life, "SECONDS", "older nonces are stale; 0: never" },
	{ "help", 0, 0, run_help, "", "this list" },
};

enum {
	OF_SERVER = sizeof(of_server) / sizeof(of_server[0]),
	OF_SITE = sizeof(of_site) / sizeof(of_site[0]),
};

static void
help_lines(FILE *to, const struct command *commands, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(to, "  %-11s %-22s %s\n", commands[i].name, commands[i].usage, commands[i].text);
}

void
commands_help(FILE *to)
{
	fputs("Commands, behind `server ADDRESS` for one call server only:\n", to);
	help_lines(to, of_server, OF_SERVER);
	fputs("Commands for all call servers:\n", to);
	help_lines(to, of_site, OF_SITE);
	fputs("  quit\n", to);
}

/* ---- Lines ---- */

static size_t
split(char *line, char *words[WORDS_MAX])
{
	size_t count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(line, " \t\r", &rest); word != NULL; word = strtok_r(NULL, " \t\r", &rest)) {
		if (count == WORDS_MAX)
			return WORDS_MAX + 1;
		words[count++] = word;
	}
	return count;
}

static const struct command *
find(const struct command *commands, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

/* An address without a port means every server there. */
static bool
meant(const struct server *server, const struct address *only)
{
	const struct address *own = server_address(server);

	return only->family == ADDRESS_NONE || address_equal(own, only)
	    || (only->port == 0 && address_same_ip(own, only));
}

static const char *
run_for_servers(struct call call, const struct command *command, const struct address *only)
{
	const struct commands *commands = call.commands;
	const char *wrong = NULL;
	bool any = false;

	for (size_t i = 0; i < commands->count && wrong == NULL; i++) {
		if (!meant(commands->servers[i], only))
			continue;
		any = true;
		call.server = commands->servers[i];
		wrong = command->run(&call);
	}
	return any ? wrong : "no such server";
}

static const char *
run_words(const struct commands *commands, char *const *words, size_t count)
{
	struct address only = { .family = ADDRESS_NONE };
	const struct command *command;
	struct call call;

	if (count >= 2 && strcmp(words[0], "server") == 0) {
		if (!address_parse(&only, words[1]))
			return "no address";
		words += 2;
		count -= 2;
	}
	if (count == 0)
		return "no command";
	call = (struct call){ .commands = commands, .words = words, .count = count };
	command = find(of_server, OF_SERVER, words[0]);
	if (command == NULL && only.family == ADDRESS_NONE)
		command = find(of_site, OF_SITE, words[0]);
	if (command == NULL)
		return "no such command; try help";
	if (count - 1 < command->least || count - 1 > command->most)
		return "too few or too many words; try help";
	return command >= of_server && command < of_server + OF_SERVER ? run_for_servers(call, command, &only)
	    : command->run(&call);
}

enum command_end
commands_run(const struct commands *commands, char *line)
{
	char *words[WORDS_MAX];
	size_t count = split(line, words);
	const char *wrong;

	if (count == 1 && strcmp(words[0], "quit") == 0) {
		fputs("ok\n", commands->to);
		return COMMAND_QUIT;
	}
	wrong = count > WORDS_MAX ? "too many words" : run_words(commands, words, count);
	if (wrong == NULL)
		fputs("ok\n", commands->to);
	else
		fprintf(commands->to, "error %s\n", wrong);
	return wrong == NULL ? COMMAND_DONE : COMMAND_REFUSED;
}
