#!/bin/sh
# SPDX-License-Identifier: ISC
# sipkeepctl(1) has every kind of record, and every reason, verdict (with its text) and cause of health, and no other.
# LIST_WORDS names the program that prints them; srcdir is the top of the source tree.
set -eu
LC_ALL=C
export LC_ALL

srcdir=${srcdir:-.}
list_words=${LIST_WORDS:-tests/unit/list_words}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$list_words" | sort >"$work/known"
awk '
	/^\.Sh / { list = $2 == "EVENTS" ? "Kinds" : "" }
	/^\.Ss / { list = $2 }
	list == "Kinds" && /^\.It / { for (i = 2; i <= NF; i++) if ($i != ",") print list, $i }
	list == "Causes" && /^\.It / { print list, $2 }
	(list == "Reasons" || list == "Verdicts") && /^\.It / { word = $2; next }
	word != "" { print list, word, $0; word = "" }
' "$srcdir/man/sipkeepctl.1" | sort >"$work/manual"

if ! diff "$work/known" "$work/manual"; then
	echo "FAIL: < is not in the manual in these words, > stands in the manual and is unknown"
	exit 1
fi
if [ "$(wc -l <"$work/known")" -lt 50 ]; then
	echo "FAIL: $list_words prints hardly any word"
	exit 1
fi
