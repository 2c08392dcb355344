#!/bin/sh
# SPDX-License-Identifier: ISC
# B73: the sample programs of contrib/notify, given what the daemon gives them, among stubs of what they call.
set -eu
samples=${srcdir:-.}/contrib/notify
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "$*" >&2
	exit 1
}

# told FILE WORDS: the stub was called with them.
told() {
	grep -qxF -e "$2" "$work/$1" || fail "$1 was not told \"$2\" but: $(cat "$work/$1" 2>/dev/null)"
}

mkdir "$work/bin"
for name in asterisk fs_cli; do
	printf '#!/bin/sh\necho "$*" >>"%s/%s"\n' "$work" "$name" >"$work/bin/$name"
done
printf '#!/bin/sh\ncat >"%s/sendmail"\n' "$work" >"$work/bin/sendmail"
chmod +x "$work"/bin/*
PATH=$work/bin:$PATH
SIPKEEPD_EVENT=failed-over SIPKEEPD_ACCOUNTS=3 SIPKEEPD_REGISTERED=2 SIPKEEPD_TIME=1700000000 SIPKEEPD_DROPPED=0
SIPKEEPD_TEXT='2023-11-14T22:13:20Z 100@example.com: moves'
TEXTFILE_FOLDER=$work MAIL_TO=admin@example.com
export SIPKEEPD_EVENT SIPKEEPD_ACCOUNTS SIPKEEPD_REGISTERED SIPKEEPD_TIME SIPKEEPD_DROPPED SIPKEEPD_TEXT
export TEXTFILE_FOLDER MAIL_TO

"$samples/mail"
told sendmail "To: admin@example.com"
told sendmail "$SIPKEEPD_TEXT"
grep -q '^Subject: .*failed-over, 2 of 3 accounts' "$work/sendmail" || fail "subject: $(cat "$work/sendmail")"

printf '%s\t%s\t%s\t-\t-\tcause\t1700000000\ttext of it\n' \
	failed-over 100@example.com udp:192.0.2.1:5060 \
	registered 100@example.com udp:192.0.2.2:5060 \
	registered '1;core restart now@example.com' udp:192.0.2.3:5060 \
	registered 101@example.com 'tls:[2001:db8::1]:5061' | "$samples/trunk"
told asterisk "-rx database put sipkeepd 100 192.0.2.2:5060"
told asterisk "-rx database put sipkeepd 101 [2001:db8::1]:5061"
told fs_cli "-x global_setvar sipkeepd_100=192.0.2.2:5060"
[ "$(wc -l <"$work/asterisk")" = 2 ] || fail "asterisk was told more: $(cat "$work/asterisk")"

"$samples/node-exporter"
told sipkeepd.prom "sipkeepd_notify_registered 2"
[ ! -e "$work/sipkeepd.prom.new" ] || fail "the new file still stands beside"
