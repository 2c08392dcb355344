# SPDX-License-Identifier: ISC
"""Names as BIND tells them: its refusals, its silence, and what a zone can say."""

from parts.case import case, check, equal, stays, until
from parts.daemon import wall


def account(server):
    return {"user": "100", "server": server, "password": "secret"}


def service(w, *numbers):
    """SRV records of voice.test, priority N for sipN, and the addresses."""
    return (["_sip._udp SRV %d 0 5060 sip%d" % (n, n) for n in numbers] +
            ["sip%d A %s" % (n, w.ip(n)) for n in numbers])


def asked(capture, server):
    """The daemon's questions to a name server."""
    return [p for p in capture.packets(proto="udp", target=server.address)
            if p.target[1] == server.port and not server.is_ours(p.data)]


def answered(capture, server):
    return [p for p in capture.packets(proto="udp", source=server.address)
            if p.source[1] == server.port and not server.is_ours(p.data)]


def codes(capture, server):
    return {packet.data[3] & 15 for packet in answered(capture, server)}


def follows(capture, first, second):
    """Seconds from each question at the first name server to the same one at the second."""
    rows = asked(capture, second)
    gaps = []
    for packet in asked(capture, first):
        later = [p.time for p in rows if p.time >= packet.time and p.data[12:] == packet.data[12:]]
        check(later, "a question of the first name server was not asked of the second\n" + capture.story())
        gaps.append(later[0] - packet.time)
    return gaps


@case("B54", limit=40)
def bind_refused(w):
    """BIND: one refuses (no such zone), one fails (a zone that it cannot load): the next is asked, without a wait"""
    capture = w.capture()
    refusing = w.bind(w.ip(54), records=None)
    failing = w.bind(w.ip(55), records=["sip1 A this-is-no-address"])
    good = w.bind(records=service(w, 1, 2))
    first, _ = w.servers(2)
    daemon = w.daemon([account("voice.test")],
                      nameserver=[server.setting() for server in (refusing, failing, good)]).start()
    daemon.active("100", first.name)
    daemon.sees("100", _1="up", _2="up")
    equal((codes(capture, refusing), codes(capture, failing), codes(capture, good)), ({5}, {2}, {0}),
          "what they answered: REFUSED, SERVFAIL, NOERROR")
    gaps = follows(capture, refusing, failing) + follows(capture, failing, good)
    check(min(gaps) < 1.5, "who has answered is not waited for: %s" % gaps)
    check(not daemon.account("100").data["dns_stale"], "that is no failure")
    w.note("the next name server was asked after %.1f ms at most" % (max(gaps) * 1000))


@case("B32 B51 B54", limit=40)
def bind_silent(w):
    """BIND hangs: the second name server is asked 2 s later; when both hang the list stays, and says so"""
    capture = w.capture()
    silent, good = w.bind(w.ip(54), service(w, 1, 2)), w.bind(records=service(w, 1, 2))
    first, second = w.servers(2)
    silent.stop()
    daemon = w.daemon([account("voice.test")], nameserver=[silent.setting(), good.setting()], dns_refresh="5s").start()
    daemon.active("100", first.name, timeout=20)
    daemon.sees("100", _1="up", _2="up")
    gaps = follows(capture, silent, good)
    check(min(gaps) >= 1.95, "asked again too early: %s" % gaps)
    equal(capture.registers(target=second.address), [], "REGISTERs elsewhere: all of the set was waited for (B32)")
    w.note("the second name server was asked %.2f to %.2f s after the first" % (min(gaps), max(gaps)))

    good.stop()
    since = wall()
    until(lambda: daemon.account("100").data["dns_stale"], 25, lambda: "DNS is stale\n" + daemon.ctl("status")[1])
    equal(daemon.account("100").data["dns_error"], "silent", "the error in words")
    equal(sorted(daemon.account("100").rows()), ["P1:1  %s  up*" % w.ip(1), "P1:2  %s  up" % w.ip(2)], "the candidates")
    equal(capture.registers(since=since), [], "the registration is not touched")


@case("B51", limit=40)
def bind_servfail(w):
    """BIND starts again and cannot load its zone (SERVFAIL): the list stays, and says so"""
    capture = w.capture()
    dns = w.bind(records=service(w, 1, 2))
    first, second = w.servers(2)
    daemon = w.daemon([account("voice.test")], nameserver=[dns.setting()], dns_refresh="5s").start()
    daemon.active("100", first.name)
    daemon.sees("100", _1="up", _2="up")
    since = wall()
    dns.end()
    dns.records = ["sip1 A this-is-no-address"]
    dns.start()
    until(lambda: daemon.account("100").data["dns_stale"], 15, lambda: "DNS is stale\n" + daemon.ctl("status")[1])
    equal(daemon.account("100").data["dns_error"], "servfail", "the error in words")
    equal(sorted(daemon.account("100").rows()), ["P1:1  %s  up*" % w.ip(1), "P1:2  %s  up" % w.ip(2)], "the candidates")
    equal(capture.registers(since=since), [], "the registration is not touched")
    first.kill()
    daemon.active("100", second.name)


@case("B4", limit=40)
def bind_cname(w):
    """BIND: CNAMEs of a name, of an SRV name and (against RFC 2782) of an SRV target are followed; a loop is none"""
    w.bind(records=[
        "one CNAME one-b", "one-b CNAME one-c", "one-c A " + w.ip(1),
        "_sip._udp.two CNAME _sip._udp.two-b", "_sip._udp.two-b SRV 1 0 5060 target",
        "target CNAME target-b", "target-b CNAME target-c", "target-c A " + w.ip(2),
        "three CNAME three-b", "three-b CNAME three-c", "three-c AAAA ::1",
        "four CNAME four-b", "four-b CNAME four"])
    first, second, third = w.server(1), w.server(2), w.server(3, address="::1")
    daemon = w.daemon([account("voice.test; one.voice.test; two.voice.test; three.voice.test; four.voice.test")],
                      nameserver=["%s:%d" % (w.ip(53), w.DNS_PORT)])
    daemon.settings["upstream"] = ["udp:%s:5060" % daemon.address, "udp:[::1]:5080"]
    daemon.write()
    daemon.start()
    daemon.active("100", first.name)
    until(lambda: daemon.account("100").rows() == ["P1:1  %s  up*" % first.name, "P2:1  %s  up" % second.name,
                                                   "P3:1  ::1  up"], 10,
          lambda: "a candidate of each name but the last\n" + daemon.ctl("status")[1])
    first.kill()
    daemon.active("100", second.name)
    second.kill()
    daemon.active("100", third.name)
    equal(third.users(), ["100"], "the binding")


@case("B4 B13 B37 B38", limit=40)
def bind_ipv6_only(w):
    """BIND, the servers and we on IPv6 alone, names with AAAA alone: registered, killed, failover, failback"""
    dns = w.bind("fd00:53::53", ["_sip._udp SRV %d 0 5060 sip%d" % (n, n) for n in (1, 2)] +
                 ["sip%d AAAA fd00:53::%d" % (n, n) for n in (1, 2)])
    for last in ("1", "2", "100"):
        dns.add_address("fd00:53::" + last)
    capture = w.capture()
    first, second = [w.server(n, address="fd00:53::%d" % n) for n in (1, 2)]
    daemon = w.daemon([account("voice.test")], address="fd00:53::100", nameserver=[dns.setting()]).start()
    daemon.active("100", first.name)
    until(lambda: sorted(daemon.account("100").rows()) == ["P1:1  %s  up*" % first.name, "P1:2  %s  up" % second.name],
          10, lambda: "both are up\n" + daemon.ctl("status")[1])
    check(asked(capture, dns), "it was asked over IPv6")
    first.kill()
    daemon.active("100", second.name)
    first.start()
    daemon.active("100", first.name)
    equal((first.users(), second.users()), (["100"], []), "the bindings")
    equal([p for p in capture.packets(source=daemon.address) if ":" not in p.target[0]], [], "packets over IPv4")


@case("B4 B31 B38 B50", limit=40)
def bind_no_service(w):
    """BIND: the SRV target is ".": no service there, though the name has an address; the next serverspec is used"""
    dns = w.bind(records=["_sip._udp.none SRV 0 0 0 .", "none A " + w.ip(1), "next A " + w.ip(2)])
    capture = w.capture()
    first, second = w.servers(2)
    daemon = w.daemon([account("voice.test; none.voice.test; next.voice.test")], nameserver=[dns.setting()],
                      dns_refresh="5s").start()
    daemon.active("100", second.name)
    stays(lambda: daemon.account("100").rows() == ["P2:1  %s  up*" % second.name], 3,
          lambda: "the list is the next serverspec's alone\n" + daemon.ctl("status")[1])
    sent = [p for p in capture.packets(proto="udp", target=first.address) if p.source[0] == daemon.address]
    equal(sent, [], "packets to where no service is")
    dns.change(["_sip._udp.none SRV 3 0 5060 none", "none A " + w.ip(1), "next A " + w.ip(2)])
    daemon.active("100", first.name, timeout=15)
    equal((first.users(), second.users()), (["100"], []), "the bindings, once there is a service")


@case("B51 B57", limit=75)
def bind_truncated(w):
    """BIND truncates an answer that outgrows its 1232 bytes: a failed lookup that says so; the old answer stays"""
    label = "a-label-that-makes-the-names-of-some-call-servers-rather-long"
    # More than plain DNS has room for (512 bytes), so EDNS0 is used; and less than BIND's 1232.
    some = service(w, 1, 2) + ["_sip._udp SRV %d 0 5060 sip%d.%s" % (n, n, label) for n in range(3, 9)] + \
        ["sip%d.%s A %s" % (n, label, w.ip(n)) for n in range(3, 9)] + \
        ["big A " + w.ip(1)] + ["_sip._udp.big SRV 1 0 5060 other%d.%s" % (n, label) for n in range(40)]
    many = some + ["_sip._udp SRV 1 0 5060 other%d.%s" % (n, label) for n in range(40)]
    dns = w.bind(records=some)
    capture = w.capture()
    first, second = w.servers(2, users={"100": "secret", "101": "secret"})
    daemon = w.daemon([account("voice.test"), dict(account("voice.test; big.voice.test; " + w.ip(2)), user="101")],
                      nameserver=[dns.setting()], dns_refresh="5s").start()
    daemon.active("101", second.name)
    equal(daemon.account("101").rows(), ["P2:1  %s  up*" % second.name],
          "an answer truncated from the start: the next serverspec, and not the address of the name (B4)")
    daemon.active("100", first.name)
    daemon.sees("100", _1="up", _2="up", _3="down", _8="down")
    sizes = [len(packet.data) for packet in answered(capture, dns) if not packet.data[2] & 2]
    check(512 < max(sizes) <= 1232, "an answer of more than 512 bytes: %s" % sizes)
    check(not daemon.account("100").data["dns_stale"], "that one is taken")
    before = sorted(daemon.account("100").rows())

    since = wall()
    dns.change(many)
    until(lambda: daemon.account("100").data["dns_stale"], 15, lambda: "DNS is stale\n" + daemon.ctl("status")[1])
    cut = [packet for packet in answered(capture, dns) if packet.time >= since and packet.data[2] & 2]
    check(cut, "BIND has truncated")
    equal(daemon.account("100").data["dns_error"], "truncated", "the error in words")
    check("SRV _sip._udp.voice.test: DNS lookup: truncated" in daemon.log(), "the log says so")
    equal(sorted(daemon.account("100").rows()), before, "the candidates")
    equal(capture.registers(since=since), [], "the registration is not touched")
    dns.change(some)
    until(lambda: not daemon.account("100").data["dns_stale"], 45,
          lambda: "the next lookup, 30 s later, is good\n" + daemon.ctl("status")[1], pause=0.5)
    equal(sorted(daemon.account("100").rows()), before, "the candidates")
    w.note("answers of up to %d bytes taken, truncated ones: %d" % (max(sizes), len(cut)))
