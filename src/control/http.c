/* SPDX-License-Identifier: ISC */
#include "control/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "control/metrics.h"
#include "control/page.h"
#include "control/status.h"
#include "net/entropy.h"
#include "net/httpd.h"

#define NONCE_LEN 32
#define STATUS_PIECE (32 * 1024)	/* bytes of the status that are made in a turn of the loop, and an account more */

struct http {
	struct loop *loop;
	struct agent *agent;
	const char *version;
	struct httpd *httpd;		/* NULL: off */
	struct address address;
	char *name;			/* or NULL */
};

/* ---- answers in one piece ---- */

static int
next_text(void *arg, struct strbuf *to)
{
	strbuf_append(to, arg);
	return 0;
}

static void
answer_text(struct httpd_answer *answer, int status, const char *text)
{
	*answer = (struct httpd_answer){ .status = status, .type = "text/plain; charset=utf-8", .next = next_text,
	    .done = free, .arg = strdup(text) };
}

static int
next_nothing(void *arg, struct strbuf *to)
{
	(void)arg;
	(void)to;
	return -ENOMEM;
}

/* ---- /metrics ---- */

static int
next_metrics(void *arg, struct strbuf *to)
{
	return metrics_next(arg, to);
}

static void
done_metrics(void *arg)
{
	metrics_fini(arg);
	free(arg);
}

static void
answer_metrics(struct http *http, const char *query, struct httpd_answer *answer)
{
	struct metrics *metrics = malloc(sizeof(*metrics));

	if (metrics == NULL)
		return;
	metrics_init(metrics, http->agent, loop_delays(http->loop), http->version,
	    strcmp(query, "accounts=no") != 0);
	*answer = (struct httpd_answer){ .status = 200, .type = METRICS_TYPE, .next = next_metrics, .done = done_metrics,
	    .arg = metrics };
}

/* ---- /status.json ---- */

struct status_answer {
	struct status_walk walk;
	struct accountfilter filter;
};

static int
next_status(void *arg, struct strbuf *to)
{
	struct status_answer *status = arg;

	return status_walk(&status->walk, NULL, STATUS_PIECE, to);
}

static void
done_status(void *arg)
{
	struct status_answer *status = arg;

	status_walk_fini(&status->walk);
	free(status);
}

static void
answer_status(struct http *http, const char *query, struct httpd_answer *answer)
{
	struct status_answer *status = malloc(sizeof(*status));

	if (status == NULL)
		return;
	if (!accountfilter_parse(&status->filter, query)) {
		free(status);
		answer_text(answer, 400, "the query makes no sense; sipkeepd-http(7) has its keys\n");
		return;
	}
	status_walk_init(&status->walk, http->agent, STATUS_JSON);
	if (query[0] != '\0')
		status->walk.filter = &status->filter;
	*answer = (struct httpd_answer){ .status = 200, .type = "application/json", .next = next_status,
	    .done = done_status, .arg = status };
}

/* ---- /readyz ---- */

/* The start is over once each account has had an outcome: which one is no matter of readiness. */
static void
answer_ready(struct http *http, struct httpd_answer *answer)
{
	struct agent_status s;
	char text[160];

	agent_status(http->agent, &s);
	if (s.undecided > 0)
		snprintf(text, sizeof(text), "starting: generation %u, accounts %zu, without an outcome yet %zu\n",
		    s.generation, s.accounts, s.undecided);
	else
		snprintf(text, sizeof(text), "ready: generation %u, accounts %zu, registered %zu\n", s.generation,
		    s.accounts, s.registered);
	answer_text(answer, s.undecided > 0 ? 503 : 200, text);
}

/* ---- the status page ---- */

struct page_answer {
	char nonce[NONCE_LEN + 1];
	char policy[320];
};

static int
next_page(void *arg, struct strbuf *to)
{
	const struct page_answer *page = arg;
	const char *piece;

	for (size_t i = 0; (piece = page_piece(i)) != NULL; i++) {
		if (i > 0)
			strbuf_append(to, page->nonce);
		strbuf_append(to, piece);
	}
	return 0;
}

/* The page has nothing from elsewhere, and says so to the browser. */
static void
answer_page(struct httpd_answer *answer)
{
	struct page_answer *page = malloc(sizeof(*page));

	if (page == NULL)
		return;
	entropy_hex(page->nonce, NONCE_LEN);
	snprintf(page->policy, sizeof(page->policy), "default-src 'none'; connect-src 'self'; img-src data:; "
	    "style-src 'nonce-%s'; script-src 'nonce-%s'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	    page->nonce, page->nonce);
	*answer = (struct httpd_answer){ .status = 200, .type = "text/html; charset=utf-8", .policy = page->policy,
	    .next = next_page, .done = free, .arg = page };
}

/* ---- who asks for what ---- */

static void
answer_nothing(struct httpd_answer *answer)
{
	answer_text(answer, 404, "nothing here; there are /, /metrics, /status.json, /healthz and /readyz\n");
}

static void
on_request(void *arg, const char *path, const char *query, struct httpd_answer *answer)
{
	struct http *http = arg;

	*answer = (struct httpd_answer){ 0 };
	if (strcmp(path, "/") == 0)
		answer_page(answer);
	else if (strcmp(path, "/metrics") == 0)
		answer_metrics(http, query, answer);
	else if (strcmp(path, "/status.json") == 0)
		answer_status(http, query, answer);
	else if (strcmp(path, "/healthz") == 0)
		answer_text(answer, 200, "the loop turns\n");
	else if (strcmp(path, "/readyz") == 0)
		answer_ready(http, answer);
	else
		answer_nothing(answer);
	if (answer->arg == NULL)
		*answer = (struct httpd_answer){ .status = 500, .type = "text/plain", .next = next_nothing };
}

/* ---- where ---- */

struct http *
http_new(struct loop *loop, struct agent *agent, const char *version)
{
	struct http *http = calloc(1, sizeof(*http));

	if (http != NULL)
		*http = (struct http){ .loop = loop, .agent = agent, .version = version };
	return http;
}

void
http_free(struct http *http)
{
	if (http == NULL)
		return;
	httpd_free(http->httpd);
	free(http->name);
	free(http);
}

static bool
open_at(struct http *http, const struct address *address, char error[256])
{
	struct httpd *httpd = NULL;
	char text[ADDRESS_TEXT_SIZE];

	if (address->family != ADDRESS_NONE) {
		httpd = httpd_new(http->loop, address, on_request, http, error);
		if (httpd == NULL)
			return false;
	}
	httpd_free(http->httpd);
	http->httpd = httpd;
	http->address = *address;
	if (httpd != NULL)
		log_line(LOG_LEVEL_NOTICE, NULL, "http: listens at %s", address_str(address, text));
	return true;
}

/* The same port on another address may be in the way of itself (0.0.0.0). */
static bool
change_to(struct http *http, const struct address *address, char error[256])
{
	struct address before = http->address;
	char ignored[256];

	if (open_at(http, address, error))
		return true;
	if (http->httpd == NULL || address->port != before.port)
		return false;
	httpd_free(http->httpd);
	http->httpd = NULL;
	http->address = (struct address){ 0 };
	if (open_at(http, address, error))
		return true;
	open_at(http, &before, ignored);
	return false;
}

bool
http_configure(struct http *http, const struct config *config, char error[256])
{
	char *name = config->http_name != NULL ? strdup(config->http_name) : NULL;

	snprintf(error, 256, "http: no memory");
	if (config->http_name != NULL && name == NULL)
		return false;
	if (!address_equal(&http->address, &config->http) && !change_to(http, &config->http, error)) {
		free(name);
		return false;
	}
	if (http->httpd != NULL)
		httpd_set_name(http->httpd, name);
	free(http->name);
	http->name = name;
	return true;
}
