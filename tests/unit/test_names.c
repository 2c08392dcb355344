/* SPDX-License-Identifier: ISC */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/names.h"
#include "base/log.h"
#include "fake_names_net.h"

#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define SRV_NAME "_sip._udp.pbx.example.com"
#define NAME "pbx.example.com"

static struct names *names;
static unsigned changes;
static struct handle changed;
static bool server_is_up;
static unsigned warnings;

/* ---- The one who watches. ---- */

static void
on_change(void *arg, struct handle watch)
{
	(void)arg;
	changes++;
	changed = watch;
}

static bool
any_up(void *arg, struct handle watch)
{
	(void)arg;
	(void)watch;
	return server_is_up;
}

static const struct names_events events = { .on_change = on_change, .any_up = any_up };

static void
on_line(void *arg, enum log_level level, const char *line)
{
	(void)arg;
	if (level <= LOG_LEVEL_WARNING && strstr(line, "no host name") != NULL)
		warnings++;
}

static struct names_settings
settings_of(size_t nameservers, int64_t dns_refresh_ms)
{
	struct names_settings settings = { .nameserver_count = nameservers, .dns_refresh_ms = dns_refresh_ms };

	for (unsigned i = 0; i < nameservers; i++)
		settings.nameserver[i] = fake_nameserver(i + 1);
	return settings;
}

static void
begin_with(size_t nameservers, int64_t dns_refresh_ms)
{
	struct names_settings settings = settings_of(nameservers, dns_refresh_ms);

	names_free(names);
	fake_reset();
	log_to_sink(on_line, NULL);
	changes = 0;
	warnings = 0;
	server_is_up = false;
	names = names_new(fake_loop(), fake_resolver(), &settings, &events, NULL);
	ck_assert_ptr_nonnull(names);
}

static void
setup(void)
{
	begin_with(1, 2 * HOUR);
}

/* Nothing stays behind: no timer, no query (and no memory, says the sanitizer). */
static void
teardown(void)
{
	names_free(names);
	names = NULL;
	ck_assert_uint_eq(fake_queries(), 0);
	ck_assert_uint_eq(fake_timers(), 0);
}

static struct handle
watch_as(const char *name, uint16_t port, enum sip_transport transport, enum family_policy family)
{
	struct name_request request = { .port = port, .default_port = sip_transport_port(transport),
		.transport = transport, .family = family };

	snprintf(request.name, sizeof(request.name), "%s", name);
	return names_watch(names, &request);
}

static struct handle
watch_any(const char *name, uint16_t port)
{
	return watch_as(name, port, SIP_UDP, FAMILY_ANY);
}

static struct handle
watch_ipv4(const char *name, uint16_t port)
{
	return watch_as(name, port, SIP_UDP, FAMILY_IPV4);
}

static const char *
name_state_str(enum name_state state)
{
	switch (state) {
	case NAME_ASKING:
		return "asking";
	case NAME_FOUND:
		return "found";
	case NAME_EMPTY:
		return "empty";
	case NAME_FAILED:
		return "failed";
	}
	return "?";
}

/* "found: 192.0.2.9:5060, 192.0.2.8:5070/10/60", with "stale " before it; priority and weight if of SRV. */
static const char *
seen(struct handle watch)
{
	static char text[65536];
	struct name_view view;
	char address[ADDRESS_TEXT_SIZE];
	size_t at;

	ck_assert(names_view(names, watch, &view));
	at = (size_t)snprintf(text, sizeof(text), "%s%s", view.stale ? "stale " : "", name_state_str(view.state));
	for (size_t i = 0; i < view.found.count; i++) {
		const struct found_server *s = &view.found.servers[i];

		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", i == 0 ? ": " : ", ",
		    address_str(&s->address, address));
		if (s->from_srv)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "/%u/%u", s->priority, s->weight);
		else
			ck_assert(s->priority == 1 && s->weight == 0);
	}
	return text;
}

static int64_t
answered_at(struct handle watch)
{
	struct name_view view;

	ck_assert(names_view(names, watch, &view));
	return view.answered_at.ms;
}

static enum dns_outcome
last_of(struct handle watch)
{
	struct name_view view;

	ck_assert(names_view(names, watch, &view));
	return view.last;
}

/* ---- B4: what is asked and what comes of it. ---- */

static const struct {
	const char *what;
	uint16_t port;
	enum sip_transport transport;
	enum family_policy family;
	const char *srv, *a, *aaaa;	/* what the name servers say of the name */
	const char *seen;
	const char *asked;
} lookups[] = {
	{ "no SRV: the name at the default port", 0, SIP_UDP, FAMILY_ANY, "NXDOMAIN", "192.0.2.9", "2001:db8::9",
	    "found: 192.0.2.9:5060, [2001:db8::9]:5060",
	    "0@1 SRV _sip._udp." NAME "; 10@1 A " NAME "; 10@1 AAAA " NAME },
	{ "no SRV data: likewise", 0, SIP_UDP, FAMILY_ANY, "NODATA", "192.0.2.9 192.0.2.8", "NODATA",
	    "found: 192.0.2.9:5060, 192.0.2.8:5060",
	    "0@1 SRV _sip._udp." NAME "; 10@1 A " NAME "; 10@1 AAAA " NAME },
	{ "TCP", 0, SIP_TCP, FAMILY_IPV4, "NXDOMAIN", "192.0.2.9", "2001:db8::9",
	    "found: 192.0.2.9:5060", "0@1 SRV _sip._tcp." NAME "; 10@1 A " NAME },
	{ "TLS", 0, SIP_TLS, FAMILY_IPV6, "NXDOMAIN", "192.0.2.9", "2001:db8::9",
	    "found: [2001:db8::9]:5061", "0@1 SRV _sips._tcp." NAME "; 10@1 AAAA " NAME },
	{ "a port: no SRV", 5070, SIP_UDP, FAMILY_ANY, "1:1:5060:x", "192.0.2.9", "2001:db8::9",
	    "found: 192.0.2.9:5070, [2001:db8::9]:5070", "0@1 A " NAME "; 0@1 AAAA " NAME },
	{ "a port, IPv4 only", 5070, SIP_UDP, FAMILY_IPV4, "1:1:5060:x", "192.0.2.9", "2001:db8::9",
	    "found: 192.0.2.9:5070", "0@1 A " NAME },
	{ "a port, nothing there", 5070, SIP_UDP, FAMILY_ANY, "NXDOMAIN", "NODATA", "NXDOMAIN",
	    "empty", "0@1 A " NAME "; 0@1 AAAA " NAME },
	{ "nothing there at all", 0, SIP_UDP, FAMILY_IPV4, "NXDOMAIN", "NXDOMAIN", "NXDOMAIN",
	    "empty", "0@1 SRV _sip._udp." NAME "; 10@1 A " NAME },
	{ "SRV fails: no addresses are asked for", 0, SIP_UDP, FAMILY_ANY, "SERVFAIL", "192.0.2.9", "2001:db8::9",
	    "failed", "0@1 SRV _sip._udp." NAME },
	{ "SRV truncated (B57): a failure", 0, SIP_UDP, FAMILY_ANY, "TRUNCATED", "192.0.2.9", "2001:db8::9",
	    "failed", "0@1 SRV _sip._udp." NAME },
	{ "one family fails", 5070, SIP_UDP, FAMILY_ANY, "", "REFUSED", "2001:db8::9",
	    "found: [2001:db8::9]:5070", "0@1 A " NAME "; 0@1 AAAA " NAME },
	{ "one family fails, the other is empty", 5070, SIP_UDP, FAMILY_ANY, "", "NODATA", "MALFORMED",
	    "failed", "0@1 A " NAME "; 0@1 AAAA " NAME },
	{ "no service here", 0, SIP_UDP, FAMILY_ANY, "0:0:0:", "192.0.2.9", "2001:db8::9",
	    "empty", "0@1 SRV _sip._udp." NAME },
	{ "SRV port 0 passes", 0, SIP_UDP, FAMILY_IPV4, "1:2:0:" NAME, "192.0.2.9", "",
	    "found: 192.0.2.9/1/2", "0@1 SRV _sip._udp." NAME "; 10@1 A " NAME },
	{ "in the order of DNS, priority 0 is legal", 0, SIP_UDP, FAMILY_IPV4,
	    "20:1:5062:" NAME " 0:5:5061:" NAME " 10:0:5060:" NAME, "192.0.2.9", "",
	    "found: 192.0.2.9:5062/20/1, 192.0.2.9:5061/0/5, 192.0.2.9:5060/10/0",
	    "0@1 SRV _sip._udp." NAME "; 10@1 A " NAME },
	{ "a target that is no host name", 0, SIP_UDP, FAMILY_IPV4, "1:1:5060:b@d 1:1:5060:" NAME " 1:1:5060:b/d",
	    "192.0.2.9", "", "found: 192.0.2.9:5060/1/1", "0@1 SRV _sip._udp." NAME "; 10@1 A " NAME },
};

START_TEST(b4_lookup)
{
	struct handle watch;

	fake_say(0, DNS_SRV, "_sip._udp." NAME, lookups[_i].srv);
	fake_say(0, DNS_SRV, "_sip._tcp." NAME, lookups[_i].srv);
	fake_say(0, DNS_SRV, "_sips._tcp." NAME, lookups[_i].srv);
	fake_say(0, DNS_A, NAME, lookups[_i].a);
	fake_say(0, DNS_AAAA, NAME, lookups[_i].aaaa);
	watch = watch_as(NAME, lookups[_i].port, lookups[_i].transport, lookups[_i].family);
	ck_assert_str_eq(seen(watch), "asking");
	ck_assert_uint_eq(fake_queries(), 0);
	fake_run_until(SECOND);
	ck_assert_str_eq(seen(watch), lookups[_i].seen);
	ck_assert_str_eq(fake_asked(), lookups[_i].asked);
	ck_assert_uint_eq(changes, 1);
	ck_assert(handle_equal(changed, watch));
	fake_run_until(29 * SECOND);
	ck_assert_uint_eq(changes, 1);
}
END_TEST

/* B4, B5: two targets with both families, the second named first; names are kept as DNS spells them (B22). */
START_TEST(b4_targets)
{
	struct handle watch = watch_any(NAME, 0);
	struct name_view view;

	fake_say(0, DNS_SRV, SRV_NAME, "10:60:5060:B.example.com 10:40:5070:a.example.com 20:0:5080:c.example.com");
	fake_say(0, DNS_A, "b.example.com", "192.0.2.12 192.0.2.11");
	fake_say(0, DNS_AAAA, "b.example.com", "2001:db8::b");
	fake_say(0, DNS_A, "a.example.com", "192.0.2.1");
	fake_say(0, DNS_AAAA, "a.example.com", "NODATA");
	fake_say(0, DNS_A, "c.example.com", "NXDOMAIN");
	fake_say(0, DNS_AAAA, "c.example.com", "SERVFAIL");
	fake_run_until(SECOND);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.12:5060/10/60, 192.0.2.11:5060/10/60, [2001:db8::b]:5060/10/60, "
	    "192.0.2.1:5070/10/40");
	ck_assert(names_view(names, watch, &view));
	ck_assert_str_eq(view.found.servers[0].name, "B.example.com");
	ck_assert_str_eq(view.found.servers[3].name, "a.example.com");
	ck_assert_uint_eq(changes, 1);
	ck_assert_int_eq(last_of(watch), DNS_SERVFAIL);
}
END_TEST

/* B7: one warning for a bad answer, however often it comes again; another one after a good answer between. */
START_TEST(b7_warns_once)
{
	watch_any(NAME, 0);
	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:b@d 1:1:5060:b/d");
	fake_run_until(3 * HOUR);
	ck_assert_uint_eq(warnings, 1);
	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:b/d 1:1:5060:b@d");
	fake_run_until(5 * HOUR);
	ck_assert_uint_eq(warnings, 1);
	fake_say(0, DNS_SRV, SRV_NAME, "0:0:0:");
	fake_run_until(7 * HOUR);
	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:b/d");
	fake_run_until(9 * HOUR);
	ck_assert_uint_eq(warnings, 2);
}
END_TEST

/* B57: a flood of records is bounded. */
START_TEST(bounded)
{
	struct handle watch = watch_ipv4(NAME, 5060);
	struct strbuf many = { 0 };
	struct name_view view;

	for (unsigned i = 0; i < 150; i++)
		strbuf_printf(&many, "1:1:%u:" NAME " ", i + 1);
	fake_say(0, DNS_SRV, SRV_NAME, many.data);
	fake_say(0, DNS_A, NAME, "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.7 192.0.2.8");
	names_unwatch(names, watch);
	watch = watch_ipv4(NAME, 0);
	fake_run_until(SECOND);
	ck_assert(names_view(names, watch, &view));
	ck_assert_uint_eq(view.found.count, 512);
	strbuf_fini(&many);
}
END_TEST

/* A name that leaves no room for the SRV prefix has no SRV records. */
START_TEST(b4_longest_name)
{
	char name[DNS_NAME_SIZE];
	struct handle watch;

	for (size_t i = 0; i < 253; i++)
		name[i] = i % 50 == 49 ? '.' : 'a';
	name[253] = '\0';
	fake_say(0, DNS_A, name, "192.0.2.9");
	watch = watch_ipv4(name, 0);
	fake_run_until(SECOND);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.9:5060");
}
END_TEST

/* ---- B54, B56: name servers in turn. ---- */

static const struct {
	const char *what;
	size_t nameservers;
	const char *first, *second, *third;
	const char *asked;
	const char *seen;
	int64_t ended_ms;		/* the lookup */
	enum dns_outcome last;
} turns[] = {
	{ "the first is silent", 2, "SILENT", "192.0.2.9", "",
	    "0@1 A x; 2000@2 A x", "found: 192.0.2.9:5060", 2010, DNS_GOOD },
	{ "SERVFAIL", 2, "SERVFAIL", "192.0.2.9", "",
	    "0@1 A x; 10@2 A x", "found: 192.0.2.9:5060", 20, DNS_GOOD },
	{ "REFUSED", 2, "REFUSED", "192.0.2.9", "",
	    "0@1 A x; 10@2 A x", "found: 192.0.2.9:5060", 20, DNS_GOOD },
	{ "malformed", 2, "MALFORMED", "192.0.2.9", "",
	    "0@1 A x; 10@2 A x", "found: 192.0.2.9:5060", 20, DNS_GOOD },
	{ "truncated", 2, "TRUNCATED", "192.0.2.9", "",
	    "0@1 A x; 10@2 A x", "found: 192.0.2.9:5060", 20, DNS_GOOD },
	{ "no way to the first", 2, "UNSENDABLE", "192.0.2.9", "",
	    "0@1 A x; 0@2 A x", "found: 192.0.2.9:5060", 10, DNS_GOOD },
	{ "none is an answer", 2, "NXDOMAIN", "192.0.2.9", "",
	    "0@1 A x", "empty", 10, DNS_NXDOMAIN },
	{ "all three", 3, "SILENT", "SERVFAIL", "192.0.2.9", "0@1 A x; 2000@2 A x; 2010@3 A x",
	    "found: 192.0.2.9:5060", 2020, DNS_GOOD },
	{ "all fail", 3, "SERVFAIL", "TRUNCATED", "REFUSED",
	    "0@1 A x; 10@2 A x; 20@3 A x", "failed", 30, DNS_TRUNCATED },
	{ "none can be sent to", 2, "UNSENDABLE", "UNSENDABLE", "",
	    "0@1 A x; 0@2 A x", "failed", 0, DNS_UNSENDABLE },
	{ "silence goes round until 10 s", 3, "SILENT", "SILENT", "SILENT",
	    "0@1 A x; 2000@2 A x; 4000@3 A x; 6000@1 A x; 8000@2 A x", "failed", 10000, DNS_SILENT },
	{ "one alone is asked until 10 s", 1, "SILENT", "", "",
	    "0@1 A x; 2000@1 A x; 4000@1 A x; 6000@1 A x; 8000@1 A x", "failed", 10000, DNS_SILENT },
	{ "who failed is not asked twice", 2, "SILENT", "SERVFAIL", "",
	    "0@1 A x; 2000@2 A x; 2010@1 A x; 4010@1 A x; 6010@1 A x; 8010@1 A x", "failed", 10000, DNS_SERVFAIL },
	{ "eight silent ones: five can be asked", 8, "SILENT", "SILENT", "SILENT",
	    "0@1 A x; 2000@2 A x; 4000@3 A x; 6000@4 A x; 8000@5 A x", "failed", 10000, DNS_SILENT },
};

START_TEST(b54_in_turn)
{
	struct handle watch;

	begin_with(turns[_i].nameservers, 2 * HOUR);
	fake_say(1, DNS_A, "x", turns[_i].first);
	fake_say(2, DNS_A, "x", turns[_i].second);
	fake_say(3, DNS_A, "x", turns[_i].third);
	watch = watch_ipv4("x", 5060);
	if (turns[_i].ended_ms > 0) {
		fake_run_until(turns[_i].ended_ms - 1);
		ck_assert_str_eq(seen(watch), "asking");
	}
	fake_run_until(turns[_i].ended_ms);
	ck_assert_str_eq(seen(watch), turns[_i].seen);
	ck_assert_int_eq(last_of(watch), turns[_i].last);
	ck_assert_str_eq(fake_asked(), turns[_i].asked);
	/* B51: a failed one again after 30 s, from the first server on; a good one not */
	fake_run_until(turns[_i].ended_ms + 30 * SECOND - 1);
	ck_assert_str_eq(fake_asked(), "");
	fake_run_until(turns[_i].ended_ms + 30 * SECOND);
	if (strcmp(turns[_i].seen, "failed") != 0)
		ck_assert_str_eq(fake_asked(), "");
	else
		ck_assert_ptr_nonnull(strstr(fake_asked(), "@1 A x"));
}
END_TEST

/* B54: a lookup begun late asks the last one for what is left of the 10 s only. */
START_TEST(b54_ten_seconds_in_all)
{
	struct handle watch;

	begin_with(8, 2 * HOUR);
	fake_delay(1900);
	fake_say(0, DNS_A, "x", "SERVFAIL");
	fake_say(6, DNS_A, "x", "192.0.2.9");
	watch = watch_ipv4("x", 5060);
	fake_run_until(11 * SECOND);
	ck_assert_str_eq(fake_asked(), "0@1 A x; 1900@2 A x; 3800@3 A x; 5700@4 A x; 7600@5 A x; 9500@6 A x");
	ck_assert_str_eq(seen(watch), "failed");
}
END_TEST

/* B54: resolv.conf is read for each lookup; what is configured goes before it. */
START_TEST(b54_resolv_conf)
{
	struct names_settings settings = settings_of(4, 2 * HOUR);

	begin_with(0, 2 * HOUR);
	fake_say(0, DNS_A, "x", "SERVFAIL");
	watch_ipv4("x", 5060);
	fake_run_until(SECOND);
	ck_assert_str_eq(fake_asked(), "0@1 A x; 10@2 A x");
	fake_system_nameservers(3);
	fake_run_until(31 * SECOND);
	ck_assert_str_eq(fake_asked(), "30020@1 A x; 30030@2 A x; 30040@3 A x");
	names_configure(names, &settings);
	ck_assert_str_eq(fake_asked(), "");
	fake_run_until(100 * SECOND);
	ck_assert_str_eq(fake_asked(), "90050@1 A x; 90060@2 A x; 90070@3 A x; 90080@4 A x");
}
END_TEST

/* ---- B56: sharing. ---- */

START_TEST(b56_shared)
{
	struct handle one = watch_any(NAME, 0), same = watch_any(NAME, 0), upper = watch_any("PBX.example.COM", 0);
	struct handle port = watch_any(NAME, 5070), ipv4 = watch_ipv4(NAME, 5080);

	ck_assert(handle_equal(one, same));
	ck_assert(handle_equal(one, upper));
	ck_assert(!handle_equal(one, port));
	fake_say(0, DNS_SRV, SRV_NAME, "NXDOMAIN");
	fake_say(0, DNS_A, NAME, "192.0.2.9");
	fake_say(0, DNS_AAAA, NAME, "2001:db8::9");
	fake_run_until(SECOND);
	ck_assert_str_eq(fake_asked(), "0@1 SRV " SRV_NAME "; 0@1 A " NAME "; 0@1 AAAA " NAME);
	ck_assert_str_eq(seen(one), "found: 192.0.2.9:5060, [2001:db8::9]:5060");
	ck_assert_str_eq(seen(port), "found: 192.0.2.9:5070, [2001:db8::9]:5070");
	ck_assert_str_eq(seen(ipv4), "found: 192.0.2.9:5080");
	ck_assert_uint_eq(changes, 3);
	/* a late one needs nothing asked */
	ck_assert_str_eq(seen(watch_any(NAME, 5090)), "asking");
	fake_run_until(SECOND);
	ck_assert_str_eq(seen(changed), "found: 192.0.2.9:5090, [2001:db8::9]:5090");
	ck_assert_str_eq(fake_asked(), "");
	/* counted */
	names_unwatch(names, one);
	names_unwatch(names, same);
	ck_assert_str_eq(seen(one), "found: 192.0.2.9:5060, [2001:db8::9]:5060");
	names_unwatch(names, upper);
	ck_assert(!names_view(names, one, &(struct name_view){ 0 }));
	ck_assert_ptr_null(names_request(names, one));
	names_unwatch(names, one);
	names_refresh(names, one);
	ck_assert_str_eq(names_request(names, port)->name, NAME);
}
END_TEST

/* Who is not needed any more is not asked any more, and what is under way ends. */
START_TEST(unwatch)
{
	struct handle one = watch_any("x", 5060), two = watch_ipv4("x", 5070);

	fake_run_until(SECOND);
	ck_assert_uint_eq(fake_queries(), 2);
	names_unwatch(names, one);
	ck_assert_uint_eq(fake_queries(), 1);
	names_unwatch(names, two);
	ck_assert_uint_eq(fake_queries(), 0);
	fake_run_until(HOUR);
	ck_assert_str_eq(fake_asked(), "0@1 A x; 0@1 AAAA x");
	ck_assert_uint_eq(changes, 0);
}
END_TEST

/* A target that leaves the SRV answer is not asked for any more; one that stays is not asked for anew. */
START_TEST(targets_come_and_go)
{
	struct handle watch = watch_ipv4(NAME, 0);

	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:a 1:1:5060:b");
	fake_say(0, DNS_A, "a", "192.0.2.1");
	fake_say(0, DNS_A, "b", "192.0.2.2");
	fake_say(0, DNS_A, "c", "192.0.2.3");
	fake_run_until(SECOND);
	fake_asked();
	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:b 2:1:5060:c");
	fake_run_until(2 * HOUR + 10);
	ck_assert_str_eq(fake_asked(), "7200010@1 SRV " SRV_NAME);
	fake_run_until(2 * HOUR + SECOND);
	/* the turn of "a" falls on the very instant when it is dropped; b's answer stands, it is only refreshed */
	ck_assert_str_eq(fake_asked(), "7200020@1 A a; 7200020@1 A b; 7200020@1 A c");
	ck_assert_uint_eq(fake_queries(), 0);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.2:5060/1/1, 192.0.2.3:5060/2/1");
	ck_assert_uint_eq(changes, 2);
	fake_run_until(4 * HOUR + SECOND);
	ck_assert_ptr_null(strstr(fake_asked(), "A a"));
}
END_TEST

/* ---- B32: half a set. ---- */

START_TEST(b32_waits_for_the_silent_half)
{
	struct handle watch = watch_ipv4(NAME, 0);

	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:a 1:1:5060:b");
	fake_say(0, DNS_A, "a", "192.0.2.1");
	fake_run_until(3899);
	ck_assert_str_eq(seen(watch), "asking");
	fake_run_until(4 * SECOND);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.1:5060/1/1");
	fake_say(0, DNS_A, "b", "192.0.2.2");
	fake_run_until(7 * SECOND);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.1:5060/1/1, 192.0.2.2:5060/1/1");
	ck_assert_uint_eq(changes, 2);
}
END_TEST

/* When SRV itself was late its targets get a second all the same; nothing known at all is not told. */
START_TEST(b32_late_srv)
{
	struct handle watch = watch_ipv4(NAME, 0);

	fake_say(0, DNS_SRV, SRV_NAME, "SILENT");
	fake_run_until(5 * SECOND);
	ck_assert_str_eq(seen(watch), "asking");
	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:a 1:1:5060:b");
	fake_say(0, DNS_A, "a", "192.0.2.1");
	fake_run_until(7 * SECOND);
	ck_assert_str_eq(seen(watch), "asking");
	fake_run_until(7010);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.1:5060/1/1");
	ck_assert_uint_eq(changes, 1);
}
END_TEST

/* A silent name server delays a whole set (2 s for SRV, 2 s for the addresses): the first to come is not all of it. */
START_TEST(b32_late_set)
{
	struct handle watch;

	begin_with(2, 2 * HOUR);
	fake_say(1, DNS_SRV, SRV_NAME, "SILENT");
	fake_say(2, DNS_SRV, SRV_NAME, "1:1:5060:a 2:1:5060:b");
	fake_say(2, DNS_A, "a", "SERVFAIL");
	fake_say(2, DNS_A, "b", "192.0.2.2");
	watch = watch_ipv4(NAME, 0);
	fake_run_until(4015);
	if (_i == 1)
		fake_say(1, DNS_A, "a", "192.0.2.1");	/* who was silent answers now, after b is known */
	fake_run_until(4025);
	ck_assert_str_eq(seen(watch), "asking");
	fake_run_until(4600);
	ck_assert_str_eq(seen(watch), _i == 1 ? "found: 192.0.2.1:5060/1/1, 192.0.2.2:5060/2/1"
	    : "found: 192.0.2.2:5060/2/1");
	ck_assert_uint_eq(changes, 1);
}
END_TEST

START_TEST(b32_nothing_known)
{
	struct handle watch = watch_any("x", 5060);

	fake_say(0, DNS_A, "x", "NODATA");
	fake_run_until(9 * SECOND);
	ck_assert_str_eq(seen(watch), "asking");
	fake_run_until(10 * SECOND);
	ck_assert_str_eq(seen(watch), "failed");
	ck_assert_uint_eq(changes, 1);
}
END_TEST

/* A change later on: the old list serves until the new one is whole. */
START_TEST(b32_no_half_change)
{
	struct handle watch = watch_ipv4(NAME, 0);

	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:a");
	fake_say(0, DNS_A, "a", "192.0.2.1");
	fake_run_until(SECOND);
	fake_say(0, DNS_SRV, SRV_NAME, "2:1:5060:a 1:1:5060:b");
	fake_run_until(2 * HOUR + 3 * SECOND);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.1:5060/1/1");
	ck_assert_uint_eq(changes, 1);
	fake_run_until(2 * HOUR + 4 * SECOND);
	ck_assert_uint_eq(changes, 2);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.1:5060/2/1");
}
END_TEST

/* ---- B50: refresh. ---- */

static const struct {
	int64_t refresh_ms;
	uint32_t ttl_s;
	uint8_t jitter;
	int64_t least_ms, most_ms;	/* of the second lookup; the first ends at 10 ms */
} refreshes[] = {
	{ 2 * HOUR, 60, 0, 2 * HOUR, 2 * HOUR },
	{ 2 * HOUR, 60, 0xff, 108 * MINUTE, 108 * MINUTE + 1 },
	{ 0, 0, 0xff, 5 * MINUTE, 5 * MINUTE },
	{ 0, 1800, 0, 30 * MINUTE, 30 * MINUTE },
	{ 0, 1800, 0xff, 27 * MINUTE, 27 * MINUTE + 1 },
	{ 0, 999999, 0, 2 * HOUR, 2 * HOUR },
};

START_TEST(b50_refresh)
{
	struct handle watch;

	begin_with(1, refreshes[_i].refresh_ms);
	fake_ttl(refreshes[_i].ttl_s);
	fake_jitter(refreshes[_i].jitter);
	fake_say(0, DNS_A, "x", "192.0.2.1");
	watch = watch_ipv4("x", 5060);
	fake_run_until(refreshes[_i].least_ms + 9);
	ck_assert_str_eq(fake_asked(), "0@1 A x");
	fake_say(0, DNS_A, "x", "192.0.2.1 192.0.2.2");
	ck_assert_uint_eq(changes, 1);
	fake_run_until(refreshes[_i].most_ms + 20);
	ck_assert_uint_eq(changes, 2);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.1:5060, 192.0.2.2:5060");
	ck_assert_int_ge(answered_at(watch), refreshes[_i].least_ms + 20);
}
END_TEST

/* Nothing has changed: nobody is told, but the age is new. */
START_TEST(b50_steady)
{
	struct handle watch = watch_ipv4("x", 5060);

	fake_say(0, DNS_A, "x", "192.0.2.1");
	fake_run_until(9 * HOUR);
	ck_assert_uint_eq(changes, 1);
	ck_assert_int_eq(answered_at(watch), 8 * HOUR + 50);
}
END_TEST

START_TEST(b50_once_a_minute)
{
	struct handle watch = watch_ipv4(NAME, 0), other = watch_ipv4("x", 5060);

	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:a");
	fake_say(0, DNS_A, "a", "192.0.2.1");
	fake_say(0, DNS_A, "x", "192.0.2.2");
	names_refresh(names, watch);	/* about to be asked anyway */
	fake_run_until(5 * SECOND);
	fake_asked();
	for (int i = 0; i < 10; i++) {
		names_refresh(names, watch);
		fake_run_until((5 + i) * SECOND);
	}
	ck_assert_str_eq(fake_asked(), "");
	fake_run_until(70 * SECOND);
	ck_assert_str_eq(fake_asked(), "60000@1 SRV " SRV_NAME "; 60010@1 A a");
	fake_run_until(HOUR);
	names_refresh_all(names);
	names_refresh_all(names);
	fake_run_until(HOUR + 30 * MINUTE);
	ck_assert_str_eq(fake_asked(), "3600000@1 SRV " SRV_NAME "; 3600000@1 A a; 3600000@1 A x");
	names_unwatch(names, other);
}
END_TEST

/* ---- B51, B52: what is believed. ---- */

START_TEST(b51_keeps)
{
	struct handle watch = watch_ipv4(NAME, 0);

	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:a 1:1:5060:b");
	fake_say(0, DNS_A, "a", "192.0.2.1");
	fake_say(0, DNS_A, "b", "192.0.2.2");
	fake_say(0, DNS_A, NAME, "192.0.2.99");
	fake_run_until(SECOND);
	/* one target fails: it keeps its addresses, the other moves */
	fake_say(0, DNS_A, "a", "192.0.2.11");
	fake_say(0, DNS_A, "b", "SERVFAIL");
	fake_run_until(2 * HOUR + SECOND);
	ck_assert_str_eq(seen(watch), "stale found: 192.0.2.11:5060/1/1, 192.0.2.2:5060/1/1");
	ck_assert_int_eq(answered_at(watch), 20);
	ck_assert_int_eq(last_of(watch), DNS_SERVFAIL);
	/* SRV fails: it stays, and no address of the name itself is asked for */
	fake_say(0, DNS_SRV, SRV_NAME, "REFUSED");
	fake_say(0, DNS_A, "b", "192.0.2.2");
	fake_asked();
	fake_run_until(5 * HOUR);
	ck_assert_str_eq(seen(watch), "stale found: 192.0.2.11:5060/1/1, 192.0.2.2:5060/1/1");
	ck_assert_int_eq(last_of(watch), DNS_REFUSED);
	ck_assert_ptr_null(strstr(fake_asked(), " A " NAME));
	/* and is well again */
	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:a 1:1:5060:b");
	changes = 0;
	fake_run_until(5 * HOUR + 16 * MINUTE);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.11:5060/1/1, 192.0.2.2:5060/1/1");
	ck_assert_int_eq(last_of(watch), DNS_GOOD);
	ck_assert_uint_eq(changes, 1);
}
END_TEST

START_TEST(b51_failed_from_the_start)
{
	struct handle watch = watch_ipv4(NAME, 0);

	fake_say(0, DNS_SRV, SRV_NAME, "SERVFAIL");
	fake_run_until(4 * MINUTE);
	ck_assert_str_eq(fake_asked(), "0@1 SRV " SRV_NAME "; 30010@1 SRV " SRV_NAME "; 90020@1 SRV " SRV_NAME
	    "; 210030@1 SRV " SRV_NAME);
	ck_assert_str_eq(seen(watch), "failed");
	ck_assert_uint_eq(changes, 1);
	fake_say(0, DNS_SRV, SRV_NAME, "NXDOMAIN");
	fake_say(0, DNS_A, NAME, "192.0.2.1");
	fake_run_until(8 * MINUTE);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.1:5060");
	ck_assert_uint_eq(changes, 2);
}
END_TEST

START_TEST(b52_none_is_doubted)
{
	struct handle watch = watch_ipv4(NAME, 0);

	server_is_up = true;
	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:a");
	fake_say(0, DNS_A, "a", "192.0.2.1");
	fake_say(0, DNS_A, NAME, "192.0.2.99");
	fake_run_until(SECOND);
	fake_say(0, DNS_SRV, SRV_NAME, "NXDOMAIN");
	fake_run_until(12 * HOUR);
	ck_assert_str_eq(seen(watch), "stale found: 192.0.2.1:5060/1/1");
	ck_assert_ptr_null(strstr(fake_asked(), " A " NAME));	/* B4: while the SRV answer is kept */
	/* no server is up any more: it is believed, and the name itself is asked for */
	server_is_up = false;
	fake_run_until(12 * HOUR + 16 * MINUTE);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.99:5060");
	/* and the other way round */
	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:a");
	fake_run_until(16 * HOUR);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.1:5060/1/1");
}
END_TEST

/* B52: even a believed "none" leaves the last candidates, until a good answer replaces them. */
START_TEST(b52_last_candidates_stay)
{
	struct handle watch = watch_ipv4(NAME, 0);

	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:a");
	fake_say(0, DNS_A, "a", "192.0.2.1");
	fake_say(0, DNS_A, NAME, "NODATA");
	fake_run_until(SECOND);
	fake_say(0, DNS_SRV, SRV_NAME, "NODATA");
	fake_run_until(5 * HOUR);
	ck_assert_ptr_nonnull(strstr(fake_asked(), " A " NAME));
	ck_assert_str_eq(seen(watch), "stale found: 192.0.2.1:5060/1/1");
	ck_assert_int_eq(answered_at(watch), 10);
	fake_say(0, DNS_A, NAME, "192.0.2.2");
	fake_run_until(8 * HOUR);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.2:5060");
}
END_TEST

/* A new SRV answer whose targets cannot be found yet does not take the old servers away; "no service" does. */
START_TEST(b51_new_targets_unknown)
{
	struct handle watch = watch_ipv4(NAME, 0);

	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:a");
	fake_say(0, DNS_A, "a", "192.0.2.1");
	fake_say(0, DNS_A, "b", "SERVFAIL");
	fake_run_until(SECOND);
	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:b");
	fake_run_until(3 * HOUR);
	ck_assert_str_eq(seen(watch), "stale found: 192.0.2.1:5060/1/1");
	fake_say(0, DNS_SRV, SRV_NAME, "0:0:0:");
	fake_run_until(5 * HOUR);
	ck_assert_str_eq(seen(watch), "empty");
}
END_TEST

/* ---- B8: the hosts file. ---- */

START_TEST(b8_hosts)
{
	struct handle port, srv, elsewhere;

	fake_hosts("127.0.0.1 localhost\n192.0.2.7 PBX.example.com pbx\n2001:db8::7 pbx.example.com\n10.0.0.1 a\n", 0);
	fake_say(0, DNS_SRV, SRV_NAME, "NXDOMAIN");
	fake_say(0, DNS_SRV, "_sip._udp.b", "1:1:5060:a");
	fake_say(0, DNS_A, "c", "192.0.2.3");
	port = watch_any(NAME, 5070);
	srv = watch_any(NAME, 0);
	elsewhere = watch_ipv4("c", 5060);
	fake_run_until(0);
	ck_assert_uint_eq(fake_hosts_reads(), 1);	/* for all that begin together */
	ck_assert_str_eq(seen(port), "found: 192.0.2.7:5070, [2001:db8::7]:5070");
	fake_run_until(SECOND);
	ck_assert_str_eq(seen(srv), "found: 192.0.2.7:5060, [2001:db8::7]:5060");
	ck_assert_str_eq(seen(elsewhere), "found: 192.0.2.3:5060");
	ck_assert_str_eq(fake_asked(), "0@1 SRV " SRV_NAME "; 0@1 A c");
	ck_assert_str_eq(seen(watch_ipv4("b", 0)), "asking");
	fake_run_until(2 * SECOND);
	ck_assert_str_eq(seen(changed), "found: 10.0.0.1:5060/1/1");
	/* IPv4 only in there: no AAAA is asked for either */
	fake_asked();
	watch_any("a", 5060);
	fake_run_until(3 * SECOND);
	ck_assert_str_eq(seen(changed), "found: 10.0.0.1:5060");
	ck_assert_str_eq(fake_asked(), "");
	/* read again at the next lookup */
	fake_hosts("192.0.2.8 pbx.example.com\n", 0);
	fake_run_until(3 * HOUR);
	ck_assert_ptr_null(strstr(seen(port), "192.0.2.7"));
	ck_assert_ptr_nonnull(strstr(seen(port), "192.0.2.8:5070"));
}
END_TEST

/* A hosts file that cannot be read for want of memory is not taken for an empty one; any other error is. */
START_TEST(b8_hosts_unreadable)
{
	struct handle watch = watch_ipv4("x", 5060);

	fake_hosts(NULL, -ENOMEM);
	fake_say(0, DNS_A, "x", "192.0.2.1");
	fake_run_until(SECOND);
	ck_assert_str_eq(seen(watch), "failed");
	ck_assert_str_eq(fake_asked(), "");
	fake_hosts(NULL, -EACCES);
	fake_run_until(31 * SECOND);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.1:5060");
}
END_TEST

/* ---- Want of memory. ---- */

START_TEST(no_memory)
{
	struct handle watch;

	fake_fail(true, false);
	ck_assert(handle_none(watch_any(NAME, 0)));
	ck_assert(handle_none(watch_any(NAME, 5060)));
	ck_assert_uint_eq(fake_timers(), 1);
	fake_fail(false, true);
	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:a");
	fake_say(0, DNS_A, "a", "192.0.2.1");
	watch = watch_ipv4(NAME, 0);
	fake_run_until(SECOND);
	ck_assert_str_eq(seen(watch), "failed");
	fake_fail(false, false);
	fake_run_until(30 * SECOND + 20);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.1:5060/1/1");
}
END_TEST

START_TEST(no_memory_for_targets)
{
	struct handle watch = watch_ipv4(NAME, 0);

	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:a 1:1:5060:b");
	fake_say(0, DNS_A, "a", "192.0.2.1");
	fake_say(0, DNS_A, "b", "192.0.2.2");
	fake_run_until(0);
	fake_fail(true, false);
	fake_run_until(SECOND);
	ck_assert_str_eq(seen(watch), "asking");
	fake_fail(false, false);
	fake_run_until(6 * SECOND);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.1:5060/1/1, 192.0.2.2:5060/1/1");
}
END_TEST

/* ---- B55: what an earlier run has known. ---- */

static void
remember(enum dns_type type, const char *name, const char *target, const char *address)
{
	struct dns_record record = { 0 };
	struct dns_answer answer = { .outcome = DNS_NODATA };

	if (target != NULL) {
		record = (struct dns_record){ .priority = 1, .weight = 1, .port = 5070 };
		snprintf(record.target, sizeof(record.target), "%s", target);
	}
	if (address != NULL)
		ck_assert(address_parse(&record.address, address));
	if (target != NULL || address != NULL)
		answer = (struct dns_answer){ .outcome = DNS_GOOD, .count = 1, .records = &record };
	ck_assert(names_remember(names, name, type, &answer, (struct instant){ .ms = -HOUR }));
}

static void
remember_all(void)
{
	remember(DNS_SRV, SRV_NAME, "a.example.com", NULL);
	remember(DNS_A, "A.example.com", NULL, "192.0.2.1");
	remember(DNS_AAAA, "a.example.com", NULL, NULL);
	remember(DNS_A, "never.asked", NULL, "192.0.2.5");
}

START_TEST(b55_dns_silent)
{
	struct handle watch;

	remember_all();
	watch = watch_any(NAME, 0);
	fake_run_until(3800);
	ck_assert_str_eq(seen(watch), "asking");
	fake_run_until(4 * SECOND);
	ck_assert_str_eq(seen(watch), "stale found: 192.0.2.1:5070/1/1");
	ck_assert_int_eq(answered_at(watch), -HOUR);
	ck_assert_uint_eq(changes, 1);
	fake_run_until(HOUR);
	ck_assert_str_eq(seen(watch), "stale found: 192.0.2.1:5070/1/1");
	ck_assert_uint_eq(changes, 1);
	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5070:a.example.com");
	fake_say(0, DNS_A, "a.example.com", "192.0.2.1");
	fake_say(0, DNS_AAAA, "a.example.com", "NODATA");
	fake_run_until(2 * HOUR);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.1:5070/1/1");
}
END_TEST

START_TEST(b55_dns_answers_in_time)
{
	struct handle watch;

	remember_all();
	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5060:b.example.com");
	fake_say(0, DNS_A, "b.example.com", "192.0.2.2");
	fake_say(0, DNS_AAAA, "b.example.com", "NODATA");
	watch = watch_any(NAME, 0);
	fake_run_until(SECOND);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.2:5060/1/1");
	ck_assert_uint_eq(changes, 1);
	ck_assert_int_ge(answered_at(watch), 0);
}
END_TEST

/* An error at once: what is remembered serves at once. "None" is doubted: it was there (B52). */
START_TEST(b55_dns_says_no)
{
	static const char *const no[] = { "SERVFAIL", "REFUSED", "NXDOMAIN" };
	struct handle watch;

	remember_all();
	fake_say(0, DNS_SRV, SRV_NAME, no[_i]);
	fake_say(0, DNS_A, "a.example.com", no[_i]);
	fake_say(0, DNS_AAAA, "a.example.com", no[_i]);
	watch = watch_any(NAME, 0);
	fake_run_until(SECOND);
	ck_assert_str_eq(seen(watch), "stale found: 192.0.2.1:5070/1/1");
}
END_TEST

static void
count_answer(void *arg, const char *name, enum dns_type type, const struct dns_answer *answer,
    struct instant believed_at)
{
	struct strbuf *to = arg;

	strbuf_printf(to, "%s %s %s %zu; ", dns_type_str(type), name, dns_outcome_str(answer->outcome), answer->count);
	ck_assert_int_eq(believed_at.ms, -HOUR);
}

START_TEST(b55_what_to_remember)
{
	struct strbuf told = { 0 };
	unsigned version;
	struct handle watch;

	remember_all();
	watch = watch_any(NAME, 0);
	fake_run_until(HOUR);
	version = names_version(names);
	names_each_answer(names, count_answer, &told);
	ck_assert_str_eq(told.data, "SRV " SRV_NAME " good 1; A a.example.com good 1; AAAA a.example.com no-data 0; ");
	strbuf_fini(&told);
	fake_say(0, DNS_SRV, SRV_NAME, "1:1:5070:a.example.com");
	fake_say(0, DNS_A, "a.example.com", "192.0.2.1");
	fake_say(0, DNS_AAAA, "a.example.com", "NODATA");
	fake_run_until(9 * HOUR);
	ck_assert_str_eq(seen(watch), "found: 192.0.2.1:5070/1/1");
	ck_assert_uint_eq(names_version(names), version);
	fake_say(0, DNS_A, "a.example.com", "192.0.2.2");
	fake_run_until(12 * HOUR);
	ck_assert_uint_ne(names_version(names), version);
}
END_TEST

static Suite *
names_suite(void)
{
	Suite *suite = suite_create("names");
	TCase *tcase = tcase_create("B4, B8, B50-B57");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, b4_lookup, 0, UNIT_COUNT(lookups));
	tcase_add_test(tcase, b4_targets);
	tcase_add_test(tcase, b4_longest_name);
	tcase_add_test(tcase, b7_warns_once);
	tcase_add_test(tcase, bounded);
	tcase_add_loop_test(tcase, b54_in_turn, 0, UNIT_COUNT(turns));
	tcase_add_test(tcase, b54_ten_seconds_in_all);
	tcase_add_test(tcase, b54_resolv_conf);
	tcase_add_test(tcase, b56_shared);
	tcase_add_test(tcase, unwatch);
	tcase_add_test(tcase, targets_come_and_go);
	tcase_add_test(tcase, b32_waits_for_the_silent_half);
	tcase_add_test(tcase, b32_late_srv);
	tcase_add_loop_test(tcase, b32_late_set, 0, 2);
	tcase_add_test(tcase, b32_nothing_known);
	tcase_add_test(tcase, b32_no_half_change);
	tcase_add_loop_test(tcase, b50_refresh, 0, UNIT_COUNT(refreshes));
	tcase_add_test(tcase, b50_steady);
	tcase_add_test(tcase, b50_once_a_minute);
	tcase_add_test(tcase, b51_keeps);
	tcase_add_test(tcase, b51_failed_from_the_start);
	tcase_add_test(tcase, b51_new_targets_unknown);
	tcase_add_test(tcase, b52_none_is_doubted);
	tcase_add_test(tcase, b52_last_candidates_stay);
	tcase_add_test(tcase, b55_dns_silent);
	tcase_add_test(tcase, b55_dns_answers_in_time);
	tcase_add_loop_test(tcase, b55_dns_says_no, 0, 3);
	tcase_add_test(tcase, b55_what_to_remember);
	tcase_add_test(tcase, b8_hosts);
	tcase_add_test(tcase, b8_hosts_unreadable);
	tcase_add_test(tcase, no_memory);
	tcase_add_test(tcase, no_memory_for_targets);
	suite_add_tcase(suite, tcase);
	return suite;
}

UNIT_MAIN(names_suite)
