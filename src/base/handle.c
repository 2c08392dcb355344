/* SPDX-License-Identifier: ISC */
#include "base/handle.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_SIZE = 16 };

struct handle_slot {
	void *thing;		/* NULL: free */
	uint32_t generation;	/* of the thing that is here, or of the next one */
	uint32_t next_free;	/* index + 1 of the next free slot; 0: the last */
};

static bool
grow(struct handle_table *table)
{
	uint32_t size = table->size > 0 ? table->size * 2 : FIRST_SIZE;
	struct handle_slot *slots;

	if (size <= table->size)
		return false;
	slots = realloc(table->slots, size * sizeof(*slots));
	if (slots == NULL)
		return false;
	for (uint32_t i = table->size; i < size; i++)
		slots[i] = (struct handle_slot){ .generation = 1, .next_free = i + 1 < size ? i + 2 : 0 };
	table->free_head = table->size + 1;	/* called with an empty free list only */
	table->slots = slots;
	table->size = size;
	return true;
}

static struct handle_slot *
find(const struct handle_table *table, struct handle h)
{
	struct handle_slot *slot;

	if (handle_none(h) || h.index >= table->size)
		return NULL;
	slot = &table->slots[h.index];
	return slot->generation == h.generation && slot->thing != NULL ? slot : NULL;
}

void
handle_table_fini(struct handle_table *table)
{
	free(table->slots);
	*table = (struct handle_table){ 0 };
}

struct handle
handle_add(struct handle_table *table, void *thing)
{
	struct handle_slot *slot;
	uint32_t index;

	assert(thing != NULL);
	if (table->free_head == 0 && !grow(table))
		return (struct handle){ 0 };
	index = table->free_head - 1;
	slot = &table->slots[index];
	table->free_head = slot->next_free;
	table->used++;
	slot->thing = thing;
	return (struct handle){ .index = index, .generation = slot->generation };
}

void *
handle_get(const struct handle_table *table, struct handle h)
{
	struct handle_slot *slot = find(table, h);

	return slot != NULL ? slot->thing : NULL;
}

void
handle_remove(struct handle_table *table, struct handle h)
{
	struct handle_slot *slot = find(table, h);

	if (slot == NULL)
		return;
	slot->thing = NULL;
	if (++slot->generation == 0)
		slot->generation = 1;
	slot->next_free = table->free_head;
	table->free_head = h.index + 1;
	table->used--;
}
