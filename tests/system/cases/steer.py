# SPDX-License-Identifier: ISC
"""What an admin does with sipkeepctl: drain, explain, events; many accounts from a file; a user without rights."""

import json
import os
import pty
import pwd
import signal
import socket
import subprocess
import time

from parts.case import Skip, case, check, equal, until
from parts.certificates import Authority
from parts.daemon import environment
from parts.process import find_program
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


class Tracer:
    """sipkeepctl trace, and what it wrote; ended as an admin ends it, by Ctrl-C."""

    def __init__(self, daemon, *arguments):
        self.process = subprocess.Popen([os.environ["SIPKEEPCTL"], "-s", daemon.control, "trace"] + list(arguments),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, errors="replace",
                                        env=environment())

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=10)[0]


def dissected(w, path, *fields, shown="sip"):
    """What tshark reads in a capture: a row of fields for each packet."""
    done = subprocess.run([find_program("tshark", "tshark"), "-n", "-r", path, "-Y", shown, "-T", "fields"]
                          + [word for field in fields for word in ("-e", field)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30,
                          env=dict(os.environ, HOME=w.directory, XDG_CONFIG_HOME=w.directory))
    equal(done.returncode, 0, "tshark reads it: " + done.stderr)
    return [line.split("\t") for line in done.stdout.splitlines()]


@case("B72", limit=60)
def traced(w):
    """trace: the SIP of one account, or of one server, live and as a capture that tshark reads; no secret in it"""
    authority = Authority(w, "known")
    first = w.server(1, users={"100": "secret", "101": "secret"}, stream=authority.issue("good", "DNS:voice.test"))
    second = w.server(2, users={"100": "secret", "101": "secret"})
    daemon = w.daemon([account(w, "101", second)], arguments=("-f",), tls_ca_file=authority.file)
    daemon.settings["upstream"] = ["udp:%s:5060" % daemon.address, "tls:%s:5061" % daemon.address]
    daemon.accounts.append({"user": "100", "server": "voice.test; " + first.tls_host, "password": "secret",
                            "transport": "tls"})
    daemon.write()
    daemon.start()
    daemon.wait("100", "registered")
    daemon.active("101", second.name)
    everything, of_one = w.path("all.pcap"), w.path("one.pcap")
    tracers = [w.owns(Tracer(daemon, *arguments)) for arguments in (
        ("--pcap", everything), ("--pcap", of_one, "--account", "100"), ("--account", "101"),
        ("--server", second.name))]
    until(lambda: os.path.exists(of_one) and os.path.getsize(of_one) == 24 and os.path.getsize(everything) >= 24, 5,
          "they listen")
    time.sleep(0.3)
    equal(os.stat(everything).st_mode & 0o777, 0o600, "the capture is for its owner alone")
    for user in ("100", "101"):
        equal(daemon.ctl("register", user)[0], 0, "exit of register")
    until(lambda: os.path.getsize(of_one) > 600, 5, "the account's messages")
    for port in (5061, 5060):       # over TLS, and of the other server
        until(lambda: "200" in [row[0] for row in dissected(w, everything, "sip.Status-Code", shown=
              'sip.CSeq.method == "OPTIONS" && udp.port == %d' % port)], 10, "an answered probe on port %d" % port)
    _, _, text, at_server = [tracer.end() for tracer in tracers]

    rows = dissected(w, of_one, "sip.CSeq.method", "sip.to.user", "ip.addr", "udp.port")
    check(len(rows) >= 2 and {tuple(row[:2]) for row in rows} == {("REGISTER", "100")}, "of one: %s" % rows)
    check(all(w.ip(1) in row[2] and daemon.address in row[2] and "5061" in row[3] for row in rows), str(rows))
    rows = dissected(w, everything, "sip.CSeq.method", "sip.to.user")
    check({("REGISTER", "100"), ("REGISTER", "101")} <= {tuple(row) for row in rows}, "of all: %s" % rows)
    equal(dissected(w, everything, "frame.number", shown="_ws.malformed || _ws.expert.severity == error || !sip"), [],
          "what tshark dislikes")
    secrets = dissected(w, everything, "sip.auth.digest.response", shown="sip.auth.digest.response")
    check(secrets and all(row == ["***"] for row in secrets), "the responses: %s" % secrets)

    check("udp:%s:5060 -> " % w.ip(2) in text and "  -> REGISTER sip:voice.test SIP/2.0\n" in text
          and "  <- SIP/2.0 200 OK\n" in text and "response=***" in text, "as text:\n" + text)
    check("OPTIONS sip:" not in text and "100@" not in text, "of the account alone:\n" + text)
    check("OPTIONS sip:" in at_server and w.ip(1) + ":" not in at_server, "of the server alone:\n" + at_server)

    tracer = w.owns(Tracer(daemon, "--pcap", "-"))
    equal(daemon.ctl("trace", "--account", "nobody")[0], 1, "exit for an account that is not there")
    equal(daemon.ctl("trace", "--pcap")[0], 2, "exit without a file")
    daemon.stop()
    tracer.process.wait(10)
    equal(tracer.process.returncode, 3, "exit when the daemon ends")


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
    daemon = w.daemon([account(w, "100", server)], user="nobody", http="127.0.0.1:80")
    good = daemon.text()
    theirs = os.path.join(daemon.directory, "state")
    os.makedirs(theirs, exist_ok=True)
    with open(os.open(w.path("rootsown"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write("nothing for nobody")
    os.symlink(w.path("rootsown"), os.path.join(theirs, "journal"))
    os.chown(theirs, nobody.pw_uid, nobody.pw_gid)
    secret = os.path.join(daemon.directory, "secret")
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write("secret\n")
    for folder in (os.path.dirname(w.directory), w.directory, daemon.directory):
        os.chmod(folder, 0o711)
    daemon.start()
    daemon.wait("100", "registered")
    check("journal cannot be read: Permission denied" in daemon.log(), "root does not read what a link leads to")
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
    refused(":60: Permission denied", good.replace(":5060\"", ":60\""))
    refused("Cannot assign requested address", good.replace("127.0.0.1:80", "127.0.0.1:8080").replace(
        "udp:%s:" % daemon.address, "udp:198.51.100.1:"))
    with socket.create_connection(("127.0.0.1", 80), timeout=5):
        pass        # a low port that was let go could not be had again
    daemon.write()
    os.chmod(daemon.conf, 0o644)
    equal(daemon.reload()[0], 0, "the good one")
    equal(server.users(), ["100"], "the binding")
