#!/bin/sh
# SPDX-License-Identifier: ISC
# Every key that the daemon knows stands in the manual and in the sample, in the right part, and no other does (B8).
# LIST_KEYS names the program that prints the keys; srcdir is the top of the source tree.
set -eu
LC_ALL=C
export LC_ALL

srcdir=${srcdir:-.}
list_keys=${LIST_KEYS:-tests/unit/list_keys}
manual=$srcdir/man/sipkeepd.conf.5
sample=$srcdir/contrib/sipkeepd.conf
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$list_keys" | sort >"$work/known"

# The manual has one ".It Ic KEY" for each, in the sections of the global keys and of the account's.
awk '
	/^\.Sh / { scope = "" }
	/^\.Sh GLOBAL KEYS/ { scope = "global" }
	/^\.Sh ACCOUNT KEYS/ { scope = "account" }
	scope != "" && /^\.It Ic / { print scope, $3 }
' "$manual" | sort >"$work/manual"

# The sample has "KEY =", perhaps commented out, outside of account blocks or in them.
awk '
	/^#?account \{/ { inside = 1; next }
	/^#?}/ { inside = 0; next }
	/^#?[ \t]*[a-z-]+ *= / {
		sub(/^#?[ \t]*/, "")
		sub(/ *=.*/, "")
		print (inside ? "account " : "global ") $0
	}
' "$sample" | sort -u >"$work/sample"

status=0
compare() {	# what it is, options of comm, what is wrong
	comm "$2" "$work/known" "$work/$1" >"$work/wrong"
	while read -r key; do
		echo "FAIL: $key $3 the $1"
		status=1
	done <"$work/wrong"
}
compare manual -23 "is missing in"
compare manual -13 "is unknown to the daemon but stands in"
compare sample -23 "is missing in"
compare sample -13 "is unknown to the daemon but stands in"

if [ "$(wc -l <"$work/known")" -lt 20 ]; then
	echo "FAIL: $list_keys prints hardly any key"
	status=1
fi

# The sample is good as it stands, and with every key in it taken in (what it names need not be there).
sed -e 's/^#\(account {\|}\|[	 ]*[a-z-]\+ *= \)/\1/' -e '/password-file/d' -e '/accounts-file/d' "$sample" >"$work/whole.conf"
cp "$sample" "$work/sample.conf"
chmod 600 "$work/sample.conf" "$work/whole.conf"
for file in "$work/sample.conf" "$work/whole.conf"; do
	if ! "$list_keys" "$file"; then
		echo "FAIL: the sample is refused ($file)"
		status=1
	fi
done
exit $status
