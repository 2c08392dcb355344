/* SPDX-License-Identifier: ISC */
#include "agent/answers.h"

#include <stdlib.h>

#include "agent/account.h"
#include "sip/build.h"
#include "sip/token.h"
#include "sip/wire.h"

#define ALLOW "Allow: INVITE, ACK, OPTIONS, NOTIFY\r\n"

struct answer {
	const char *method;
	int status;
	const char *reason_phrase;
	const char *headers;
};

/* Without a relay there is no endpoint behind us. */
static const struct answer by_method[] = {
	{ "OPTIONS", 200, "OK", ALLOW "Accept: application/sdp\r\n" },
	{ "INVITE", 480, "Temporarily Unavailable", NULL },
	{ NULL, 405, "Method Not Allowed", ALLOW },
};

static const struct answer notify_known = { "NOTIFY", 200, "OK", NULL };
static const struct answer notify_unknown = {
	"NOTIFY", 489, "Bad Event", "Allow-Events: message-summary, keep-alive\r\n"
};

static const struct answer *
find_answer(const struct message *request)
{
	const struct answer *answer = by_method;

	if (span_equal(request->method, "NOTIFY"))
		return span_equal_nocase(request->event, "message-summary") ||
		    span_equal_nocase(request->event, "keep-alive") ? &notify_known : &notify_unknown;
	while (answer->method != NULL && !span_equal(request->method, answer->method))
		answer++;
	return answer;
}

/* The same for every copy of the request (RFC 3261 §8.2.7). */
static bool
make_to_tag(const struct agent *agent, const struct message *request, char tag[SIP_TOKEN_SIZE])
{
	char *call_id = span_dup(request->call_id);
	char *from = span_dup(request->from);

	if (call_id != NULL && from != NULL)
		token_keyed(tag, agent->key, call_id, from);
	else
		tag[0] = '\0';
	free(call_id);
	free(from);
	return tag[0] != '\0';
}

void
answers_on_request(struct agent *agent, const struct peer *from, const struct message *request)
{
	const struct answer *answer = find_answer(request);
	struct server *server = server_find_ip(agent, &from->address);
	const struct candidate *candidate = server != NULL ? LIST_FIRST(&server->candidates) : NULL;
	struct strbuf bytes = { 0 };
	struct peer to = { .transport = from->transport };
	char tag[SIP_TOKEN_SIZE];

	if (server == NULL) {
		agent->drops.count[DROP_FOREIGN]++;
		return;
	}
	if (span_equal(request->method, "ACK"))
		return;
	if (!make_to_tag(agent, request, tag))
		return;
	build_answer(&bytes, request, &from->address, answer->status, answer->reason_phrase, tag, answer->headers);
	/* Over TCP and TLS on the connection that it came on (RFC 3261 §18.2.2). */
	to.address = from->transport == SIP_UDP ? build_answer_destination(request, &from->address) : from->address;
	if (!bytes.failed && wire_reply(&agent->wire, &to,
	    candidate != NULL ? candidate->account->config->dscp : 0, bytes.data, bytes.len) == 0)
		tally_count(&agent->counters.sip, TALLY_OUT, request->method, answer->status);
	strbuf_fini(&bytes);
}
