/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CORE_REGISTRATION_H
#define SIPKEEPD_CORE_REGISTRATION_H

/*
 * One account's registration: which REGISTER is pending, what is granted, what comes next (B30, B33, B37, B38, B41,
 * B43, B60). Pure: an event in, one action out, one deadline. Which candidate is meant is the caller's: it has asked
 * selection_choose() and says with the event what the choice amounts to.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"

#define REGISTRATION_PATIENCE_MS 4000	/* B17, B37: from then on a REGISTER counts as silent */
#define REGISTRATION_LEAVE_MS 2000	/* B38: for the unregister before a failback */
#define REGISTRATION_STOP_MS 5000	/* B43 */

enum registration_state {
	REGISTRATION_IDLE,		/* nowhere to register, or not yet */
	REGISTRATION_WAITING,		/* all candidates failed or held off; until the deadline */
	REGISTRATION_REGISTERING,	/* a first REGISTER is pending on the active candidate */
	REGISTRATION_REGISTERED,	/* granted; refresh at the deadline */
	REGISTRATION_REFRESHING,	/* a REGISTER is pending where the account is registered */
	REGISTRATION_ASKING,		/* registered; a question to a better candidate is pending (B38) */
	REGISTRATION_LEAVING,		/* the unregister is pending, 2 s at most; then the choice is made anew */
	REGISTRATION_FROZEN,		/* the network is down (B60); with a deadline: it is back, goes on then */
	REGISTRATION_STOPPING,		/* the last unregister is pending */
	REGISTRATION_STOPPED,		/* for good */
	REGISTRATION_STATES,
};

enum registration_event {
	/* What selection_choose() amounts to, told when something changed, and after each REGISTRATION_EV_ENDED. */
	REGISTRATION_EV_NOWHERE,	/* there is no candidate */
	REGISTRATION_EV_STAY,		/* the active candidate it is */
	REGISTRATION_EV_MOVE,		/* another one, at once: nothing was active, or failover (B37) */
	REGISTRATION_EV_RETURN,		/* another one, in order: failback (B38) */
	REGISTRATION_EV_ASK,		/* the same, but it refused or ignored the last REGISTER: ask it first (B38) */
	REGISTRATION_EV_WAIT,		/* none is free before `until` */

	/* What became of the pending REGISTER. */
	REGISTRATION_EV_ACCEPTED,	/* `until`: when to refresh; of a question: the failback may begin */
	REGISTRATION_EV_ENDED,		/* any other end; after an unregister every end */
	REGISTRATION_EV_SENT,		/* another copy of it is on its way: a new transaction (challenge, 423) */

	REGISTRATION_EV_DUE,		/* the deadline has come */
	REGISTRATION_EV_REFRESH,	/* refresh now: on request, changed settings, server back */
	REGISTRATION_EV_FREEZE,		/* the network is down: whatever is under way is dropped without a verdict */
	REGISTRATION_EV_THAW,		/* it is back; `until`: when to go on */
	REGISTRATION_EV_STOP,		/* unregister and end */
};

enum registration_action {
	REGISTRATION_DO_NOTHING,
	REGISTRATION_DO_CHOOSE,		/* ask selection_choose() now, with nothing active unless REGISTERED */
	REGISTRATION_DO_REGISTER,	/* make the chosen one active; drop what is pending; first REGISTER there */
	REGISTRATION_DO_REFRESH,		/* REGISTER at the active one */
	REGISTRATION_DO_ASK,		/* REGISTER without Contact at the chosen one */
	REGISTRATION_DO_UNREGISTER,	/* drop what is pending; Expires 0 at the active one */
	REGISTRATION_DO_FREEZE,		/* drop what is pending; what granted last is the active one again */
	REGISTRATION_DO_SUSPECT,	/* the pending REGISTER is silent (B17); then choose */
	REGISTRATION_DO_STOPPED,	/* it is over; what was pending is dropped */
};

struct registration {
	enum registration_state state;
	struct instant since;		/* when it entered it */
	struct instant deadline;	/* INSTANT_NEVER: none */
	struct instant refresh_at;	/* of what is granted */
	bool silent;			/* the pending REGISTER has been unanswered for REGISTRATION_PATIENCE_MS */
};

void registration_init(struct registration *r, struct instant now);

/*
 * until   for EV_WAIT, EV_ACCEPTED, EV_THAW; for EV_STOP the latest end, never after REGISTRATION_STOP_MS; ignored
 *         with the others
 * bound   for EV_STOP: a registrar may hold a binding of the account; for EV_DUE in FROZEN: the active one has
 *         granted a registration, and nothing forbids to ask it again
 */
enum registration_action registration_step(struct registration *r, enum registration_event event,
    struct instant until, bool bound, struct instant now);

/* It is wanted again after a stop: begins anew, once the unregister is over that may be pending (B30, B38). */
void registration_revive(struct registration *r, bool pending, struct instant now);

/* The end without an unregister. */
void registration_quit(struct registration *r, struct instant now);

/* A REGISTER or unregister is pending that the machine waits for. */
bool registration_pending(const struct registration *r);

/*
 * When to refresh what was granted (B33): at a random 75-85 % and never later than 5 minutes; under 30 s at half;
 * never within 5 s.
 *
 * granted_s   1 or more
 * draw        a random number, all 32 bits
 */
int64_t registration_refresh_ms(int64_t granted_s, uint32_t draw);

const char *registration_state_str(enum registration_state state);

#endif
