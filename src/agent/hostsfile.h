/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_AGENT_HOSTSFILE_H
#define SIPKEEPD_AGENT_HOSTSFILE_H

/*
 * /etc/hosts (B8). One reading serves all that ask at the same time, so it is never older than they are. For
 * agent/lookups.
 */

#include "core/hosts.h"
#include "net/loop.h"

struct hostsfile;

struct hostsfile *hostsfile_new(struct loop *loop);	/* NULL without memory */
void hostsfile_free(struct hostsfile *hostsfile);

/*
 * The addresses of a name.
 *
 * Returns how many, as hosts_find(), 0 if the file cannot be read; or -ENOMEM: what it says is not known.
 */
int hostsfile_find(struct hostsfile *hostsfile, const char *name, struct address to[HOSTS_ADDRESSES_MAX]);

#endif
