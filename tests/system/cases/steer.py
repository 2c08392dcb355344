# SPDX-License-Identifier: ISC
"""What an admin does with sipkeepctl: drain, explain, events; many accounts from a file; a user without rights."""

import json
import os
import pwd
import subprocess

from parts.case import Skip, case, check, equal, until
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
