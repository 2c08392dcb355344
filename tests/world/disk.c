/* SPDX-License-Identifier: ISC */
/* The real reader of files under other names, as the world's own has its place. The world calls what reads alone. */

#define store_read disk_read
#define store_write disk_write
#define store_others_may_read disk_others_may_read

#include "net/store.c"
