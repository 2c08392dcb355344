/* SPDX-License-Identifier: ISC */
#include "core/health.h"

/*
 *  evidence                UNKNOWN        UP                             DOWN
 *  OPTIONS < 500, != 408   UP             -                              UP
 *  OPTIONS 408, 503        DOWN           DOWN                           -
 *  OPTIONS other >= 500    -              UNKNOWN (active: stays)        UNKNOWN (active: stays)
 *  REGISTER != 408, 503    UP             -                              UP
 *  silent round            DOWN           DOWN (active: the second one)  -
 *  silent REGISTER         confirm        confirm                        -
 *  unreachable             DOWN           DOWN                           -
 *
 * A silent round of a server that takes REGISTERs and has never answered OPTIONS says nothing (B23).
 * An active server in UNKNOWN needs two silent rounds as one in UP does.
 */

enum { ACTIVE_SILENT_ROUNDS = 2, OTHER_SILENT_ROUNDS = 1 };	/* B19 */

void
health_init(struct health *h, struct instant now)
{
	*h = (struct health){ .state = HEALTH_UNKNOWN, .since = now, .silent_until = { INT64_MIN } };
}

static struct health_verdict
enter(struct health *h, enum health_state state, enum health_cause cause, struct instant now)
{
	struct health_verdict verdict = { .changed = h->state != state };

	if (verdict.changed)
		h->since = now;
	h->state = state;
	h->cause = cause;
	return verdict;
}

static enum health_cause
cause_of(int code)
{
	if (code == 408)
		return HEALTH_CAUSE_TIMEOUT_ANSWER;
	if (code == 503)
		return HEALTH_CAUSE_UNAVAILABLE;
	return code < 500 ? HEALTH_CAUSE_ANSWER : HEALTH_CAUSE_UNCLEAR;
}

struct health_verdict
health_answer(struct health *h, int code, bool active, struct instant now)
{
	enum health_cause cause = cause_of(code);

	h->sip_code = code;
	h->answers_options = true;
	h->silent_rounds = 0;
	if (cause == HEALTH_CAUSE_ANSWER)
		return enter(h, HEALTH_UP, cause, now);
	if (cause == HEALTH_CAUSE_UNCLEAR)
		return active ? (struct health_verdict){ 0 } : enter(h, HEALTH_UNKNOWN, cause, now);
	return enter(h, HEALTH_DOWN, cause, now);
}

struct health_verdict
health_registration(struct health *h, int code, struct instant now)
{
	if (code == 408 || code == 503)
		return (struct health_verdict){ 0 };
	if (code >= 200 && code < 300)
		h->takes_registers = true;
	h->silent_rounds = 0;
	return enter(h, HEALTH_UP, HEALTH_CAUSE_REGISTRATION, now);
}

struct health_verdict
health_silence(struct health *h, struct instant began, bool active, struct instant now)
{
	unsigned needed = active ? ACTIVE_SILENT_ROUNDS : OTHER_SILENT_ROUNDS;

	if (h->takes_registers && !h->answers_options) {
		h->silent_rounds = 0;
		return (struct health_verdict){ .not_judged = true };
	}
	if (!active || !instant_before(began, h->silent_until)) {
		if (h->silent_rounds++ == 0)
			h->silent_since = began;
		h->silent_until = now;
	}
	if (h->state == HEALTH_DOWN)
		return enter(h, HEALTH_DOWN, h->cause, now);
	if (h->silent_rounds < needed)
		return (struct health_verdict){ .confirm = true };
	return enter(h, HEALTH_DOWN, HEALTH_CAUSE_SILENCE, now);
}

struct health_verdict
health_suspect(struct health *h, struct instant began, struct instant now)
{
	if (h->state == HEALTH_DOWN || h->silent_rounds > 0)
		return (struct health_verdict){ 0 };
	h->silent_rounds = 1;
	h->silent_since = began;
	h->silent_until = now;
	return (struct health_verdict){ .confirm = true };
}

struct health_verdict
health_unreachable(struct health *h, struct instant now)
{
	return enter(h, HEALTH_DOWN, HEALTH_CAUSE_UNREACHABLE, now);
}

int64_t
health_detect_ms(const struct health *h)
{
	return h->cause == HEALTH_CAUSE_SILENCE && h->silent_rounds > 0 ? instant_since(h->silent_since, h->since) : 0;
}

const char *
health_state_str(enum health_state state)
{
	static const char *const text[] = {
		[HEALTH_UNKNOWN] = "unknown", [HEALTH_UP] = "up", [HEALTH_DOWN] = "down",
	};

	return text[state];
}

const char *
health_cause_str(enum health_cause cause)
{
	static const char *const text[HEALTH_CAUSES] = {
		[HEALTH_CAUSE_NONE] = "none",
		[HEALTH_CAUSE_ANSWER] = "answer",
		[HEALTH_CAUSE_REGISTRATION] = "registration",
		[HEALTH_CAUSE_SILENCE] = "silence",
		[HEALTH_CAUSE_TIMEOUT_ANSWER] = "408",
		[HEALTH_CAUSE_UNAVAILABLE] = "503",
		[HEALTH_CAUSE_UNREACHABLE] = "unreachable",
		[HEALTH_CAUSE_UNCLEAR] = "unclear",
	};

	return text[cause];
}
