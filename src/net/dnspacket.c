/* SPDX-License-Identifier: ISC */
#include "net/dnspacket.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <netinet/in.h>

/* Both we and udns have an enum of that name. */
#define dns_type udns_dns_type
#include <udns.h>
#undef dns_type

enum { CNAMES_MAX = 16 };

struct reading {
	const struct dnspacket_question *question;
	struct dns_parse parse;		/* rewound for each walk over the records */
	dnsc_t owner[DNS_MAXDN];	/* whose records count: the question, or where its CNAMEs lead */
	uint32_t ttl;
};

bool
dnspacket_question(struct dnspacket_question *question, const char *name, enum dns_type type)
{
	int len = dns_ptodn(name, 0, question->name, DNS_MAXDN, NULL);

	if (len <= 1)
		return false;
	question->len = (size_t)len;
	question->type = type;
	return true;
}

size_t
dnspacket_write(const struct dnspacket_question *question, uint16_t id, bool edns, uint8_t to[DNSPACKET_QUESTION_MAX])
{
	uint8_t *at = to + DNS_HSIZE;

	memset(to, 0, DNS_HSIZE);
	dns_put16(to + DNS_H_QID, id);
	to[DNS_H_F1] = DNS_HF1_RD;
	to[DNS_H_QDCNT2] = 1;
	memcpy(at, question->name, question->len);
	at = dns_put16(at + question->len, (unsigned)question->type);
	at = dns_put16(at, DNS_C_IN);
	if (edns) {
		to[DNS_H_ARCNT2] = 1;
		*at++ = 0;			/* the root's name */
		at = dns_put16(at, DNS_T_OPT);
		at = dns_put16(at, DNSPACKET_EDNS_SIZE);
		memset(at, 0, 6);		/* version 0, no flags, no options */
		at += 6;
	}
	return (size_t)(at - to);
}

/* Some servers leave out the question when they say that they could not make anything of it. */
static bool
may_lack_question(const uint8_t *bytes)
{
	unsigned rcode = dns_rcode(bytes);

	return rcode == DNS_R_FORMERR || rcode == DNS_R_SERVFAIL || rcode == DNS_R_NOTIMPL || rcode == DNS_R_REFUSED;
}

static enum dnspacket_fit
question_fit(const struct dnspacket_question *question, const uint8_t *bytes, size_t len)
{
	dnsc_t name[DNS_MAXDN];
	dnscc_t *at = bytes + DNS_HSIZE, *end = bytes + len;

	if (dns_numqd(bytes) == 0)
		return may_lack_question(bytes) ? DNSPACKET_FITS : DNSPACKET_FOREIGN;
	if (dns_numqd(bytes) > 1)
		return DNSPACKET_FOREIGN;
	if (dns_getdn(bytes, &at, end, name, sizeof(name)) <= 0 || end - at < 4)
		return DNSPACKET_MALFORMED;
	if (!dns_dnequal(name, question->name) || dns_get16(at) != (unsigned)question->type ||
	    dns_get16(at + 2) != DNS_C_IN)
		return DNSPACKET_FOREIGN;
	return DNSPACKET_FITS;
}

enum dnspacket_fit
dnspacket_fit(const struct dnspacket_question *question, uint16_t id, const uint8_t *bytes, size_t len)
{
	enum dnspacket_fit fit;

	if (len < DNS_HSIZE)
		return DNSPACKET_MALFORMED;
	if (dns_qid(bytes) != id)
		return DNSPACKET_FOREIGN;
	if (!dns_qr(bytes) || dns_opcode(bytes) != 0)
		return DNSPACKET_MALFORMED;
	fit = question_fit(question, bytes, len);
	return fit == DNSPACKET_FITS && dns_rcode(bytes) == DNS_R_FORMERR ? DNSPACKET_NO_EDNS : fit;
}

/* RFC 2181 §8: one with the top bit set counts as 0. */
static void
take_ttl(struct reading *r, const struct dns_rr *rr)
{
	uint32_t ttl = rr->dnsrr_ttl > INT32_MAX ? 0 : rr->dnsrr_ttl;

	if (ttl < r->ttl)
		r->ttl = ttl;
}

static void
rewind_to_start(struct reading *r)
{
	dns_rewind(&r->parse, NULL);
	r->parse.dnsp_qtyp = 0;
	r->parse.dnsp_qcls = 0;
}

/* A name that fills the data of a record to its end. */
static bool
read_name(const struct reading *r, dnscc_t *at, dnscc_t *end, dnsc_t to[DNS_MAXDN])
{
	return dns_getdn(r->parse.dnsp_pkt, &at, r->parse.dnsp_end, to, DNS_MAXDN) > 0 && at == end;
}

enum walk { WALK_FOUND, WALK_CNAME, WALK_NOTHING, WALK_MALFORMED };

/* Looks through all records for the owner's: ours, or a CNAME, whose target is the owner from then on. */
static enum walk
look_for_owner(struct reading *r)
{
	dnsc_t target[DNS_MAXDN];
	struct dns_rr rr;
	bool found = false, cname = false;
	int got;

	rewind_to_start(r);
	while ((got = dns_nextrr(&r->parse, &rr)) > 0) {
		if (rr.dnsrr_cls != DNS_C_IN || !dns_dnequal(rr.dnsrr_dn, r->owner))
			continue;
		if ((unsigned)rr.dnsrr_typ == (unsigned)r->question->type) {
			found = true;
		} else if (rr.dnsrr_typ == DNS_T_CNAME && !cname) {
			if (!read_name(r, rr.dnsrr_dptr, rr.dnsrr_dend, target))
				return WALK_MALFORMED;
			take_ttl(r, &rr);
			cname = true;
		}
	}
	if (got < 0)
		return WALK_MALFORMED;
	if (found || !cname)
		return found ? WALK_FOUND : WALK_NOTHING;
	dns_dntodn(target, r->owner, sizeof(r->owner));
	return WALK_CNAME;
}

static bool
read_address(const struct dns_rr *rr, enum address_family family, size_t size, struct dns_record *to)
{
	if (rr->dnsrr_dsz != size)
		return false;
	to->address.family = family;
	memcpy(to->address.ip, rr->dnsrr_dptr, size);
	return true;
}

static bool
read_srv(const struct reading *r, const struct dns_rr *rr, struct dns_record *to)
{
	dnsc_t target[DNS_MAXDN];

	if (rr->dnsrr_dsz < 7 || !read_name(r, rr->dnsrr_dptr + 6, rr->dnsrr_dend, target))
		return false;
	to->priority = (uint16_t)dns_get16(rr->dnsrr_dptr);
	to->weight = (uint16_t)dns_get16(rr->dnsrr_dptr + 2);
	to->port = (uint16_t)dns_get16(rr->dnsrr_dptr + 4);
	if (target[0] == 0)
		return true;		/* ".": no service here (RFC 2782), told as "" */
	if (dns_dntop(target, to->target, sizeof(to->target)) <= 0)
		strcpy(to->target, "?");
	for (char *c = to->target; *c; c++)
		*c = (char)DNS_DNLC(*c);
	return true;
}

static bool
read_record(const struct reading *r, const struct dns_rr *rr, struct dns_record *to)
{
	switch (r->question->type) {
	case DNS_A:
		return read_address(rr, ADDRESS_IPV4, 4, to);
	case DNS_AAAA:
		return read_address(rr, ADDRESS_IPV6, 16, to);
	case DNS_SRV:
		return read_srv(r, rr, to);
	}
	return false;
}

/* Returns false if one of them is malformed. */
static bool
read_records(struct reading *r, struct dns_answer *answer)
{
	struct dns_rr rr;

	rewind_to_start(r);
	while (answer->count < DNS_RECORDS_MAX && dns_nextrr(&r->parse, &rr) > 0) {
		if (rr.dnsrr_cls != DNS_C_IN || (unsigned)rr.dnsrr_typ != (unsigned)r->question->type ||
		    !dns_dnequal(rr.dnsrr_dn, r->owner))
			continue;
		if (!read_record(r, &rr, &answer->records[answer->count]))
			return false;
		take_ttl(r, &rr);
		answer->count++;
	}
	return true;
}

/*
 * An empty answer that points to other name servers is no "no data": that server does not do the work for us
 * (RFC 2308 §2.2). The records that follow the answer section are read on.
 */
static bool
is_referral(struct reading *r)
{
	dnscc_t *pkt = r->parse.dnsp_pkt;
	struct dns_rr rr;
	bool referral = false;

	if (dns_aa(pkt) || dns_ra(pkt))
		return false;
	r->parse.dnsp_rrl = (int)dns_numns(pkt);
	while (dns_nextrr(&r->parse, &rr) > 0) {
		if (rr.dnsrr_typ == DNS_T_SOA)
			return false;
		referral |= rr.dnsrr_typ == DNS_T_NS;
	}
	return referral;
}

/* Only for rcode 0. Returns false without memory. */
static bool
read_answer_section(struct reading *r, struct dns_answer *answer)
{
	unsigned numan = dns_numan(r->parse.dnsp_pkt);
	enum walk walk = WALK_CNAME;

	for (int hops = 0; walk == WALK_CNAME && hops <= CNAMES_MAX; hops++)
		walk = look_for_owner(r);
	answer->outcome = DNS_MALFORMED;
	if (walk == WALK_NOTHING)
		answer->outcome = is_referral(r) ? DNS_SERVFAIL : DNS_NODATA;
	if (walk != WALK_FOUND)
		return true;
	answer->records = calloc(numan < DNS_RECORDS_MAX ? numan : DNS_RECORDS_MAX, sizeof(*answer->records));
	if (!answer->records)
		return false;
	if (!read_records(r, answer)) {
		dns_answer_fini(answer);
		*answer = (struct dns_answer){ .outcome = DNS_MALFORMED };
		return true;
	}
	answer->outcome = DNS_GOOD;
	answer->ttl_s = r->ttl;
	return true;
}

/* What the header alone says; DNS_GOOD: look at the records. */
static enum dns_outcome
outcome_of_header(const uint8_t *bytes)
{
	switch (dns_rcode(bytes)) {
	case DNS_R_NOERROR:
		return dns_tc(bytes) ? DNS_TRUNCATED : DNS_GOOD;
	case DNS_R_NXDOMAIN:
		return dns_tc(bytes) ? DNS_TRUNCATED : DNS_NXDOMAIN;
	case DNS_R_NOTIMPL:
		return DNS_NODATA;	/* B4 */
	case DNS_R_REFUSED:
		return DNS_REFUSED;
	default:
		return DNS_SERVFAIL;
	}
}

bool
dnspacket_read(const struct dnspacket_question *question, const uint8_t *bytes, size_t len, struct dns_answer *answer)
{
	struct reading r = { .question = question, .ttl = INT32_MAX };
	dnscc_t *at = bytes + DNS_HSIZE;

	*answer = (struct dns_answer){ .outcome = outcome_of_header(bytes) };
	if (answer->outcome != DNS_GOOD)
		return true;
	/* dnspacket_fit() has seen that the question is there. */
	if (dns_getdn(bytes, &at, bytes + len, r.owner, sizeof(r.owner)) <= 0)
		return true;
	dns_initparse(&r.parse, NULL, bytes, at, bytes + len);
	return read_answer_section(&r, answer);
}
