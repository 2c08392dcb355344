/* SPDX-License-Identifier: ISC */
/* In a network namespace of its own: a link to a peer, made with ip(8). Skipped where that cannot be had. */

#include "unit.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>
#include <arpa/inet.h>

#include "net/netwatch.h"

enum { SKIPPED = 77, PATIENCE_MS = 6000 };

struct fixture {
	struct loop *loop;
	struct netwatch *watch;
	struct timer *end;
	unsigned changes;
	bool timed_out;
};

static void
ip(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
ip(const char *format, ...)
{
	char command[300] = "ip ";
	va_list args;

	va_start(args, format);
	vsnprintf(command + 3, sizeof(command) - 3, format, args);
	va_end(args);
	ck_assert_msg(system(command) == 0, "%s", command);
}

static void
on_change(void *arg)
{
	struct fixture *f = arg;

	f->changes++;
	loop_stop(f->loop);
}

static void
on_end(void *arg)
{
	struct fixture *f = arg;

	f->timed_out = true;
	loop_stop(f->loop);
}

/* sk0 is ours, with 10.9.0.1/24 and fd09::1/64; sk1 is the other end. */
static void
begin(struct fixture *f)
{
	int error;

	*f = (struct fixture){ .loop = loop_new() };
	ck_assert(unshare(CLONE_NEWNET) == 0);
	ck_assert(system("echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6") == 0);	/* it is never quiet */
	ip("link set lo up");
	ip("link add sk0 type veth peer name sk1");
	ip("addr add 10.9.0.1/24 dev sk0");
	ip("link set sk0 up");
	ip("link set sk1 up");
	ip("route add default via 10.9.0.254");
	f->watch = netwatch_new(f->loop, NULL, on_change, f, &error);
	ck_assert_msg(f->watch != NULL, "%s", strerror(-error));
	f->end = timer_new(f->loop, on_end, f);
}

static void
finish(struct fixture *f)
{
	timer_free(f->end);
	netwatch_free(f->watch);
	loop_free(f->loop);
}

/* Returns false if nothing changes in that time. */
static bool
wait_for_change(struct fixture *f, int ms)
{
	f->timed_out = false;
	timer_set(f->end, instant_add(loop_now(f->loop), ms));
	loop_run(f->loop);
	timer_set(f->end, INSTANT_NEVER);
	return !f->timed_out;
}

/* Looked at anew after each change that is told, and at no other time. */
#define COMES_TRUE(f, condition)						\
	do									\
		ck_assert(wait_for_change(f, PATIENCE_MS));			\
	while (!(condition))

/* Until it is quiet: the kernel tells of a link's state up to a second late. */
static void
settle(struct fixture *f)
{
	while (wait_for_change(f, 1200))
		;
}

static struct path
path_to(struct fixture *f, const char *to)
{
	struct address address;
	struct path path;

	ck_assert(address_parse(&address, to));
	netwatch_path(f->watch, &address, NULL, true, &path);
	return path;
}

static void
is_local(const struct path *path, const char *text)
{
	char local[ADDRESS_TEXT_SIZE];

	ck_assert_str_eq(path->local.family == ADDRESS_NONE ? "-" : address_ip_str(&path->local, local), text);
}

START_TEST(b61_what_a_path_is)
{
	struct fixture f;
	struct path path;
	struct address elsewhere, own;

	begin(&f);
	path = path_to(&f, "10.9.0.2");
	ck_assert(path.routed && path.up && path.carrier && path.router.family == ADDRESS_NONE);
	is_local(&path, "10.9.0.1");
	path = path_to(&f, "192.0.2.1");
	ck_assert(path.routed && path.up && path.carrier && path.router.family == ADDRESS_IPV4 && !path.router_failed);
	path = path_to(&f, "127.0.0.1");
	ck_assert(path.routed && path.up && path.carrier);
	path = path_to(&f, "2001:db8::1");
	ck_assert(!path.routed);

	/* From an address that is ours, and from one that is not. */
	address_parse(&elsewhere, "192.0.2.1");
	address_parse(&own, "10.9.0.1");
	netwatch_path(f.watch, &elsewhere, &own, true, &path);
	ck_assert(path.routed);
	is_local(&path, "10.9.0.1");
	address_parse(&own, "10.9.0.7");
	netwatch_path(f.watch, &elsewhere, &own, true, &path);
	ck_assert(!path.routed);
	finish(&f);
}
END_TEST

START_TEST(b61_events)
{
	struct fixture f;
	struct path path;

	begin(&f);
	settle(&f);

	ip("link set sk1 down");
	COMES_TRUE(&f, !path_to(&f, "10.9.0.2").carrier);
	path = path_to(&f, "10.9.0.2");
	ck_assert(path.routed && path.up);
	ip("link set sk1 up");
	COMES_TRUE(&f, path_to(&f, "10.9.0.2").carrier);

	ip("route add blackhole 192.0.2.0/24");
	COMES_TRUE(&f, !path_to(&f, "192.0.2.1").routed);
	ip("route del blackhole 192.0.2.0/24");
	COMES_TRUE(&f, path_to(&f, "192.0.2.1").routed);
	ip("route del default");
	COMES_TRUE(&f, !path_to(&f, "192.0.2.1").routed);

	ip("addr add 10.6.0.1/24 dev sk0");
	ck_assert(wait_for_change(&f, PATIENCE_MS));
	ip("addr del 10.9.0.1/24 dev sk0");
	COMES_TRUE(&f, !path_to(&f, "10.9.0.2").routed);
	ip("link set sk0 down");
	COMES_TRUE(&f, !path_to(&f, "10.6.0.2").routed);
	ip("link del sk0");
	ck_assert(wait_for_change(&f, PATIENCE_MS));
	settle(&f);
	finish(&f);
}
END_TEST

START_TEST(b61_one_call_for_many_events)
{
	struct fixture f;

	begin(&f);
	settle(&f);
	f.changes = 0;
	for (int i = 0; i < 20; i++)
		ip("route add 10.8.%d.0/24 via 10.9.0.2", i);
	while (wait_for_change(&f, 300))
		;
	ck_assert_uint_ge(f.changes, 1);
	ck_assert_uint_le(f.changes, 2);

	/* What is taken in by hand is not told again. */
	ip("route add 10.8.99.0/24 via 10.9.0.2");
	ck_assert(netwatch_poll(f.watch));
	ck_assert(!netwatch_poll(f.watch));
	f.changes = 0;
	ck_assert(!wait_for_change(&f, 300));
	ck_assert_uint_eq(f.changes, 0);
	finish(&f);
}
END_TEST

/* More events than the socket holds: all is read anew, the last state is what counts. */
START_TEST(b61_overrun)
{
	struct fixture f;
	FILE *batch;

	begin(&f);
	batch = popen("ip -batch -", "w");
	ck_assert(batch != NULL);
	for (int i = 0; i < 8000; i++)
		fprintf(batch, "route add 10.%d.%d.0/24 via 10.9.0.2\n", 20 + i / 250, i % 250);
	fprintf(batch, "link set sk1 down\n");
	ck_assert(pclose(batch) == 0);
	ck_assert(netwatch_poll(f.watch));
	ck_assert(path_to(&f, "10.9.0.2").routed && !path_to(&f, "10.9.0.2").carrier);
	finish(&f);
}
END_TEST

static void
send_to(const char *to)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert(inet_pton(AF_INET, to, &name.sin_addr) == 1);
	sendto(fd, "x", 1, 0, (struct sockaddr *)&name, sizeof(name));
	close(fd);
}

/* B61: carrier stays up when the switch behind it dies; the kernel finds out by itself, and when it comes back, too. */
START_TEST(b61_router_fails_and_returns)
{
	struct fixture f;
	struct path path;

	begin(&f);
	settle(&f);
	send_to("192.0.2.1");
	path = path_to(&f, "192.0.2.1");
	ck_assert(path.router_sought && !path.router_failed);
	while (!path.router_failed && wait_for_change(&f, PATIENCE_MS))
		path = path_to(&f, "192.0.2.1");
	ck_assert(path.carrier && path.router_failed && !path.router_sought);

	/* Being asked for once more, it has not been found yet; nor has it when its entry is flushed. */
	send_to("192.0.2.1");
	ck_assert(path_to(&f, "192.0.2.1").router_failed);
	ip("neigh flush all");
	ck_assert(path_to(&f, "192.0.2.1").router_failed);

	ip("neigh replace 10.9.0.254 lladdr 02:00:00:00:00:01 dev sk0");
	while (path.router_failed && wait_for_change(&f, PATIENCE_MS))
		path = path_to(&f, "192.0.2.1");
	ck_assert(!path.router_failed);
	finish(&f);
}
END_TEST

START_TEST(b61_interface_of_the_configuration)
{
	struct fixture f;
	struct netwatch *other;
	struct address to;
	struct path path;
	int error;

	begin(&f);
	address_parse(&to, "127.0.0.1");
	other = netwatch_new(f.loop, "sk7", on_change, &f, &error);
	ck_assert(other != NULL);
	netwatch_path(other, &to, NULL, true, &path);
	ck_assert(!path.routed);		/* there is none of that name */
	netwatch_path(other, &to, NULL, false, &path);
	ck_assert(path.routed);
	ip("link add sk7 type veth peer name sk8");
	ip("addr add 10.7.0.1/24 dev sk7");
	ip("link set sk7 up");
	netwatch_poll(other);
	address_parse(&to, "10.7.0.2");
	netwatch_path(other, &to, NULL, true, &path);
	ck_assert(path.routed && path.up && !path.carrier);
	address_parse(&to, "10.9.0.2");
	netwatch_path(other, &to, NULL, true, &path);
	ck_assert(!path.carrier);		/* not by the other one */
	netwatch_free(other);
	netwatch_free(NULL);
	finish(&f);
}
END_TEST

static Suite *
netwatch_suite(void)
{
	Suite *suite = suite_create("netwatch");
	TCase *tcase = tcase_create("B61");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, b61_what_a_path_is);
	tcase_add_test(tcase, b61_events);
	tcase_add_test(tcase, b61_one_call_for_many_events);
	tcase_add_test(tcase, b61_overrun);
	tcase_add_test(tcase, b61_router_fails_and_returns);
	tcase_add_test(tcase, b61_interface_of_the_configuration);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	SRunner *runner;
	int failed;

	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
		puts("skipped: no network namespace to be had here");
		return SKIPPED;
	}
	if (system("ip link add sk0 type veth peer name sk1 && ip link del sk0") != 0) {
		puts("skipped: no ip(8), or no veth links");
		return SKIPPED;
	}
	runner = srunner_create(netwatch_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
