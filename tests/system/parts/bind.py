# SPDX-License-Identifier: ISC
"""A BIND (named) with a zone that a case writes, line by line as zone files have it."""

import os
import signal
import socket
import struct
import subprocess

from parts.case import Skip, check, until
from parts.process import Group, find_program

CONFIG = """
options {
	directory "%(directory)s";
	%(listen)s
	pid-file none;
	session-keyfile none;
	recursion no;
	dnssec-validation no;
	notify no;
};
controls { };
%(zone)s
"""

ZONE = """$TTL 60
@ SOA ns.%(domain)s. admin.%(domain)s. %(serial)d 3600 600 86400 60
@ NS ns.%(domain)s.
ns %(family)s %(address)s
"""


class Bind:
    """
    address  put on the loopback device, as it listens on addresses of interfaces only
    records  lines of the zone voice.test, ["sip1 A 192.0.2.1" …]. None: it knows no zone and refuses all questions.
             A line that is no record: it cannot load the zone and answers SERVFAIL.
    """

    READY = b"\x05ready\x07invalid\x00"     # no name of the cases

    def __init__(self, world, address, port, records=()):
        if not world.private:
            raise Skip("no network namespace of our own: the machine gets no addresses")
        self.program = find_program("named", "bind9")
        self.world = world
        self.address = address
        self.port = port
        self.records = records
        self.serial = 0
        self.group = None
        self.directory = world.path("named-%s" % address.replace(":", "-"))
        os.mkdir(self.directory)
        self.add_address(address)

    @staticmethod
    def add_address(address):
        """To the loopback device. 127.x is there already, but no interface carries it in name."""
        subprocess.run([find_program("ip", "iproute2"), "addr", "replace",
                        address + ("/128" if ":" in address else "/32"), "dev", "lo"], check=True)

    def setting(self):
        """As a nameserver in the configuration."""
        return ("[%s]:%d" if ":" in self.address else "%s:%d") % (self.address, self.port)

    def write(self):
        domain = self.world.DOMAIN
        listen = ("listen-on { none; }; listen-on-v6 port %d { %s; };" if ":" in self.address
                  else "listen-on port %d { %s; }; listen-on-v6 { none; };") % (self.port, self.address)
        zone = "" if self.records is None else 'zone "%s" { type primary; file "zone"; };' % domain
        with open(os.path.join(self.directory, "conf"), "w") as file:
            file.write(CONFIG % {"directory": self.directory, "listen": listen, "zone": zone})
        self.serial += 1
        with open(os.path.join(self.directory, "zone"), "w") as file:
            file.write(ZONE % {"domain": domain, "serial": self.serial, "address": self.address,
                               "family": "AAAA" if ":" in self.address else "A"})
            file.write("".join(line + "\n" for line in self.records or ()))

    def start(self):
        self.write()
        self.group = Group(self.world.path("groups"),
                           [self.program, "-g", "-n", "1", "-c", os.path.join(self.directory, "conf")],
                           os.path.join(self.directory, "log"))
        until(self.answers, 10, lambda: "named answers\n" + self.group.tail())
        return self

    @classmethod
    def is_ours(cls, message):
        """Part of the question whether it is ready, not the daemon's."""
        return cls.READY in message

    def answers(self):
        check(self.group.running(), "named ended by itself:\n" + self.group.tail())
        with socket.socket(socket.AF_INET6 if ":" in self.address else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            try:
                probe.sendto(struct.pack(">6H", 1, 0x100, 1, 0, 0, 0) + self.READY + b"\x00\x01\x00\x01",
                             (self.address, self.port))
                return len(probe.recv(512)) >= 12
            except OSError:
                return False

    def change(self, records):
        """Other records from now on; returns when it serves them."""
        self.records = records
        self.write()
        self.group.signal(signal.SIGHUP)
        loaded = "loaded serial %d\n" % self.serial
        until(lambda: loaded in self.log(), 10, lambda: "named has the new zone\n" + self.group.tail())

    def log(self):
        with open(os.path.join(self.directory, "log"), errors="replace") as file:
            return file.read()

    def stop(self):
        """Hangs: silence."""
        self.group.signal(signal.SIGSTOP)

    def end(self):
        if self.group:
            self.group.end()
