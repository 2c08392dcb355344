# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libsip.a
libsip_a_SOURCES = \
	src/sip/arena.c src/sip/arena.h \
	src/sip/build.c src/sip/build.h \
	src/sip/challenge.c \
	src/sip/clienttx.c src/sip/clienttx.h \
	src/sip/digest.c src/sip/digest.h \
	src/sip/framing.c src/sip/framing.h \
	src/sip/hash.c src/sip/hash.h \
	src/sip/message.c src/sip/message.h \
	src/sip/print.c \
	src/sip/scan.c src/sip/scan.h \
	src/sip/token.c src/sip/token.h \
	src/sip/uri.c src/sip/uri.h \
	src/sip/wire.c src/sip/wire.h
