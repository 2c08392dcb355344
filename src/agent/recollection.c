/* SPDX-License-Identifier: ISC */
#include "agent/recollection.h"

#include <stdlib.h>

/* Without memory a hash keeps what it has and the new one stays outside. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct recalled {
	UT_hash_handle hh;
	struct question question;
	struct dns_answer answer;
	struct instant believed_at;
};

void
question_set(struct question *question, const char *name, enum dns_type type)
{
	*question = (struct question){ .type = (uint16_t)type };
	for (size_t i = 0; name[i] != '\0' && i < sizeof(question->name) - 1; i++)
		question->name[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
}

static void
forget(struct recollection *recollection, struct recalled *r)
{
	HASH_DELETE(hh, recollection->all, r);
	dns_answer_fini(&r->answer);
	free(r);
}

bool
recollection_add(struct recollection *recollection, const char *name, enum dns_type type,
    const struct dns_answer *answer, struct instant believed_at)
{
	struct recalled *r = calloc(1, sizeof(*r)), *old;

	if (r == NULL)
		return false;
	question_set(&r->question, name, type);
	r->believed_at = believed_at;
	HASH_FIND(hh, recollection->all, &r->question, sizeof(r->question), old);
	if (old != NULL)
		forget(recollection, old);
	if (dns_answer_copy(&r->answer, answer))
		HASH_ADD(hh, recollection->all, question, sizeof(r->question), r);
	if (r->hh.tbl != NULL)
		return true;
	dns_answer_fini(&r->answer);
	free(r);
	return false;
}

bool
recollection_take(struct recollection *recollection, const struct question *question, struct dns_answer *answer,
    struct instant *believed_at)
{
	struct recalled *r;

	HASH_FIND(hh, recollection->all, question, sizeof(*question), r);
	if (r == NULL)
		return false;
	*answer = r->answer;
	*believed_at = r->believed_at;
	r->answer = (struct dns_answer){ 0 };
	forget(recollection, r);
	return true;
}

void
recollection_fini(struct recollection *recollection)
{
	while (recollection->all != NULL)
		forget(recollection, recollection->all);
}
