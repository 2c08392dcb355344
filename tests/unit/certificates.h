/* SPDX-License-Identifier: ISC */
#ifndef SIPKEEPD_TESTS_CERTIFICATES_H
#define SIPKEEPD_TESTS_CERTIFICATES_H

/* Certificates of the test's own, as PEM files: key and certificate in one file. */

#include <stdio.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

struct authority {
	EVP_PKEY *key;
	X509 *certificate;
};

static inline void
certificate_extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	ck_assert_ptr_nonnull(extension);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

/*
 * from_days, to_days   when it is valid, from now
 * names                as in openssl.cnf: "DNS:a.test,URI:sip:b.test"; NULL for an authority
 * by                   NULL: itself
 */
static inline X509 *
certificate_make(EVP_PKEY *key, const char *common_name, int from_days, int to_days, const char *names,
    const struct authority *by)
{
	static long serial = 1;
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);
	X509 *issuer = by ? by->certificate : certificate;

	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
	X509_gmtime_adj(X509_getm_notBefore(certificate), from_days * 86400L);
	X509_gmtime_adj(X509_getm_notAfter(certificate), to_days * 86400L - 60);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
	X509_set_pubkey(certificate, key);
	certificate_extend(certificate, issuer, NID_basic_constraints, names ? "CA:FALSE" : "critical,CA:TRUE");
	if (names)
		certificate_extend(certificate, issuer, NID_subject_alt_name, names);
	ck_assert_int_gt(X509_sign(certificate, by ? by->key : key, EVP_sha256()), 0);
	return certificate;
}

static inline void
certificate_write(const char *path, EVP_PKEY *key, X509 *certificate)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	if (key)
		PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	PEM_write_X509(file, certificate);
	fclose(file);
}

static inline struct authority
authority_make(const char *name, const char *path)
{
	struct authority a = { .key = EVP_EC_gen("P-256") };

	a.certificate = certificate_make(a.key, name, -100, 100, NULL, NULL);
	certificate_write(path, NULL, a.certificate);
	return a;
}

static inline void
authority_fini(struct authority *a)
{
	EVP_PKEY_free(a->key);
	X509_free(a->certificate);
}

static inline void
server_make(const char *path, int from_days, int to_days, const char *names, const struct authority *by)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = certificate_make(key, "server", from_days, to_days, names, by);

	certificate_write(path, key, certificate);
	EVP_PKEY_free(key);
	X509_free(certificate);
}

#endif
