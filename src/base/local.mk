# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libcore.a

libcore_a_SOURCES = \
	src/base/address.c src/base/address.h \
	src/base/delays.c src/base/delays.h \
	src/base/dns.c src/base/dns.h \
	src/base/drops.c src/base/drops.h \
	src/base/handle.c src/base/handle.h \
	src/base/instant.h \
	src/base/log.c src/base/log.h \
	src/base/path.h \
	src/base/str.c src/base/str.h \
	src/base/tally.c src/base/tally.h \
	src/base/walltime.c src/base/walltime.h
