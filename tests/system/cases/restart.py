# SPDX-License-Identifier: ISC
"""Killed and started again: what is on disk, and what it is good for."""

import json
import os
import stat
import time

from parts.case import case, check, equal, stays, until
from parts.daemon import wall


def saved(daemon):
    """The file that is kept, or None while it is not there or not the daemon's."""
    try:
        with open(os.path.join(daemon.directory, "state", "state")) as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return None


def left_at(daemon, server):
    """The file says that the server may hold a binding."""
    state = saved(daemon)
    return state is not None and any(row["server"] == "udp:" + server.peer() for row in state["bindings"])


def knows(daemon, *servers):
    until(lambda: all(left_at(daemon, server) for server in servers), 8, lambda: "the file names %s\n%s"
          % ([server.name for server in servers], saved(daemon)))


@case("B30 B34 B40 B55", limit=30)
def restart_killed(w):
    """kill -9 and start: the binding at the same server is replaced, not doubled, under another Call-ID"""
    capture = w.capture()
    first, second = w.servers(2)
    daemon = w.daemon([{"user": "100", "server": "voice.test; %s; %s" % (first.name, second.name),
                        "password": "secret"}]).start()
    daemon.active("100", first.name)
    knows(daemon, first)
    before = first.bindings()["100"]
    equal(len(before), 1, "bindings before")
    files = os.path.join(daemon.directory, "state")
    for name in ("key", "state"):
        equal(stat.S_IMODE(os.stat(os.path.join(files, name)).st_mode), 0o600, "the mode of " + name)
        with open(os.path.join(files, name)) as file:
            check("secret" not in file.read(), "the password stands in " + name)
    equal(sorted(os.listdir(files)), ["key", "state"], "the files")
    written = os.stat(os.path.join(files, "state")).st_mtime_ns

    daemon.end()
    since = wall()
    daemon.start()
    daemon.active("100", first.name)
    equal(first.bindings()["100"], before, "the same Contact, once")
    equal(second.users(), [], "nothing on the other server")
    time.sleep(2)
    equal(capture.registers(since=since, unregisters=True), [], "nothing was left anywhere")
    equal(os.stat(os.path.join(files, "state")).st_mtime_ns, written, "nothing changed, nothing is written")
    old, new = (capture.registers(unregisters=False)[i].header("Call-ID") for i in (0, -1))
    check(old != new, "another start, another Call-ID")


@case("B31 B32 B40 B55", limit=40)
def restart_on_backup(w):
    """kill -9 on the backup, start with the preferred server up: registered there, the binding on the backup goes"""
    capture = w.capture()
    first, second = w.servers(2)
    first.kill()
    daemon = w.daemon([{"user": "100", "server": "voice.test; %s; %s" % (first.name, second.name),
                        "password": "secret"}]).start()
    daemon.active("100", second.name)
    knows(daemon, second)
    daemon.end()
    equal(len(second.bindings()["100"]), 1, "the binding that was left")
    first.start()
    since = wall()
    daemon.start()
    daemon.active("100", first.name)
    until(lambda: second.users() == [], 5, lambda: "nothing on the backup\n" + capture.story())
    left = capture.registers(target=second.address, since=since, unregisters=True)
    check(left and all("*" not in packet.header("Contact") for packet in left), "by its Contact, not by *")
    equal(len(first.bindings()["100"]), 1, "bindings on the preferred server")
    until(lambda: not left_at(daemon, second), 10, lambda: "the file knows\n%s" % saved(daemon))
    equal(daemon.stop(), 0, "exit code")
    equal(saved(daemon)["bindings"], [], "an orderly end leaves nothing")


@case("B32 B55", limit=40)
def restart_without_dns(w):
    """started while the name server is dead: the answers on disk serve"""
    hosts = [("sip1.voice.test", w.ip(1)), ("sip2.voice.test", w.ip(2))]
    dns = w.dns(hosts=hosts, srv=[("_sip._udp.voice.test", "sip%d.voice.test" % n, 5060, n, 0) for n in (1, 2)])
    first, second = w.servers(2)
    daemon = w.daemon([{"user": "100", "server": "voice.test", "password": "secret"}],
                      nameserver=[dns.setting()]).start()
    daemon.active("100", first.name)
    knows(daemon, first)
    equal(daemon.stop(), 0, "exit code")
    dns.end()
    since = wall()
    daemon.start()
    daemon.active("100", first.name)
    w.note("registered %.1f s after the start" % (wall() - since))
    equal(sorted(daemon.account("100").rows())[0], "P1:1  %s  up*" % first.name, "the first candidate")
    check(daemon.account("100").data["dns_stale"], "it says that DNS is stale")
    first.kill()
    daemon.active("100", second.name)


@case("B55", limit=30)
def restart_foreign_file(w):
    """a file that is not ours and a folder that cannot be written are one warning each; all the rest works"""
    server = w.server(1)
    daemon = w.daemon([{"user": "100", "server": "voice.test; %s" % server.name, "password": "secret"}])
    with open(os.path.join(daemon.directory, "state", "state"), "wb") as file:
        file.write(b"\x00\xff not ours " * 1000)
    daemon.start()
    daemon.active("100", server.name)
    knows(daemon, server)
    equal(daemon.log().count("it is not used"), 1, "warnings of the file")
    equal(daemon.stop(), 0, "exit code")

    nowhere = w.daemon([{"user": "100", "server": "voice.test; %s" % server.name, "password": "secret"}],
                       state_dir="/proc/none/state").start()
    nowhere.active("100", server.name)
    stays(lambda: nowhere.account("100").state == "registered", 3, "it goes on")
    equal(nowhere.log().count("/proc/none/state"), 1, "warnings of the folder\n" + nowhere.log())
    equal(nowhere.stop(), 0, "exit code")
