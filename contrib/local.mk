# SPDX-License-Identifier: ISC
# The sample goes where the package's documents go; the scripts are for who has the source.

dist_doc_DATA = contrib/sipkeepd.conf README NEWS
notifydir = $(docdir)/notify
dist_notify_SCRIPTS = contrib/notify/mail contrib/notify/node-exporter contrib/notify/trunk
dist_noinst_SCRIPTS += contrib/quickstart tests/run
