# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	src/net/dnspacket.c src/net/dnspacket.h \
	src/net/entropy.c src/net/entropy.h \
	src/net/icmp.c src/net/icmp.h \
	src/net/links.c src/net/links.h \
	src/net/loop.c src/net/loop.h src/net/loopbase.h \
	src/net/netlink.c src/net/netlink.h \
	src/net/netwatch.c src/net/netwatch.h \
	src/net/resolver.c src/net/resolver.h \
	src/net/sockaddr.c src/net/sockaddr.h \
	src/net/store.c src/net/store.h \
	src/net/stream.c src/net/stream.h \
	src/net/transport.c src/net/transport.h \
	src/net/udp.c src/net/udp.h
