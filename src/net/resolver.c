/* SPDX-License-Identifier: ISC */
#include "net/resolver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <netinet/in.h>
#include <resolv.h>

#include "base/log.h"
#include "net/dnspacket.h"
#include "net/entropy.h"
#include "net/icmp.h"
#include "net/loopbase.h"
#include "net/sockaddr.h"

enum {
	DNS_PORT_DEFAULT = 53,
	PER_WAKEUP = 32,
};

struct resolver {
	struct loop *loop;
	struct drops *drops;
	LIST_HEAD(, resolver_query) queries;
	uint8_t buffer[DNSPACKET_EDNS_SIZE];
};

/*
 * A question under way: its own socket (so a port that the kernel draws), its own random ID. The socket is not
 * connected, so that what others send to it can be counted; ICMP comes by the error queue.
 */
struct resolver_query {
	LIST_ENTRY(resolver_query) link;
	struct resolver *resolver;
	struct address nameserver;
	struct dnspacket_question question;
	uint16_t id;
	bool edns;
	bool told;			/* on_answer runs or has run: cancelling comes too late */
	int fd;
	struct event *event;
	struct timer *timer;
	enum dns_outcome when_due;	/* what the timer tells */
	void (*on_answer)(void *arg, const struct dns_answer *answer);
	void *arg;
};

struct resolver *
resolver_new(struct loop *loop, struct drops *drops)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (!resolver)
		return NULL;
	resolver->loop = loop;
	resolver->drops = drops;
	LIST_INIT(&resolver->queries);
	return resolver;
}

void
resolver_free(struct resolver *resolver)
{
	struct resolver_query *query;

	if (!resolver)
		return;
	while ((query = LIST_FIRST(&resolver->queries)) != NULL)
		resolver_cancel(query);
	free(resolver);
}

static void
close_socket(struct resolver_query *query)
{
	if (query->event)
		event_free(query->event);
	query->event = NULL;
	if (query->fd >= 0)
		close(query->fd);
	query->fd = -1;
}

/* Takes it out of the world; the memory stays. */
static void
detach(struct resolver_query *query)
{
	LIST_REMOVE(query, link);
	close_socket(query);
	timer_free(query->timer);
	query->timer = NULL;
}

static void
tell(struct resolver_query *query, const struct dns_answer *answer)
{
	query->told = true;
	detach(query);
	query->on_answer(query->arg, answer);
	free(query);
}

void
resolver_cancel(struct resolver_query *query)
{
	if (!query || query->told)
		return;
	detach(query);
	free(query);
}

static void
on_due(void *arg)
{
	struct resolver_query *query = arg;
	struct dns_answer answer = { .outcome = query->when_due };

	tell(query, &answer);
}

static void on_readable(evutil_socket_t fd, short what, void *arg);

static int
send_question(struct resolver_query *query)
{
	uint8_t bytes[DNSPACKET_QUESTION_MAX];
	struct sockaddr_storage name;
	socklen_t name_len = sockaddr_of(&query->nameserver, &name);
	size_t len;

	query->fd = socket(sockaddr_family(&query->nameserver), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
	if (query->fd < 0)
		return -errno;
	icmp_enable(query->fd, query->nameserver.family);
	entropy_bytes(&query->id, sizeof(query->id));
	len = dnspacket_write(&query->question, query->id, query->edns, bytes);
	if (sendto(query->fd, bytes, len, MSG_NOSIGNAL, (struct sockaddr *)&name, name_len) < 0)
		return -errno;
	query->event = event_new(loop_base(query->resolver->loop), query->fd, EV_READ | EV_PERSIST, on_readable, query);
	if (!query->event || event_add(query->event, NULL) < 0)
		return -ENOMEM;
	return 0;
}

/* Sends it from a fresh socket; what fails is told by the timer, from the loop. */
static void
ask(struct resolver_query *query)
{
	close_socket(query);
	if (send_question(query) < 0) {
		close_socket(query);
		query->when_due = DNS_UNSENDABLE;
		timer_set(query->timer, loop_now(query->resolver->loop));
	}
}

/* An ICMP error counts if it names the name server and quotes our ID: anyone can forge the rest. */
static bool
unreachable(const struct resolver_query *query)
{
	struct icmp_error error;
	int got;

	for (int i = 0; i < PER_WAKEUP && (got = icmp_next(query->fd, &error)) >= 0; i++)
		if (got == 1 && address_equal(&error.to, &query->nameserver) && error.len >= 2 &&
		    (error.quoted[0] << 8 | error.quoted[1]) == query->id)
			return true;
	return false;
}

/* Returns true when the query has ended and is gone. */
static bool
on_fitting(struct resolver_query *query, const uint8_t *bytes, size_t len, bool cut)
{
	struct drops *drops = query->resolver->drops;
	struct dns_answer answer = { .outcome = DNS_TRUNCATED };

	if (!cut && !dnspacket_read(&query->question, bytes, len, &answer)) {
		drops->count[DROP_MEMORY]++;
		return false;
	}
	if (answer.outcome == DNS_MALFORMED)
		drops->count[DROP_DNS_MALFORMED]++;
	tell(query, &answer);
	dns_answer_fini(&answer);
	return true;
}

/* Returns true when the query has ended and is gone, or waits on another socket now. */
static bool
on_datagram(struct resolver_query *query, const struct address *from, const uint8_t *bytes, size_t len, bool cut)
{
	struct drops *drops = query->resolver->drops;

	if (!address_equal(from, &query->nameserver)) {
		drops->count[DROP_DNS_FOREIGN]++;
		return false;
	}
	switch (dnspacket_fit(&query->question, query->id, bytes, len)) {
	case DNSPACKET_FITS:
		return on_fitting(query, bytes, len, cut);
	case DNSPACKET_NO_EDNS:
		if (!query->edns)
			return on_fitting(query, bytes, len, cut);
		query->edns = false;	/* RFC 6891 §7: asked once more without it */
		ask(query);
		return true;
	case DNSPACKET_FOREIGN:
		drops->count[DROP_DNS_FOREIGN]++;
		return false;
	case DNSPACKET_MALFORMED:
		drops->count[DROP_DNS_MALFORMED]++;
		return false;
	}
	return false;
}

/* A few at a time: who floods us must not keep the loop from its other work. */
static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct resolver_query *query = arg;
	struct resolver *resolver = query->resolver;

	(void)what;
	loop_woken(resolver->loop);
	if (unreachable(query)) {
		tell(query, &(struct dns_answer){ .outcome = DNS_UNSENDABLE });
		return;
	}
	for (int i = 0; i < PER_WAKEUP; i++) {
		struct sockaddr_storage name = { 0 };
		socklen_t name_len = sizeof(name);
		struct address from;
		ssize_t n = recvfrom(fd, resolver->buffer, sizeof(resolver->buffer), MSG_DONTWAIT | MSG_TRUNC,
		    (struct sockaddr *)&name, &name_len);
		bool cut = n > (ssize_t)sizeof(resolver->buffer);

		if (n < 0)
			return;
		sockaddr_read((struct sockaddr *)&name, &from);
		if (on_datagram(query, &from, resolver->buffer, cut ? sizeof(resolver->buffer) : (size_t)n, cut))
			return;
	}
}

struct resolver_query *
resolver_ask(struct resolver *resolver, const struct address *nameserver, const char *name, enum dns_type type,
    int timeout_ms, void (*on_answer)(void *arg, const struct dns_answer *answer), void *arg)
{
	struct resolver_query *query = calloc(1, sizeof(*query));

	if (!query)
		return NULL;
	query->resolver = resolver;
	query->fd = -1;
	query->nameserver = *nameserver;
	if (query->nameserver.port == 0)
		query->nameserver.port = DNS_PORT_DEFAULT;
	query->edns = true;
	query->on_answer = on_answer;
	query->arg = arg;
	query->when_due = DNS_SILENT;
	query->timer = timer_new(resolver->loop, on_due, query);
	if (!query->timer) {
		free(query);
		return NULL;
	}
	LIST_INSERT_HEAD(&resolver->queries, query, link);
	timer_set(query->timer, instant_add(loop_now(resolver->loop), timeout_ms));
	if (dnspacket_question(&query->question, name, type)) {
		ask(query);
	} else {
		query->when_due = DNS_UNSENDABLE;
		timer_set(query->timer, loop_now(resolver->loop));
	}
	return query;
}

/* A machine without resolv.conf is asked of itself; whose names then fail should find out why. */
static size_t
fall_back(const char *path, bool needed, struct address to[RESOLVER_NAMESERVERS_MAX])
{
	static bool said;	/* as settled as the log itself */

	if (needed && !said)
		log_line(LOG_LEVEL_WARNING, path, "no name server in it; 127.0.0.1 is asked");
	said = needed;
	if (!needed || !address_parse(&to[0], "127.0.0.1"))
		return 0;
	to[0].port = DNS_PORT_DEFAULT;
	return 1;
}

size_t
resolver_nameservers_of(const char *path, struct address to[RESOLVER_NAMESERVERS_MAX])
{
	char line[512], text[128];
	size_t count = 0;
	FILE *file = fopen(path, "re");

	while (file && count < RESOLVER_NAMESERVERS_MAX && fgets(line, sizeof(line), file))
		if (sscanf(line, "nameserver %127s", text) == 1 && address_parse(&to[count], text)) {
			to[count].port = DNS_PORT_DEFAULT;
			count++;
		}
	if (file)
		fclose(file);
	return count + fall_back(path, count == 0, to);
}

size_t
resolver_system_nameservers(struct address to[RESOLVER_NAMESERVERS_MAX])
{
	return resolver_nameservers_of(_PATH_RESCONF, to);
}
