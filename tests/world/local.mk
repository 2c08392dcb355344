# SPDX-License-Identifier: ISC
# The virtual world in place of libnet.a, and the scenarios that are played in it.

check_LIBRARIES += libworld.a
libworld_a_SOURCES = tests/world/world.h tests/world/inside.h tests/world/clock.c tests/world/dns.c \
	tests/world/files.c tests/world/invariants.c tests/world/network.c tests/world/random.c \
	tests/world/registrar.c tests/world/story.c
