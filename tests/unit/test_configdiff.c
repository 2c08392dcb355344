/* SPDX-License-Identifier: ISC */
/* B71: which difference moves an account, which registers it anew, which is none; what needs a restart. */
#include "agent/config.h"
#include "unit.h"

static struct config *
read_good(const char *text)
{
	struct strbuf errors = { 0 };
	struct config *config = config_read("t.conf", text, &errors);

	ck_assert_msg(config != NULL, "%s: %s", text, errors.data);
	strbuf_fini(&errors);
	return config;
}

#define ACCOUNT(server, more) "account { user = 100 server = \"" server "\" " more " }\n"

static const struct change {
	const char *from, *to;
	unsigned is;		/* bits */
} changes[] = {
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", ""), ACCOUNT_SAME },
	{ ACCOUNT("example.com;10.0.0.1", ""), "\n" ACCOUNT("Example.COM. ; 10.0.0.1", ""), ACCOUNT_SAME },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "auth-user = 100 port = 5060 dscp = 24"), ACCOUNT_SAME },
	{ ACCOUNT("example.com", ""), "expires = 300s\n" ACCOUNT("example.com", ""), ACCOUNT_SAME },
	{ ACCOUNT("example.com", ""), "dns-refresh = ttl\n" ACCOUNT("example.com", ""), ACCOUNT_SAME },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "password = 'x'"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", "password = 'x'"), ACCOUNT("example.com", "password = 'y'"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "auth-user = 101"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "display-name = x"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "dscp = 46"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "contact = received"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", "contact = 'sip:h'"),
	    ACCOUNT("example.com", "contact = 'sip:i'"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "expires = 60s"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), "expires = 60s\n" ACCOUNT("example.com", ""), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "probe-interval = 60s"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "probe-interval-active = 60s"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "probe-interval-down = 60s"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "probe-timeout = 3s"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "failback-stable = 60s"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "keepalive = 25s"), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), "keepalive = 25s\n" ACCOUNT("example.com", ""), ACCOUNT_REREGISTER },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com; 10.0.0.1", ""), ACCOUNT_MOVE },
	{ ACCOUNT("example.com; 10.0.0.1", ""), ACCOUNT("example.com; 10.0.0.1:5061", ""), ACCOUNT_MOVE },
	{ ACCOUNT("example.com; a; b", ""), ACCOUNT("example.com; b; a", ""), ACCOUNT_MOVE },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "port = 5061"), ACCOUNT_MOVE },
	{ ACCOUNT("example.com", ""), ACCOUNT("example.com", "address-family = ipv4"), ACCOUNT_MOVE },
	{ ACCOUNT("example.com", "password = 'x'"),
	    ACCOUNT("example.com", "password = 'y' port = 5061"), ACCOUNT_MOVE | ACCOUNT_REREGISTER },
};

START_TEST(account_changes)
{
	const struct change *change = &changes[_i];
	struct config *from = read_good(change->from), *to = read_good(change->to);

	ck_assert_msg(configdiff_account(&from->accounts[0], &to->accounts[0]) == change->is, "%s%s", change->from,
	    change->to);
	ck_assert(configdiff_account(&to->accounts[0], &from->accounts[0]) == change->is);
	config_free(from);
	config_free(to);
}
END_TEST

static const struct restart {
	const char *text;
	const char *key;	/* NULL: can change while running */
} restarts[] = {
	{ "", NULL },
	{ "nameserver = 127.0.0.1\n", NULL },
	{ "dns-refresh = ttl\n", NULL },
	{ "unregister-on-exit = no\n", NULL },
	{ "http = \"127.0.0.1:8060\"\n", NULL },
	{ "http-name = gw\n", NULL },
	{ "expires = 60s\n", NULL },
	{ "upstream = {\"udp:0.0.0.0:5060\", \"udp:[::]:5060\"}\n", NULL },
	{ "upstream = \"udp:0.0.0.0:5060\"\n", NULL },
	{ "upstream = {\"udp:0.0.0.0:5060\", \"udp:[::]:5061\"}\n", NULL },
	{ "tls-verify = no\n", NULL },
	{ "interface = eth0\n", "interface" },
	{ "control = \"/c\"\n", "control" },
	{ "control-group = adm\n", "control-group" },
	{ "pid-file = \"/p\"\n", "pid-file" },
	{ "state-dir = \"/s\"\n", "state-dir" },
	{ "user = nobody\n", "user" },
	{ "notify-timeout = 31s\n", "notify-timeout" },
};

START_TEST(needs_restart)
{
	struct config *from = read_good(""), *to = read_good(restarts[_i].text);

	ck_assert_pstr_eq(configdiff_needs_restart(from, to), restarts[_i].key);
	ck_assert_pstr_eq(configdiff_needs_restart(to, from), restarts[_i].key);
	ck_assert_ptr_null(configdiff_needs_restart(to, to));
	config_free(from);
	config_free(to);
}
END_TEST

/* B71: which of our own addresses is another one. */
START_TEST(upstreams)
{
	struct config *from = read_good(""), *to = read_good("upstream = {\"udp:0.0.0.0:5061\", \"tcp:0.0.0.0:5060\"}\n");

	ck_assert(configdiff_upstream(from, to, SIP_UDP, ADDRESS_IPV4));
	ck_assert(configdiff_upstream(from, to, SIP_UDP, ADDRESS_IPV6));
	ck_assert(configdiff_upstream(from, to, SIP_TCP, ADDRESS_IPV4));
	ck_assert(!configdiff_upstream(from, to, SIP_TCP, ADDRESS_IPV6));
	ck_assert(!configdiff_upstream(from, to, SIP_TLS, ADDRESS_IPV4));
	ck_assert(!configdiff_upstream(to, to, SIP_UDP, ADDRESS_IPV4));
	config_free(from);
	config_free(to);
}
END_TEST

/* B71: whether the TLS files are other ones. */
START_TEST(tls_keys)
{
	struct config *from = read_good("tls-ca-file = \"/a\"\n"), *to = read_good("tls-ca-file = \"/b\"\n");

	ck_assert(configdiff_tls(from, to));
	ck_assert(!configdiff_tls(from, from));
	config_free(to);
	to = read_good("tls-ca-file = \"/a\"\ntls-verify = no\n");
	ck_assert(configdiff_tls(from, to));
	config_free(from);
	config_free(to);
}
END_TEST

/* The default may be half of what the kernel has; what somebody wrote must all be there. */
START_TEST(default_upstream_is_optional)
{
	struct config *unset = read_good(""), *set = read_good("upstream = {\"udp:0.0.0.0:5060\", \"udp:[::]:5060\"}\n");

	for (size_t i = 0; i < 2; i++) {
		ck_assert(unset->upstream[i].optional);
		ck_assert(!set->upstream[i].optional);
	}
	config_free(unset);
	config_free(set);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("configdiff");
	TCase *t = tcase_create("configdiff");

	tcase_add_loop_test(t, account_changes, 0, (int)UNIT_COUNT(changes));
	tcase_add_test(t, upstreams);
	tcase_add_test(t, tls_keys);
	tcase_add_loop_test(t, needs_restart, 0, (int)UNIT_COUNT(restarts));
	tcase_add_test(t, default_upstream_is_optional);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
