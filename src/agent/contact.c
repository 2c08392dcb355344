/* SPDX-License-Identifier: ISC */
#include "agent/contact.h"

#include <stdlib.h>

#include "agent/account.h"
#include "agent/candidate.h"
#include "sip/build.h"
#include "sip/token.h"

const struct address *
contact_address(const struct candidate *candidate, const struct address *local)
{
	if (candidate->account->config->contact_mode == CONTACT_RECEIVED &&
	    candidate->seen_as.family != ADDRESS_NONE)
		return &candidate->seen_as;
	return local;
}

/* The same for this account on this server after every restart, and nobody else's (B40). */
static void
write_parameter(struct strbuf *to, const struct candidate *candidate)
{
	char token[SIP_TOKEN_SIZE];

	token_keyed(token, candidate->server->agent->key, candidate->account->config->aor, candidate->server->text);
	strbuf_append(to, "sk=");
	strbuf_append(to, token);
}

bool
contact_make(struct contact *contact, const struct candidate *candidate, const struct address *local)
{
	const struct account_config *config = candidate->account->config;
	struct strbuf uri = { 0 }, parameter = { 0 };
	char host[ADDRESS_TEXT_SIZE];

	*contact = (struct contact){ 0 };
	if (config->contact_mode == CONTACT_FIXED) {
		strbuf_append(&uri, config->contact_uri);
	} else {
		write_parameter(&parameter, candidate);
		build_aor(&uri, config->user, address_str(contact_address(candidate, local), host));
		if (candidate->server->peer.transport != SIP_UDP)
			strbuf_printf(&uri, ";transport=%s", sip_transport_str(candidate->server->peer.transport));
		strbuf_append(&uri, ";");
		strbuf_append(&uri, parameter.data != NULL ? parameter.data : "");
	}
	contact->uri = uri.data;
	contact->parameter = parameter.data;
	if (uri.failed || parameter.failed || !uri_split(&contact->parts, span_of(uri.data))) {
		contact_fini(contact);
		return false;
	}
	return true;
}

void
contact_fini(struct contact *contact)
{
	free(contact->uri);
	free(contact->parameter);
	*contact = (struct contact){ 0 };
}
