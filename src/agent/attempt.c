/* SPDX-License-Identifier: ISC */
#include "agent/attempt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/account.h"
#include "agent/candidate.h"
#include "base/log.h"
#include "core/grant.h"
#include "core/penalty.h"
#include "sip/build.h"
#include "sip/digest.h"

enum {
	CREDENTIALS_MAX = 3,		/* B15 */
	TOO_BRIEF_MAX = 2,		/* B36 */
	MIN_EXPIRES_MAX_S = 2 * 60 * 60,
	QUESTION_MS = 4000,
};

/* ---- sending ---- */

static void
add_credentials(struct attempt *attempt, struct digest_session *session, const char *uri, struct strbuf *headers,
    bool *added)
{
	const struct account_config *config = attempt->account->config;

	if (session == NULL || session->challenge.nonce[0] == '\0')
		return;
	if (digest_authorize(session, config->auth_user, config->password, "REGISTER", uri, headers) == 0)
		*added = true;
}

/* The Contact of the request, by what it is for. */
static const char *
contact_to_send(const struct attempt *attempt)
{
	const char *bound = attempt->candidate->bound_contact;

	switch (attempt->kind) {
	case ATTEMPT_REGISTER:
		break;
	case ATTEMPT_QUESTION:
		return NULL;
	case ATTEMPT_UNREGISTER:
		return bound != NULL ? bound : attempt->contact.uri;
	}
	return attempt->contact.uri;
}

/* Writes the request into *request. */
static void
write_request(struct attempt *attempt, const struct address *local, const char *branch, struct strbuf *request)
{
	const struct account_config *config = attempt->account->config;
	struct candidate *candidate = attempt->candidate;
	const char *bound = candidate->bound_contact;
	bool moved = bound != NULL && strcmp(bound, attempt->contact.uri) != 0;
	struct strbuf credentials = { 0 }, uri = { 0 };
	bool with_credentials = false;

	strbuf_printf(&uri, "sip:%s", config->server.domain);
	if (!uri.failed) {
		add_credentials(attempt, candidate->www, uri.data, &credentials, &with_credentials);
		add_credentials(attempt, candidate->proxy, uri.data, &credentials, &with_credentials);
	}
	attempt->with_credentials += with_credentials;
	build_register(request, &(struct build_register){
		.transport = candidate->server->peer.transport,
		.local = *local,
		.branch = branch,
		.user = config->user,
		.domain = config->server.domain,
		.display_name = config->display_name,
		.call_id = candidate->call_id,
		.from_tag = candidate->from_tag,
		.cseq = ++candidate->cseq,
		.contact = contact_to_send(attempt),
		.expires_s = (uint32_t)attempt->expires_s,
		.old_contact = attempt->kind == ATTEMPT_REGISTER && moved ? bound : NULL,
		.authorization = with_credentials ? credentials.data : NULL,
	});
	request->failed = request->failed || uri.failed || credentials.failed;
	strbuf_fini(&uri);
	strbuf_fini(&credentials);
}

static int
send_request(struct attempt *attempt)
{
	struct agent *agent = attempt->account->agent;
	const struct peer *peer = &attempt->candidate->server->peer;
	char branch[SIP_BRANCH_SIZE];
	struct strbuf request = { 0 };
	struct address local;
	int error = transport_local(agent->transport, peer, &local);

	if (error < 0)
		return error;
	contact_fini(&attempt->contact);
	if (!contact_make(&attempt->contact, attempt->candidate, &local))
		return -ENOMEM;
	attempt->contact_address = *contact_address(attempt->candidate, &local);
	attempt->transaction = clienttx_begin(agent->transactions, branch);
	if (handle_none(attempt->transaction))
		return -ENOMEM;
	write_request(attempt, &local, branch, &request);
	if (request.failed) {
		clienttx_drop(agent->transactions, attempt->transaction);
		error = -ENOMEM;
	} else {
		error = clienttx_send(agent->transactions, attempt->transaction, peer, attempt->account->config->dscp,
		    request.data, request.len,
		    attempt->kind == ATTEMPT_QUESTION ? QUESTION_MS : SIP_TIMER_F_MS, attempt->owner.handle);
	}
	strbuf_fini(&request);
	attempt->sent_at = loop_now(agent->loop);
	if (error == 0 && attempt->kind == ATTEMPT_REGISTER)
		candidate_maybe_bound_for(attempt->candidate, attempt->expires_s);
	return error;
}

/* What it means that it could not be sent, in an outcome. */
static void
not_sent(struct attempt_outcome *outcome, int error)
{
	bool no_way = error == -ENETUNREACH || error == -ENETDOWN || error == -EHOSTUNREACH || error == -ECONNREFUSED;

	outcome->end = no_way ? ATTEMPT_UNREACHABLE : ATTEMPT_LOCAL;
	snprintf(outcome->text, sizeof(outcome->text), "cannot send: %s", strerror(-error));
}

struct attempt *
attempt_new(struct account *account, struct candidate *candidate, enum attempt_kind kind,
    struct attempt_outcome *outcome)
{
	struct attempt *attempt = calloc(1, sizeof(*attempt));
	int64_t expires_s = account_timing(account)->expires_s;
	int error = -ENOMEM;

	*outcome = (struct attempt_outcome){ 0 };
	if (attempt != NULL && agent_add_owner(account->agent, &attempt->owner, OWNER_ATTEMPT)) {
		attempt->account = account;
		attempt->candidate = candidate;
		attempt->kind = kind;
		attempt->bound_before = candidate->bound_until;
		if (kind == ATTEMPT_REGISTER)
			attempt->expires_s = expires_s > candidate->min_expires_s ? expires_s : candidate->min_expires_s;
		error = send_request(attempt);
		if (error == 0)
			return attempt;
		attempt_free(attempt);
	} else {
		free(attempt);
	}
	not_sent(outcome, error);
	return NULL;
}

void
attempt_free(struct attempt *attempt)
{
	if (attempt == NULL)
		return;
	clienttx_drop(attempt->account->agent->transactions, attempt->transaction);
	agent_remove_owner(attempt->account->agent, &attempt->owner);
	contact_fini(&attempt->contact);
	free(attempt);
}

/* ---- answers ---- */

static void
describe(struct attempt_outcome *outcome, const struct message *answer, const char *why)
{
	struct strbuf text = { 0 };

	strbuf_printf(&text, "%d ", answer->status);
	strbuf_append_span(&text, answer->reason_phrase);
	if (span_there(answer->warning)) {
		strbuf_append(&text, ", Warning: ");
		strbuf_append_span(&text, answer->warning);
	}
	if (span_there(answer->reason)) {
		strbuf_append(&text, ", Reason: ");
		strbuf_append_span(&text, answer->reason);
	}
	if (why != NULL)
		strbuf_printf(&text, " (%s)", why);
	snprintf(outcome->text, sizeof(outcome->text), "%s", text.data != NULL ? text.data : "");
	strbuf_fini(&text);
}

static void
refused(struct attempt_outcome *outcome, const struct message *answer, const char *why)
{
	outcome->end = ATTEMPT_REFUSED;
	describe(outcome, answer, why);
}

/* Sends again; what hinders that ends the attempt. */
static void
go_on(struct attempt *attempt, struct attempt_outcome *outcome)
{
	int error = send_request(attempt);

	turns_spend(attempt->candidate->server);	/* B42 */
	outcome->end = ATTEMPT_GOES_ON;
	if (error < 0)
		not_sent(outcome, error);
}

static size_t
read_challenges(const struct message *answer, struct digest_challenge *to, size_t room)
{
	size_t count = 0;

	for (size_t i = 0; i < answer->challenge_count; i++)
		if (answer->challenges[i].proxy == (answer->status == 407))
			count += digest_parse(answer->challenges[i].value, answer->challenges[i].proxy, to + count,
			    room - count);
	return count;
}

static void
on_challenge(struct attempt *attempt, const struct message *answer, struct attempt_outcome *outcome)
{
	struct candidate *candidate = attempt->candidate;
	bool proxy = answer->status == 407;
	struct digest_session **session = proxy ? &candidate->proxy : &candidate->www;
	struct digest_challenge *challenges = calloc(MESSAGE_CHALLENGES_MAX, sizeof(*challenges));
	const struct digest_challenge *chosen = NULL;
	bool answered_it;

	attempt->challenges++;
	if (challenges != NULL)
		chosen = digest_choose(challenges, read_challenges(answer, challenges, MESSAGE_CHALLENGES_MAX));
	answered_it = attempt->with_credentials > 0 && attempt->fresh[proxy] && !attempt->repeated && chosen != NULL &&
	    *session != NULL && strcmp((*session)->challenge.realm, chosen->realm) == 0;
	if (chosen == NULL) {
		refused(outcome, answer, "no challenge that can be answered");
	} else if (attempt->account->config->password[0] == '\0') {
		refused(outcome, answer, "no password is configured");
	} else if (attempt->with_credentials >= CREDENTIALS_MAX || attempt->challenges > CREDENTIALS_MAX) {
		refused(outcome, answer, "challenged again and again");
	} else if (answered_it && !chosen->stale) {
		refused(outcome, answer, "wrong credentials");
	} else {
		if (*session == NULL)
			*session = calloc(1, sizeof(**session));
		if (*session != NULL) {
			digest_session_start(*session, chosen);
			attempt->fresh[proxy] = true;
			go_on(attempt, outcome);
		} else {
			not_sent(outcome, -ENOMEM);
		}
	}
	if (outcome->end == ATTEMPT_REFUSED && *session != NULL)
		(*session)->challenge.nonce[0] = '\0';
	free(challenges);
}

static void
on_too_brief(struct attempt *attempt, const struct message *answer, struct attempt_outcome *outcome)
{
	uint64_t seconds;

	if (++attempt->too_brief > TOO_BRIEF_MAX)
		refused(outcome, answer, "asks for more time again and again");
	else if (attempt->kind != ATTEMPT_REGISTER ||
	    !span_number(answer->min_expires, MIN_EXPIRES_MAX_S, &seconds) || (int64_t)seconds <= attempt->expires_s)
		refused(outcome, answer, "Min-Expires is of no use");
	else {
		attempt->candidate->min_expires_s = (int64_t)seconds;
		attempt->expires_s = (int64_t)seconds;
		go_on(attempt, outcome);
	}
}

static enum grant_verdict
read_grant(const struct attempt *attempt, const struct message *answer, int64_t *granted_s)
{
	struct grant_contact contacts[MESSAGE_CONTACTS_MAX];
	const struct grant_own own = {
		.user = attempt->contact.parts.user,
		.host = attempt->contact.parts.host,
		.port = attempt->contact.parts.port,
		.parameter = attempt->contact.parameter,
	};

	for (size_t i = 0; i < answer->contact_count; i++)
		contacts[i] = (struct grant_contact){
			.user = answer->contacts[i].user,
			.host = answer->contacts[i].host,
			.port = answer->contacts[i].port,
			.uri_parameters = answer->contacts[i].uri_parameters,
			.expires = answer->contacts[i].expires,
		};
	return grant_read(contacts, answer->contact_count, answer->expires, &own, attempt->expires_s, granted_s);
}

/* Where the server sees us, by its answer's top Via (B30). */
static void
learn_own_address(struct candidate *candidate, const struct message *answer)
{
	struct address seen;
	char text[ADDRESS_TEXT_SIZE];
	struct span ip = span_there(answer->via_received) ? answer->via_received : answer->via_host;

	if (ip.len >= sizeof(text))
		return;
	memcpy(text, ip.at, ip.len);
	text[ip.len] = '\0';
	if (!address_parse(&seen, text))
		return;
	seen.port = answer->via_rport_value != 0 ? answer->via_rport_value : answer->via_port;
	candidate->seen_as = seen;
}

static void
on_accepted(struct attempt *attempt, const struct message *answer, struct attempt_outcome *outcome)
{
	struct candidate *candidate = attempt->candidate;
	enum grant_verdict verdict;

	outcome->end = ATTEMPT_ACCEPTED;
	if (span_there(answer->authentication_info) && candidate->www != NULL)
		digest_session_info(candidate->www, answer->authentication_info);
	if (attempt->kind == ATTEMPT_UNREGISTER)
		candidate_unbound(candidate);
	if (attempt->kind != ATTEMPT_REGISTER)
		return;
	verdict = read_grant(attempt, answer, &outcome->granted_s);
	if (verdict == GRANT_NOT_STORED || verdict == GRANT_BAD_NUMBER) {
		refused(outcome, answer, verdict == GRANT_NOT_STORED ? "binding not stored" : "no time granted");
		return;
	}
	if (verdict == GRANT_REWRITTEN && !attempt->account->rewritten_warned) {
		attempt->account->rewritten_warned = true;
		log_line(LOG_LEVEL_WARNING, attempt->account->config->aor, "%s rewrites our Contact",
		    candidate->server->text);
	}
	free(candidate->bound_contact);
	candidate->bound_contact = strdup(attempt->contact.uri);
	candidate_maybe_bound_for(candidate, outcome->granted_s);
}

/* The server does not know this kind of question, but it answers: as good as a yes (B38). */
static bool
not_understood(const struct attempt *attempt, int status)
{
	return attempt->kind == ATTEMPT_QUESTION && (status == 400 || status == 405 || status == 501);
}

static void
on_answer(struct attempt *attempt, const struct message *answer, struct attempt_outcome *outcome)
{
	enum penalty_meaning meaning = not_understood(attempt, answer->status) ? PENALTY_ACCEPTS :
	    penalty_meaning(answer->status);
	uint64_t seconds;

	learn_own_address(attempt->candidate, answer);
	outcome->sip_code = answer->status;
	if (answer->status >= 300 && answer->status != 408)
		attempt->candidate->bound_until = attempt->bound_before;	/* this one was not stored */
	if (span_number(answer->retry_after, UINT64_MAX, &seconds))
		outcome->retry_after_ms = penalty_retry_after_ms(seconds);
	switch (meaning) {
	case PENALTY_ACCEPTS:
		outcome->contact_changed = attempt->account->config->contact_mode == CONTACT_RECEIVED &&
		    !address_equal(&attempt->candidate->seen_as, &attempt->contact_address);
		on_accepted(attempt, answer, outcome);
		break;
	case PENALTY_CHALLENGES:
		on_challenge(attempt, answer, outcome);
		break;
	case PENALTY_TOO_BRIEF:
		on_too_brief(attempt, answer, outcome);
		break;
	case PENALTY_REFUSES:
		refused(outcome, answer, NULL);
		break;
	case PENALTY_PUTS_OFF:
		outcome->end = ATTEMPT_PUT_OFF;
		describe(outcome, answer, NULL);
		break;
	}
}

void
attempt_came_back(struct attempt *attempt)
{
	if (instant_since(attempt->sent_at, loop_now(attempt->account->agent->loop)) < SIP_T1_MS)
		attempt->candidate->bound_until = attempt->bound_before;
}

void
attempt_on_result(struct attempt *attempt, const struct clienttx_result *result, struct attempt_outcome *outcome)
{
	*outcome = (struct attempt_outcome){ 0 };
	attempt->transaction = (struct handle){ 0 };
	attempt->repeated = instant_since(result->began, loop_now(attempt->account->agent->loop)) >= SIP_T1_MS;
	switch (result->end) {
	case CLIENTTX_ANSWER:
		on_answer(attempt, result->answer, outcome);
		break;
	case CLIENTTX_SILENT:
		outcome->end = ATTEMPT_SILENT;
		snprintf(outcome->text, sizeof(outcome->text), "no answer");
		break;
	case CLIENTTX_UNREACHABLE:
		attempt_came_back(attempt);
		outcome->end = ATTEMPT_UNREACHABLE;
		snprintf(outcome->text, sizeof(outcome->text), "%s", result->error != 0 ? strerror(-result->error) :
		    transport_failure_str(result->failure));
		break;
	case CLIENTTX_LOCAL:
		not_sent(outcome, result->error);
		break;
	}
}

const char *
attempt_end_str(enum attempt_end end)
{
	static const char *const text[] = {
		[ATTEMPT_GOES_ON] = "goes-on",
		[ATTEMPT_ACCEPTED] = "accepted",
		[ATTEMPT_REFUSED] = "refused",
		[ATTEMPT_PUT_OFF] = "put-off",
		[ATTEMPT_SILENT] = "silent",
		[ATTEMPT_UNREACHABLE] = "unreachable",
		[ATTEMPT_LOCAL] = "not-sent",
	};

	return text[end];
}
