# SPDX-License-Identifier: ISC
"""
What goes over the loopback device, with the kernel's times. It can be asked while it runs; at the end tshark judges
the very same packets.
"""

import ctypes
import os
import re
import socket
import struct
import subprocess
import threading
import time

from parts.case import Skip, until
from parts.process import find_program

ETH_P_ALL = 3
PACKET_OUTGOING = 4
PACKET_STATISTICS = 6
SOL_PACKET = 263
SO_RCVBUFFORCE = 33
SO_TIMESTAMPNS = 35


class Packet:
    """
    time     seconds since the epoch
    proto    "udp", "icmp" (any of both versions)
    source, target  ("127.80.1.1", 5060); of an ICMP error: those of the packet that it quotes
    data     what UDP carries; of an ICMP error: what it quotes of that
    """

    def __init__(self, when, proto, source, target, data, icmp=None):
        self.time = when
        self.proto = proto
        self.source = source
        self.target = target
        self.data = data
        self.icmp = icmp
        self.first = data.split(b"\r\n", 1)[0].decode("latin-1") if proto == "udp" else ""

    @property
    def text(self):
        return self.data.decode("utf-8", "replace")

    @property
    def method(self):
        """Of a request, and of what an answer answers."""
        if self.first.endswith(" SIP/2.0"):
            return self.first.split(" ", 1)[0]
        return (self.header("CSeq") or " ").split()[-1] if self.first.startswith("SIP/2.0 ") else ""

    @property
    def request(self):
        return self.first.endswith(" SIP/2.0")

    @property
    def code(self):
        """Status code of an answer; 0 for a request and all else."""
        return int(self.first[8:11]) if re.match(r"SIP/2\.0 \d\d\d ", self.first) else 0

    def header(self, name):
        head = self.text.split("\r\n\r\n", 1)[0]
        match = re.search(r"^%s\s*:\s*(.*)$" % re.escape(name), head, re.I | re.M)
        return match.group(1).strip() if match else None

    def user(self):
        """The account, from the To of a REGISTER or its answer."""
        match = re.search(r"sip:([^@>;]+)@", self.header("To") or "")
        return match.group(1) if match else None

    def unregisters(self):
        if not self.request or self.method != "REGISTER":
            return False
        contact = self.header("Contact") or ""
        return self.header("Expires") == "0" or re.search(r";\s*expires=0\b", contact, re.I) is not None

    def __repr__(self):
        return "%.4f %s %s:%d > %s:%d %s" % ((self.time % 1000, self.proto) + self.source + self.target +
                                             (self.first or "%d bytes" % len(self.data),))


def parse(when, frame):
    """Ethernet frame of the loopback device to a Packet, or None for what is no business of ours."""
    kind = struct.unpack(">H", frame[12:14])[0]
    return parse_ip(when, frame[14:]) if kind in (0x0800, 0x86dd) else None


def parse_ip(when, data):
    if len(data) < 20:
        return None
    if data[0] >> 4 == 4:
        proto, head = data[9], (data[0] & 15) * 4
        source, target = socket.inet_ntop(socket.AF_INET, data[12:16]), socket.inet_ntop(socket.AF_INET, data[16:20])
    else:
        if len(data) < 40:
            return None
        proto, head = data[6], 40
        source, target = socket.inet_ntop(socket.AF_INET6, data[8:24]), socket.inet_ntop(socket.AF_INET6, data[24:40])
    rest = data[head:]
    if proto == 17 and len(rest) >= 8:
        ports = struct.unpack(">HH", rest[:4])
        return Packet(when, "udp", (source, ports[0]), (target, ports[1]), rest[8:])
    if (proto == 1 and len(rest) >= 8 and rest[0] == 3) or (proto == 58 and len(rest) >= 8 and rest[0] == 1):
        inner = parse_ip(when, rest[8:])
        if inner and inner.proto == "udp":
            return Packet(when, "icmp", inner.source, inner.target, inner.data, (rest[0], rest[1]))
    return None


class Capture:
    def __init__(self, world):
        self.tshark = find_program("tshark", "tshark")
        self.world = world
        self.path = world.path("capture%d.pcap" % len(world.captures))
        self.seen = []
        self.frames = []
        self.lock = threading.Lock()
        self.running = True
        self.socket = None
        self.thread = None

    def start(self):
        try:
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        except PermissionError:
            raise Skip("no capture: neither root nor a network namespace of our own") from None
        self.socket.bind(("lo", 0))
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        except OSError:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.settimeout(0.1)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def run(self):
        while self.running:
            try:
                frame, extra, _, address = self.socket.recvmsg(1 << 17, 64)
            except TimeoutError:
                continue
            except OSError:
                return
            if address[2] == PACKET_OUTGOING:
                continue        # lo shows each packet twice
            when = time.time()
            for level, kind, value in extra:
                if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                    seconds, nanos = struct.unpack("ll", value[:2 * ctypes.sizeof(ctypes.c_long)])
                    when = seconds + nanos / 1e9
            packet = parse(when, frame)
            if packet and self.ours(packet):
                with self.lock:
                    self.seen.append(packet)
                    self.frames.append((when, frame))

    def ours(self, packet):
        """Without a namespace others may talk on this device, too."""
        return self.world.private or packet.source[0].startswith(self.world.network()) or packet.source[0] == "::1"

    def packets(self, proto=None, method=None, request=None, code=None, source=None, target=None, user=None,
                since=0.0, before=None, unregisters=None):
        """Those that match all that is given, in the order of the wire; source and target: address without port."""
        with self.lock:
            rows = list(self.seen)
        rows.sort(key=lambda packet: packet.time)
        return [p for p in rows if p.time >= since and (before is None or p.time < before)
                and (proto is None or p.proto == proto)
                and (method is None or p.proto == "udp" and p.method == method)
                and (request is None or p.proto == "udp" and p.request == request)
                and (code is None or p.code == code)
                and (source is None or p.source[0] == source) and (target is None or p.target[0] == target)
                and (user is None or p.proto == "udp" and p.user() == user)
                and (unregisters is None or p.unregisters() == unregisters)]

    def registers(self, **match):
        """REGISTER requests."""
        return self.packets(method="REGISTER", request=True, **match)

    def wait(self, timeout, text, **match):
        """The first packet that matches, waited for."""
        return until(lambda: self.packets(**match), timeout, "on the wire: " + text)[0]

    def story(self, last=40):
        """The end of it, to be shown; probes are left out when they would fill the picture."""
        rows = self.packets()
        if len(rows) > last:
            rows = [packet for packet in rows if packet.method != "OPTIONS"]
        return "\n".join(repr(packet) for packet in rows[-last:])

    def end(self):
        if self.running:
            time.sleep(0.15)    # what is under way
            self.running = False
            self.thread.join(2)
            self.socket.close()
            with open(self.path, "wb") as file:
                file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 1 << 18, 1))
                for when, frame in sorted(self.frames, key=lambda row: row[0]):
                    file.write(struct.pack("<IIII", int(when), int(when % 1 * 1e6), len(frame), len(frame)) + frame)

    def malformed(self, source=None):
        """
        What tshark calls malformed or an error in SIP and DNS, except what the cases themselves have sent as rubbish
        (that comes from other addresses). ICMP is left out: it quotes a part of a message only.
        """
        self.end()
        own = ["%s == %s" % ("ipv6.src" if ":" in address else "ip.src", address)
               for address in sorted({daemon.address for daemon in self.world.daemons})]
        if not own:
            own = ["ip"] if source is None else ["ip.src == %s" % source]
        shown = "(%s) && !icmp && !icmpv6 && (sip || dns) && (_ws.malformed || _ws.expert.severity == error)" \
            % " || ".join(own)
        done = subprocess.run([self.tshark, "-n", "-r", self.path, "-d", "udp.port==%d,dns" % self.world.DNS_PORT,
                               "-d", "udp.port==5060,sip", "-d", "udp.port==5080,sip", "-Y", shown],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                              env=dict(os.environ, HOME=self.world.directory, XDG_CONFIG_HOME=self.world.directory))
        if done.returncode != 0:
            raise Skip("tshark cannot read the capture: " + done.stderr.strip().split("\n")[-1])
        return done.stdout.splitlines()
