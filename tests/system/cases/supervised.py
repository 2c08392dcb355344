# SPDX-License-Identifier: ISC
"""Under a service manager: what it is told, by datagrams to the socket that it names."""

import re
import signal
import socket
import time

from parts.case import case, check, equal, until
from cases.accounts import account


class Manager:
    """The socket that NOTIFY_SOCKET names; lines is all that was said, one assignment each."""

    def __init__(self, world, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self.socket.setblocking(False)
        self.lines = []
        world.stack.callback(self.socket.close)

    def hear(self):
        while True:
            try:
                self.lines += self.socket.recv(4096).decode().split("\n")
            except BlockingIOError:
                return self.lines

    def expects(self, line, timeout=5):
        """Waits for the line, and forgets what came up to it."""
        until(lambda: line in self.hear(), timeout, lambda: "%r is said; heard: %s" % (line, self.lines))
        del self.lines[:self.lines.index(line) + 1]


@case("B43 B71 B73")
def service_manager(w):
    """sd_notify: ready, how many are registered, reloads with their verdict, the end; steady state says nothing"""
    first, second = w.servers(2, users={"100": "secret", "101": "secret"})
    daemon = w.daemon([account(w, "100", first, second), account(w, "101", second)])
    manager = Manager(w, w.path("notify"))
    daemon.environment["NOTIFY_SOCKET"] = w.path("notify")
    daemon.start()
    manager.expects("READY=1")
    manager.expects("STATUS=2 of 2 accounts registered")
    equal([line for line in manager.hear() if not line.startswith("STATUS=")], [], "besides the status")
    daemon.settled("100")
    manager.lines.clear()
    time.sleep(3)           # probes go on meanwhile, a second apart
    equal(manager.hear(), [], "steady state")

    second.stop()
    manager.expects("STATUS=1 of 2 accounts registered", 10)
    second.cont()
    manager.expects("STATUS=2 of 2 accounts registered", 15)

    daemon.accounts.pop()
    daemon.write()
    equal(daemon.reload()[0], 0, "the reload")
    manager.expects("RELOADING=1")
    check(re.fullmatch(r"MONOTONIC_USEC=\d+", manager.hear()[0]), "when: %s" % manager.lines)
    manager.expects("READY=1")
    manager.expects("STATUS=1 of 1 accounts registered")
    daemon.write("nonsense")
    check(daemon.reload()[0] != 0, "a bad configuration")
    manager.expects("RELOADING=1")
    manager.expects("READY=1")
    manager.expects("STATUS=1 of 1 accounts registered; the last reload was refused, see the log")
    daemon.write()
    equal(daemon.reload()[0], 0, "a good one again")
    manager.expects("STATUS=1 of 1 accounts registered")

    manager.lines.clear()
    equal(daemon.stop(), 0, "the exit code")
    manager.expects("STOPPING=1")
    check("WATCHDOG=1" not in manager.hear(), "nobody asked for that")


@case()
def service_watchdog(w):
    """the watchdog is fed in half of its time while the loop lives, and starves when the daemon is stopped"""
    server = w.server(1)
    daemon = w.daemon([account(w, "100", server)])
    manager = Manager(w, "@" + w.path("notify"))
    daemon.environment.update(NOTIFY_SOCKET="@" + w.path("notify"), WATCHDOG_USEC="600000")
    daemon.start()
    manager.expects("READY=1")
    time.sleep(3)
    fed = manager.hear().count("WATCHDOG=1")
    check(5 <= fed <= 12, "every 300 ms; heard in 3 s: %d" % fed)
    daemon.signal(signal.SIGSTOP)
    time.sleep(0.2)
    manager.hear()
    manager.lines.clear()
    time.sleep(1.5)
    equal(manager.hear(), [], "from one that stands still")
    daemon.signal(signal.SIGCONT)
    manager.expects("WATCHDOG=1")
