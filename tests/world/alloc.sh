#!/bin/sh
# SPDX-License-Identifier: ISC
# A dozen typical scenarios once more, with allocations failing; -a: each of them.

scenarios=
for name in method-3-srv failback digest-md5 dns-refresh dns-fails icmp-failover silent-death-fast interval-too-brief \
	ghost-binding reload-changed reload-added reload-removed server-asks stop; do
	scenarios="$scenarios ${srcdir:-.}/tests/scenarios/$name.scn"
done
exec ./alloc "$@" $scenarios
