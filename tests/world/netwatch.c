/* SPDX-License-Identifier: ISC */
/* net/netwatch.h in virtual time: the ways that the network's script says there are. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "net/netwatch.h"

struct netwatch {
	struct timer *timer;
	bool changed;
	void (*on_change)(void *arg);
	void *arg;
};

static struct netwatch *watch;

void
netwatch_changed(void)
{
	if (watch == NULL)
		return;
	watch->changed = true;
	timer_set(watch->timer, world_now());
}

static void
on_due(void *arg)
{
	struct netwatch *w = arg;

	if (netwatch_poll(w))
		w->on_change(w->arg);
}

struct netwatch *
netwatch_new(struct loop *loop, const char *interface, void (*on_change)(void *arg), void *arg, int *error)
{
	(void)interface;
	*error = 0;
	watch = memory(sizeof(*watch));
	watch->timer = timer_new(loop, on_due, watch);
	if (watch->timer == NULL) {
		free(watch);
		watch = NULL;
		*error = -ENOMEM;
		return NULL;
	}
	watch->on_change = on_change;
	watch->arg = arg;
	return watch;
}

void
netwatch_free(struct netwatch *netwatch)
{
	if (netwatch == NULL)
		return;
	timer_free(netwatch->timer);
	free(netwatch);
	watch = NULL;
}

bool
netwatch_poll(struct netwatch *netwatch)
{
	bool changed = netwatch->changed;

	netwatch->changed = false;
	timer_set(netwatch->timer, INSTANT_NEVER);
	return changed;
}

void
netwatch_path(struct netwatch *netwatch, const struct address *to, const struct address *from, bool interface,
    struct path *path)
{
	(void)netwatch;
	(void)from;
	(void)interface;
	network_path(to, path);
}
