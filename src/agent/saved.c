/* SPDX-License-Identifier: ISC */
#include "agent/saved.h"

#include <stdlib.h>
#include <string.h>

#define UNTIL_TOLERANCE_S 60

void
saved_fini(struct saved *saved)
{
	for (size_t i = 0; i < saved->answer_count; i++) {
		free(saved->answers[i].name);
		dns_answer_fini(&saved->answers[i].answer);
	}
	for (size_t i = 0; i < saved->binding_count; i++) {
		free(saved->bindings[i].account);
		free(saved->bindings[i].name);
		free(saved->bindings[i].contact);
	}
	free(saved->answers);
	free(saved->bindings);
	free(saved->drained);
	*saved = (struct saved){ 0 };
}

/* ---- Order. ---- */

static int
compare_answers(const void *a, const void *b)
{
	const struct saved_answer *x = a, *y = b;
	int by_name = strcmp(x->name, y->name);

	return by_name != 0 ? by_name : (int)x->type - (int)y->type;
}

static int
compare_peers(const void *a, const void *b)
{
	char of_a[PEER_TEXT_SIZE], of_b[PEER_TEXT_SIZE];

	return strcmp(peer_str(a, of_a), peer_str(b, of_b));
}

static int
compare_bindings(const void *a, const void *b)
{
	const struct saved_binding *x = a, *y = b;
	int by_account = strcmp(x->account, y->account);

	return by_account != 0 ? by_account : compare_peers(&x->peer, &y->peer);
}

void
saved_sort(struct saved *saved)
{
	if (saved->answer_count > 0)
		qsort(saved->answers, saved->answer_count, sizeof(saved->answers[0]), compare_answers);
	if (saved->binding_count > 0)
		qsort(saved->bindings, saved->binding_count, sizeof(saved->bindings[0]), compare_bindings);
	if (saved->drained_count > 0)
		qsort(saved->drained, saved->drained_count, sizeof(saved->drained[0]), compare_peers);
}

bool
saved_any_twice(const struct saved *saved)
{
	for (size_t i = 1; i < saved->answer_count; i++)
		if (compare_answers(&saved->answers[i - 1], &saved->answers[i]) == 0)
			return true;
	for (size_t i = 1; i < saved->binding_count; i++)
		if (compare_bindings(&saved->bindings[i - 1], &saved->bindings[i]) == 0)
			return true;
	for (size_t i = 1; i < saved->drained_count; i++)
		if (compare_peers(&saved->drained[i - 1], &saved->drained[i]) == 0)
			return true;
	return false;
}

/* ---- Comparing. ---- */

static bool
text_equal(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static size_t
times_in(const struct dns_answer *answer, const struct dns_record *record)
{
	struct dns_record copy = *record;
	const struct dns_answer wanted = { .outcome = DNS_GOOD, .count = 1, .records = &copy };
	size_t times = 0;

	for (size_t i = 0; i < answer->count; i++)
		times += dns_answer_equal(&wanted, &(struct dns_answer){ .outcome = DNS_GOOD, .count = 1,
		    .records = &answer->records[i] });
	return times;
}

/* Many name servers turn the records round with each answer: no reason to write. */
static bool
answer_equal(const struct saved_answer *a, const struct saved_answer *b)
{
	if (compare_answers(a, b) != 0 || a->answer.outcome != b->answer.outcome ||
	    a->answer.count != b->answer.count)
		return false;
	for (size_t i = 0; i < a->answer.count; i++)
		if (times_in(&a->answer, &a->answer.records[i]) != times_in(&b->answer, &a->answer.records[i]))
			return false;
	return true;
}

static bool
binding_equal(const struct saved_binding *a, const struct saved_binding *b)
{
	int64_t apart_s = a->until_s - b->until_s;

	return compare_bindings(a, b) == 0 && text_equal(a->name, b->name) && text_equal(a->contact, b->contact) &&
	    a->lasts_s == b->lasts_s && (a->until_s == 0) == (b->until_s == 0) && apart_s <= UNTIL_TOLERANCE_S &&
	    apart_s >= -UNTIL_TOLERANCE_S;
}

bool
saved_equal(const struct saved *a, const struct saved *b)
{
	if (a->answer_count != b->answer_count || a->binding_count != b->binding_count ||
	    a->drained_count != b->drained_count)
		return false;
	for (size_t i = 0; i < a->answer_count; i++)
		if (!answer_equal(&a->answers[i], &b->answers[i]))
			return false;
	for (size_t i = 0; i < a->binding_count; i++)
		if (!binding_equal(&a->bindings[i], &b->bindings[i]))
			return false;
	for (size_t i = 0; i < a->drained_count; i++)
		if (compare_peers(&a->drained[i], &b->drained[i]) != 0)
			return false;
	return true;
}
