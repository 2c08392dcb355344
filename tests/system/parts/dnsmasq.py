# SPDX-License-Identifier: ISC
"""A dnsmasq with records that a case changes."""

import os
import socket
import struct

from parts.case import check, until
from parts.process import Group, find_program


class Dnsmasq:
    """
    hosts  [(name, address) …], in order
    srv    [(service name, target, port, priority, weight) …], in order
    """

    def __init__(self, world, address, port, hosts=(), srv=()):
        self.program = find_program("dnsmasq", "dnsmasq-base")
        self.world = world
        self.address = address
        self.port = port
        self.hosts = list(hosts)
        self.srv = list(srv)
        self.group = None
        self.directory = world.path("dns-%s" % address)
        os.mkdir(self.directory)

    def setting(self):
        """As a nameserver in the configuration."""
        return "%s:%d" % (self.address, self.port)

    def write(self):
        with open(os.path.join(self.directory, "hosts"), "w") as file:
            for name, address in self.hosts:
                file.write("%s %s\n" % (address, name))
        lines = ["port=%d" % self.port, "listen-address=%s" % self.address, "bind-interfaces", "no-resolv", "no-hosts",
                 "local=/%s/" % self.world.DOMAIN, "local-ttl=60", "no-poll", "user=", "group=",
                 "addn-hosts=%s" % os.path.join(self.directory, "hosts"), "log-queries", "log-facility=-",
                 "pid-file="]
        for service, target, port, priority, weight in self.srv:
            lines.append("srv-host=%s,%s,%d,%d,%d" % (service, target, port, priority, weight))
        with open(os.path.join(self.directory, "conf"), "w") as file:
            file.write("\n".join(lines) + "\n")

    def start(self):
        self.write()
        self.group = Group(self.world.path("groups"),
                           [self.program, "--keep-in-foreground",
                            "--conf-file=" + os.path.join(self.directory, "conf")],
                           os.path.join(self.directory, "log"))
        until(self.answers, 5, lambda: "dnsmasq answers\n" + self.group.tail())
        return self

    def answers(self):
        check(self.group.running(), "dnsmasq ended by itself:\n" + self.group.tail())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            try:
                # A name outside of what the cases use, so that no rotation is disturbed.
                probe.sendto(struct.pack(">6H", 1, 0x100, 1, 0, 0, 0) + b"\x05ready\x07invalid\x00\x00\x01\x00\x01",
                             (self.address, self.port))
                return len(probe.recv(512)) >= 12
            except OSError:
                return False

    def change(self, hosts=None, srv=None):
        """Other records from now on."""
        if hosts is not None:
            self.hosts = list(hosts)
        if srv is not None:
            self.srv = list(srv)
        self.end()
        self.start()

    def queries(self):
        """The questions that came, as dnsmasq writes them: ["query[SRV] _sip._udp.voice.test from 127.…" …]."""
        with open(os.path.join(self.directory, "log"), errors="replace") as file:
            return [line[line.index("query["):].strip() for line in file
                    if "query[" in line and "ready.invalid" not in line]

    def end(self):
        if self.group:
            self.group.end()


def answers(message):
    """The answer section of a DNS message, in its order: [(type, address or SRV target) …]."""
    _, flags, questions, count = struct.unpack(">4H", message[:8])
    offset, found = 12, []
    if not flags & 0x8000:
        return found
    for _ in range(questions):
        offset = name(message, offset)[1] + 4
    for _ in range(count):
        offset = name(message, offset)[1]
        kind, _, _, length = struct.unpack(">HHIH", message[offset:offset + 10])
        offset += 10
        if kind == 1:
            found.append(("A", socket.inet_ntoa(message[offset:offset + 4])))
        elif kind == 28:
            found.append(("AAAA", socket.inet_ntop(socket.AF_INET6, message[offset:offset + 16])))
        elif kind == 33:
            found.append(("SRV", name(message, offset + 6)[0]))
        offset += length
    return found


def name(message, offset):
    """(the name at offset, where what follows it begins)"""
    labels, end = [], None
    while message[offset]:
        if message[offset] >= 0xc0:
            end = end or offset + 2
            offset = struct.unpack(">H", message[offset:offset + 2])[0] & 0x3fff
        else:
            labels.append(message[offset + 1:offset + 1 + message[offset]].decode("latin-1"))
            offset += 1 + message[offset]
    return ".".join(labels), end or offset + 1
