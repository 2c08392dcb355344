/* SPDX-License-Identifier: ISC */
#include "core/failback.h"

static bool
lasted(const struct failback *f, struct instant now)
{
	return instant_since(f->began, now) >= FAILBACK_LASTED_MS;
}

void
failback_begin(struct failback *f, struct instant now)
{
	f->on_trial = true;
	f->began = now;
}

void
failback_left(struct failback *f, struct instant now)
{
	if (!f->on_trial)
		return;
	f->on_trial = false;
	if (lasted(f, now)) {
		f->wait_ms = 0;
		return;
	}
	f->failed_at = now;
	if (f->wait_ms == 0)
		f->wait_ms = FAILBACK_WAIT_MIN_MS;
	else
		f->wait_ms = f->wait_ms * 2 < FAILBACK_WAIT_MAX_MS ? f->wait_ms * 2 : FAILBACK_WAIT_MAX_MS;
}

struct instant
failback_uptime_from(const struct failback *f, struct instant up_since)
{
	return f->wait_ms > 0 ? instant_max(up_since, f->failed_at) : up_since;
}

void
failback_dropped(struct failback *f)
{
	f->on_trial = false;
}

int64_t
failback_stable_ms(struct failback *f, int64_t configured_ms, struct instant now)
{
	if (f->on_trial && lasted(f, now))
		*f = (struct failback){ 0 };
	return f->wait_ms > configured_ms ? f->wait_ms : configured_ms;
}
