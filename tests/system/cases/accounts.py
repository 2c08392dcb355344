# SPDX-License-Identifier: ISC
"""Accounts: passwords, refreshes, contacts, and the end of the daemon."""

import re
import signal
import time

from parts.case import case, check, equal, stays, until
from parts.daemon import wall


def account(w, user, *servers, **more):
    """An account with its servers in order."""
    return dict({"user": user, "server": "; ".join(["voice.test"] + [server.name for server in servers]),
                 "password": "secret"}, **more)


@case("B15 B16 B17", limit=40)
def bad_password(w):
    """a bad password and an unknown user are failed, at each server; the other account is not touched"""
    capture = w.capture()
    users = {"100": "secret", "101": "other"}
    first, second = w.servers(2, users=users)
    daemon = w.daemon([account(w, "100", first, second), account(w, "101", first, second, password="wrong"),
                       account(w, "102", first, second)]).start()
    daemon.active("100", first.name)
    daemon.wait("101", "failed")
    daemon.wait("102", "failed")
    daemon.settled("100")
    equal(set(daemon.account("101").states().values()), {"failed"}, "the bad password's candidates")
    equal(set(daemon.account("102").states().values()), {"failed"}, "the unknown user's candidates")
    check("404" in daemon.account("102").data["last_error"],
          "the last error in words: " + daemon.account("102").data["last_error"])
    check(daemon.account("101").data["last_error"], "a last error in words for the bad password")
    stays(lambda: daemon.account("100").rows() == ["P1:1  %s  up*" % first.name, "P2:1  %s  up" % second.name], 3,
          lambda: "the other account's list: %s" % daemon.account("100").rows())
    equal(len(capture.registers(user="100")), 2, "REGISTERs of the good account: one challenge, one answer")
    for server in (first, second):
        tries = len(capture.registers(user="101", target=server.address))
        check(tries <= 3, "%d REGISTERs with a bad password at %s\n%s" % (tries, server.name, capture.story()))
        equal(len(capture.registers(user="102", target=server.address)), 1, "REGISTERs of the unknown user")
    equal((first.users(), second.users()), (["100"], []), "the bindings")

    daemon.accounts[1]["password"] = "other"
    daemon.write()
    equal(daemon.reload()[0], 0, "reload with the right password")
    daemon.active("101", first.name, timeout=5)


@case("B33 B34 B35", limit=35)
def steady_refresh(w):
    """a steady refresh is one round trip with the kept nonce"""
    capture = w.capture()
    server = w.server(1, max_expires=10)
    daemon = w.daemon([account(w, "100", server)]).start()
    daemon.wait("100", "registered")
    equal(daemon.account("100").data["granted_s"], 10, "the grant")
    until(lambda: len(capture.registers()) >= 5, 22, lambda: "three refreshes at half of 10 s\n" + capture.story())
    time.sleep(0.3)
    sent = capture.registers()
    answers = [packet.code for packet in capture.packets(method="REGISTER", request=False)]
    equal(answers, [401] + [200] * (len(sent) - 1), "the answers: one challenge, then one round trip each")
    equal(len({packet.header("Call-ID") for packet in sent}), 1, "Call-IDs")
    numbers = [int(packet.header("CSeq").split()[0]) for packet in sent]
    equal(numbers, list(range(numbers[0], numbers[0] + len(numbers))), "CSeq rises by one")
    credentials = [packet.header("Authorization") for packet in sent[1:]]
    equal(len({re.search(r'[ ,]nonce="([^"]*)"', row).group(1) for row in credentials}), 1, "nonces")
    equal([int(re.search(r"nc=([0-9a-f]+)", row).group(1), 16) for row in credentials],
          list(range(1, len(credentials) + 1)), "the nonce count")
    gaps = [b.time - a.time for a, b in zip(sent[1:], sent[2:])]
    check(all(4.5 <= gap <= 6 for gap in gaps), "refreshed at half of 10 s: %s" % gaps)
    equal(len(server.bindings()["100"]), 1, "bindings")


@case("B15 B35", limit=30)
def stale_nonce(w):
    """a nonce that has grown old costs one more round trip and nothing else"""
    capture = w.capture()
    server = w.server(1, max_expires=10, nonce_expire=3)
    daemon = w.daemon([account(w, "100", server)]).start()
    daemon.wait("100", "registered")
    capture.wait(10, "the refresh", method="REGISTER", code=401, since=capture.registers()[0].time + 1)
    until(lambda: [p.code for p in capture.packets(method="REGISTER", request=False)] == [401, 200, 401, 200], 5,
          lambda: "challenge, grant, challenge, grant\n" + capture.story())
    equal(daemon.account("100").state, "registered", "the state")


@case("B8 B35")
def other_digests(w):
    """SHA-256, and an authentication name that is not the user"""
    server = w.server(1, algorithm="SHA-256")
    other = w.server(2, users={"200": ("trunk-200", "pass #${x} word")})
    capture = w.capture()
    daemon = w.daemon([account(w, "100", server),
                       account(w, "200", other, **{"auth-user": "trunk-200", "password": "pass #${x} word"})]).start()
    daemon.wait("100", "registered")
    daemon.wait("200", "registered")
    equal((server.users(), other.users()), (["100"], ["200"]), "the bindings")
    sent = {packet.user(): packet.header("Authorization") for packet in capture.registers()}
    check("algorithm=SHA-256" in sent["100"], "by SHA-256: " + sent["100"])
    check('username="trunk-200"' in sent["200"], "the authentication name: " + sent["200"])


@case("B30")
def contacts(w):
    """the Contact: as known here, as the server sees it, and a fixed one"""
    server = w.server(1, users={"100": "secret", "101": "secret", "102": "secret"})
    w.capture()
    daemon = w.daemon([account(w, "100", server), account(w, "101", server, contact="received"),
                       account(w, "102", server, contact="sip:102@192.0.2.20:5062")]).start()
    for user in ("100", "101", "102"):
        daemon.wait(user, "registered")
    held = server.bindings()
    equal({user: len(held[user]) for user in held}, {"100": 1, "101": 1, "102": 1}, "one binding each")
    own = "%s:%d" % (daemon.address, daemon.port)
    for user, host in (("100", own), ("101", own), ("102", "192.0.2.20:5062")):
        have = held[user][0]
        check(re.match(r"sip:%s@%s(;|$)" % (user, re.escape(host)), have)
              or host == own and have.startswith("sip:%s@%s" % (user, daemon.address)),
              "contact of %s: %s" % (user, have))


@case("B43", limit=40)
def sigterm(w):
    """SIGTERM leaves no binding in any server; SIGINT neither; unregister-on-exit = no leaves them"""
    users = {"100": "secret", "101": "secret", "102": "secret"}
    first, second, third = w.servers(3, users=users)
    capture = w.capture()
    daemon = w.daemon([account(w, "100", first, second), account(w, "101", second, first),
                       account(w, "102", third)])
    for number in (signal.SIGTERM, signal.SIGINT):
        daemon.start()
        for user in users:
            daemon.wait(user, "registered")
        equal([server.users() for server in (first, second, third)], [["100"], ["101"], ["102"]], "the bindings")
        since = wall()
        daemon.signal(number)
        equal(daemon.group.process.wait(6), 0, "the exit code")
        w.note("ended %.2f s after signal %d" % (wall() - since, number))
        equal([server.users() for server in (first, second, third)], [[], [], []], "the bindings after it")
        equal(len({packet.user() for packet in capture.registers(since=since, unregisters=True)}), 3,
              "accounts that unregistered")

    daemon.settings["unregister-on-exit"] = "no"
    daemon.write()
    daemon.start()
    for user in users:
        daemon.wait(user, "registered")
    equal(daemon.stop(), 0, "the exit code")
    equal([server.users() for server in (first, second, third)], [["100"], ["101"], ["102"]], "the bindings stay")


@case("B43", limit=30)
def sigterm_silent(w):
    """a server that hangs does not keep the daemon from ending: 5 s at most, exit 0, and the log counts it"""
    first, second = w.servers(2, users={"100": "secret", "101": "secret"})
    daemon = w.daemon([account(w, "100", first), account(w, "101", second)]).start()
    daemon.wait("100", "registered")
    daemon.wait("101", "registered")
    equal((first.users(), second.users()), (["100"], ["101"]), "the bindings")
    first.stop()
    since = wall()
    equal(daemon.stop(), 0, "the exit code")
    took = wall() - since
    w.note("ended after %.1f s" % took)
    check(took <= 6, "took %.1f s" % took)
    equal(second.users(), [], "the other account is unregistered")
    check(daemon.log().rstrip().endswith(" 1"), "the last log line counts what got no answer: "
          + daemon.log().strip().splitlines()[-1])
