/* SPDX-License-Identifier: ISC */
#include "agent/configaccount.h"

#include <confuse.h>
#include <stdlib.h>
#include <string.h>

#include "agent/configkeys.h"

static size_t
key_named(const struct configkey *keys, const char *name)
{
	size_t i = 0;

	while (strcmp(keys[i].name, name) != 0)
		i++;
	return i;
}

/* What an account is read from: a value and its line for each key, NULL and 0 where it is not set. */
struct given {
	int line;			/* where it begins */
	int key_line[CONFIGLEX_KEYS_MAX];
	const char *value[CONFIGLEX_KEYS_MAX];
};

static void
check_required(struct configreport *report, const char *file, const struct given *s, const char *label)
{
	static const char *const required[] = { "user", "server" };
	const struct configkey *keys = configkeys_account();
	size_t password = key_named(keys, "password"), password_file = key_named(keys, "password-file");

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
		if (s->key_line[key_named(keys, required[i])] == 0)
			configreport_error(report, file, s->line,
			    "account %.40s: %s is missing; add it", label, required[i]);
	if (s->key_line[password] != 0 && s->key_line[password_file] != 0)
		configreport_error(report, file, s->key_line[password_file],
		    "account %.40s: both password and password-file; take one out", label);
}

static bool
account_values(struct configreport *report, const char *file, const struct given *s, const char *label,
    struct account_config *to)
{
	const struct configkey *keys = configkeys_account();
	struct configplace place = { .report = report, .file = file, .account = label };
	bool ok = true;

	for (size_t i = 0; keys[i].name != NULL; i++) {
		place.line = s->key_line[i] != 0 ? s->key_line[i] : s->line;
		if (s->key_line[i] != 0)
			ok = configkey_set(&keys[i], &place, &s->value[i], 1, to) && ok;
		else
			ok = configkey_set_fallback(&keys[i], &place, to) && ok;
	}
	return ok;
}

static bool
account_names(struct configreport *report, const char *file, struct account_config *account)
{
	struct strbuf aor = { 0 };

	strbuf_printf(&aor, "%s@%s", account->user, account->server.domain);
	account->aor = aor.failed ? NULL : aor.data;
	if (aor.failed)
		strbuf_fini(&aor);
	account->file = strdup(file);
	if (account->auth_user == NULL)
		account->auth_user = strdup(account->user);
	if (account->password == NULL)
		account->password = strdup("");
	if (account->aor == NULL || account->file == NULL || account->auth_user == NULL || account->password == NULL)
		return configreport_no_memory(report, file);
	return true;
}

/* -1 in every timer: the account has not set it. */
static void
timing_unset(struct timing *timing)
{
	*timing = (struct timing){ CONFIGKEY_UNSET, CONFIGKEY_UNSET, CONFIGKEY_UNSET, CONFIGKEY_UNSET, CONFIGKEY_UNSET,
		CONFIGKEY_UNSET };
}

static void
inherit(int64_t *value, int64_t global)
{
	if (*value == CONFIGKEY_UNSET)
		*value = global;
}

void
configaccount_inherit(struct account_config *account, const struct timing *global)
{
	struct timing *timing = &account->timing;

	inherit(&timing->probe_interval_ms, global->probe_interval_ms);
	inherit(&timing->probe_interval_active_ms, global->probe_interval_active_ms);
	inherit(&timing->probe_interval_down_ms, global->probe_interval_down_ms);
	inherit(&timing->probe_timeout_ms, global->probe_timeout_ms);
	inherit(&timing->expires_s, global->expires_s);
	inherit(&timing->failback_stable_ms, global->failback_stable_ms);
}

void
configaccount_fini(struct account_config *account)
{
	free(account->user);
	free(account->server_text);
	free(account->auth_user);
	if (account->password != NULL)
		explicit_bzero(account->password, strlen(account->password));
	free(account->password);
	free(account->display_name);
	free(account->contact_uri);
	free(account->aor);
	free(account->file);
	memset(account, 0, sizeof(*account));
}

static bool
read_given(struct account_config *to, const struct given *given, struct configreport *report, const char *file)
{
	const char *label = given->value[key_named(configkeys_account(), "user")];

	memset(to, 0, sizeof(*to));
	to->line = given->line;
	timing_unset(&to->timing);
	if (label == NULL || label[0] == '\0')
		label = "without a user";
	check_required(report, file, given, label);
	if (account_values(report, file, given, label, to) && to->user != NULL && to->server_text != NULL
	    && account_names(report, file, to))
		return true;
	configaccount_fini(to);
	return false;
}

bool
configaccount_read(struct account_config *to, const struct configlex_statement *s, struct cfg_t *cfg,
    struct configreport *report, const char *file)
{
	const struct configkey *keys = configkeys_account();
	struct given given = { .line = s->line };

	for (size_t i = 0; keys[i].name != NULL; i++) {
		given.key_line[i] = s->key_line[i];
		given.value[i] = s->key_line[i] != 0 ? cfg_getstr(cfg, keys[i].name) : NULL;
	}
	return read_given(to, &given, report, file);
}

bool
configaccount_read_line(struct account_config *to, int line, const char *const values[CONFIGLEX_KEYS_MAX],
    struct configreport *report, const char *file)
{
	struct given given = { .line = line };

	for (size_t i = 0; i < CONFIGLEX_KEYS_MAX; i++) {
		given.key_line[i] = values[i] != NULL ? line : 0;
		given.value[i] = values[i];
	}
	return read_given(to, &given, report, file);
}

bool
configaccount_has_password(const struct configlex_statement *s, int *line)
{
	*line = s->key_line[key_named(configkeys_account(), "password")];
	return *line != 0;
}
