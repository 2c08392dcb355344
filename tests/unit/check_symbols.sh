#!/bin/sh
# SPDX-License-Identifier: ISC
# The rules are pure: the library of base and core calls for no clock, socket, event, SIP or random number.
# LIBCORE names the library.
set -eu
LC_ALL=C
export LC_ALL

libcore=${LIBCORE:-libcore.a}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# "FILE NAME" of what each object wants, and the names that the library has itself.
${NM:-nm} -A -P -u "$libcore" 2>/dev/null | sed 's/^[^[]*\[\([^]]*\)\]: \([^ ]*\) .*/\1 \2/' >"$work/wanted"
${NM:-nm} -A -P "$libcore" 2>/dev/null | awk '$3 ~ /^[A-TV-Z]$/ { print $2 }' | sort -u >"$work/ours"

awk -v ours="$work/ours" '
	BEGIN {
		while ((getline name <ours) > 0)
			there[name] = 1
		n = split("inet_ntop inet_pton qsort vsnprintf snprintf fprintf stderr malloc calloc realloc free " \
		    "reallocarray __assert_fail __errno_location __stack_chk_fail _GLOBAL_OFFSET_TABLE_ abort bcmp", list)
		for (i = 1; i <= n; i++)
			allowed[list[i]] = 1
		# The log alone knows the hour and the system log; walltime the calendar, which is told the hour.
		n = split("clock_gettime openlog syslog closelog fputs fputc fwrite fflush", list)
		for (i = 1; i <= n; i++)
			logs[list[i]] = 1
	}
	{ wanted++ }
	$2 in there || $2 in allowed { next }
	$2 ~ /^(str|mem)[a-z]+$/ { next }
	# Hardened: __memcpy_chk; C23 and long doubles: __isoc23_strtol, __snprintfieee128.
	$2 ~ /^__[a-z]+_chk$/ {
		plain = substr($2, 3, length($2) - 6)
		if (plain in allowed || plain ~ /^(str|mem)[a-z]+$/ || ($1 == "log.o" && plain in logs))
			next
	}
	$1 == "log.o" && ($2 in logs || $2 ~ /^__(clock_gettime64|syslog_chk)$/) { next }
	$1 == "walltime.o" && $2 ~ /^(gmtime_r|localtime_r|__gmtime64_r|__localtime64_r|strftime)$/ { next }
	# Sanitizers and gcov bring their own.
	$2 ~ /^__(asan|ubsan|sanitizer|gcov|llvm|sancov|cyg_profile)_/ { next }
	{
		print "FAIL: " $1 " wants " $2
		failed = 1
	}
	END {
		if (wanted < 40) {
			print "FAIL: nothing to see in the library"
			failed = 1
		}
		exit failed
	}
' "$work/wanted"
