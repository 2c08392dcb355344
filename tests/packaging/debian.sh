#!/bin/bash
# SPDX-License-Identifier: ISC
# the Debian package: built, lintian, installed, run, removed and purged
set -euxo pipefail
: "${top:?}" "${build:?}"

command -v lintian >/dev/null && command -v dpkg-buildpackage >/dev/null && command -v dh_apparmor >/dev/null || exit 77

# From what is released, as whoever packages it would.
version=$(sed -n 's/^PACKAGE_VERSION = //p' "$build/Makefile")
make -s -C "$build" dist
mkdir source
tar -xf "$build/sipkeepd-$version.tar.xz" -C source --strip-components=1
mv source/contrib/debian source/debian
(cd source && DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc -b) >build.log 2>&1 || {
	tail -n 40 build.log
	exit 1
}
[ "$(cd source && dpkg-parsechangelog -S Version)" = "$version" ]
package=$(echo "$PWD"/sipkeepd_*.deb)
lintian --allow-root --fail-on error,warning --tag-display-limit 0 "$PWD"/*.changes

# Everything at its place, and nothing of root's that others can write.
dpkg-deb -c "$package" | sed 's/^\(.\)\(.........\) \([^ ]*\) .* \.\//\1\2 \3 /' >files
for file in etc/apparmor.d/usr.sbin.sipkeepd lib/systemd/system/sipkeepd.service usr/bin/sipkeepctl usr/sbin/sipkeepd \
	usr/lib/sysusers.d/sipkeepd.conf usr/libexec/sipkeepd/tls.so usr/libexec/sipkeepd/notifyhelper \
	usr/share/doc/sipkeepd/examples/sipkeepd.conf usr/share/man/man5/sipkeepd.conf.5.gz; do
	grep " root/root $file\$" files
done
if grep -E '^[^l](....w|.......w)' files; then exit 1; fi

if [ "$(id -u)" != 0 ]; then
	[ "${CI-}" != true ] || exit 77
	echo "not root: not installed"
	exit 0
fi

# A machine in a container may have no overlay to give: then the package is built and looked at, and that is said.
if ! unshare --mount bash -c 'mkdir -p machine && mount -t tmpfs none machine &&
	mkdir machine/changes machine/work machine/root && mount -t overlay none \
	-o lowerdir=/,upperdir=machine/changes,workdir=machine/work machine/root'; then
	echo "no overlay of / here: not installed"
	exit 0
fi

# The whole machine, for the package to be installed on; what it changes is gone with the mount namespace.
mkdir -p machine
# shellcheck disable=SC2016	# for the shell inside
unshare --mount --net --pid --fork --kill-child bash -eux -c '
	mount -t tmpfs none machine
	mkdir machine/changes machine/work machine/root
	mount -t overlay none -o lowerdir=/,upperdir=machine/changes,workdir=machine/work machine/root
	mount --bind /dev machine/root/dev
	mount -t proc none machine/root/proc
	mount -t tmpfs none machine/root/run
	mount -t tmpfs none machine/root/tmp
	cp "$1" machine/root/tmp/sipkeepd.deb
	cp "$2" machine/root/tmp/inside
	ip link set lo up
	chroot machine/root bash -eux -o pipefail /tmp/inside
	# The user stays, as Debian wants it, and dpkg remembers what it did.
	left=$(find machine/changes ! -type c -ipath "*sipkeepd*")
	[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
' bash "$package" "$top/tests/packaging/inside-debian"
