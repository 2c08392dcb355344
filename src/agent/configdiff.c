/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "agent/config.h"
#include "agent/configkeys.h"

static bool
text_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
timing_same(const struct timing *a, const struct timing *b)
{
	return a->probe_interval_ms == b->probe_interval_ms
	    && a->probe_interval_active_ms == b->probe_interval_active_ms
	    && a->probe_interval_down_ms == b->probe_interval_down_ms
	    && a->probe_timeout_ms == b->probe_timeout_ms
	    && a->expires_s == b->expires_s
	    && a->failback_stable_ms == b->failback_stable_ms && a->keepalive_ms == b->keepalive_ms;
}

/* What the candidates are made from. */
static bool
servers_same(const struct account_config *a, const struct account_config *b)
{
	return text_same(a->aor, b->aor) && serverfield_equal(&a->server, &b->server) && a->transport == b->transport
	    && a->port == b->port && a->family == b->family;
}

/* Where it stands in which file, and how blanks are set in the server field, is no difference. */
static bool
rest_same(const struct account_config *a, const struct account_config *b)
{
	return text_same(a->auth_user, b->auth_user) && text_same(a->password, b->password)
	    && text_same(a->display_name, b->display_name) && a->dscp == b->dscp && a->contact_mode == b->contact_mode
	    && text_same(a->contact_uri, b->contact_uri) && timing_same(&a->timing, &b->timing);
}

unsigned
configdiff_account(const struct account_config *from, const struct account_config *to)
{
	unsigned changes = ACCOUNT_SAME;

	if (!servers_same(from, to))
		changes |= ACCOUNT_MOVE;
	if (!rest_same(from, to))
		changes |= ACCOUNT_REREGISTER;
	return changes;
}

static bool
upstreams_same(const struct config *a, const struct config *b)
{
	if (a->upstream_count != b->upstream_count)
		return false;
	for (size_t i = 0; i < a->upstream_count; i++)
		if (a->upstream[i].transport != b->upstream[i].transport
		    || !address_equal(&a->upstream[i].address, &b->upstream[i].address))
			return false;
	return true;
}

/* All keys that need a restart are texts, but for the list of upstreams, what is yes or no, and one duration. */
static bool
restart_key_same(const struct configkey *key, const struct config *a, const struct config *b)
{
	const void *field_a = (const char *)a + key->offset, *field_b = (const char *)b + key->offset;

	if (key->kind == CONFIGKEY_UPSTREAM)
		return upstreams_same(a, b);
	if (key->kind == CONFIGKEY_YES_NO)
		return *(const bool *)field_a == *(const bool *)field_b;
	if (key->kind == CONFIGKEY_S)
		return *(const int64_t *)field_a == *(const int64_t *)field_b;
	return text_same(*(char *const *)field_a, *(char *const *)field_b);
}

const char *
configdiff_needs_restart(const struct config *from, const struct config *to)
{
	const struct configkey *keys = configkeys_global();

	for (size_t i = 0; keys[i].name != NULL; i++)
		if (keys[i].restart && !restart_key_same(&keys[i], from, to))
			return keys[i].name;
	return NULL;
}
