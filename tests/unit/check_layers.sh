#!/bin/sh
# SPDX-License-Identifier: ISC
# The arrows point down: what each folder of src/ may include of ours, and who may include which library.
# srcdir is the top of the source tree.
set -eu
LC_ALL=C
export LC_ALL

srcdir=${srcdir:-.}
cd "$srcdir/src"
awk '
	function may(layer, list, i, n, parts) {
		n = split(list, parts, " ")
		for (i = 1; i <= n; i++)
			below[layer, parts[i]] = 1
	}

	# A library or system header, by its beginning; the files that may have it, as a pattern.
	function only(header, files) {
		owner[header] = files
	}

	function bad(why) {
		print "FAIL: src/" FILENAME ":" FNR ": " why
		failed = 1
	}

	BEGIN {
		may("base", "base")
		may("core", "base core")
		may("net", "base net")
		may("sip", "base net sip")
		may("agent", "base core net sip agent")
		may("control", "base core net sip agent control")
		# The tool talks to the daemon through its socket alone.
		may("ctl", "base ctl")
		may("main", "base core net sip agent control main")

		only("event", "^net/")
		only("ev.h", "^net/")
		only("udns.h", "^net/")
		only("libmnl/", "^net/")
		only("openssl/ssl.h", "^net/")
		only("openssl/", "^(net/|sip/hash\\.c$)")
		only("sys/socket.h", "^(net/|ctl/client\\.c$)")
		only("sys/un.h", "^(net/|ctl/client\\.c$)")
		only("sys/epoll.h", "^net/")
		only("poll.h", "^(net/|ctl/client\\.c$)")
		only("netinet/", "^net/")
		only("netdb.h", "^net/")
		only("net/if.h", "^net/")
		only("linux/", "^net/")
		only("resolv.h", "^net/")
		only("sys/random.h", "^net/")
		only("arpa/inet.h", "^(net/|base/address\\.c$)")
		only("time.h", "^(net/|base/(log|walltime)\\.c$)")
		only("sys/time.h", "^net/")
		only("syslog.h", "^(base/log\\.c$|daemon\\.c$)")
		only("osipparser2/", "^sip/")
		only("osip2/", "^$")
		only("confuse.h", "^agent/")
		only("jansson.h", "^(control/|agent/savedfile\\.c$)")
		only("pthread.h", "^$")
	}

	FNR == 1 {
		files++
		layer = FILENAME
		if (!sub("/.*", "", layer))
			layer = "main"
	}

	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, part, "\"")
		to = part[2]
		if (to == "config.h")
			next
		folder = to
		if (!sub("/.*", "", folder))
			folder = "main"
		if (!((layer, folder) in below))
			bad(layer " includes \"" to "\"")
		else if (to == "agent/agent_private.h" && layer != "agent")
			bad("\"" to "\" is the agent'\''s own")
		if (FILENAME !~ /^net\// && to == "net/loopbase.h")
			bad("\"" to "\" is of net alone")
	}

	/^[ \t]*#[ \t]*include[ \t]*</ {
		to = $0
		sub("^[^<]*<", "", to)
		sub(">.*", "", to)
		for (header in owner)
			if (index(to, header) == 1 && FILENAME !~ owner[header])
				bad("<" to "> here")
	}

	END {
		if (files < 80) {
			print "FAIL: only " files + 0 " files found"
			failed = 1
		}
		exit failed
	}
' *.[ch] */*.[ch]
