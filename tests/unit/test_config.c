/* SPDX-License-Identifier: ISC */
/* The configuration on texts: what is read, what is refused and how that is said (B1, B2, B8, B30, B71). */
#include <stdio.h>
#include <string.h>

#include "agent/config.h"
#include "unit.h"

#define MINIMAL "account { user = \"100\" server = \"example.com\" }\n"
#define ACCOUNT(more) "account { user = \"100\" server = \"example.com\" " more " }\n"

static struct config *
read_text(const char *text, struct strbuf *errors)
{
	return config_read("t.conf", text, errors);
}

static struct config *
read_good(const char *text)
{
	struct strbuf errors = { 0 };
	struct config *config = read_text(text, &errors);

	ck_assert_msg(config != NULL, "refused: %s", errors.data != NULL ? errors.data : "");
	ck_assert_msg(errors.len == 0, "said: %s", errors.data != NULL ? errors.data : "");
	strbuf_fini(&errors);
	return config;
}

/* ---- refusals: each names file, line, what, and what to do ---- */

static const struct refusal {
	const char *text;
	const char *says;	/* part of the findings */
} refusals[] = {
	/* keys */
	{ "probe-intervall = 5m\n" MINIMAL, "t.conf:1: unknown key probe-intervall; did you mean probe-interval?" },
	{ "\n\nzzz = 5m\n" MINIMAL, "t.conf:3: unknown key zzz; see sipkeepd.conf(5)" },
	{ ACCOUNT("pasword = 'x'"), "unknown key pasword; did you mean password?" },
	{ ACCOUNT("\nnameserver = 10.0.0.1"), "t.conf:2: nameserver stands at the wrong place; it belongs outside" },
	{ "server = \"x\"\n" MINIMAL, "t.conf:1: server stands at the wrong place; it belongs into an account block" },
	{ "expires = 300s\nexpires = 60s\n" MINIMAL, "t.conf:2: expires is set twice, first in t.conf:1" },
	{ ACCOUNT("\nuser = \"101\""), "t.conf:2: user is set twice in this account, first in line 1" },
	{ "zzz = {\"a\", \"b\"}\nexpires = 1s\n" MINIMAL,
	    "t.conf:2: expires: 1s is out of bounds; choose from 30s to 2h" },
	/* accounts */
	{ "account { server = \"example.com\" }", "t.conf:1: account without a user: user is missing; add it" },
	{ "account { user = \"100\" }", "t.conf:1: account 100: server is missing; add it" },
	{ MINIMAL "account { user = \"100\" server = \"EXAMPLE.com.; 10.0.0.1\" }\n",
	    "t.conf:2: account 100@example.com stands there twice, first in t.conf:1" },	/* B30 */
	{ ACCOUNT("password = 'a'\npassword-file = \"b\""), "t.conf:2: account 100: both password and password-file" },
	/* user: B30, and nothing that could end a header (RFC 3261 §25) */
	{ "account { user = \"1 0\" server = \"example.com\" }", "account 1 0: user: \"1 0\" cannot be the user" },
	{ "account { user = \"a@b\" server = \"example.com\" }", "cannot be the user" },
	{ "account { user = \"<a\" server = \"example.com\" }", "cannot be the user" },
	{ "account { user = \"a>\" server = \"example.com\" }", "cannot be the user" },
	{ "account { user = \"a\\\"b\" server = \"example.com\" }", "cannot be the user" },
	{ "account { user = \"a%00\" server = \"example.com\" }", "cannot be the user" },
	{ "account { user = \"\303\244\" server = \"example.com\" }", "cannot be the user" },
	{ "account { user = \"\" server = \"example.com\" }", "user: it is empty" },
	/* server: B1, B2 */
	{ "account {\n\tuser = \"100\"\n\tserver = \"example.com; a; b; c; d; e\"\n}",
	    "t.conf:3: account 100: server: " },
	{ "account { user = 100 server = \"example.com; 10.0.0.1:70000\" }", "t.conf:1: account 100: server: " },
	{ "account { user = 100 server = \"example.com;; 10.0.0.1\" }", "t.conf:1: account 100: server: " },
	{ "account { user = 100 server = \"exa mple\" }", "t.conf:1: account 100: server: " },
	/* B8 */
	{ ACCOUNT("transport = sctp"), "transport: \"sctp\" is no transport; use udp, tcp or tls" },
	{ "upstream = \"udp:0.0.0.0:5060\"\n" ACCOUNT("transport = tcp"), "no upstream is tcp; add \"tcp:0.0.0.0:5060\"" },
	{ ACCOUNT("keepalive = 25"), "\"25\" is no duration; write a number with ms, s, m or h, or off" },
	{ ACCOUNT("port = 0"), "port: \"0\" is no number from 1 to 65535" },
	{ ACCOUNT("port = 65536"), "port: \"65536\" is no number from 1 to 65535" },
	{ ACCOUNT("port = -1"), "port: \"-1\" is no number" },
	{ ACCOUNT("port = 5060x"), "port: \"5060x\" is no number" },
	{ ACCOUNT("dscp = 64"), "dscp: \"64\" is no number from 0 to 63" },
	{ ACCOUNT("address-family = ip5"), "address-family: \"ip5\" is no address family; write any, ipv4 or ipv6" },
	{ ACCOUNT("auth-user = \"\""), "auth-user: it is empty" },
	/* B30: contact */
	{ ACCOUNT("contact = \"remote\""), "contact: \"remote\": no SIP URI; write local, received or" },
	{ ACCOUNT("contact = \"sips:100@h\""), "sips is not in this version" },
	{ ACCOUNT("contact = \"sip:\""), "its host is neither a name nor an address" },
	{ ACCOUNT("contact = \"sip:@10.0.0.1\""), "its user is not valid" },
	{ ACCOUNT("contact = \"sip:a b@10.0.0.1\""), "its user is not valid" },
	{ ACCOUNT("contact = \"sip:a%00@10.0.0.1\""), "its user is not valid" },
	{ ACCOUNT("contact = \"sip:a%4@10.0.0.1\""), "its user is not valid" },
	{ ACCOUNT("contact = \"sip:1@10.0.0.1:0\""), "its port is not 1 to 65535" },
	{ ACCOUNT("contact = \"sip:1@10.0.0.1:\""), "its port is not 1 to 65535" },
	{ ACCOUNT("contact = \"sip:1@10.0.0.1:99999\""), "its port is not 1 to 65535" },
	{ ACCOUNT("contact = \"sip:1@10.0.0.300\""), "its host is neither" },
	{ ACCOUNT("contact = \"sip:1@::1\""), "its " },
	{ ACCOUNT("contact = \"sip:1@[::1\""), "its " },
	{ ACCOUNT("contact = \"sip:1@h;a=\\\"x\\\"\""), "its parameters are not valid" },
	{ ACCOUNT("contact = \"sip:1@h>;a\""), "its host is neither" },
	{ ACCOUNT("contact = \"sip:1@h?Route=x\""), "its host is neither" },
	/* durations and bounds */
	{ "probe-interval = 300\n" MINIMAL,
	    "t.conf:1: probe-interval: \"300\" is no duration; write a number with ms, s, m" },
	{ "probe-interval = 5 m\n" MINIMAL, "t.conf:1: " },
	{ "probe-interval = 999ms\n" MINIMAL, "probe-interval: 999ms is out of bounds; choose from 1s to 24h" },
	{ "probe-interval = 25h\n" MINIMAL, "probe-interval: 25h is out of bounds" },
	{ "probe-timeout = 33s\n" MINIMAL, "probe-timeout: 33s is out of bounds; choose from 500ms to 32s" },
	{ "expires = 121m\n" MINIMAL, "expires: 121m is out of bounds; choose from 30s to 2h" },
	{ "expires = 60500ms\n" MINIMAL, "expires: 60500ms is not in whole seconds" },
	{ "expires = ttl\n" MINIMAL, "expires: \"ttl\" is no duration" },
	{ "failback-stable = 25h\n" MINIMAL, "failback-stable: 25h is out of bounds; choose from 0s to 24h" },
	{ "dns-refresh = soon\n" MINIMAL,
	    "dns-refresh: \"soon\" is no duration; write a number with ms, s, m or h, or ttl" },
	{ "dns-refresh = 1s\n" MINIMAL, "dns-refresh: 1s is out of bounds; choose from 5s to 24h" },
	{ ACCOUNT("probe-interval = 99999999999999999999h"), "probe-interval: " },
	/* other global keys */
	{ "unregister-on-exit = true\n" MINIMAL, "unregister-on-exit: \"true\" is neither yes nor no" },
	{ "upstream = \"tcp:0.0.0.0:5060\"\n" MINIMAL, "account 100: no upstream is udp; add \"udp:0.0.0.0:5060\"" },
	{ "upstream = \"sctp:0.0.0.0:5060\"\n" MINIMAL, "upstream: \"sctp\" is no transport; use udp, tcp or tls" },
	{ "tls-verify = maybe\n" MINIMAL, "tls-verify: \"maybe\" is neither yes nor no" },
	{ "tls-ca-file = ca.pem\n" MINIMAL, "tls-ca-file: \"ca.pem\" does not begin with /" },
	{ "tls-key = \"/k.pem\"\n" MINIMAL, "tls-key is set without tls-certificate" },
	{ "upstream = \"0.0.0.0:5060\"\n" MINIMAL, "upstream: \"0.0.0.0\" is no transport" },
	{ "upstream = \"udp:0.0.0.0\"\n" MINIMAL, "upstream: \"udp:0.0.0.0\" has no port" },
	{ "upstream = \"udp:[::]\"\n" MINIMAL, "upstream: \"udp:[::]\" has no port" },
	{ "upstream = \"udp:::5060\"\n" MINIMAL, "brackets are missing" },
	{ "upstream = \"udp\"\n" MINIMAL, "upstream: \"udp\" is no address" },
	{ "http = \"8060\"\n" MINIMAL, "http: \"8060\" is no address; write \"ADDRESS:PORT\"" },
	{ "http = \"127.0.0.1\"\n" MINIMAL, "http: \"127.0.0.1\" has no port; write \"ADDRESS:PORT\"" },
	{ "http = \"::1\"\n" MINIMAL, "http: \"::1\": brackets are missing; write \"[ADDRESS]:PORT\"" },
	{ "http = \"[::1]:0\"\n" MINIMAL, "http: \"[::1]:0\" has no port that one could ask" },
	{ "http-name = \"a b\"\n" MINIMAL, "http-name: \"a b\" is no name" },
	{ "upstream = \"udp:host:5060\"\n" MINIMAL, "is no address" },
	{ "upstream = \"udp:10.0.0.1:65536\"\n" MINIMAL, "is no address" },
	{ "upstream = \"udp:224.0.0.1:5060\"\n" MINIMAL, "is no address of one machine" },
	{ "upstream = {\"udp:10.0.0.1:5060\", \"udp:10.0.0.2:5060\"}\n" MINIMAL,
	    "the second of its transport and family" },
	{ "upstream = {\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\"}\n" MINIMAL, "more than 6 addresses" },
	{ "nameserver = \"ns.example.com\"\n" MINIMAL,
	    "nameserver: \"ns.example.com\" is no address of a name server" },
	{ "nameserver = \"0.0.0.0\"\n" MINIMAL, "nameserver: " },
	{ "nameserver = {1.1.1.1, 1.1.1.1}\n" MINIMAL, "nameserver: \"1.1.1.1\" stands there twice" },
	{ "nameserver = {1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,1.1.1.9}\n" MINIMAL,
	    "nameserver: more than 8 name servers" },
	{ "interface = \"a/b\"\n" MINIMAL, "interface: \"a/b\" is no name" },
	{ "interface = \"abcdefghijklmnop\"\n" MINIMAL, "interface: longer than 15 bytes" },
	{ "user = \"-x\"\n" MINIMAL, "user: \"-x\" is no name" },
	{ "pid-file = \"run/x.pid\"\n" MINIMAL, "pid-file: \"run/x.pid\" does not begin with /" },
	{ "state-dir = {\"/a\", \"/b\"}\n" MINIMAL, "t.conf:1: a list for a key that takes one value" },
	/* libconfuse's traps: each would change a value silently or pass */
	{ "account { user = \"100\"\n server = \"example.com\"\n",
	    "t.conf:1: this account block is not closed; put }" },
	{ "account { user = \"100\"\naccount { user = \"101\" server = \"x\" }",
	    "t.conf:2: the account block of line 1 is not closed; put } before this one" },
	{ ACCOUNT("password = 'abc"), "t.conf:1: the quote ' is not closed on its line; close it" },
	{ "control = \"/run/x\n" MINIMAL, "t.conf:1: the quote \" is not closed on its line" },
	{ ACCOUNT("password = abc"), "a secret not in single quotes; write 'SECRET'" },
	{ ACCOUNT("password = \"abc\""), "a secret not in single quotes; write 'SECRET'" },
	{ ACCOUNT("password = abc#def"), "t.conf:1: # right behind a word; put the value in quotes" },
	{ ACCOUNT("password = ab'cd'"), "' right behind a word" },
	{ ACCOUNT("password = \"${HOME}\""), "\"${\" in a value" },
	{ ACCOUNT("auth-user = ${HOME}"), "\"${\" in a value" },
	{ ACCOUNT("auth-user = \"x${HOME}\""), "\"${\" in a value" },
	{ ACCOUNT("auth-user = \"a\\r\\nX: y\""), "\"\\\" in double quotes stands before \" or \\ only" },
	{ ACCOUNT("auth-user = 'a\rb'"), "a control character in a value; take it out" },
	{ ACCOUNT("display-name = \"a\tb\""), "a control character in a value" },
	{ ACCOUNT("display-name = \"a\x7f\""), "a control character in a value" },
	{ ACCOUNT("display-name = \"a\302\205\""), "display-name: no UTF-8, or a control character in it" },
	{ ACCOUNT("display-name = \"a\344b\""), "display-name: no UTF-8" },
	{ ACCOUNT("display-name = \"\355\240\200\""), "display-name: no UTF-8" },
	{ "account \"\302\233\303\274\" { }", "unexpected \"?\303\274\"; an account has no title" },
	/* grammar */
	{ "account \"x\" { }", "unexpected \"x\"; an account has no title" },
	{ "accounts { user = 1 }\n", "unexpected \"accounts\"; the only block is account { … }" },
	{ "}\n" MINIMAL, "t.conf:1: unexpected \"}\"" },
	{ "expires 300s\n" MINIMAL, "t.conf:1: unexpected \"300s\"; a key is followed by \"=\"" },
	{ "expires = \n" MINIMAL, "t.conf:2: " },
	{ "expires =", "t.conf:1: the file ends too early" },
	{ "nameserver = {1.1.1.1 1.1.1.2}\n" MINIMAL, "items of a list are parted by \",\"" },
	{ "nameserver = {}\n" MINIMAL, "a list is {\"one\", \"two\"}" },
	{ "nameserver = {1.1.1.1,}\n" MINIMAL, "a list is {\"one\", \"two\"}" },
	{ "account { include(\"x\") }", "t.conf:1: include inside of an account block" },
	{ "include \"x\"\n", "write include(\"FILE\")" },
	{ "include()\n", "write include(\"FILE\")" },
	{ "include(\"/nonexistent/x\")\n", "t.conf:1: cannot read /nonexistent/x (No such file or directory)" },
	{ ACCOUNT("password-file = \"/nonexistent/x\""), "password-file: cannot read /nonexistent/x (No such file" },
};

START_TEST(refusal_names_place_and_remedy)
{
	const struct refusal *r = &refusals[_i];
	struct strbuf errors = { 0 };
	struct config *config = read_text(r->text, &errors);

	ck_assert_msg(config == NULL, "accepted:\n%s", r->text);
	ck_assert_msg(errors.data != NULL && strstr(errors.data, r->says) != NULL, "%s\nsaid: %swanted: %s", r->text,
	    errors.data != NULL ? errors.data : "(nothing)\n", r->says);
	ck_assert_msg(strncmp(errors.data, "t.conf:", 7) == 0, "no place: %s", errors.data);
	strbuf_fini(&errors);
}
END_TEST

START_TEST(findings_are_told_all_at_once)
{
	struct strbuf errors = { 0 };

	ck_assert_ptr_null(read_text("zzz = 1\nexpires = 1s\naccount {\n user = \"a b\"\n port = 0\n dscp = 99\n}\n",
	    &errors));
	ck_assert_ptr_nonnull(strstr(errors.data, "t.conf:1: unknown key zzz"));
	ck_assert_ptr_nonnull(strstr(errors.data, "t.conf:2: expires: "));
	ck_assert_ptr_nonnull(strstr(errors.data, "t.conf:4: account a b: user: "));
	ck_assert_ptr_nonnull(strstr(errors.data, "t.conf:5: account a b: port: "));
	ck_assert_ptr_nonnull(strstr(errors.data, "t.conf:6: account a b: dscp: "));
	ck_assert_ptr_nonnull(strstr(errors.data, "t.conf:3: account a b: server is missing"));
	strbuf_fini(&errors);
}
END_TEST

static const char *const torn_secrets[] = {
	"password = 'it's S3CRET'\n",
	"password = 'hun'S3CRET=x\n",
	"password = 'hun'S3CRET x=y\n",
	"password = 'hun' {S3CRET}\n",
	"password =\n'it's S3CRET'\n",
	"password 'S3CRET'\n",
	"password S3CRET\n",
	"password = {'it', 'or'\n'S3CRET'}\n",
	"pasword = 'it's S3CRET'\n",
	"password = it's S3CRET'\n",
};

/* What stands behind a quote that ended too early is still a part of the password. */
START_TEST(findings_hold_no_piece_of_a_secret)
{
	char text[200];
	struct strbuf errors = { 0 };

	snprintf(text, sizeof(text), "account { user = 1 server = a.example\n%s}\n", torn_secrets[_i]);
	ck_assert(read_text(text, &errors) == NULL);
	ck_assert_msg(strstr(errors.data, "S3CRET") == NULL, "%s", errors.data);
	strbuf_fini(&errors);
}
END_TEST

START_TEST(findings_hold_no_secret_and_no_control_character)
{
	struct strbuf errors = { 0 };

	ck_assert_ptr_null(read_text(ACCOUNT("password = 'hush\x01' dscp = 99"), &errors));
	ck_assert_ptr_null(read_text(ACCOUNT("password = hush"), &errors));
	ck_assert_ptr_null(read_text(ACCOUNT("auth-user = \"x\x1b[2J\" port = \"y\x1b\""), &errors));
	ck_assert_ptr_null(strstr(errors.data, "hush"));
	ck_assert_ptr_null(strchr(errors.data, '\x1b'));
	strbuf_fini(&errors);
}
END_TEST

START_TEST(a_flood_of_findings_is_cut)
{
	struct strbuf text = { 0 }, errors = { 0 };
	size_t lines = 0;

	for (int i = 0; i < 1000; i++)
		strbuf_append(&text, "zzz = 1\n");
	ck_assert_ptr_null(read_text(text.data, &errors));
	for (const char *c = errors.data; *c != '\0'; c++)
		lines += *c == '\n';
	ck_assert_uint_eq(lines, 51);
	ck_assert_ptr_nonnull(strstr(errors.data, "more errors follow"));
	strbuf_fini(&text);
	strbuf_fini(&errors);
}
END_TEST

/* ---- what is read ---- */

/* An account over TCP brings the upstream addresses of TCP with it; the port of its servers is that of its transport. */
START_TEST(defaults_of_tcp)		/* B4, B8 */
{
	struct config *c = read_good(ACCOUNT("transport = tcp"));
	struct peer third;
	char text[PEER_TEXT_SIZE];

	ck_assert_uint_eq(c->upstream_count, 4);
	for (size_t i = 2; i < 4; i++) {
		third = (struct peer){ c->upstream[i].transport, c->upstream[i].address };
		ck_assert_str_eq(peer_str(&third, text), i == 2 ? "tcp:0.0.0.0:5060" : "tcp:[::]:5060");
		ck_assert(c->upstream[i].optional);
	}
	ck_assert_uint_eq(c->accounts[0].port, 5060);
	ck_assert_int_eq(c->accounts[0].timing.keepalive_ms, 0);
	ck_assert(c->tls.verify);
	config_free(c);
}
END_TEST

START_TEST(defaults)			/* B8, B10, B19, B20, B30, B33, B38, B43, B50 */
{
	struct config *c = read_good(MINIMAL);
	const struct account_config *a = &c->accounts[0];
	char text[ADDRESS_TEXT_SIZE];

	ck_assert_uint_eq(c->upstream_count, 2);
	ck_assert_str_eq(address_str(&c->upstream[0].address, text), "0.0.0.0:5060");
	ck_assert_str_eq(address_str(&c->upstream[1].address, text), "[::]:5060");
	ck_assert_uint_eq(c->nameserver_count, 0);
	ck_assert_ptr_null(c->interface);
	ck_assert_ptr_nonnull(strstr(c->control, "/sipkeepd/control"));
	ck_assert_ptr_nonnull(strstr(c->state_dir, "/lib/sipkeepd"));
	ck_assert_ptr_null(c->control_group);
	ck_assert_ptr_null(c->pid_file);
	ck_assert_ptr_null(c->user);
	ck_assert_int_eq(c->dns_refresh_ms, 2 * 3600 * 1000);
	ck_assert(c->unregister_on_exit);
	ck_assert_int_eq(c->timing.probe_interval_ms, 300000);
	ck_assert_int_eq(c->timing.probe_interval_active_ms, 300000);
	ck_assert_int_eq(c->timing.probe_interval_down_ms, 300000);
	ck_assert_int_eq(c->timing.probe_timeout_ms, 4000);
	ck_assert_int_eq(c->timing.expires_s, 300);
	ck_assert_int_eq(c->timing.failback_stable_ms, 0);
	ck_assert_uint_eq(c->account_count, 1);
	ck_assert_str_eq(a->aor, "100@example.com");
	ck_assert_str_eq(a->auth_user, "100");
	ck_assert_str_eq(a->password, "");
	ck_assert_ptr_null(a->display_name);
	ck_assert_int_eq(a->transport, SIP_UDP);
	ck_assert_uint_eq(a->port, 5060);
	ck_assert_int_eq(a->family, FAMILY_ANY);
	ck_assert_uint_eq(a->dscp, 24);
	ck_assert_int_eq(a->contact_mode, CONTACT_LOCAL);
	ck_assert_ptr_null(a->contact_uri);
	ck_assert_int_eq(memcmp(&a->timing, &c->timing, sizeof(a->timing)), 0);
	config_free(c);
}
END_TEST

START_TEST(every_key)			/* B8 */
{
	struct config *c = read_good(
	    "upstream = \"udp:[::1]:0\" nameserver = {\"192.0.2.1\", \"[2001:db8::1]:5353\"}\n"
	    "interface = eth0.5 control = \"/c\" control-group = adm pid-file = /p state-dir = '/s' user = nobody\n"
	    "dns-refresh = ttl unregister-on-exit = no probe-interval = 1m probe-interval-active = 2m\n"
	    "probe-interval-down = 3m probe-timeout = 5s expires = 2h failback-stable = 1500ms\n"
	    "account {\nuser = \"+49;x\" server = \"Example.COM; 10.0.0.1:5070; [::1]\" auth-user = \"trunk\"\n"
	    "password = 'p' display-name = \"A \\\"B\\\" \\\\ C\" transport = udp port = 5062 address-family = ipv6\n"
	    "dscp = 0 contact = \"sip:200@192.168.1.20:5060;x=1\" probe-interval = 10s probe-interval-active = 11s\n"
	    "probe-interval-down = 12s probe-timeout = 500ms expires = 31s failback-stable = 0s }\n");
	const struct account_config *a = &c->accounts[0];
	char text[ADDRESS_TEXT_SIZE];

	ck_assert_uint_eq(c->upstream_count, 1);
	ck_assert_str_eq(address_str(&c->upstream[0].address, text), "[::1]");
	ck_assert_uint_eq(c->nameserver_count, 2);
	ck_assert_str_eq(address_str(&c->nameserver[1], text), "[2001:db8::1]:5353");
	ck_assert_str_eq(c->interface, "eth0.5");
	ck_assert_str_eq(c->control, "/c");
	ck_assert_str_eq(c->control_group, "adm");
	ck_assert_str_eq(c->pid_file, "/p");
	ck_assert_str_eq(c->state_dir, "/s");
	ck_assert_str_eq(c->user, "nobody");
	ck_assert_int_eq(c->dns_refresh_ms, 0);
	ck_assert(!c->unregister_on_exit);
	ck_assert_int_eq(c->timing.probe_interval_ms, 60000);
	ck_assert_int_eq(c->timing.probe_interval_active_ms, 120000);
	ck_assert_int_eq(c->timing.probe_interval_down_ms, 180000);
	ck_assert_int_eq(c->timing.probe_timeout_ms, 5000);
	ck_assert_int_eq(c->timing.expires_s, 7200);
	ck_assert_int_eq(c->timing.failback_stable_ms, 1500);
	ck_assert_str_eq(a->aor, "+49;x@example.com");
	ck_assert_str_eq(a->server_text, "Example.COM; 10.0.0.1:5070; [::1]");
	ck_assert_uint_eq(a->server.count, 2);
	ck_assert_str_eq(a->auth_user, "trunk");
	ck_assert_str_eq(a->password, "p");
	ck_assert_str_eq(a->display_name, "A \"B\" \\ C");
	ck_assert_uint_eq(a->port, 5062);
	ck_assert_int_eq(a->family, FAMILY_IPV6);
	ck_assert_uint_eq(a->dscp, 0);
	ck_assert_int_eq(a->contact_mode, CONTACT_FIXED);
	ck_assert_str_eq(a->contact_uri, "sip:200@192.168.1.20:5060;x=1");
	ck_assert_int_eq(a->timing.probe_interval_ms, 10000);
	ck_assert_int_eq(a->timing.probe_interval_active_ms, 11000);
	ck_assert_int_eq(a->timing.probe_interval_down_ms, 12000);
	ck_assert_int_eq(a->timing.probe_timeout_ms, 500);
	ck_assert_int_eq(a->timing.expires_s, 31);
	ck_assert_int_eq(a->timing.failback_stable_ms, 0);
	ck_assert_int_eq(a->line, 5);
	ck_assert_str_eq(a->file, "t.conf");
	config_free(c);
}
END_TEST

static const struct secret {
	const char *written, *is;
} secrets[] = {
	{ "'plain'", "plain" },
	{ "'a#b'", "a#b" },
	{ "'${HOME}'", "${HOME}" },
	{ "'a\\b'", "a\\b" },
	{ "'a\\\\b'", "a\\\\b" },
	{ "'a\\'", "a\\" },
	{ "'a\\n'", "a\\n" },
	{ "'{\"}=(),;//*'", "{\"}=(),;//*" },
	{ "' blanks '", " blanks " },
	{ "'\303\244\360\237\224\221'", "\303\244\360\237\224\221" },
	{ "'%s%n'", "%s%n" },
};

START_TEST(a_secret_is_literal)
{
	struct strbuf text = { 0 };
	struct config *c;

	strbuf_printf(&text, "account {\nuser = 100\nserver = example.com\npassword = %s # a 'comment\n}\n",
	    secrets[_i].written);
	c = read_good(text.data);
	ck_assert_str_eq(c->accounts[0].password, secrets[_i].is);
	config_free(c);
	strbuf_fini(&text);
}
END_TEST

static const char *const good_texts[] = {
	"# only a comment, and no line end behind it: '\"{\n" MINIMAL "# end",
	"\xef\xbb\xbf" MINIMAL,
	"expires = 60s\r\n" MINIMAL "\r\n",
	"upstream = {\"udp:0.0.0.0:5060\"}\n" MINIMAL,
	"upstream = {\"tcp:0.0.0.0:5060\", \"tcp:[::]:5061\"}\n" ACCOUNT("transport = tcp"),
	"tls-verify = no tls-ca-file = \"/ca.pem\" tls-certificate = \"/c.pem\" tls-key = \"/k.pem\"\n" MINIMAL,
	"keepalive = 25s\n" ACCOUNT("keepalive = off"),
	"upstream = {\"udp:127.0.0.1:5060\", \"udp:[::1]:5061\"}\n" MINIMAL,
	"nameserver = 127.0.0.1\n" MINIMAL,
	"account{user='100'server=\"example.com\"}",
	ACCOUNT("display-name = \"J\303\274rgen \\\"J\\\"\""),
	ACCOUNT("contact = local"),
	ACCOUNT("contact = \"received\""),
	ACCOUNT("contact = \"sip:door.example.com\""),
	ACCOUNT("contact = \"sip:100@[2001:db8::1]:5060\""),
	ACCOUNT("contact = \"sip:a%20b;phone-context=x@10.0.0.1;transport=udp;lr\""),
	MINIMAL "account { user = \"101\" server = \"example.com\" }",
	MINIMAL "account { user = \"100\" server = \"example.org\" }",
	"account { user = \"100\" server = \"[2001:db8::1]\" }",
};

START_TEST(accepted)
{
	config_free(read_good(good_texts[_i]));
}
END_TEST

START_TEST(timers_of_accounts_follow_globals_behind_them)
{
	struct config *c = read_good(ACCOUNT("expires = 60s") "expires = 120s\nprobe-timeout = 2s\n");

	ck_assert_int_eq(c->accounts[0].timing.expires_s, 60);
	ck_assert_int_eq(c->accounts[0].timing.probe_timeout_ms, 2000);
	config_free(c);
}
END_TEST

START_TEST(an_empty_file_is_warned_of)
{
	struct strbuf errors = { 0 };
	struct config *c = read_text("", &errors);

	ck_assert_ptr_nonnull(c);
	ck_assert_str_eq(errors.data, "t.conf: warning: no account in it; nothing will be registered\n");
	config_free(c);
	strbuf_fini(&errors);
}
END_TEST

START_TEST(many_accounts_in_their_order)	/* more than one batch; and found by name */
{
	enum { MANY = 3000 };
	struct strbuf text = { 0 };
	struct config *c;
	char name[64];

	for (int i = 0; i < MANY; i++)
		strbuf_printf(&text, "account { user = u%d server = example.com\n port = %d }\n", i, i % 60000 + 1);
	c = read_good(text.data);
	ck_assert_uint_eq(c->account_count, MANY);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "u%d@example.com", i);
		ck_assert_str_eq(c->accounts[i].aor, name);
		ck_assert_int_eq(c->accounts[i].line, 2 * i + 1);
		ck_assert_int_eq(c->accounts[i].port, i % 60000 + 1);
		ck_assert_ptr_eq(config_account(c, name), &c->accounts[i]);
	}
	ck_assert_ptr_null(config_account(c, "u0@example.org"));
	config_free(c);
	strbuf_fini(&text);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");

	tcase_add_loop_test(t, refusal_names_place_and_remedy, 0, (int)UNIT_COUNT(refusals));
	tcase_add_loop_test(t, a_secret_is_literal, 0, (int)UNIT_COUNT(secrets));
	tcase_add_loop_test(t, accepted, 0, (int)UNIT_COUNT(good_texts));
	tcase_add_test(t, findings_are_told_all_at_once);
	tcase_add_loop_test(t, findings_hold_no_piece_of_a_secret, 0, (int)UNIT_COUNT(torn_secrets));
	tcase_add_test(t, findings_hold_no_secret_and_no_control_character);
	tcase_add_test(t, a_flood_of_findings_is_cut);
	tcase_add_test(t, defaults);
	tcase_add_test(t, defaults_of_tcp);
	tcase_add_test(t, every_key);
	tcase_add_test(t, timers_of_accounts_follow_globals_behind_them);
	tcase_add_test(t, an_empty_file_is_warned_of);
	tcase_add_test(t, many_accounts_in_their_order);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
