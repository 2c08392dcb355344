#!/bin/bash
# SPDX-License-Identifier: ISC
# the systemd unit: sound by systemd-analyze, and less exposed than 2.0
set -euxo pipefail
: "${top:?}" "${build:?}"

command -v systemd-analyze >/dev/null || exit 77
make -C "$build" contrib/systemd/sipkeepd.service
sed "s,^\(Exec[A-Za-z]*\)=[^ ]*/,\1=$build/src/," "$build/contrib/systemd/sipkeepd.service" >sipkeepd.service
if grep '@[a-z]*@' sipkeepd.service; then exit 1; fi

sed 's,=/usr/local/sbin/,=/usr/bin/env ,' "$top/contrib/keepalived/sipkeepd-pair.service" >sipkeepd-pair.service
cp "$top/contrib/keepalived/sipkeepd-pair.path" .

# It says nothing when all is well, and ends well after some complaints.
systemd-analyze verify --man=no "$PWD"/sipkeepd*.* >complaints 2>&1
if grep . complaints; then exit 1; fi
systemd-analyze security --no-pager --offline=true --threshold=20 "$PWD/sipkeepd.service" | tail -n 2

# The user that it names is made.
grep -x 'User=sipkeepd' sipkeepd.service
mkdir -p root/etc
systemd-sysusers --root="$PWD/root" "$top/contrib/systemd/sysusers.d/sipkeepd.conf"
grep '^sipkeepd:' root/etc/passwd root/etc/group
