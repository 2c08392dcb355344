/* SPDX-License-Identifier: ISC */
#ifndef CALLSERVER_SERVER_H
#define CALLSERVER_SERVER_H

/*
 * One call server: its socket, its bindings and nonces, its answers, and what it does wrong as told.
 */

#include <stdbool.h>
#include <stdint.h>

#include "auth.h"
#include "base/address.h"
#include "base/instant.h"
#include "bindings.h"
#include "net/loop.h"

enum server_mode {
	SERVER_UP,
	SERVER_HUNG,		/* takes requests, answers them when it is up again */
	SERVER_SILENT,		/* drops them */
	SERVER_REFUSING,	/* its socket is closed: the kernel says so by ICMP */
};

/* The faults; zero is a good server. */
struct faults {
	enum server_mode mode;
	int options_code, options_retry_s;	/* 0: 200; no Retry-After */
	int register_code, register_retry_s;	/* 0: as it should */
	int64_t delay_ms;			/* before each answer */
	uint32_t loss_percent;			/* of datagrams, each way */
	uint32_t grant_s;			/* instead of what is asked for; 0: what is asked for */
	uint32_t min_expires_s;			/* below it: 423 */
};

struct stats {
	unsigned long registers, options, others, answers, lost, dropped;
};

/* What all servers of one program share. */
struct site {
	struct loop *loop;
	struct users users;
	struct auth_policy auth;
	bool verbose;		/* a line to stderr for each answer */
};

struct server;

/* Listens. error: why not (256 bytes). Returns NULL on failure. */
struct server *server_new(struct site *site, const struct address *address, char error[256]);
void server_free(struct server *server);	/* NULL is fine */

/* Where it listens, the port never 0. */
const struct address *server_address(const struct server *server);

/* Returns 0, or -EADDRINUSE and the like if the socket cannot be opened again: it goes on refusing then. */
int server_set_mode(struct server *server, enum server_mode mode);

struct faults *server_faults(struct server *server);	/* to be changed at will, but for the mode */
struct stats *server_stats(struct server *server);
struct bindings *server_bindings(struct server *server);
void server_forget_nonces(struct server *server);	/* as a restart does */

const char *server_mode_str(enum server_mode mode);

#endif
