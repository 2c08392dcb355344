/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_WAITERS_H
#define SIPKEEPD_CONTROL_WAITERS_H

/* Clients that are held open until something comes true of an account, or their time is over. */

#include "agent/agent.h"
#include "control/request.h"
#include "net/loop.h"
#include "net/stream.h"

#define WAITERS_MAX 32		/* half of STREAM_CLIENTS_MAX, so that others get in */

struct waiters;

/* Listens to the agent, which must outlive it. NULL without memory. */
struct waiters *waiters_new(struct loop *loop, struct agent *agent);
void waiters_free(struct waiters *waiters);	/* NULL is fine; the streams are the listener's to close */

/* Answers at once, or holds the client. */
void waiters_add(struct waiters *waiters, struct stream *stream, const struct request *request,
    const struct account *account);

/* The client has gone; one that does not wait is fine. */
void waiters_forget(struct waiters *waiters, const struct stream *stream);

#endif
