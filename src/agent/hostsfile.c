/* SPDX-License-Identifier: ISC */
#include "agent/hostsfile.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "net/store.h"

#define HOSTS_PATH "/etc/hosts"

struct hostsfile {
	struct loop *loop;
	struct strbuf text;
	int error;			/* of the reading: 0 or negative errno */
	struct instant read_at;		/* never: not read */
	struct timer *timer;		/* forgets it again */
};

static void
forget(void *arg)
{
	struct hostsfile *h = arg;

	strbuf_fini(&h->text);
	h->read_at = INSTANT_NEVER;
}

static void
read_now(struct hostsfile *h)
{
	struct instant now = loop_now(h->loop);

	if (!instant_is_never(h->read_at) && !instant_before(h->read_at, now))
		return;
	strbuf_fini(&h->text);
	h->error = store_read(HOSTS_PATH, &h->text);
	h->read_at = now;
	timer_set(h->timer, instant_add(now, 1));
}

int
hostsfile_find(struct hostsfile *h, const char *name, struct address to[HOSTS_ADDRESSES_MAX])
{
	read_now(h);
	if (h->error == -ENOMEM || h->text.failed)
		return -ENOMEM;
	if (h->error != 0 || h->text.len == 0)
		return 0;
	return (int)hosts_find((struct span){ h->text.data, h->text.len }, name, to);
}

struct hostsfile *
hostsfile_new(struct loop *loop)
{
	struct hostsfile *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->loop = loop;
	h->read_at = INSTANT_NEVER;
	h->timer = timer_new(loop, forget, h);
	if (h->timer == NULL) {
		free(h);
		return NULL;
	}
	return h;
}

void
hostsfile_free(struct hostsfile *h)
{
	if (h == NULL)
		return;
	timer_free(h->timer);
	strbuf_fini(&h->text);
	free(h);
}
