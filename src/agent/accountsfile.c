/* SPDX-License-Identifier: ISC */
#include "agent/accountsfile.h"

#include <string.h>

#include "agent/config.h"
#include "agent/configkeys.h"

/* The next line that says something, terminated in place. NULL at the end. */
static char *
next_line(struct accountsfile *a)
{
	while (a->at < a->end) {
		char *line = a->at, *newline = memchr(line, '\n', (size_t)(a->end - line));
		char *stop = newline != NULL ? newline : a->end;

		a->at = newline != NULL ? newline + 1 : a->end;
		a->line++;
		if (stop > line && stop[-1] == '\r')
			stop--;
		*stop = '\0';
		if (strlen(line) != (size_t)(stop - line)) {
			configreport_error(a->report, a->file, a->line, "a NUL byte; take it out");
			continue;
		}
		if (line[0] != '\0' && line[0] != '#')
			return line;
	}
	return NULL;
}

/* Cuts the first value off the line. NULL when nothing is left. */
static char *
next_value(char **line)
{
	char *value = *line, *tab;

	if (value == NULL)
		return NULL;
	tab = strchr(value, '\t');
	if (tab != NULL)
		*tab++ = '\0';
	*line = tab;
	return value;
}

static bool
is_plain(const char *value)
{
	for (const char *c = value; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return true;
}

static bool
has_column(const struct accountsfile *a, size_t key)
{
	for (size_t i = 0; i < a->columns; i++)
		if (a->key[i] == key)
			return true;
	return false;
}

static bool
add_column(struct accountsfile *a, const char *name)
{
	const struct configkey *keys = configkeys_account();
	const char *nearest;
	size_t key = 0;

	while (keys[key].name != NULL && strcmp(keys[key].name, name) != 0)
		key++;
	if (keys[key].name == NULL) {
		nearest = configlex_nearest(span_of(name), config_account_keys());
		configreport_error(a->report, a->file, a->line,
		    "\"%.40s\" is no key of an account%s%s%s; the first line names the columns, parted by one tab each",
		    name, nearest != NULL ? " (did you mean " : "", nearest != NULL ? nearest : "",
		    nearest != NULL ? "?)" : "");
		return false;
	}
	if (has_column(a, key)) {
		configreport_error(a->report, a->file, a->line, "column %s stands there twice; take one out", name);
		return false;
	}
	a->passwords = a->passwords || keys[key].kind == CONFIGKEY_SECRET;
	a->key[a->columns++] = key;
	return true;
}

static bool
has_required(const struct accountsfile *a)
{
	static const char *const required[] = { "user", "server" };
	const struct configkey *keys = configkeys_account();
	bool all = true;

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		bool found = false;

		for (size_t j = 0; j < a->columns; j++)
			found = found || strcmp(keys[a->key[j]].name, required[i]) == 0;
		if (!found)
			configreport_error(a->report, a->file, a->line, "column %s is missing; add it", required[i]);
		all = all && found;
	}
	return all;
}

bool
accountsfile_begin(struct accountsfile *a, const char *file, char *bytes, size_t len, struct configreport *report)
{
	char *line, *name;
	bool ok = true;

	*a = (struct accountsfile){ .at = bytes, .end = bytes + len, .file = file, .report = report };
	line = next_line(a);
	if (line == NULL) {
		configreport_error(report, file, 0, "it is empty; write the names of the columns in its first line");
		return false;
	}
	while ((name = next_value(&line)) != NULL)
		ok = add_column(a, name) && ok;
	return ok && has_required(a);
}

bool
accountsfile_next(struct accountsfile *a, const char *values[CONFIGLEX_KEYS_MAX])
{
	char *line;

	while ((line = next_line(a)) != NULL) {
		size_t count = 0;
		bool plain = true;
		char *value;

		memset(values, 0, CONFIGLEX_KEYS_MAX * sizeof(values[0]));
		while ((value = next_value(&line)) != NULL) {
			plain = plain && is_plain(value);
			if (count < a->columns && value[0] != '\0')
				values[a->key[count]] = value;
			count++;
		}
		if (count == a->columns && plain)
			return true;
		if (!plain)
			configreport_error(a->report, a->file, a->line, "a control character in a value; take it out");
		else
			configreport_error(a->report, a->file, a->line,
			    "%zu values for %zu columns; part them by one tab each, also around an empty one", count,
			    a->columns);
	}
	return false;
}
