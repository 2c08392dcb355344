/* SPDX-License-Identifier: ISC */
/* net/store.h: a handful of files in memory. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "net/forked.h"
#include "net/store.h"

struct file {
	UT_hash_handle hh;
	char *path;
	char *bytes;			/* NULL: not there */
	size_t len;
	bool unwritable, unreadable;
};

static struct file *files;
static bool disk;			/* what is not here is looked for on the disk */

static struct file *
file_make(const char *path)
{
	struct file *f;

	HASH_FIND_STR(files, path, f);
	if (f == NULL) {
		f = memory(sizeof(*f));
		f->path = text_copy(span_of(path));
		HASH_ADD_KEYPTR(hh, files, f->path, strlen(f->path), f);
	}
	return f;
}

static void
set(const char *path, const char *bytes, size_t len)
{
	struct file *f = file_make(path);

	free(f->bytes);
	f->bytes = text_copy((struct span){ bytes, len });
	f->len = len;
}

static void
remove_file(struct file *f)
{
	HASH_DEL(files, f);
	free(f->path);
	free(f->bytes);
	free(f);
}

void
files_end(void)
{
	while (files != NULL)
		remove_file(files);
}

void
world_disk(bool readable)
{
	disk = readable;
}

void
world_file_set(const char *path, const char *text)
{
	struct file *f;

	if (text != NULL) {
		set(path, text, strlen(text));
		return;
	}
	HASH_FIND_STR(files, path, f);
	if (f != NULL)
		remove_file(f);
}

void
world_file_unwritable(const char *path, bool unwritable)
{
	file_make(path)->unwritable = unwritable;
}

void
world_file_unreadable(const char *path, bool unreadable)
{
	file_make(path)->unreadable = unreadable;
}

bool
world_has_state(void)
{
	for (const struct file *f = files; f != NULL; f = f->hh.next)
		if (f->bytes != NULL)
			return true;
	return false;
}

bool
world_file_has(const char *path, const char *text)
{
	struct file *f;

	HASH_FIND_STR(files, path, f);
	return f != NULL && f->bytes != NULL && strstr(f->bytes, text) != NULL;
}

int
store_read(const char *path, struct strbuf *to)
{
	struct file *f;

	HASH_FIND_STR(files, path, f);
	if (f == NULL || f->bytes == NULL)
		return disk ? disk_read(path, to) : -ENOENT;
	if (f->unreadable)
		return -EACCES;
	strbuf_append_n(to, f->bytes, f->len);
	return to->failed ? -ENOMEM : 0;
}

int
store_write(const char *path, const char *bytes, size_t len)
{
	static const struct address nowhere;
	bool runs = world_agent_runs, unwritable;

	world_agent_runs = false;
	happened(HAPPENED_WRITE, &nowhere, path, 0, 0);
	unwritable = file_make(path)->unwritable;
	if (!unwritable)
		set(path, bytes, len);
	world_agent_runs = runs;
	if (unwritable) {
		world_story("file %s cannot be written", path);
		return -EROFS;
	}
	world_story("file %s written, %zu bytes", path, len);
	return 0;
}

int
store_others_may_read(const char *path)
{
	struct file *f;

	HASH_FIND_STR(files, path, f);
	if (f != NULL && f->bytes != NULL)
		return 0;
	return disk ? disk_others_may_read(path) : -ENOENT;
}

/* ---- net/forked.h: the work is done at once; that it has ended is told from the loop. ---- */

struct forked {
	struct timer *timer;
	int result;
	void (*on_done)(void *arg, int result);
	void *arg;
};

static void
tell_end(void *arg)
{
	struct forked *forked = arg;
	struct forked told = *forked;

	forked_free(forked);
	told.on_done(told.arg, told.result);
}

struct forked *
forked_run(struct loop *loop, int (*work)(void *arg), void (*on_done)(void *arg, int result), void *arg)
{
	struct forked *forked = memory(sizeof(*forked));

	*forked = (struct forked){ .timer = timer_new(loop, tell_end, forked), .on_done = on_done, .arg = arg };
	if (forked->timer == NULL) {
		free(forked);
		return NULL;
	}
	forked->result = work(arg);
	timer_set(forked->timer, loop_now(loop));
	return forked;
}

int
forked_wait(struct forked *forked)
{
	int result = forked->result;

	forked_free(forked);
	return result;
}

void
forked_free(struct forked *forked)
{
	if (forked == NULL)
		return;
	timer_free(forked->timer);
	free(forked);
}
