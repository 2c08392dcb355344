/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CORE_HOSTS_H
#define SIPKEEPD_CORE_HOSTS_H

/*
 * The addresses of a name in a hosts file. Pure: the text comes from the caller (B8).
 */

#include <stddef.h>

#include "base/address.h"
#include "base/str.h"

#define HOSTS_ADDRESSES_MAX 64	/* of one name; more are left out */

/*
 * Looks a name up.
 *
 * text   the whole file; lines "ADDRESS NAME [NAME ...]", from '#' on a comment; other lines are passed over
 * name   case does not matter
 * to     its addresses as the file orders them, each once, port 0
 * Returns how many; 0: the name is not in there.
 *
 * Source: B8, hosts(5).
 */
size_t hosts_find(struct span text, const char *name, struct address to[HOSTS_ADDRESSES_MAX]);

#endif
