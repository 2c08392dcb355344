#!/bin/sh
# SPDX-License-Identifier: ISC
#
# What bash offers for the beginning of a line: commands and options of the tool as it was built, accounts and servers
# of a daemon that a stub stands in for. Runs in the build directory; Automake sets srcdir.

srcdir=${srcdir:-.}
command -v bash >/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# The stub knows the socket that it is told of, and no other.
cat >"$work/sipkeepctl" <<END
#!/bin/sh
case \$* in
--help)
	exec ./src/sipkeepctl --help ;;
"-s $work/socket status")
	printf 'sipkeepd: generation 1, up 0s\n\nACCOUNT STATE\n100@a.test registered\n101@a.test down\n200@b.test up\n9\$(>$work/executed)@* up\n' ;;
"-s $work/socket servers")
	printf 'SERVER STATE\nudp:192.0.2.1:5060 up\nudp:192.0.2.2:5060 down\ntls:[2001:db8::1]:5061 up\n' ;;
*)
	exit 3 ;;
esac
END
chmod +x "$work/sipkeepctl"
mkdir "$work/files" && : >"$work/files/one.pcap"

cat >"$work/ask" <<'END'
. "$1/contrib/bash-completion/sipkeepctl"
complete -p sipkeepctl >/dev/null || exit 1
COMP_LINE=$2
COMP_POINT=${#2}
_sipkeepctl sipkeepctl
printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
END

# offers LINE WORDS: in the order of sort; the daemon answers.
offers()
{
	have=$(PATH=$work:$PATH LC_ALL=C bash "$work/ask" "$srcdir" "sipkeepctl -s $work/socket $1")
	if [ "$have" != "$2${2:+ }" ] && [ "$have" != "$2 " ]; then
		echo "test_completion: \"$1\" is offered \"$have\", not \"$2\"" >&2
		failed=1
	fi
}

offers 's' 'servers status'
offers 'und' 'undrain'
offers '--v' '--version'
offers 'fly ' ''
offers 'status 10' '100@a.test 101@a.test'
offers 'status 1' '100@a.test 101@a.test'
offers 'status 100@a' 'a.test'
offers 'status --' '--json --long'
offers 'check 2' '200@b.test'
offers 'check --warning ' ''
offers 'check --w' '--warning'
offers 'explain 300' ''
offers 'explain 9' "9\$(>$work/executed)@*"
[ ! -e "$work/executed" ] || { echo "test_completion: a name was executed" >&2; failed=1; }
offers 'probe ' 'tls:[2001:db8::1]:5061 udp:192.0.2.1:5060 udp:192.0.2.2:5060'
offers 'drain udp:192.0.2.2' '192.0.2.2:5060'
offers 'drain udp:192.0.2.2:' '5060'
offers 'log ' 'debug error info notice warning'
offers 'log i' 'info'
offers 'wait ' "100@a.test 101@a.test 200@b.test 9\$(>$work/executed)@*"
offers 'wait 100 re' 'registered registering'
offers 'wait 100 registered ac' 'active='
offers 'trace ' ''
offers 'trace --' '--account --pcap --server'
offers 'trace --account 2' '200@b.test'
offers 'trace --account 200@b.test --server tls' 'tls:[2001:db8::1]:5061'
offers "trace --pcap $work/files/" "$work/files/one.pcap"
offers 'reload ' ''
offers 'servers ' ''

# Without a daemon there are no names, and nothing is said.
have=$(PATH=$work:$PATH bash "$work/ask" "$srcdir" 'sipkeepctl status ' 2>&1)
[ "$have" = " " ] || [ -z "$have" ] || { echo "test_completion: without a daemon: \"$have\"" >&2; failed=1; }

exit $failed
