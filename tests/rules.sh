#!/bin/sh
# SPDX-License-Identifier: ISC
# Which test proves which rule: writes the table tests/RULES, from the rule numbers that the tests name (B12), and
# fails when a rule has none. Unit tests, system tests and the scenarios that `make check` plays count.
# The rules themselves are told in the manual; here are only their numbers.
#
# usage: rules.sh [RULES]

top=${top_srcdir:-${srcdir:-.}}
table=${1:-tests/RULES}

# Sections 1 to 6 (servers, their state, the registration, DNS, the network, being looked at and steered).
rules='B1 B2 B3 B4 B5 B6 B7 B8
	B10 B11 B12 B13 B14 B15 B16 B17 B18 B19 B20 B21 B22 B23
	B30 B31 B32 B33 B34 B35 B36 B37 B38 B39 B40 B41 B42 B43
	B50 B51 B52 B53 B54 B55 B56 B57
	B60 B61 B62
	B70 B71 B72 B73 B74'

cd "$top" || exit 1
tests=$(ls tests/unit/*.c tests/unit/*.sh tests/system/cases/*.py
	for scenario in tests/scenarios/*.scn; do
		grep -qF "$scenario" tests/world/local.mk && echo "$scenario"
	done)
cd "$OLDPWD" || exit 1

mkdir -p "$(dirname "$table")" || exit 1
status=0
{
	echo "Which test names which rule; made by tests/rules.sh."
	echo
	for rule in $rules; do
		found=$(cd "$top" && grep -lwE "$rule" $tests | sed 's,^tests/,,' | tr '\n' ' ')
		if [ -z "$found" ]; then
			echo "$rule	NO TEST"
		else
			echo "$rule	$found"
		fi
	done
} | sed 's/ $//' > "$table.new" && mv "$table.new" "$table" || exit 1

if grep 'NO TEST$' "$table" >&2; then
	echo "rules.sh: no test names these rules" >&2
	status=1
fi
exit $status
