/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_TESTS_TALLY_H
#define SIPKEEPD_TESTS_TALLY_H

/*
 * How often each rule's transitions have come about, over all histories of a run (chaos --counts): a rule that the
 * random world hardly meets is not proven by it. Counted where they are seen: in the packets (registrar.c, invariants.c,
 * streams.c), in the records (B73) and in the states of the accounts (judge.c).
 */

#include <stdbool.h>
#include <stddef.h>

#define TALLIES(X) \
	X(B12_UP, "B12 up by OPTIONS") \
	X(B13_408, "B13 down: 408") \
	X(B13_ICMP, "B13 down: unreachable, refused or reset") \
	X(B13_REFUSED, "B13 connections refused") \
	X(B13_NOT_MADE, "B13 connections not made") \
	X(B13_BROKEN, "B13 connections broken with a request unanswered") \
	X(B14_503, "B14 down: 503") \
	X(B14_RETRY, "B14 Retry-After told to OPTIONS") \
	X(B14_UNCLEAR, "B14 unknown: another 5xx") \
	X(B15_REFUSED, "B15 failed") \
	X(B15_NOT_STORED, "B15, B33 2xx that is a refusal") \
	X(B16_FREE, "B16 free again") \
	X(B16_PAUSE, "B16 two have refused the credentials: pause") \
	X(B17_UP, "B17 up by REGISTER") \
	X(B17_SILENT, "B17 a REGISTER is silent") \
	X(B18_HELD, "B18 held off by an answer") \
	X(B18_SILENT, "B18 held off for silence") \
	X(B18_FREE, "B18 free again") \
	X(B19_DOWN, "B19 down by silence") \
	X(B19_SECOND, "B19 second round at once") \
	X(B20_IDLE, "B20 connections ended while idle") \
	X(B20_PING, "B20 pings") \
	X(B23_UNJUDGED, "B23 silent OPTIONS, taken REGISTERs") \
	X(B30_REGISTERED, "B30 registered") \
	X(B31_ALONE, "B31 stays on the dead one: there is no other") \
	X(B31_UNPROVEN, "B31 stays: the better one is not known to be up") \
	X(B32_WAITS, "B32 waits for a name of better rank") \
	X(B33_GRANT, "B33 grants of another length than asked") \
	X(B33_SHORT, "B33 grants below 30 s") \
	X(B33_BARE, "B33 2xx without a Contact") \
	X(B34_REFRESH, "B34 REGISTERs of a known Call-ID") \
	X(B35_DIGEST, "B35 credentials accepted") \
	X(B35_STALE, "B35 nonces refused as stale") \
	X(B36_BRIEF, "B36 423") \
	X(B37_DOWN, "B37 failover: the active one is down") \
	X(B37_SILENT, "B37 failover: the first REGISTER is silent") \
	X(B37_REFUSED, "B37 failover: refused or held off") \
	X(B38_FAILBACK, "B38 failback") \
	X(B38_QUESTION, "B38 questions") \
	X(B38_UNREGISTERED, "B38 unregisters answered") \
	X(B38_UNANSWERED, "B38 unregisters not answered") \
	X(B38_UNSTABLE, "B38 the better one is not stable yet") \
	X(B38_BLOCKED, "B38 the better one is left out for now") \
	X(B38_DOUBLED, "B38 a failback did not last: waits longer") \
	X(B39_EQUAL, "B39 stays among equals") \
	X(B40_CLEAN, "B40 clean-up unregisters") \
	X(B41_WAIT, "B41 all left out: waits") \
	X(B42_PACED, "B42 waits for its turn") \
	X(B43_STOPPED, "B43 unregisters at the end") \
	X(B50_LOOKUPS, "B50 DNS questions") \
	X(B51_STALE, "B51 the last good answer stays") \
	X(B51_FAILED, "B51 nothing known yet") \
	X(B51_FRESH, "B51 an answer again") \
	X(B52_DOUBTED, "B52 a \"none\" that is not believed") \
	X(B53_LEFT, "B53 left what is listed no more") \
	X(B54_NEXT, "B54 the next name server asked") \
	X(B55_RESTART, "B55 starts with a saved state") \
	X(B60_FROZEN, "B60 frozen") \
	X(B60_THAWED, "B60 thawed") \
	X(B60_STANDSTILL, "B60 the daemon stood still") \
	X(B61_WAY, "B61 down: the way to it alone is lost") \
	X(B62_ADDRESS, "B62 new address") \
	X(B71_RELOAD, "B71 reloads") \
	X(B71_SAME, "B71 reloads of the same file") \
	X(B50_UNCHANGED, "B50 unchanged DNS answers") \
	X(B71_REMOVED, "B71 accounts removed") \
	X(B74_DRAINED, "B74 drained") \
	X(B74_MOVED, "B74 moved away from a drained one") \
	X(B74_LAST, "B74 stays on the drained one: there is no other") \
	X(B85_ANSWERED, "B85 answers to servers' requests")

#define TALLY_ENUM(name, text) TALLY_##name,

enum tally_rule {
	TALLIES(TALLY_ENUM)
	TALLY_COUNT,
};

void tally(enum tally_rule what);

struct tallies {
	unsigned long count[TALLY_COUNT];
};

const struct tallies *tally_sum(void);
void tally_add(const struct tallies *more);

/* One line for each: "COUNT  WORDS". */
void tally_print(void);

/* Each came about that often. If not, says which did not. */
bool tally_enough(unsigned long least);

#endif
