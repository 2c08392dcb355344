/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_ANSWER_H
#define SIPKEEPD_CONTROL_ANSWER_H

/* The short answers of the control socket: each is the whole of it, and ends the connection. */

#include "base/str.h"
#include "net/stream.h"

void answer_ok(struct stream *stream);

/* Good, with that body; a failed text is lack of memory. */
void answer_text(struct stream *stream, const struct strbuf *text);

/*
 * code     one of the words of control.h
 * format   as printf; what is over 512 bytes is cut
 */
void answer_error(struct stream *stream, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
