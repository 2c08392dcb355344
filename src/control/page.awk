# SPDX-License-Identifier: ISC
# Makes page.c of page.html: its pieces, parted where the nonce of each answer goes.

function piece(text) {
	gsub(/\\/, "&&", text)
	gsub(/"/, "\\\"", text)
	print "\t\"" text "\""
}

BEGIN {
	print "/* Made of page.html by page.awk. */"
	print "#include \"control/page.h\"\n"
	print "const char *"
	print "page_piece(size_t i)"
	print "{"
	print "\tstatic const char *const pieces[] = {"
}

{
	n = split($0 "\\n", parts, "@NONCE@")
	for (i = 1; i <= n; i++) {
		newline = sub(/\\n$/, "", parts[i])
		piece(parts[i])
		if (newline)
			print "\t\"\\n\""
		if (i < n)
			print "\t,"
	}
}

END {
	print "\t};\n"
	print "\treturn i < sizeof(pieces) / sizeof(pieces[0]) ? pieces[i] : NULL;"
	print "}"
}
