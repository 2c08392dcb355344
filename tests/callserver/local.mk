# SPDX-License-Identifier: ISC
# A stand-in call server for the demo, tests and benchmarks; it is built with the rest, and not installed.

noinst_PROGRAMS += tests/callserver/callserver
tests_callserver_callserver_SOURCES = \
	tests/callserver/auth.c tests/callserver/auth.h \
	tests/callserver/bindings.c tests/callserver/bindings.h \
	tests/callserver/commands.c tests/callserver/commands.h \
	tests/callserver/lines.c tests/callserver/lines.h \
	tests/callserver/main.c \
	tests/callserver/server.c tests/callserver/server.h
tests_callserver_callserver_LDADD = libsip.a $(LIBS_NET) $(LIBS_CORE) $(OSIP_LIBS) $(CRYPTO_LIBS) $(LIBS_WORLD_EXTERNAL)

EXTRA_DIST += tests/callserver/check.py
