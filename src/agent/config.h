/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CONFIG_H
#define SIPKEEPD_AGENT_CONFIG_H

/*
 * sipkeepd.conf, parsed and validated whole into an immutable structure. Nothing outside reads the file.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/str.h"
#include "core/serverspec.h"
#include "net/resolver.h"
#include "net/transport.h"

#define CONFIG_UPSTREAMS_MAX 6

struct configreader;

enum contact_mode {
	CONTACT_LOCAL,		/* our address as known here */
	CONTACT_RECEIVED,	/* as the server sees it */
	CONTACT_FIXED,		/* account_config.contact_uri */
};

enum family_policy {
	FAMILY_ANY,		/* IPv4 first */
	FAMILY_IPV4,
	FAMILY_IPV6,
};

/* Timers; an account may deviate from the global ones. */
struct timing {
	int64_t probe_interval_ms;		/* B10: 5 min */
	int64_t probe_interval_active_ms;	/* B20: 5 min */
	int64_t probe_interval_down_ms;		/* B20: 5 min */
	int64_t probe_timeout_ms;		/* B19: 4 s */
	int64_t expires_s;			/* B33: 300 */
	int64_t failback_stable_ms;		/* B38: 0 */
	int64_t keepalive_ms;			/* B20: 0: off */
};

struct account_config {
	char *user;
	struct serverfield server;
	char *server_text;		/* as written */
	char *auth_user;		/* never NULL: user if none is given */
	char *password;			/* never NULL; "" if none. Never logged. */
	char *display_name;		/* or NULL */
	enum sip_transport transport;
	uint16_t port;			/* for names without one; 5060 or 5061 unless set */
	enum family_policy family;
	uint8_t dscp;			/* 24 unless set */
	enum contact_mode contact_mode;
	char *contact_uri;		/* CONTACT_FIXED only, else NULL */
	struct timing timing;
	char *aor;			/* "100@example.com": the account's name in log, tool and status */
	int line;			/* where its block begins */
	char *file;
};

struct config {
	struct transport_listen upstream[CONFIG_UPSTREAMS_MAX];	/* see config_read() */
	size_t upstream_count;
	struct address nameserver[RESOLVER_NAMESERVERS_MAX];
	size_t nameserver_count;	/* 0: resolv.conf */
	char *interface;		/* or NULL */
	char *control;			/* path of the control socket */
	char *control_group;		/* or NULL */
	struct address http;		/* where status page and metrics are; ADDRESS_NONE: nowhere */
	char *http_name;		/* that it may be asked for, too; or NULL */
	char *pid_file;			/* or NULL */
	char *state_dir;		/* or NULL */
	char *user;			/* to run as, or NULL */
	char *notify;			/* program that is told of transitions, or NULL (B73) */
	int64_t notify_timeout_s;	/* 30 */
	char *accounts_file;		/* or NULL */
	int64_t dns_refresh_ms;		/* 2 h; 0: by TTL */
	int64_t register_rate;		/* B42: REGISTERs a second and server; 100 */
	bool unregister_on_exit;
	struct {
		char *ca_file;		/* or NULL: the system's */
		char *certificate;	/* or NULL */
		char *key;		/* or NULL: in the certificate's file */
		bool verify;
	} tls;				/* B22 */
	struct timing timing;		/* the global ones */
	struct account_config *accounts;
	size_t account_count;
	size_t account_room;		/* for so many */
	unsigned generation;		/* set by who applies it (B71) */
	struct config_index *index;	/* for config_account() */
};

/*
 * Reads and validates a file and what it includes.
 *
 * path      file name, or text: when text is not NULL it is parsed in place of the file's content (tests)
 * errors    appended to: one line per finding, "FILE:LINE: what is wrong; what to do\n". Warnings begin with
 *           "FILE:LINE: warning: ".
 * Unless upstream is set, it is udp:0.0.0.0:5060 and udp:[::]:5060, and the same of TCP (5060) and TLS (5061) if an
 * account has that transport. If it is set, each account's transport must be in it.
 *
 * Returns NULL if there was an error (the first one at least is in errors). An include or a password-file that does
 * not begin with '/' is taken from the folder of the file that names it.
 */
struct config *config_read(const char *path, const char *text, struct strbuf *errors);
void config_free(struct config *config);

/* Frees so many of its accounts, from the last one on. Returns whether there are more. */
bool config_free_accounts(struct config *config, size_t count);

/*
 * The same in steps, for who has other things to do meanwhile: an accounts-file is read line by line, the rest at once.
 *
 * path, errors   as above; errors must outlive the reading
 * Returns NULL without memory, which is said.
 */
struct configreader *config_read_begin(const char *path, const char *text, struct strbuf *errors);

/* Reads so many accounts. Returns false if nothing was left to be done. */
bool config_read_on(struct configreader *reader, size_t accounts);

/* Frees the reader. NULL if there was an error, or if it was not at its end. */
struct config *config_read_end(struct configreader *reader);

/* The account of that AOR, or NULL. */
const struct account_config *config_account(const struct config *config, const char *aor);

/* ---- While it is read (configreader, configsource). ---- */

/* Room for one account more, behind the others; it counts after config_enter(). NULL without memory. */
struct account_config *config_room(struct config *config);

/* What was written there is one of the accounts; there was none of its AOR. Returns false without memory. */
bool config_enter(struct config *config);

/* ---- What a reload compares. ---- */

/* What differs between two settings of one account decides what must happen to its registration (B71). */
enum account_change {			/* bits */
	ACCOUNT_SAME = 0,	/* not one packet */
	ACCOUNT_REREGISTER = 1,	/* password, timers, contact …: registers anew where it is */
	ACCOUNT_MOVE = 2,	/* server field, transport, family, port: new candidates, moves as in B38 */
};

/* Returns the account_change bits. */
unsigned configdiff_account(const struct account_config *from, const struct account_config *to);

/* The upstream address of that transport and family is another one, or only one of the two has one. */
bool configdiff_upstream(const struct config *from, const struct config *to, enum sip_transport transport,
    enum address_family family);

/* The keys tls-… differ; what the files hold is not looked at. */
bool configdiff_tls(const struct config *from, const struct config *to);

/*
 * What differs outside of the accounts and cannot be changed while running (interface, control, user …).
 *
 * Returns the first such key, or NULL.
 */
const char *configdiff_needs_restart(const struct config *from, const struct config *to);

/* All keys, for the test that compares them with the manual and the sample; ends with NULL. */
const char *const *config_global_keys(void);
const char *const *config_account_keys(void);

const char *contact_mode_str(enum contact_mode mode);
const char *family_policy_str(enum family_policy family);

#endif
