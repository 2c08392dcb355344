# SPDX-License-Identifier: ISC
# make bench ACCOUNTS=10000 has fewer of them; make bench-peer is beside Kamailio.

ACCOUNTS = 100000
PEER_ACCOUNTS = 2000
dist_noinst_SCRIPTS += tests/bench/peer tests/bench/run
.PHONY: bench bench-peer
bench: all
	$(PYTHON) '$(top_srcdir)/tests/bench/run' '$(abs_top_builddir)' $(ACCOUNTS)
bench-peer: all
	$(PYTHON) '$(top_srcdir)/tests/bench/peer' '$(abs_top_builddir)' $(PEER_ACCOUNTS)
