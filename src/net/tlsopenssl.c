/* SPDX-License-Identifier: ISC */
/* The module that only a daemon with TLS loads: all that is known of OpenSSL's libssl. */
#include "net/tlsprovider.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "config.h"

struct tls_context {
	SSL_CTX *client;
	SSL_CTX *server;		/* NULL: no certificate of ours */
	bool verify;
};

/* ---- what is wrong, in words ---- */

static void
say_age(char text[TLS_WHY_SIZE], const char *what, const ASN1_TIME *from, const ASN1_TIME *to, const char *after)
{
	int days = 0, seconds = 0;

	if (!ASN1_TIME_diff(&days, &seconds, from, to))
		snprintf(text, TLS_WHY_SIZE, "%s", what);
	else if (days != 0)
		snprintf(text, TLS_WHY_SIZE, "%s %d day%s%s", what, days, days == 1 ? "" : "s", after);
	else
		snprintf(text, TLS_WHY_SIZE, "%s %d min%s", what, seconds / 60, after);
}

static void
say_wrong(char text[TLS_WHY_SIZE], int error, X509 *certificate)
{
	if (error == X509_V_ERR_CERT_HAS_EXPIRED && certificate != NULL)
		say_age(text, "certificate expired", X509_get0_notAfter(certificate), NULL, " ago");
	else if (error == X509_V_ERR_CERT_NOT_YET_VALID && certificate != NULL)
		say_age(text, "certificate is valid only in", NULL, X509_get0_notBefore(certificate), "");
	else if (error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	    error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE || error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
	    error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT || error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT)
		snprintf(text, TLS_WHY_SIZE, "certificate of an unknown CA (%s)", X509_verify_cert_error_string(error));
	else
		snprintf(text, TLS_WHY_SIZE, "certificate: %s", X509_verify_cert_error_string(error));
}

static int
on_verify(int good, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_link *link = ssl != NULL ? SSL_get_app_data(ssl) : NULL;

	if (!good && link != NULL && link->why[0] == '\0')
		say_wrong(link->why, X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_current_cert(store));
	return good;
}

static bool
link_failure(const struct tls_link *link, struct bufferevent *bev, char text[TLS_WHY_SIZE])
{
	unsigned long error = bev != NULL ? bufferevent_get_openssl_error(bev) : 0;
	const char *reason = error != 0 ? ERR_reason_error_string(error) : NULL;

	if (link->why[0] != '\0')
		snprintf(text, TLS_WHY_SIZE, "%s", link->why);
	else if (reason != NULL)
		snprintf(text, TLS_WHY_SIZE, "TLS: %s", reason);
	else
		return false;
	return true;
}

/* ---- files ---- */

static bool
fail(char error[256], const char *what, const char *file)
{
	unsigned long code = 0, next;
	const char *reason;

	/* What the system said comes first, and what the library makes of it tells less. */
	while (!ERR_SYSTEM_ERROR(code) && (next = ERR_get_error()) != 0)
		code = next;
	reason = ERR_reason_error_string(code);
	snprintf(error, 256, "%s %.120s: %.80s", what, file,
	    ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : reason != NULL ? reason : "not usable");
	ERR_clear_error();
	return false;
}

/* The folder is looked into when a CA is needed; the file of all CAs takes a megabyte at once. */
static bool
has_hashes(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool found = false;

	if (dir == NULL)
		return false;
	while (!found && (entry = readdir(dir)) != NULL) {
		const char *dot = strrchr(entry->d_name, '.');

		found = dot != NULL && strcmp(dot, ".0") == 0;
	}
	closedir(dir);
	return found;
}

static bool
load_authorities(SSL_CTX *ctx, const struct transport_tls *settings, char error[256])
{
	if (!settings->verify)
		return true;
	if (settings->ca_file != NULL)
		return SSL_CTX_load_verify_file(ctx, settings->ca_file) == 1 ||
		    fail(error, "tls-ca-file", settings->ca_file);
	if (has_hashes(X509_get_default_cert_dir()))
		return SSL_CTX_set_default_verify_dir(ctx) == 1 || fail(error, "CAs", X509_get_default_cert_dir());
	return SSL_CTX_set_default_verify_file(ctx) == 1 || fail(error, "CAs", X509_get_default_cert_file());
}

static bool
load_certificate(SSL_CTX *ctx, const struct transport_tls *settings, char error[256])
{
	const char *key = settings->key != NULL ? settings->key : settings->certificate;

	if (settings->certificate == NULL)
		return true;
	if (SSL_CTX_use_certificate_chain_file(ctx, settings->certificate) != 1)
		return fail(error, "tls-certificate", settings->certificate);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		return fail(error, "tls-key", key);
	return true;
}

static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls_link *link = SSL_get_app_data(ssl);

	if (link == NULL || link->settings_old)
		return 0;
	SSL_SESSION_free(link->session);
	link->session = session;
	return 1;
}

/* A key with a pass phrase must not stop a daemon's start for a question at some terminal. */
static int
no_pass_phrase(char *to, int room, int writing, void *arg)
{
	(void)to;
	(void)room;
	(void)writing;
	(void)arg;
	return 0;
}

static SSL_CTX *
context_new(const SSL_METHOD *method, const struct transport_tls *settings, char error[256])
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (ctx == NULL) {
		fail(error, "TLS", "cannot be used");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_default_passwd_cb(ctx, no_pass_phrase);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_session);
	if (load_certificate(ctx, settings, error))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static void
context_close(struct tls_context *tls)
{
	if (tls == NULL)
		return;
	SSL_CTX_free(tls->client);
	SSL_CTX_free(tls->server);
	free(tls);
}

static struct tls_context *
context_open(const struct transport_tls *settings, int *result, char error[256])
{
	struct tls_context *tls = calloc(1, sizeof(*tls));

	*result = -EINVAL;
	if (tls == NULL) {
		snprintf(error, 256, "%s", strerror(ENOMEM));
		*result = -ENOMEM;
		return NULL;
	}
	tls->verify = settings->verify;
	tls->client = context_new(TLS_client_method(), settings, error);
	if (tls->client == NULL || !load_authorities(tls->client, settings, error)) {
		context_close(tls);
		return NULL;
	}
	SSL_CTX_set_verify(tls->client, tls->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, on_verify);
	if (settings->certificate != NULL) {
		tls->server = context_new(TLS_server_method(), settings, error);
		if (tls->server == NULL) {
			context_close(tls);
			return NULL;
		}
		SSL_CTX_set_session_cache_mode(tls->server, SSL_SESS_CACHE_OFF);
	}
	*result = 0;
	return tls;
}

static bool
can_accept(const struct tls_context *tls)
{
	return tls->server != NULL;
}

/* ---- one connection ---- */

static struct bufferevent *
begin(struct tls_link *link, SSL *ssl, struct event_base *base, int fd, enum bufferevent_ssl_state state)
{
	struct bufferevent *bev;

	ERR_clear_error();
	SSL_set_app_data(ssl, link);
	bev = bufferevent_openssl_socket_new(base, fd, ssl, state, BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL) {
		SSL_free(ssl);
		return NULL;
	}
	link->ssl = ssl;
	link->why[0] = '\0';
	return bev;
}

static bool
is_address(const char *name)
{
	struct in_addr address;

	return inet_pton(AF_INET, name, &address) == 1 || strchr(name, ':') != NULL;
}

static struct bufferevent *
link_connect(struct tls_context *tls, struct tls_link *link, struct event_base *base, int fd, const char *name)
{
	SSL *ssl = SSL_new(tls->client);

	if (ssl == NULL)
		return NULL;
	if (name[0] != '\0' && !is_address(name))
		SSL_set_tlsext_host_name(ssl, name);
	if (link->session != NULL)
		SSL_set_session(ssl, link->session);
	link->verify = tls->verify;
	return begin(link, ssl, base, fd, BUFFEREVENT_SSL_CONNECTING);
}

static struct bufferevent *
link_accept(struct tls_context *tls, struct tls_link *link, struct event_base *base, int fd)
{
	SSL *ssl = tls->server != NULL ? SSL_new(tls->server) : NULL;

	return ssl != NULL ? begin(link, ssl, base, fd, BUFFEREVENT_SSL_ACCEPTING) : NULL;
}

static bool
link_good(struct tls_link *link)
{
	X509 *certificate = SSL_get0_peer_certificate(link->ssl);
	long verified = SSL_get_verify_result(link->ssl);

	if (!link->verify)
		return true;
	if (certificate == NULL)
		snprintf(link->why, sizeof(link->why), "no certificate");
	else if (verified != X509_V_OK)
		say_wrong(link->why, (int)verified, certificate);
	else if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
		say_wrong(link->why, X509_V_ERR_CERT_HAS_EXPIRED, certificate);
	else
		return true;
	return false;
}

/* A subject alternative name "sip:example.com" (RFC 5922 §7.1). */
static bool
has_sip_uri(X509 *certificate, const char *name)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	size_t len = strlen(name);
	bool found = false;

	for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names) && !found; i++) {
		const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);
		const char *uri;

		if (one->type != GEN_URI)
			continue;
		uri = (const char *)ASN1_STRING_get0_data(one->d.uniformResourceIdentifier);
		found = (size_t)ASN1_STRING_length(one->d.uniformResourceIdentifier) == len + 4 &&
		    strncasecmp(uri, "sip:", 4) == 0 && strncasecmp(uri + 4, name, len) == 0;
	}
	GENERAL_NAMES_free(names);
	return found;
}

static bool
link_is_for(const struct tls_link *link, const char *name)
{
	X509 *certificate;

	if (!link->verify || name[0] == '\0')
		return true;
	certificate = SSL_get0_peer_certificate(link->ssl);
	if (certificate == NULL)
		return false;
	if (is_address(name))
		return X509_check_ip_asc(certificate, name, 0) == 1;
	return X509_check_host(certificate, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1 ||
	    has_sip_uri(certificate, name);
}

static void
link_end(struct tls_link *link)
{
	if (link->ssl == NULL)
		return;
	if (SSL_is_init_finished(link->ssl)) {
		SSL_shutdown(link->ssl);
		/* Whatever came of it: else the library spoils the session. */
		SSL_set_shutdown(link->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	}
	ERR_clear_error();
	SSL_set_app_data(link->ssl, NULL);
	link->ssl = NULL;
}

static void
link_fini(struct tls_link *link)
{
	SSL_SESSION_free(link->session);
	link->session = NULL;
}

/* The module's one name that is seen from outside. */
__attribute__((visibility("default"))) const struct tls_provider tls_openssl = {
	.version = PACKAGE_VERSION,
	.context_new = context_open,
	.context_free = context_close,
	.can_accept = can_accept,
	.connect = link_connect,
	.accept = link_accept,
	.good = link_good,
	.is_for = link_is_for,
	.failure = link_failure,
	.end = link_end,
	.fini = link_fini,
};
