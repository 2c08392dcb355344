#!/bin/bash
# SPDX-License-Identifier: ISC
# the alert rules by promtool, and with the Grafana dashboard: every metric and label is one that the daemon has
set -euxo pipefail
: "${top:?}" "${build:?}"

command -v promtool >/dev/null || exit 77
cp "$top/contrib/prometheus/sipkeepd.rules.yml" "$top/tests/packaging/rules.test.yml" .
promtool check rules sipkeepd.rules.yml
promtool test rules rules.test.yml

# What the daemon really says, registered on a server that answers, with one that does not beside it.
make -s -C "$build" tests/callserver/callserver
cat >sipkeepd.conf <<END
upstream  = "udp:127.0.0.1:0"
http      = "127.0.0.1:8060"
control   = "$PWD/control"
state-dir = "$PWD"
account {
	user     = "100"
	server   = "example.com; 127.0.0.1:9; 127.0.0.11"
	password = 'secret'
}
END
chmod 600 sipkeepd.conf
mkfifo commands
cat >fetch <<'END'
ip link set lo up
"$1/tests/callserver/callserver" -r example.com -u 100:secret udp:127.0.0.11:5060 <commands &
exec 3>commands
"$1/src/sipkeepd" -f -c sipkeepd.conf 3>&- &
daemon=$!
for _ in $(seq 100); do
	[ ! -S control ] || break
	sleep 0.1
done
"$1/src/sipkeepctl" -s control wait 100 registered --timeout 20
python3 -c 'import urllib.request as u; print(u.urlopen("http://127.0.0.1:8060/metrics").read().decode(), end="")' >metrics
kill $daemon
wait $daemon
exec 3>&-
END
# Root needs no user namespace, and has none to be had in a chroot.
if [ "$(id -u)" = 0 ]; then mapped=; else mapped=--map-root-user; fi
unshare --net $mapped --pid --fork --kill-child bash -eux fetch "$build"
promtool check metrics <metrics
python3 "$top/tests/packaging/names.py" metrics sipkeepd.rules.yml "$top/contrib/grafana/sipkeepd.json" >panels.yml

# The dashboard's expressions, as rules: what Grafana fills in is filled in.
promtool check rules panels.yml
