/* SPDX-License-Identifier: ISC */
#include "core/candidates.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/rendezvous.h"

/* What a candidate is preferred by. */
struct order_key {
	unsigned rank;
	uint16_t priority;
	double score;		/* 0 for all where the order received decides */
	size_t place;		/* in the list of display */
};

struct own {
	bool (*is_own)(void *arg, const struct peer *peer);
	void *arg;
};

const char *
candidates_warning_str(enum candidates_warning warning)
{
	switch (warning) {
	case CANDIDATES_PORT_ZERO:
		return "port-zero";
	case CANDIDATES_BAD_ADDRESS:
		return "bad-address";
	case CANDIDATES_OWN_ADDRESS:
		return "own-address";
	case CANDIDATES_TOO_MANY:
		return "too-many";
	case CANDIDATES_WARNINGS:
		break;
	}
	return "?";
}

/* What keeps a peer from being a call server (B7); CANDIDATES_WARNINGS: nothing does. */
static enum candidates_warning
objection(const struct peer *peer, const struct own *own)
{
	const struct address *a = &peer->address;

	if (a->port == 0)
		return CANDIDATES_PORT_ZERO;
	if (a->family == ADDRESS_NONE || address_is_any(a) || address_is_broadcast(a) || address_is_multicast(a))
		return CANDIDATES_BAD_ADDRESS;
	if (own->is_own != NULL && own->is_own(own->arg, peer))
		return CANDIDATES_OWN_ADDRESS;
	return CANDIDATES_WARNINGS;
}

static size_t
find(const struct candidate_place *places, size_t from, size_t count, const struct peer *peer)
{
	while (from < count && !peer_equal(&places[from].peer, peer))
		from++;
	return from;
}

static void
take_out(struct candidate_place *places, size_t *count, size_t index)
{
	(*count)--;
	memmove(&places[index], &places[index + 1], (*count - index) * sizeof(*places));
}

/* The least preferred one: of the greatest priority number the last. */
static size_t
least(const struct candidate_place *places, size_t from, size_t count)
{
	size_t worst = from;

	for (size_t i = from + 1; i < count; i++) {
		if (places[i].priority >= places[worst].priority)
			worst = i;
	}
	return worst;
}

/*
 * Makes room for one more of this rank, whose candidates begin at `start`. Returns false if the place is not worth
 * having: the same peer has a better one, or the rank is full of better ones.
 */
static bool
make_room(struct candidate_place *to, size_t *count, size_t start, const struct candidate_place *place,
    unsigned *too_many)
{
	size_t same = find(to, 0, *count, &place->peer), worst;

	if (same < *count) {
		if (same < start || to[same].priority <= place->priority)
			return false;
		take_out(to, count, same);
		return true;
	}
	if (*count - start < CANDIDATES_PER_SPEC_MAX)
		return true;
	(*too_many)++;
	worst = least(to, start, *count);
	if (to[worst].priority <= place->priority)
		return false;
	take_out(to, count, worst);
	return true;
}

static struct candidate_place
place_of(const struct found_server *found, unsigned rank, enum sip_transport transport)
{
	struct candidate_place place = {
		.peer = { .transport = transport, .address = found->address },
		.rank = rank,
		.priority = found->priority,
		.weight = found->weight,
		.from_srv = found->from_srv,
	};

	memcpy(place.name, found->name, sizeof(place.name));
	return place;
}

static int
order_compare(const void *left, const void *right)
{
	const struct order_key *a = left, *b = right;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	if (a->score > b->score || a->score < b->score)
		return a->score > b->score ? -1 : 1;
	return a->place < b->place ? -1 : 1;
}

/* DNS weighs these equals: then even one account alone does not take them as received (B6). */
static bool
weights_differ(const struct candidate_place *places, const struct order_key *equals, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (places[equals[i].place].weight != places[equals[0].place].weight)
			return true;
	}
	return false;
}

/* With weight 0 everywhere the draw comes out as with any other weight that all share. */
static void
order_equals(const struct candidate_place *places, struct order_key *equals, size_t count, bool spread,
    const char *identity)
{
	if (count < 2 || (!spread && !weights_differ(places, equals, count)))
		return;
	for (size_t i = 0; i < count; i++) {
		const struct candidate_place *place = &places[equals[i].place];

		equals[i].score = rendezvous_score(identity, &place->peer, place->weight);
	}
	qsort(equals, count, sizeof(*equals), order_compare);
}

static void
order_all(struct candidate_place *places, size_t count, bool spread, const char *identity)
{
	struct order_key keys[CANDIDATES_MAX];
	size_t end;

	for (size_t i = 0; i < count; i++)
		keys[i] = (struct order_key){ .rank = places[i].rank, .priority = places[i].priority, .place = i };
	qsort(keys, count, sizeof(*keys), order_compare);
	for (size_t start = 0; start < count; start = end) {
		end = start + 1;
		while (end < count && keys[end].rank == keys[start].rank && keys[end].priority == keys[start].priority)
			end++;
		order_equals(places, &keys[start], end - start, spread, identity);
	}
	for (size_t i = 0; i < count; i++)
		places[keys[i].place].order = (unsigned)i;
}

size_t
candidates_build(struct candidate_place *to, const struct found_list *found, size_t specs,
    enum sip_transport transport, bool spread, const char *identity,
    bool (*is_own)(void *arg, const struct peer *peer), void *arg, unsigned warnings[CANDIDATES_WARNINGS])
{
	const struct own own = { .is_own = is_own, .arg = arg };
	unsigned ignored[CANDIDATES_WARNINGS] = { 0 };
	size_t count = 0;

	assert(specs <= CANDIDATES_MAX / CANDIDATES_PER_SPEC_MAX);
	if (warnings == NULL)
		warnings = ignored;
	for (size_t spec = 0; spec < specs; spec++) {
		size_t start = count;

		for (size_t i = 0; i < found[spec].count; i++) {
			struct candidate_place place = place_of(&found[spec].servers[i], (unsigned)spec + 1, transport);
			enum candidates_warning warning = objection(&place.peer, &own);

			if (warning != CANDIDATES_WARNINGS)
				warnings[warning]++;
			else if (make_room(to, &count, start, &place, &warnings[CANDIDATES_TOO_MANY]))
				to[count++] = place;
		}
	}
	order_all(to, count, spread, identity);
	return count;
}
