# SPDX-License-Identifier: ISC
libagent_a_SOURCES += \
	src/control/accountfilter.c src/control/accountfilter.h \
	src/control/accountwalk.c src/control/accountwalk.h \
	src/control/answer.c src/control/answer.h \
	src/control/check.c src/control/check.h \
	src/control/commands.c \
	src/control/control.c src/control/control.h src/control/control_private.h \
	src/control/events.c src/control/events.h \
	src/control/explain.c src/control/explain.h \
	src/control/http.c src/control/http.h \
	src/control/incident.c src/control/incident.h \
	src/control/journal.c src/control/journal.h \
	src/control/metricfamily.c src/control/metricfamily.h \
	src/control/metrics.c src/control/metrics.h \
	src/control/notify.c src/control/notify.h \
	src/control/page.h \
	src/control/readings.c src/control/readings.h \
	src/control/reloads.c src/control/reloads.h \
	src/control/request.c src/control/request.h \
	src/control/servers.c src/control/servers.h \
	src/control/shown.c src/control/shown.h \
	src/control/status.c src/control/status.h \
	src/control/statustable.c src/control/statustable.h \
	src/control/traces.c src/control/traces.h \
	src/control/waiters.c src/control/waiters.h

# The status page is part of the program.
nodist_libagent_a_SOURCES = src/control/page.c
src/control/page.c: $(srcdir)/src/control/page.html $(srcdir)/src/control/page.awk
	$(AM_V_GEN)$(MKDIR_P) src/control && \
		$(AWK) -f $(srcdir)/src/control/page.awk $(srcdir)/src/control/page.html >$@.new && mv -f $@.new $@
EXTRA_DIST += src/control/page.awk src/control/page.html
CLEANFILES += src/control/page.c

dist_pkgdata_DATA = src/control/status.schema.json
