# SPDX-License-Identifier: ISC
"""What a case is, and the small world that it gets: a directory, addresses of its own, and parts that end with it."""

import contextlib
import os
import time


class Skip(Exception):
    """A part that the case needs is not on this machine."""


class Failed(Exception):
    """What the case says did not come true."""


class Case:
    def __init__(self, function, rules, limit):
        self.function = function
        self.name = function.__name__.replace("_", "-")
        self.text = (function.__doc__ or "").strip().split("\n")[0]
        self.rules = rules
        self.limit = limit


CASES = []


def case(rules="", limit=30):
    """Decorator. rules: the numbers that the case proves; limit: seconds after which it has failed."""

    def add(function):
        CASES.append(Case(function, rules, limit))
        return function

    return add


def check(condition, text):
    if not condition:
        raise Failed(text)


def equal(have, want, text):
    if have != want:
        raise Failed("%s\n    have: %r\n    want: %r" % (text, have, want))


class World:
    """
    One case's world.

    index      makes the addresses: 127.A.B.x belongs to this case alone, in case there is no namespace
    directory  its own, short enough for unix sockets
    private    it has a network namespace for itself
    """

    DOMAIN = "voice.test"
    DNS_PORT = 5300

    def __init__(self, index, directory, private):
        self.index = index
        self.directory = directory
        self.private = private
        self.notes = []
        self.captures = []
        self.daemons = []
        self.stack = contextlib.ExitStack()

    def ip(self, last):
        return "127.%d.%d.%d" % (80 + self.index // 200, 1 + self.index % 200, last)

    def network(self):
        return self.ip(0).rsplit(".", 1)[0] + "."

    def path(self, name):
        return os.path.join(self.directory, name)

    def note(self, text):
        """A figure that stands in the case's line."""
        self.notes.append(text)

    def owns(self, part):
        """The part ends with the case."""
        self.stack.callback(part.end)
        return part

    # ---- shorthands for the parts ----

    def server(self, last, **options):
        """A Kamailio on 127.A.B.last:5060, ready."""
        from parts.kamailio import Kamailio
        return self.owns(Kamailio(self, options.pop("address", self.ip(last)), **options)).start()

    def servers(self, count, **options):
        return [self.server(last, **options) for last in range(1, count + 1)]

    def dns(self, **options):
        from parts.dnsmasq import Dnsmasq
        return self.owns(Dnsmasq(self, self.ip(53), self.DNS_PORT, **options)).start()

    def bind(self, address=None, records=()):
        from parts.bind import Bind
        return self.owns(Bind(self, address or self.ip(53), self.DNS_PORT, records)).start()

    def capture(self):
        from parts.capture import Capture
        capture = self.owns(Capture(self).start())
        self.captures.append(capture)
        return capture

    def daemon(self, accounts=(), **options):
        """A daemon with its configuration written, not yet started."""
        from parts.daemon import Daemon
        daemon = self.owns(Daemon(self, accounts, **options))
        self.daemons.append(daemon)
        return daemon

    def finish(self):
        """What every case must leave: no malformed message on the wire, nothing from a sanitizer."""
        for capture in self.captures if self.daemons else ():
            equal(capture.malformed(), [], "tshark finds malformed messages of the daemon")
        for daemon in self.daemons:
            daemon.verify()

    def close(self):
        self.stack.close()


def until(predicate, timeout, text, pause=0.05):
    """Polls until predicate() gives something true, and returns that. text may be a function that says what is."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise Failed("not within %g s: %s" % (timeout, text() if callable(text) else text))
        time.sleep(pause)


def stays(predicate, seconds, text, pause=0.2):
    """The opposite: predicate() must be true all the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not predicate():
            raise Failed("did not stay so for %g s: %s" % (seconds, text() if callable(text) else text))
        time.sleep(pause)
