/* SPDX-License-Identifier: ISC */
#include "net/tls.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "net/tlsprovider.h"

#ifndef SIPKEEPD_MODULEDIR
#define SIPKEEPD_MODULEDIR "/usr/libexec/sipkeepd"
#endif

struct tls {
	const struct tls_provider *by;
	void *module;			/* NULL: linked in */
	struct tls_context *context;
};

bool
tls_built_in(void)
{
#ifdef HAVE_OPENSSL
	return true;
#else
	return false;
#endif
}

/* Where the program was built the module lies below it; else where it was installed. */
static void *
open_module(char error[256])
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/net/tls.so"));
	void *module = NULL;
	char *slash;

	if (len > 0) {
		path[len] = '\0';
		slash = strrchr(path, '/');
		strcpy(slash != NULL ? slash : path, "/net/tls.so");
		if (access(path, R_OK) == 0)
			module = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	}
	if (!module)
		module = dlopen(SIPKEEPD_MODULEDIR "/tls.so", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!module)
		snprintf(error, 256, "TLS: %.240s", dlerror());
	return module;
}

static bool
find_provider(struct tls *tls, char error[256])
{
	if (!tls_built_in()) {
		snprintf(error, 256, "this sipkeepd was built without TLS");
		return false;
	}
	tls->by = &tls_openssl;
	if (tls->by)
		return true;
	tls->module = open_module(error);
	if (!tls->module)
		return false;
	tls->by = dlsym(tls->module, TLS_PROVIDER_SYMBOL);
	if (tls->by && strcmp(tls->by->version, PACKAGE_VERSION) == 0)
		return true;
	snprintf(error, 256, "TLS: %s/tls.so is of another version", SIPKEEPD_MODULEDIR);
	return false;
}

struct tls *
tls_new(const struct transport_tls *settings, int *result, char error[256])
{
	struct tls *tls = calloc(1, sizeof(*tls));

	*result = -ENOMEM;
	if (!tls) {
		snprintf(error, 256, "%s", strerror(ENOMEM));
		return NULL;
	}
	*result = -ENOTSUP;
	if (find_provider(tls, error))
		tls->context = tls->by->context_new(settings, result, error);
	if (tls->context)
		return tls;
	tls_free(tls);
	return NULL;
}

void
tls_free(struct tls *tls)
{
	if (!tls)
		return;
	if (tls->context)
		tls->by->context_free(tls->context);
	if (tls->module)
		dlclose(tls->module);
	free(tls);
}

const char *
tls_forbidden_file(const struct transport_tls *settings)
{
	const char *files[] = { settings->verify ? settings->ca_file : NULL, settings->certificate, settings->key };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i] && faccessat(AT_FDCWD, files[i], R_OK, AT_EACCESS) < 0 && errno == EACCES)
			return files[i];
	return NULL;
}

bool
tls_can_accept(const struct tls *tls)
{
	return tls->by->can_accept(tls->context);
}

struct bufferevent *
tls_connect(struct tls *tls, struct tls_link *link, struct event_base *base, int fd, const char *name)
{
	link->by = tls->by;
	link->settings_old = false;
	return tls->by->connect(tls->context, link, base, fd, name);
}

struct bufferevent *
tls_accept(struct tls *tls, struct tls_link *link, struct event_base *base, int fd)
{
	link->by = tls->by;
	return tls->by->accept(tls->context, link, base, fd);
}

bool
tls_link_good(struct tls_link *link)
{
	return link->by->good(link);
}

bool
tls_link_is_for(const struct tls_link *link, const char *name)
{
	return link->by->is_for(link, name);
}

bool
tls_link_failure(const struct tls_link *link, struct bufferevent *bev, char text[TLS_WHY_SIZE])
{
	return link->by->failure(link, bev, text);
}

void
tls_link_end(struct tls_link *link)
{
	if (link->by)
		link->by->end(link);
}

void
tls_link_forget(struct tls_link *link)
{
	tls_link_fini(link);
	link->settings_old = true;
}

void
tls_link_fini(struct tls_link *link)
{
	if (link->by)
		link->by->fini(link);
}
