/* SPDX-License-Identifier: ISC */
#ifndef CALLSERVER_BINDINGS_H
#define CALLSERVER_BINDINGS_H

/*
 * What one registrar stores (RFC 3261 §10.3): Contacts by address-of-record, each with its end.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/str.h"
#include "sip/message.h"

struct record;

struct bindings {
	struct record *table;
};

/*
 * Does what a REGISTER says.
 *
 * grant_s   for each Contact that asks for more than 0
 * Returns 0; -EINVAL when the request is older than what is stored, or `*` does not stand alone; -ENOMEM.
 */
int bindings_store(struct bindings *bindings, const char *aor, const struct message *request, uint32_t grant_s,
    struct instant now);

/* Appends a Contact line for each live binding of the address-of-record. */
void bindings_contacts(const struct bindings *bindings, const char *aor, struct instant now, struct strbuf *to);

/* Calls for each live binding with the seconds left; returns how many there are. each may be NULL. */
size_t bindings_each(const struct bindings *bindings, struct instant now,
    void (*each)(void *arg, const char *aor, const char *contact, int64_t left_s), void *arg);

void bindings_fini(struct bindings *bindings);	/* forgets all; may be used again */

#endif
