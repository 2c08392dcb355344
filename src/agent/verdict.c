/* SPDX-License-Identifier: ISC */
#include "agent/verdict.h"

#include <stdio.h>

#include "agent/account.h"
#include "agent/record.h"
#include "net/entropy.h"

enum {
	AUTH_REFUSALS_MAX = 2,		/* B16 */
	AUTH_PAUSE_MS = 30 * 1000,
};

static void
set_error(struct account *account, const struct candidate *candidate, const char *text)
{
	snprintf(account->last_error, sizeof(account->last_error), "%s: %s", candidate->server->text, text);
}

void
verdict_accepted(struct account *account, struct candidate *candidate, const struct attempt_outcome *outcome)
{
	bool first = account->registration.state == REGISTRATION_REGISTERING;
	const struct candidate *before = account->home;

	penalty_accept(&candidate->penalty);
	if (first || account->granted_s == 0)
		account->registered_since = account_now(account);
	account->home = candidate;
	account->home_moved = account->moved;
	account->granted_s = outcome->granted_s;
	account->granted_until = instant_add(account_now(account), outcome->granted_s * 1000);
	account->auth_pause = account_now(account);
	account->last_error[0] = '\0';
	if (first)
		record_make(account->agent, (struct record){ .kind = RECORD_REGISTERED, .account = account->aor,
		    .server = candidate->server->text, .cause = selection_reason_str(account->moved),
		    .from = before != NULL && before != candidate ? before->server->text : NULL },
		    "registered on %s for %lld s (%s)", candidate->server->text, (long long)outcome->granted_s,
		    selection_reason_text(account->moved));
}

/* B16: each refusal of the credentials by a second server, or by one more, stops the tour for a while. */
static void
count_auth_refusals(struct account *account)
{
	unsigned refusals = 0;

	for (size_t i = 0; i < account->candidate_count; i++) {
		const struct penalty *penalty = &account->candidates[i]->penalty;

		refusals += penalty->kind == PENALTY_FAILED && penalty->credentials;
	}
	if (refusals >= AUTH_REFUSALS_MAX)
		account->auth_pause = instant_add(account_now(account), AUTH_PAUSE_MS);
}

void
verdict_unregistered(struct account *account, const struct candidate *candidate, const struct attempt_outcome *outcome)
{
	struct record record = { .kind = RECORD_UNREGISTERED, .account = account->aor,
		.server = candidate->server->text, .cause = attempt_end_str(outcome->end) };

	if (outcome->end == ATTEMPT_ACCEPTED)
		record_make(account->agent, record, "unregistered from %s", candidate->server->text);
	else
		record_make(account->agent, record, "unregister from %s: %s", candidate->server->text, outcome->text);
}

void
verdict_not_accepted(struct account *account, struct candidate *candidate, const struct attempt_outcome *outcome)
{
	struct instant now = account_now(account);
	bool refused = outcome->end == ATTEMPT_REFUSED;
	bool repeated = candidate->penalty.kind != PENALTY_NONE;
	uint32_t draw;

	set_error(account, candidate, outcome->text);
	if (refused) {
		penalty_fail(&candidate->penalty, outcome->sip_code, outcome->retry_after_ms, now);
		if (candidate->penalty.credentials)
			count_auth_refusals(account);
		candidate_leave(candidate);	/* a 2xx that is none may have stored something (B33) */
	} else {
		entropy_bytes(&draw, sizeof(draw));
		penalty_hold(&candidate->penalty, outcome->end == ATTEMPT_PUT_OFF ? outcome->sip_code : 0,
		    outcome->retry_after_ms, draw, now);
	}
	record_make(account->agent, (struct record){ .kind = refused ? RECORD_REFUSED : RECORD_HELD_OFF,
	    .account = account->aor, .server = candidate->server->text, .cause = attempt_end_str(outcome->end),
	    .repeated = repeated }, "%s on %s: %s; again in %lld s at the earliest", refused ? "failed" : "held off",
	    candidate->server->text, outcome->text,
	    (long long)(instant_since(now, candidate->penalty.free_at) + 999) / 1000);
}

void
verdict_hold_off(struct account *account, const struct server *server, int sip_code, int64_t retry_after_ms)
{
	uint32_t draw;

	for (size_t i = 0; i < account->candidate_count; i++) {
		struct candidate *candidate = account->candidates[i];

		if (candidate->server != server)
			continue;
		entropy_bytes(&draw, sizeof(draw));
		penalty_hold(&candidate->penalty, sip_code, retry_after_ms, draw, account_now(account));
	}
}
