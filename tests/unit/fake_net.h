/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_TESTS_FAKE_NET_H
#define SIPKEEPD_TESTS_FAKE_NET_H

/*
 * The least of net/ that tests of sip/ need: a clock that stands still until it is moved, timers, a transport that
 * writes down what is sent, and random bytes that are always the same. One of each, so it has no objects.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/instant.h"
#include "net/loop.h"
#include "net/transport.h"
#include "sip/wire.h"

struct fake_sent {
	struct instant at;
	struct peer to;
	size_t len;
	uint8_t bytes[2048];
};

/* Time 1,000,000 ms, nothing sent, sends succeed. Timers of before must be gone. */
void fake_reset(void);
struct loop *fake_loop(void);
struct wire *fake_wire(void);		/* before a transport of the test's; nobody looks on after fake_reset() */

/* Moves the clock; timers fire in order, each at its own time. */
void fake_advance(int64_t ms);

/* Moves the clock without a look at the timers, as a process that was stopped sees it. */
void fake_stop(int64_t ms);

/* What transport_send() returns from now on; with anything but 0 nothing is written down. */
void fake_send_result(int result);

size_t fake_sent_count(void);
const struct fake_sent *fake_sent(size_t i);
size_t fake_timers(void);	/* made and not freed */

#endif
