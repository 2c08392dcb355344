/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_SIP_CLIENTTX_H
#define SIPKEEPD_SIP_CLIENTTX_H

/*
 * Non-INVITE client transactions (RFC 3261 §17.1.2): retransmission, time-out, matching of answers and of ICMP
 * errors by branch. The branch bears slot, generation and a secret, so that matching is one look.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/drops.h"
#include "base/handle.h"
#include "net/loop.h"
#include "base/tally.h"
#include "net/transport.h"
#include "sip/message.h"
#include "sip/wire.h"

#define SIP_BRANCH_SIZE 48
#define SIP_T1_MS 500
#define SIP_T2_MS 4000
#define SIP_TIMER_F_MS (64 * SIP_T1_MS)

struct clienttx_table;

enum clienttx_end {
	CLIENTTX_ANSWER,	/* a final answer */
	CLIENTTX_SILENT,	/* none in time (timer F, or the time given) */
	CLIENTTX_UNREACHABLE,	/* the transport says so, or its connection broke: an internal 503 (B13) */
	CLIENTTX_LOCAL,		/* it could not be sent for a reason of our own: firewall, no memory, no socket (B61) */
};

struct clienttx_result {
	enum clienttx_end end;
	struct handle id;
	struct handle owner;		/* as given at the start */
	const struct message *answer;	/* CLIENTTX_ANSWER only; borrowed */
	const struct address *local;	/* our address that the answer came to, or NULL */
	struct peer to;
	struct instant began;		/* first copy sent */
	int error;			/* UNREACHABLE, LOCAL: negative errno, or 0 if the network said it */
	enum transport_failure failure;	/* UNREACHABLE, LOCAL with error 0 */
	const char *text;		/* UNREACHABLE, LOCAL: in words; borrowed */
};

/*
 * on_end   called once per transaction, from the loop, never from inside clienttx_send(); the transaction is
 *          gone when it is called, and another may be started from it
 * wire     must outlive the table
 * drops    counters for answers and errors without a transaction; must outlive the table
 */
struct clienttx_table *clienttx_table_new(struct loop *loop, const struct wire *wire, struct drops *drops,
    void (*on_end)(void *arg, const struct clienttx_result *result), void *arg);
void clienttx_table_free(struct clienttx_table *table);		/* no calls any more */

/* Where each copy that leaves is counted; must outlive the table. NULL: nowhere. */
void clienttx_table_set_tally(struct clienttx_table *table, struct tally *tally);

/*
 * A new transaction's id and branch, before the request is written. Returns the zero handle without memory.
 * It must be sent or dropped before the event ends.
 */
struct handle clienttx_begin(struct clienttx_table *table, char branch[SIP_BRANCH_SIZE]);

/*
 * Sends the request and keeps it for retransmission (unreliable transports: T1 doubling to T2; once T2 after a
 * provisional answer). What transport_send() refuses ends it as UNREACHABLE or LOCAL at the next turn of the loop.
 *
 * request      bytes; copied
 * timeout_ms   SIP_TIMER_F_MS, or less (B19)
 * owner        given back in the result
 * Returns 0, -ENOMEM (the transaction is dropped, no call follows), -ENOENT for a stale id.
 */
int clienttx_send(struct clienttx_table *table, struct handle id, const struct peer *to, uint8_t dscp,
    const void *request, size_t len, int timeout_ms, struct handle owner);

/* Forgets it: no more copies, no call; late answers are unmatched. Stale ids are fine. */
void clienttx_drop(struct clienttx_table *table, struct handle id);

/*
 * An answer has come. It is matched by branch, CSeq method and source address (B88: the peer that was asked, any
 * port); what does not match is counted. The call of on_end may come from inside.
 */
void clienttx_on_answer(struct clienttx_table *table, const struct peer *from, const struct address *local,
    const struct message *answer);

/* An ICMP error has come: it ends the transaction whose branch the quoted bytes bear, if it went to that peer. */
void clienttx_on_unreachable(struct clienttx_table *table, const struct peer *to, enum transport_failure failure,
    const uint8_t *quoted, size_t len);

/*
 * The connection to a peer has failed or ended: all that wait there for an answer end, at once (B13).
 *
 * text   in words
 * Returns how many there were.
 */
size_t clienttx_on_broken(struct clienttx_table *table, const struct peer *peer, enum transport_failure failure,
    const char *text);

size_t clienttx_pending(const struct clienttx_table *table);

#endif
