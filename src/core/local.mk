# SPDX-License-Identifier: ISC
# The rules live in one library with base: whoever links one needs the other.
libcore_a_SOURCES += \
	src/core/candidates.c src/core/candidates.h \
	src/core/dnsview.c src/core/dnsview.h \
	src/core/failback.c src/core/failback.h \
	src/core/grant.c src/core/grant.h \
	src/core/health.c src/core/health.h \
	src/core/hosts.c src/core/hosts.h \
	src/core/network.c src/core/network.h \
	src/core/pace.c src/core/pace.h \
	src/core/penalty.c src/core/penalty.h \
	src/core/registration.c src/core/registration.h \
	src/core/rendezvous.c src/core/rendezvous.h \
	src/core/selection.c src/core/selection.h \
	src/core/serverspec.c src/core/serverspec.h
