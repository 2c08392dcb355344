/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_NET_FORKED_H
#define SIPKEEPD_NET_FORKED_H

/*
 * Work that may take its time (much to be made ready, a disk that is slow to sync) done by a copy of the process: it
 * sees everything as it was at that moment, changes nothing of ours, and the loop goes on meanwhile.
 */

#include "net/loop.h"

struct forked;

/*
 * work      runs in the copy, which has no file of ours open but the standard ones and hears no signal; returns 0..100,
 *           or a negative errno
 * on_done   from the loop, with what it returned; -EIO if it did not come to an end. The forked is freed after this.
 * Returns NULL if there can be no copy: then nobody does the work.
 */
struct forked *forked_run(struct loop *loop, int (*work)(void *arg), void (*on_done)(void *arg, int result), void *arg);

/* Waits for its end, however long that takes, and frees it. Returns as for on_done, which is not called. */
int forked_wait(struct forked *forked);

/* Nobody wants to know any more, as the program ends; the work is still done. NULL is fine. */
void forked_free(struct forked *forked);

#endif
