#!/bin/sh
# SPDX-License-Identifier: ISC
#
# sipkeepsim: what happens to the accounts of a real configuration when a server dies (B37), comes back (B38, B39),
# and what is said of bad files. Runs in the build directory; Automake sets srcdir.

srcdir=${srcdir:-.}
sim=$PWD/sipkeepsim
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

fail()
{
	echo "test_sim: $*" >&2
	failed=1
}

# Plays standard input; what it prints is in out and err.
play()		# status [option...]
{
	wanted=$1
	shift
	"$sim" "$@" - >"$work/out" 2>"$work/err"
	status=$?
	[ $status -eq "$wanted" ] || fail "sipkeepsim $* ends with $status, not $wanted: $(cat "$work/out" "$work/err")"
}

has()		# pattern
{
	grep -Eq -- "$1" "$work/out" || fail "no \"$1\" in: $(cat "$work/out")"
}

hasnt()		# pattern
{
	! grep -Eq -- "$1" "$work/out" || fail "\"$1\" in: $(cat "$work/out")"
}

complains()	# line
{
	grep -qxF -- "$1" "$work/err" || fail "not complained of \"$1\" but: $(cat "$work/err")"
}

row()		# account least-seconds most-seconds failovers failbacks place
{
	awk -v least="$2" -v most="$3" -v row="$4 $5 $6" '
		$1 == account && $2 >= least && $2 <= most && $3 <= $2 && $4 " " $5 " " $6 == row { found = 1 }
		END { exit !found }' account="$1" "$work/out" || fail "not the row of $*: $(cat "$work/out")"
}

# ---- the sample configuration and the sample story ----

play 0 -c "$srcdir/contrib/sipkeepd.conf" <"$srcdir/contrib/what-if.scn"
has '^ 0:00:00\.[0-9]{3}  100@example\.com: registered on udp:192\.0\.2\.10:5060'
has '^ 0:10:00\.000  -- server 192\.0\.2\.10 silent for 30m$'
has '^ 0:10:[0-9.]+  udp:192\.0\.2\.10:5060: down \(silence\)$'
has '^ 0:10:[0-9.]+  100@example\.com: moves from udp:192\.0\.2\.10:5060 to udp:192\.0\.2\.11:5060'
has '^ 0:40:00\.000  -- server 192\.0\.2\.10 silent for 30m: over$'
has '^ 0:40:[0-9.]+  300@example\.com: unregistered from udp:192\.0\.2\.11:5060$'
# It is asked each 30 s, a tenth more or less, and has two rounds of 4 s to answer.
for account in 100 200 300; do
	row $account@example.com 4 45 1 1 udp:192.0.2.10:5060
done
row 400@example.com 4 45 1 0 udp:192.0.2.11:5060	# of equals (B39)
hasnt 'Nobody answered|No account talked'
cp "$work/out" "$work/first"
play 0 -c "$srcdir/contrib/sipkeepd.conf" <"$srcdir/contrib/what-if.scn"
cmp "$work/out" "$work/first" >&2 || fail "the same seed tells another story"
play 0 -s 2 -c "$srcdir/contrib/sipkeepd.conf" <"$srcdir/contrib/what-if.scn"
! cmp -s "$work/out" "$work/first" || fail "another seed tells the same story"

# ---- what it reads and what it leaves alone ----

mkdir "$work/etc" "$work/state"
printf 'include("more.conf")\naccounts-file = "many.tsv"\nstate-dir = "%s/state"\n' "$work" >"$work/etc/main.conf"
printf 'account {\n\tuser = "100"\n\tserver = "example.com; 192.0.2.10"\n\tpassword-file = "100.secret"\n}\n' \
	>"$work/etc/more.conf"
echo "hush-hush" >"$work/etc/100.secret"
printf 'user\tserver\n' >"$work/etc/many.tsv"
i=1
while [ $i -le 30 ]; do
	printf 'u%d\texample.com; 192.0.2.%d; 192.0.2.99\n' $i $((i % 2 * 50 + 11)) >>"$work/etc/many.tsv"
	i=$((i + 1))
done
chmod 0640 "$work"/etc/*
find "$work/etc" "$work/state" | sort >"$work/before"
play 0 -v -c "$work/etc/main.conf" <<'END'
server 192.0.2.10 auth MD5 password hush-hush
at 10m server 192.0.2.61 killed
at 20m restart
at 25m reload
until 30m
END
find "$work/etc" "$work/state" | sort | cmp - "$work/before" >&2 || fail "it has written to the disk"
has 'REGISTER'
hasnt 'hush-hush'
has '^31 accounts '
has '^The worst 10:$'
has '^u1@example\.com .* udp:192\.0\.2\.99:5060$'
[ "$(sed '1,/^The worst/d' "$work/out" | grep -c '@example.com ')" -eq 10 ] || fail "not ten: $(cat "$work/out")"

# ---- accounts of the file itself ----

play 0 <<'END'
account 100 "example.com; 192.0.2.10; 192.0.2.11; sip.example.com" password=hush-hush probe-timeout=1s
config probe-interval-active 30s
server 192.0.2.12 killed
at 10m server 192.0.2.10 killed
at 15m server 192.0.2.11 silent for 2m
at 20m account 200 "example.com; 192.0.2.11:x" password=hush-hush
at 21m reload
END
has '^ 0:10:[0-9.]+  udp:192\.0\.2\.10:5060: down \(unreachable: port unreachable\)$'
has '^ 0:21:00\.000  -- refused: stdin:6: account 200: '
row 100@example.com 120 160 1 0 udp:192.0.2.11:5060
has '^dns sip\.example\.com A 192\.0\.2\.'
has '^server 192\.0\.2\.12:5060$'
hasnt 'hush-hush'

# The daemon believes that it is registered; the world knows better.
printf 'account 1 "a.example; 192.0.2.1" expires=2h\nat 9m server 192.0.2.1 forgets\nuntil 570s\n' | play 0
row 1@a.example 29.9 30.1 0 0 udp:192.0.2.1:5060
printf 'account 1 "a.example; 192.0.2.1" expires=2h\nat 10m network down for 2m\n' | play 0
row 1@a.example 120 130 0 0 udp:192.0.2.1:5060
printf 'account 1 "a.example; 192.0.2.1"\nat 1m stop\nuntil 2m\n' | play 0
row 1@a.example 59.9 60.1 0 0 stopped
play 0 <<'END'
account 1 "a.example; 192.0.2.1"
at 1m account 1 gone
at 1m account 2 "a.example; 192.0.2.1"
at 2m reload
END
row 1@a.example 0 0.1 0 0 not
row 2@a.example 0 0.1 0 0 udp:192.0.2.1:5060

printf 'account 1 "a.example; 192.0.2.1; b.example"\nat 10m server 192.0.2.1 killed\nat 20m stop\n' | play 0 --json
has '"kind": "server-down"'
has '"text": "server 192\.0\.2\.1 killed"'
has '"line": 2'
has '"without_ms": [1-9][0-9]{5}'
has '"b\.example"'

# ---- bad files ----

echo 'at 5m sever 192.0.2.1 killed' | play 1
complains 'stdin:1: unknown verb "sever"'
echo 'at 5m server 192.0.2.1 killed' | play 1
complains 'stdin: it has no account; add account lines, or name a configuration with -c'
printf '\naccount 1 "a.example; 192.0.2.1"' | play 1 -c "$srcdir/contrib/sipkeepd.conf"
complains 'stdin:2: account: accounts and settings are those of the configuration (-c)'
echo 'expect active none' | play 1 -c "$srcdir/contrib/sipkeepd.conf"
complains "stdin:1: expect: this is for sipkeepd's own tests"
printf 'account 1 "a.example; 192.0.2.1"\nat 5m request drain 192.0.2.2\n' | play 1
complains 'stdin:2: request drain 192.0.2.2: the agent knows no "192.0.2.2"'
printf '\n\nconfig prob-interval 30s\naccount 1 "a.example; 192.0.2.1"\n' | play 1
complains 'stdin:3: unknown key prob-interval; did you mean probe-interval?'
printf '\n\nprob-interval = 30s\n' >"$work/etc/bad.conf"
play 1 -c "$work/etc/bad.conf" </dev/null
complains "$work/etc/bad.conf:3: unknown key prob-interval; did you mean probe-interval?"
play 1 -c "$work/none.conf" </dev/null
play 1 </dev/zero
complains 'stdin:1: the line is too long, or no text'
play 2 -v --json </dev/null
play 2 -s x </dev/null
"$sim" "$work" 2>/dev/null && fail "a folder is played"
"$sim" "$work/none.scn" 2>/dev/null && fail "what is not there is played"

# ---- the manual has every statement ----

verbs=$(sed -n 's/^\t{ "\([a-z]*\)", verb_.*/\1/p' "$srcdir/tests/world/verbs.c")
[ -n "$verbs" ] || fail "verbs.c has no table of verbs"
for verb in $verbs; do
	case $verb in expect | never | file) continue ;; esac
	grep -Eq "^\.It Cm $verb( |\$)" "$srcdir/man/sipkeepsim.1" || fail "$verb is not in sipkeepsim.1"
done

exit $failed
