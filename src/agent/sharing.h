/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_SHARING_H
#define SIPKEEPD_AGENT_SHARING_H

/*
 * Which accounts share a serverspec that is a name with others: those spread over its equals (B6).
 */

#include <stdbool.h>

#include "agent/config.h"

/* shared[i] says it of config->accounts[i]. Returns false without memory. */
bool sharing_find(const struct config *config, bool *shared);

#endif
