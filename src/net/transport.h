/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_TRANSPORT_H
#define SIPKEEPD_NET_TRANSPORT_H

/*
 * Whole SIP messages to and from peers. Over UDP: one unconnected socket per upstream address, with the kernel's
 * error queue read, so that ICMP errors come with the peer that they name and our own bytes (B13). Over TCP and TLS:
 * one connection for each peer, made by the first message to it, kept, and made again by the next one after its end;
 * besides, peers may connect to the upstream address.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "net/loop.h"

#define TRANSPORT_MESSAGE_MAX 65535

struct transport;
struct transport_change;

enum transport_failure {
	TRANSPORT_PORT_UNREACHABLE,	/* ICMP: nobody listens there; connection refused */
	TRANSPORT_HOST_UNREACHABLE,	/* ICMP: host unreachable or unknown */
	TRANSPORT_NET_UNREACHABLE,
	TRANSPORT_PROHIBITED,		/* ICMP: administratively prohibited */
	TRANSPORT_REFUSED,		/* the connection was refused */
	TRANSPORT_NOT_MADE,		/* the connection, handshake included, was not made in TRANSPORT_CONNECT_MS */
	TRANSPORT_UNTRUSTED,		/* the TLS handshake failed */
	TRANSPORT_OTHER_NAME,		/* the certificate is good, but not for the name that this message wanted */
	TRANSPORT_ENDED,		/* a connection that was made has ended, whoever ended it and how */
	TRANSPORT_GARBAGE,		/* it was ended here, for what came on it was no SIP */
};

/* Told a little before the 4 s of B13, at which those who wait would give up by themselves. */
#define TRANSPORT_CONNECT_MS 3950

struct transport_events {
	/*
	 * A datagram has come.
	 *
	 * from    who sent it
	 * local   our address that it came to (its port is the socket's)
	 * bytes   borrowed; len 0..TRANSPORT_MESSAGE_MAX
	 */
	void (*on_message)(void *arg, const struct peer *from, const struct address *local, const uint8_t *bytes,
	    size_t len);

	/*
	 * The network says that a packet of ours cannot get there.
	 *
	 * to      the destination of that packet
	 * quoted  the beginning of our bytes as the error quotes them; may be empty
	 */
	void (*on_unreachable)(void *arg, const struct peer *to, enum transport_failure failure, const uint8_t *quoted,
	    size_t len);

	/*
	 * The rest is for TCP and TLS alone.
	 *
	 * The connection to a peer has failed or ended, and what was sent on it and not answered is lost. With
	 * TRANSPORT_ENDED and nothing unanswered that is no failure (B20). The next message makes it anew.
	 *
	 * text   in words: "connection refused", "certificate expired 3 days ago"
	 */
	void (*on_broken)(void *arg, const struct peer *peer, enum transport_failure failure, const char *text);

	/*
	 * How long is the message that these bytes begin with? They begin with no CR or LF.
	 *
	 * Returns its length, at most TRANSPORT_MESSAGE_MAX; 0 if that needs more bytes; negative if it is none.
	 */
	long (*frame)(const uint8_t *bytes, size_t len);

	/* May that peer, port aside, connect to us? NULL: anybody. */
	bool (*welcome)(void *arg, const struct peer *from);
};

/* What TLS needs, for all connections alike. */
struct transport_tls {
	const char *ca_file;		/* PEM; NULL: the system's */
	const char *certificate;	/* PEM, the chain behind it; NULL: none, then nobody can connect to us */
	const char *key;		/* PEM; NULL: it is in the certificate's file */
	bool verify;			/* the servers' certificates (B22) */
	bool as_before;			/* transport_prepare(): what may not be read any more stays as it was read */
};

struct transport_listen {
	enum sip_transport transport;
	struct address address;		/* may be an any-address; the port may be 0 (any free) */
	bool optional;			/* nobody asked for it: left out where the kernel has no such family */
};

/*
 * Opens the sockets.
 *
 * upstream, count   one socket each; at most one per transport and family. For TCP it listens, and connections are
 *                   made from its address. TLS waits for transport_use_tls(). Optional ones may be left out, with a line
 *                   in the log, but not all
 * interface         device name that they are bound to, or NULL
 * events            must outlive it; called from the loop only, never from inside transport_send()
 * error             on failure: what could not be opened and why, in words (256 bytes)
 * Returns NULL on failure, everything closed again.
 */
struct transport *transport_new(struct loop *loop, const struct transport_listen *upstream, size_t count,
    const char *interface, const struct transport_events *events, void *arg, char error[256]);
void transport_free(struct transport *transport);

/* This program was built with TLS. */
bool transport_has_tls(void);

/*
 * Loads what TLS needs and opens its upstream addresses. Nothing of it is in memory before.
 *
 * settings   files are read now
 * error      on failure: which file and why, in words (256 bytes)
 * Returns 0 or negative errno; -ENOTSUP when built without TLS.
 */
int transport_use_tls(struct transport *transport, const struct transport_tls *settings, char error[256]);

/*
 * Makes ready for other upstream addresses: opens those that are not open, reads what TLS needs anew, and touches
 * nothing that is there (B71).
 *
 * upstream, count   as in transport_new(). One that stands there already stays as it is, with its connections
 * tls               files are read now, if there is a TLS upstream
 * error             on failure: what and why, in words (256 bytes)
 * Returns NULL on failure.
 */
struct transport_change *transport_prepare(struct transport *transport, const struct transport_listen *upstream,
    size_t count, const struct transport_tls *tls, char error[256]);

/*
 * Puts it in place; nothing of it fails. Addresses that are no longer there are closed; who was connected there is left
 * when all is said, and may still answer for a while. Connections that stay go on with the certificates that they were
 * made with, those to come have the new ones.
 */
void transport_adopt(struct transport *transport, struct transport_change *change);

/* Drops it again. NULL is fine. */
void transport_discard(struct transport_change *change);

/* Closes what is open of that transport and family, if anything, as transport_adopt() does. */
void transport_close(struct transport *transport, enum sip_transport of, enum address_family family);

/*
 * Sends one message. Over TCP and TLS success means that it waits for the connection, or for the end of this turn of
 * the loop; what becomes of it then is told by on_broken().
 *
 * dscp   0..63 for the IP header; of a connection, as its first message has it
 * Returns 0, or negative errno: -ENETUNREACH, -EHOSTUNREACH, -ECONNREFUSED, -EPERM, -EMSGSIZE, -ENOBUFS (too much
 * waits for that peer), …; -EAFNOSUPPORT when no upstream socket has that transport and family.
 */
int transport_send(struct transport *transport, const struct peer *to, uint8_t dscp, const void *bytes, size_t len);

/*
 * Answers a message that came: over UDP as transport_send(); else on the connection that it came on, and on no other.
 *
 * to   over TCP and TLS `from` of on_message() as it was
 * Returns as transport_send(); -ENOTCONN when that connection is gone.
 */
int transport_reply(struct transport *transport, const struct peer *to, uint8_t dscp, const void *bytes, size_t len);

/*
 * The name that the certificate of a TLS peer must have, and that is asked for in the handshake, from the next
 * message on (B22). Nothing for other transports.
 *
 * name   host name or domain; "" for none: any certificate of a known CA
 */
void transport_want_name(struct transport *transport, const struct peer *peer, const char *name);

/*
 * A ping of CRLFs that holds a NAT binding open (RFC 5626 §4.4.1, B20): a datagram, or two CRLFs on a connection that
 * is there. Once one was answered, silence for 10 s ends the connection. Returns 0 or negative errno.
 */
int transport_ping(struct transport *transport, const struct peer *to, uint8_t dscp);

/*
 * That peer was silent for so long that the way to it may be dead without a word, as NAT and crashed machines leave it:
 * the next message makes a new connection. On the old one late answers are still heard for a while.
 */
void transport_renew(struct transport *transport, const struct peer *peer);

/* No more will be sent to that peer for now: its connection goes when all is out. Not told by on_broken(). */
void transport_forget(struct transport *transport, const struct peer *peer);

/*
 * Our own address as the routing table would choose it towards that peer, with the socket's port.
 *
 * Returns 0 or negative errno.
 */
int transport_local(struct transport *transport, const struct peer *to, struct address *local);

/* It is one of our own listening addresses, the addresses behind an any-address included (B7). */
bool transport_is_own(struct transport *transport, const struct peer *peer);

const char *transport_failure_str(enum transport_failure failure);

#endif
