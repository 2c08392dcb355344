# SPDX-License-Identifier: ISC
"""The four ways to name the servers, each with its exact list of candidates."""

from parts.case import case, check, equal, stays
from parts.dnsmasq import answers


def from_dns(w, capture, kind):
    """What the daemon was told last, in that order."""
    told = [answers(packet.data) for packet in capture.packets(proto="udp", source=w.ip(53))
            if packet.source[1] == w.DNS_PORT]
    told = [[value for row, value in rows if row == kind] for rows in told if any(row == kind for row, _ in rows)]
    check(told, "no DNS answer of type %s on the wire\n%s" % (kind, capture.story()))
    return told[-1]


@case("B1 B3 B5 B30 B70")
def method_1(w):
    """two addresses in order of preference, no DNS"""
    capture = w.capture()
    first, second = w.servers(2)
    daemon = w.daemon([{"user": "100", "server": "voice.test; %s; %s" % (w.ip(1), w.ip(2)), "password": "secret"}])
    daemon.start()
    daemon.wait("100", "registered")
    daemon.settled("100")
    account = daemon.account("100")
    equal(account.rows(), ["P1:1  %s  up*" % w.ip(1), "P2:1  %s  up" % w.ip(2)], "the list of candidates")
    equal(account.aor, "100@voice.test", "the address-of-record")
    check(account.data["redundant"], "redundant: registered, two candidates, all up")
    check(290 <= account.data["granted_s"] <= 300, "granted %d s" % account.data["granted_s"])
    equal((first.users(), second.users()), (["100"], []), "one registration, on the preferred one")
    contact = first.bindings()["100"][0]
    check(contact.startswith("sip:100@%s" % daemon.address), "the Contact is our own address: " + contact)

    text = daemon.ctl("status", "--long")[1].splitlines()
    equal([line for line in text if line.startswith("  P")],
          ["  P1:1  %s  up*" % w.ip(1), "  P2:1  %s  up" % w.ip(2)], "the text for people")
    check(any(line.startswith("100@voice.test: registered, active %s, granted" % w.ip(1))
              and line.endswith("redundant: yes") for line in text), "the account's line:\n" + "\n".join(text))
    equal(len(capture.registers(target=second.address)), 0, "REGISTERs at the other one")


@case("B1 B4 B5")
def method_2(w):
    """two names with A records, in order of preference"""
    dns = w.dns(hosts=[("sip1.voice.test", w.ip(1)), ("sip2.voice.test", w.ip(2))])
    w.capture()
    first, second = w.servers(2)
    daemon = w.daemon([{"user": "100", "server": "voice.test; sip1.voice.test; sip2.voice.test",
                        "password": "secret"}], nameserver=[dns.setting()]).start()
    daemon.wait("100", "registered")
    daemon.settled("100")
    equal(daemon.account("100").rows(), ["P1:1  %s  up*" % w.ip(1), "P2:1  %s  up" % w.ip(2)], "the candidates")
    equal((first.users(), second.users()), (["100"], []), "the bindings")
    asked = [line.split(" from ")[0] for line in dns.queries()]
    check("query[SRV] _sip._udp.sip1.voice.test" in asked, "a name without port is asked for SRV first: %s" % asked)
    check(not any(line.endswith((" voice.test", "_udp.voice.test")) for line in asked),
          "with serverspecs the domain is never looked up: %s" % asked)


@case("B3 B4 B5 B31")
def method_3(w):
    """the domain's SRV records with priorities"""
    dns = w.dns(hosts=[("sip1.voice.test", w.ip(1)), ("sip2.voice.test", w.ip(2))],
                srv=[("_sip._udp.voice.test", "sip2.voice.test", 5060, 2, 0),
                     ("_sip._udp.voice.test", "sip1.voice.test", 5060, 1, 0)])
    capture = w.capture()
    first, second = w.servers(2)
    daemon = w.daemon([{"user": "100", "server": "voice.test", "password": "secret"}],
                      nameserver=[dns.setting()]).start()
    daemon.wait("100", "registered")
    daemon.settled("100")
    shown = {"sip1.voice.test": "P1:1  %s  up*" % w.ip(1), "sip2.voice.test": "P1:2  %s  up" % w.ip(2)}
    order = from_dns(w, capture, "SRV")
    equal(sorted(order), sorted(shown), "the targets that DNS reported")
    equal(daemon.account("100").rows(), [shown[name] for name in order], "the candidates, in the order of DNS")
    equal((first.users(), second.users()), (["100"], []), "the one with the lower priority number is preferred")


@case("B5 B6 B37 B39", limit=45)
def method_4(w):
    """four equal addresses of one name: in the order received, failover to the next, no failback among equals"""
    dns = w.dns(hosts=[("four.voice.test", w.ip(last)) for last in (1, 2, 3, 4)])
    capture = w.capture()
    servers = {server.name: server for server in w.servers(4)}
    daemon = w.daemon([{"user": "100", "server": "voice.test; four.voice.test", "password": "secret"}],
                      nameserver=[dns.setting()]).start()
    daemon.wait("100", "registered")
    daemon.settled("100")
    order = from_dns(w, capture, "A")
    equal(sorted(order), sorted(servers), "the addresses that DNS reported")
    equal(daemon.account("100").rows(),
          ["P1:1  %s  up%s" % (server, "*" if server == order[0] else "") for server in order],
          "the candidates, in the order of DNS, the first one active")

    servers[order[0]].kill()
    daemon.active("100", order[1])
    servers[order[0]].start()
    daemon.sees("100", **{"_" + order[0].rsplit(".", 1)[1]: "up"})
    stays(lambda: daemon.account("100").active == order[1], 4, "active on " + order[1])
    equal(daemon.account("100").failovers(), (1, 0), "failovers and failbacks")
    equal({name: server.users() for name, server in servers.items() if server.users()}, {order[1]: ["100"]},
          "the bindings")
