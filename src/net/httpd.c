/* SPDX-License-Identifier: ISC */
#include "net/httpd.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>

#include "net/httpd_private.h"
#include "net/loopbase.h"
#include "net/sockaddr.h"

enum {
	LOOK_MS = 250,
	LOOK_FULL_MS = 25,		/* when others may be waiting */
	GRACE_MS = 100,			/* to begin a request then */
	ACCEPT_PAUSE_MS = 100,
	BACKLOG = 1024,
	INPUT_MAX = 2 * HTTPD_HEAD_MAX,
	SURPLUS_MAX = 64 * 1024,
};

/* ---- connections ---- */

/* evhttp has closed it: bufferevent_free() takes the callbacks away, whoever else holds the bufferevent. */
static bool
is_over(const struct httpd_client *client)
{
	bufferevent_data_cb on_read, on_write;
	bufferevent_event_cb on_event;
	void *arg;

	bufferevent_getcb(client->bev, &on_read, &on_write, &on_event, &arg);
	return on_read == NULL && on_write == NULL && on_event == NULL;
}

/* A socket closed with bytes unread resets its peer, who might then miss the end of our answer. */
static void
discard_input(struct httpd_client *client)
{
	char piece[4096];
	size_t total = 0;
	ssize_t n;

	while (total < SURPLUS_MAX &&
	    (n = recv(bufferevent_getfd(client->bev), piece, sizeof(piece), MSG_DONTWAIT)) > 0)
		total += (size_t)n;
}

static void
client_free(struct httpd *httpd, struct httpd_client *client)
{
	TAILQ_REMOVE(&httpd->clients, client, link);
	httpd->count--;
	discard_input(client);
	bufferevent_decref(client->bev);
	free(client);
}

/* evhttp sees the end of it at the next turn, and lets it go. */
static void
cut_off(struct httpd_client *client)
{
	shutdown(bufferevent_getfd(client->bev), SHUT_RDWR);
}

static bool
is_late(const struct httpd *httpd, const struct httpd_client *client)
{
	return instant_since(client->since, loop_now(httpd->loop)) >=
	    (client->asked ? HTTPD_ANSWER_MS : HTTPD_REQUEST_MS);
}

static void
sweep(struct httpd *httpd)
{
	struct httpd_client *client = TAILQ_FIRST(&httpd->clients), *next;

	for (; client != NULL; client = next) {
		next = TAILQ_NEXT(client, link);
		if (is_over(client))
			client_free(httpd, client);
		else if (is_late(httpd, client))
			cut_off(client);
	}
}

static bool
has_said_something(const struct httpd_client *client)
{
	int waiting = 0;

	return evbuffer_get_length(bufferevent_get_input(client->bev)) > 0 ||
	    (ioctl(bufferevent_getfd(client->bev), FIONREAD, &waiting) == 0 && waiting > 0);
}

/* Makes room: whoever has had time to ask and has not even begun to; else the one who is at it for longest. */
static void
evict(struct httpd *httpd)
{
	struct httpd_client *client, *talking = NULL;
	bool any = false;

	TAILQ_FOREACH(client, &httpd->clients, link) {
		if (client->asked || instant_since(client->since, loop_now(httpd->loop)) < GRACE_MS)
			continue;
		if (has_said_something(client)) {
			talking = talking != NULL ? talking : client;
			continue;
		}
		cut_off(client);
		any = true;
	}
	if (!any && talking != NULL)
		cut_off(talking);
}

/* Lets clients in while there is room; the others wait in the kernel's queue. */
static void
admit(struct httpd *httpd)
{
	if (httpd->count < HTTPD_CLIENTS_MAX && instant_is_never(timer_due(httpd->pause)))
		evconnlistener_enable(httpd->listener);
	else
		evconnlistener_disable(httpd->listener);
}

static void
on_look(void *arg)
{
	struct httpd *httpd = arg;
	bool full;

	sweep(httpd);
	full = httpd->count >= HTTPD_CLIENTS_MAX;
	if (full)
		evict(httpd);
	admit(httpd);
	if (httpd->count > 0)
		timer_set(httpd->look, instant_add(loop_now(httpd->loop), full ? LOOK_FULL_MS : LOOK_MS));
}

/* evhttp has accepted a connection, and asks for its buffers. */
static struct bufferevent *
on_connection(struct event_base *base, void *arg)
{
	struct httpd *httpd = arg;
	struct httpd_client *client = calloc(1, sizeof(*client));
	struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

	loop_woken(httpd->loop);
	if (client == NULL || bev == NULL) {
		free(client);
		return bev;
	}
	bufferevent_setwatermark(bev, EV_READ, 0, INPUT_MAX);
	bufferevent_incref(bev);
	client->bev = bev;
	client->since = loop_now(httpd->loop);
	TAILQ_INSERT_TAIL(&httpd->clients, client, link);
	if (++httpd->count == 1)
		timer_set(httpd->look, instant_add(client->since, LOOK_MS));
	if (httpd->count == HTTPD_CLIENTS_MAX)
		timer_set(httpd->look, instant_add(client->since, LOOK_FULL_MS));
	admit(httpd);
	return bev;
}

void
httpd_has_asked(struct httpd *httpd, struct evhttp_connection *connection)
{
	struct bufferevent *bev = evhttp_connection_get_bufferevent(connection);
	struct httpd_client *client;

	TAILQ_FOREACH(client, &httpd->clients, link) {
		if (client->bev != bev)
			continue;
		client->asked = true;
		client->since = loop_now(httpd->loop);
	}
}

/* Too many files are open, or the like: asked again a little later, or the loop would spin. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct httpd *httpd = arg;

	(void)listener;
	loop_woken(httpd->loop);
	timer_set(httpd->pause, instant_add(loop_now(httpd->loop), ACCEPT_PAUSE_MS));
	admit(httpd);
}

static void
on_pause_over(void *arg)
{
	admit(arg);
}

/* ---- the server ---- */

/* Returns the listening socket or -1, with errno. */
static int
open_socket(const struct address *address)
{
	struct sockaddr_storage name;
	socklen_t len = sockaddr_of(address, &name);
	int fd = socket(sockaddr_family(address), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, error;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one));	/* for IPv6, too */
	if (address->family == ADDRESS_IPV6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&name, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static bool
open_server(struct httpd *httpd, int fd)
{
	httpd->look = timer_new(httpd->loop, on_look, httpd);
	httpd->turn = timer_new(httpd->loop, httpdreply_turn, httpd);
	httpd->pause = timer_new(httpd->loop, on_pause_over, httpd);
	httpd->http = evhttp_new(loop_base(httpd->loop));
	httpd->listener = evconnlistener_new(loop_base(httpd->loop), NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (httpd->listener == NULL)
		close(fd);
	if (httpd->look == NULL || httpd->turn == NULL || httpd->pause == NULL || httpd->http == NULL ||
	    httpd->listener == NULL || evhttp_bind_listener(httpd->http, httpd->listener) == NULL)
		return false;
	evconnlistener_set_error_cb(httpd->listener, on_accept_error);
	evhttp_set_max_headers_size(httpd->http, HTTPD_HEAD_MAX);
	evhttp_set_max_body_size(httpd->http, 0);
	evhttp_set_timeout(httpd->http, HTTPD_IDLE_S);
	evhttp_set_default_content_type(httpd->http, NULL);
	evhttp_set_bevcb(httpd->http, on_connection, httpd);
	evhttp_set_gencb(httpd->http, httpdreply_on_request, httpd);
	return true;
}

struct httpd *
httpd_new(struct loop *loop, const struct address *address, httpd_on_request *on_request, void *arg, char error[256])
{
	struct httpd *httpd = calloc(1, sizeof(*httpd));
	char text[ADDRESS_TEXT_SIZE];
	int fd;

	snprintf(error, 256, "http: no memory");
	if (httpd == NULL)
		return NULL;
	*httpd = (struct httpd){ .loop = loop, .on_request = on_request, .arg = arg };
	TAILQ_INIT(&httpd->clients);
	TAILQ_INIT(&httpd->replies);
	fd = open_socket(address);
	if (fd < 0)
		snprintf(error, 256, "http: %s: %.60s", address_str(address, text), strerror(errno));
	if (fd >= 0 && open_server(httpd, fd))
		return httpd;
	httpd_free(httpd);
	return NULL;
}

void
httpd_free(struct httpd *httpd)
{
	if (httpd == NULL)
		return;
	httpdreply_drop_all(httpd);
	if (httpd->http != NULL)
		evhttp_free(httpd->http);	/* with what is bound to it */
	else if (httpd->listener != NULL)
		evconnlistener_free(httpd->listener);
	while (!TAILQ_EMPTY(&httpd->clients))
		client_free(httpd, TAILQ_FIRST(&httpd->clients));
	timer_free(httpd->look);
	timer_free(httpd->turn);
	timer_free(httpd->pause);
	free(httpd);
}

void
httpd_set_name(struct httpd *httpd, const char *name)
{
	httpd->name = name;
}

unsigned
httpd_clients(const struct httpd *httpd)
{
	return httpd->count;
}
