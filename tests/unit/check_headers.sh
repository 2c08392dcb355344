#!/bin/sh
# SPDX-License-Identifier: ISC
# Each header stands alone: it compiles with nothing before it, and twice.
# COMPILE is the compiler with its flags; srcdir is the top of the source tree.
set -eu

srcdir=${srcdir:-.}
compile=${COMPILE:-cc -std=c17 -D_GNU_SOURCE -I$srcdir/src}
status=0
seen=0
for header in "$srcdir"/src/*.h "$srcdir"/src/*/*.h; do
	name=${header#"$srcdir"/src/}
	seen=$((seen + 1))
	if ! printf '#include "%s"\n#include "%s"\n' "$name" "$name" | $compile -Werror -fsyntax-only -x c -; then
		echo "FAIL: $name does not stand alone"
		status=1
	fi
done
if [ "$seen" -lt 40 ]; then
	echo "FAIL: only $seen headers found"
	status=1
fi
exit $status
