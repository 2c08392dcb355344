# SPDX-License-Identifier: ISC
"""Names: records that change, name servers that are silent, dead or lying."""

from parts.baddns import BadDns
from parts.case import case, check, equal, stays, until
from parts.daemon import wall
from parts.sipclient import SipClient

SRV = "_sip._udp.voice.test"
ACCOUNT = {"user": "100", "server": "voice.test", "password": "secret"}


def records(w, *numbers):
    """hosts and SRV records of sipN.voice.test, priority N."""
    return ([("sip%d.voice.test" % n, w.ip(n)) for n in numbers],
            [(SRV, "sip%d.voice.test" % n, 5060, n, 0) for n in numbers])


@case("B50", limit=45)
def records_change(w):
    """a record added and one removed show at the next refresh; the known ones keep their state"""
    hosts, srv = records(w, 1, 2)
    dns = w.dns(hosts=hosts, srv=srv)
    capture = w.capture()
    w.servers(3)
    daemon = w.daemon([ACCOUNT], nameserver=[dns.setting()], dns_refresh="5s").start()
    daemon.active("100", w.ip(1))
    daemon.sees("100", _1="up", _2="up")
    since = wall()
    hosts, srv = records(w, 1, 3)
    dns.change(hosts, srv)
    until(lambda: daemon.account("100").states() == {w.ip(1): "up", w.ip(3): "up"}, 15,
          lambda: "the new list\n" + daemon.ctl("status")[1])
    equal(sorted(daemon.account("100").rows()), ["P1:1  %s  up*" % w.ip(1), "P1:3  %s  up" % w.ip(3)], "the candidates")
    check(capture.packets(method="OPTIONS", request=True, target=w.ip(3), since=since), "the new one is probed at once")
    equal(capture.registers(since=since), [], "the registration is not touched")
    since = wall()
    stays(lambda: daemon.account("100").active == w.ip(1), 3, "active on the first")
    equal(capture.packets(method="OPTIONS", request=True, target=w.ip(2), since=since + 0.5), [],
          "nothing is sent to the one that is gone")


@case("B50 B51", limit=40)
def name_server_dies(w):
    """the name server dies: the list stays, and says that it is stale"""
    hosts, srv = records(w, 1, 2)
    dns = w.dns(hosts=hosts, srv=srv)
    capture = w.capture()
    first, second = w.servers(2)
    daemon = w.daemon([ACCOUNT], nameserver=[dns.setting()], dns_refresh="5s").start()
    daemon.active("100", first.name)
    daemon.sees("100", _1="up", _2="up")
    dns.end()
    since = wall()
    until(lambda: daemon.account("100").data["dns_stale"], 20, lambda: "DNS is stale\n" + daemon.ctl("status")[1])
    check(daemon.account("100").data["dns_error"], "the error in words")
    equal(sorted(daemon.account("100").rows()), ["P1:1  %s  up*" % w.ip(1), "P1:2  %s  up" % w.ip(2)], "the candidates")
    equal(capture.registers(since=since), [], "the registration is not touched")
    first.kill()
    daemon.active("100", second.name)


@case("B54", limit=30)
def name_servers_in_turn(w):
    """a silent name server costs 2 s, a dead one nothing; the next is asked"""
    hosts, srv = records(w, 1, 2)
    dns = w.dns(hosts=hosts, srv=srv)
    first, _ = w.servers(2)
    w.owns(SipClient(w.ip(55), w.DNS_PORT))     # bound, and never answers
    daemon = w.daemon([ACCOUNT], nameserver=["%s:%d" % (w.ip(54), w.DNS_PORT), "%s:%d" % (w.ip(55), w.DNS_PORT),
                                             dns.setting()])
    since = wall()
    daemon.start()
    daemon.active("100", first.name, timeout=15)
    w.note("registered %.1f s after the start, one name server dead and one silent" % (wall() - since))


@case("B56", limit=30)
def lying_name_server(w):
    """noise and answers with another ID, question or address are dropped and counted; the true one is taken"""
    hosts, srv = records(w, 1, 2)
    dns = w.dns(hosts=hosts, srv=srv)
    liar = w.owns(BadDns(w, w.ip(54), w.ip(55), w.DNS_PORT, dns)).start()
    first, _ = w.servers(2)
    daemon = w.daemon([ACCOUNT], nameserver=[liar.setting()]).start()
    daemon.active("100", first.name)
    daemon.settled("100")
    equal(sorted(daemon.account("100").rows()), ["P1:1  %s  up*" % w.ip(1), "P1:2  %s  up" % w.ip(2)], "the candidates")
    drops = daemon.status().drops
    check(drops["dns-foreign"] + drops["dns-malformed"] > 0, "counted: %s" % drops)
    w.note("dropped: dns-foreign %d, dns-malformed %d of %d lies" % (drops["dns-foreign"], drops["dns-malformed"],
                                                                     liar.sent))
