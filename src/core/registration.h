/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CORE_REGISTRATION_H
#define SIPKEEPD_CORE_REGISTRATION_H

/*
 * One account's registration: which REGISTER is pending, what is granted, what comes next (B30, B32, B33, B37, B38,
 * B41, B43). Pure: events in, one action out, one deadline.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/instant.h"
#include "core/selection.h"

enum registration_state {
	REGISTRATION_IDLE,		/* no candidate to register with */
	REGISTRATION_WAITING,		/* all candidates failed or held off; until the deadline */
	REGISTRATION_REGISTERING,	/* a first REGISTER is pending on the active candidate */
	REGISTRATION_REGISTERED,	/* granted; refresh at the deadline */
	REGISTRATION_REFRESHING,	/* a REGISTER is pending where the account is registered */
	REGISTRATION_LEAVING,		/* the unregister is pending; the next register at its end, or at the deadline */
	REGISTRATION_STOPPING,		/* the last unregister is pending */
	REGISTRATION_STOPPED,		/* for good */
	REGISTRATION_STATES,
};

#endif
