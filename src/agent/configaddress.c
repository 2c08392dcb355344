/* SPDX-License-Identifier: ISC */
#include "agent/configaddress.h"

#include <string.h>

#include "agent/configcheck.h"

const char *
contact_mode_str(enum contact_mode mode)
{
	switch (mode) {
	case CONTACT_LOCAL:
		return "local";
	case CONTACT_RECEIVED:
		return "received";
	case CONTACT_FIXED:
		return "fixed";
	}
	return "?";
}

const char *
family_policy_str(enum family_policy family)
{
	switch (family) {
	case FAMILY_ANY:
		return "any";
	case FAMILY_IPV4:
		return "ipv4";
	case FAMILY_IPV6:
		return "ipv6";
	}
	return "?";
}

bool
configaddress_server(const struct configkey *key, const struct configplace *place, const char *item,
    struct account_config *to)
{
	char error[160] = "";

	if (!serverfield_parse(&to->server, item, error))
		return configkey_refuse(key, place, "%s; write \"domain; server; …\" with four servers at most",
		    error);
	return configkey_put_text(place, item, &to->server_text);
}

bool
configaddress_transport(const struct configkey *key, const struct configplace *place, struct span name,
    enum sip_transport *to)
{
	for (int i = SIP_UDP; i <= SIP_TLS; i++) {
		if (!span_equal(name, sip_transport_str((enum sip_transport)i)))
			continue;
		if (i == SIP_TLS && !transport_has_tls())
			return configkey_refuse(key, place, "this sipkeepd was built without TLS; use tcp or udp");
		*to = (enum sip_transport)i;
		return true;
	}
	return configkey_refuse(key, place, key->kind == CONFIGKEY_UPSTREAM ?
	    "\"%.*s\" is no transport; use udp, tcp or tls, as in \"udp:ADDRESS:PORT\"" :
	    "\"%.*s\" is no transport; use udp, tcp or tls",
	    name.len > 40 ? 40 : (int)name.len, name.at);
}

bool
configaddress_family(const struct configkey *key, const struct configplace *place, const char *item,
    enum family_policy *to)
{
	for (int i = FAMILY_ANY; i <= FAMILY_IPV6; i++) {
		if (strcmp(item, family_policy_str((enum family_policy)i)) == 0) {
			*to = (enum family_policy)i;
			return true;
		}
	}
	return configkey_refuse(key, place, "\"%s\" is no address family; write any, ipv4 or ipv6", item);
}

bool
configaddress_contact(const struct configkey *key, const struct configplace *place, const char *item,
    struct account_config *to)
{
	const char *wrong;

	for (int i = CONTACT_LOCAL; i <= CONTACT_RECEIVED; i++) {
		if (strcmp(item, contact_mode_str((enum contact_mode)i)) == 0) {
			to->contact_mode = (enum contact_mode)i;
			return true;
		}
	}
	wrong = configcheck_contact(item);
	if (wrong != NULL)
		return configkey_refuse(key, place, "\"%s\": %s; write local, received or \"sip:USER@ADDRESS:PORT\"",
		    item, wrong);
	to->contact_mode = CONTACT_FIXED;
	return configkey_put_text(place, item, &to->contact_uri);
}

/*
 * "ADDRESS:PORT" at the end of an item. The port must be written: 0 is any free one, and no port is easily a slip.
 *
 * head   what stands before it in an example: "udp:", ""
 */
static bool
own_address(const struct configkey *key, const struct configplace *place, const char *item, const char *at,
    const char *head, struct address *to)
{
	const char *last = strrchr(at, ':');

	if (!configcheck_address(at, to))
		return configkey_refuse(key, place,
		    "\"%s\" is no address; write \"%sADDRESS:PORT\", IPv6 in brackets", item, head);
	if (to->family == ADDRESS_IPV6 && at[0] != '[')
		return configkey_refuse(key, place, "\"%s\": brackets are missing; write \"%s[ADDRESS]:PORT\"", item,
		    head);
	if (last == NULL || strchr(last, ']') != NULL)
		return configkey_refuse(key, place, "\"%s\" has no port; write \"%sADDRESS:PORT\"", item, head);
	if (address_is_multicast(to) || address_is_broadcast(to))
		return configkey_refuse(key, place, "\"%s\" is no address of one machine; write one of ours", item);
	return true;
}

bool
configaddress_listen(const struct configkey *key, const struct configplace *place, const char *item,
    struct address *to)
{
	if (!own_address(key, place, item, item, "", to))
		return false;
	if (to->port == 0)
		return configkey_refuse(key, place, "\"%s\" has no port that one could ask; write 1 to 65535", item);
	return true;
}

/* "udp:ADDRESS:PORT" */
static bool
listen_parse(const struct configkey *key, const struct configplace *place, const char *item,
    struct transport_listen *to)
{
	const char *colon = strchr(item, ':');
	struct span name = { item, colon != NULL ? (size_t)(colon - item) : strlen(item) };

	return configaddress_transport(key, place, name, &to->transport) &&
	    own_address(key, place, item, colon != NULL ? colon + 1 : "", "udp:", &to->address);
}

bool
configaddress_upstream(const struct configkey *key, const struct configplace *place, const char *const *items,
    size_t count, struct config *to)
{
	to->upstream_count = 0;
	if (count > CONFIG_UPSTREAMS_MAX)
		return configkey_refuse(key, place, "more than %d addresses; take some out", CONFIG_UPSTREAMS_MAX);
	for (size_t i = 0; i < count; i++) {
		struct transport_listen new;

		if (!listen_parse(key, place, items[i], &new))
			return false;
		for (size_t j = 0; j < i; j++)
			if (to->upstream[j].transport == new.transport
			    && to->upstream[j].address.family == new.address.family)
				return configkey_refuse(key, place, "\"%s\" is the second of its transport and family; "
				    "give one for IPv4 and one for IPv6 at most", items[i]);
		to->upstream[i] = new;
		to->upstream_count = i + 1;
	}
	return true;
}

bool
configaddress_nameservers(const struct configkey *key, const struct configplace *place, const char *const *items,
    size_t count, struct config *to)
{
	to->nameserver_count = 0;
	if (count > RESOLVER_NAMESERVERS_MAX)
		return configkey_refuse(key, place, "more than %d name servers; take some out",
		    RESOLVER_NAMESERVERS_MAX);
	for (size_t i = 0; i < count; i++) {
		struct address *new = &to->nameserver[i];

		if (!address_parse(new, items[i]) || address_is_any(new) || address_is_multicast(new)
		    || address_is_broadcast(new))
			return configkey_refuse(key, place, "\"%s\" is no address of a name server; write ADDRESS or "
			    "ADDRESS:PORT, IPv6 with a port in brackets", items[i]);
		for (size_t j = 0; j < i; j++)
			if (address_equal(&to->nameserver[j], new))
				return configkey_refuse(key, place, "\"%s\" stands there twice; take one out",
				    items[i]);
		to->nameserver_count = i + 1;
	}
	return true;
}
