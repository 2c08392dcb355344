#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Tries the stand-in call server (CALLSERVER) from outside: answers, credentials, bindings and each fault."""

import hashlib
import os
import re
import socket
import subprocess
import sys
import time


class Server:
    def __init__(self):
        self.process = subprocess.Popen([os.environ["CALLSERVER"], "-i", "-u", "100:se:cret", "-r", "ex",
                                         "udp:127.0.0.31"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        host, port = self.process.stdout.readline().split()[1][len("udp:"):].rsplit(":", 1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((host, int(port)))
        self.socket.settimeout(0.5)
        self.sent = 0

    def command(self, text):
        """The answer: the lines of data and the last one, "ok" or "error …"."""
        print(text, file=self.process.stdin, flush=True)
        lines = [self.process.stdout.readline().strip()]
        while lines[-1] != "ok" and not lines[-1].startswith("error ") and lines[-1] != "":
            lines.append(self.process.stdout.readline().strip())
        return lines

    def receive(self):
        try:
            return self.socket.recv(9000).decode()
        except ConnectionRefusedError:
            return "refused"
        except socket.timeout:
            return "silent"

    def ask(self, method="REGISTER", credentials="", user="100", expires=60, cseq=None, branch=None):
        self.sent += 1
        lines = ["%s sip:ex SIP/2.0" % method,
                 "Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%s;rport" % (self.socket.getsockname()[1],
                                                                          branch or self.sent),
                 "From: <sip:%s@ex>;tag=a" % user, "To: <sip:%s@ex>" % user, "Call-ID: c",
                 "CSeq: %d %s" % (cseq or self.sent, method), "Max-Forwards: 70", "Contact: <sip:%s@127.0.0.1:9>" % user,
                 "Expires: %d" % expires] + ([credentials] if credentials else []) + ["Content-Length: 0", "", ""]
        self.socket.send("\r\n".join(lines).encode())
        return self.receive()


def credentials(challenge, count, password="se:cret", kind=hashlib.md5, name="MD5"):
    def digest(*parts):
        return kind(":".join(parts).encode()).hexdigest()

    nonce = re.search('nonce="(.*?)"', challenge).group(1)
    response = digest(digest("100", "ex", password), nonce, "%08x" % count, "cn", "auth", digest("REGISTER", "sip:ex"))
    return ('Authorization: Digest username="100", realm="ex", nonce="%s", uri="sip:ex", response="%s", algorithm=%s, '
            'cnonce="cn", qop=auth, nc=%08x' % (nonce, response, name, count))


def is_stale(answer):
    return code(answer) == "401" and "stale=true" in answer


def code(answer):
    return answer.split(" ")[1] if answer.startswith("SIP/2.0 ") else answer


def try_credentials(server):
    challenge = server.ask()
    assert code(challenge) == "401"
    answer = server.ask(credentials=credentials(challenge, 1))
    assert code(answer) == "200" and ";expires=60" in answer
    assert server.command("bindings")[0].endswith(" sip:100@ex <sip:100@127.0.0.1:9> 60")
    assert is_stale(server.ask(credentials=credentials(challenge, 1))), "a count used twice"
    assert code(server.ask(credentials=credentials(challenge, 2))) == "200"
    assert code(server.ask(credentials=credentials(challenge, 3), cseq=1)) == "500", "older than what is stored"
    wrong = server.ask(credentials=credentials(challenge, 4, "other"))
    assert code(wrong) == "401" and not is_stale(wrong)
    assert code(server.ask(user="999")) == "404"
    server.command("nonce-life 1")
    time.sleep(1.2)
    assert is_stale(server.ask(credentials=credentials(challenge, 5)))
    server.command("nonce-life 0")
    answer = server.ask(credentials=credentials(challenge, 6), expires=0)
    assert code(answer) == "200" and "Contact:" not in answer and server.command("bindings") == ["ok"]


def try_stronger(server):
    if server.command("auth SHA-256") != ["ok"]:
        return      # built without
    challenge = server.ask()
    assert code(server.ask(credentials=credentials(challenge, 1, kind=hashlib.sha256, name="SHA-256"))) == "200"
    assert code(server.ask(credentials=credentials(challenge, 2))) == "401", "MD5 where SHA-256 is asked for"


def try_grants(server):
    server.command("auth none")
    server.command("grant 33")
    assert ";expires=33" in server.ask()
    server.command("grant 0")
    server.command("min-expires 90")
    answer = server.ask()
    assert code(answer) == "423" and "\r\nMin-Expires: 90\r\n" in answer
    assert server.command("reset") == ["ok"]


def try_codes(server):
    server.command("register 503 20")
    answer = server.ask()
    assert code(answer) == "503" and "\r\nRetry-After: 20\r\n" in answer
    assert code(server.ask("OPTIONS")) == "200"
    server.command("register ok")
    server.command("options 408")
    assert code(server.ask("OPTIONS")) == "408" and code(server.ask()) == "200"
    server.command("options ok")
    assert code(server.ask("INVITE")) == "480" and code(server.ask("PUBLISH")) == "405"
    assert server.ask("OPTIONS", branch="twice", cseq=7) == server.ask("OPTIONS", branch="twice", cseq=7)


def try_silence(server):
    server.command("refuse")
    assert server.ask("OPTIONS") == "refused"
    server.command("hang")
    assert server.ask("OPTIONS") == "silent"
    server.command("up")
    assert code(server.receive()) == "200", "the backlog is worked off"
    server.command("silent")
    assert server.ask("OPTIONS") == "silent"
    server.command("up")
    assert server.receive() == "silent"
    server.command("loss 100")
    assert server.ask("OPTIONS") == "silent"
    server.command("loss 0")
    server.command("delay 200")
    began = time.monotonic()
    assert code(server.ask("OPTIONS")) == "200" and time.monotonic() - began >= 0.19
    server.command("delay 0")


def try_commands(server):
    for text in ("", "nonsense", "delay", "delay x", "register 99", "loss 101", "server nowhere up",
                 "server 127.0.0.99 up", "up up", "a b c d e f g h"):
        assert server.command(text)[-1].startswith("error "), text
    server.socket.send(b"rubbish")
    before = re.search(r"registers=(\d+)", server.command("server 127.0.0.31 stats")[0]).group(1)
    server.ask()
    assert int(re.search(r"registers=(\d+)", server.command("stats")[0]).group(1)) == int(before) + 1


def main():
    server = Server()
    try:
        for attempt in (try_credentials, try_stronger, try_grants, try_codes, try_silence, try_commands):
            attempt(server)
        assert server.command("quit") == ["ok"] and server.process.wait(5) == 0
    finally:
        server.process.kill()
        server.process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
