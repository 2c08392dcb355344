/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_SAVEDFILE_H
#define SIPKEEPD_AGENT_SAVEDFILE_H

/* What is kept on disk between two runs, as text: JSON with a version in it; read strictly, whole or not at all. */

#include <stdbool.h>

#include "agent/saved.h"
#include "base/str.h"

#define SAVEDFILE_MAX (64 * 1024 * 1024)	/* bytes that are read */

/* Replaces what is in *to by the text; to->failed says that memory ran out. */
void savedfile_write(const struct saved *saved, struct strbuf *to);

/*
 * Reads a text; anything that is not exactly ours makes all of it invalid.
 *
 * saved   is sorted
 * error   on failure: why, in words
 * Returns false then, and *saved is empty.
 */
bool savedfile_read(struct saved *saved, struct span text, char error[256]);

#endif
