/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_REQUEST_H
#define SIPKEEPD_CONTROL_REQUEST_H

/*
 * One line of the control socket, read strictly. Pure.
 *
 *	sipkeepd/1 status [ACCOUNT] [--long] [--json]
 *	sipkeepd/1 servers [--json]
 *	sipkeepd/1 check [ACCOUNT | --all] [--warning N[%]] [--critical N[%]] [--json]
 *	sipkeepd/1 reload
 *	sipkeepd/1 register [ACCOUNT]
 *	sipkeepd/1 probe [SERVER]
 *	sipkeepd/1 drain SERVER
 *	sipkeepd/1 undrain SERVER
 *	sipkeepd/1 explain ACCOUNT [--json]
 *	sipkeepd/1 events [--follow] [--json]
 *	sipkeepd/1 journal [--json]
 *	sipkeepd/1 wait ACCOUNT [STATE] [active=ADDRESS] [--timeout N]
 *	sipkeepd/1 log [LEVEL]
 *	sipkeepd/1 trace [--account ACCOUNT] [--server SERVER]
 *	sipkeepd/1 version
 *
 * Words are parted by blanks; an option may stand anywhere behind the command. Another version than 1 is refused, so
 * that an old tool and a new daemon tell each other instead of guessing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "agent/agent.h"
#include "base/address.h"

#define REQUEST_PREFIX "sipkeepd/1"
#define REQUEST_WORD_MAX 320			/* longer words are refused: user@domain fits */
#define REQUEST_TIMEOUT_DEFAULT_MS 60000	/* wait without --timeout */
#define REQUEST_TIMEOUT_MAX_MS 86400000

enum request_verb {
	REQUEST_STATUS,
	REQUEST_RELOAD,
	REQUEST_REGISTER,
	REQUEST_PROBE,
	REQUEST_DRAIN,
	REQUEST_UNDRAIN,
	REQUEST_EXPLAIN,
	REQUEST_EVENTS,
	REQUEST_JOURNAL,
	REQUEST_WAIT,
	REQUEST_SERVERS,
	REQUEST_CHECK,
	REQUEST_LOG,
	REQUEST_TRACE,
	REQUEST_VERSION,
	REQUEST_VERBS,
};

/* So many accounts, or so many per cent of them. */
struct request_limit {
	uint64_t number;
	bool percent;
};

struct request {
	enum request_verb verb;
	char subject[REQUEST_WORD_MAX + 1];	/* account, server or level; "" if none was named */
	bool json;				/* status, servers, check, explain, events */
	bool all;				/* check */
	bool detailed;				/* status */
	bool follow;				/* events */
	struct request_limit warning, critical;	/* check */
	bool of_server;				/* trace: those of that server alone */
	struct peer_pattern server;
	/* wait: all that was asked for must hold */
	bool wait_state;
	enum account_state state;
	struct address active;			/* ADDRESS_NONE: any server; port 0: any port */
	int64_t timeout_ms;
};

/*
 * line   without its newline; NULL counts as too long
 * why    on failure: what is wrong, in words without control characters
 * Returns false if it is no request.
 */
bool request_parse(struct request *request, const char *line, char why[160]);

#endif
