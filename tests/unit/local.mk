# SPDX-License-Identifier: ISC
# One program for each module, named after it. What it links stands below; most need libcore.a alone.

unit_core = \
	tests/unit/test_address tests/unit/test_candidates tests/unit/test_dnsview \
	tests/unit/test_handle tests/unit/test_hosts tests/unit/test_rendezvous tests/unit/test_serverspec \
	tests/unit/test_str
unit_sip = tests/unit/test_clienttx tests/unit/test_digest tests/unit/test_message
unit_net = tests/unit/test_loop tests/unit/test_resolver tests/unit/test_store tests/unit/test_stream \
	tests/unit/test_transport
unit_agent = tests/unit/test_config tests/unit/test_config_files tests/unit/test_configdiff \
	tests/unit/test_control tests/unit/test_names tests/unit/test_status

if HAVE_CHECK
check_PROGRAMS += $(unit_core) $(unit_sip) $(unit_net) $(unit_agent)
TESTS += $(unit_core) $(unit_sip) $(unit_net) $(unit_agent)
endif

unit_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
unit_cflags = $(AM_CFLAGS) $(CHECK_CFLAGS)
