/* SPDX-License-Identifier: ISC */
#include "ctl/pcap.h"

#include <string.h>

enum {
	LINKTYPE_RAW = 101,
	PACKET_MAX = 65535,
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	UDP_SIZE = 8,
	PROTOCOL_UDP = 17,
	HOPS = 64,
};

static void
put_16(uint8_t *to, size_t number)
{
	to[0] = (uint8_t)(number >> 8);
	to[1] = (uint8_t)number;
}

/* The file's own numbers are in the byte order of who wrote it. */
static void
put_native(FILE *file, uint32_t number)
{
	fwrite(&number, sizeof(number), 1, file);
}

void
pcap_begin(FILE *file)
{
	const uint16_t version[2] = { 2, 4 };

	put_native(file, UINT32_C(0xa1b2c3d4));
	fwrite(version, sizeof(version), 1, file);
	put_native(file, 0);		/* times are UTC */
	put_native(file, 0);
	put_native(file, PACKET_MAX);
	put_native(file, LINKTYPE_RAW);
}

/* The sum of RFC 1071, not folded yet. */
static uint32_t
sum(const uint8_t *bytes, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	return sum;
}

static uint16_t
folded(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* What is not known is the any-address of the other side's family. */
static bool
is_ipv6(const struct pcap_message *message)
{
	return message->from.family == ADDRESS_IPV6 || message->to.family == ADDRESS_IPV6;
}

/* Returns its size. */
static size_t
put_ip(uint8_t *to, const struct pcap_message *message, size_t payload)
{
	if (is_ipv6(message)) {
		to[0] = 0x60;
		put_16(to + 4, payload);
		to[6] = PROTOCOL_UDP;
		to[7] = HOPS;
		memcpy(to + 8, message->from.ip, 16);
		memcpy(to + 24, message->to.ip, 16);
		return IPV6_SIZE;
	}
	to[0] = 0x45;
	put_16(to + 2, IPV4_SIZE + payload);
	to[8] = HOPS;
	to[9] = PROTOCOL_UDP;
	memcpy(to + 12, message->from.ip, 4);
	memcpy(to + 16, message->to.ip, 4);
	put_16(to + 10, folded(sum(to, IPV4_SIZE, 0)));
	return IPV4_SIZE;
}

/* Over the addresses too. Of a message whose body is missing it is as good as none. */
static void
put_udp(uint8_t *to, const struct pcap_message *message, size_t payload, size_t captured)
{
	size_t ip = is_ipv6(message) ? 16 : 4;
	uint32_t total = PROTOCOL_UDP + (uint32_t)payload;
	uint16_t checksum;

	put_16(to, message->from.port);
	put_16(to + 2, message->to.port);
	put_16(to + 4, payload);
	total = sum(message->from.ip, ip, sum(message->to.ip, ip, total));
	total = sum(to, UDP_SIZE, total);
	total = sum((const uint8_t *)message->head.at, captured, total);
	checksum = folded(total);
	put_16(to + 6, checksum != 0 ? checksum : 0xffff);
}

static size_t
at_most(size_t number, size_t limit)
{
	return number < limit ? number : limit;
}

void
pcap_write(FILE *file, const struct pcap_message *message)
{
	uint8_t headers[IPV6_SIZE + UDP_SIZE] = { 0 };
	size_t room = PACKET_MAX - sizeof(headers);
	size_t captured = at_most(message->head.len, room);
	size_t payload = UDP_SIZE + at_most(message->head.len + message->body, room);
	size_t ip = put_ip(headers, message, payload);

	put_udp(headers + ip, message, payload, captured);
	put_native(file, (uint32_t)(message->wall_ms / 1000));
	put_native(file, (uint32_t)(message->wall_ms % 1000 * 1000));
	put_native(file, (uint32_t)(ip + UDP_SIZE + captured));
	put_native(file, (uint32_t)(ip + payload));
	fwrite(headers, ip + UDP_SIZE, 1, file);
	fwrite(message->head.at, 1, captured, file);
}
