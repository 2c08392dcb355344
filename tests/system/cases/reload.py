# SPDX-License-Identifier: ISC
"""SIGHUP and `sipkeepctl reload`: whole or not at all, and as a difference."""

import signal
import time

from parts.case import case, check, equal, stays, until
from parts.daemon import wall
from cases.accounts import account


def started(w, *users):
    capture = w.capture()
    first, second = w.servers(2, users={user: "secret" for user in ("100", "101", "102")})
    daemon = w.daemon([account(w, user, first, second) for user in users]).start()
    for user in users:
        daemon.active(user, first.name)
    daemon.settled("100")
    return capture, first, second, daemon


@case("B71", limit=30)
def reload_broken(w):
    """a broken file changes nothing and says why, with file and line"""
    capture, first, _, daemon = started(w, "100", "101")
    good = daemon.text()
    for broken, line in ((good + "account {\n\tuser = \"103\"\n", None),
                         (good + "no-such-key = 1\n", good.count("\n") + 1),
                         (good.replace("probe-interval = 2s", "probe-interval = 2parsec"), None),
                         (good.replace("/run/control", "/run/other"), 0)):
        daemon.write(broken)
        since, generation = wall(), daemon.status().generation
        code, out, err = daemon.reload()
        check(code == 1, "exit %d of sipkeepctl reload: %s%s" % (code, out, err))
        check(("sipkeepd.conf:" if line != 0 else "control") in out + err, "it says what and where: %s%s" % (out, err))
        if line:
            check("sipkeepd.conf:%d:" % line in out + err, "it names line %d: %s%s" % (line, out, err))
        equal(daemon.status().generation, generation, "the generation")
        equal([row.aor for row in daemon.status().accounts], ["100@voice.test", "101@voice.test"], "the accounts")
        equal(capture.registers(since=since), [], "REGISTERs")
    daemon.signal(signal.SIGHUP)
    stays(lambda: daemon.status().generation == 1, 1, "SIGHUP takes no broken file either")
    equal(first.users(), ["100", "101"], "the bindings")


@case("B71", limit=30)
def reload_difference(w):
    """one account added, one removed: the untouched one sends no packet"""
    capture, first, second, daemon = started(w, "100", "101")
    since = wall()
    daemon.accounts = [daemon.accounts[0], account(w, "102", first, second)]
    daemon.write()
    code, out, err = daemon.reload()
    equal(code, 0, "sipkeepctl reload: %s%s" % (out, err))
    equal(daemon.status().generation, 2, "the generation")
    daemon.active("102", first.name)
    until(lambda: first.users() == ["100", "102"], 5, lambda: "the bindings: %s" % first.users())
    equal(len(capture.registers(user="101", since=since, unregisters=True)), 1, "the removed one unregisters")
    equal([row.aor for row in daemon.status().accounts], ["100@voice.test", "102@voice.test"], "the accounts")
    daemon.signal(signal.SIGHUP)
    until(lambda: daemon.status().generation == 3, 3, "SIGHUP applies, too")
    stays(lambda: daemon.account("100").active == first.name, 2, "the untouched one stays")
    equal(capture.packets(method="REGISTER", user="100", since=since), [], "packets of the untouched account")
    equal([p for p in capture.registers(user="102", since=since) if p.unregisters()], [], "and 102 stays")


@case("B71", limit=30)
def reload_changed(w):
    """a changed account registers anew where it is; with other servers it moves, unregistering first"""
    capture, first, second, daemon = started(w, "100", "101")
    begun = since = wall()
    daemon.accounts[1]["display-name"] = "Door"
    daemon.accounts[1]["expires"] = "200s"
    daemon.write()
    equal(daemon.reload()[0], 0, "reload")
    capture.wait(5, "the new register", method="REGISTER", request=True, user="101", since=since)
    daemon.active("101", first.name)
    equal(capture.registers(target=second.address), [], "nothing goes elsewhere")

    since = wall()
    daemon.accounts[1] = account(w, "101", second, first)
    daemon.write()
    equal(daemon.reload()[0], 0, "reload")
    daemon.active("101", second.name)
    until(lambda: (first.users(), second.users()) == (["100"], ["101"]), 3,
          lambda: "the bindings: %s %s" % (first.users(), second.users()))
    left = capture.registers(user="101", target=first.address, since=since, unregisters=True)
    came = capture.registers(user="101", target=second.address, since=since, unregisters=False)
    check(left and came and left[0].time < came[0].time, "unregistered first\n" + capture.story())
    time.sleep(0.3)
    equal(len(capture.packets(method="REGISTER", user="101", code=200, source=second.address)), 1,
          "grants by the new server: one is enough (B33)\n" + capture.story())
    equal(capture.packets(method="REGISTER", user="100", since=begun), [], "packets of the untouched account")
