/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CTL_PCAP_H
#define SIPKEEPD_CTL_PCAP_H

/*
 * A capture file of SIP messages that never were packets: each in an IP and a UDP header made up for it, whatever its
 * transport was. Wireshark, tshark and sngrep read it.
 *
 * Source: the format of libpcap, version 2.4, link type LINKTYPE_RAW (101): RFC 791 or RFC 8200, RFC 768.
 */

#include <stdint.h>
#include <stdio.h>

#include "base/address.h"
#include "base/str.h"

struct pcap_message {
	int64_t wall_ms;		/* since 1970 */
	struct address from, to;	/* of one family, or ADDRESS_NONE: not known */
	struct span head;		/* as sent, with its CRLFs and the empty line */
	size_t body;			/* bytes that were behind it: the packet is one that was not captured to its end */
};

/* What every file begins with. */
void pcap_begin(FILE *file);
void pcap_write(FILE *file, const struct pcap_message *message);

#endif
