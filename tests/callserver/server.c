/* SPDX-License-Identifier: ISC */
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include "net/entropy.h"
#include "net/transport.h"
#include "sip/build.h"
#include "sip/scan.h"

enum {
	EXPIRES_UNASKED_S = 3600,
	EXPIRES_MAX_S = 3600,
	REMEMBER_MS = 32000,	/* how long copies of a request may come (RFC 3261 timer J) */
	BACKLOG_MAX = 256,	/* datagrams; about what a kernel's queue holds */
	AOR_SIZE = 512,
};

/* An answer that was given, for the copies of its request, and to be sent when its delay is over. */
struct answer {
	UT_hash_handle hh;
	char *branch;
	struct server *server;
	struct timer *timer;		/* NULL: sent */
	struct address to;
	struct strbuf bytes;
	struct instant made;
};

struct datagram {
	STAILQ_ENTRY(datagram) next;
	struct peer from;
	size_t len;
	uint8_t bytes[];
};

struct server {
	struct site *site;
	struct address address;
	char name[ADDRESS_TEXT_SIZE];
	struct transport *transport;	/* NULL while it refuses */
	struct faults faults;
	struct stats stats;
	struct bindings bindings;
	struct nonces nonces;
	struct answer *answers;
	STAILQ_HEAD(, datagram) backlog;
	size_t backlog_len;
};

/* One request on its way through. */
struct request {
	struct server *server;
	const struct peer *from;
	const struct message *message;
	const uint8_t *bytes;
	size_t len;
};

static struct instant
now(const struct server *server)
{
	return loop_now(server->site->loop);
}

static bool
lose(struct server *server)
{
	bool lost = entropy_below(100) < server->faults.loss_percent;

	server->stats.lost += lost;
	return lost;
}

/* ---- Answers ---- */

static const char *
phrase(int code)
{
	static const struct { int code; const char *phrase; } phrases[] = {
		{ 200, "OK" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
		{ 405, "Method Not Allowed" }, { 408, "Request Timeout" }, { 423, "Interval Too Brief" },
		{ 480, "Temporarily Unavailable" }, { 500, "Server Internal Error" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].code == code)
			return phrases[i].phrase;
	}
	return "Answer";
}

static void
answer_free(struct answer *answer)
{
	if (answer->branch != NULL)
		HASH_DEL(answer->server->answers, answer);
	free(answer->branch);
	timer_free(answer->timer);
	strbuf_fini(&answer->bytes);
	free(answer);
}

static void
send_answer(struct answer *answer)
{
	struct server *server = answer->server;
	struct peer to = { .transport = SIP_UDP, .address = answer->to };

	if (server->transport == NULL || lose(server))
		return;
	if (transport_send(server->transport, &to, 0, answer->bytes.data, answer->bytes.len) == 0)
		server->stats.answers++;
}

static void
on_answer_due(void *arg)
{
	struct answer *answer = arg;

	timer_free(answer->timer);
	answer->timer = NULL;
	send_answer(answer);
}

/* They stand in the order in which they were made. */
static void
forget_old_answers(struct server *server)
{
	struct answer *answer, *next;

	HASH_ITER(hh, server->answers, answer, next) {
		if (instant_since(answer->made, now(server)) <= REMEMBER_MS)
			break;
		answer_free(answer);
	}
}

static void
answer(const struct request *r, int code, const char *headers)
{
	struct server *server = r->server;
	struct answer *a = calloc(1, sizeof(*a));
	char tag[SIP_TAG_SIZE];

	forget_old_answers(server);
	if (a == NULL)
		return;		/* as if lost: the client asks again */
	a->server = server;
	a->made = instant_add(now(server), server->faults.delay_ms);
	a->to = build_answer_destination(r->message, &r->from->address);
	entropy_hex(tag, SIP_TAG_SIZE - 1);
	build_answer(&a->bytes, r->message, &r->from->address, code, phrase(code), tag, headers);
	if (server->faults.delay_ms > 0)
		a->timer = timer_new(server->site->loop, on_answer_due, a);
	if (!a->bytes.failed)
		a->branch = span_dup(r->message->via_branch);
	if (a->branch == NULL || (server->faults.delay_ms > 0 && a->timer == NULL)) {
		free(a->branch);
		a->branch = NULL;
		answer_free(a);
		return;
	}
	HASH_ADD_KEYPTR(hh, server->answers, a->branch, strlen(a->branch), a);
	if (server->site->verbose)
		fprintf(stderr, "%s: %.*s %.*s: %d\n", server->name, (int)r->message->method.len, r->message->method.at,
		    (int)r->message->to.len, r->message->to.at, code);
	if (a->timer != NULL)
		timer_set(a->timer, a->made);
	else
		send_answer(a);
}

/* A copy gets the same answer again, unless that is still to come. */
static bool
answered_before(const struct request *r)
{
	struct answer *a;

	HASH_FIND(hh, r->server->answers, r->message->via_branch.at, r->message->via_branch.len, a);
	if (a != NULL && a->timer == NULL)
		send_answer(a);
	return a != NULL;
}

static void
answer_code(const struct request *r, int code, int retry_after_s)
{
	char header[40] = "";

	if (retry_after_s > 0)
		snprintf(header, sizeof(header), "Retry-After: %d\r\n", retry_after_s);
	answer(r, code, header);
}

/* ---- REGISTER ---- */

/* The URI of To, without parameters. */
static struct span
uri_of_to(struct span to)
{
	size_t open = scan_find(to, 0, '<'), end;
	struct span uri = to;

	if (open < to.len) {
		const char *close = memchr(to.at + open, '>', to.len - open);

		if (close == NULL)
			return (struct span){ 0 };
		uri = (struct span){ to.at + open + 1, (size_t)(close - to.at) - open - 1 };
	}
	end = scan_find(uri, 0, ';');
	return span_trim((struct span){ uri.at, end });
}

/* Returns false if it is no sip:USER@DOMAIN. */
static bool
read_aor(const struct message *message, char aor[AOR_SIZE], char user[AOR_SIZE])
{
	struct span uri = uri_of_to(message->to);
	const char *at = span_there(uri) ? memchr(uri.at, '@', uri.len) : NULL;

	if (at == NULL || uri.len >= AOR_SIZE || uri.len < 5 || !span_equal_nocase((struct span){ uri.at, 4 }, "sip:"))
		return false;
	snprintf(aor, AOR_SIZE, "%.*s", (int)uri.len, uri.at);
	snprintf(user, AOR_SIZE, "%.*s", (int)(at - uri.at) - 4, uri.at + 4);
	return true;
}

static uint32_t
expires_asked(const struct message *message)
{
	uint64_t s = EXPIRES_UNASKED_S;

	if (message->contact_count > 0 && span_there(message->contacts[0].expires))
		span_number(message->contacts[0].expires, UINT32_MAX, &s);
	else if (span_there(message->expires))
		span_number(message->expires, UINT32_MAX, &s);
	return (uint32_t)s;
}

static void
store(const struct request *r, const char *aor)
{
	const struct faults *faults = &r->server->faults;
	struct strbuf headers = { 0 };
	uint32_t grant = expires_asked(r->message);

	if (grant != 0 && grant < faults->min_expires_s) {
		strbuf_printf(&headers, "Min-Expires: %u\r\n", faults->min_expires_s);
		answer(r, 423, headers.data);
		strbuf_fini(&headers);
		return;
	}
	if (faults->grant_s != 0)
		grant = faults->grant_s;
	if (grant > EXPIRES_MAX_S)
		grant = EXPIRES_MAX_S;
	if (bindings_store(&r->server->bindings, aor, r->message, grant, now(r->server)) == 0) {
		bindings_contacts(&r->server->bindings, aor, now(r->server), &headers);
		answer(r, 200, headers.data);
	} else
		answer(r, 500, NULL);
	strbuf_fini(&headers);
}

static void
take_register(const struct request *r)
{
	struct server *server = r->server;
	struct strbuf challenge = { 0 };
	char aor[AOR_SIZE], user[AOR_SIZE];
	enum auth_verdict verdict;

	server->stats.registers++;
	if (server->faults.register_code != 0) {
		answer_code(r, server->faults.register_code, server->faults.register_retry_s);
		return;
	}
	if (!read_aor(r->message, aor, user) || !users_known(&server->site->users, user)) {
		answer(r, 404, NULL);
		return;
	}
	verdict = auth_check(&server->site->auth, &server->site->users, &server->nonces, r->message, r->bytes, r->len,
	    now(server));
	if (verdict == AUTH_GOOD) {
		store(r, aor);
		return;
	}
	auth_challenge(&server->site->auth, &server->nonces, verdict == AUTH_STALE, now(server), &challenge);
	answer(r, 401, challenge.data);
	strbuf_fini(&challenge);
}

/* ---- Requests ---- */

static void
take_request(const struct request *r)
{
	struct server *server = r->server;
	const struct faults *faults = &server->faults;
	struct span method = r->message->method;

	if (span_equal(method, "ACK") || answered_before(r))
		return;
	if (span_equal(method, "REGISTER"))
		take_register(r);
	else if (span_equal(method, "OPTIONS")) {
		server->stats.options++;
		answer_code(r, faults->options_code != 0 ? faults->options_code : 200, faults->options_retry_s);
	} else {
		server->stats.others++;
		answer(r, span_equal(method, "INVITE") ? 480 : 405, NULL);
	}
}

static void
take_datagram(struct server *server, const struct peer *from, const uint8_t *bytes, size_t len)
{
	struct message message;
	enum drop_reason why;

	if (!message_parse(&message, bytes, len, &why)) {
		server->stats.dropped++;
		return;
	}
	if (message.request)
		take_request(&(struct request){ server, from, &message, bytes, len });
	message_fini(&message);
}

static void
keep_for_later(struct server *server, const struct peer *from, const uint8_t *bytes, size_t len)
{
	struct datagram *d = server->backlog_len < BACKLOG_MAX ? malloc(sizeof(*d) + len) : NULL;

	if (d == NULL) {
		server->stats.dropped++;
		return;
	}
	d->from = *from;
	d->len = len;
	memcpy(d->bytes, bytes, len);
	STAILQ_INSERT_TAIL(&server->backlog, d, next);
	server->backlog_len++;
}

static void
on_message(void *arg, const struct peer *from, const struct address *local, const uint8_t *bytes, size_t len)
{
	struct server *server = arg;

	(void)local;
	if (lose(server))
		return;
	switch (server->faults.mode) {
	case SERVER_UP:
		take_datagram(server, from, bytes, len);
		return;
	case SERVER_HUNG:
		keep_for_later(server, from, bytes, len);
		return;
	case SERVER_SILENT:
	case SERVER_REFUSING:
		server->stats.dropped++;
		return;
	}
}

/* A client that has gone is none of our business. */
static void
on_unreachable(void *arg, const struct peer *to, enum transport_failure failure, const uint8_t *quoted, size_t len)
{
	(void)arg, (void)to, (void)failure, (void)quoted, (void)len;
}

/* ---- Modes ---- */

static int
open_socket(struct server *server, char error[256])
{
	static const struct transport_events events = { .on_message = on_message, .on_unreachable = on_unreachable };
	struct transport_listen listen = { .transport = SIP_UDP, .address = server->address };

	if (server->transport != NULL)
		return 0;
	server->transport = transport_new(server->site->loop, &listen, 1, NULL, &events, server, error);
	return server->transport == NULL ? -EADDRINUSE : 0;
}

static void
work_off_backlog(struct server *server, bool forget)
{
	struct datagram *d;

	while ((d = STAILQ_FIRST(&server->backlog)) != NULL) {
		STAILQ_REMOVE_HEAD(&server->backlog, next);
		server->backlog_len--;
		if (!forget)
			take_datagram(server, &d->from, d->bytes, d->len);
		free(d);
	}
}

int
server_set_mode(struct server *server, enum server_mode mode)
{
	char error[256];

	if (mode == SERVER_REFUSING) {
		transport_free(server->transport);
		server->transport = NULL;
	} else if (open_socket(server, error) != 0)
		return -EADDRINUSE;
	server->faults.mode = mode;
	if (mode != SERVER_HUNG)
		work_off_backlog(server, mode != SERVER_UP);
	return 0;
}

const char *
server_mode_str(enum server_mode mode)
{
	switch (mode) {
	case SERVER_UP:
		return "up";
	case SERVER_HUNG:
		return "hang";
	case SERVER_SILENT:
		return "silent";
	case SERVER_REFUSING:
		return "refuse";
	}
	return "?";
}

/* ---- Beginning and end ---- */

struct server *
server_new(struct site *site, const struct address *address, char error[256])
{
	struct server *server = calloc(1, sizeof(*server));
	struct peer self = { .transport = SIP_UDP, .address = *address };
	struct address local;

	if (server == NULL) {
		snprintf(error, 256, "no memory");
		return NULL;
	}
	server->site = site;
	server->address = *address;
	STAILQ_INIT(&server->backlog);
	if (open_socket(server, error) != 0) {
		free(server);
		return NULL;
	}
	/* The port that it got if any was asked for: it comes back to that one after refusing. */
	if (address->port == 0 && transport_local(server->transport, &self, &local) == 0)
		server->address.port = local.port;
	address_str(&server->address, server->name);
	return server;
}

void
server_free(struct server *server)
{
	struct answer *a, *next;

	if (server == NULL)
		return;
	HASH_ITER(hh, server->answers, a, next)
		answer_free(a);
	work_off_backlog(server, true);
	transport_free(server->transport);
	bindings_fini(&server->bindings);
	nonces_fini(&server->nonces);
	free(server);
}

const struct address *
server_address(const struct server *server)
{
	return &server->address;
}

struct faults *
server_faults(struct server *server)
{
	return &server->faults;
}

struct stats *
server_stats(struct server *server)
{
	return &server->stats;
}

struct bindings *
server_bindings(struct server *server)
{
	return &server->bindings;
}

void
server_forget_nonces(struct server *server)
{
	nonces_fini(&server->nonces);
}
