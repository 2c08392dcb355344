#!/bin/sh
# SPDX-License-Identifier: ISC
# Each file of the rules, of SIP and of the agent has its mutants (tests/mutants; two in core, else one), each of them
# fits the code of today and names a test that there is. Whether the test turns red is seen by `make mutants`.
set -u
command -v patch > /dev/null || exit 77
[ -z "${MUTANT-}" ] || exit 77		# of course the one that is being played does not fit
cd "${srcdir:-.}" || exit 1
status=0

wrong() {
	echo "FAIL: $*"
	status=1
}

for mutant in tests/mutants/*.patch; do
	patch -s -f --dry-run -r - -p1 < "$mutant" > /dev/null ||
		wrong "$mutant does not fit any more: make the same mistake in the code of today"
	killer=$(sed -n 's/^Killed-by: //p; /^--- /q' "$mutant")
	case $killer in
	tests/scenarios/*.scn) source=$killer ;;
	tests/unit/test_*) source=$killer.c ;;
	chaos) source=tests/world/chaos.c ;;
	*) source= ;;
	esac
	[ -f "$source" ] || wrong "$mutant names no test in a line Killed-by"
done
for source in src/core/*.c src/sip/*.c src/agent/*.c; do
	case $source in
	src/core/*) least=2 ;;
	*) least=1 ;;
	esac
	name=$(echo "$source" | sed 's,^src/\(.*\)/\(.*\)\.c$,\1-\2,')
	count=$(cat tests/mutants/"$name"-*.patch 2> /dev/null | grep -c "^--- a/$source")
	[ "$count" -ge "$least" ] || wrong "$source has $count of $least mutants (tests/mutants/$name-*.patch)"
done
exit $status
