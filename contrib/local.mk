# SPDX-License-Identifier: ISC
# What is ready to be used goes where it is looked for; the rest goes where the package's documents go. The scripts are
# for who has the source.

dist_doc_DATA = contrib/sipkeepd.conf contrib/status-page.png contrib/what-if.scn README NEWS
notifydir = $(docdir)/notify
dist_notify_SCRIPTS = contrib/notify/mail contrib/notify/node-exporter contrib/notify/trunk
dist_noinst_SCRIPTS += contrib/quickstart tests/run

completionsdir = $(datadir)/bash-completion/completions
dist_completions_DATA = contrib/bash-completion/sipkeepctl

# ---- systemd ----

EXTRA_DIST += contrib/systemd/sipkeepd.service.in
noinst_DATA = contrib/systemd/sipkeepd.service
CLEANFILES += contrib/systemd/sipkeepd.service

# Not by configure: the folders have ${prefix} in them until make knows it.
contrib/systemd/sipkeepd.service: contrib/systemd/sipkeepd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) contrib/systemd && sed -e 's,[@]sbindir@,$(sbindir),g' -e 's,[@]bindir@,$(bindir),g' \
		-e 's,[@]sysconfdir@,$(sysconfdir),g' '$(srcdir)/contrib/systemd/sipkeepd.service.in' >$@

if HAVE_SYSTEMD
systemdsystemunit_DATA = contrib/systemd/sipkeepd.service
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = contrib/systemd/sysusers.d/sipkeepd.conf
endif
AM_DISTCHECK_CONFIGURE_FLAGS = --with-systemdsystemunitdir

# ---- keepalived ----

keepaliveddir = $(docdir)/keepalived
dist_keepalived_DATA = contrib/keepalived/README contrib/keepalived/keepalived.conf \
	contrib/keepalived/sipkeepd-pair.path contrib/keepalived/sipkeepd-pair.service
dist_keepalived_SCRIPTS = contrib/keepalived/sipkeepd-pair

# ---- Prometheus and Grafana ----

prometheusdir = $(docdir)/prometheus
dist_prometheus_DATA = contrib/prometheus/sipkeepd.rules.yml
grafanadir = $(docdir)/grafana
dist_grafana_DATA = contrib/grafana/sipkeepd.json

# ---- packages ----

EXTRA_DIST += contrib/apparmor/usr.sbin.sipkeepd \
	contrib/openwrt/Makefile contrib/openwrt/files/sipkeepd.config contrib/openwrt/files/sipkeepd.init \
	contrib/debian/changelog contrib/debian/control contrib/debian/copyright contrib/debian/rules \
	contrib/debian/sipkeepd.README.Debian contrib/debian/sipkeepd.postrm contrib/debian/source/format
