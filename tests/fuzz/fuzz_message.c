/* SPDX-License-Identifier: ISC */

/* Bytes from the network through the parser, the answer and the log (clang -fsanitize=fuzzer,address,undefined). */

#include <stdlib.h>
#include <string.h>

#include "sip/build.h"
#include "sip/digest.h"
#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Each span lies in memory that may be read. */
static void
touch(struct span s)
{
	volatile char sink = 0;

	for (size_t i = 0; i < s.len; i++)
		sink = (char)(sink ^ s.at[i]);
}

static void
touch_all(const struct message *m)
{
	const struct span spans[] = { m->method, m->request_uri, m->reason_phrase, m->vias, m->via_branch, m->via_host,
		m->via_received, m->from, m->from_tag, m->to, m->to_tag, m->call_id, m->cseq_method,
		m->authentication_info, m->expires, m->min_expires, m->retry_after, m->reason, m->warning, m->event,
		m->body };

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		touch(spans[i]);
	for (size_t i = 0; i < m->contact_count; i++) {
		touch(m->contacts[i].uri);
		touch(m->contacts[i].user);
		touch(m->contacts[i].host);
		touch(m->contacts[i].uri_parameters);
		touch(m->contacts[i].expires);
	}
}

/* What we answer to a request that we took must be a message that we would take. */
static void
answer(const struct message *m, struct strbuf *out)
{
	struct address source = { .family = ADDRESS_IPV4, .ip = { 192, 0, 2, 1 }, .port = 5062 };
	struct message back;
	enum drop_reason why;

	build_answer(out, m, &source, 200, "OK", "tag", "Allow: OPTIONS\r\n");
	if (out->failed || out->len > MESSAGE_HEADER_MAX)
		return;
	if (!message_parse(&back, (const uint8_t *)out->data, out->len, &why)) {
		if (why == DROP_GARBAGE)
			abort();
		return;
	}
	if (back.cseq != m->cseq || back.call_id.len != m->call_id.len || back.via_branch.len != m->via_branch.len ||
	    (m->via_rport && back.via_rport_value != 5062))
		abort();
	message_fini(&back);
	build_answer_destination(m, &source);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct digest_challenge challenges[4];
	struct strbuf out = { 0 };
	enum drop_reason why = DROP_REASONS;
	struct message m;

	message_print(&out, bytes, len);
	strbuf_clear(&out);
	if (message_parse(&m, bytes, len, &why)) {
		touch_all(&m);
		for (size_t i = 0; i < m.challenge_count; i++)
			digest_parse(m.challenges[i].value, m.challenges[i].proxy, challenges, 4);
		if (m.request)
			answer(&m, &out);
		message_fini(&m);
	} else if (why >= DROP_REASONS) {
		abort();
	}
	strbuf_fini(&out);
	return 0;
}
