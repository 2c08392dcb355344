/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fake_net.h"
#include "sip/digest.h"
#include "unit.h"

#define MUFASA "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", " \
	"nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", " \
	"opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
#define MUFASA_CNONCE "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
#define DOE "Digest realm=\"api@example.org\", qop=\"auth\", " \
	"nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", charset=UTF-8, userhash=true"
#define DOE_CNONCE "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm"
#define HOST "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc\""

static const struct {
	const char *source, *challenge, *user, *password, *cnonce, *uri, *response;
} vectors[] = {
	{ "RFC 2617 3.5", HOST ", qop=\"auth,auth-int\"",
	    "Mufasa", "Circle Of Life", "0a4f113b", "/dir/index.html", "6629fae49393a05397450978507c4ef1" },
	{ "RFC 7616 3.9.1 MD5", MUFASA ", algorithm=MD5",
	    "Mufasa", "Circle of Life", MUFASA_CNONCE, "/dir/index.html", "8ca523f5e9506fed4657c9700eebdbec" },
	{ "RFC 7616 3.9.1 SHA-256", MUFASA ", algorithm=SHA-256",
	    "Mufasa", "Circle of Life", MUFASA_CNONCE, "/dir/index.html",
	    "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1" },
	/* What follows was computed apart from this code, with Python's hashlib. The RFC prints SHA-512, cut, here. */
	{ "RFC 7616 3.9.2 put right", DOE ", algorithm=SHA-512-256",
	    "J\303\244s\303\270n Doe", "Secret, or not?", DOE_CNONCE, "/doe.json",
	    "7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c" },
	{ "SHA-512-256-sess", DOE ", algorithm=SHA-512-256-sess",
	    "J\303\244s\303\270n Doe", "Secret, or not?", DOE_CNONCE, "/doe.json",
	    "9ba4940836d53aaa8087f0035398d0af885fae1f893f08a4bbe767eb3538ffbf" },
	{ "MD5-sess", MUFASA ", algorithm=md5-SESS",
	    "Mufasa", "Circle of Life", MUFASA_CNONCE, "/dir/index.html", "e783283f46242139c486a698fec7211d" },
	{ "SHA-256-sess", MUFASA ", algorithm=\"SHA-256-sess\"",
	    "Mufasa", "Circle of Life", MUFASA_CNONCE, "/dir/index.html",
	    "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7" },
	{ "without qop", HOST,
	    "Mufasa", "Circle Of Life", "0a4f113b", "/dir/index.html", "670fd8c2df070c60b045671b8b24ff02" },
};

static size_t
parse(const char *text, struct digest_challenge *to, size_t room)
{
	return digest_parse(span_of(text), false, to, room);
}

static void
has(const struct strbuf *text, const char *part)
{
	if (strstr(text->data, part) == NULL)
		ck_abort_msg("%s is not in %s", part, text->data);
}

START_TEST(B35_response_of_the_rfcs)
{
	struct digest_challenge challenge;
	struct digest_session session;
	struct strbuf line = { 0 };
	char expected[100];

	fake_reset();
	ck_assert_uint_eq(parse(vectors[_i].challenge, &challenge, 1), 1);
	if (!digest_algorithm_supported(challenge.algorithm))
		return;		/* a build without OpenSSL */
	digest_session_start(&session, &challenge);
	ck_assert_uint_eq(strlen(session.cnonce), DIGEST_CNONCE_LEN);
	strcpy(session.cnonce, vectors[_i].cnonce);
	ck_assert_int_eq(digest_authorize(&session, vectors[_i].user, vectors[_i].password, "GET", vectors[_i].uri,
	    &line), 0);
	snprintf(expected, sizeof(expected), " response=\"%s\"", vectors[_i].response);
	has(&line, expected);
	ck_assert_uint_eq(session.nonce_count, 1);
	strbuf_fini(&line);
}
END_TEST

START_TEST(B35_header_line_is_whole)
{
	struct digest_challenge challenge;
	struct digest_session session;
	struct strbuf line = { 0 };

	ck_assert_uint_eq(digest_parse(span_of("Digest realm=\"a \\\"b\\\"\\\\c\",nonce=\"n\\\"1\",opaque=\"\","
	    "qop=auth,algorithm=MD5"), true, &challenge, 1), 1);
	ck_assert_str_eq(challenge.realm, "a \"b\"\\c");
	ck_assert_str_eq(challenge.nonce, "n\"1");
	digest_session_start(&session, &challenge);
	strcpy(session.cnonce, "c");
	ck_assert_int_eq(digest_authorize(&session, "me \"x\\", "secret", "REGISTER", "sip:example.com", &line), 0);
	has(&line, "Proxy-Authorization: Digest username=\"me \\\"x\\\\\", "
	    "realm=\"a \\\"b\\\"\\\\c\", nonce=\"n\\\"1\", uri=\"sip:example.com\", response=\"");
	has(&line, "\", algorithm=MD5, opaque=\"\", cnonce=\"c\", qop=auth, nc=00000001\r\n");
	ck_assert_ptr_null(strstr(line.data, "secret"));

	strbuf_clear(&line);
	ck_assert_int_eq(digest_authorize(&session, "me", "secret", "REGISTER", "sip:example.com", &line), 0);
	has(&line, "nc=00000002");
	strbuf_fini(&line);
}
END_TEST

START_TEST(without_qop_neither_count_nor_cnonce_is_sent)
{
	struct digest_challenge challenge;
	struct digest_session session;
	struct strbuf line = { 0 };

	ck_assert_uint_eq(parse("Digest realm=\"a\", nonce=\"n\"", &challenge, 1), 1);
	digest_session_start(&session, &challenge);
	ck_assert_int_eq(digest_authorize(&session, "me", "x", "REGISTER", "sip:a", &line), 0);
	ck_assert_ptr_null(strstr(line.data, "nc="));
	ck_assert_ptr_null(strstr(line.data, "cnonce"));
	ck_assert_ptr_null(strstr(line.data, "qop"));
	ck_assert_ptr_null(strstr(line.data, "opaque"));
	ck_assert_ptr_null(strstr(line.data, "algorithm"));	/* was not given */
	strbuf_fini(&line);
}
END_TEST

START_TEST(what_cannot_be_answered)
{
	struct digest_session session = { 0 };
	struct digest_challenge challenge;
	struct strbuf line = { 0 };

	ck_assert_int_eq(digest_authorize(&session, "me", "x", "REGISTER", "sip:a", &line), -EINVAL);
	ck_assert_uint_eq(parse("Digest realm=\"a\", nonce=\"n\", algorithm=SHA-3000", &challenge, 1), 1);
	ck_assert_ptr_null(digest_choose(&challenge, 1));
	ck_assert_ptr_null(digest_choose(NULL, 0));
	digest_session_start(&session, &challenge);
	ck_assert_int_eq(digest_authorize(&session, "me", "x", "REGISTER", "sip:a", &line), -ENOTSUP);
	ck_assert_uint_eq(parse("Digest realm=\"a\", nonce=\"n\"", &challenge, 1), 1);
	digest_session_start(&session, &challenge);
	ck_assert_int_eq(digest_authorize(&session, "me\r\nX: y", "x", "REGISTER", "sip:a", &line), -EINVAL);
	ck_assert_uint_eq(session.nonce_count, 0);
	ck_assert_ptr_null(line.data);
}
END_TEST

/* How many usable challenges a line holds, and the realms of the first two. */
static const struct {
	const char *line;
	size_t count;
	const char *first, *second;
} lines[] = {
	{ "Digest realm=\"a\", nonce=\"n\"", 1, "a", NULL },
	{ "digest\trealm=a,nonce=n", 1, "a", NULL },
	{ "Digest realm = \"a\" , nonce = \"n\"", 1, "a", NULL },
	{ "Digest realm=\"a\", nonce=\"n\", Digest realm=\"b\", nonce=\"m\", algorithm=SHA-256", 2, "a", "b" },
	{ "Digest nonce=\"n\",realm=\"a\",Digest nonce=\"m\",realm=\"b\"", 2, "a", "b" },
	{ "Basic realm=\"x\", Digest realm=\"a\", nonce=\"n\"", 1, "a", NULL },
	{ "Bearer realm=\"x\", scope=\"y\", Digest realm=\"a\", nonce=\"n\", Basic realm=\"z\"", 1, "a", NULL },
	{ "Negotiate, Digest realm=\"a\", nonce=\"n\"", 1, "a", NULL },
	{ "Negotiate YIIabc==, Digest realm=\"a\", nonce=\"n\"", 1, "a", NULL },
	{ "Negotiate YII/abc+==, Digest realm=\"a\", nonce=\"n\"", 1, "a", NULL },
	{ "Digest realm=\"\", nonce=\"n\"", 1, "", NULL },
	{ "Digest realm=\"a, Digest realm=\\\"q\\\"\", nonce=\"n\"", 1, "a, Digest realm=\"q\"", NULL },
	{ "Digest realm=\"a\", nonce=\"n\", unheard=\"of\", of=this", 1, "a", NULL },
	{ ", ,Digest ,realm=\"a\",, nonce=\"n\",", 1, "a", NULL },
	{ "Digest realm=\"a\", nonce=abc+/==, qop=\"auth\"", 1, "a", NULL },
	{ "Digest realm=\"a\", nonce=\"n\", qop=\"auth-int,auth\"", 1, "a", NULL },
	{ "Digest realm=\"a\", nonce=\"n\", qop=\"auth-int\"", 0, NULL, NULL },
	{ "Digest realm=\"a\", nonce=\"n\", qop=\"\"", 0, NULL, NULL },
	{ "Digest realm=\"a\"", 0, NULL, NULL },
	{ "Digest nonce=\"n\"", 0, NULL, NULL },
	{ "Digest realm=\"a\", nonce=\"\"", 0, NULL, NULL },
	{ "Digest realm=\"a\", nonce=\"n\", realm=\"b\"", 0, NULL, NULL },
	{ "Digest realm=\"a\", nonce=\"n\", nonce=\"m\"", 0, NULL, NULL },
	{ "Digest realm=\"a\", nonce=\"n", 0, NULL, NULL },
	{ "Digest realm=\"a\" nonce=\"n\"", 0, NULL, NULL },
	{ "Digest realm=\"a\"x, nonce=\"n\", Digest realm=\"b\", nonce=\"n\"", 1, "b", NULL },
	{ "realm=\"a\", nonce=\"n\"", 0, NULL, NULL },
	{ "Digest", 0, NULL, NULL },
	{ "Basic realm=\"x\"", 0, NULL, NULL },
	{ "\"", 0, NULL, NULL },
	{ "=,=\"=,@", 0, NULL, NULL },
	{ "", 0, NULL, NULL },
};

START_TEST(B35_challenges_of_a_line)
{
	struct digest_challenge found[4];

	ck_assert_uint_eq(parse(lines[_i].line, found, UNIT_COUNT(found)), lines[_i].count);
	if (lines[_i].first != NULL)
		ck_assert_str_eq(found[0].realm, lines[_i].first);
	if (lines[_i].second != NULL)
		ck_assert_str_eq(found[1].realm, lines[_i].second);
}
END_TEST

START_TEST(too_many_and_too_long)
{
	struct digest_challenge found[2];
	struct strbuf line = { 0 };

	ck_assert_uint_eq(parse("Digest realm=a,nonce=1,Digest realm=b,nonce=2,Digest realm=c,nonce=3", found, 2), 2);
	ck_assert_str_eq(found[1].realm, "b");

	strbuf_append(&line, "Digest realm=\"a\", nonce=\"");
	for (int i = 0; i < DIGEST_TEXT_SIZE; i++)
		strbuf_append(&line, "n");
	strbuf_append(&line, "\", Digest realm=\"b\", nonce=\"n\"");
	ck_assert_uint_eq(parse(line.data, found, 2), 1);
	ck_assert_str_eq(found[0].realm, "b");
	strbuf_fini(&line);
	ck_assert_uint_eq(digest_parse((struct span){ 0 }, false, found, 2), 0);
}
END_TEST

START_TEST(details_of_a_challenge)
{
	struct digest_challenge c;

	ck_assert_uint_eq(parse("Digest realm=\"a\", nonce=\"n\", stale=TRUE, opaque=\"o\", algorithm=sha-256, "
	    "qop=auth", &c, 1), 1);
	ck_assert(c.stale && c.has_opaque && c.qop_auth && c.algorithm_given && !c.proxy);
	ck_assert_int_eq(c.algorithm, DIGEST_SHA256);
	ck_assert_str_eq(c.opaque, "o");
	ck_assert_uint_eq(parse("Digest realm=\"a\", nonce=\"n\", stale=\"false\"", &c, 1), 1);
	ck_assert(!c.stale && !c.has_opaque && !c.qop_auth && !c.algorithm_given);
	ck_assert_int_eq(c.algorithm, DIGEST_MD5);
}
END_TEST

START_TEST(B35_strongest_first_then_as_received)
{
	struct digest_challenge c[4] = {
		{ .algorithm = DIGEST_UNKNOWN },
		{ .algorithm = DIGEST_MD5, .realm = "one" },
		{ .algorithm = DIGEST_MD5, .realm = "two" },
		{ .algorithm = DIGEST_SHA256 },
	};

	ck_assert_ptr_eq(digest_choose(c, 3), &c[1]);
	ck_assert_ptr_eq(digest_choose(c, 4), digest_algorithm_supported(DIGEST_SHA256) ? &c[3] : &c[1]);
	ck_assert_ptr_null(digest_choose(c, 1));
}
END_TEST

START_TEST(B35_nextnonce_starts_anew)
{
	static const char *const useless[] = { "", "qop=auth", "nextnonce=\"\"", "nextnonce=\"x",
		"rspauth=\"nextnonce=y\"" };
	struct digest_challenge challenge;
	struct digest_session session;
	struct strbuf line = { 0 };

	fake_reset();
	ck_assert_uint_eq(parse("Digest realm=\"a\", nonce=\"n\", qop=auth", &challenge, 1), 1);
	digest_session_start(&session, &challenge);
	ck_assert_int_eq(digest_authorize(&session, "me", "x", "REGISTER", "sip:a", &line), 0);
	for (size_t i = 0; i < UNIT_COUNT(useless); i++)
		digest_session_info(&session, span_of(useless[i]));
	ck_assert_str_eq(session.challenge.nonce, "n");
	ck_assert_uint_eq(session.nonce_count, 1);
	digest_session_info(&session, span_of("qop=auth, rspauth=\"a,b\", nextnonce=\"m\", nc=00000001"));
	ck_assert_str_eq(session.challenge.nonce, "m");
	ck_assert_str_eq(session.challenge.realm, "a");
	ck_assert_uint_eq(session.nonce_count, 0);
	memset(&session, 0, sizeof(session));
	digest_session_info(&session, span_of("nextnonce=\"m\""));
	ck_assert_str_eq(session.challenge.nonce, "");
	strbuf_fini(&line);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("digest");
	TCase *t = tcase_create("digest");

	tcase_add_loop_test(t, B35_response_of_the_rfcs, 0, (int)UNIT_COUNT(vectors));
	tcase_add_test(t, B35_header_line_is_whole);
	tcase_add_test(t, without_qop_neither_count_nor_cnonce_is_sent);
	tcase_add_test(t, what_cannot_be_answered);
	tcase_add_loop_test(t, B35_challenges_of_a_line, 0, (int)UNIT_COUNT(lines));
	tcase_add_test(t, too_many_and_too_long);
	tcase_add_test(t, details_of_a_challenge);
	tcase_add_test(t, B35_strongest_first_then_as_received);
	tcase_add_test(t, B35_nextnonce_starts_anew);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
