# SPDX-License-Identifier: ISC
# The daemon among real registrars and name servers; not part of `make check`, which needs nothing but the tree.
# make check-system CASES='killed hung' runs only these.

PYTHON = python3
CASES =

system_parts = \
	tests/system/parts/__init__.py \
	tests/system/parts/baddns.py \
	tests/system/parts/bind.py \
	tests/system/parts/browser.py \
	tests/system/parts/capture.py \
	tests/system/parts/certificates.py \
	tests/system/parts/case.py \
	tests/system/parts/daemon.py \
	tests/system/parts/dnsmasq.py \
	tests/system/parts/kamailio.py \
	tests/system/parts/link.py \
	tests/system/parts/namespace.py \
	tests/system/parts/process.py \
	tests/system/parts/sipclient.py
system_cases = \
	tests/system/cases/__init__.py \
	tests/system/cases/accounts.py \
	tests/system/cases/bind.py \
	tests/system/cases/cost.py \
	tests/system/cases/dns.py \
	tests/system/cases/failover.py \
	tests/system/cases/fleet.py \
	tests/system/cases/hostile.py \
	tests/system/cases/http.py \
	tests/system/cases/methods.py \
	tests/system/cases/network.py \
	tests/system/cases/pair.py \
	tests/system/cases/parts.py \
	tests/system/cases/program.py \
	tests/system/cases/reload.py \
	tests/system/cases/restart.py \
	tests/system/cases/steer.py \
	tests/system/cases/streams.py \
	tests/system/cases/supervised.py

dist_noinst_SCRIPTS += tests/system/run
EXTRA_DIST += $(system_parts) $(system_cases)

.PHONY: check-system
check-system: all
	SCREENSHOTS='$(abs_top_builddir)/screenshots' \
	SIPKEEPD='$(abs_top_builddir)/src/sipkeepd' SIPKEEPCTL='$(abs_top_builddir)/src/sipkeepctl' \
		$(PYTHON) '$(top_srcdir)/tests/system/run' $(CASES)
