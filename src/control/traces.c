/* SPDX-License-Identifier: ISC */
#include "control/traces.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/str.h"
#include "sip/message.h"
#include "sip/uri.h"
#include "sip/wire.h"

struct trace {
	LIST_ENTRY(trace) link;
	struct stream *stream;
	char *aor;			/* NULL: any account */
	bool any_server;
	struct peer_pattern server;
};

struct traces {
	struct loop *loop;
	struct agent *agent;
	struct agent_listener listener;
	bool listens;			/* to the agent, from the first trace to the end of the last one */
	struct timer *rest;		/* that end may come from inside of the agent's call */
	LIST_HEAD(, trace) list;
	unsigned count;
};

static void
trace_free(struct traces *traces, struct trace *trace)
{
	LIST_REMOVE(trace, link);
	free(trace->aor);
	free(trace);
	if (--traces->count == 0)
		timer_set(traces->rest, loop_now(traces->loop));
}

static void
stop_listening(struct traces *traces)
{
	if (traces->listens)
		agent_unlisten(traces->agent, &traces->listener);
	traces->listens = false;
}

static void
on_rest(void *arg)
{
	struct traces *traces = arg;

	if (traces->count == 0)
		stop_listening(traces);
}

/* ---- Which messages ---- */

/* "sip:USER@DOMAIN" stands in the value of a From or To. */
static bool
has_aor(struct span value, const char *aor)
{
	size_t len = strlen(aor);

	for (size_t i = 1; i + len <= value.len; i++) {
		const char *at = value.at + i, *end = at + len;

		if (at[-1] == ':' && span_equal_nocase((struct span){ at, len }, aor) &&
		    (end == value.at + value.len || strchr(">;:? \t", *end) != NULL))
			return true;
	}
	return false;
}

/* Our Contact bears the user alone: a server's request comes to that. */
static bool
has_user(struct span text, const char *aor)
{
	const char *at = strrchr(aor, '@');
	struct uri uri;

	return at != NULL && uri_split(&uri, text) && uri.sip && span_there(uri.user) &&
	    uri.user.len == (size_t)(at - aor) && memcmp(uri.user.at, aor, uri.user.len) == 0;
}

/* What is no message is nobody's. */
static bool
is_of(const struct wire_message *seen, const char *aor)
{
	struct message message;
	enum drop_reason why;
	bool of;

	if (!message_parse(&message, seen->bytes, seen->len, &why))
		return false;
	of = has_aor(message.to, aor) || has_aor(message.from, aor) ||
	    (message.request && has_user(message.request_uri, aor));
	message_fini(&message);
	return of;
}

static bool
wants(const struct trace *trace, const struct wire_message *seen)
{
	return (trace->any_server || peer_matches(&trace->server, &seen->peer)) &&
	    (trace->aor == NULL || is_of(seen, trace->aor));
}

/* ---- How they are told ---- */

static size_t
count_lines(const struct strbuf *b)
{
	size_t lines = 0;

	for (size_t i = 0; i < b->len; i++)
		lines += b->data[i] == '\n';
	return lines;
}

static void
append_told(struct strbuf *to, const struct wire_message *seen, int64_t wall_ms)
{
	char local[ADDRESS_TEXT_SIZE] = "-", peer[ADDRESS_TEXT_SIZE];
	struct strbuf head = { 0 };
	size_t body = message_print_head(&head, seen->bytes, seen->len);

	if (seen->local.family != ADDRESS_NONE)
		address_str(&seen->local, local);
	strbuf_printf(to, "message %" PRId64 " %s %s %s %s %zu %zu %zu\n", wall_ms, seen->sent ? "sent" : "received",
	    sip_transport_str(seen->peer.transport), local, address_str(&seen->peer.address, peer), seen->len, body,
	    count_lines(&head));
	strbuf_append_n(to, head.data, head.len);
	to->failed = to->failed || head.failed;
	strbuf_fini(&head);
}

static void
tell(struct traces *traces, struct trace *trace, const struct strbuf *told)
{
	static const char behind[] = "behind\n";

	if (!told->failed && stream_queued(trace->stream) + told->len <= TRACES_BEHIND_MAX &&
	    stream_write(trace->stream, told->data, told->len) == 0)
		return;
	stream_write(trace->stream, behind, sizeof(behind) - 1);
	stream_finish(trace->stream);
	trace_free(traces, trace);
}

static void
on_message(void *arg, const struct wire_message *seen)
{
	struct traces *traces = arg;
	struct trace *trace, *next;
	struct strbuf told = { 0 };

	for (trace = LIST_FIRST(&traces->list); trace != NULL; trace = next) {
		next = LIST_NEXT(trace, link);
		if (!wants(trace, seen))
			continue;
		if (told.len == 0)
			append_told(&told, seen, loop_wall_ms(traces->loop));
		tell(traces, trace, &told);
	}
	strbuf_fini(&told);
}

/* ---- Coming and going ---- */

struct traces *
traces_new(struct loop *loop, struct agent *agent)
{
	struct traces *traces = calloc(1, sizeof(*traces));

	if (traces == NULL)
		return NULL;
	traces->loop = loop;
	traces->agent = agent;
	traces->listener = (struct agent_listener){ .on_message = on_message, .arg = traces };
	LIST_INIT(&traces->list);
	traces->rest = timer_new(loop, on_rest, traces);
	if (traces->rest == NULL) {
		free(traces);
		return NULL;
	}
	return traces;
}

void
traces_free(struct traces *traces)
{
	if (traces == NULL)
		return;
	while (!LIST_EMPTY(&traces->list))
		trace_free(traces, LIST_FIRST(&traces->list));
	stop_listening(traces);
	timer_free(traces->rest);
	free(traces);
}

bool
traces_full(const struct traces *traces)
{
	return traces->count >= TRACES_MAX;
}

bool
traces_begin(struct traces *traces, struct stream *stream, const struct account *account,
    const struct peer_pattern *server)
{
	struct trace *trace = calloc(1, sizeof(*trace));
	struct account_status s;

	if (trace == NULL)
		return false;
	trace->stream = stream;
	trace->any_server = server == NULL;
	if (server != NULL)
		trace->server = *server;
	if (account != NULL) {
		account_status(account, &s);
		trace->aor = strdup(s.aor);
		if (trace->aor == NULL) {
			free(trace);
			return false;
		}
	}
	LIST_INSERT_HEAD(&traces->list, trace, link);
	traces->count++;
	if (!traces->listens)
		agent_listen(traces->agent, &traces->listener);
	traces->listens = true;
	return true;
}

void
traces_forget(struct traces *traces, const struct stream *stream)
{
	struct trace *trace;

	LIST_FOREACH(trace, &traces->list, link) {
		if (trace->stream == stream) {
			trace_free(traces, trace);
			return;
		}
	}
}
