/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_CONTROL_HTTP_H
#define SIPKEEPD_CONTROL_HTTP_H

/*
 * What a browser and a monitoring system are shown, if the configuration says where (http):
 *
 *	/		the status page
 *	/metrics	for Prometheus; /metrics?accounts=no without what is of each account
 *	/status.json	as sipkeepctl status --json; with a query (control/accountfilter.h) some of the accounts alone
 *	/healthz	200: the loop turns
 *	/readyz		200: each account has been registered, refused or given up once since it was configured; else 503
 *
 * Nothing can be changed here, nobody is asked who he is, no secret is shown.
 */

#include "agent/agent.h"
#include "net/loop.h"

struct http;

/*
 * Nothing is listened at yet.
 *
 * version   of the program; must outlive it
 * NULL without memory.
 */
struct http *http_new(struct loop *loop, struct agent *agent, const char *version);
void http_free(struct http *http);		/* before its agent and its loop; NULL is fine */

/*
 * Listens where the configuration says, and nowhere else any more; when that is the same as before, nothing happens
 * to those who are connected. When it fails all is as before.
 *
 * error   on failure: why (256 bytes)
 * Returns false on failure.
 */
bool http_configure(struct http *http, const struct config *config, char error[256]);

#endif
