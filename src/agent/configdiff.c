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

static const struct transport_listen *
upstream_of(const struct config *config, enum sip_transport transport, enum address_family family)
{
	for (size_t i = 0; i < config->upstream_count; i++)
		if (config->upstream[i].transport == transport && config->upstream[i].address.family == family)
			return &config->upstream[i];
	return NULL;
}

bool
configdiff_upstream(const struct config *from, const struct config *to, enum sip_transport transport,
    enum address_family family)
{
	const struct transport_listen *a = upstream_of(from, transport, family), *b = upstream_of(to, transport, family);

	return a == NULL || b == NULL ? a != b : !address_equal(&a->address, &b->address);
}

bool
configdiff_tls(const struct config *from, const struct config *to)
{
	return from->tls.verify != to->tls.verify || !text_same(from->tls.ca_file, to->tls.ca_file) ||
	    !text_same(from->tls.certificate, to->tls.certificate) || !text_same(from->tls.key, to->tls.key);
}

/* All keys that need a restart are texts, but for one in seconds. */
static bool
restart_key_same(const struct configkey *key, const struct config *a, const struct config *b)
{
	const void *field_a = (const char *)a + key->offset, *field_b = (const char *)b + key->offset;

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
