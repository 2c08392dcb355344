/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_TRACES_H
#define SIPKEEPD_CONTROL_TRACES_H

/*
 * Clients that are shown SIP messages as they come and go, secrets masked as in the log. Each message is a line that
 * tells of it and the lines of its head, as many as told:
 *
 *	message 1763823944123 sent udp 192.0.2.9:5060 192.0.2.1:5060 412 0 9
 *	REGISTER sip:example.com SIP/2.0
 *	…
 *
 * which is: milliseconds since 1970; sent or received; transport; our address ("-": not known), the peer's; bytes of
 * the whole message, and of its body, which is not shown; lines that follow. A client that falls behind is told so in
 * a last line, "behind", and cut off. As long as there is none it costs nothing.
 */

#include <stdbool.h>

#include "agent/agent.h"
#include "base/address.h"
#include "net/loop.h"
#include "net/stream.h"

#define TRACES_MAX 8
#define TRACES_BEHIND_MAX (1024 * 1024)	/* bytes that a client may have waiting */

struct traces;

/* The agent must outlive it. NULL without memory. */
struct traces *traces_new(struct loop *loop, struct agent *agent);
void traces_free(struct traces *traces);	/* NULL is fine; the streams are the listener's to close */

bool traces_full(const struct traces *traces);

/*
 * From now on the client is shown messages.
 *
 * account   those from or to this account alone, by From, To and Request-URI; NULL: any. It may go meanwhile.
 * server    those of such servers alone; NULL: any
 * Returns false without memory.
 */
bool traces_begin(struct traces *traces, struct stream *stream, const struct account *account,
    const struct peer_pattern *server);

/* The client has gone; one that traces nothing is fine. */
void traces_forget(struct traces *traces, const struct stream *stream);

#endif
