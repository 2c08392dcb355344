# SPDX-License-Identifier: ISC
"""SIP over TCP and TLS against Kamailio."""

import time

from parts.case import case, check, equal, stays
from parts.certificates import Authority


def contact_of(server):
    return server.bindings()["100"][0]


def pair(w, upstream, accounts, **options):
    daemon = w.daemon(accounts, **options)
    daemon.settings["upstream"] = [text % daemon.address for text in upstream]
    daemon.write()
    return daemon.start()


@case("B13 B17 B19 B20 B30 B37 B38", limit=60)
def tcp_killed(w):
    """over TCP: registered, the server is killed: failover at once without a probe; back: failback"""
    first, second = w.servers(2, stream="tcp")
    daemon = pair(w, ["tcp:%s:5060"],
                  [{"user": "100", "server": "voice.test; %s; %s" % (first.name, second.name), "password": "secret",
                    "transport": "tcp", "probe-interval-active": "5m"}])
    daemon.active("100", first.name)
    daemon.settled("100")
    equal((first.users(), second.users()), (["100"], []), "the bindings")
    check("transport=tcp" in contact_of(first), "the Contact says how: " + contact_of(first))
    first.kill()
    since = time.monotonic()
    daemon.active("100", second.name)
    w.note("registered on the next server %.0f ms after the kill (it ends its connections)"
           % ((time.monotonic() - since) * 1000))
    check(time.monotonic() - since < 3, "the end of the connection was not noticed")
    check("connection refused" in daemon.log(), "the reason in words")
    first.start()
    daemon.active("100", first.name)
    equal((first.users(), second.users()), (["100"], []), "the bindings after the failback")


@case("B19 B37", limit=60)
def tcp_hung(w):
    """over TCP: a hung server (SIGSTOP) is left after two silent rounds, and taken again when it wakes"""
    first, second = w.servers(2, stream="tcp")
    daemon = pair(w, ["tcp:%s:5060"],
                  [{"user": "100", "server": "voice.test; %s; %s" % (first.name, second.name), "password": "secret",
                    "transport": "tcp"}])
    daemon.active("100", first.name)
    first.stop()
    since = time.monotonic()
    daemon.active("100", second.name, timeout=20)
    check(time.monotonic() - since >= 4, "one silent round alone moves nobody")
    first.cont()
    daemon.active("100", first.name, timeout=15)
    equal((first.users(), second.users()), (["100"], []), "the bindings after the failback")


@case("B20", limit=60)
def tcp_idle_end(w):
    """over TCP: the server ends idle connections; that is no failure, and the account refreshes"""
    server = w.server(1, stream="tcp", life=3)
    daemon = pair(w, ["tcp:%s:5060"], [{"user": "100", "server": "voice.test; " + server.name, "password": "secret",
                                        "transport": "tcp"}], quick=False)
    daemon.active("100", server.name)
    stays(lambda: daemon.account("100").states()[server.name] == "up" and server.users() == ["100"], 12,
          lambda: "up and registered\n" + daemon.log()[-2000:], pause=0.5)
    registers = daemon.log().count("-> REGISTER ")
    check(3 <= registers <= 4, "one refresh, with at most one challenge: %d REGISTERs" % registers)


def tls_daemon(w, server, authority, **options):
    settings = {"tls_ca_file": authority.file}
    settings.update(options)
    return pair(w, ["udp:%s:5060", "tls:%s:5061"],
                [{"user": "100", "server": "voice.test; " + server.tls_host, "password": "secret",
                  "transport": "tls"}], **settings)


@case("B4 B22 B30", limit=60)
def tls_registered(w):
    """over TLS: the certificate is for the account's domain; registered, refreshed, taken up again"""
    authority = Authority(w, "known")
    server = w.server(1, stream=authority.issue("good", "DNS:voice.test"))
    daemon = tls_daemon(w, server, authority)
    daemon.wait("100", "registered")
    equal(server.users(), ["100"], "the binding")
    check("transport=tls" in contact_of(server), "the Contact says how: " + contact_of(server))
    server.kill()
    daemon.wait("100", "down")
    server.start()
    daemon.wait("100", "registered", timeout=20)
    equal(server.users(), ["100"], "the binding")
    equal(daemon.stop(), 0, "exit code")
    equal(server.users(), [], "unregistered at the end (B43)")


def refused(w, words, names="DNS:voice.test", days=10, known=True):
    authority = Authority(w, "known")
    by = authority if known else Authority(w, "foreign")
    server = w.server(1, stream=by.issue("server", names, days))
    daemon = tls_daemon(w, server, authority)
    daemon.wait("100", "down")
    check(words in daemon.log(), "the log says \"%s\"\n%s" % (words, daemon.log()[-1500:]))
    equal(server.users(), [], "nobody is registered")
    return server, authority


@case("B13 B22", limit=40)
def tls_expired(w):
    """over TLS: an expired certificate is a server that is down, and the log says since when; unless told not to look"""
    server, authority = refused(w, "certificate expired 3 days ago", days=-3)
    daemon = tls_daemon(w, server, authority, tls_verify=False)
    daemon.wait("100", "registered")
    check("tls-verify = no" in daemon.log(), "a start without verification is logged")


@case("B13 B22", limit=40)
def tls_wrong_name(w):
    """over TLS: a certificate for another name"""
    refused(w, "certificate is not for voice.test", names="DNS:other.test,IP:" + w.ip(1))


@case("B13 B22", limit=40)
def tls_unknown_authority(w):
    """over TLS: a certificate that nobody known vouches for"""
    refused(w, "certificate of an unknown CA", known=False)
