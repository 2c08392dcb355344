/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>

#include "net/httpd_private.h"
#include "net/loopbase.h"

/* ---- who is asked for ---- */

static bool
is_machine_name(const char *host)
{
	char own[HOST_NAME_MAX + 1] = "";
	size_t len;

	if (gethostname(own, sizeof(own) - 1) != 0 || own[0] == '\0')
		return false;
	len = strlen(own);
	return strncasecmp(host, own, len) == 0 && (host[len] == '\0' || strcasecmp(host + len, ".local") == 0);
}

/* HTTP/1.0 need not say it, and no browser speaks that. */
static bool
is_ours(const struct httpd *httpd, const char *host)
{
	struct address address;

	return host == NULL || address_parse(&address, host) || strcasecmp(host, "localhost") == 0 ||
	    (httpd->name != NULL && strcasecmp(host, httpd->name) == 0) || is_machine_name(host);
}

/* ---- answers ---- */

static void
reply_free(struct httpd_reply *reply)
{
	TAILQ_REMOVE(&reply->httpd->replies, reply, link);
	if (reply->answer.done != NULL)
		reply->answer.done(reply->answer.arg);
	free(reply);
}

/* evhttp has let the request go with its connection, and leaves it to us. */
static void
on_closed(struct evhttp_connection *connection, void *arg)
{
	struct httpd_reply *reply = arg;
	struct evhttp_request *request = reply->request;

	(void)connection;
	loop_woken(reply->httpd->loop);
	reply_free(reply);
	if (evhttp_request_get_connection(request) == NULL)
		evhttp_request_free(request);
}

static void
add_headers(struct evhttp_request *request, const char *type, const char *policy)
{
	const struct { const char *name, *value; } headers[] = {
		{ "Content-Type", type },
		{ "Connection", "close" },
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Content-Security-Policy", policy != NULL ? policy : "default-src 'none'; frame-ancestors 'none'" },
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		evhttp_add_header(evhttp_request_get_output_headers(request), headers[i].name, headers[i].value);
}

static const char *
status_text(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 421:
		return "Misdirected Request";
	case 500:
		return "Internal Server Error";
	}
	return "Service Unavailable";
}

/* An answer in one line. */
static void
refuse(struct evhttp_request *request, int status, const char *line)
{
	struct evbuffer *body = evbuffer_new();

	add_headers(request, "text/plain; charset=utf-8", NULL);
	if (body != NULL && evhttp_request_get_command(request) != EVHTTP_REQ_HEAD)
		evbuffer_add(body, line, strlen(line));
	evhttp_send_reply(request, status, status_text(status), body);
	if (body != NULL)
		evbuffer_free(body);
}

/* The client has taken the last piece. */
static void
on_taken(struct evhttp_connection *connection, void *arg)
{
	struct httpd_reply *reply = arg;

	(void)connection;
	loop_woken(reply->httpd->loop);
	reply->ready = true;
	timer_set(reply->httpd->turn, loop_now(reply->httpd->loop));
}

/* From here on evhttp writes what it has, and closes. */
static void
let_go(struct httpd_reply *reply)
{
	evhttp_connection_set_closecb(evhttp_request_get_connection(reply->request), NULL, NULL);
}

/* The client must not take a part for the whole: it does not get to see the end of it. */
static void
break_off(struct httpd_reply *reply)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(reply->request);

	let_go(reply);
	if (reply->begun)
		evhttp_connection_free(connection);
	else
		refuse(reply->request, 500, "no memory for the answer\n");
	reply_free(reply);
}

/* Takes the bytes over. */
static void
send_piece(struct httpd_reply *reply, struct evbuffer *piece, bool more)
{
	const struct httpd_answer *answer = &reply->answer;

	if (!reply->begun && !more) {
		let_go(reply);
		evhttp_send_reply(reply->request, answer->status, status_text(answer->status), piece);
		reply_free(reply);
		return;
	}
	if (!reply->begun)
		evhttp_send_reply_start(reply->request, answer->status, status_text(answer->status));
	reply->begun = true;
	if (evbuffer_get_length(piece) == 0 && more)
		on_taken(NULL, reply);
	else if (more)
		evhttp_send_reply_chunk_with_cb(reply->request, piece, on_taken, reply);
	else {
		evhttp_send_reply_chunk(reply->request, piece);
		let_go(reply);
		evhttp_send_reply_end(reply->request);
		reply_free(reply);
	}
}

static void
reply_on(struct httpd_reply *reply)
{
	struct strbuf bytes = { 0 };
	struct evbuffer *piece = evbuffer_new();
	bool head = evhttp_request_get_command(reply->request) == EVHTTP_REQ_HEAD;
	int more = head ? 0 : reply->answer.next(reply->answer.arg, &bytes);

	reply->ready = false;
	if (more < 0 || bytes.failed || piece == NULL ||
	    (bytes.len > 0 && evbuffer_add(piece, bytes.data, bytes.len) != 0))
		break_off(reply);
	else
		send_piece(reply, piece, more > 0);
	strbuf_fini(&bytes);
	if (piece != NULL)
		evbuffer_free(piece);
}

void
httpdreply_turn(void *arg)
{
	struct httpd *httpd = arg;
	struct httpd_reply *reply;

	TAILQ_FOREACH(reply, &httpd->replies, link)
		if (reply->ready)
			break;
	if (reply == NULL)
		return;
	TAILQ_REMOVE(&httpd->replies, reply, link);
	TAILQ_INSERT_TAIL(&httpd->replies, reply, link);
	timer_set(httpd->turn, loop_now(httpd->loop));		/* for the next one, if there is one */
	reply_on(reply);
}

/* ---- requests ---- */

static void
begin(struct httpd *httpd, struct evhttp_request *request)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
	const char *path = evhttp_uri_get_path(uri), *query = evhttp_uri_get_query(uri);
	struct httpd_reply *reply = calloc(1, sizeof(*reply));

	if (reply == NULL) {
		refuse(request, 500, "no memory for the answer\n");
		return;
	}
	reply->httpd = httpd;
	reply->request = request;
	httpd->on_request(httpd->arg, path != NULL && path[0] != '\0' ? path : "/", query != NULL ? query : "",
	    &reply->answer);
	add_headers(request, reply->answer.type, reply->answer.policy);
	TAILQ_INSERT_TAIL(&httpd->replies, reply, link);
	evhttp_connection_set_closecb(evhttp_request_get_connection(request), on_closed, reply);
	on_taken(NULL, reply);
}

void
httpdreply_on_request(struct evhttp_request *request, void *arg)
{
	struct httpd *httpd = arg;
	enum evhttp_cmd_type command = evhttp_request_get_command(request);

	loop_woken(httpd->loop);
	httpd_has_asked(httpd, evhttp_request_get_connection(request));
	if (!is_ours(httpd, evhttp_request_get_host(request)))
		refuse(request, 421, "ask by address, or by a name that the configuration has (http-name)\n");
	else if (command != EVHTTP_REQ_GET && command != EVHTTP_REQ_HEAD) {
		evhttp_add_header(evhttp_request_get_output_headers(request), "Allow", "GET, HEAD");
		refuse(request, 405, "nothing can be changed here\n");
	} else
		begin(httpd, request);
}

void
httpdreply_drop_all(struct httpd *httpd)
{
	struct httpd_reply *reply;

	while ((reply = TAILQ_FIRST(&httpd->replies)) != NULL) {
		let_go(reply);
		reply_free(reply);
	}
}
