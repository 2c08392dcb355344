# SPDX-License-Identifier: ISC
"""A Kamailio registrar: bindings in memory, digest, faults that are switched while it runs."""

import json
import os
import signal
import socket

from parts.case import Failed, check, until
from parts.process import Group, find_program

CONFIG = """#!KAMAILIO
debug=1
log_stderror=yes
children=1
%(streams)s
dns=no
rev_dns=no
auto_aliases=no
server_header="Server: test"
listen=udp:%(listen)s

%(modules)s
loadmodule "kex.so"
loadmodule "corex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "maxfwd.so"
loadmodule "htable.so"
loadmodule "auth.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "jsonrpcs.so"

modparam("htable", "htable", "password=>size=8;")
modparam("htable", "htable", "login=>size=8;")
modparam("htable", "htable", "fault=>size=4;")
modparam("auth", "nonce_count", 1)
modparam("auth", "qop", "auth")
modparam("auth", "algorithm", "%(algorithm)s")
modparam("auth", "nonce_expire", %(nonce_expire)d)
modparam("tm", "wt_timer", 32000)
modparam("usrloc", "db_mode", 0)
modparam("registrar", "default_expires", 300)
modparam("registrar", "min_expires", %(min_expires)d)
modparam("registrar", "max_expires", %(max_expires)d)
modparam("jsonrpcs", "transport", 4)
modparam("jsonrpcs", "dgram_socket", "%(directory)s/rpc")
modparam("jsonrpcs", "fifo_name", "")

event_route[htable:mod-init] {
	$sht(fault=>options) = 0;
	$sht(fault=>register) = 0;
	$sht(fault=>retry) = 0;
%(users)s
}

request_route {
	if (is_method("OPTIONS")) {
		if ($sht(fault=>options) > 0) {
			sl_send_reply("$sht(fault=>options)", "As told");
			exit;
		}
		sl_send_reply("200", "OK");
		exit;
	}
	if (!is_method("REGISTER")) {
		sl_send_reply("405", "Only a registrar");
		exit;
	}
	if (!t_newtran()) {
		# A copy: tm has sent the answer again. Judged anew, its nonce would have been used before (nonce_count).
		exit;
	}
	if ($sht(fault=>register) > 0) {
		if ($sht(fault=>retry) > 0) {
			append_to_reply("Retry-After: $sht(fault=>retry)\\r\\n");
		}
		send_reply("$sht(fault=>register)", "As told");
		exit;
	}
	if ($sht(password=>$tU) == $null) {
		send_reply("404", "No such user");
		exit;
	}
	if (!pv_www_authenticate("%(realm)s", "$sht(password=>$tU)", "0")) {
		www_challenge("%(realm)s", "1");
		exit;
	}
	if ($au != $sht(login=>$tU)) {
		send_reply("403", "Another's name");
		exit;
	}
	consume_credentials();
	save("location");
	exit;
}
"""


class Kamailio:
    """
    users   {"100": "secret"} or {"100": ("login", "secret")}
    within  put before its command: it runs in another network namespace
    stream  "tcp": listens there besides UDP; (certificate, key): TLS, on the port behind
    life    seconds after which an idle connection is ended
    """

    count = 0

    def __init__(self, world, address, port=5060, users=None, realm="voice.test", algorithm="MD5", max_expires=300,
                 min_expires=5, nonce_expire=300, within=(), stream=None, life=120):
        Kamailio.count += 1
        self.program = find_program("kamailio", "kamailio")
        self.world = world
        self.address = address
        self.port = port
        self.within = list(within)
        self.uri_host = "[%s]" % address if ":" in address else address
        self.stream = stream
        self.tls_host = "%s:%d" % (self.uri_host, port + 1)
        self.directory = world.path("k%d" % Kamailio.count)
        os.mkdir(self.directory)
        self.group = None
        self.calls = 0
        lines = []
        for user, secret in (users or {"100": "secret"}).items():
            login, password = secret if isinstance(secret, tuple) else (user, secret)
            lines.append('\t$sht(password=>%s) = "%s";' % (user, password))
            lines.append('\t$sht(login=>%s) = "%s";' % (user, login))
        with open(os.path.join(self.directory, "k.cfg"), "w") as file:
            file.write(CONFIG % {
                "listen": "%s:%d" % (self.uri_host, port),
                "streams": self.stream_lines(life), "modules": self.module_lines(),
                "algorithm": "" if algorithm == "MD5" else algorithm,
                "min_expires": min_expires, "max_expires": max_expires, "nonce_expire": nonce_expire,
                "directory": self.directory, "realm": realm, "users": "\n".join(lines)})

    def stream_lines(self, life):
        if self.stream is None:
            return "disable_tcp=yes"
        lines = ["tcp_children=1", "tcp_connection_lifetime=%d" % life, "tcp_connect_timeout=2", "tcp_send_timeout=2"]
        if self.stream == "tcp":
            lines.append("listen=tcp:%s:%d" % (self.uri_host, self.port))
        else:
            lines += ["enable_tls=yes", "listen=tls:" + self.tls_host]
        return "\n".join(lines)

    def module_lines(self):
        if self.stream is None or self.stream == "tcp":
            return ""
        return "\n".join(['loadmodule "tls.so"', 'modparam("tls", "tls_method", "TLSv1.2+")',
                          'modparam("tls", "certificate", "%s")' % self.stream[0],
                          'modparam("tls", "private_key", "%s")' % self.stream[1]])

    @property
    def name(self):
        """As the status names it."""
        return self.address if self.port == 5060 else self.peer()

    def peer(self):
        return "%s:%d" % (self.uri_host, self.port)

    def start(self):
        """Starts it (again, empty) and returns when it answers."""
        for left in ("rpc", "pid"):
            if os.path.exists(os.path.join(self.directory, left)):
                os.unlink(os.path.join(self.directory, left))
        self.group = Group(self.world.path("groups"),
                           self.within + [self.program, "-DD", "-E", "-f", os.path.join(self.directory, "k.cfg"),
                            "-P", os.path.join(self.directory, "pid"), "-Y", self.directory,
                            "-m", "64" if self.stream else "32", "-M", "8" if self.stream else "4", "-x", "tlsf", "-X", "tlsf"],
                           os.path.join(self.directory, "log"))
        until(self.answers, 10, lambda: "kamailio answers on %s\n%s" % (self.peer(), self.group.tail()))
        return self

    def answers(self):
        check(self.group.running(), "kamailio ended by itself:\n" + self.group.tail())
        try:
            self.rpc("core.uptime", timeout=0.5)
        except OSError:
            return False
        return bool(self.within) or self.pings()

    def pings(self):
        """An OPTIONS over the wire, from a port that the daemon has nothing to do with."""
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((self.address, 0))
            probe.settimeout(0.3)
            port = probe.getsockname()[1]
            text = ("OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%d;branch=z9hG4bKready%d;rport\r\n"
                    "From: <sip:ready@%s>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: ready-%d\r\nCSeq: 1 OPTIONS\r\n"
                    "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
                    % (self.peer(), self.uri_host, port, port, self.uri_host, self.uri_host, port))
            try:
                probe.sendto(text.encode(), (self.address, self.port))
                return probe.recv(4096).startswith(b"SIP/2.0 ")
            except OSError:
                return False

    def kill(self):
        """Dead at once: the kernel answers with ICMP from now on. Its bindings are gone with it."""
        self.group.end()

    def stop(self):
        """Hangs: silence, packets pile up."""
        self.group.signal(signal.SIGSTOP)

    def cont(self):
        """Wakes and works off the backlog."""
        self.group.signal(signal.SIGCONT)

    def end(self):
        if self.group:
            self.group.end()

    def rpc(self, method, params=(), timeout=2.0):
        self.calls += 1
        own = os.path.join(self.directory, "c%d" % self.calls)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.bind(own)
            try:
                client.settimeout(timeout)
                request = {"jsonrpc": "2.0", "id": self.calls, "method": method, "params": list(params)}
                client.sendto(json.dumps(request).encode(), os.path.join(self.directory, "rpc"))
                answer = json.loads(client.recv(1 << 20))
            finally:
                os.unlink(own)
        if "error" in answer:
            raise Failed("kamailio %s: %s" % (method, answer["error"]))
        return answer["result"]

    def answer_register(self, code, retry_after=0):
        """Answers every REGISTER with that code from now on; 0: as usual again."""
        self.rpc("htable.seti", ["fault", "retry", retry_after])
        self.rpc("htable.seti", ["fault", "register", code])

    def answer_options(self, code):
        self.rpc("htable.seti", ["fault", "options", code])

    def bindings(self):
        """{user: [Contact URI …]} of what it holds now."""
        found = {}
        for domain in self.rpc("ul.dump")["Domains"]:
            for entry in domain["Domain"].get("AoRs", []):
                info = entry["Info"]
                user = info["AoR"].split("@")[0]
                for contact in info.get("Contacts", []):
                    found.setdefault(user, []).append(contact["Contact"]["Address"])
        return found

    def users(self):
        return sorted(self.bindings())
