/* SPDX-License-Identifier: ISC */

/* The capture that the tool writes, to the byte: headers, checksums, and what is cut. */

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/pcap.h"

static char *bytes;
static size_t len;

static void
write_one(const char *from, const char *to, const char *head, size_t head_len, size_t body)
{
	struct pcap_message m = { .wall_ms = INT64_C(1763823944123), .head = { head, head_len }, .body = body };
	FILE *file = open_memstream(&bytes, &len);

	ck_assert_ptr_nonnull(file);
	if (from != NULL)
		ck_assert(address_parse(&m.from, from));
	ck_assert(address_parse(&m.to, to));
	pcap_begin(file);
	pcap_write(file, &m);
	ck_assert_int_eq(fclose(file), 0);
}

static uint32_t
native_at(size_t at)
{
	uint32_t number;

	memcpy(&number, bytes + at, sizeof(number));
	return number;
}

static unsigned
word_at(size_t at)
{
	return (unsigned)(uint8_t)bytes[at] << 8 | (uint8_t)bytes[at + 1];
}

/* With the checksum in it, the ones' complement sum of what it covers is all ones (RFC 1071). */
static unsigned
ones_sum(size_t at, size_t count, unsigned before)
{
	for (size_t i = 0; i < count; i++)
		before += i % 2 == 0 ? (unsigned)(uint8_t)bytes[at + i] << 8 : (uint8_t)bytes[at + i];
	while (before > 0xffff)
		before = (before & 0xffff) + (before >> 16);
	return before;
}

enum { FILE_HEADER = 24, RECORD = 16, IP = FILE_HEADER + RECORD };

START_TEST(ipv4)
{
	write_one("192.0.2.9:5060", "192.0.2.1:5062", "odd", 3, 0);
	ck_assert_uint_eq(native_at(0), 0xa1b2c3d4);
	ck_assert_uint_eq(native_at(20), 101);
	ck_assert_uint_eq(native_at(FILE_HEADER), 1763823944);
	ck_assert_uint_eq(native_at(FILE_HEADER + 4), 123000);
	ck_assert_uint_eq(native_at(FILE_HEADER + 8), 31);
	ck_assert_uint_eq(native_at(FILE_HEADER + 12), 31);
	ck_assert_uint_eq(len, IP + 31);
	ck_assert_uint_eq((uint8_t)bytes[IP], 0x45);
	ck_assert_uint_eq(word_at(IP + 2), 31);
	ck_assert_uint_eq(ones_sum(IP, 20, 0), 0xffff);
	ck_assert_mem_eq(bytes + IP + 12, "\xc0\x00\x02\x09\xc0\x00\x02\x01", 8);
	ck_assert_uint_eq(word_at(IP + 20), 5060);
	ck_assert_uint_eq(word_at(IP + 22), 5062);
	ck_assert_uint_eq(word_at(IP + 24), 11);
	ck_assert_uint_eq(ones_sum(IP + 12, 8 + 11, 17 + 11), 0xffff);
	ck_assert_mem_eq(bytes + IP + 28, "odd", 3);
	free(bytes);
}
END_TEST

START_TEST(ipv6_from_an_unknown_address)
{
	write_one(NULL, "[2001:db8::1]:5060", "even", 4, 0);
	ck_assert_uint_eq(len, IP + 40 + 8 + 4);
	ck_assert_uint_eq((uint8_t)bytes[IP], 0x60);
	ck_assert_uint_eq(word_at(IP + 4), 12);
	ck_assert_uint_eq((uint8_t)bytes[IP + 6], 17);
	ck_assert_uint_eq(ones_sum(IP + 8, 32 + 12, 17 + 12), 0xffff);
	ck_assert_mem_eq(bytes + IP + 48, "even", 4);
	free(bytes);
}
END_TEST

/* A body is not in it: the packet was longer than what was captured of it. */
START_TEST(without_its_body)
{
	write_one("192.0.2.9:5060", "192.0.2.1:5060", "head", 4, 100);
	ck_assert_uint_eq(native_at(FILE_HEADER + 8), 32);
	ck_assert_uint_eq(native_at(FILE_HEADER + 12), 132);
	ck_assert_uint_eq(word_at(IP + 2), 132);
	ck_assert_uint_eq(word_at(IP + 24), 112);
	ck_assert_uint_eq(len, IP + 32);
	free(bytes);
}
END_TEST

/* What came over TCP may be longer than a packet can be. */
START_TEST(longer_than_any_packet)
{
	static char head[70000];

	memset(head, 'x', sizeof(head));
	write_one("192.0.2.9:5060", "192.0.2.1:5060", head, sizeof(head), 70000);
	ck_assert_uint_eq(native_at(FILE_HEADER + 8), native_at(FILE_HEADER + 12));
	ck_assert_uint_le(native_at(FILE_HEADER + 8), 65535);
	ck_assert_uint_eq(native_at(FILE_HEADER + 8), len - IP);
	ck_assert_uint_eq(word_at(IP + 2), len - IP);
	free(bytes);
}
END_TEST

static Suite *
pcap_suite(void)
{
	Suite *suite = suite_create("pcap");
	TCase *tests = tcase_create("pcap");

	tcase_add_test(tests, ipv4);
	tcase_add_test(tests, ipv6_from_an_unknown_address);
	tcase_add_test(tests, without_its_body);
	tcase_add_test(tests, longer_than_any_packet);
	suite_add_tcase(suite, tests);
	return suite;
}

UNIT_MAIN(pcap_suite)
