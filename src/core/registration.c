/* SPDX-License-Identifier: ISC */
#include "core/registration.h"

/*
 *            IDLE      WAITING   REGISTERING  REGISTERED  REFRESHING   ASKING       LEAVING      STOPPING
 *  NOWHERE   -         IDLE      -            -           -            -            -            -
 *  STAY      REGISTER  REGISTER  -            -           -            -            -            -
 *  MOVE      REGISTER  REGISTER  REGISTER     REGISTER    REGISTER     REGISTER     -            -
 *  RETURN    REGISTER  REGISTER  -            LEAVING     -            -            -            -
 *  ASK       REGISTER  REGISTER  -            ASKING      -            -            -            -
 *  WAIT      WAITING   WAITING   -            -           -            -            -            -
 *  ACCEPTED  -         -         REGISTERED   -           REGISTERED   LEAVING      -            -
 *  ENDED     -         -         IDLE,choose  -           IDLE,choose  REGISTERED   IDLE,choose  STOPPED
 *  SENT      -         -         patience     -           patience     -            -            -
 *  DUE       choose    choose    suspect      REFRESHING  suspect      -            IDLE,choose  STOPPED
 *  REFRESH   choose    choose    -            REFRESHING  -            -            -            -
 *  FREEZE    FROZEN    FROZEN    FROZEN       FROZEN      FROZEN       FROZEN       FROZEN       -
 *  STOP      STOPPING while something may be bound or is pending (LEAVING: its unregister will do), else STOPPED
 *
 * FROZEN hears THAW, which sets the deadline, FREEZE, which takes it away again, DUE and STOP, and nothing else; DUE
 * is REFRESHING at the active one that had granted, else IDLE,choose.
 *
 * REGISTER stands for REGISTERING with a first REGISTER on the chosen candidate. While a REGISTER is pending nothing
 * but a failover takes it back; a failback waits for its end (B30). A question ends by itself, in 4 s.
 */

enum { REFRESH_MAX_MS = 5 * 60 * 1000, REFRESH_MIN_MS = 5 * 1000, SHORT_GRANT_S = 30 };

static void
enter(struct registration *r, enum registration_state state, struct instant deadline, struct instant now)
{
	if (r->state != state)
		r->since = now;
	r->state = state;
	r->deadline = deadline;
	r->silent = false;
}

void
registration_init(struct registration *r, struct instant now)
{
	*r = (struct registration){ .since = now, .deadline = INSTANT_NEVER };
}

bool
registration_pending(const struct registration *r)
{
	return r->state == REGISTRATION_REGISTERING || r->state == REGISTRATION_REFRESHING ||
	    r->state == REGISTRATION_ASKING || r->state == REGISTRATION_LEAVING || r->state == REGISTRATION_STOPPING;
}

static enum registration_action
begin(struct registration *r, struct instant now)
{
	enter(r, REGISTRATION_REGISTERING, instant_add(now, REGISTRATION_PATIENCE_MS), now);
	return REGISTRATION_DO_REGISTER;
}

static enum registration_action
refresh(struct registration *r, struct instant now)
{
	enter(r, REGISTRATION_REFRESHING, instant_add(now, REGISTRATION_PATIENCE_MS), now);
	return REGISTRATION_DO_REFRESH;
}

static enum registration_action
leave(struct registration *r, struct instant now)
{
	enter(r, REGISTRATION_LEAVING, instant_add(now, REGISTRATION_LEAVE_MS), now);
	return REGISTRATION_DO_UNREGISTER;
}

void
registration_revive(struct registration *r, bool pending, struct instant now)
{
	if (pending)
		leave(r, now);
	else
		enter(r, REGISTRATION_IDLE, INSTANT_NEVER, now);
}

static enum registration_action
choose_anew(struct registration *r, struct instant now)
{
	enter(r, REGISTRATION_IDLE, INSTANT_NEVER, now);
	return REGISTRATION_DO_CHOOSE;
}

static enum registration_action
suspect(struct registration *r)
{
	r->silent = true;
	r->deadline = INSTANT_NEVER;	/* timer F is the transaction's */
	return REGISTRATION_DO_SUSPECT;
}

static enum registration_action
stopped(struct registration *r, struct instant now)
{
	enter(r, REGISTRATION_STOPPED, INSTANT_NEVER, now);
	return REGISTRATION_DO_STOPPED;
}

void
registration_quit(struct registration *r, struct instant now)
{
	enter(r, REGISTRATION_STOPPED, INSTANT_NEVER, now);
}

static enum registration_action
stop(struct registration *r, bool bound, struct instant until, struct instant now)
{
	bool on_its_way;

	if (r->state == REGISTRATION_STOPPED || r->state == REGISTRATION_STOPPING)
		return REGISTRATION_DO_NOTHING;
	if (!bound)
		return stopped(r, now);
	on_its_way = r->state == REGISTRATION_LEAVING;
	enter(r, REGISTRATION_STOPPING, instant_min(until, instant_add(now, REGISTRATION_STOP_MS)), now);
	return on_its_way ? REGISTRATION_DO_NOTHING : REGISTRATION_DO_UNREGISTER;
}

static enum registration_action
freeze(struct registration *r, struct instant now)
{
	if (r->state == REGISTRATION_STOPPING || r->state == REGISTRATION_STOPPED)
		return REGISTRATION_DO_NOTHING;
	enter(r, REGISTRATION_FROZEN, INSTANT_NEVER, now);
	return REGISTRATION_DO_FREEZE;
}

static enum registration_action
step_frozen(struct registration *r, enum registration_event event, struct instant until, bool bound, struct instant now)
{
	if (event == REGISTRATION_EV_THAW)
		r->deadline = until;
	if (event != REGISTRATION_EV_DUE)
		return REGISTRATION_DO_NOTHING;
	return bound ? refresh(r, now) : choose_anew(r, now);
}

static enum registration_action
step_without_binding(struct registration *r, enum registration_event event, struct instant until, struct instant now)
{
	switch (event) {
	case REGISTRATION_EV_NOWHERE:
		enter(r, REGISTRATION_IDLE, INSTANT_NEVER, now);
		return REGISTRATION_DO_NOTHING;
	case REGISTRATION_EV_STAY:
	case REGISTRATION_EV_MOVE:
	case REGISTRATION_EV_RETURN:
	case REGISTRATION_EV_ASK:
		return begin(r, now);
	case REGISTRATION_EV_WAIT:
		enter(r, REGISTRATION_WAITING, until, now);
		return REGISTRATION_DO_NOTHING;
	case REGISTRATION_EV_DUE:
	case REGISTRATION_EV_REFRESH:
		r->deadline = INSTANT_NEVER;
		return REGISTRATION_DO_CHOOSE;
	case REGISTRATION_EV_ACCEPTED:
	case REGISTRATION_EV_ENDED:
	case REGISTRATION_EV_SENT:
	case REGISTRATION_EV_FREEZE:
	case REGISTRATION_EV_THAW:
	case REGISTRATION_EV_STOP:
		break;
	}
	return REGISTRATION_DO_NOTHING;
}

static enum registration_action
step_pending(struct registration *r, enum registration_event event, struct instant until, struct instant now)
{
	switch (event) {
	case REGISTRATION_EV_MOVE:
		return begin(r, now);
	case REGISTRATION_EV_ACCEPTED:
		r->refresh_at = until;
		enter(r, REGISTRATION_REGISTERED, until, now);
		return REGISTRATION_DO_CHOOSE;
	case REGISTRATION_EV_ENDED:
		return choose_anew(r, now);
	case REGISTRATION_EV_SENT:
		r->silent = false;
		r->deadline = instant_add(now, REGISTRATION_PATIENCE_MS);
		return REGISTRATION_DO_NOTHING;
	case REGISTRATION_EV_DUE:
		return suspect(r);
	case REGISTRATION_EV_NOWHERE:
	case REGISTRATION_EV_STAY:
	case REGISTRATION_EV_RETURN:
	case REGISTRATION_EV_ASK:
	case REGISTRATION_EV_WAIT:
	case REGISTRATION_EV_REFRESH:
	case REGISTRATION_EV_FREEZE:
	case REGISTRATION_EV_THAW:
	case REGISTRATION_EV_STOP:
		break;
	}
	return REGISTRATION_DO_NOTHING;
}

static enum registration_action
step_registered(struct registration *r, enum registration_event event, struct instant now)
{
	switch (event) {
	case REGISTRATION_EV_MOVE:
		return begin(r, now);
	case REGISTRATION_EV_RETURN:
		return leave(r, now);
	case REGISTRATION_EV_ASK:
		enter(r, REGISTRATION_ASKING, INSTANT_NEVER, now);
		return REGISTRATION_DO_ASK;
	case REGISTRATION_EV_DUE:
	case REGISTRATION_EV_REFRESH:
		return refresh(r, now);
	case REGISTRATION_EV_NOWHERE:
	case REGISTRATION_EV_STAY:
	case REGISTRATION_EV_WAIT:
	case REGISTRATION_EV_ACCEPTED:
	case REGISTRATION_EV_ENDED:
	case REGISTRATION_EV_SENT:
	case REGISTRATION_EV_FREEZE:
	case REGISTRATION_EV_THAW:
	case REGISTRATION_EV_STOP:
		break;
	}
	return REGISTRATION_DO_NOTHING;
}

static enum registration_action
step_asking(struct registration *r, enum registration_event event, struct instant now)
{
	if (event == REGISTRATION_EV_MOVE)
		return begin(r, now);
	if (event == REGISTRATION_EV_ACCEPTED)
		return leave(r, now);
	if (event != REGISTRATION_EV_ENDED)
		return REGISTRATION_DO_NOTHING;
	enter(r, REGISTRATION_REGISTERED, r->refresh_at, now);
	return REGISTRATION_DO_CHOOSE;
}

enum registration_action
registration_step(struct registration *r, enum registration_event event, struct instant until, bool bound,
    struct instant now)
{
	bool over = event == REGISTRATION_EV_ENDED || event == REGISTRATION_EV_DUE;

	if (event == REGISTRATION_EV_STOP)
		return stop(r, bound || r->state == REGISTRATION_REGISTERING, until, now);
	if (event == REGISTRATION_EV_FREEZE)
		return freeze(r, now);
	switch (r->state) {
	case REGISTRATION_IDLE:
	case REGISTRATION_WAITING:
		return step_without_binding(r, event, until, now);
	case REGISTRATION_REGISTERING:
	case REGISTRATION_REFRESHING:
		return step_pending(r, event, until, now);
	case REGISTRATION_REGISTERED:
		return step_registered(r, event, now);
	case REGISTRATION_ASKING:
		return step_asking(r, event, now);
	case REGISTRATION_LEAVING:
		return over ? choose_anew(r, now) : REGISTRATION_DO_NOTHING;
	case REGISTRATION_FROZEN:
		return step_frozen(r, event, until, bound, now);
	case REGISTRATION_STOPPING:
		return over ? stopped(r, now) : REGISTRATION_DO_NOTHING;
	case REGISTRATION_STOPPED:
	case REGISTRATION_STATES:
		break;
	}
	return REGISTRATION_DO_NOTHING;
}

int64_t
registration_refresh_ms(int64_t granted_s, uint32_t draw)
{
	int64_t granted_ms = granted_s * 1000;
	int64_t wait_ms = granted_ms / 100 * 75 + (int64_t)(((uint64_t)(granted_ms / 10) * draw) >> 32);

	if (granted_s < SHORT_GRANT_S)
		wait_ms = granted_ms / 2;
	if (wait_ms > REFRESH_MAX_MS)
		return REFRESH_MAX_MS;
	return wait_ms > REFRESH_MIN_MS ? wait_ms : REFRESH_MIN_MS;
}

const char *
registration_state_str(enum registration_state state)
{
	static const char *const text[REGISTRATION_STATES] = {
		[REGISTRATION_IDLE] = "idle",
		[REGISTRATION_WAITING] = "waiting",
		[REGISTRATION_REGISTERING] = "registering",
		[REGISTRATION_REGISTERED] = "registered",
		[REGISTRATION_REFRESHING] = "refreshing",
		[REGISTRATION_ASKING] = "asking",
		[REGISTRATION_LEAVING] = "leaving",
		[REGISTRATION_FROZEN] = "frozen",
		[REGISTRATION_STOPPING] = "stopping",
		[REGISTRATION_STOPPED] = "stopped",
	};

	return text[state];
}
