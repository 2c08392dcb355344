/* SPDX-License-Identifier: ISC */
#include "base/tally.h"

static const char *
known(struct span method)
{
	static const char *const methods[] = { "REGISTER", "OPTIONS", "INVITE", "ACK", "BYE", "CANCEL", "NOTIFY",
	    "SUBSCRIBE", "MESSAGE", "INFO", "UPDATE", "PRACK", "REFER", "PUBLISH" };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (span_equal(method, methods[i]))
			return methods[i];
	return "other";
}

/* The places of the second half are for the few methods and directions alone, so that each of them finds one. */
static struct tally_entry *
find(struct tally *tally, enum tally_direction direction, const char *method, uint16_t status)
{
	size_t room = status == 0 || status == TALLY_OTHER ? TALLY_MAX : TALLY_MAX / 3;
	struct tally_entry *entry;

	for (size_t i = 0; i < tally->used; i++) {
		entry = &tally->entries[i];
		if (entry->direction == direction && entry->method == method && entry->status == status)
			return entry;
	}
	if (tally->used >= room)
		return NULL;
	entry = &tally->entries[tally->used++];
	*entry = (struct tally_entry){ .method = method, .status = status, .direction = (uint8_t)direction };
	return entry;
}

void
tally_count(struct tally *tally, enum tally_direction direction, struct span method, int status)
{
	const char *word = known(method);
	struct tally_entry *entry = find(tally, direction, word, (uint16_t)status);

	if (entry == NULL)
		entry = find(tally, direction, word, TALLY_OTHER);
	if (entry != NULL)
		entry->count++;
}

const char *
tally_direction_str(enum tally_direction direction)
{
	return direction == TALLY_IN ? "in" : "out";
}
