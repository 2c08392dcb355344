/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CTL_TRACE_H
#define SIPKEEPD_CTL_TRACE_H

/* SIP messages as the daemon tells of them (control/traces.h): to be read, or as a capture (ctl/pcap.h). */

int trace_run(const char *socket, char *words[]);	/* struct command's run */

#endif
