# SPDX-License-Identifier: ISC
"""What comes in uncalled for: from servers, from strangers, over the control socket."""

import errno
import os
import re
import resource
import socket
import stat
import struct
import time
import urllib.request

from parts.case import Skip, case, check, equal, stays, until
from parts.daemon import wall
from parts.sipclient import SipClient
from cases.accounts import account


def registered(w):
    capture = w.capture()
    server = w.server(1)
    daemon = w.daemon([account(w, "100", server)]).start()
    daemon.active("100", server.name)
    daemon.settled("100")
    return capture, server, daemon


@case("B88 B89", limit=30)
def rubbish_packets(w):
    """garbage, oversized, truncated, foreign and unmatched packets are dropped and counted"""
    capture, server, daemon = registered(w)
    friend = w.owns(SipClient(server.address))      # the server's address, another port
    stranger = w.owns(SipClient(w.ip(66)))
    good = friend.build("OPTIONS", "sip:100@%s" % daemon.address)
    answer = ("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP %s:%d;branch=z9hG4bKnobodys\r\nFrom: <sip:100@voice.test>;tag=1\r\n"
              "To: <sip:100@voice.test>;tag=2\r\nCall-ID: nobodys\r\nCSeq: 1 REGISTER\r\n"
              "Contact: <sip:100@%s>;expires=3600\r\nContent-Length: 0\r\n\r\n"
              % (daemon.address, daemon.port, daemon.address))
    rubbish = {
        "garbage": ["\x01\x02\x03" * 50, "hello\r\n\r\n", "OPTIONS\r\n\r\n",
                    good.replace("SIP/2.0\r\n", "SIP/9.9\r\n", 1),
                    good.replace("Call-ID: ", "No-ID: "), good.replace("CSeq: ", "CSeq: x"), os.urandom(700)],
        "oversized": [good.replace("Max-Forwards", "X-Long: %s\r\nMax-Forwards" % ("a" * 20000), 1),
                      good.replace("Max-Forwards", "X-Many: 1\r\n" * 300 + "Max-Forwards", 1), "x" * 65000],
        "truncated": [good.replace("Content-Length: 0", "Content-Length: 500") + "abc"],
        "unmatched": [answer],
    }
    since, before, sent = wall(), dict(daemon.status().drops), 0
    for packets in rubbish.values():
        for packet in packets:
            friend.send(packet, daemon.address)
            sent += 1
    for packet in (stranger.build("OPTIONS", "sip:100@%s" % daemon.address),
                   stranger.build("INVITE", "sip:100@%s" % daemon.address), answer):
        stranger.send(packet, daemon.address)
        sent += 1

    def gained():
        after = daemon.status().drops
        return {reason: after[reason] - before[reason] for reason in after}
    until(lambda: sum(gained().values()) >= sent, 5, lambda: "%d packets dropped and counted: %s" % (sent, gained()))
    have = gained()
    for reason in ("garbage", "oversized", "truncated", "unmatched", "foreign"):
        check(have[reason] > 0, "counted as %s: %s" % (reason, have))
    w.note("dropped: " + ", ".join("%s %d" % row for row in have.items() if row[1]))
    equal(stranger.receive(0.5), None, "the stranger hears nothing")
    equal(capture.registers(since=since), [], "REGISTERs")
    equal(daemon.account("100").state, "registered", "the state")
    equal(daemon.account("100").data["granted_s"], 300, "the grant is not what the rubbish said")


def checksum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


@case("B13", limit=30)
def forged_icmp(w):
    """ICMP errors that quote nothing that we are waiting for move nobody, and are counted"""
    if not w.private:
        raise Skip("no network namespace of our own: nothing is forged on the machine's device")
    capture, server, daemon = registered(w)
    ports = struct.pack(">HH", daemon.port, 5060)
    old = capture.packets(method="OPTIONS", request=True, source=daemon.address)[0].data
    since, before = wall(), daemon.status().drops["unquoted"]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as forger:
        forger.bind((w.ip(66), 0))
        for code in (1, 3, 13):
            # The last is a packet of ours, truly, but one that was answered long ago.
            for payload in (b"", b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bKguess\r\n", old[:400]):
                udp = ports + struct.pack(">HH", 8 + len(payload), 0) + payload
                inner = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0,
                                    socket.inet_aton(daemon.address), socket.inet_aton(server.address)) + udp
                inner = inner[:10] + struct.pack(">H", checksum(inner[:20])) + inner[12:]
                inner += b"\0" * (len(inner) % 2)
                head = struct.pack(">BBHI", 3, code, 0, 0)
                head = head[:2] + struct.pack(">H", checksum(head + inner)) + head[4:]
                forger.sendto(head + inner, (daemon.address, 0))
    capture.wait(2, "the forged errors", proto="icmp", since=since)
    until(lambda: daemon.status().drops["unquoted"] > before, 3, lambda: "counted: %s" % daemon.status().drops)
    stays(lambda: daemon.account("100").rows() == ["P1:1  %s  up*" % server.name], 2,
          lambda: "the server stays up: %s" % daemon.account("100").rows())
    equal(capture.registers(since=since), [], "REGISTERs")
    w.note("ICMP errors dropped: %d of 9" % (daemon.status().drops["unquoted"] - before))


@case("B85", limit=30)
def requests_of_a_server(w):
    """the server's OPTIONS gets 200, its INVITE 480, NOTIFY 200 or 489, the rest 405; a stranger gets silence"""
    _, server, daemon = registered(w)
    client = w.owns(SipClient(server.address))
    uri = "sip:100@%s" % daemon.address
    for method, extra, wanted in (("OPTIONS", [], (200,)), ("INVITE", [], (480,)),
                                  ("NOTIFY", ["Event: message-summary", "Subscription-State: active"], (200, 489)),
                                  ("MESSAGE", ["Content-Type: text/plain"], (405,)),
                                  ("SUBSCRIBE", ["Event: x"], (405,)),
                                  ("BREW", [], (405, 501))):
        request = client.build(method, uri, extra=extra)
        code, answer = client.ask(request, daemon.address)
        check(code in wanted, "%s is answered %d\n%s" % (method, code, answer))
        for name in ("Via", "From", "Call-ID", "CSeq"):
            sent = next(line for line in request.split("\r\n") if line.startswith(name + ":"))
            got = next((line for line in answer.split("\r\n") if line.lower().startswith(name.lower() + ":")), "")
            if name == "Via":
                check("branch=" + sent.split("branch=")[1].split(";")[0] in got,
                      "Via of the answer to %s: %s" % (method, got))
            else:
                equal(got.split(":", 1)[1].strip(), sent.split(":", 1)[1].strip(),
                      "%s of the answer to %s" % (name, method))
        to = next(line for line in answer.split("\r\n") if line.lower().startswith("to:"))
        check(";tag=" in to, "the answer to %s has a To tag: %s" % (method, to))
        if method == "INVITE":
            ack = request.replace("INVITE ", "ACK ", 1).replace(" INVITE\r\n", " ACK\r\n")
            client.send(ack.replace("To: <%s>" % uri, to), daemon.address)
            time.sleep(0.6)
            while client.receive(0.05):
                pass        # copies that were under way
    check(client.receive(1.2) is None, "after the ACK the 480 is not sent again")

    stranger = w.owns(SipClient(w.ip(66)))
    for method in ("OPTIONS", "INVITE"):
        equal(stranger.ask(stranger.build(method, uri), daemon.address, timeout=0.7)[0], 0, "a stranger's " + method)
    check(daemon.status().drops["foreign"] >= 2, "counted")


def speak(path, data, shut=True, timeout=6):
    """What the control socket answers to bytes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(timeout)
        client.connect(path)
        try:
            client.sendall(data)
            if shut:
                client.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        got = b""
        try:
            while True:
                piece = client.recv(65536)
                if not piece:
                    return got
                got += piece
        except ConnectionResetError:
            return got


@case("", limit=30)
def rubbish_on_the_control_socket(w):
    """a control client that sends rubbish gets one error line; a slow or dead one harms nobody"""
    _, _, daemon = registered(w)
    mode = stat.S_IMODE(os.stat(daemon.control).st_mode)
    check(not mode & 0o007, "others may not use the socket: %o" % mode)
    for rubbish in (b"\n", b"\r\n", b"GET / HTTP/1.1\r\n\r\n", b"sipkeepd/2 status\n", b"sipkeepd/1\n",
                    b"\xff\xfe\x00\x01\n", b"sipkeepd/1 status one two three\n", b"sipkeepd/1 wait\n",
                    b"sipkeepd/1 fly\n",
                    b"x" * 100000 + b"\n", b"sipkeepd/1 status --json\x00\n"):
        answer = speak(daemon.control, rubbish)
        check(answer.startswith(b"error ") and answer.count(b"\n") == 1 and answer.endswith(b"\n"),
              "to %r it says %r" % (rubbish[:40], answer[:200]))

    slow = []
    for start in (b"", b"sipkeepd/1 stat", b"sipkeepd/1 status --json\n",
                  b"sipkeepd/1 wait 100 failed --timeout 60\n") * 4:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(daemon.control)
        client.sendall(start)
        slow.append(client)         # and never reads
    since = time.monotonic()
    daemon.status()
    took = time.monotonic() - since
    check(took < 2, "status beside slow clients took %.1f s" % took)
    for client in slow:
        client.close()
    check(daemon.account("100").state == "registered", "all is well after they have gone")
    equal(daemon.ctl("status", "999")[0], 1, "exit code for an unknown account")
    since = time.monotonic()
    equal(daemon.ctl("wait", "100", "failed", "--timeout", "1")[0], 1, "exit code of a wait that times out")
    check(0.8 <= time.monotonic() - since <= 3, "the timeout of wait")


class Crowd:
    """
    So many clients of the control socket at once, each a nuisance in its own way; who is thrown out comes again.
    """

    SAY = (b"", b"sipkeepd/1 sta", os.urandom(200), b"\n", b"x" * 6000, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
           b"sipkeepd/1 status --json\n", b"sipkeepd/1 status --long\n", b"sipkeepd/1 servers\n",
           b"sipkeepd/1 check\n", b"sipkeepd/1 events --follow\n", b"sipkeepd/1 trace\n",
           b"sipkeepd/1 wait 100 failed --timeout 60\n", b"sipkeepd/1 status " + b"\xff" * 300 + b"\n", b"\0\n",
           b"sipkeepd/1 explain 100 --json\nand more\n")

    def __init__(self, path, count):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = count + 200
        if soft < wanted:
            if hard != resource.RLIM_INFINITY and hard < wanted:
                raise Skip("only %d open files are allowed here" % hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        self.path = path
        self.clients = [None] * count
        self.came = 0

    def come(self, number):
        """Connects, if there is room in the queue, and says what it has to say."""
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.setblocking(False)
        try:
            client.connect(self.path)
            client.send(self.SAY[number % len(self.SAY)])
        except OSError as error:
            client.close()
            check(error.errno in (errno.EAGAIN, errno.EPIPE, errno.ECONNRESET), "a client: %s" % error)
            return
        self.clients[number] = client
        self.came += 1
        if number % 5 == 4:
            self.leave(number)

    def leave(self, number):
        self.clients[number].close()
        self.clients[number] = None

    def besiege(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for number, client in enumerate(self.clients):
                if client is None:
                    self.come(number)
                elif number % 7 == 3:       # takes a little of its answer; the others read nothing at all
                    try:
                        if not client.recv(10):
                            self.leave(number)
                    except BlockingIOError:
                        pass
                    except OSError:
                        self.leave(number)
            time.sleep(0.02)

    def end(self):
        for client in self.clients:
            if client is not None:
                client.close()
        self.clients = []


def loop_delay(url):
    """(how many timers were late by more than 20 ms, of how many), from the metrics."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        text = answer.read().decode()
    within = max(int(n) for le, n in re.findall(r'sipkeepd_loop_delay_seconds_bucket{le="([0-9.e-]+)"} (\d+)', text)
                 if float(le) <= 0.0201)
    count = int(re.search(r"sipkeepd_loop_delay_seconds_count (\d+)", text).group(1))
    return count - within, count


@case("B10 B33", limit=90)
def besieged(w):
    """three thousand clients at once on the control socket, rubbish, slow, greedy: probes and refreshes go on"""
    seconds = 15
    capture = w.capture()
    users = {str(100 + n): "secret" for n in range(20)}
    server = w.server(1, users=users, max_expires=10)
    daemon = w.daemon([account(w, user, server) for user in users], arguments=("-f",), http="127.0.0.1:8060").start()
    for user in users:
        daemon.active(user, server.name)
    daemon.settled("100")
    url = "http://127.0.0.1:8060/metrics"
    late_before, timers_before = loop_delay(url)
    crowd = w.owns(Crowd(daemon.control, 3000))
    since = wall()
    crowd.besiege(seconds)
    until_wall = wall()
    late, timers = loop_delay(url)
    at_once = sum(client is not None for client in crowd.clients)
    asked = time.monotonic()
    until(lambda: daemon.ctl("version", timeout=40)[0] == 0, 40, "an admin is let in beside them")
    waited = time.monotonic() - asked
    memory = daemon.memory()
    crowd.end()
    until(lambda: daemon.ctl("check", "--warning", "100%")[0] == 0, 15, "all is well after they have gone")

    probes = [packet.time for packet in capture.packets(method="OPTIONS", request=True, target=server.address,
                                                        since=since, before=until_wall)]
    gaps = [b - a for a, b in zip(probes, probes[1:])]
    check(len(probes) >= seconds / 2 and max(gaps) < 3, "a probe each second: %d in %d s, the longest gap %.2f s"
          % (len(probes), seconds, max(gaps, default=seconds)))
    refreshed = {packet.user() for packet in capture.packets(method="REGISTER", code=200, source=server.address,
                                                             since=since, before=until_wall)}
    equal(refreshed, set(users), "who was refreshed meanwhile")
    equal(server.users(), sorted(users), "the bindings")
    equal([row.failovers() for row in daemon.status().accounts], [(0, 0)] * len(users), "failovers")
    check("down (" not in daemon.log(), "nobody was taken for dead:\n" + daemon.log()[-2000:])
    w.note("%d clients came, %d were there at the end; the longest gap of probes meanwhile %.3f s (1 s, 10 %% jitter)"
           % (crowd.came, at_once, max(gaps)))
    w.note("timers late by more than 20 ms: %d of %d; an admin waited %.2f s; private dirty %d KB"
           % (late - late_before, timers - timers_before, waited, memory["Private_Dirty"] // 1024))
    check(memory["Private_Dirty"] < 100 << 20, "memory is bounded: %d KB" % (memory["Private_Dirty"] // 1024))
