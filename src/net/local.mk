# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	src/net/connection.c src/net/connection.h src/net/connectionio.c \
	src/net/connectionsocket.c src/net/connectionsocket.h src/net/connectionstream.c \
	src/net/dnspacket.c src/net/dnspacket.h \
	src/net/entropy.c src/net/entropy.h \
	src/net/failure.c \
	src/net/httpd.c src/net/httpd.h src/net/httpd_private.h src/net/httpdreply.c \
	src/net/forked.c src/net/forked.h \
	src/net/icmp.c src/net/icmp.h \
	src/net/links.c src/net/links.h \
	src/net/loop.c src/net/loop.h src/net/loopbase.h \
	src/net/netlink.c src/net/netlink.h \
	src/net/netwatch.c src/net/netwatch.h \
	src/net/resolver.c src/net/resolver.h \
	src/net/sockaddr.c src/net/sockaddr.h \
	src/net/sdnotify.c src/net/sdnotify.h \
	src/net/spawn.c src/net/spawn.h \
	src/net/store.c src/net/store.h \
	src/net/stream.c src/net/stream.h \
	src/net/tcp.c src/net/tcp.h src/net/tcp_private.h src/net/tcpchange.c \
	src/net/tls.c src/net/tls.h src/net/tlsprovider.h \
	src/net/transport.c src/net/transport.h \
	src/net/udp.c src/net/udp.h \
	src/net/unixsocket.c src/net/unixsocket.h

# Loaded by the daemon with the first TLS upstream. A shared object without libtool: it is for ELF alone, as we are.
if HAVE_OPENSSL
pkglibexec_PROGRAMS += src/net/tls.so
src_net_tls_so_SOURCES = src/net/tlsopenssl.c src/net/tlsprovider.h
src_net_tls_so_CFLAGS = $(AM_CFLAGS) -fPIC -fvisibility=hidden
src_net_tls_so_LDFLAGS = $(AM_LDFLAGS) -shared
src_net_tls_so_LDADD = $(TLS_LIBS) $(CRYPTO_LIBS) $(LIBEVENT_LIBS)
endif

# Runs the admin's program; found beside the daemon where it was built, in pkglibexecdir where it was installed.
pkglibexec_PROGRAMS += src/net/notifyhelper
src_net_notifyhelper_SOURCES = src/net/notifyhelper.c
