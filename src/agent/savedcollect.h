/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_SAVEDCOLLECT_H
#define SIPKEEPD_AGENT_SAVEDCOLLECT_H

/* What there is to keep on disk now (B55), and whether that has changed. */

#include <stdbool.h>
#include <stdint.h>

#include "agent/saved.h"

struct account;
struct agent;

/* All of it, sorted. Returns false without memory, *to empty. */
bool savedcollect_all(const struct agent *agent, struct saved *to);

/* Another number whenever there is something else to keep of what belongs to no account. */
unsigned savedcollect_version(const struct agent *agent);

/* A mark over all that is kept for the account, the same as long as that is the same; 0: nothing. */
uint64_t savedcollect_mark(const struct account *account);

#endif
