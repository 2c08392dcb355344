/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_STORE_H
#define SIPKEEPD_NET_STORE_H

/*
 * Small files, whole: read at once, written so that a reader sees the old or the new one, never half.
 */

#include "base/str.h"

#define STORE_FILE_MAX (64 * 1024 * 1024)	/* 100,000 accounts keep 15 MB of state */

/*
 * Appends the whole file to *to.
 *
 * Returns 0 or negative errno: -ENOENT, -EACCES, -EISDIR, -EFBIG over STORE_FILE_MAX, -ENOMEM …
 */
int store_read(const char *path, struct strbuf *to);

/*
 * Replaces the file: temporary file beside it, fsync, rename; mode 0600.
 *
 * Returns 0 or negative errno; on an error the old file stands.
 */
int store_write(const char *path, const char *bytes, size_t len);

/* Permissions of a file: 1 if others than owner and group may read it, 0 if not, negative errno. */
int store_others_may_read(const char *path);

#endif
