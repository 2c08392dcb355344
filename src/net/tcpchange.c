/* SPDX-License-Identifier: ISC */
/*
 * Other addresses of our own, and TLS files read anew, in two steps (B71): prepare opens and reads all that can fail,
 * adopt puts it in place of what there was and moves the connections.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "net/tcp_private.h"

struct tcp_change {
	struct tcp *tcp;
	struct tcp_upstream *upstreams[TCP_UPSTREAMS_MAX];	/* all of them: those that stay, too */
	size_t count;
	struct tls *tls;					/* may be the present one; NULL: no TLS upstream */
};

static struct tcp_upstream *
asked_before(const struct tcp *tcp, const struct transport_listen *listen)
{
	for (size_t i = 0; i < tcp->count; i++)
		if (tcp->upstreams[i]->listen.transport == listen->transport &&
		    address_equal(&tcp->upstreams[i]->asked, &listen->address))
			return tcp->upstreams[i];
	return NULL;
}

static bool
is_in(struct tcp_upstream *const *list, size_t count, const struct tcp_upstream *up)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == up)
			return true;
	return false;
}

/* The one that is there, if it will do, or another one. Returns 0, or negative errno. */
static int
prepare_one(struct tcp_change *change, const struct transport_listen *listen)
{
	struct tcp_upstream *old = asked_before(change->tcp, listen), *up;
	bool listens = listen->transport == SIP_TCP || tls_can_accept(change->tls);
	int result;

	if (old && (old->listener != NULL) == listens) {
		change->upstreams[change->count++] = old;
		return 0;
	}
	up = tcp_upstream_new(change->tcp, listen);
	if (!up)
		return -ENOMEM;
	result = listen->transport == SIP_TCP ? tcp_upstream_open(up) : tcp_upstream_open_tls(up, change->tls);
	if (result == 0)
		change->upstreams[change->count++] = up;
	else
		tcp_upstream_free(up);
	return result;
}

/* Without root's rights the files that were read at the start may be out of reach: no reason to refuse all else. */
static struct tls *
read_anew(struct tls *present, const struct transport_tls *settings, int *result, char error[256])
{
	const char *file = present && settings->as_before ? tls_forbidden_file(settings) : NULL;

	if (!file)
		return tls_new(settings, result, error);
	log_line(LOG_LEVEL_WARNING, NULL, "%s: %s; TLS goes on as it was read at the start", file, strerror(EACCES));
	return present;
}

static int
prepare(struct tcp_change *change, const struct transport_listen *listen, const struct transport_tls *tls,
    char error[256])
{
	int result = 0;

	if (listen->transport == SIP_TLS && !change->tls)
		change->tls = read_anew(change->tcp->set.tls, tls, &result, error);
	if (result == 0)
		result = change->count < TCP_UPSTREAMS_MAX ? prepare_one(change, listen) : -ENOSPC;
	return listen->optional && (result == -EAFNOSUPPORT || result == -EADDRNOTAVAIL) ? 0 : result;
}

struct tcp_change *
tcp_prepare(struct tcp *tcp, const struct transport_listen *listen, size_t count, const struct transport_tls *tls,
    int *result, char error[256])
{
	struct tcp_change *change = calloc(1, sizeof(*change));

	*result = change ? 0 : -ENOMEM;
	snprintf(error, 256, "%s", strerror(ENOMEM));
	if (!change)
		return NULL;
	change->tcp = tcp;
	for (size_t i = 0; i < count && *result == 0; i++) {
		struct peer asked = { listen[i].transport, listen[i].address };
		char text[PEER_TEXT_SIZE];

		if (asked.transport == SIP_UDP)
			continue;
		error[0] = '\0';
		*result = prepare(change, &listen[i], tls, error);
		if (*result < 0 && error[0] == '\0')
			snprintf(error, 256, "%s: %s", peer_str(&asked, text), strerror(-*result));
	}
	if (*result == 0)
		return change;
	tcp_discard(change);
	return NULL;
}

void
tcp_discard(struct tcp_change *change)
{
	if (!change)
		return;
	for (size_t i = 0; i < change->count; i++)
		if (!is_in(change->tcp->upstreams, change->tcp->count, change->upstreams[i]))
			tcp_upstream_free(change->upstreams[i]);
	if (change->tls != change->tcp->set.tls)
		tls_free(change->tls);
	free(change);
}

/* Its upstream address is another one now, or gone (NULL). Answers that are still due come on the old connection. */
static void
move_connection(struct connection *c, const struct tcp_upstream *up)
{
	if (c->inbound) {
		connection_forget(c);
	} else if (c->state == CONNECTION_OPEN) {
		connection_renew(c);
	} else if (!up) {
		connection_free(c);
	} else {
		c->from = up->listen.address;
	}
}

/* These are all from now on. What is none of them ends, and connections move to what there is. */
static void
take_upstreams(struct tcp *tcp, struct tcp_upstream *const *upstreams, size_t count)
{
	struct tcp_upstream *before[TCP_UPSTREAMS_MAX] = { NULL };
	size_t count_before = tcp->count;
	struct connection *c, *next;

	memcpy(before, tcp->upstreams, count_before * sizeof(before[0]));
	memcpy(tcp->upstreams, upstreams, count * sizeof(before[0]));
	tcp->count = count;
	for (c = LIST_FIRST(&tcp->set.all); c; c = next) {
		const struct tcp_upstream *up = tcp_upstream_for(tcp, &c->peer);

		next = LIST_NEXT(c, link);
		if (c->known && (!up || !is_in(before, count_before, up)))
			move_connection(c, up);
	}
	for (size_t i = 0; i < count_before; i++)
		if (!is_in(tcp->upstreams, tcp->count, before[i]))
			tcp_upstream_free(before[i]);
}

void
tcp_adopt(struct tcp *tcp, struct tcp_change *change)
{
	struct connection *c;

	take_upstreams(tcp, change->upstreams, change->count);
	if (change->tls != tcp->set.tls) {
		LIST_FOREACH(c, &tcp->set.all, link)
			tls_link_forget(&c->tls);	/* another CA may be asked for now */
		tls_free(tcp->set.tls);
		tcp->set.tls = change->tls;
	}
	free(change);
}

void
tcp_close(struct tcp *tcp, enum sip_transport of, enum address_family family)
{
	struct tcp_upstream *kept[TCP_UPSTREAMS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < tcp->count; i++)
		if (tcp->upstreams[i]->listen.transport != of || tcp->upstreams[i]->listen.address.family != family)
			kept[count++] = tcp->upstreams[i];
	take_upstreams(tcp, kept, count);
}
