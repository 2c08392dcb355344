# SPDX-License-Identifier: ISC
"""A few lines of SIP over UDP: requests to the daemon as a server sends them, and a REGISTER to try the registrars."""

import hashlib
import random
import re
import socket
import time


class SipClient:
    """One socket on an address of the case."""

    def __init__(self, address, port=0):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((address, port))
        self.address = address
        self.host = "[%s]" % address if ":" in address else address
        self.port = self.socket.getsockname()[1]
        self.number = random.randrange(1 << 30)

    def end(self):
        self.socket.close()

    def build(self, method, uri, to=None, extra=(), body=""):
        """A whole request with a Via of its own."""
        self.number += 1
        host = "%s:%d" % (self.host, self.port)
        lines = ["%s %s SIP/2.0" % (method, uri), "Via: SIP/2.0/UDP %s;branch=z9hG4bKt%d;rport" % (host, self.number),
                 "Max-Forwards: 70", "From: <sip:test@%s>;tag=f%d" % (self.host, self.number),
                 "To: <%s>" % (to or uri), "Call-ID: test-%d@%s" % (self.number, self.host),
                 "CSeq: %d %s" % (self.number % 10000 + 1, method), "Contact: <sip:test@%s>" % host]
        lines += list(extra)
        lines += ["Content-Length: %d" % len(body), "", body]
        return "\r\n".join(lines)

    def send(self, data, address, port=5060):
        self.socket.sendto(data.encode() if isinstance(data, str) else data, (address, port))

    def receive(self, timeout=1.0):
        """The next datagram as text, or None."""
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(65536).decode("utf-8", "replace")
        except (TimeoutError, ConnectionRefusedError):
            return None

    def ask(self, data, address, port=5060, timeout=1.0):
        """Sends and gives the first final answer's (code, text), or (0, "") in silence."""
        self.send(data, address, port)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            answer = self.receive(max(0.01, deadline - time.monotonic()))
            if answer and answer.startswith("SIP/2.0 ") and answer[8] != "1":
                return int(answer[8:11]), answer
        return 0, ""

    def register(self, address, user, password, domain, port=5060, login=None, expires=60):
        """A whole registration with digest; gives the last status code."""
        uri, aor = "sip:%s" % domain, "sip:%s@%s" % (user, domain)
        extra = ["Expires: %d" % expires]
        request = self.build("REGISTER", uri, aor, extra)
        code, answer = self.ask(request, address, port)
        if code != 401:
            return code
        challenge = re.search(r"^WWW-Authenticate: Digest (.*)$", answer, re.M | re.I).group(1)
        value = {name.lower(): quoted or bare
                 for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^",\s]+))', challenge)}
        algorithm = value.get("algorithm", "MD5")

        def digest(*parts):
            function = hashlib.sha256 if algorithm == "SHA-256" else hashlib.md5
            return function(":".join(parts).encode()).hexdigest()

        login = login or user
        secret = digest(login, value["realm"], password)
        response = digest(secret, value["nonce"], "00000001", "abcd", "auth", digest("REGISTER", uri))
        extra.append('Authorization: Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", '
                     'algorithm=%s, qop=auth, nc=00000001, cnonce="abcd"'
                     % (login, value["realm"], value["nonce"], uri, response, algorithm))
        return self.ask(self.build("REGISTER", uri, aor, extra), address, port)[0]
