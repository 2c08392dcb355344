/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "net/transport.h"
#include "sip/framing.h"
#include "sip/message.h"

#define HEAD "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 10.0.0.100;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n" \
	"To: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"

static long
length_of(const char *text, size_t len)
{
	/* A copy of its own, so that a sanitizer sees what is read behind the end. */
	uint8_t *copy = malloc(len > 0 ? len : 1);
	long length;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	length = framing_length(copy, len);
	free(copy);
	return length;
}

/* More is needed until the last byte, whatever stands behind it. */
START_TEST(test_every_byte)
{
	static const char one[] = HEAD "Content-Length: 5\r\n\r\nhello";
	static const char two[] = HEAD "Content-Length: 5\r\n\r\nhelloSIP/2.0 200 OK\r\n\r\n";
	static const char head_alone[] = HEAD "l: 0\r\n\r\n";

	for (size_t len = 1; len < sizeof(one) - 1; len++)
		ck_assert_int_eq(length_of(one, len), 0);
	for (size_t len = sizeof(one) - 1; len < sizeof(two); len++)
		ck_assert_int_eq(length_of(two, len), (long)sizeof(one) - 1);
	ck_assert_int_eq(length_of(head_alone, sizeof(head_alone) - 1), (long)sizeof(head_alone) - 1);
}
END_TEST

static const char *const garbage[] = {
	HEAD "\r\n",					/* no Content-Length: where it ends nobody knows */
	HEAD "Content-Length: -1\r\n\r\n",
	HEAD "Content-Length: 5 \xc2\xa0\r\n\r\n",
	HEAD "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
	HEAD "Content-Length: 65536\r\n\r\n",
	HEAD "Content-Length: 18446744073709551615\r\n\r\n",
	HEAD "Content-Length: 99999999999999999999999\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"\x16\x03\x01\x02",				/* TLS where none is expected */
	"SIP/2.0 200 OK\r\n\r\n",
};

START_TEST(test_garbage)
{
	ck_assert_int_eq(length_of(garbage[_i], strlen(garbage[_i])), -1);
}
END_TEST

START_TEST(test_limits)
{
	static char long_head[MESSAGE_HEADER_MAX + 1];
	struct strbuf text = { 0 };
	size_t head;

	memset(long_head, 'x', sizeof(long_head));
	ck_assert_int_eq(length_of(long_head, MESSAGE_HEADER_MAX - 1), 0);
	ck_assert_int_eq(length_of(long_head, MESSAGE_HEADER_MAX), -1);
	/* The greatest body that fits, and one byte more. */
	head = sizeof(HEAD "Content-Length: 65000\r\n\r\n") - 1;
	strbuf_printf(&text, HEAD "Content-Length: %zu\r\n\r\n", TRANSPORT_MESSAGE_MAX - head);
	ck_assert_int_eq(length_of(text.data, text.len), 0);
	strbuf_clear(&text);
	strbuf_printf(&text, HEAD "Content-Length: %zu\r\n\r\n", TRANSPORT_MESSAGE_MAX - head + 1);
	ck_assert_int_eq(length_of(text.data, text.len), -1);
	strbuf_fini(&text);
}
END_TEST

static Suite *
framing_suite(void)
{
	Suite *suite = suite_create("framing");
	TCase *tests = tcase_create("framing");

	tcase_add_test(tests, test_every_byte);
	tcase_add_loop_test(tests, test_garbage, 0, (int)UNIT_COUNT(garbage));
	tcase_add_test(tests, test_limits);
	suite_add_tcase(suite, tests);
	return suite;
}

UNIT_MAIN(framing_suite)
