/* SPDX-License-Identifier: ISC */
#include "sip/message.h"

#include <string.h>

#include <osipparser2/osip_parser.h>

#include "sip/arena.h"
#include "sip/scan.h"
#include "sip/uri.h"

/*
 * The scanner has the framing and every line's offsets. libosip2 gets single header values, unfolded and terminated:
 * request URI, From, To, the top Via and each Contact, never the message as a whole, as it is quadratic in the number
 * of headers. What it returns is compared with our own strict reading of the text.
 */

/* libosip2 takes about 20 pieces of memory for a usual Contact; the worst that the limits let pass is refused. */
enum { ARENA_BASE = 4096, ARENA_PER_BYTE = 32, ARENA_MAX = 256 * 1024 };

struct parse {
	struct message *message;
	const struct scan *scan;
	struct arena *arena;
};

static struct span
span_from(const char *text)
{
	return text == NULL ? (struct span){ "", 0 } : (struct span){ text, strlen(text) };
}

/* The value of a line, unfolded; absent without memory. */
static struct span
value_of(struct parse *p, const struct scan_line *line)
{
	char *copy = arena_unfold(p->arena, line->value);

	return copy == NULL ? (struct span){ 0 } : (struct span){ copy, line->value.len };
}

static bool
contains_escaped_nul(struct span s)
{
	return memmem(s.at, s.len, "%00", 3) != NULL;
}

/*
 * A parameter's value, or absent. "" for one without a value.
 *
 * Returns false when it stands there twice.
 */
static bool
parameter(osip_list_t *parameters, const char *name, struct span *value)
{
	osip_list_iterator_t at;
	osip_generic_param_t *p;

	*value = (struct span){ 0 };
	for (p = osip_list_get_first(parameters, &at); p != NULL; p = osip_list_get_next(&at)) {
		if (p->gname == NULL || !span_equal_nocase(span_trim(span_of(p->gname)), name))
			continue;
		if (span_there(*value))
			return false;
		*value = span_trim(span_from(p->gvalue));
	}
	return true;
}

static struct span
behind(struct span value, size_t from)
{
	return span_trim((struct span){ value.at + from, value.len - from });
}

/* Where the URI of a name-addr or addr-spec stands in the value, and what follows it. */
static bool
find_uri(struct span value, struct span *uri, struct span *parameters)
{
	size_t open = scan_find(value, 0, '<'), close;

	if (open == value.len) {
		close = scan_find(value, 0, ';');
		*uri = span_trim((struct span){ value.at, close });
		*parameters = behind(value, close);
		return true;
	}
	close = scan_find(value, open, '>');
	if (close == value.len)
		return false;
	*uri = (struct span){ value.at + open + 1, close - open - 1 };
	*parameters = behind(value, close + 1);
	return parameters->len == 0 || parameters->at[0] == ';';
}

static bool
same_uri(const struct uri *ours, const osip_uri_t *theirs)
{
	uint64_t port = 0;

	if (theirs == NULL)
		return false;
	if (!ours->sip)
		return true;
	if (theirs->host == NULL || !span_equal_nocase(ours->host, theirs->host))
		return false;
	if (theirs->port != NULL && !span_number(span_of(theirs->port), UINT16_MAX, &port))
		return false;
	return port == ours->port;
}

/* One From, To or Contact, and the text of its parts. */
struct name_addr {
	osip_from_t *parsed;
	struct span text;		/* of the URI */
	struct uri uri;
	struct span parameters;		/* with their first ';' */
};

static bool
parse_name_addr(struct parse *p, struct span value, struct name_addr *to)
{
	char *copy = arena_unfold(p->arena, value);

	if (copy == NULL || contains_escaped_nul(value) || !find_uri(value, &to->text, &to->parameters) ||
	    !uri_split(&to->uri, to->text))
		return false;
	return osip_from_init(&to->parsed) == 0 && osip_from_parse(to->parsed, copy) == 0 &&
	    same_uri(&to->uri, to->parsed->url);
}

static bool
parse_party(struct parse *p, struct span value, struct span *tag)
{
	struct name_addr party;

	return parse_name_addr(p, value, &party) && scan_parameters(party.parameters) &&
	    parameter(&party.parsed->gen_params, "tag", tag) && (!span_there(*tag) || scan_bare(*tag));
}

static bool
parse_contact(struct parse *p, struct span value)
{
	struct message_contact *contact = &p->message->contacts[p->message->contact_count++];
	struct name_addr parts;

	if (!parse_name_addr(p, value, &parts))
		return false;
	contact->uri = parts.text;
	contact->user = parts.uri.user;
	contact->host = parts.uri.host;
	contact->port = parts.uri.port;
	contact->uri_parameters = parts.uri.parameters;
	/* What its parameters say is for B33 to judge: a refusal there is better than silence here. */
	return parameter(&parts.parsed->gen_params, "expires", &contact->expires);
}

static bool
parse_contacts(struct parse *p, struct span value, enum drop_reason *why)
{
	struct message *m = p->message;
	struct span item;

	while (scan_next_item(&value, &item)) {
		if (item.len == 0)
			continue;	/* an empty element of a list: taken by most */
		if (span_equal(item, "*")) {
			m->contact_star = true;
			continue;
		}
		if (m->contact_count == MESSAGE_CONTACTS_MAX) {
			*why = DROP_OVERSIZED;
			return false;
		}
		if (!parse_contact(p, item))
			return false;
	}
	return !span_there(value);
}

/* "SIP/2.0/UDP host:port": what stands in front of the parameters, as libosip2 has read it. */
static bool
check_sent_by(struct message *m, const osip_via_t *via, struct span value)
{
	struct span front = { value.at, scan_find(value, 0, ';') }, host;
	uint64_t port = 0;
	uint16_t ignored;

	if (front.len < 4 || !span_equal_nocase((struct span){ front.at, 3 }, "SIP") ||
	    (front.at[3] != '/' && !scan_blank(front.at[3])) || !scan_parameters(behind(value, front.len)))
		return false;
	if (via->version == NULL || via->protocol == NULL || via->host == NULL || strcmp(via->version, "2.0") != 0 ||
	    !scan_token(span_of(via->protocol)))
		return false;
	if (via->port != NULL && (!span_number(span_of(via->port), UINT16_MAX, &port) || port == 0))
		return false;
	m->via_host = span_of(via->host);
	m->via_port = (uint16_t)port;
	/* libosip2 takes the brackets off, if there were any. */
	for (size_t i = 0; i < front.len; i++)
		if (front.at[i] == '[')
			return i + m->via_host.len + 2 <= front.len && front.at[i + m->via_host.len + 1] == ']' &&
			    memcmp(front.at + i + 1, via->host, m->via_host.len) == 0 &&
			    uri_split_hostport((struct span){ front.at + i, m->via_host.len + 2 }, &host, &ignored);
	return uri_split_hostport(m->via_host, &host, &ignored);
}

static bool
parse_top_via(struct parse *p, struct span line)
{
	struct message *m = p->message;
	struct span value, rport;
	uint64_t number;
	char *copy;
	osip_via_t *via;

	if (!scan_next_item(&line, &value) || contains_escaped_nul(value))
		return false;
	copy = arena_unfold(p->arena, value);
	if (copy == NULL || osip_via_init(&via) != 0 || osip_via_parse(via, copy) != 0 || !check_sent_by(m, via, value))
		return false;
	if (!parameter(&via->via_params, "branch", &m->via_branch) ||
	    !parameter(&via->via_params, "received", &m->via_received) ||
	    !parameter(&via->via_params, "rport", &rport))
		return false;
	m->via_rport = span_there(rport);
	if (span_number(rport, UINT16_MAX, &number))
		m->via_rport_value = (uint16_t)number;
	return !span_there(m->via_branch) || scan_bare(m->via_branch);
}

/* All Via lines in one piece: where they are, or copied together if other lines stand between them. */
static bool
gather_vias(struct parse *p)
{
	const struct scan *scan = p->scan;
	const struct scan_line *first = NULL;
	size_t total = 0, used = 0;
	bool together = true;
	char *copy;

	for (size_t i = 0; i < scan->count; i++) {
		if (scan->lines[i].header != SCAN_VIA)
			continue;
		if (first == NULL)
			first = &scan->lines[i];
		else if (scan->lines[i - 1].header != SCAN_VIA)
			together = false;
		total += scan->lines[i].raw.len;
	}
	p->message->vias = (struct span){ first->raw.at, total };
	if (together)
		return true;
	copy = arena_alloc(p->arena, total);
	if (copy == NULL)
		return false;
	for (size_t i = 0; i < scan->count; i++) {
		if (scan->lines[i].header != SCAN_VIA)
			continue;
		memcpy(copy + used, scan->lines[i].raw.at, scan->lines[i].raw.len);
		used += scan->lines[i].raw.len;
	}
	p->message->vias.at = copy;
	return true;
}

static bool
parse_cseq(struct message *m, struct span value)
{
	size_t digits = 0;
	uint64_t number;

	while (digits < value.len && value.at[digits] >= '0' && value.at[digits] <= '9')
		digits++;
	if (digits == value.len || !scan_blank(value.at[digits]) ||
	    !span_number((struct span){ value.at, digits }, INT32_MAX, &number))
		return false;
	m->cseq = (uint32_t)number;
	m->cseq_method = span_trim((struct span){ value.at + digits, value.len - digits });
	return scan_token(m->cseq_method);
}

static bool
parse_call_id(struct message *m, struct span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (scan_blank(value.at[i]))
			return false;
	m->call_id = value;
	return value.len > 0;
}

/* "120 (in a meeting);duration=3600": the number. */
static struct span
without_rest(struct span value)
{
	size_t end = 0;

	while (end < value.len && !scan_blank(value.at[end]) && value.at[end] != '(' && value.at[end] != ';')
		end++;
	return (struct span){ value.at, end };
}

static void
keep_challenge(struct message *m, struct span value, bool proxy)
{
	if (m->challenge_count < MESSAGE_CHALLENGES_MAX)
		m->challenges[m->challenge_count++] = (struct message_challenge){ .value = value, .proxy = proxy };
}

static void
keep_first(struct span *field, struct span value)
{
	if (!span_there(*field))
		*field = value;
}

static bool
parse_line(struct parse *p, const struct scan_line *line, enum drop_reason *why)
{
	struct message *m = p->message;
	struct span value;

	if (line->header == SCAN_OTHER || line->header == SCAN_CONTENT_LENGTH)
		return true;
	value = value_of(p, line);
	if (!span_there(value))
		return false;
	switch (line->header) {
	case SCAN_VIA:
		return span_there(m->via_host) || parse_top_via(p, value);
	case SCAN_FROM:
		m->from = value;
		return parse_party(p, value, &m->from_tag);
	case SCAN_TO:
		m->to = value;
		return parse_party(p, value, &m->to_tag);
	case SCAN_CALL_ID:
		return parse_call_id(m, value);
	case SCAN_CSEQ:
		return parse_cseq(m, value);
	case SCAN_CONTACT:
		return parse_contacts(p, value, why);
	case SCAN_WWW_AUTHENTICATE:
	case SCAN_PROXY_AUTHENTICATE:
		keep_challenge(m, value, line->header == SCAN_PROXY_AUTHENTICATE);
		return true;
	case SCAN_AUTHENTICATION_INFO:
		keep_first(&m->authentication_info, value);
		return true;
	case SCAN_EXPIRES:
		m->expires = value;
		return true;
	case SCAN_MIN_EXPIRES:
		m->min_expires = value;
		return true;
	case SCAN_RETRY_AFTER:
		m->retry_after = without_rest(value);
		return true;
	case SCAN_REASON:
		keep_first(&m->reason, value);
		return true;
	case SCAN_WARNING:
		keep_first(&m->warning, value);
		return true;
	case SCAN_EVENT:
		m->event = value;
		return true;
	case SCAN_OTHER:
	case SCAN_CONTENT_LENGTH:
	case SCAN_HEADERS:
		break;
	}
	return true;
}

static bool
parse_request_uri(struct parse *p)
{
	struct span text = p->scan->request_uri;
	osip_uri_t *parsed;
	struct uri uri;
	char *copy;

	if (!uri_split(&uri, text))
		return false;
	copy = arena_unfold(p->arena, text);
	return copy != NULL && osip_uri_init(&parsed) == 0 && osip_uri_parse(parsed, copy) == 0 &&
	    same_uri(&uri, parsed);
}

static bool
parse_start(struct parse *p)
{
	struct message *m = p->message;

	m->request = p->scan->request;
	if (!m->request) {
		m->status = p->scan->status;
		m->reason_phrase = p->scan->reason_phrase;
		return true;
	}
	m->method = p->scan->method;
	m->request_uri = p->scan->request_uri;
	return parse_request_uri(p);
}

static bool
fields_agree(struct message *m)
{
	if (m->contact_star && m->contact_count > 0)
		return false;
	if (!m->request) {
		m->method = m->cseq_method;
		return true;
	}
	return m->method.len == m->cseq_method.len && memcmp(m->method.at, m->cseq_method.at, m->method.len) == 0;
}

static bool
parse_fields(struct parse *p, enum drop_reason *why)
{
	if (!parse_start(p))
		return false;
	for (size_t i = 0; i < p->scan->count; i++)
		if (!parse_line(p, &p->scan->lines[i], why))
			return false;
	return gather_vias(p) && fields_agree(p->message);
}

static bool
take_body(struct message *m, const struct scan *scan, const char *bytes, size_t len, enum drop_reason *why)
{
	size_t rest = len - scan->head_len;

	if (scan->has_length && scan->content_length > rest) {
		*why = DROP_TRUNCATED;
		return false;
	}
	m->body = (struct span){ bytes + scan->head_len, scan->has_length ? (size_t)scan->content_length : rest };
	return true;
}

bool
message_parse_within(struct message *message, const uint8_t *bytes, size_t len, size_t memory, enum drop_reason *why)
{
	struct scan scan;
	struct parse p = { .message = message, .scan = &scan };
	bool good;

	memset(message, 0, sizeof(*message));
	if (len > MESSAGE_MAX) {
		*why = DROP_OVERSIZED;
		return false;
	}
	if (!scan_head(&scan, (const char *)bytes, len, why) ||
	    !take_body(message, &scan, (const char *)bytes, len, why))
		return false;
	if (memory == 0)
		memory = ARENA_BASE + ARENA_PER_BYTE * scan.head_len;
	*why = DROP_MEMORY;
	p.arena = arena_new(memory < ARENA_MAX ? memory : ARENA_MAX);
	if (p.arena == NULL)
		return false;
	*why = DROP_GARBAGE;
	arena_enter(p.arena);
	good = parse_fields(&p, why);
	arena_leave();
	if (arena_failed(p.arena)) {		/* whatever libosip2 says */
		*why = DROP_MEMORY;
		good = false;
	}
	if (good)
		message->memory = p.arena;
	else
		arena_free(p.arena);
	return good;
}

bool
message_parse(struct message *message, const uint8_t *bytes, size_t len, enum drop_reason *why)
{
	return message_parse_within(message, bytes, len, 0, why);
}

void
message_fini(struct message *message)
{
	arena_free(message->memory);
	message->memory = NULL;
}
