# SPDX-License-Identifier: ISC
# The virtual world in place of libnet.a, and the scenarios that are played in it: each .scn file is one test.

noinst_LIBRARIES += libworld.a
libworld_a_SOURCES = tests/world/world.h tests/world/inside.h tests/world/clock.c tests/world/disk.c tests/world/dns.c \
	tests/world/files.c tests/world/invariants.c tests/world/netwatch.c tests/world/network.c tests/world/random.c \
	tests/world/registrar.c tests/world/story.c tests/world/streams.c tests/world/tally.c tests/world/tally.h \
	src/net/failure.c

check_PROGRAMS += scenario
scenario_SOURCES = tests/world/condition.c tests/world/run_scenario.c tests/world/scenario.c tests/world/scenario.h \
	tests/world/verbs.c
# The world parses with libsip.a, which sends through the world: it stands on both sides.
scenario_LDADD = libagent.a libsip.a libworld.a libsip.a libcore.a $(LIBS_EXTERNAL)

# The same world as an admin's tool.
bin_PROGRAMS += sipkeepsim
sipkeepsim_SOURCES = tests/world/condition.c tests/world/scenario.c tests/world/scenario.h tests/world/sim.c \
	tests/world/sim.h tests/world/sim_report.c tests/world/sim_watch.c tests/world/verbs.c
sipkeepsim_LDADD = $(scenario_LDADD)
dist_check_SCRIPTS += tests/world/test_sim.sh
TESTS += tests/world/test_sim.sh

# The random world. `make check` plays a few hundred histories, `make soak SEEDS=n` as many as wanted.
check_PROGRAMS += chaos
chaos_SOURCES = tests/world/chaos.c tests/world/chaos.h tests/world/condition.c tests/world/history.c \
	tests/world/judge.c tests/world/scenario.c tests/world/scenario.h tests/world/verbs.c
chaos_LDADD = $(scenario_LDADD)
# Its registrars ask for more than MD5.
if HAVE_OPENSSL
TESTS += chaos
endif

# 15000 histories are more than a million account-hours.
SEEDS = 15000
FROM = 1
HOURS = 10
soak: chaos$(EXEEXT)
	./chaos$(EXEEXT) --from $(FROM) --seeds $(SEEDS) --hours $(HOURS) --jobs `getconf _NPROCESSORS_ONLN` --enough
.PHONY: soak

# The n-th allocation fails: some of them in `make check`, all in `make every-alloc`.
check_PROGRAMS += alloc
alloc_SOURCES = tests/world/alloc.c tests/world/chaos.h tests/world/condition.c tests/world/judge.c \
	tests/world/scenario.c tests/world/scenario.h tests/world/verbs.c
alloc_LDADD = $(scenario_LDADD)
alloc_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=strdup,--wrap=arena_new
dist_check_SCRIPTS += tests/world/alloc.sh
TESTS += tests/world/alloc.sh
every-alloc: alloc$(EXEEXT)
	srcdir=$(srcdir) $(srcdir)/tests/world/alloc.sh -a
.PHONY: every-alloc

if HAVE_CHECK
check_PROGRAMS += tests/world/test_world
TESTS += tests/world/test_world
endif
tests_world_test_world_SOURCES = tests/world/test_world.c tests/unit/unit.h
tests_world_test_world_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_world_test_world_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_world_test_world_LDADD = libworld.a libsip.a libworld.a libcore.a $(OSIP_LIBS) $(CRYPTO_LIBS) $(CHECK_LIBS)

TEST_EXTENSIONS = .scn
SCN_LOG_COMPILER = $(top_builddir)/scenario$(EXEEXT)

SCENARIOS = \
	tests/scenarios/all-down.scn \
	tests/scenarios/all-killed.scn \
	tests/scenarios/alone-down.scn \
	tests/scenarios/alone-silent-first.scn \
	tests/scenarios/answers-that-are-up.scn \
	tests/scenarios/bad-password.scn \
	tests/scenarios/bad-password-thrice.scn \
	tests/scenarios/binding-not-stored.scn \
	tests/scenarios/challenged-for-ever.scn \
	tests/scenarios/contact-fixed-left-behind.scn \
	tests/scenarios/contact-fixed.scn \
	tests/scenarios/contact-received-nat.scn \
	tests/scenarios/contact-received-no-nat.scn \
	tests/scenarios/contact-rewritten.scn \
	tests/scenarios/digest-forgotten.scn \
	tests/scenarios/digest-md5.scn \
	tests/scenarios/digest-stale.scn \
	tests/scenarios/dns-better-appears.scn \
	tests/scenarios/dns-delisted-twice.scn \
	tests/scenarios/dns-delisted.scn \
	tests/scenarios/dns-fails.scn \
	tests/scenarios/dns-fails-in-all-ways.scn \
	tests/scenarios/dns-never-there.scn \
	tests/scenarios/dns-nothing-up.scn \
	tests/scenarios/dns-refresh.scn \
	tests/scenarios/dns-refresh-ttl.scn \
	tests/scenarios/dns-srv-vanishes.scn \
	tests/scenarios/dns-target-fails.scn \
	tests/scenarios/drain-last-resort.scn \
	tests/scenarios/drain-moves.scn \
	tests/scenarios/drain-never-to-nothing.scn \
	tests/scenarios/drain-one-transport.scn \
	tests/scenarios/drain-refused-elsewhere.scn \
	tests/scenarios/drain-reload.scn \
	tests/scenarios/drain-shared.scn \
	tests/scenarios/equals-other-order.scn \
	tests/scenarios/equals-spread.scn \
	tests/scenarios/expected-share.scn \
	tests/scenarios/failback-refused-unregister-lost.scn \
	tests/scenarios/failback.scn \
	tests/scenarios/failback-asked-first.scn \
	tests/scenarios/failback-fast.scn \
	tests/scenarios/failback-refused.scn \
	tests/scenarios/failback-refused-501.scn \
	tests/scenarios/failback-silent.scn \
	tests/scenarios/failback-stable.scn \
	tests/scenarios/failback-stable-delisted.scn \
	tests/scenarios/failback-unregister-silent.scn \
	tests/scenarios/flapping.scn \
	tests/scenarios/ghost-binding.scn \
	tests/scenarios/ghost-of-a-late-answer.scn \
	tests/scenarios/grant-no-number.scn \
	tests/scenarios/grant-runs-out.scn \
	tests/scenarios/grant-unsaid.scn \
	tests/scenarios/hung-server-wakes.scn \
	tests/scenarios/icmp-failover.scn \
	tests/scenarios/icmp-forged.scn \
	tests/scenarios/icmp-host-unreachable.scn \
	tests/scenarios/inactive-one-round.scn \
	tests/scenarios/interval-too-brief.scn \
	tests/scenarios/interval-too-long.scn \
	tests/scenarios/ipv6.scn \
	tests/scenarios/keepalive.scn \
	tests/scenarios/left-behind-other-address.scn \
	tests/scenarios/lossy-network.scn \
	tests/scenarios/method-1-addresses.scn \
	tests/scenarios/method-2-names.scn \
	tests/scenarios/method-3-srv.scn \
	tests/scenarios/method-4-balancing.scn \
	tests/scenarios/name-with-port.scn \
	tests/scenarios/nameserver-refuses.scn \
	tests/scenarios/nameserver-silent.scn \
	tests/scenarios/network-back-refused.scn \
	tests/scenarios/network-down.scn \
	tests/scenarios/network-during-failback.scn \
	tests/scenarios/network-during-failover.scn \
	tests/scenarios/network-firewalled.scn \
	tests/scenarios/network-flapping.scn \
	tests/scenarios/network-leftover-is-no-way.scn \
	tests/scenarios/network-names-again.scn \
	tests/scenarios/network-new-address-after.scn \
	tests/scenarios/network-new-address-fixed.scn \
	tests/scenarios/network-new-address.scn \
	tests/scenarios/network-pace.scn \
	tests/scenarios/network-preferred-dies.scn \
	tests/scenarios/network-preferred-hangs.scn \
	tests/scenarios/network-route-lost-unused.scn \
	tests/scenarios/network-route-lost.scn \
	tests/scenarios/network-route-lost-unlisted.scn \
	tests/scenarios/network-router-dead-for-one.scn \
	tests/scenarios/network-router-dead.scn \
	tests/scenarios/network-shared.scn \
	tests/scenarios/network-standstill-move.scn \
	tests/scenarios/network-standstill-short.scn \
	tests/scenarios/network-standstill.scn \
	tests/scenarios/network-start-down-names.scn \
	tests/scenarios/network-start-down.scn \
	tests/scenarios/network-stop.scn \
	tests/scenarios/network-unplugged.scn \
	tests/scenarios/no-failback-to-unknown.scn \
	tests/scenarios/no-password.scn \
	tests/scenarios/one-lost-ping-moves-nobody.scn \
	tests/scenarios/options-408.scn \
	tests/scenarios/options-500.scn \
	tests/scenarios/options-503-alone.scn \
	tests/scenarios/options-503-registers.scn \
	tests/scenarios/options-503-retry-after.scn \
	tests/scenarios/options-never-answered.scn \
	tests/scenarios/other-realm-each-time.scn \
	tests/scenarios/own-address-left-out.scn \
	tests/scenarios/pace-failover.scn \
	tests/scenarios/pace-leave.scn \
	tests/scenarios/pace-request.scn \
	tests/scenarios/pace-retry-after.scn \
	tests/scenarios/pace-start.scn \
	tests/scenarios/probe-burst.scn \
	tests/scenarios/probe-jitter-apart.scn \
	tests/scenarios/probe-jitter.scn \
	tests/scenarios/records.scn \
	tests/scenarios/redirected.scn \
	tests/scenarios/redundant-without-leftovers.scn \
	tests/scenarios/refresh-long-grant.scn \
	tests/scenarios/refresh-refused-left-behind.scn \
	tests/scenarios/refresh-refused-packet.scn \
	tests/scenarios/refresh-short-grant.scn \
	tests/scenarios/refresh-silent.scn \
	tests/scenarios/refresh-times.scn \
	tests/scenarios/refused-404.scn \
	tests/scenarios/refused-alone-left-behind.scn \
	tests/scenarios/refused-alone.scn \
	tests/scenarios/refused-by-request.scn \
	tests/scenarios/refused-doubling.scn \
	tests/scenarios/refused-once-accepted.scn \
	tests/scenarios/register-480.scn \
	tests/scenarios/register-503-alone.scn \
	tests/scenarios/register-503-no-swing.scn \
	tests/scenarios/register-503-retry-after.scn \
	tests/scenarios/register-proves-up.scn \
	tests/scenarios/reload-added.scn \
	tests/scenarios/reload-added-again.scn \
	tests/scenarios/reload-broken.scn \
	tests/scenarios/reload-changed.scn \
	tests/scenarios/reload-listed-again.scn \
	tests/scenarios/reload-moved.scn \
	tests/scenarios/reload-moved-and-changed.scn \
	tests/scenarios/reload-moved-to-dead.scn \
	tests/scenarios/reload-new-password.scn \
	tests/scenarios/reload-removed.scn \
	tests/scenarios/reload-removed-while-leaving.scn \
	tests/scenarios/reload-same.scn \
	tests/scenarios/reload-shorter-interval.scn \
	tests/scenarios/reload-upstream.scn \
	tests/scenarios/reload-while-refused.scn \
	tests/scenarios/request-probe.scn \
	tests/scenarios/restart-after-stop.scn \
	tests/scenarios/restart-broken-file.scn \
	tests/scenarios/restart-dns-in-time.scn \
	tests/scenarios/restart-dns-refuses.scn \
	tests/scenarios/restart-drained.scn \
	tests/scenarios/restart-key-unreadable.scn \
	tests/scenarios/restart-left-on-backup.scn \
	tests/scenarios/restart-left-on-dead.scn \
	tests/scenarios/restart-network-down.scn \
	tests/scenarios/restart-no-longer-configured.scn \
	tests/scenarios/restart-removed-and-back.scn \
	tests/scenarios/restart-same-server.scn \
	tests/scenarios/restart-unset-clock.scn \
	tests/scenarios/restart-unwritable.scn \
	tests/scenarios/restart-without-dns.scn \
	tests/scenarios/restart-without-unregister.scn \
	tests/scenarios/restart-writes.scn \
	tests/scenarios/round-of-four.scn \
	tests/scenarios/rubbish.scn \
	tests/scenarios/server-asks.scn \
	tests/scenarios/shared-lookups.scn \
	tests/scenarios/shared-probes.scn \
	tests/scenarios/shared-state.scn \
	tests/scenarios/silent-death-default.scn \
	tests/scenarios/silent-death-fast.scn \
	tests/scenarios/slow-server.scn \
	tests/scenarios/srv-lookup-failed.scn \
	tests/scenarios/srv-ports-and-none.scn \
	tests/scenarios/srv-weights.scn \
	tests/scenarios/stale-for-ever.scn \
	tests/scenarios/start-decided.scn \
	tests/scenarios/start-better-name-late.scn \
	tests/scenarios/start-first-candidate.scn \
	tests/scenarios/start-first-killed.scn \
	tests/scenarios/start-first-silent.scn \
	tests/scenarios/start-name-in-time.scn \
	tests/scenarios/start-not-to-the-known-down.scn \
	tests/scenarios/start-unknown-before-down.scn \
	tests/scenarios/stop-after-removal.scn \
	tests/scenarios/stop.scn \
	tests/scenarios/stop-during-failback.scn \
	tests/scenarios/stop-leaves-bindings.scn \
	tests/scenarios/stop-left-behind.scn \
	tests/scenarios/stop-silent.scn \
	tests/scenarios/stop-while-registering.scn \
	tests/scenarios/stranger-asks.scn \
	tests/scenarios/tcp-all-dead.scn \
	tests/scenarios/tcp-dead-flow.scn \
	tests/scenarios/tcp-hang.scn \
	tests/scenarios/tcp-idle-close.scn \
	tests/scenarios/tcp-killed.scn \
	tests/scenarios/tcp-register.scn \
	tests/scenarios/tcp-reload.scn \
	tests/scenarios/tcp-reset-waiting.scn \
	tests/scenarios/tcp-server-asks.scn \
	tests/scenarios/tcp-silent-start.scn \
	tests/scenarios/tcp-unreachable.scn \
	tests/scenarios/tls-register.scn \
	tests/scenarios/tls-untrusted.scn \
	tests/scenarios/two-days.scn \
	tests/scenarios/two-priorities-one-rank.scn \
	tests/scenarios/unregister-asked-once.scn \
	tests/scenarios/unregister-refused-once.scn \
	tests/scenarios/unregistered-time.scn

# These ask for more than MD5.
SCENARIOS_OPENSSL = tests/scenarios/digest-algorithms.scn tests/scenarios/digest-nextnonce.scn

TESTS += $(SCENARIOS)
if HAVE_OPENSSL
TESTS += $(SCENARIOS_OPENSSL)
endif
EXTRA_DIST += $(SCENARIOS) $(SCENARIOS_OPENSSL) tests/scenarios/README
