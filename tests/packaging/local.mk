# SPDX-License-Identifier: ISC
# What is in contrib/ tried as its users would; needs more than the tree, so not part of `make check`.
# make check-packaging CASES='debian' runs only that.
dist_noinst_SCRIPTS += tests/packaging/run \
	tests/packaging/apparmor.sh tests/packaging/debian.sh tests/packaging/inside-debian \
	tests/packaging/openwrt.sh tests/packaging/openwrt-stubs \
	tests/packaging/prometheus.sh \
	tests/packaging/systemd.sh
EXTRA_DIST += tests/packaging/names.py tests/packaging/rules.test.yml

.PHONY: check-packaging
check-packaging: all
	BUILD='$(abs_top_builddir)' '$(top_srcdir)/tests/packaging/run' $(CASES)
