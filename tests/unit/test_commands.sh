#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Each option and command that a program's --help prints stands in its manual, and the manuals are sound mdoc.
# Runs in the build directory; Automake sets srcdir.

srcdir=${srcdir:-.}
failed=0

fail()
{
	echo "test_commands: $*" >&2
	failed=1
}

# The item of an mdoc list: option "-f" is written "Fl f", "--json" is "Fl -json".
has_option()	# manual option
{
	grep -Eq -- "^\.(It|Op).*Fl (${2#-})( |\$)" "$1"
}

check_program()	# program manual
{
	help=$("$1" --help) || fail "$1 --help ends with $?"

	options=$(printf '%s\n' "$help" | grep '^  ' | grep -Eo -- '(^|[ [])--?[A-Za-z][a-z-]*' | tr -d ' [' | sort -u)
	[ -n "$options" ] || fail "$1 --help names no option"
	for option in $options; do
		has_option "$2" "$option" || fail "$option of $1 is not in $2"
	done

	commands=$(printf '%s\n' "$help" | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\).*/\1/p')
	for command in $commands; do
		grep -Eq "^\.It Cm $command( |\$)" "$2" || fail "command $command of $1 is not in $2"
	done
	echo "$1:" $options $commands
}

check_program ./src/sipkeepd "$srcdir/man/sipkeepd.8"
check_program ./sipkeepsim "$srcdir/man/sipkeepsim.1"
check_program ./src/sipkeepctl "$srcdir/man/sipkeepctl.1"

# The tool has the commands that the daemon understands, and no others.
spoken=$(sed -n 's/^\t\[REQUEST_[A-Z_]*\] = { "\([a-z-]*\)".*/\1/p' "$srcdir/src/control/request.c" | sort)
[ -n "$spoken" ] || fail "request.c has no table of commands"
[ "$spoken" = "$(printf '%s\n' "$commands" | sort)" ] || fail "the daemon understands other commands:" $spoken

# A word that is no command is named, in one line; without any there is the help.
said=$(./src/sipkeepctl frobnicate 2>&1)
[ $? = 2 ] && [ "$said" = 'sipkeepctl: no command "frobnicate"; sipkeepctl --help lists them' ] ||
	fail "sipkeepctl frobnicate: $said"

if command -v mandoc >/dev/null; then
	for manual in sipkeepd.8 sipkeepctl.1 sipkeepsim.1 sipkeepd.conf.5 sipkeepd-redundancy.7 sipkeepd-http.7; do
		mandoc -T lint -W warning "$srcdir/man/$manual" >&2 || fail "$manual: mandoc complains"
	done
else
	echo "test_commands: no mandoc here: the manuals' form was not checked"
fi

exit $failed
