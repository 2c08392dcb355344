/* SPDX-License-Identifier: ISC */
#include "agent/savedfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "sip/uri.h"

/*
 *	{ "sipkeepd-state": 1,
 *	  "answers": [
 *	    { "name": "_sip._udp.pbx.example.com", "type": "SRV", "confirmed": 1767225600,
 *	      "records": [ [10, 60, 5060, "a.example.com"] ] },
 *	    { "name": "a.example.com", "type": "A", "confirmed": 1767225600, "records": [ "192.0.2.1" ] },
 *	    { "name": "a.example.com", "type": "AAAA", "confirmed": 1767225600, "none": "no-data" } ],
 *	  "bindings": [
 *	    { "account": "100@example.com", "server": "udp:192.0.2.1:5060", "name": "a.example.com",
 *	      "contact": "sip:100@192.0.2.9:5060;sk=0123", "lasts": 300, "until": 1767225900 } ],
 *	  "drained": [ "udp:192.0.2.2:5060" ] }
 *
 * Optional: "name", "contact", "until", "drained". Nothing else may stand there.
 */
#define VERSION 1
#define WALL_MAX INT64_C(100000000000)		/* seconds: some thousand years */
#define LASTS_MAX INT64_C(4294967295)		/* RFC 3261 §20.19 */
#define TEXT_MAX 2000

/* ---- Writing. ---- */

static json_t *
json_of_record(enum dns_type type, const struct dns_record *record)
{
	char text[ADDRESS_TEXT_SIZE];

	if (type == DNS_SRV)
		return json_pack("[iiis]", record->priority, record->weight, record->port, record->target);
	return json_string(address_ip_str(&record->address, text));
}

static json_t *
json_of_answer(const struct saved_answer *saved)
{
	const struct dns_answer *answer = &saved->answer;
	json_t *records;

	if (answer->outcome != DNS_GOOD)
		return json_pack("{ss ss sI ss}", "name", saved->name, "type", dns_type_str(saved->type),
		    "confirmed", (json_int_t)saved->confirmed_s, "none", dns_outcome_str(answer->outcome));
	records = json_array();
	for (size_t i = 0; i < answer->count; i++)
		if (json_array_append_new(records, json_of_record(saved->type, &answer->records[i])) != 0) {
			json_decref(records);
			return NULL;
		}
	return json_pack("{ss ss sI so}", "name", saved->name, "type", dns_type_str(saved->type),
	    "confirmed", (json_int_t)saved->confirmed_s, "records", records);
}

static json_t *
json_of_binding(const struct saved_binding *saved)
{
	char peer[PEER_TEXT_SIZE];
	json_t *json = json_pack("{ss ss sI}", "account", saved->account, "server", peer_str(&saved->peer, peer),
	    "lasts", (json_int_t)saved->lasts_s);
	bool good = json != NULL;

	if (good && saved->name != NULL)
		good = json_object_set_new(json, "name", json_string(saved->name)) == 0;
	if (good && saved->contact != NULL)
		good = json_object_set_new(json, "contact", json_string(saved->contact)) == 0;
	if (good && saved->until_s != 0)
		good = json_object_set_new(json, "until", json_integer(saved->until_s)) == 0;
	if (good)
		return json;
	json_decref(json);
	return NULL;
}

static bool
is_utf8(const char *text)
{
	json_t *json = json_string(text != NULL ? text : "");

	json_decref(json);
	return json != NULL;
}

/* JSON can hold nothing but UTF-8: an account with another name does without. */
static bool
can_be_said(const struct saved_binding *saved)
{
	return is_utf8(saved->account) && is_utf8(saved->name) && is_utf8(saved->contact);
}

/* One line for each entry: people look into such files. */
static void
append(struct strbuf *to, json_t *json, bool first)
{
	char *line = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

	json_decref(json);
	strbuf_append(to, first ? "\n" : ",\n");
	if (line == NULL)
		to->failed = true;
	else
		strbuf_append(to, line);
	free(line);
}

void
savedfile_write(const struct saved *saved, struct strbuf *to)
{
	char peer[PEER_TEXT_SIZE];
	bool first = true;

	strbuf_clear(to);
	strbuf_printf(to, "{\"sipkeepd-state\": %d,\n\"answers\": [", VERSION);
	for (size_t i = 0; i < saved->answer_count; i++)
		append(to, json_of_answer(&saved->answers[i]), i == 0);
	strbuf_append(to, "],\n\"bindings\": [");
	for (size_t i = 0; i < saved->binding_count; i++) {
		if (!can_be_said(&saved->bindings[i]))
			continue;
		append(to, json_of_binding(&saved->bindings[i]), first);
		first = false;
	}
	strbuf_append(to, "],\n\"drained\": [");
	for (size_t i = 0; i < saved->drained_count; i++)
		append(to, json_string(peer_str(&saved->drained[i], peer)), i == 0);
	strbuf_append(to, "]}\n");
}

/* ---- Reading. ---- */

static bool
in_range(json_int_t number, int64_t least, int64_t most)
{
	return number >= least && number <= most;
}

static bool
copy_text(char **to, const char *text)
{
	if (text == NULL)
		return true;
	if (text[0] == '\0' || strlen(text) > TEXT_MAX)
		return false;
	*to = strdup(text);
	return *to != NULL;
}

static bool
read_type(const char *text, enum dns_type *type)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_SRV };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(text, dns_type_str(types[i])) == 0) {
			*type = types[i];
			return true;
		}
	return false;
}

static bool
read_service(struct dns_record *record, json_t *json)
{
	const char *target;
	json_int_t number[3];

	if (json_unpack(json, "[IIIs!]", &number[0], &number[1], &number[2], &target) != 0)
		return false;
	for (size_t i = 0; i < 3; i++)
		if (!in_range(number[i], 0, UINT16_MAX))
			return false;
	if (strlen(target) >= sizeof(record->target))
		return false;
	record->priority = (uint16_t)number[0];
	record->weight = (uint16_t)number[1];
	record->port = (uint16_t)number[2];
	strcpy(record->target, target);
	return true;
}

static bool
read_record(struct dns_record *record, enum dns_type type, json_t *json)
{
	if (type == DNS_SRV)
		return read_service(record, json);
	return json_is_string(json) && address_parse(&record->address, json_string_value(json)) &&
	    record->address.port == 0 && record->address.family == (type == DNS_A ? ADDRESS_IPV4 : ADDRESS_IPV6);
}

static bool
read_records(struct dns_answer *answer, enum dns_type type, json_t *json)
{
	size_t count = json_array_size(json);

	if (!json_is_array(json) || count == 0 || count > DNS_RECORDS_MAX)
		return false;
	answer->records = calloc(count, sizeof(answer->records[0]));
	if (answer->records == NULL)
		return false;
	answer->outcome = DNS_GOOD;
	answer->count = count;
	for (size_t i = 0; i < count; i++)
		if (!read_record(&answer->records[i], type, json_array_get(json, i)))
			return false;
	return true;
}

static bool
read_none(struct dns_answer *answer, const char *text)
{
	answer->outcome = strcmp(text, dns_outcome_str(DNS_NXDOMAIN)) == 0 ? DNS_NXDOMAIN : DNS_NODATA;
	return strcmp(text, dns_outcome_str(answer->outcome)) == 0;
}

static bool
read_answer(struct saved_answer *to, json_t *json)
{
	const char *name, *type, *none = NULL;
	json_t *records = NULL;
	json_int_t confirmed_s;

	if (json_unpack(json, "{ss ss sI s?o s?s !}", "name", &name, "type", &type, "confirmed", &confirmed_s,
	    "records", &records, "none", &none) != 0)
		return false;
	if ((records == NULL) == (none == NULL) || !read_type(type, &to->type) || strlen(name) >= DNS_NAME_SIZE ||
	    !in_range(confirmed_s, 0, WALL_MAX) || !copy_text(&to->name, name))
		return false;
	to->confirmed_s = confirmed_s;
	return none != NULL ? read_none(&to->answer, none) : read_records(&to->answer, to->type, records);
}

static bool
read_peer(struct peer *peer, const char *text)
{
	struct peer_pattern pattern;

	if (!peer_pattern_parse(&pattern, text) || pattern.any_transport || pattern.address.port == 0)
		return false;
	*peer = (struct peer){ .transport = pattern.transport, .address = pattern.address };
	return true;
}

/* It will stand in a header of ours. */
static bool
good_contact(const char *contact)
{
	struct uri uri;

	return contact == NULL || uri_split(&uri, span_of(contact));
}

static bool
read_binding(struct saved_binding *to, json_t *json)
{
	const char *account, *server, *name = NULL, *contact = NULL;
	json_int_t lasts_s, until_s = 0;
	bool left;

	if (json_unpack(json, "{ss ss s?s s?s sI s?I !}", "account", &account, "server", &server, "name", &name,
	    "contact", &contact, "lasts", &lasts_s, "until", &until_s) != 0)
		return false;
	left = json_object_get(json, "until") != NULL;
	if (!in_range(lasts_s, 1, LASTS_MAX) || !in_range(until_s, left, WALL_MAX) || !good_contact(contact) ||
	    !read_peer(&to->peer, server))
		return false;
	if (!copy_text(&to->account, account) || !copy_text(&to->name, name) || !copy_text(&to->contact, contact))
		return false;
	to->lasts_s = lasts_s;
	to->until_s = until_s;
	return true;
}

/* json: NULL if it is not there */
static bool
read_drained(struct saved *saved, json_t *json)
{
	size_t count = json_array_size(json);

	if (json != NULL && !json_is_array(json))
		return false;
	saved->drained = calloc(count + 1, sizeof(saved->drained[0]));
	if (saved->drained == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *server = json_string_value(json_array_get(json, i));

		if (server == NULL || !read_peer(&saved->drained[i], server))
			return false;
	}
	saved->drained_count = count;
	return true;
}

static bool
read_all(struct saved *saved, json_t *answers, json_t *bindings)
{
	size_t answer_count = json_array_size(answers), binding_count = json_array_size(bindings);

	if (!json_is_array(answers) || !json_is_array(bindings))
		return false;
	saved->answers = calloc(answer_count + 1, sizeof(saved->answers[0]));
	saved->bindings = calloc(binding_count + 1, sizeof(saved->bindings[0]));
	if (saved->answers == NULL || saved->bindings == NULL)
		return false;
	while (saved->answer_count < answer_count) {
		size_t i = saved->answer_count++;

		if (!read_answer(&saved->answers[i], json_array_get(answers, i)))
			return false;
	}
	while (saved->binding_count < binding_count) {
		size_t i = saved->binding_count++;

		if (!read_binding(&saved->bindings[i], json_array_get(bindings, i)))
			return false;
	}
	return true;
}

/* Names in a half-read list may be missing: it is sorted only when it is good. */
static bool
read_json(struct saved *saved, json_t *json, char error[256])
{
	json_t *answers, *bindings, *drained = NULL;
	json_int_t version = 0;

	if (json_unpack(json, "{sI}", "sipkeepd-state", &version) != 0)
		snprintf(error, 256, "no state of sipkeepd");
	else if (version != VERSION)
		snprintf(error, 256, "of version %lld, not %d", (long long)version, VERSION);
	else if (json_unpack(json, "{sI so so s?o !}", "sipkeepd-state", &version, "answers", &answers,
	    "bindings", &bindings, "drained", &drained) != 0 || !read_all(saved, answers, bindings) ||
	    !read_drained(saved, drained))
		snprintf(error, 256, "not as it was written");
	else {
		saved_sort(saved);
		if (!saved_any_twice(saved))
			return true;
		snprintf(error, 256, "something stands there twice");
	}
	return false;
}

bool
savedfile_read(struct saved *saved, struct span text, char error[256])
{
	json_error_t where;
	json_t *json;
	bool good;

	*saved = (struct saved){ 0 };
	if (text.len > SAVEDFILE_MAX) {
		snprintf(error, 256, "too big: %zu bytes", text.len);
		return false;
	}
	json = json_loadb(text.at != NULL ? text.at : "", text.len, JSON_REJECT_DUPLICATES, &where);
	if (json == NULL) {
		snprintf(error, 256, "line %d: %.200s", where.line, where.text);
		return false;
	}
	good = read_json(saved, json, error);
	json_decref(json);
	if (!good)
		saved_fini(saved);
	return good;
}
