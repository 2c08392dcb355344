# SPDX-License-Identifier: ISC
"""What an admin does with sipkeepctl: drain, explain, events; many accounts from a file; a user without rights."""

import json
import os
import pty
import pwd
import subprocess

from parts.case import Skip, case, check, equal, until
from parts.daemon import environment
from cases.accounts import account


@case("B73 B74")
def drained_for_maintenance(w):
    """drain moves the account in order and undrain brings it back; explain and events tell it"""
    capture = w.capture()
    first, second = w.servers(2, users={"100": "secret"})
    daemon = w.daemon([account(w, "100", first, second)]).start()
    daemon.active("100", first.name)
    daemon.settled("100")
    follower = subprocess.Popen([os.environ["SIPKEEPCTL"], "-s", daemon.control, "events", "--follow", "--json"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        code, out, err = daemon.ctl("drain", first.name)
        equal(code, 0, "exit of drain: " + out + err)
        daemon.active("100", second.name)
        until(lambda: (first.users(), second.users()) == ([], ["100"]), 5, "the binding has moved")
        code, out, err = daemon.ctl("explain", "100")
        equal(code, 0, "exit of explain: " + err)
        check("why: a better server is drained" in out and "drained on request; taken once it is undrained" in out
              and "came there: the server before it is drained" in out, out)
        why = json.loads(daemon.ctl("explain", "100", "--json")[1])
        equal((why["reason"], why["chosen"]), ("better-drained", 1), "the reason and the choice")
        equal([row["verdict"] for row in why["candidates"]], ["drained", "chosen"], "the verdicts")
        check("drained" in daemon.ctl("status")[1], "the status shows it")
        daemon.reload()
        equal(daemon.account("100").active, second.name, "after a reload")
        equal(daemon.ctl("undrain", first.name)[0], 0, "exit of undrain")
        daemon.active("100", first.name)
        until(lambda: second.users() == [], 5, "nothing stays on the second")
        equal(daemon.ctl("drain", "192.0.2.99")[0], 1, "exit for a server that nobody has")
        daemon.stop()
        kinds = [json.loads(line)["kind"] for line in follower.communicate(timeout=10)[0].splitlines()]
        equal(follower.returncode, 3, "exit of events --follow when the daemon ends")
    finally:
        if follower.poll() is None:
            follower.kill()
            follower.wait()
    wanted = ["registered", "drained", "unregistered", "moved", "registered", "reloaded", "undrained", "unregistered",
              "failed-back", "registered", "unregistered"]
    equal([kind for kind in kinds if not kind.startswith("server-")], wanted, "the events")
    equal(len(capture.registers(user="100", target=second.address)), 3, "REGISTERs: there, challenged once, and away")


def on_terminal(daemon, *arguments, **environ):
    """What sipkeepctl writes to a terminal."""
    master, slave = pty.openpty()
    try:
        done = subprocess.run([os.environ["SIPKEEPCTL"], "-s", daemon.control] + list(arguments), stdout=slave,
                              stdin=subprocess.DEVNULL, env=dict(environment(), TERM="xterm", **environ), timeout=20)
        equal(done.returncode, 0, "exit of " + " ".join(arguments))
        os.close(slave)
        slave = None
        out = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:
                piece = b""
            if not piece:
                return out.decode()
            out += piece
    finally:
        for fd in (master, slave):
            if fd is not None:
                os.close(fd)


@case("B70")
def at_a_glance(w):
    """status, servers, check and log: what an admin and a monitoring system look at first"""
    first, second = w.servers(2, users={"100": "secret", "101": "secret"})
    daemon = w.daemon([account(w, "100", first, second), account(w, "101", second, first)], arguments=("-f",)).start()
    daemon.active("100", first.name)
    daemon.active("101", second.name)
    daemon.settled("100")
    rows = [line.split() for line in daemon.ctl("status")[1].splitlines()]
    equal([row[:3] + row[4:] for row in rows if row and "@" in row[0]],
          [["100@voice.test", "registered", first.name, "P1:1", "up*", "P2:1", "up"],
           ["101@voice.test", "registered", second.name, "P1:1", "up*", "P2:1", "up"]], "the table")
    rows = {row["address"]: row for row in json.loads(daemon.ctl("servers", "--json")[1])["servers"]}
    equal([(row["health"], row["active_accounts"], row["expected_accounts"], row["rtt_ms"] is not None)
           for row in (rows[first.name], rows[second.name])], [("up", 1, 1, True)] * 2, "the servers")
    code, out, _ = daemon.ctl("check")
    equal((code, out), (0, "OK - 2 of 2 accounts registered, 2 redundant | registered=2;;2:;0;2 "
                           "redundant=2;2:;;0;2\n"), "check of what is well")
    first.kill()
    daemon.active("100", second.name)
    code, out, _ = daemon.ctl("check")
    check(code == 1 and out.startswith("WARNING - 2 of 2 accounts registered, 0 redundant |"), "check: " + out)
    equal(daemon.ctl("check", "--warning", "100%")[0], 0, "exit of a tolerant check")
    second.kill()
    until(lambda: daemon.ctl("check", "100")[0] == 2, 10, lambda: "critical: " + daemon.ctl("check", "100")[1])
    check("100@voice.test down" in daemon.ctl("check")[1], "who is down: " + daemon.ctl("check")[1])
    equal(daemon.ctl("check", "nobody")[0], 3, "exit for an account that is not there")
    rows = daemon.ctl("servers")[1].splitlines()
    check(len(rows) == 3 and all(row.split()[1] == "down" for row in rows[1:]), "all down:\n" + "\n".join(rows))

    table = on_terminal(daemon, "status")
    check("\x1b[31mdown\x1b[0m" in table and "\x1b[31m" in on_terminal(daemon, "servers"), "colours: %r" % table)
    check("\x1b" not in on_terminal(daemon, "status", NO_COLOR="1"), "no colours with NO_COLOR")
    check("\x1b" not in daemon.ctl("status")[1], "no colours in a file")

    equal(daemon.ctl("log")[1], "notice\n", "the level at the start")
    check("OPTIONS sip:" not in daemon.log(), "no messages in the log yet")
    equal(daemon.ctl("log", "debug")[0], 0, "exit of log debug")
    until(lambda: "OPTIONS sip:" in daemon.log(), 5, "messages in the log")
    equal(daemon.ctl("log", "loud")[0], 2, "exit of a level that there is not")
    daemon.stop()
    code, out, _ = daemon.ctl("check")
    check(code == 2 and out.startswith("CRITICAL - "), "check without a daemon: exit %d, %s" % (code, out))


@case("B8 B71")
def accounts_file(w):
    """accounts from a file, one a line; a reload reads it anew and touches only what changed"""
    server = w.server(1, users={user: "secret" for user in ("100", "101", "102")})
    daemon = w.daemon([account(w, "100", server)], accounts_file="list.tsv")
    path = os.path.join(daemon.directory, "list.tsv")

    def write(*lines):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write("".join("\t".join(line) + "\n" for line in lines))

    head = ("user", "server", "password")
    field = "voice.test; " + server.name
    write(head, ("101", field, "secret"))
    daemon.start()
    daemon.wait("100", "registered")
    daemon.wait("101", "registered")
    capture = w.capture()
    write(head, ("101", field, "secret"), ("102", field, "secret"))
    equal(daemon.reload()[0], 0, "exit of reload")
    daemon.wait("102", "registered")
    equal([len(capture.registers(user=user)) for user in ("100", "101")], [0, 0], "REGISTERs of the others")
    write(head, ("101", field, "secret"), ("100", field, "secret"))
    code, out, err = daemon.reload()
    check(code == 1 and "list.tsv:3: account 100@voice.test stands there twice" in out + err, "refused: " + out + err)
    equal(len(daemon.status().accounts), 3, "accounts after a refused reload")


@case("B71")
def reload_without_rights(w):
    """after the daemon has become another user, a reload that needs root's rights is refused before anything"""
    if os.geteuid() != 0:
        raise Skip("not root: nothing to give up")
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise Skip("there is no user nobody") from None
    server = w.server(1, users={"100": "secret", "101": "secret"})
    daemon = w.daemon([account(w, "100", server)], user="nobody")
    good = daemon.text()
    secret = os.path.join(daemon.directory, "secret")
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write("secret\n")
    for folder in (os.path.dirname(w.directory), w.directory, daemon.directory):
        os.chmod(folder, 0o711)
    daemon.start()
    daemon.wait("100", "registered")
    with open("/proc/%d/status" % daemon.pid()) as file:
        check("Uid:\t%d\t%d\t%d\t" % ((nobody.pw_uid,) * 3) in file.read(), "the daemon is nobody")

    def refused(words, text=None, mode=0o644):
        daemon.write(text)
        os.chmod(daemon.conf, mode)
        generation = daemon.status().generation
        code, out, err = daemon.reload()
        check(code == 1 and words in out + err, "wanted \"%s\": exit %d, %s%s" % (words, code, out, err))
        equal(daemon.status().generation, generation, "the generation")
        equal([row.aor for row in daemon.status().accounts], ["100@voice.test"], "the accounts")

    refused("cannot read it (Permission denied)", mode=0o600)
    refused("%s (Permission denied); correct the path or its permissions" % secret, good + (
        'account {\n\tuser = "101"\n\tserver = "voice.test; %s"\n\tpassword-file = "%s"\n}\n' % (server.name, secret)))
    refused("%s (Permission denied)" % secret, 'accounts-file = "%s"\n' % secret + good)
    refused("user cannot be changed while running", good.replace('user = "nobody"\n', ""))
    refused("upstream cannot be changed while running", good.replace(":5060\"", ":60\""))
    daemon.write()
    os.chmod(daemon.conf, 0o644)
    equal(daemon.reload()[0], 0, "the good one")
    equal(server.users(), ["100"], "the binding")
