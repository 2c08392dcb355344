# SPDX-License-Identifier: ISC
"""The parts themselves, without the daemon: a test that stands on them must be able to trust them."""

import socket
import struct

from parts import namespace
from parts.baddns import BadDns
from parts.case import case, check, equal, until
from parts.sipclient import SipClient


@case()
def parts_kamailio(w):
    """the registrar: digest, refusals, switched faults, killed, hung, and its bindings"""
    capture = w.capture()
    first = w.server(1, users={"100": "secret", "200": ("trunk-200", "other")})
    second = w.server(2, users={"100": "secret"}, algorithm="SHA-256")
    client = w.owns(SipClient(w.ip(90)))
    equal(client.register(first.address, "100", "secret", w.DOMAIN), 200, "a good password")
    equal(client.register(second.address, "100", "secret", w.DOMAIN), 200, "a good password by SHA-256")
    equal(client.register(first.address, "100", "wrong", w.DOMAIN), 401, "a bad password")
    equal(client.register(first.address, "300", "secret", w.DOMAIN), 404, "an unknown user")
    request = client.build("REGISTER", "sip:" + w.DOMAIN, "sip:100@" + w.DOMAIN)
    equal(client.ask(request, first.address), client.ask(request, first.address), "a copy gets the same answer")
    equal(client.register(first.address, "200", "other", w.DOMAIN, login="trunk-200"), 200, "another user's name")
    equal((first.users(), second.users()), (["100", "200"], ["100"]), "the bindings")
    equal(client.register(first.address, "100", "secret", w.DOMAIN, expires=0), 200, "an unregister")
    equal(first.users(), ["200"], "the bindings after it")

    first.answer_register(503, retry_after=7)
    equal(client.register(first.address, "100", "secret", w.DOMAIN), 503, "REGISTER switched to 503")
    equal(client.ask(client.build("OPTIONS", "sip:" + first.peer()), first.address)[0], 200, "OPTIONS all the same")
    first.answer_register(0)
    first.answer_options(404)
    equal(client.ask(client.build("OPTIONS", "sip:" + first.peer()), first.address)[0], 404, "OPTIONS switched")
    first.answer_options(0)
    equal(client.register(first.address, "100", "secret", w.DOMAIN), 200, "and back again")

    first.kill()
    equal(client.ask(client.build("OPTIONS", "sip:" + first.peer()), first.address, timeout=0.3)[0], 0, "killed")
    icmp = capture.wait(2, "the ICMP error of a killed server", proto="icmp")
    equal((icmp.target, icmp.icmp), ((first.address, 5060), (3, 3)), "port unreachable")
    first.start()
    equal(first.users(), [], "a new start has no bindings")

    second.stop()
    answer = client.ask(client.build("OPTIONS", "sip:" + second.peer()), second.address, timeout=0.5)[0]
    equal(answer, 0, "a hung server is silent")
    second.cont()
    check((client.receive(2) or "").startswith("SIP/2.0 200"), "woken, it answers its backlog")
    equal(len(capture.packets(proto="icmp", target=second.address)), 0, "and no ICMP came for it")
    # The client's own messages are sound, and tshark can tell one that is not.
    equal(capture.malformed(source=w.ip(90)), [], "tshark on the client's messages")


@case()
def parts_tshark(w):
    """tshark finds a malformed message when there is one"""
    capture = w.capture()
    client = w.owns(SipClient(w.ip(90)))
    other = w.owns(SipClient(w.ip(91), 5060))
    client.send(client.build("OPTIONS", "sip:" + w.ip(91)).replace("CSeq: ", "CSeq: x"), other.address)
    check(other.receive(), "the message has come")
    client.send("REGISTER sip:x SIP/2.0\r\nFrom: <sip:\r\nTo\r\n\r\n", other.address)
    check(other.receive(), "the message has come")
    check(capture.malformed(source=w.ip(90)), "tshark calls neither malformed")


def lookup(dns, name, kind):
    """Answer count of one question."""
    question = struct.pack(">6H", 7, 0x100, 1, 0, 0, 0)
    question += b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(2)
        client.sendto(question + struct.pack(">HH", kind, 1), (dns.address, dns.port))
        answer = client.recv(4096)
    flags, _, count = struct.unpack(">HHH", answer[2:8])
    return flags & 15, count


@case()
def parts_dnsmasq(w):
    """the name server: SRV and A records, changed while it runs, and the liar in front of it"""
    dns = w.dns(hosts=[("sip1.voice.test", w.ip(1)), ("four.voice.test", w.ip(1)), ("four.voice.test", w.ip(2))],
                srv=[("_sip._udp.voice.test", "sip1.voice.test", 5060, 1, 0)])
    equal(lookup(dns, "_sip._udp.voice.test", 33), (0, 1), "one SRV record")
    equal(lookup(dns, "four.voice.test", 1), (0, 2), "two addresses")
    equal(lookup(dns, "_sip._udp.four.voice.test", 33)[1], 0, "no SRV records")
    dns.change(srv=[])
    equal(lookup(dns, "_sip._udp.voice.test", 33)[1], 0, "the SRV record is gone")
    check(any("query[A] four.voice.test" in line for line in dns.queries()), "the log names the questions")

    liar = w.owns(BadDns(w, w.ip(54), w.ip(55), w.DNS_PORT, dns)).start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        client.sendto(b"\0\7\1\0\0\1\0\0\0\0\0\0\4sip1\5voice\4test\0\0\1\0\1", (liar.address, liar.port))
        until(lambda: liar.sent, 2, "the liar lies")
        check(len([client.recvfrom(4096) for _ in range(liar.sent + 1)]) > 5, "and tells the truth at last")


@case()
def parts_ipv6(w):
    """the registrar on ::1, and the capture of it"""
    from parts.case import Skip
    if not namespace.has_ipv6():
        raise Skip("no IPv6 on the loopback device")
    capture = w.capture()
    server = w.server(1, address="::1")
    client = w.owns(SipClient("::1"))
    equal(client.register("::1", "100", "secret", w.DOMAIN), 200, "registered")
    equal(server.users(), ["100"], "the binding")
    until(lambda: len(capture.registers(target="::1")) >= 2, 2, "REGISTERs on the wire")  # the capture lags a moment
    equal(len(capture.registers(target="::1")), 2, "REGISTERs on the wire")
    server.kill()
    client.ask(client.build("OPTIONS", "sip:[::1]"), "::1", timeout=0.3)
    capture.wait(2, "the ICMPv6 error", proto="icmp", target="::1")
