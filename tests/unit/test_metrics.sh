#!/bin/sh
# SPDX-License-Identifier: ISC
# The manual names every metric that the daemon shows, with its type, and no other.
# LIST_METRICS names the program that prints them; srcdir is the top of the source tree.
set -eu
LC_ALL=C
export LC_ALL

srcdir=${srcdir:-.}
list_metrics=${LIST_METRICS:-tests/unit/list_metrics}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$list_metrics" | sort >"$work/shown"
awk '
	/^\.It Ic sipkeepd_/ { name = $3; next }
	name != "" { sub(/[.,;:]$/, "", $1); print name, tolower($1); name = "" }
' "$srcdir/man/sipkeepd-http.7" | sort >"$work/manual"

if ! diff "$work/shown" "$work/manual"; then
	echo "FAIL: < is shown and not in the manual, > stands in the manual and is not shown"
	exit 1
fi
if [ "$(wc -l <"$work/shown")" -lt 20 ]; then
	echo "FAIL: $list_metrics prints hardly any metric"
	exit 1
fi
