/* SPDX-License-Identifier: ISC */
#include "sip/framing.h"

#include <string.h>

#include "net/transport.h"
#include "sip/scan.h"

#define HEAD_END "\r\n\r\n"

/* What cannot become a message however it goes on: the first line tells it soon. */
static bool
begins_well(const char *text, size_t len)
{
	for (size_t i = 0; i < len && text[i] != '\r'; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
			return false;
	return true;
}

long
framing_length(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes;
	size_t looked = len < MESSAGE_HEADER_MAX ? len : MESSAGE_HEADER_MAX;
	enum drop_reason why;
	struct scan scan;

	if (memmem(text, looked, HEAD_END, sizeof(HEAD_END) - 1) == NULL)
		return looked == MESSAGE_HEADER_MAX || !begins_well(text, looked) ? -1 : 0;
	if (!scan_head(&scan, text, len, &why) || !scan.has_length ||
	    scan.content_length > TRANSPORT_MESSAGE_MAX - scan.head_len)
		return -1;
	if (len < scan.head_len + scan.content_length)
		return 0;
	return (long)(scan.head_len + scan.content_length);
}
