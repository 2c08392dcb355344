# SPDX-License-Identifier: ISC
# make bench ACCOUNTS=10000 has fewer of them.

ACCOUNTS = 100000
dist_noinst_SCRIPTS += tests/bench/run
.PHONY: bench
bench: all
	$(PYTHON) '$(top_srcdir)/tests/bench/run' '$(abs_top_builddir)' $(ACCOUNTS)
