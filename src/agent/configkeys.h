/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CONFIGKEYS_H
#define SIPKEEPD_AGENT_CONFIGKEYS_H

/*
 * The keys of sipkeepd.conf: one table each for the global ones and for those of an account. What a key is called,
 * what it takes, its bounds, its default and where it goes stands there and nowhere else.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/configreport.h"

#define CONFIGKEY_UNSET (-1)		/* a timer that the account does not set */
#define CONFIGKEY_SECRET_MAX 256	/* bytes of a password */

enum configkey_kind {
	CONFIGKEY_MS,		/* a duration, int64_t milliseconds */
	CONFIGKEY_S,		/* a duration in whole seconds, int64_t */
	CONFIGKEY_MS_OR_TTL,	/* "ttl" is 0 */
	CONFIGKEY_COUNT,	/* int64_t, a bare number */
	CONFIGKEY_MS_OR_OFF,	/* "off" is 0 */
	CONFIGKEY_YES_NO,	/* bool */
	CONFIGKEY_PORT,		/* uint16_t */
	CONFIGKEY_DSCP,		/* uint8_t */
	CONFIGKEY_TEXT,		/* char *, not empty */
	CONFIGKEY_DISPLAY,	/* char *: UTF-8 without control characters */
	CONFIGKEY_NAME,		/* char *: a device, user or group */
	CONFIGKEY_PATH,		/* char *: absolute */
	CONFIGKEY_FILE,		/* char *: from the folder of the file that names it */
	CONFIGKEY_SECRET,	/* char * */
	CONFIGKEY_SECRET_FILE,	/* char *: the first line of that file */
	CONFIGKEY_USER,		/* char *: the user part of a SIP URI, without escapes */
	CONFIGKEY_SERVER,	/* struct account_config: server, server_text */
	CONFIGKEY_TRANSPORT,	/* enum sip_transport */
	CONFIGKEY_FAMILY,	/* enum family_policy */
	CONFIGKEY_CONTACT,	/* struct account_config: contact_mode, contact_uri */
	CONFIGKEY_UPSTREAM,	/* struct config: upstream, upstream_count; a list */
	CONFIGKEY_NAMESERVER,	/* struct config: nameserver, nameserver_count; a list */
	CONFIGKEY_LISTEN,	/* struct address, one of ours with its port */
};

struct cfg_t;

struct configkey {
	const char *name;
	enum configkey_kind kind;
	size_t offset;			/* in struct config or struct account_config */
	int64_t min, max;		/* of a number or duration; of text: the greatest length in max */
	bool restart;			/* cannot be changed while running */
	const char *fallback[2];	/* the default, written as in the file; none: stays zero, or the global timer */
};

/* Where a value stands, for its findings. */
struct configplace {
	struct configreport *report;
	const char *file;
	int line;
	const char *account;		/* its user as written, or NULL outside of accounts */
};

const struct configkey *configkeys_global(void);	/* both end with a NULL name */
const struct configkey *configkeys_account(void);

bool configkey_is_list(const struct configkey *key);

/*
 * Checks a value and puts it where it goes.
 *
 * items, count   as written, without quotes; one unless the key is a list
 * to             struct config or struct account_config; zeroed, or holding an earlier value of the key
 * Returns false if it was refused, with a finding in the report.
 */
bool configkey_set(const struct configkey *key, const struct configplace *place, const char *const *items, size_t count,
    void *to);

/* The same with the value that libconfuse read under the key's name. */
bool configkey_set_from(const struct configkey *key, const struct configplace *place, struct cfg_t *cfg, void *to);

/* What the key takes if it is not set. */
bool configkey_set_fallback(const struct configkey *key, const struct configplace *place, void *to);

/* The finding: "account 100: port: " and what. Secrets are never given to it. Returns false. */
bool configkey_refuse(const struct configkey *key, const struct configplace *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Copies a text to a field in place of what it held. Returns false without memory. */
bool configkey_put_text(const struct configplace *place, const char *text, char **to);

/* The file that was named in another one: relative to that one's folder. NULL without memory. */
char *configkey_path_beside(const char *file, const char *name);

#endif
