/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_TURNS_H
#define SIPKEEPD_AGENT_TURNS_H

/*
 * Who may send a REGISTER to a server now, when many accounts must start or move together: in random order, at the
 * pace that register-rate allows (B42). A single account never waits.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/pace.h"
#include "net/loop.h"

struct account;
struct server;

/* Part of a server. */
struct turns {
	struct pace pace;
	struct account **waiting;	/* in no order */
	size_t count;
	size_t room;
	struct timer *timer;		/* NULL until somebody had to wait */
};

/* Part of an account. */
struct turn {
	struct server *server;		/* where it waits, or may go now; NULL: neither */
	bool come;			/* it may go now */
	size_t place;			/* in waiting[] */
};

/*
 * The account wants to send a REGISTER there. If it may, its turn is used up. If not, it waits, and will be unsettled
 * when its turn has come; it waits at one server at most. Without memory to wait with it may go.
 */
bool turns_take(struct account *account, struct server *server);

/* It does not want to go anywhere now. */
void turns_leave(struct account *account);

/* A REGISTER went there without a turn: the answer to a challenge, a return that waits for nobody. */
void turns_spend(struct server *server);

/* The server asks everybody to stay away for a while: those who wait there are held off and choose again (B42). */
void turns_hold_off(struct server *server, int sip_code, int64_t retry_after_ms);

void turns_fini(struct turns *turns);

#endif
