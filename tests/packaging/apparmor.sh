#!/bin/bash
# SPDX-License-Identifier: ISC
# the AppArmor profile: its syntax, and that it knows the files that are installed
set -euxo pipefail
: "${top:?}" "${build:?}"

PATH=$PATH:/usr/sbin:/sbin
command -v apparmor_parser >/dev/null || exit 77
profile=$top/contrib/apparmor/usr.sbin.sipkeepd
apparmor_parser --skip-kernel-load --skip-cache --stdout "$profile" >binary
[ -s binary ]
[ "$(apparmor_parser --names "$profile")" = sipkeepd ]

# Whatever of ours is loaded or run is allowed.
make -s -C "$build" install DESTDIR="$PWD/root" prefix=/usr sysconfdir=/etc >/dev/null
for file in root/usr/sbin/* root/usr/libexec/sipkeepd/*; do
	grep -E "^  ${file#root} m?rix,|^  ${file#root} mr," "$profile"
done
