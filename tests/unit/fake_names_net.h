/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_TESTS_FAKE_NAMES_NET_H
#define SIPKEEPD_TESTS_FAKE_NAMES_NET_H

/*
 * The little world of agent/names: a virtual clock, name servers 192.0.2.1, .2 … that answer by a script, a hosts
 * file. It implements what names needs of net/loop.h, resolver.h, store.h and entropy.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/dns.h"
#include "net/loop.h"

struct resolver;

/* A clean world: time 0, no script (every name server is silent), no hosts file, two name servers in resolv.conf. */
void fake_reset(void);

struct loop *fake_loop(void);
struct resolver *fake_resolver(void);
struct address fake_nameserver(unsigned place);		/* 1 is 192.0.2.1 */

/* Runs until that instant; everything due then is done. */
void fake_run_until(int64_t ms);

/*
 * From now on that name server (0: all of them) answers so; the latest words count.
 *
 * what   "NXDOMAIN", "NODATA", "SERVFAIL", "REFUSED", "SILENT", "MALFORMED", "TRUNCATED", "UNSENDABLE", or records:
 *        addresses ("192.0.2.9 2001:db8::9": those of the type asked for), SRV as "PRIORITY:WEIGHT:PORT:TARGET"
 */
void fake_say(unsigned nameserver, enum dns_type type, const char *name, const char *what);
void fake_delay(int64_t ms);		/* of all answers from now on; 10 ms at first */
void fake_ttl(uint32_t ttl_s);		/* 300 at first */
void fake_hosts(const char *text, int error);
void fake_system_nameservers(size_t count);
void fake_jitter(uint8_t byte);		/* what all random bytes are; 0 at first */
void fake_fail(bool timers, bool queries);	/* no memory for new ones */

/* What was asked since fake_reset() or the last call: "TIME_MS@NAMESERVER TYPE NAME" separated by "; ". */
const char *fake_asked(void);
unsigned fake_hosts_reads(void);
size_t fake_queries(void);		/* under way */
size_t fake_timers(void);		/* that exist */

#endif
