# SPDX-License-Identifier: ISC
"""The network itself, in namespaces of the case's own: links, routes, addresses, routers."""

import signal
import subprocess
import time

from parts.case import Skip, case, check, equal, stays, until
from parts.daemon import wall
from parts.link import Link
from parts.process import find_program


def linked(w, **options):
    """The daemon on our end of a link; two servers on addresses of the other end; registered on the first."""
    link = w.owns(Link(w))
    servers = [w.server(last, address=link.far(last), within=link.far_end) for last in (1, 2)]
    daemon = w.daemon([{"user": "100", "server": "voice.test; %s; %s" % tuple(s.name for s in servers),
                        "password": "secret"}], address="0.0.0.0", **options).start()
    daemon.active("100", servers[0].name)
    daemon.settled("100")
    return link, servers[0], servers[1], daemon


def state(daemon):
    return daemon.account("100").state


def frozen(daemon, timeout=5):
    daemon.wait("100", "frozen", timeout=timeout)


def judges_nothing(daemon, first, seconds):
    """Frozen on the first server, and the servers' states as they were."""
    stays(lambda: state(daemon) == "frozen" and daemon.account("100").active == first.name and
          set(daemon.account("100").states().values()) == {"up"}, seconds,
          lambda: "frozen on the first, nobody judged\n" + daemon.ctl("status")[1], pause=0.4)


@case("B60 B61", limit=60)
def network_link_down(w):
    """link down for minutes of compressed timers, the preferred server dies meanwhile: frozen, then right"""
    link, first, second, daemon = linked(w)
    link.down()
    frozen(daemon)
    judges_nothing(daemon, first, 3)
    first.kill()
    # With probes every second and rounds of 4 s this is as long as ten minutes by default.
    judges_nothing(daemon, first, 12)
    equal(daemon.account("100").failovers(), (0, 0), "failovers and failbacks")
    since = wall()
    link.up()
    daemon.active("100", second.name, timeout=10)
    w.note("registered on the next server %.1f s after the link came back" % (wall() - since))
    equal(second.users(), ["100"], "the binding")
    first.start()
    daemon.active("100", first.name)
    equal((first.users(), second.users()), (["100"], []), "the bindings")


@case("B60 B61", limit=40)
def network_carrier_lost(w):
    """the other end of the link goes down (no carrier, the address stays): frozen; back: one refresh, no failover"""
    link, first, second, daemon = linked(w)
    link.unplug()
    frozen(daemon)
    judges_nothing(daemon, first, 10)
    link.plug()
    daemon.wait("100", "registered", "active=" + first.name, timeout=10)
    equal(daemon.account("100").failovers(), (0, 0), "failovers and failbacks")
    equal(second.users(), [], "bindings elsewhere")


@case("B62", limit=30)
def network_new_address(w):
    """our address changes: the new Contact at once, the old one gone with the same REGISTER"""
    link, first, second, daemon = linked(w)
    check(link.near + ":" in first.bindings()["100"][0], "the Contact: %s" % first.bindings())
    fresh = link.near_again
    since = wall()
    link.ip("addr", "add", fresh + "/24", "dev", "sk0")
    link.ip("addr", "del", link.near + "/24", "dev", "sk0")
    until(lambda: any(fresh + ":" in contact for contact in first.bindings().get("100", [])), 5,
          lambda: "the new Contact: %s\n%s" % (first.bindings(), daemon.ctl("status")[1]))
    w.note("registered from the new address after %.2f s" % (wall() - since))
    until(lambda: len(first.bindings()["100"]) == 1, 2, lambda: "one Contact: %s" % first.bindings())
    equal(daemon.account("100").failovers(), (0, 0), "failovers and failbacks")
    equal(daemon.log().count("our address has changed"), 1, "it is told once")
    check("frozen" not in daemon.log(), "that was no outage")


@case("B61", limit=40)
def network_route_to_one_lost(w):
    """the route to one server is lost: only that one is down, at once; the route is back: failback"""
    link, first, second, daemon = linked(w)
    link.ip("route", "add", "unreachable", first.address + "/32")
    since = wall()
    daemon.active("100", second.name, timeout=5)
    w.note("failed over %.2f s after the route went" % (wall() - since))
    equal(daemon.account("100").states(), {first.name: "down", second.name: "up"}, "the states")
    stays(lambda: state(daemon) == "registered", 4, "registered")
    link.ip("route", "del", "unreachable", first.address + "/32")
    daemon.active("100", first.name, timeout=10)
    check("frozen" not in daemon.log(), "it was never frozen")


@case("B60 B61", limit=90)
def network_router_dead(w):
    """the router behind a living switch dies: frozen, nobody judged; it is back: registered where it was"""
    link = w.owns(Link(w, switch=True))
    servers = [w.server(last, address=link.behind(last), within=link.far_end) for last in (1, 2)]
    daemon = w.daemon([{"user": "100", "server": "voice.test; %s; %s" % tuple(s.name for s in servers),
                        "password": "secret"}], address="0.0.0.0").start()
    daemon.active("100", servers[0].name)
    daemon.settled("100")
    link.unplug()
    since = wall()
    frozen(daemon, timeout=20)
    w.note("frozen %.1f s after the router died" % (wall() - since))
    judges_nothing(daemon, servers[0], 8)
    equal(daemon.account("100").failovers(), (0, 0), "failovers and failbacks")
    since = wall()
    link.plug()
    daemon.wait("100", "registered", "active=" + servers[0].name, timeout=20)
    w.note("registered %.1f s after it was back" % (wall() - since))
    equal((servers[0].users(), servers[1].users()), (["100"], []), "the bindings")


@case("B60", limit=40)
def network_stood_still(w):
    """the daemon is stopped (SIGSTOP) for longer than its servers' patience: nobody judged, everything asked anew"""
    capture, (first, second) = w.capture(), w.servers(2)
    daemon = w.daemon([{"user": "100", "server": "voice.test; %s; %s" % (first.name, second.name),
                        "password": "secret"}]).start()
    daemon.active("100", first.name)
    daemon.settled("100")
    daemon.signal(signal.SIGSTOP)
    time.sleep(6)
    since = wall()
    daemon.signal(signal.SIGCONT)
    capture.wait(2, "a REGISTER where it was", method="REGISTER", request=True, target=first.address, since=since)
    for server in (first, second):
        capture.wait(2, "an OPTIONS", method="OPTIONS", request=True, target=server.address, since=since)
    daemon.wait("100", "registered", "active=" + first.name)
    check("stood still" in daemon.log(), "the log tells of it")
    equal(capture.registers(target=second.address), [], "REGISTERs elsewhere")
    check(" down (" not in daemon.log(), "nobody was judged")


@case("B61", limit=30)
def network_firewall(w):
    """our own firewall forbids to send (EPERM): neither the network nor the server is down"""
    if not w.private:
        raise Skip("no network namespace of our own: the machine's firewall is not touched")
    tool = find_program("iptables-legacy", "iptables")
    first, second = w.servers(2)
    daemon = w.daemon([{"user": "100", "server": "voice.test; %s; %s" % (first.name, second.name),
                        "password": "secret"}]).start()
    daemon.active("100", first.name)
    daemon.settled("100")
    for action in ("-A", "-D"):
        done = subprocess.run([tool, "-w", action, "OUTPUT", "-p", "udp", "-s", daemon.address, "-j", "DROP"],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Skip("iptables does not work here: " + done.stderr.strip())
        if action == "-A":
            time.sleep(6)
    check("frozen" not in daemon.log(), "it was never frozen")
    check(" down (" not in daemon.log(), "no server was down\n" + daemon.log())
    daemon.active("100", first.name)
