# SPDX-License-Identifier: ISC
sbin_PROGRAMS += src/sipkeepd
bin_PROGRAMS += src/sipkeepctl

src_sipkeepd_SOURCES = \
	src/daemon.c src/daemon.h \
	src/main.c \
	src/options.c src/options.h \
	src/run.c src/run.h \
	src/supervisor.c src/supervisor.h
src_sipkeepd_LDADD = $(LIBS_AGENT) $(LIBS_NET) $(LIBS_CORE) $(LIBS_EXTERNAL) $(LIBS_WORLD_EXTERNAL)

# The tool needs the C library and base alone.
src_sipkeepctl_SOURCES = \
	src/ctl/check.c src/ctl/check.h \
	src/ctl/client.c src/ctl/client.h \
	src/ctl/command.h \
	src/ctl/pcap.c src/ctl/pcap.h \
	src/ctl/show.c src/ctl/show.h \
	src/ctl/sipkeepctl.c \
	src/ctl/trace.c src/ctl/trace.h
src_sipkeepctl_LDADD = $(LIBS_CORE)
