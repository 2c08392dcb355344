#!/bin/bash
# SPDX-License-Identifier: ISC
# the OpenWrt package: the init script with good and hostile options, and the recipe, with stand-ins for OpenWrt
set -euxo pipefail
: "${top:?}" "${build:?}"

command -v busybox >/dev/null || exit 77
files=$top/contrib/openwrt/files
export UCI=$PWD/uci SIPKEEPD=$build/src/sipkeepd

init() {
	busybox ash "$top/tests/packaging/openwrt-stubs" "$files/sipkeepd.init" "$1"
}

refused() {
	cp etc/sipkeepd.conf before
	init start_service
	grep "$1" syslog
	grep "is not used" syslog
	cmp before etc/sipkeepd.conf
	grep -x "file $PWD/etc/sipkeepd.conf" procd	# the old one goes on
}

! command -v shellcheck >/dev/null || shellcheck -S warning "$files/sipkeepd.init" "$top/tests/packaging/openwrt-stubs"

# ---- As it is installed: nothing runs, nothing is wrong ----

cp "$files/sipkeepd.config" uci
init start_service
[ ! -s procd ]
if grep not syslog; then exit 1; fi
sed -i "s/enabled '0'/enabled '1'/; s/^#\(config\|\t\)/\1/" uci
init start_service
grep -x "command $SIPKEEPD -f -c $PWD/etc/sipkeepd.conf" procd
grep -x 'reload_signal HUP' procd
grep -x 'user = sipkeepd' etc/sipkeepd.conf
grep -x "server = 'example.com; 192.0.2.10; 192.0.2.11'" etc/sipkeepd.conf
[ "$(stat -c %a etc/sipkeepd.conf)" = 640 ]
init service_triggers
grep -x 'trigger sipkeepd' procd

# ---- Every character at its place ----

cat >uci <<'END'
config sipkeepd 'main'
	option enabled '1'
	list upstream 'udp:127.0.0.1:5062'
	list upstream 'udp:[::1]:5062'
	option expires '120s'

config account 'one'
	option user '100'
	option server 'example.com; 192.0.2.10'
	option password '; # } $(touch here) `touch here` \ "secret" ${HOME}'
	option display_name 'Zoë "Q" \ O'\''Neill; # }'

config account
	option user '200'
	option server 'example.com'
	option password 'it'\''s " \ $HOME'
END
init start_service
if grep -v '^chgrp' syslog; then exit 1; fi
[ ! -e here ]
cat >want <<END
# Made of /etc/config/sipkeepd when the service starts or reloads.
upstream = {'udp:127.0.0.1:5062', 'udp:[::1]:5062'}
expires = '120s'
account {
user = '100'
server = 'example.com; 192.0.2.10'
password = '; # } \$(touch here) \`touch here\` \\ "secret" \${HOME}'
display-name = "Zoë \\"Q\\" \\\\ O'Neill; # }"
}
account {
user = '200'
server = 'example.com'
password-file = "$(echo "$PWD"/etc/password-*)"
}
user = sipkeepd
END
diff want etc/sipkeepd.conf
[ "$(cat etc/password-*)" = "it's \" \\ \$HOME" ]
"$SIPKEEPD" -t -c etc/sipkeepd.conf

# ---- What would be more than a value, or is a mistake ----

cp uci good
for value in $'x\'\npassword = \'y' $'x\n}\nnotify = "/bin/sh' $'tab\there' $'escape\e['; do
	printf "config sipkeepd\n\toption enabled 1\nconfig account two\n\toption user 300\n\toption server example.com\n" >uci
	printf "\toption password '%s'\n" "${value//\'/\'\\\'\'}" >>uci
	refused "section account two: password has a newline or another control character"
	if grep tab syslog; then exit 1; fi
done
(cat good && printf "\tlist server 'a.test'\n\tlist server 'x\n}'\n") >uci
refused "server has a newline"
(cat good && printf "\toption colour 'red'\n") >uci
refused "colour"
(cat good && printf "\toption probe_interval '\${HOME}'\n") >uci
refused "conf.new:[0-9]*: "
(cat good && printf "config acount\n\toption user '1'\n") >uci
refused "section acount"
rm etc/sipkeepd.conf
if init start_service; then exit 1; fi
[ ! -s procd ]

# ---- The recipe ----

mkdir -p sdk/include
make -s -C "$build" install DESTDIR="$PWD/built" prefix=/usr libexecdir=/usr/lib >/dev/null
cat >sdk/rules.mk <<'END'
INCLUDE_DIR := $(TOPDIR)/include
PKG_INSTALL_DIR := $(TOPDIR)/../built
INSTALL_DIR := install -d -m 0755
INSTALL_BIN := install -m 0755
INSTALL_CONF := install -m 0600
END
cat >sdk/include/package.mk <<'END'
define BuildPackage
$(eval $(Package/$(1)))
all:
	$(call Package/$(1)/install,$(TOPDIR)/../root)
	@printf '%s\n' $(DEPENDS) $(PKG_BUILD_DEPENDS) version-$(PKG_VERSION) $(CONFIGURE_ARGS)
endef
END
make -s -C "$top/contrib/openwrt" TOPDIR="$PWD/sdk" CONFIG_SIPKEEPD_OPENSSL=y >made
(cd root && find . -type f | sort) >have
cat >want <<'END'
./etc/config/sipkeepd
./etc/init.d/sipkeepd
./usr/bin/sipkeepctl
./usr/lib/sipkeepd/notifyhelper
./usr/lib/sipkeepd/tls.so
./usr/sbin/sipkeepd
END
diff want have
grep -x "version-$(sed -n 's/^PACKAGE_VERSION = //p' "$build/Makefile")" made

# Each package that README names for OpenWrt is depended on, or asked for to build.
sed -n '/Library .* OpenWrt$/,/^$/p' "$top/README" | awk 'NR > 1 && NF > 0 && $NF != "-" { print $NF }' >packages
[ "$(grep -c . packages)" -ge 7 ]
while read -r package; do
	grep -xE "(\+([A-Z_]*:)?)?$package" made
done <packages
if grep without-openssl made; then exit 1; fi
make -s -C "$top/contrib/openwrt" TOPDIR="$PWD/sdk" >made
grep -x -- --without-openssl made
