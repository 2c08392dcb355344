/* SPDX-License-Identifier: ISC */
#include "sip/build.h"

#include <string.h>

#include "config.h"
#include "sip/scan.h"

#define MAX_FORWARDS 70
#define METHODS "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY"

const char *
build_agent_name(void)
{
	return "sipkeepd/" PACKAGE_VERSION;
}

static const char *
via_transport(enum sip_transport transport)
{
	switch (transport) {
	case SIP_UDP:
		return "UDP";
	case SIP_TCP:
		return "TCP";
	case SIP_TLS:
		return "TLS";
	}
	return "UDP";
}

/* Source: RFC 3261 §25.1, user = 1*( unreserved / escaped / user-unreserved ). */
static void
append_user(struct strbuf *to, const char *user)
{
	for (; *user != '\0'; user++) {
		unsigned char c = (unsigned char)*user;

		if (char_is_alnum(*user) || strchr("-_.!~*'()&=+$,;?/", c) != NULL)
			strbuf_append_n(to, user, 1);
		else
			strbuf_printf(to, "%%%02X", c);
	}
}

static void
append_aor(struct strbuf *to, const char *user, const char *domain)
{
	strbuf_append(to, "sip:");
	append_user(to, user);
	strbuf_append(to, "@");
	strbuf_append(to, domain);
}

void
build_aor(struct strbuf *to, const char *user, const char *domain)
{
	strbuf_clear(to);
	append_aor(to, user, domain);
}

/* Right behind the request line, so that the short quotation of an ICMP error holds the branch. */
static void
append_via(struct strbuf *to, enum sip_transport transport, const struct address *local, const char *branch)
{
	char text[ADDRESS_TEXT_SIZE];

	strbuf_printf(to, "Via: SIP/2.0/%s %s;rport;branch=%s\r\n", via_transport(transport),
	    address_str(local, text), branch);
	strbuf_printf(to, "Max-Forwards: %d\r\n", MAX_FORWARDS);
}

static void
append_ids(struct strbuf *to, const char *call_id, uint32_t cseq, const char *method)
{
	strbuf_printf(to, "Call-ID: %s\r\n", call_id);
	strbuf_printf(to, "CSeq: %u %s\r\n", (unsigned)cseq, method);
}

static void
append_end(struct strbuf *to)
{
	strbuf_printf(to, "User-Agent: %s\r\n", build_agent_name());
	strbuf_append(to, "Content-Length: 0\r\n\r\n");
}

static void
append_contacts(struct strbuf *to, const struct build_register *r)
{
	if (r->old_contact == NULL) {
		strbuf_printf(to, "Contact: <%s>\r\n", r->contact);
		return;
	}
	/* Each has its own expiry. The old one goes first: a registrar may have room for one only. */
	strbuf_printf(to, "Contact: <%s>;expires=0\r\n", r->old_contact);
	strbuf_printf(to, "Contact: <%s>;expires=%u\r\n", r->contact, (unsigned)r->expires_s);
}

static void
append_party(struct strbuf *to, const char *header, const struct build_register *r)
{
	strbuf_append(to, header);
	if (r->display_name != NULL && r->display_name[0] != '\0') {
		strbuf_append_quoted(to, r->display_name);
		strbuf_append(to, " ");
	}
	strbuf_append(to, "<");
	append_aor(to, r->user, r->domain);
	strbuf_append(to, ">");
}

void
build_register(struct strbuf *to, const struct build_register *r)
{
	strbuf_clear(to);
	strbuf_printf(to, "REGISTER sip:%s SIP/2.0\r\n", r->domain);
	append_via(to, r->transport, &r->local, r->branch);
	append_party(to, "From: ", r);
	strbuf_printf(to, ";tag=%s\r\n", r->from_tag);
	append_party(to, "To: ", r);
	strbuf_append(to, "\r\n");
	append_ids(to, r->call_id, r->cseq, "REGISTER");
	if (r->contact != NULL) {
		append_contacts(to, r);
		strbuf_printf(to, "Expires: %u\r\n", (unsigned)r->expires_s);
	}
	if (r->authorization != NULL)
		strbuf_append(to, r->authorization);
	strbuf_append(to, "Allow: " METHODS "\r\n");
	append_end(to);
}

void
build_options(struct strbuf *to, const struct build_options *o)
{
	char peer[ADDRESS_TEXT_SIZE], local[ADDRESS_TEXT_SIZE];
	struct address host = o->local;

	host.port = 0;
	address_str(&host, local);
	address_str(&o->to.address, peer);
	strbuf_clear(to);
	strbuf_printf(to, "OPTIONS sip:%s SIP/2.0\r\n", peer);
	append_via(to, o->transport, &o->local, o->branch);
	strbuf_printf(to, "From: <sip:sipkeepd@%s>;tag=%s\r\n", local, o->from_tag);
	strbuf_printf(to, "To: <sip:%s>\r\n", peer);
	append_ids(to, o->call_id, o->cseq, "OPTIONS");
	strbuf_append(to, "Accept: application/sdp\r\n");
	append_end(to);
}

/* A parameter of a Via: where it ends, and its name. */
static size_t
parameter_end(struct span via, size_t from, struct span *name)
{
	size_t end = scan_find(via, from, ';'), equals = scan_find(via, from, '=');

	*name = span_trim((struct span){ via.at + from, (equals < end ? equals : end) - from });
	return end;
}

/*
 * The top Via with received and rport as RFC 3261 §18.2.1 and RFC 3581 §4 want them, whatever the sender had put
 * there; the rest as it came.
 */
static void
append_top_via(struct strbuf *to, struct span via, const struct message *request, const struct address *source)
{
	char ip[ADDRESS_TEXT_SIZE];
	size_t at = scan_find(via, 0, ';'), end;
	struct span name, sent_by = span_trim((struct span){ via.at, at });

	strbuf_append(to, "Via: ");
	strbuf_append_span(to, sent_by);
	for (; at < via.len; at = end) {
		end = parameter_end(via, at + 1, &name);
		if (span_equal_nocase(name, "received") || span_equal_nocase(name, "rport"))
			continue;
		strbuf_append(to, ";");
		strbuf_append_span(to, span_trim((struct span){ via.at + at + 1, end - at - 1 }));
	}
	if (request->via_rport)
		strbuf_printf(to, ";rport=%u", (unsigned)source->port);
	if (request->via_rport || !span_equal_nocase(request->via_host, address_ip_str(source, ip)))
		strbuf_printf(to, ";received=%s", address_ip_str(source, ip));
	strbuf_append(to, "\r\n");
}

/* The whole first header line: up to the first CRLF that no blank follows. */
static size_t
line_length(struct span lines)
{
	for (size_t i = 0; i + 1 < lines.len; i++)
		if (lines.at[i] == '\r' && (i + 2 == lines.len || (lines.at[i + 2] != ' ' && lines.at[i + 2] != '\t')))
			return i + 2;
	return lines.len;
}

static void
append_vias(struct strbuf *to, const struct message *request, const struct address *source)
{
	size_t first = line_length(request->vias);
	size_t colon = scan_find(request->vias, 0, ':') + 1;
	struct span rest = { request->vias.at + colon, first - colon }, top;

	if (!scan_next_item(&rest, &top))
		return;		/* cannot be: it was parsed */
	append_top_via(to, top, request, source);
	if (span_there(rest)) {
		strbuf_append(to, "Via: ");
		strbuf_append_span(to, span_trim(rest));
		strbuf_append(to, "\r\n");
	}
	strbuf_append_span(to, (struct span){ request->vias.at + first, request->vias.len - first });
}

static void
append_header(struct strbuf *to, const char *name, struct span value)
{
	strbuf_append(to, name);
	strbuf_append_span(to, value);
}

void
build_answer(struct strbuf *to, const struct message *request, const struct address *source, int status,
    const char *reason_phrase, const char *to_tag, const char *headers)
{
	strbuf_clear(to);
	strbuf_printf(to, "SIP/2.0 %d %s\r\n", status, reason_phrase);
	append_vias(to, request, source);
	append_header(to, "From: ", request->from);
	append_header(to, "\r\nTo: ", request->to);
	if (!span_there(request->to_tag) && to_tag != NULL && status != 100)
		strbuf_printf(to, ";tag=%s", to_tag);
	append_header(to, "\r\nCall-ID: ", request->call_id);
	strbuf_printf(to, "\r\nCSeq: %u ", (unsigned)request->cseq);
	append_header(to, "", request->cseq_method);
	strbuf_append(to, "\r\n");
	if (headers != NULL)
		strbuf_append(to, headers);
	strbuf_printf(to, "Server: %s\r\nContent-Length: 0\r\n\r\n", build_agent_name());
}

struct address
build_answer_destination(const struct message *request, const struct address *source)
{
	struct address to = *source;

	if (!request->via_rport)
		to.port = request->via_port != 0 ? request->via_port : sip_transport_port(SIP_UDP);
	return to;
}
