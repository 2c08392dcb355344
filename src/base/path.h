/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_BASE_PATH_H
#define SIPKEEPD_BASE_PATH_H

/*
 * What the kernel knows of the way to an address, as data: net/netwatch asks for it, core/network judges (B61).
 */

#include <stdbool.h>

#include "base/address.h"

struct path {
	bool routed;			/* the routing table leads somewhere; else all the rest is empty */
	bool up;			/* the interface is up */
	bool carrier;			/* and has carrier (IFF_LOWER_UP) */
	struct address local;		/* that packets would leave from, port 0; ADDRESS_NONE: the interface has none */
	struct address router;		/* next hop that is not the address itself; ADDRESS_NONE: none */
	bool router_failed;		/* the kernel has asked for it in vain (NUD_FAILED) and not found it since */
	bool router_sought;		/* it is just being asked for: nobody knows yet */
};

#endif
