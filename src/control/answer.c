/* SPDX-License-Identifier: ISC */
#include "control/answer.h"

#include <stdarg.h>
#include <stdio.h>

void
answer_error(struct stream *stream, const char *code, const char *format, ...)
{
	char text[512], line[600];
	va_list args;
	int len;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	len = snprintf(line, sizeof(line), "error %s %s\n", code, text);
	stream_write(stream, line, (size_t)len);
	stream_finish(stream);
}

void
answer_ok(struct stream *stream)
{
	stream_write(stream, "ok\n", 3);
	stream_finish(stream);
}

void
answer_text(struct stream *stream, const struct strbuf *text)
{
	if (text->failed) {
		answer_error(stream, "no-memory", "no memory to answer");
		return;
	}
	stream_write(stream, "ok\n", 3);
	if (text->len > 0)
		stream_write(stream, text->data, text->len);
	stream_finish(stream);
}
