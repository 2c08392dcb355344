/* SPDX-License-Identifier: ISC */
#include "agent/configkeys.h"

#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config.h"
#include "agent/configaddress.h"
#include "agent/configcheck.h"
#include "net/store.h"

#ifndef SIPKEEPD_RUNSTATEDIR
#define SIPKEEPD_RUNSTATEDIR "/run"
#endif
#ifndef SIPKEEPD_LOCALSTATEDIR
#define SIPKEEPD_LOCALSTATEDIR "/var"
#endif

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define ITEMS_MAX 32		/* looked at; more than any list takes */
#define SOCKET_PATH_MAX 107	/* sun_path */

#define GLOBAL(field) offsetof(struct config, field)
#define ACCOUNT(field) offsetof(struct account_config, field)

/* Can it change while running? */
#define LIVE false
#define RESTART true

static const struct configkey global_keys[] = {
	{ "upstream", CONFIGKEY_UPSTREAM, 0, 0, 0, LIVE, { "udp:0.0.0.0:5060", "udp:[::]:5060" } },
	{ "nameserver", CONFIGKEY_NAMESERVER, 0, 0, 0, LIVE, { NULL } },
	{ "interface", CONFIGKEY_NAME, GLOBAL(interface), 0, 15, RESTART, { NULL } },
	{ "control", CONFIGKEY_PATH, GLOBAL(control), 0, SOCKET_PATH_MAX, RESTART,
	    { SIPKEEPD_RUNSTATEDIR "/sipkeepd/control" } },
	{ "control-group", CONFIGKEY_NAME, GLOBAL(control_group), 0, 32, RESTART, { NULL } },
	{ "http", CONFIGKEY_LISTEN, GLOBAL(http), 0, 0, LIVE, { NULL } },
	{ "http-name", CONFIGKEY_NAME, GLOBAL(http_name), 0, 253, LIVE, { NULL } },
	{ "pid-file", CONFIGKEY_PATH, GLOBAL(pid_file), 0, 4000, RESTART, { NULL } },
	{ "state-dir", CONFIGKEY_PATH, GLOBAL(state_dir), 0, 4000, RESTART,
	    { SIPKEEPD_LOCALSTATEDIR "/lib/sipkeepd" } },
	{ "user", CONFIGKEY_NAME, GLOBAL(user), 0, 32, RESTART, { NULL } },
	{ "notify", CONFIGKEY_PATH, GLOBAL(notify), 0, 4000, RESTART, { NULL } },
	{ "notify-timeout", CONFIGKEY_S, GLOBAL(notify_timeout_s), 1, 3600, RESTART, { "30s" } },
	{ "accounts-file", CONFIGKEY_FILE, GLOBAL(accounts_file), 0, 4000, LIVE, { NULL } },
	{ "dns-refresh", CONFIGKEY_MS_OR_TTL, GLOBAL(dns_refresh_ms), 5 * SECOND, DAY, LIVE, { "2h" } },
	{ "register-rate", CONFIGKEY_COUNT, GLOBAL(register_rate), 1, 100000, LIVE, { "100" } },
	{ "unregister-on-exit", CONFIGKEY_YES_NO, GLOBAL(unregister_on_exit), 0, 0, LIVE, { "yes" } },
	{ "probe-interval", CONFIGKEY_MS, GLOBAL(timing.probe_interval_ms), SECOND, DAY, LIVE, { "5m" } },
	{ "probe-interval-active", CONFIGKEY_MS, GLOBAL(timing.probe_interval_active_ms), SECOND, DAY, LIVE,
	    { "5m" } },
	{ "probe-interval-down", CONFIGKEY_MS, GLOBAL(timing.probe_interval_down_ms), SECOND, DAY, LIVE, { "5m" } },
	{ "probe-timeout", CONFIGKEY_MS, GLOBAL(timing.probe_timeout_ms), SECOND / 2, 32 * SECOND, LIVE, { "4s" } },
	{ "expires", CONFIGKEY_S, GLOBAL(timing.expires_s), 30, 7200, LIVE, { "300s" } },
	{ "failback-stable", CONFIGKEY_MS, GLOBAL(timing.failback_stable_ms), 0, DAY, LIVE, { "0s" } },
	{ "keepalive", CONFIGKEY_MS_OR_OFF, GLOBAL(timing.keepalive_ms), 5 * SECOND, HOUR, LIVE, { "off" } },
	{ "tls-ca-file", CONFIGKEY_PATH, GLOBAL(tls.ca_file), 0, 4000, LIVE, { NULL } },
	{ "tls-verify", CONFIGKEY_YES_NO, GLOBAL(tls.verify), 0, 0, LIVE, { "yes" } },
	{ "tls-certificate", CONFIGKEY_PATH, GLOBAL(tls.certificate), 0, 4000, LIVE, { NULL } },
	{ "tls-key", CONFIGKEY_PATH, GLOBAL(tls.key), 0, 4000, LIVE, { NULL } },
	{ .name = NULL },
};

static const struct configkey account_keys[] = {
	{ "user", CONFIGKEY_USER, ACCOUNT(user), 0, 128, LIVE, { NULL } },
	{ "server", CONFIGKEY_SERVER, 0, 0, 0, LIVE, { NULL } },
	{ "auth-user", CONFIGKEY_TEXT, ACCOUNT(auth_user), 0, 256, LIVE, { NULL } },
	{ "password", CONFIGKEY_SECRET, ACCOUNT(password), 0, CONFIGKEY_SECRET_MAX, LIVE, { NULL } },
	{ "password-file", CONFIGKEY_SECRET_FILE, ACCOUNT(password), 0, CONFIGKEY_SECRET_MAX, LIVE, { NULL } },
	{ "display-name", CONFIGKEY_DISPLAY, ACCOUNT(display_name), 0, 128, LIVE, { NULL } },
	{ "transport", CONFIGKEY_TRANSPORT, ACCOUNT(transport), 0, 0, LIVE, { "udp" } },
	{ "port", CONFIGKEY_PORT, ACCOUNT(port), 1, 65535, LIVE, { "5060" } },
	{ "address-family", CONFIGKEY_FAMILY, ACCOUNT(family), 0, 0, LIVE, { "any" } },
	{ "dscp", CONFIGKEY_DSCP, ACCOUNT(dscp), 0, 63, LIVE, { "24" } },
	{ "contact", CONFIGKEY_CONTACT, 0, 0, 0, LIVE, { "local" } },
	{ "probe-interval", CONFIGKEY_MS, ACCOUNT(timing.probe_interval_ms), SECOND, DAY, LIVE, { NULL } },
	{ "probe-interval-active", CONFIGKEY_MS, ACCOUNT(timing.probe_interval_active_ms), SECOND, DAY, LIVE,
	    { NULL } },
	{ "probe-interval-down", CONFIGKEY_MS, ACCOUNT(timing.probe_interval_down_ms), SECOND, DAY, LIVE, { NULL } },
	{ "probe-timeout", CONFIGKEY_MS, ACCOUNT(timing.probe_timeout_ms), SECOND / 2, 32 * SECOND, LIVE,
	    { NULL } },
	{ "expires", CONFIGKEY_S, ACCOUNT(timing.expires_s), 30, 7200, LIVE, { NULL } },
	{ "failback-stable", CONFIGKEY_MS, ACCOUNT(timing.failback_stable_ms), 0, DAY, LIVE, { NULL } },
	{ "keepalive", CONFIGKEY_MS_OR_OFF, ACCOUNT(timing.keepalive_ms), 5 * SECOND, HOUR, LIVE, { NULL } },
	{ .name = NULL },
};

const struct configkey *
configkeys_global(void)
{
	return global_keys;
}

const struct configkey *
configkeys_account(void)
{
	return account_keys;
}

bool
configkey_is_list(const struct configkey *key)
{
	return key->kind == CONFIGKEY_UPSTREAM || key->kind == CONFIGKEY_NAMESERVER;
}

bool
configkey_refuse(const struct configkey *key, const struct configplace *place, const char *format, ...)
{
	struct strbuf what = { 0 };
	va_list args;

	va_start(args, format);
	strbuf_vprintf(&what, format, args);
	va_end(args);
	configreport_error(place->report, place->file, place->line, "%s%.40s%s%s: %s",
	    place->account != NULL ? "account " : "", place->account != NULL ? place->account : "",
	    place->account != NULL ? ": " : "", key->name,
	    what.data != NULL ? what.data : "out of memory");
	strbuf_fini(&what);
	return false;
}

bool
configkey_put_text(const struct configplace *place, const char *text, char **to)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return configreport_no_memory(place->report, place->file);
	if (*to != NULL)
		explicit_bzero(*to, strlen(*to));	/* may be a password */
	free(*to);
	*to = copy;
	return true;
}

static const char *
duration_str(int64_t ms, char text[24])
{
	static const struct {
		int64_t ms;
		const char *unit;
	} units[] = { { HOUR, "h" }, { MINUTE, "m" }, { SECOND, "s" } };
	const char *unit = "ms";

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ms != 0 && ms % units[i].ms == 0) {
			ms /= units[i].ms;
			unit = units[i].unit;
			break;
		}
	}
	snprintf(text, 24, "%lld%s", (long long)ms, ms == 0 ? "s" : unit);
	return text;
}

static bool
set_duration(const struct configkey *key, const struct configplace *place, const char *item, int64_t *to)
{
	int64_t ms, unit = key->kind == CONFIGKEY_S ? SECOND : 1;
	char from[24], until[24];

	if (key->kind == CONFIGKEY_MS_OR_TTL && strcmp(item, "ttl") == 0) {
		*to = 0;
		return true;
	}
	if (key->kind == CONFIGKEY_MS_OR_OFF && strcmp(item, "off") == 0) {
		*to = 0;
		return true;
	}
	if (!span_duration_ms(span_of(item), &ms))
		return configkey_refuse(key, place, "\"%s\" is no duration; write a number with ms, s, m or h%s", item,
		    key->kind == CONFIGKEY_MS_OR_TTL ? ", or ttl" : key->kind == CONFIGKEY_MS_OR_OFF ? ", or off" : "");
	if (ms < key->min * unit || ms > key->max * unit)
		return configkey_refuse(key, place, "%s is out of bounds; choose from %s to %s", item,
		    duration_str(key->min * unit, from), duration_str(key->max * unit, until));
	if (ms % unit != 0)
		return configkey_refuse(key, place, "%s is not in whole seconds; leave the milliseconds out", item);
	*to = ms / unit;
	return true;
}

static bool
number(const struct configkey *key, const struct configplace *place, const char *item, uint64_t *value)
{
	if (!span_number(span_of(item), (uint64_t)key->max, value) || *value < (uint64_t)key->min)
		return configkey_refuse(key, place, "\"%s\" is no number from %lld to %lld; write one", item,
		    (long long)key->min, (long long)key->max);
	return true;
}

static bool
set_port(const struct configkey *key, const struct configplace *place, const char *item, uint16_t *to)
{
	uint64_t value;

	if (!number(key, place, item, &value))
		return false;
	*to = (uint16_t)value;
	return true;
}

static bool
set_dscp(const struct configkey *key, const struct configplace *place, const char *item, uint8_t *to)
{
	uint64_t value;

	if (!number(key, place, item, &value))
		return false;
	*to = (uint8_t)value;
	return true;
}

static bool
set_count(const struct configkey *key, const struct configplace *place, const char *item, int64_t *to)
{
	uint64_t value;

	if (!number(key, place, item, &value))
		return false;
	*to = (int64_t)value;
	return true;
}

static bool
set_yes_no(const struct configkey *key, const struct configplace *place, const char *item, bool *to)
{
	if (strcmp(item, "yes") != 0 && strcmp(item, "no") != 0)
		return configkey_refuse(key, place, "\"%s\" is neither yes nor no; write one of them", item);
	*to = item[0] == 'y';
	return true;
}

static bool
set_text(const struct configkey *key, const struct configplace *place, const char *item, char **to)
{
	if (strlen(item) > (size_t)key->max)
		return configkey_refuse(key, place, "longer than %lld bytes; shorten it", (long long)key->max);
	if (key->kind == CONFIGKEY_DISPLAY && !str_utf8_clean(item))
		return configkey_refuse(key, place, "no UTF-8, or a control character in it; save the file as UTF-8");
	if (key->kind == CONFIGKEY_PATH && item[0] != '/')
		return configkey_refuse(key, place, "\"%s\" does not begin with /; write the whole path", item);
	if (key->kind == CONFIGKEY_NAME && !configcheck_name(item))
		return configkey_refuse(key, place, "\"%s\" is no name; use letters, digits, - _ . and @", item);
	if (key->kind == CONFIGKEY_USER && !configcheck_user(item))
		return configkey_refuse(key, place, "\"%s\" cannot be the user of an address; "
		    "take out blanks, @ : < > %% \\, quotes and what is not ASCII", item);
	return configkey_put_text(place, item, to);
}

static bool
set_secret(const struct configkey *key, const struct configplace *place, const char *secret, char **to)
{
	if (strlen(secret) > (size_t)key->max)
		return configkey_refuse(key, place, "longer than %lld bytes; shorten it", (long long)key->max);
	return configkey_put_text(place, secret, to);
}

static bool
first_line(const struct configkey *key, const struct configplace *place, const struct strbuf *content, char **to)
{
	struct span line = { content->data, 0 };
	char *secret;
	bool ok;

	while (line.len < content->len && content->data[line.len] != '\n')
		line.len++;
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.at[i] < 0x20 || line.at[i] == 0x7f)
			return configkey_refuse(key, place,
			    "a control character in the file's first line; take it out");
	if (line.len == 0)
		return configkey_refuse(key, place, "the file's first line is empty; write the password there");
	secret = span_dup(line);
	if (secret == NULL)
		return configreport_no_memory(place->report, place->file);
	ok = set_secret(key, place, secret, to);
	explicit_bzero(secret, line.len);
	free(secret);
	return ok;
}

static bool
set_secret_file(const struct configkey *key, const struct configplace *place, const char *item, char **to)
{
	char *path = configkey_path_beside(place->file, item);
	struct strbuf content = { 0 };
	bool ok;
	int err;

	if (path == NULL)
		return configreport_no_memory(place->report, place->file);
	err = store_read(path, &content);
	if (err != 0)
		ok = configkey_refuse(key, place, "cannot read %s (%s); correct the path or its permissions", path,
		    strerror(-err));
	else
		ok = first_line(key, place, &content, to);
	if (err == 0 && store_others_may_read(path) > 0)
		configreport_warning(place->report, place->file, place->line,
		    "%s holds a password and everybody can read it; chmod o-r it", path);
	if (content.data != NULL)
		explicit_bzero(content.data, content.len);
	strbuf_fini(&content);
	free(path);
	return ok;
}

static bool
set_file(const struct configkey *key, const struct configplace *place, const char *item, char **to)
{
	if (strlen(item) > (size_t)key->max)
		return configkey_refuse(key, place, "longer than %lld bytes; shorten it", (long long)key->max);
	free(*to);
	*to = configkey_path_beside(place->file, item);
	return *to != NULL || configreport_no_memory(place->report, place->file);
}

bool
configkey_set(const struct configkey *key, const struct configplace *place, const char *const *items, size_t count,
    void *to)
{
	void *field = (char *)to + key->offset;

	for (size_t i = 0; i < count; i++)
		if (items[i][0] == '\0')
			return configkey_refuse(key, place, "it is empty; write a value or take the key out");
	switch (key->kind) {
	case CONFIGKEY_MS:
	case CONFIGKEY_S:
	case CONFIGKEY_MS_OR_TTL:
	case CONFIGKEY_MS_OR_OFF:
		return set_duration(key, place, items[0], field);
	case CONFIGKEY_COUNT:
		return set_count(key, place, items[0], field);
	case CONFIGKEY_YES_NO:
		return set_yes_no(key, place, items[0], field);
	case CONFIGKEY_PORT:
		return set_port(key, place, items[0], field);
	case CONFIGKEY_DSCP:
		return set_dscp(key, place, items[0], field);
	case CONFIGKEY_TEXT:
	case CONFIGKEY_DISPLAY:
	case CONFIGKEY_NAME:
	case CONFIGKEY_PATH:
	case CONFIGKEY_USER:
		return set_text(key, place, items[0], field);
	case CONFIGKEY_FILE:
		return set_file(key, place, items[0], field);
	case CONFIGKEY_SECRET:
		return set_secret(key, place, items[0], field);
	case CONFIGKEY_SECRET_FILE:
		return set_secret_file(key, place, items[0], field);
	case CONFIGKEY_SERVER:
		return configaddress_server(key, place, items[0], to);
	case CONFIGKEY_TRANSPORT:
		return configaddress_transport(key, place, span_of(items[0]), field);
	case CONFIGKEY_FAMILY:
		return configaddress_family(key, place, items[0], field);
	case CONFIGKEY_CONTACT:
		return configaddress_contact(key, place, items[0], to);
	case CONFIGKEY_UPSTREAM:
		return configaddress_upstream(key, place, items, count, to);
	case CONFIGKEY_LISTEN:
		return configaddress_listen(key, place, items[0], field);
	case CONFIGKEY_NAMESERVER:
		return configaddress_nameservers(key, place, items, count, to);
	}
	return false;
}

bool
configkey_set_from(const struct configkey *key, const struct configplace *place, struct cfg_t *cfg, void *to)
{
	const char *items[ITEMS_MAX];
	size_t count = cfg_size(cfg, key->name);

	if (count > ITEMS_MAX)
		count = ITEMS_MAX;
	for (size_t i = 0; i < count; i++)
		items[i] = cfg_getnstr(cfg, key->name, (unsigned)i);
	return configkey_set(key, place, items, count, to);
}

bool
configkey_set_fallback(const struct configkey *key, const struct configplace *place, void *to)
{
	size_t count = 0;

	while (count < sizeof(key->fallback) / sizeof(key->fallback[0]) && key->fallback[count] != NULL)
		count++;
	return count == 0 || configkey_set(key, place, key->fallback, count, to);
}

char *
configkey_path_beside(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');
	struct strbuf path = { 0 };

	if (name[0] != '/' && slash != NULL)
		strbuf_append_n(&path, file, (size_t)(slash - file) + 1);
	strbuf_append(&path, name);
	if (path.failed)
		strbuf_fini(&path);
	return path.data;
}

#define NAMES_MAX 32

/* Pointers to the names alone, as the header promises them. */
static const char *const *
names_of(const struct configkey *keys, const char **names)
{
	for (size_t i = 0; keys[i].name != NULL && i < NAMES_MAX; i++)
		names[i] = keys[i].name;
	return names;
}

const char *const *
config_global_keys(void)
{
	static const char *names[NAMES_MAX + 1];

	return names_of(global_keys, names);
}

const char *const *
config_account_keys(void)
{
	static const char *names[NAMES_MAX + 1];

	return names_of(account_keys, names);
}
