# SPDX-License-Identifier: ISC
# One program for each module, named after it; what it links stands below. The scripts look at the tree as a whole.

unit_core = tests/unit/test_address tests/unit/test_candidates tests/unit/test_dnsview \
	tests/unit/test_failback tests/unit/test_grant tests/unit/test_handle tests/unit/test_health \
	tests/unit/test_hosts tests/unit/test_network tests/unit/test_pace tests/unit/test_penalty \
	tests/unit/test_registration tests/unit/test_rendezvous \
	tests/unit/test_selection tests/unit/test_serverspec tests/unit/test_str
unit_sip = tests/unit/test_build tests/unit/test_clienttx tests/unit/test_digest tests/unit/test_framing \
	tests/unit/test_message \
	tests/unit/test_token tests/unit/test_wire
unit_net = tests/unit/test_httpd tests/unit/test_loop tests/unit/test_netwatch tests/unit/test_resolver \
	tests/unit/test_sdnotify tests/unit/test_store tests/unit/test_forked \
	tests/unit/test_stream tests/unit/test_tcp tests/unit/test_tls tests/unit/test_transport
unit_agent = tests/unit/test_accountfilter tests/unit/test_config tests/unit/test_config_files tests/unit/test_config_memory \
	tests/unit/test_configdiff tests/unit/test_control tests/unit/test_journal tests/unit/test_metrics \
	tests/unit/test_names \
	tests/unit/test_notify tests/unit/test_overview tests/unit/test_savedfile \
	tests/unit/test_pcap tests/unit/test_sharing tests/unit/test_status tests/unit/test_traces

if HAVE_CHECK
check_PROGRAMS += $(unit_core) $(unit_sip) $(unit_net) $(unit_agent)
TESTS += $(unit_core) $(unit_sip) $(unit_net) $(unit_agent)
endif

unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)
unit_core_libs = $(LIBS_CORE) $(CHECK_LIBS)
unit_sip_libs = libsip.a $(LIBS_CORE) $(OSIP_LIBS) $(CRYPTO_LIBS) $(CHECK_LIBS)
unit_net_libs = $(LIBS_NET) $(LIBS_CORE) $(LIBS_WORLD_EXTERNAL) $(CHECK_LIBS)
unit_config_libs = $(LIBS_AGENT) $(LIBS_NET) $(LIBS_CORE) $(LIBS_EXTERNAL) $(LIBS_WORLD_EXTERNAL) $(CHECK_LIBS)

# The rules: nothing but the rules.
tests_unit_test_address_SOURCES = tests/unit/test_address.c tests/unit/unit.h
tests_unit_test_address_CFLAGS = $(unit_cflags)
tests_unit_test_address_LDADD = $(unit_core_libs)
tests_unit_test_candidates_SOURCES = tests/unit/test_candidates.c tests/unit/unit.h
tests_unit_test_candidates_CFLAGS = $(unit_cflags)
tests_unit_test_candidates_LDADD = $(unit_core_libs)
tests_unit_test_dnsview_SOURCES = tests/unit/test_dnsview.c tests/unit/unit.h
tests_unit_test_dnsview_CFLAGS = $(unit_cflags)
tests_unit_test_dnsview_LDADD = $(unit_core_libs)
tests_unit_test_failback_SOURCES = tests/unit/test_failback.c tests/unit/unit.h
tests_unit_test_failback_CFLAGS = $(unit_cflags)
tests_unit_test_failback_LDADD = $(unit_core_libs)
tests_unit_test_grant_SOURCES = tests/unit/test_grant.c tests/unit/unit.h
tests_unit_test_grant_CFLAGS = $(unit_cflags)
tests_unit_test_grant_LDADD = $(unit_core_libs)
tests_unit_test_handle_SOURCES = tests/unit/test_handle.c tests/unit/unit.h
tests_unit_test_handle_CFLAGS = $(unit_cflags)
tests_unit_test_handle_LDADD = $(unit_core_libs)
tests_unit_test_health_SOURCES = tests/unit/test_health.c tests/unit/unit.h
tests_unit_test_health_CFLAGS = $(unit_cflags)
tests_unit_test_health_LDADD = $(unit_core_libs)
tests_unit_test_hosts_SOURCES = tests/unit/test_hosts.c tests/unit/unit.h
tests_unit_test_hosts_CFLAGS = $(unit_cflags)
tests_unit_test_hosts_LDADD = $(unit_core_libs)
tests_unit_test_network_SOURCES = tests/unit/test_network.c tests/unit/unit.h
tests_unit_test_network_CFLAGS = $(unit_cflags)
tests_unit_test_network_LDADD = $(unit_core_libs)
tests_unit_test_pace_SOURCES = tests/unit/test_pace.c tests/unit/unit.h
tests_unit_test_pace_CFLAGS = $(unit_cflags)
tests_unit_test_pace_LDADD = $(unit_core_libs)
tests_unit_test_penalty_SOURCES = tests/unit/test_penalty.c tests/unit/unit.h
tests_unit_test_penalty_CFLAGS = $(unit_cflags)
tests_unit_test_penalty_LDADD = $(unit_core_libs)
tests_unit_test_registration_SOURCES = tests/unit/test_registration.c tests/unit/unit.h
tests_unit_test_registration_CFLAGS = $(unit_cflags)
tests_unit_test_registration_LDADD = $(unit_core_libs)
tests_unit_test_rendezvous_SOURCES = tests/unit/test_rendezvous.c tests/unit/unit.h
tests_unit_test_rendezvous_CFLAGS = $(unit_cflags)
tests_unit_test_rendezvous_LDADD = $(unit_core_libs)
tests_unit_test_selection_SOURCES = tests/unit/test_selection.c tests/unit/unit.h
tests_unit_test_selection_CFLAGS = $(unit_cflags)
tests_unit_test_selection_LDADD = $(unit_core_libs)
tests_unit_test_serverspec_SOURCES = tests/unit/test_serverspec.c tests/unit/unit.h
tests_unit_test_serverspec_CFLAGS = $(unit_cflags)
tests_unit_test_serverspec_LDADD = $(unit_core_libs)
tests_unit_test_str_SOURCES = tests/unit/test_str.c tests/unit/unit.h
tests_unit_test_str_CFLAGS = $(unit_cflags)
tests_unit_test_str_LDADD = $(unit_core_libs)

# SIP, with a clock, a transport and random bytes of the test's.
tests_unit_test_build_SOURCES = tests/unit/test_build.c tests/unit/unit.h tests/unit/fake_net.c tests/unit/fake_net.h
tests_unit_test_build_CFLAGS = $(unit_cflags)
tests_unit_test_build_LDADD = $(unit_sip_libs)
tests_unit_test_clienttx_SOURCES = tests/unit/test_clienttx.c tests/unit/unit.h tests/unit/fake_net.c \
	tests/unit/fake_net.h
tests_unit_test_clienttx_CFLAGS = $(unit_cflags)
tests_unit_test_clienttx_LDADD = $(unit_sip_libs)
tests_unit_test_digest_SOURCES = tests/unit/test_digest.c tests/unit/unit.h tests/unit/fake_net.c \
	tests/unit/fake_net.h
tests_unit_test_digest_CFLAGS = $(unit_cflags)
tests_unit_test_digest_LDADD = $(unit_sip_libs)
tests_unit_test_framing_SOURCES = tests/unit/test_framing.c tests/unit/unit.h tests/unit/fake_net.c \
	tests/unit/fake_net.h
tests_unit_test_framing_CFLAGS = $(unit_cflags)
tests_unit_test_framing_LDADD = $(unit_sip_libs)
tests_unit_test_message_SOURCES = tests/unit/test_message.c tests/unit/unit.h tests/unit/fake_net.c \
	tests/unit/fake_net.h
tests_unit_test_message_CFLAGS = $(unit_cflags)
tests_unit_test_message_LDADD = $(unit_sip_libs)
tests_unit_test_token_SOURCES = tests/unit/test_token.c tests/unit/unit.h tests/unit/fake_net.c tests/unit/fake_net.h
tests_unit_test_token_CFLAGS = $(unit_cflags)
tests_unit_test_token_LDADD = $(unit_sip_libs)
tests_unit_test_wire_SOURCES = tests/unit/test_wire.c tests/unit/unit.h tests/unit/fake_net.c tests/unit/fake_net.h
tests_unit_test_wire_CFLAGS = $(unit_cflags)
tests_unit_test_wire_LDADD = $(unit_sip_libs)

# The real world, on the loopback.
tests_unit_test_httpd_SOURCES = tests/unit/test_httpd.c tests/unit/unit.h
tests_unit_test_httpd_CFLAGS = $(unit_cflags)
tests_unit_test_httpd_LDADD = $(unit_net_libs)
tests_unit_test_loop_SOURCES = tests/unit/test_loop.c tests/unit/unit.h
tests_unit_test_loop_CFLAGS = $(unit_cflags)
tests_unit_test_loop_LDADD = $(unit_net_libs)
tests_unit_test_netwatch_SOURCES = tests/unit/test_netwatch.c tests/unit/unit.h
tests_unit_test_netwatch_CFLAGS = $(unit_cflags)
tests_unit_test_netwatch_LDADD = $(unit_net_libs)
tests_unit_test_resolver_SOURCES = tests/unit/test_resolver.c tests/unit/unit.h
tests_unit_test_resolver_CFLAGS = $(unit_cflags)
tests_unit_test_resolver_LDADD = $(unit_net_libs)
tests_unit_test_sdnotify_SOURCES = tests/unit/test_sdnotify.c tests/unit/unit.h
tests_unit_test_sdnotify_CFLAGS = $(unit_cflags)
tests_unit_test_sdnotify_LDADD = $(unit_net_libs)
tests_unit_test_forked_SOURCES = tests/unit/test_forked.c tests/unit/unit.h
tests_unit_test_forked_CFLAGS = $(unit_cflags)
tests_unit_test_forked_LDADD = $(unit_net_libs)
tests_unit_test_store_SOURCES = tests/unit/test_store.c tests/unit/unit.h
tests_unit_test_store_CFLAGS = $(unit_cflags)
tests_unit_test_store_LDADD = $(unit_net_libs)
tests_unit_test_stream_SOURCES = tests/unit/test_stream.c tests/unit/unit.h
tests_unit_test_stream_CFLAGS = $(unit_cflags)
tests_unit_test_stream_LDADD = $(unit_net_libs)
tests_unit_test_tcp_SOURCES = tests/unit/test_tcp.c tests/unit/stream_side.h tests/unit/unit.h
tests_unit_test_tcp_CFLAGS = $(unit_cflags)
tests_unit_test_tcp_LDADD = $(unit_net_libs)
# The module is linked in here.
tests_unit_test_tls_SOURCES = tests/unit/test_tls.c tests/unit/certificates.h tests/unit/stream_side.h tests/unit/unit.h
if HAVE_OPENSSL
tests_unit_test_tls_SOURCES += src/net/tlsopenssl.c
endif
tests_unit_test_tls_CFLAGS = $(unit_cflags)
tests_unit_test_tls_LDADD = $(unit_net_libs) $(TLS_LIBS) $(CRYPTO_LIBS)
tests_unit_test_transport_SOURCES = tests/unit/test_transport.c tests/unit/unit.h
tests_unit_test_transport_CFLAGS = $(unit_cflags)
tests_unit_test_transport_LDADD = $(unit_net_libs)

# The configuration reads real files.
tests_unit_test_config_SOURCES = tests/unit/test_config.c tests/unit/unit.h
tests_unit_test_config_CFLAGS = $(unit_cflags)
tests_unit_test_config_LDADD = $(unit_config_libs)
tests_unit_test_config_files_SOURCES = tests/unit/test_config_files.c tests/unit/unit.h
tests_unit_test_config_files_CFLAGS = $(unit_cflags)
tests_unit_test_config_files_LDADD = $(unit_config_libs)
tests_unit_test_config_memory_SOURCES = tests/unit/test_config_memory.c tests/unit/unit.h
tests_unit_test_config_memory_CFLAGS = $(unit_cflags)
tests_unit_test_config_memory_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=strdup
tests_unit_test_config_memory_LDADD = $(unit_config_libs)
tests_unit_test_configdiff_SOURCES = tests/unit/test_configdiff.c tests/unit/unit.h
tests_unit_test_configdiff_CFLAGS = $(unit_cflags)
tests_unit_test_configdiff_LDADD = $(unit_config_libs)
tests_unit_test_sharing_SOURCES = tests/unit/test_sharing.c tests/unit/unit.h
tests_unit_test_sharing_CFLAGS = $(unit_cflags)
tests_unit_test_sharing_LDADD = $(unit_config_libs)

# What is kept on disk, as text.
tests_unit_test_savedfile_SOURCES = tests/unit/test_savedfile.c tests/unit/unit.h
tests_unit_test_savedfile_CFLAGS = $(unit_cflags)
tests_unit_test_savedfile_LDADD = $(LIBS_AGENT) $(LIBS_CORE) $(JANSSON_LIBS) $(CHECK_LIBS)

# Names, with name servers of the test's.
tests_unit_test_names_SOURCES = tests/unit/test_names.c tests/unit/unit.h tests/unit/fake_names_net.c \
	tests/unit/fake_names_net.h
tests_unit_test_names_CFLAGS = $(unit_cflags)
tests_unit_test_names_LDADD = libagent.a $(LIBS_CORE) $(CHECK_LIBS)

# What is seen from outside, of an agent of the test's.
tests_unit_test_control_SOURCES = tests/unit/test_control.c tests/unit/control_side.h tests/unit/unit.h \
	tests/unit/fake_agent.c tests/unit/fake_agent.h
tests_unit_test_control_CFLAGS = $(unit_cflags)
tests_unit_test_control_LDADD = $(unit_config_libs)
tests_unit_test_journal_SOURCES = tests/unit/test_journal.c tests/unit/unit.h tests/unit/fake_agent.c \
	tests/unit/fake_agent.h
tests_unit_test_journal_CFLAGS = $(unit_cflags)
tests_unit_test_journal_LDADD = libagent.a $(LIBS_NET) $(LIBS_CORE) $(JANSSON_LIBS) $(LIBS_WORLD_EXTERNAL) \
	$(CHECK_LIBS)
tests_unit_test_notify_SOURCES = tests/unit/test_notify.c tests/unit/unit.h tests/unit/fake_agent.c \
	tests/unit/fake_agent.h
tests_unit_test_notify_CFLAGS = $(unit_cflags)
tests_unit_test_notify_LDADD = libagent.a $(LIBS_NET) $(LIBS_CORE) $(JANSSON_LIBS) $(LIBS_WORLD_EXTERNAL) \
	$(CHECK_LIBS)
EXTRA_tests_unit_test_notify_DEPENDENCIES = tests/unit/net/notifyhelper
tests/unit/net/notifyhelper: src/net/notifyhelper
	$(AM_V_GEN)$(MKDIR_P) tests/unit/net && cp src/net/notifyhelper $@
CLEANFILES += tests/unit/net/notifyhelper
tests_unit_test_accountfilter_SOURCES = tests/unit/test_accountfilter.c tests/unit/unit.h tests/unit/fake_agent.c \
	tests/unit/fake_agent.h
tests_unit_test_accountfilter_CFLAGS = $(unit_cflags)
tests_unit_test_accountfilter_LDADD = libagent.a $(LIBS_NET) $(LIBS_CORE) $(JANSSON_LIBS) $(LIBS_WORLD_EXTERNAL) \
	$(CHECK_LIBS)
tests_unit_test_metrics_SOURCES = tests/unit/test_metrics.c tests/unit/unit.h tests/unit/fake_agent.c \
	tests/unit/fake_agent.h
tests_unit_test_metrics_CFLAGS = $(unit_cflags)
tests_unit_test_metrics_LDADD = libagent.a $(LIBS_NET) $(LIBS_CORE) $(JANSSON_LIBS) $(LIBS_WORLD_EXTERNAL) \
	$(CHECK_LIBS)
tests_unit_test_overview_SOURCES = tests/unit/test_overview.c tests/unit/unit.h tests/unit/fake_agent.c \
	tests/unit/fake_agent.h
tests_unit_test_overview_CFLAGS = $(unit_cflags)
tests_unit_test_overview_LDADD = libagent.a $(LIBS_NET) $(LIBS_CORE) $(JANSSON_LIBS) $(LIBS_WORLD_EXTERNAL) \
	$(CHECK_LIBS)
tests_unit_test_traces_SOURCES = tests/unit/test_traces.c tests/unit/control_side.h tests/unit/unit.h \
	tests/unit/fake_agent.c tests/unit/fake_agent.h
tests_unit_test_traces_CFLAGS = $(unit_cflags)
tests_unit_test_traces_LDADD = $(unit_config_libs)
tests_unit_test_pcap_SOURCES = tests/unit/test_pcap.c tests/unit/unit.h src/ctl/pcap.c src/ctl/pcap.h
tests_unit_test_pcap_CFLAGS = $(unit_cflags)
tests_unit_test_pcap_LDADD = $(LIBS_CORE) $(CHECK_LIBS)
tests_unit_test_status_SOURCES = tests/unit/test_status.c tests/unit/unit.h tests/unit/fake_agent.c \
	tests/unit/fake_agent.h
tests_unit_test_status_CFLAGS = $(unit_cflags)
tests_unit_test_status_LDADD = libagent.a $(LIBS_NET) $(LIBS_CORE) $(JANSSON_LIBS) $(LIBS_WORLD_EXTERNAL) \
	$(CHECK_LIBS)

# Manual, sample and code know the same keys.
check_PROGRAMS += tests/unit/list_keys tests/unit/list_metrics tests/unit/list_words
tests_unit_list_keys_SOURCES = tests/unit/list_keys.c
tests_unit_list_keys_LDADD = $(LIBS_AGENT) $(LIBS_NET) $(LIBS_CORE) $(LIBS_EXTERNAL) $(LIBS_WORLD_EXTERNAL)
tests_unit_list_metrics_SOURCES = tests/unit/list_metrics.c
tests_unit_list_metrics_LDADD = $(tests_unit_list_keys_LDADD)
tests_unit_list_words_SOURCES = tests/unit/list_words.c
tests_unit_list_words_LDADD = $(tests_unit_list_keys_LDADD)

unit_scripts = tests/unit/check_headers.sh tests/unit/check_layers.sh tests/unit/check_mutants.sh \
	tests/unit/check_symbols.sh tests/unit/test_commands.sh tests/unit/test_completion.sh \
	tests/unit/test_keys.sh tests/unit/test_metrics.sh \
	tests/unit/test_notify_samples.sh tests/unit/test_words.sh
dist_check_SCRIPTS += $(unit_scripts)
TESTS += $(unit_scripts)

# srcdir is exported by Automake. Under sanitizers and emulators Check's own limit, 4 s, is too little.
AM_TESTS_ENVIRONMENT = \
	LIST_KEYS='$(top_builddir)/tests/unit/list_keys$(EXEEXT)'; export LIST_KEYS; \
	LIST_METRICS='$(top_builddir)/tests/unit/list_metrics$(EXEEXT)'; export LIST_METRICS; \
	LIST_WORDS='$(top_builddir)/tests/unit/list_words$(EXEEXT)'; export LIST_WORDS; \
	LIBCORE='$(top_builddir)/libcore.a'; export LIBCORE; \
	COMPILE='$(CC) -I$(top_srcdir)/src -I$(top_builddir) -D_GNU_SOURCE $(STD) $(WARNINGS) $(OSIP_CFLAGS) \
	$(CPPFLAGS)'; export COMPILE; \
	CK_DEFAULT_TIMEOUT=60; export CK_DEFAULT_TIMEOUT;
