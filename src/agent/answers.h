/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_ANSWERS_H
#define SIPKEEPD_AGENT_ANSWERS_H

/*
 * Requests that come to a daemon without a relay: from call servers only, answered without keeping state
 * (B85, last sentences; RFC 3261 §8.2.7). Everybody else meets silence.
 */

#include "agent/agent_private.h"
#include "sip/message.h"

void answers_on_request(struct agent *agent, const struct peer *from, const struct message *request);

#endif
