/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/loop.h"
#include "net/resolver.h"
#include "net/sockaddr.h"
#include "net/transport.h"

/*
 * A name server in the same loop answers by the first label of the name asked for. Each way of answering is a
 * function that writes the packet behind a copied header and question.
 */

struct packet {
	uint8_t bytes[8192];
	size_t len;
};

struct nameserver {
	struct transport *transport;
	struct address address;
	unsigned asked;
	unsigned ids[64], ports[64];
	bool saw_edns[64];
	int liar;		/* a socket on another address */
};

struct result {
	bool told;
	bool inside;		/* resolver_ask() has not returned */
	struct dns_answer answer;
	struct loop *loop;
};

static struct loop *loop;
static struct timer *end;
static struct drops drops;
static struct resolver *resolver;
static struct nameserver ns;

static void
put(struct packet *p, const void *bytes, size_t len)
{
	ck_assert_uint_le(p->len + len, sizeof(p->bytes));
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

static void
put16(struct packet *p, unsigned n)
{
	uint8_t b[2] = { (uint8_t)(n >> 8), (uint8_t)n };

	put(p, b, 2);
}

static void
put_name(struct packet *p, const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");
		uint8_t b = (uint8_t)len;

		put(p, &b, 1);
		put(p, name, len);
		name += len + (name[len] == '.');
	}
	put(p, "", 1);
}

/* The fixed part of a record whose owner is the question's name; counts it. */
static void
put_record(struct packet *p, unsigned type, uint32_t ttl, unsigned size)
{
	put16(p, 0xc00c);
	put16(p, type);
	put16(p, 1);
	put16(p, ttl >> 16);
	put16(p, ttl & 0xffff);
	put16(p, size);
	p->bytes[7]++;
	if (p->bytes[7] == 0)
		p->bytes[6]++;
}

static void
put_a(struct packet *p, uint32_t ttl, uint8_t last)
{
	uint8_t ip[4] = { 192, 0, 2, last };

	put_record(p, DNS_A, ttl, 4);
	put(p, ip, 4);
}

static void
put_owned(struct packet *p, const char *owner, unsigned type, uint32_t ttl, unsigned size)
{
	put_name(p, owner);
	put16(p, type);
	put16(p, 1);
	put16(p, ttl >> 16);
	put16(p, ttl & 0xffff);
	put16(p, size);
	p->bytes[7]++;
}

static void
put_srv(struct packet *p, unsigned priority, unsigned weight, unsigned port, const char *target)
{
	put_record(p, DNS_SRV, 300, (unsigned)(6 + strlen(target) + (*target ? 2 : 1)));
	put16(p, priority);
	put16(p, weight);
	put16(p, port);
	put_name(p, target);
}

static void
rcode(struct packet *p, uint8_t code)
{
	p->bytes[3] = (uint8_t)((p->bytes[3] & 0xf0) | code);
}

static void
answer_a(struct packet *p)
{
	put_a(p, 3600, 1);
	put_a(p, 60, 2);
}

static void
answer_aaaa(struct packet *p)
{
	static const uint8_t ip[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 };

	put_record(p, DNS_AAAA, 7, 16);
	put(p, ip, 16);
}

static void
answer_srv(struct packet *p)
{
	put_srv(p, 10, 5, 5060, "Alpha.Example.COM");
	put_srv(p, 20, 0, 5070, "b.example.com");
	put_srv(p, 0, 0, 0, "");
}

static void
answer_cname(struct packet *p)
{
	static const uint8_t ip[4] = { 192, 0, 2, 9 };

	/* Out of order, the TTL of a CNAME the least, a stranger's record in between. */
	put_owned(p, "c.example.com", DNS_A, 500, 4);
	put(p, ip, 4);
	put_owned(p, "stranger.example.com", DNS_A, 1, 4);
	put(p, ip, 4);
	put_record(p, 5, 400, 15);
	put_name(p, "b.example.com");
	put_owned(p, "B.example.com", 5, 30, 15);
	put_name(p, "c.example.com");
}

static void
answer_cname_loop(struct packet *p)
{
	put_record(p, 5, 400, 2);
	put16(p, 0xc00c);
}

static void
answer_dangling(struct packet *p)
{
	put_record(p, 5, 400, 15);
	put_name(p, "b.example.com");
}

static void
answer_nxdomain(struct packet *p)
{
	rcode(p, 3);
}

static void
answer_nodata(struct packet *p)
{
	(void)p;
}

static void
answer_servfail(struct packet *p)
{
	rcode(p, 2);
}

/* Header only. */
static void
answer_bare_servfail(struct packet *p)
{
	rcode(p, 2);
	p->bytes[5] = 0;
	p->len = 12;
}

/* The same with rcode 0 is nobody's answer. */
static void
answer_bare(struct packet *p)
{
	p->bytes[5] = 0;
	p->len = 12;
}

static void
answer_refused(struct packet *p)
{
	rcode(p, 5);
}

static void
answer_notimp(struct packet *p)
{
	rcode(p, 4);
}

static void
answer_odd_rcode(struct packet *p)
{
	rcode(p, 9);
}

static void
answer_truncated(struct packet *p)
{
	p->bytes[2] |= 2;
	put_a(p, 60, 1);
}

/* Half a record, the count says one. */
static void
answer_malformed(struct packet *p)
{
	put_a(p, 60, 1);
	p->len -= 3;
}

static void
answer_bad_size(struct packet *p)
{
	put_record(p, DNS_A, 60, 5);
	put(p, "12345", 5);
}

/* A name that points to itself. */
static void
answer_pointer_loop(struct packet *p)
{
	size_t at = p->len;

	put16(p, 0xc000 | (unsigned)at);
	put(p, "\0\1\0\1\0\0\0\1\0\4abcd", 14);
	p->bytes[7] = 1;
}

static void
answer_many(struct packet *p)
{
	for (int i = 0; i < 200; i++)
		put_a(p, 60, (uint8_t)i);
}

static void
answer_oversized(struct packet *p)
{
	for (int i = 0; i < 300; i++)
		put_a(p, 60, (uint8_t)i);
}

static void
answer_wrong_id(struct packet *p)
{
	p->bytes[1] ^= 1;
	put_a(p, 60, 1);
}

static void
answer_wrong_question(struct packet *p)
{
	p->bytes[13] ^= 1;	/* a letter of the name */
	put_a(p, 60, 1);
}

static void
answer_wrong_type(struct packet *p)
{
	p->bytes[p->len - 3] ^= 3;
	put_a(p, 60, 1);
}

/* Upper and lower case are one. */
static void
answer_other_case(struct packet *p)
{
	p->bytes[13] ^= 0x20;
	put_a(p, 60, 1);
}

static void
answer_no_qr(struct packet *p)
{
	p->bytes[2] &= 0x7f;
	put_a(p, 60, 1);
}

static void
answer_garbage(struct packet *p)
{
	for (size_t i = 2; i < p->len; i++)
		p->bytes[i] = (uint8_t)(i * 37);
}

static void
answer_short(struct packet *p)
{
	p->len = 5;
}

static void
answer_referral(struct packet *p)
{
	p->bytes[3] &= 0x7f;	/* no recursion */
	put_record(p, 2, 60, 15);
	put_name(p, "x.example.com");
	p->bytes[7] = 0;
	p->bytes[9] = 1;	/* it is in the authority section */
}

static void
answer_huge_ttl(struct packet *p)
{
	put_a(p, 0x80000001U, 1);
}

/* An old server: FORMERR to EDNS0. */
static void
answer_old(struct packet *p)
{
	if (ns.saw_edns[ns.asked - 1])
		rcode(p, 1);
	else
		put_a(p, 60, 1);
}

static void
answer_formerr(struct packet *p)
{
	rcode(p, 1);
}

enum { SILENT_MS = 300 };

static const struct way {
	const char *label;
	void (*answer)(struct packet *p);	/* NULL: silence */
	enum dns_type type;
	enum dns_outcome outcome;
	size_t count;
	uint32_t ttl_s;
	unsigned foreign, malformed;	/* drops */
} ways[] = {
	{ "good", answer_a, DNS_A, DNS_GOOD, 2, 60, 0, 0 },
	{ "six", answer_aaaa, DNS_AAAA, DNS_GOOD, 1, 7, 0, 0 },
	{ "srv", answer_srv, DNS_SRV, DNS_GOOD, 3, 300, 0, 0 },
	{ "cname", answer_cname, DNS_A, DNS_GOOD, 1, 30, 0, 0 },
	{ "cnameloop", answer_cname_loop, DNS_A, DNS_MALFORMED, 0, 0, 0, 1 },
	{ "dangling", answer_dangling, DNS_A, DNS_NODATA, 0, 0, 0, 0 },
	{ "nxdomain", answer_nxdomain, DNS_A, DNS_NXDOMAIN, 0, 0, 0, 0 },
	{ "nodata", answer_nodata, DNS_A, DNS_NODATA, 0, 0, 0, 0 },
	{ "servfail", answer_servfail, DNS_A, DNS_SERVFAIL, 0, 0, 0, 0 },
	{ "bareservfail", answer_bare_servfail, DNS_A, DNS_SERVFAIL, 0, 0, 0, 0 },
	{ "bare", answer_bare, DNS_A, DNS_SILENT, 0, 0, 1, 0 },
	{ "refused", answer_refused, DNS_A, DNS_REFUSED, 0, 0, 0, 0 },
	{ "notimp", answer_notimp, DNS_SRV, DNS_NODATA, 0, 0, 0, 0 },	/* B4 */
	{ "oddrcode", answer_odd_rcode, DNS_A, DNS_SERVFAIL, 0, 0, 0, 0 },
	{ "truncated", answer_truncated, DNS_A, DNS_TRUNCATED, 0, 0, 0, 0 },	/* B57 */
	{ "malformed", answer_malformed, DNS_A, DNS_MALFORMED, 0, 0, 0, 1 },
	{ "badsize", answer_bad_size, DNS_A, DNS_MALFORMED, 0, 0, 0, 1 },
	{ "pointerloop", answer_pointer_loop, DNS_A, DNS_MALFORMED, 0, 0, 0, 1 },
	{ "many", answer_many, DNS_A, DNS_GOOD, DNS_RECORDS_MAX, 60, 0, 0 },
	{ "oversized", answer_oversized, DNS_A, DNS_TRUNCATED, 0, 0, 0, 0 },
	{ "silence", NULL, DNS_A, DNS_SILENT, 0, 0, 0, 0 },
	{ "wrongid", answer_wrong_id, DNS_A, DNS_SILENT, 0, 0, 1, 0 },
	{ "wrongquestion", answer_wrong_question, DNS_A, DNS_SILENT, 0, 0, 1, 0 },
	{ "wrongtype", answer_wrong_type, DNS_A, DNS_SILENT, 0, 0, 1, 0 },
	{ "othercase", answer_other_case, DNS_A, DNS_GOOD, 1, 60, 0, 0 },
	{ "noqr", answer_no_qr, DNS_A, DNS_SILENT, 0, 0, 0, 1 },
	{ "garbage", answer_garbage, DNS_A, DNS_SILENT, 0, 0, 0, 1 },
	{ "short", answer_short, DNS_A, DNS_SILENT, 0, 0, 0, 1 },
	{ "referral", answer_referral, DNS_A, DNS_SERVFAIL, 0, 0, 0, 0 },
	{ "hugettl", answer_huge_ttl, DNS_A, DNS_GOOD, 1, 0, 0, 0 },
	{ "old", answer_old, DNS_A, DNS_GOOD, 1, 60, 0, 0 },
	{ "formerr", answer_formerr, DNS_A, DNS_SERVFAIL, 0, 0, 0, 0 },
	{ "liar", answer_a, DNS_A, DNS_GOOD, 2, 60, 3, 0 },	/* another address answers first */
};

static const struct way *
way_of(const uint8_t *question, size_t len)
{
	for (size_t i = 0; i < UNIT_COUNT(ways); i++) {
		size_t label = strlen(ways[i].label);

		if (len > label && question[0] == label && memcmp(question + 1, ways[i].label, label) == 0)
			return &ways[i];
	}
	return NULL;
}

static void
send_as_liar(const struct peer *to, const struct packet *p)
{
	struct sockaddr_storage name;
	socklen_t len = sockaddr_of(&to->address, &name);

	for (int i = 0; i < 3; i++)
		sendto(ns.liar, p->bytes, p->len, 0, (struct sockaddr *)&name, len);
}

static void
on_question(void *arg, const struct peer *from, const struct address *local, const uint8_t *bytes, size_t len)
{
	struct packet p = { 0 };
	const struct way *way;
	size_t question_len;

	(void)arg;
	(void)local;
	ck_assert_uint_ge(len, 17);
	way = way_of(bytes + 12, len - 12);
	question_len = strlen((const char *)bytes + 12) + 5;
	if (ns.asked < UNIT_COUNT(ns.ids)) {
		ns.ids[ns.asked] = (unsigned)(bytes[0] << 8 | bytes[1]);
		ns.ports[ns.asked] = from->address.port;
		/* B57: an OPT record with 4096 */
		ns.saw_edns[ns.asked] = bytes[11] == 1 && len == 12 + question_len + 11 &&
		    memcmp(bytes + 12 + question_len, "\0\0\x29\x10\0\0\0\0\0\0\0", 11) == 0;
	}
	ns.asked++;
	if (!way || !way->answer)
		return;
	put(&p, bytes, 12 + question_len);
	p.bytes[2] = 0x81;
	p.bytes[3] = 0x80;
	p.bytes[11] = 0;
	way->answer(&p);
	if (strcmp(way->label, "liar") == 0)
		send_as_liar(from, &p);
	ck_assert_int_eq(transport_send(ns.transport, from, 0, p.bytes, p.len), 0);
}

static void
on_unreachable(void *arg, const struct peer *to, enum transport_failure failure, const uint8_t *quoted, size_t len)
{
	(void)arg;
	(void)to;
	(void)failure;
	(void)quoted;
	(void)len;
}

static const struct transport_events nameserver_events = { on_question, on_unreachable };

static void
on_end(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static int
bound_socket(const char *text, struct address *address)
{
	struct sockaddr_storage name;
	socklen_t len;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert(address_parse(address, text));
	len = sockaddr_of(address, &name);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, len), 0);
	len = sizeof(name);
	getsockname(fd, (struct sockaddr *)&name, &len);
	sockaddr_read((struct sockaddr *)&name, address);
	return fd;
}

static void
setup(void)
{
	struct transport_listen listen = { .transport = SIP_UDP };
	struct peer near = { .transport = SIP_UDP };
	struct address liar;
	char error[256];

	memset(&ns, 0, sizeof(ns));
	memset(&drops, 0, sizeof(drops));
	loop = loop_new();
	end = timer_new(loop, on_end, NULL);
	resolver = resolver_new(loop, &drops);
	address_parse(&listen.address, "127.0.0.53");
	near.address = listen.address;
	ns.transport = transport_new(loop, &listen, 1, NULL, &nameserver_events, NULL, error);
	ck_assert_msg(ns.transport != NULL, "%s", error);
	ck_assert_int_eq(transport_local(ns.transport, &near, &ns.address), 0);
	ns.liar = bound_socket("127.0.0.54", &liar);
}

static void
teardown(void)
{
	close(ns.liar);
	transport_free(ns.transport);
	resolver_free(resolver);
	timer_free(end);
	loop_free(loop);
}

static void
on_answer(void *arg, const struct dns_answer *answer)
{
	struct result *r = arg;

	ck_assert(!r->told);
	ck_assert(!r->inside);
	r->told = true;
	ck_assert(dns_answer_copy(&r->answer, answer));
	loop_stop(loop);
}

static void
ask_and_run(struct result *r, const struct address *nameserver, const char *name, enum dns_type type)
{
	*r = (struct result){ .inside = true };
	ck_assert_ptr_nonnull(resolver_ask(resolver, nameserver, name, type, SILENT_MS, on_answer, r));
	r->inside = false;
	timer_set(end, instant_add(loop_now(loop), 3000));
	loop_run(loop);
	ck_assert(r->told);
}

START_TEST(test_outcomes)
{
	const struct way *way = &ways[_i];
	struct result r;
	char name[128];

	snprintf(name, sizeof(name), "%s.example.com", way->label);
	ask_and_run(&r, &ns.address, name, way->type);
	ck_assert_msg(r.answer.outcome == way->outcome, "%s: %s", name, dns_outcome_str(r.answer.outcome));
	ck_assert_msg(r.answer.count == way->count, "%s: %zu records", name, r.answer.count);
	ck_assert_msg(r.answer.ttl_s == way->ttl_s, "%s: TTL %u", name, r.answer.ttl_s);
	ck_assert_msg(drops.count[DROP_DNS_FOREIGN] == way->foreign, "%s: foreign", name);
	ck_assert_msg(drops.count[DROP_DNS_MALFORMED] == way->malformed, "%s: malformed", name);
	dns_answer_fini(&r.answer);
}
END_TEST

static void
check_ip(const struct dns_record *record, const char *text)
{
	char got[ADDRESS_TEXT_SIZE];

	ck_assert_str_eq(address_str(&record->address, got), text);
}

START_TEST(test_records)
{
	struct result r;

	ask_and_run(&r, &ns.address, "good.example.com", DNS_A);
	check_ip(&r.answer.records[0], "192.0.2.1");
	check_ip(&r.answer.records[1], "192.0.2.2");
	dns_answer_fini(&r.answer);
	ask_and_run(&r, &ns.address, "six.example.com", DNS_AAAA);
	check_ip(&r.answer.records[0], "[2001:db8::7]");
	dns_answer_fini(&r.answer);
	ask_and_run(&r, &ns.address, "cname.example.com", DNS_A);
	check_ip(&r.answer.records[0], "192.0.2.9");
	dns_answer_fini(&r.answer);
	ask_and_run(&r, &ns.address, "srv.example.com", DNS_SRV);
	ck_assert_uint_eq(r.answer.records[0].priority, 10);
	ck_assert_uint_eq(r.answer.records[0].weight, 5);
	ck_assert_uint_eq(r.answer.records[0].port, 5060);
	ck_assert_str_eq(r.answer.records[0].target, "alpha.example.com");
	ck_assert_str_eq(r.answer.records[1].target, "b.example.com");
	ck_assert_str_eq(r.answer.records[2].target, "");	/* "." */
	dns_answer_fini(&r.answer);
}
END_TEST

/* B56: fresh and unpredictable for every lookup; 32 of them share neither ID nor port, nor go up by one. */
START_TEST(test_B56_id_and_port)
{
	unsigned same_id = 0, same_port = 0, steps = 0;

	for (int i = 0; i < 32; i++) {
		struct result r;

		ask_and_run(&r, &ns.address, "good.example.com", DNS_A);
		ck_assert(ns.saw_edns[i]);
		dns_answer_fini(&r.answer);
		for (int k = 0; k < i; k++) {
			same_id += ns.ids[i] == ns.ids[k];
			same_port += ns.ports[i] == ns.ports[k];
		}
		steps += i > 0 && ns.ids[i] == ns.ids[i - 1] + 1;
	}
	ck_assert_uint_le(same_id, 2);
	ck_assert_uint_le(same_port, 4);
	ck_assert_uint_le(steps, 1);
}
END_TEST

/* A name server that is not there says so at once by ICMP. */
START_TEST(test_B56_closed_port)
{
	struct instant start = loop_now(loop);
	struct address dead;
	struct result r;

	close(bound_socket("127.0.0.54", &dead));
	ask_and_run(&r, &dead, "good.example.com", DNS_A);
	ck_assert_int_eq(r.answer.outcome, DNS_UNSENDABLE);
	ck_assert_int_lt(instant_since(start, loop_now(loop)), SILENT_MS / 2);
}
END_TEST

START_TEST(test_unsendable)
{
	static const char *const names[] = { "", ".", "a..b", "good.example.com" };
	struct address to = ns.address;
	char longest[DNS_NAME_SIZE];
	struct result r;

	for (size_t i = 0; i < UNIT_COUNT(names); i++) {
		if (i == 3)
			address_parse(&to, "255.255.255.255:53");	/* not without SO_BROADCAST */
		ask_and_run(&r, &to, names[i], DNS_A);
		ck_assert_int_eq(r.answer.outcome, DNS_UNSENDABLE);
	}
	memset(longest, 'x', sizeof(longest) - 1);	/* a label of 255 */
	longest[sizeof(longest) - 1] = '\0';
	ask_and_run(&r, &ns.address, longest, DNS_A);
	ck_assert_int_eq(r.answer.outcome, DNS_UNSENDABLE);
	ck_assert_uint_eq(ns.asked, 0);
}
END_TEST

START_TEST(test_longest_name)
{
	char name[DNS_NAME_SIZE];
	struct result r;

	memset(name, 'x', 253);
	for (int i = 0; i < 253; i += 60)
		name[i] = i == 0 ? 'x' : '.';
	name[253] = '\0';
	ask_and_run(&r, &ns.address, name, DNS_SRV);
	ck_assert_int_eq(r.answer.outcome, DNS_SILENT);
	ck_assert_uint_eq(ns.asked, 1);
	ck_assert(ns.saw_edns[0]);
}
END_TEST

START_TEST(test_cancel_and_free)
{
	struct result r = { 0 }, other = { 0 };
	struct resolver_query *query;

	query = resolver_ask(resolver, &ns.address, "good.example.com", DNS_A, SILENT_MS, on_answer, &r);
	ck_assert_ptr_nonnull(resolver_ask(resolver, &ns.address, "silence.example.com", DNS_A, 60000, on_answer,
	    &other));
	resolver_cancel(query);
	resolver_cancel(NULL);
	timer_set(end, instant_add(loop_now(loop), 50));
	loop_run(loop);
	ck_assert(!r.told);
	ck_assert(!other.told);	/* ends with the resolver, in teardown, without a call */
}
END_TEST

START_TEST(test_system_nameservers)
{
	struct address found[RESOLVER_NAMESERVERS_MAX];
	size_t count = resolver_system_nameservers(found);

	ck_assert_uint_ge(count, 1);
	ck_assert_uint_le(count, RESOLVER_NAMESERVERS_MAX);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_ne(found[i].family, ADDRESS_NONE);
		ck_assert_uint_eq(found[i].port, 53);
	}
}
END_TEST

static void
count_line(void *arg, enum log_level level, const char *line)
{
	(void)level;
	if (strstr(line, "127.0.0.1 is asked") != NULL)
		++*(unsigned *)arg;
}

START_TEST(test_no_nameservers)
{
	struct address found[RESOLVER_NAMESERVERS_MAX];
	char path[] = "test-resolver.XXXXXX", text[ADDRESS_TEXT_SIZE];
	int fd = mkstemp(path);
	unsigned said = 0;

	ck_assert_int_ge(fd, 0);
	log_to_sink(count_line, &said);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(resolver_nameservers_of(path, found), 1);
	ck_assert_str_eq(address_str(&found[0], text), "127.0.0.1:53");
	ck_assert_uint_eq(said, 1);
	ck_assert_int_eq(write(fd, "nameserver 192.0.2.53\n", 22), 22);
	close(fd);
	ck_assert_uint_eq(resolver_nameservers_of(path, found), 1);
	ck_assert_str_eq(address_str(&found[0], text), "192.0.2.53:53");
	ck_assert_uint_eq(said, 1);
	unlink(path);
	ck_assert_uint_eq(resolver_nameservers_of(path, found), 1);
	ck_assert_uint_eq(said, 2);
	log_to_sink(NULL, NULL);
}
END_TEST

static Suite *
resolver_suite(void)
{
	Suite *s = suite_create("resolver");
	TCase *c = tcase_create("resolver");

	tcase_set_timeout(c, 30);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, test_outcomes, 0, UNIT_COUNT(ways));
	tcase_add_test(c, test_records);
	tcase_add_test(c, test_B56_id_and_port);
	tcase_add_test(c, test_B56_closed_port);
	tcase_add_test(c, test_unsendable);
	tcase_add_test(c, test_longest_name);
	tcase_add_test(c, test_cancel_and_free);
	tcase_add_test(c, test_system_nameservers);
	tcase_add_test(c, test_no_nameservers);
	suite_add_tcase(s, c);
	return s;
}

UNIT_MAIN(resolver_suite)
