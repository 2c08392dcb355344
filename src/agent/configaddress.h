/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_CONFIGADDRESS_H
#define SIPKEEPD_AGENT_CONFIGADDRESS_H

/*
 * The values of the configuration that say where somebody is: servers, contacts, our own addresses, name servers.
 * Each takes what configkey_set() takes, and returns false with a finding in the report.
 */

#include <stdbool.h>
#include <stddef.h>

#include "agent/config.h"
#include "agent/configkeys.h"
#include "base/str.h"

bool configaddress_server(const struct configkey *key, const struct configplace *place, const char *item,
    struct account_config *to);
bool configaddress_transport(const struct configkey *key, const struct configplace *place, struct span name,
    enum sip_transport *to);
bool configaddress_family(const struct configkey *key, const struct configplace *place, const char *item,
    enum family_policy *to);
bool configaddress_contact(const struct configkey *key, const struct configplace *place, const char *item,
    struct account_config *to);
bool configaddress_upstream(const struct configkey *key, const struct configplace *place, const char *const *items,
    size_t count, struct config *to);
bool configaddress_listen(const struct configkey *key, const struct configplace *place, const char *item,
    struct address *to);
bool configaddress_nameservers(const struct configkey *key, const struct configplace *place, const char *const *items,
    size_t count, struct config *to);

#endif
