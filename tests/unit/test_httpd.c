/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/httpd.h"
#include "net/loop.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

static char error[256], answer[1 << 20];
static struct loop *loop;
static struct timer *end;
static struct httpd *httpd;
static struct address address;

/* What the user of the server saw, and answers. */
static struct {
	unsigned asked, done;
	char path[64], query[64];
	int pieces;		/* to come; each of them 1000 bytes */
	int empty;		/* of those, so many without a byte */
	bool broken;		/* the last one cannot be made */
	bool endless;
} user;

static int
next_piece(void *arg, struct strbuf *to)
{
	static char piece[1000];

	ck_assert_ptr_eq(arg, &user);
	memset(piece, 'x', sizeof(piece));
	if (user.endless) {
		for (int i = 0; i < 100; i++)
			strbuf_append_n(to, piece, sizeof(piece));
		return 1;
	}
	if (user.pieces == 0)
		return user.broken ? -ENOMEM : 0;
	if (user.pieces > user.empty)
		strbuf_append_n(to, piece, sizeof(piece));
	user.pieces--;
	return user.pieces > 0 || user.broken;
}

static void
done(void *arg)
{
	ck_assert_ptr_eq(arg, &user);
	user.done++;
}

static void
on_request(void *arg, const char *path, const char *query, struct httpd_answer *to)
{
	(void)arg;
	user.asked++;
	snprintf(user.path, sizeof(user.path), "%s", path);
	snprintf(user.query, sizeof(user.query), "%s", query);
	*to = (struct httpd_answer){ .status = 200, .type = "text/plain", .next = next_piece, .done = done, .arg = &user };
}

static void
on_end(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void
run_ms(int ms)
{
	timer_set(end, instant_add(loop_now(loop), ms));
	loop_run(loop);
}

/* A port that was free a moment ago. */
static void
setup(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	close(fd);
	ck_assert(address_parse(&address, "127.0.0.1"));
	address.port = ntohs(name.sin_port);
	memset(&user, 0, sizeof(user));
	loop = loop_new();
	end = timer_new(loop, on_end, NULL);
	httpd = httpd_new(loop, &address, on_request, NULL, error);
	ck_assert_msg(httpd != NULL, "%s", error);
}

static void
teardown(void)
{
	httpd_free(httpd);
	timer_free(end);
	loop_free(loop);
	ck_assert_uint_eq(user.done, user.asked);
}

static int
client(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons(address.port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* In the kernel's queue at once, as long as that has room. */
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* All that comes until the server closes, 3 s at most. Returns whether it has closed. */
static bool
hear(int fd)
{
	size_t len = 0;
	ssize_t n = -1;

	for (int i = 0; i < 300 && n != 0; i++) {
		run_ms(10);
		while ((n = recv(fd, answer + len, sizeof(answer) - 1 - len, MSG_DONTWAIT)) > 0)
			len += (size_t)n;
		if (n < 0 && errno != EAGAIN)
			break;
	}
	answer[len] = '\0';
	close(fd);
	return n == 0;
}

static const char *
ask(const char *request)
{
	int fd = client();

	say(fd, request);
	ck_assert(hear(fd));
	return answer;
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

START_TEST(one_piece)
{
	user.pieces = 1;
	ck_assert(begins(ask(GET("/metrics?a=b")), "HTTP/1.1 200 OK\r\n"));
	ck_assert_str_eq(user.path, "/metrics");
	ck_assert_str_eq(user.query, "a=b");
	ck_assert_ptr_nonnull(strstr(answer, "Content-Length: 1000\r\n"));
	ck_assert_ptr_nonnull(strstr(answer, "Connection: close\r\n"));
	ck_assert_ptr_nonnull(strstr(answer, "Content-Type: text/plain\r\n"));
	ck_assert_ptr_nonnull(strstr(answer, "Content-Security-Policy: default-src 'none'"));
	ck_assert_ptr_nonnull(strstr(answer, "\r\n\r\nxxx"));
	ck_assert_uint_eq(user.done, 1);
}
END_TEST

START_TEST(many_pieces)
{
	user.pieces = 50;
	user.empty = 20;
	ck_assert(begins(ask(GET("/")), "HTTP/1.1 200 OK\r\n"));
	ck_assert_ptr_nonnull(strstr(answer, "Transfer-Encoding: chunked\r\n"));
	ck_assert_ptr_null(strstr(answer, "Content-Length"));
	ck_assert_int_gt((int)strlen(answer), 30 * 1000);
	ck_assert_str_eq(answer + strlen(answer) - 5, "0\r\n\r\n");
}
END_TEST

START_TEST(http_1_0)
{
	user.pieces = 3;
	ck_assert(begins(ask("GET / HTTP/1.0\r\n\r\n"), "HTTP/1."));
	ck_assert_ptr_null(strstr(answer, "chunked"));
	ck_assert_ptr_nonnull(strstr(answer, "\r\n\r\nxxx"));
	ck_assert_uint_eq(strlen(strstr(answer, "\r\n\r\n") + 4), 3000);
}
END_TEST

START_TEST(head)
{
	user.pieces = 3;
	ck_assert(begins(ask("HEAD / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), "HTTP/1.1 200 OK\r\n"));
	ck_assert_str_eq(answer + strlen(answer) - 4, "\r\n\r\n");
	ck_assert_uint_eq(user.done, 1);
}
END_TEST

/* What cannot be finished is not ended either: the client sees that it is no whole. */
START_TEST(broken_off)
{
	user.pieces = 3;
	user.broken = true;
	ck_assert(begins(ask(GET("/")), "HTTP/1.1 200 OK\r\n"));
	ck_assert_str_ne(answer + strlen(answer) - 5, "0\r\n\r\n");
	user.pieces = 0;
	ck_assert(begins(ask(GET("/")), "HTTP/1.1 500 "));
}
END_TEST

START_TEST(get_only)
{
	static const char *const methods[] = { "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH" };
	char request[256];

	for (size_t i = 0; i < UNIT_COUNT(methods); i++) {
		snprintf(request, sizeof(request), "%s / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", methods[i]);
		ck_assert_msg(begins(ask(request), "HTTP/1.1 405 ") || begins(answer, "HTTP/1.1 501 "), "%s: %.60s",
		    methods[i], answer);
	}
	ck_assert_uint_eq(user.asked, 0);
}
END_TEST

/* A page of somebody else whose name leads to us gets nothing. */
START_TEST(names)
{
	static const struct { const char *host; bool ours; } cases[] = {
		{ "127.0.0.1", true }, { "127.0.0.1:8060", true }, { "192.168.1.1:80", true }, { "[::1]:8060", true },
		{ "[::1]", true }, { "localhost", true }, { "localhost:8060", true }, { "LocalHost", true },
		{ "gw.example.com", true }, { "GW.example.com:8060", true },
		{ "evil.example", false }, { "evil.example:8060", false }, { "localhost.evil.example", false },
		{ "127.0.0.1.evil.example", false }, { "gw.example.com.evil.example", false },
	};
	char request[256], own[80] = "";

	httpd_set_name(httpd, "gw.example.com");
	user.pieces = 1;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		user.pieces = 1;
		snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", cases[i].host);
		ck_assert_msg(begins(ask(request), cases[i].ours ? "HTTP/1.1 200 " : "HTTP/1.1 421 "), "%s: %.60s",
		    cases[i].host, answer);
	}
	ck_assert_int_eq(gethostname(own, sizeof(own) - 1), 0);
	snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: %s:80\r\n\r\n", own);
	ck_assert(begins(ask(request), "HTTP/1.1 200 "));
	snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: %s.evil.example\r\n\r\n", own);
	ck_assert(begins(ask(request), "HTTP/1.1 421 "));
	ck_assert(begins(ask("GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), "HTTP/1.1 421 "));
	ck_assert(begins(ask("GET http://127.0.0.1/here HTTP/1.1\r\nHost: evil.example\r\n\r\n"), "HTTP/1.1 200 "));
	ck_assert_str_eq(user.path, "/here");
}
END_TEST

START_TEST(rubbish)
{
	static const char *const cases[] = {
		"\r\n\r\n\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / SIP/2.0\r\n\r\n", "GET / HTTP/1.1\r\nno colon here\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "OPTIONS sip:a@b SIP/2.0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\nxxxx",
		"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\nxxxx",
		"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\nxxxx",
		"GET http://[::: HTTP/1.1\r\n\r\n", "GET //// HTTP/1.1\r\nHost: :\r\n\r\n",
	};

	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		int fd = client();

		say(fd, cases[i]);
		shutdown(fd, SHUT_WR);
		ck_assert_msg(hear(fd), "%s", cases[i]);
		ck_assert_msg(strstr(answer, " 200 ") == NULL, "%s: %s", cases[i], answer);
	}
	user.pieces = 1;
	ck_assert(begins(ask(GET("/")), "HTTP/1.1 200 "));
}
END_TEST

START_TEST(head_too_long)
{
	static char request[64 * 1024];
	int fd = client();

	snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ");
	memset(request + strlen(request), 'x', sizeof(request) - strlen(request) - 1);
	say(fd, request);
	hear(fd);
	ck_assert_ptr_null(strstr(answer, " 200 "));
	fd = client();
	memset(request, 'x', sizeof(request) - 1);
	say(fd, request);
	hear(fd);
	ck_assert_ptr_null(strstr(answer, " 200 "));
	ck_assert_uint_eq(user.asked, 0);
}
END_TEST

/* The answer to the first is whole, though more has come than will be read. */
START_TEST(pipelined)
{
	int fd = client();

	user.pieces = 400;
	say(fd, GET("/one") GET("/two") GET("/three"));
	ck_assert(hear(fd));
	ck_assert_str_eq(user.path, "/one");
	ck_assert_uint_eq(user.asked, 1);
	ck_assert_str_eq(answer + strlen(answer) - 5, "0\r\n\r\n");
}
END_TEST

START_TEST(gone_in_the_midst)
{
	int fd = client();

	user.endless = true;
	say(fd, GET("/"));
	run_ms(50);
	ck_assert_uint_eq(user.asked, 1);
	ck_assert_uint_eq(user.done, 0);
	close(fd);
	run_ms(600);
	ck_assert_uint_eq(user.done, 1);
	ck_assert_uint_eq(httpd_clients(httpd), 0);
}
END_TEST

START_TEST(freed_in_the_midst)
{
	int fd = client(), silent = client();

	user.endless = true;
	say(fd, GET("/"));
	run_ms(50);
	ck_assert_uint_eq(httpd_clients(httpd), 2);
	httpd_free(httpd);
	httpd = NULL;
	ck_assert_uint_eq(user.done, 1);
	run_ms(50);
	close(fd);
	close(silent);
}
END_TEST

/* Any number of silent ones does not keep out who asks. */
START_TEST(crowd)
{
	int silent[3 * HTTPD_CLIENTS_MAX];

	for (size_t i = 0; i < UNIT_COUNT(silent); i++)
		silent[i] = client();
	user.pieces = 1;
	run_ms(50);
	ck_assert_uint_eq(httpd_clients(httpd), HTTPD_CLIENTS_MAX);
	ck_assert(begins(ask(GET("/")), "HTTP/1.1 200 "));
	for (size_t i = 0; i < UNIT_COUNT(silent); i++)
		close(silent[i]);
	run_ms(600);
	ck_assert_uint_eq(httpd_clients(httpd), 0);
}
END_TEST

START_TEST(taken)
{
	ck_assert_ptr_null(httpd_new(loop, &address, on_request, NULL, error));
	ck_assert_ptr_nonnull(strstr(error, "127.0.0.1"));
	ck_assert_ptr_nonnull(strstr(error, strerror(EADDRINUSE)));
}
END_TEST

static Suite *
httpd_suite(void)
{
	Suite *suite = suite_create("httpd");
	TCase *tcase = tcase_create("httpd");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_piece);
	tcase_add_test(tcase, many_pieces);
	tcase_add_test(tcase, http_1_0);
	tcase_add_test(tcase, head);
	tcase_add_test(tcase, broken_off);
	tcase_add_test(tcase, get_only);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, rubbish);
	tcase_add_test(tcase, head_too_long);
	tcase_add_test(tcase, pipelined);
	tcase_add_test(tcase, gone_in_the_midst);
	tcase_add_test(tcase, freed_in_the_midst);
	tcase_add_test(tcase, crowd);
	tcase_add_test(tcase, taken);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(httpd_suite)
