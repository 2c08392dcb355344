/* SPDX-License-Identifier: ISC */
#include "bindings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct binding {
	struct binding *next;
	char *contact, *call_id;
	uint32_t cseq;
	struct instant ends;
};

struct record {
	UT_hash_handle hh;
	char *aor;
	struct binding *first;
};

static void
binding_free(struct binding *b)
{
	if (b != NULL) {
		free(b->contact);
		free(b->call_id);
	}
	free(b);
}

static void
take_out(struct binding **at)
{
	struct binding *b = *at;

	*at = b->next;
	binding_free(b);
}

static void
record_free(struct record *record)
{
	while (record->first != NULL)
		take_out(&record->first);
	free(record->aor);
	free(record);
}

static struct record *
record_get(struct bindings *bindings, const char *aor)
{
	struct record *record;

	HASH_FIND_STR(bindings->table, aor, record);
	if (record != NULL)
		return record;
	record = calloc(1, sizeof(*record));
	if (record == NULL || (record->aor = strdup(aor)) == NULL) {
		free(record);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, bindings->table, record->aor, strlen(record->aor), record);
	return record;
}

/* Forgets what has ended on its way. Returns where it hangs, or where it would. */
static struct binding **
find(struct record *record, struct span contact, struct instant now)
{
	struct binding **at = &record->first;

	while (*at != NULL) {
		if (instant_due((*at)->ends, now))
			take_out(at);
		else if (span_equal(contact, (*at)->contact))
			return at;
		else
			at = &(*at)->next;
	}
	return at;
}

/* The request must be newer than the one that stored the binding (RFC 3261 §10.3, step 7). */
static bool
older(const struct binding *b, const struct message *request)
{
	return b != NULL && span_equal(request->call_id, b->call_id) && request->cseq <= b->cseq;
}

static bool
removes(const struct message *request, size_t i)
{
	struct span own = request->contacts[i].expires;
	uint64_t expires;

	if (!span_there(own))
		own = request->expires;
	return span_there(own) && span_number(own, UINT32_MAX, &expires) && expires == 0;
}

static int
store_one(struct binding **at, const struct message *request, struct span contact, struct instant ends)
{
	char *call_id = span_dup(request->call_id);

	if (call_id == NULL)
		return -ENOMEM;
	if (*at == NULL) {
		struct binding *b = calloc(1, sizeof(*b));

		if (b == NULL || (b->contact = span_dup(contact)) == NULL) {
			free(call_id);
			binding_free(b);
			return -ENOMEM;
		}
		*at = b;
	}
	free((*at)->call_id);
	(*at)->call_id = call_id;
	(*at)->cseq = request->cseq;
	(*at)->ends = ends;
	return 0;
}

static int
remove_all(struct record *record, const struct message *request)
{
	if (!span_equal(request->expires, "0"))
		return -EINVAL;
	while (record->first != NULL)
		take_out(&record->first);
	return 0;
}

int
bindings_store(struct bindings *bindings, const char *aor, const struct message *request, uint32_t grant_s,
    struct instant now)
{
	struct record *record = record_get(bindings, aor);
	int rc = 0;

	if (record == NULL)
		return -ENOMEM;
	if (request->contact_star)
		rc = remove_all(record, request);
	for (size_t i = 0; i < request->contact_count && rc == 0; i++) {
		struct binding **at = find(record, request->contacts[i].uri, now);

		if (older(*at, request))
			rc = -EINVAL;
		else if (!removes(request, i))
			rc = store_one(at, request, request->contacts[i].uri, instant_add(now, (int64_t)grant_s * 1000));
		else if (*at != NULL)
			take_out(at);
	}
	if (record->first == NULL) {
		HASH_DEL(bindings->table, record);
		record_free(record);
	}
	return rc;
}

/* Rounded up: what was granted a moment ago is shown as granted. */
static int64_t
left_s(const struct binding *b, struct instant now)
{
	return (instant_since(now, b->ends) + 999) / 1000;
}

void
bindings_contacts(const struct bindings *bindings, const char *aor, struct instant now, struct strbuf *to)
{
	const struct record *record;

	HASH_FIND_STR(bindings->table, aor, record);
	for (const struct binding *b = record == NULL ? NULL : record->first; b != NULL; b = b->next) {
		if (!instant_due(b->ends, now))
			strbuf_printf(to, "Contact: <%s>;expires=%lld\r\n", b->contact, (long long)left_s(b, now));
	}
}

size_t
bindings_each(const struct bindings *bindings, struct instant now,
    void (*each)(void *arg, const char *aor, const char *contact, int64_t left_s), void *arg)
{
	size_t live = 0;

	for (const struct record *record = bindings->table; record != NULL; record = record->hh.next) {
		for (const struct binding *b = record->first; b != NULL; b = b->next) {
			if (instant_due(b->ends, now))
				continue;
			live++;
			if (each != NULL)
				each(arg, record->aor, b->contact, left_s(b, now));
		}
	}
	return live;
}

void
bindings_fini(struct bindings *bindings)
{
	struct record *record, *next;

	HASH_ITER(hh, bindings->table, record, next) {
		HASH_DEL(bindings->table, record);
		record_free(record);
	}
}
