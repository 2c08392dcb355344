/* SPDX-License-Identifier: ISC */
#ifndef CALLSERVER_LINES_H
#define CALLSERVER_LINES_H

/*
 * Lines from a pipe, FIFO or terminal, as the loop turns.
 */

#include <stddef.h>

#include "net/loop.h"

#define LINES_MAX 1024		/* longer ones are cut */

struct lines;

/*
 * on_line   a line without its newline, the callee's to change; NULL: the other end has closed
 * Returns NULL if it cannot be waited for (a plain file), or without memory.
 */
struct lines *lines_new(struct loop *loop, int fd, void (*on_line)(void *arg, char *line), void *arg);
void lines_free(struct lines *lines);	/* not from on_line; NULL is fine */

#endif
