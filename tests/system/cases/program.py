# SPDX-License-Identifier: ISC
"""The program from outside: options, broken files, daemon mode, what the log says and what it hides."""

import json
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import time

from parts.case import case, check, equal, until
from parts.daemon import environment, program
from parts.process import start_time
from cases.accounts import account

GOOD = 'control = "%s/c"\naccount {\n\tuser = "100"\n\tserver = "voice.test; 127.0.0.1"\n}\n'


@case("B2 B72")
def check_configuration(w):
    """-t: 0 for a good file, 1 for a broken one, and each mistake is named with file and line"""
    path = w.path("conf")
    good = GOOD % w.directory

    def verdict(text):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        done = subprocess.run([program("SIPKEEPD"), "-t", "-c", path], capture_output=True, text=True, timeout=10,
                              env=environment(), stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout + done.stderr

    equal(verdict(good)[0], 0, "the good one: " + verdict(good)[1])
    for what, text, line in (
            ("an unknown key", good + "colour = red\n", 6),
            ("a duplicate key", "expires = 300s\nexpires = 200s\n" + good, 2),
            ("a duplicate account", good + 'account {\n\tuser = "100"\n\tserver = "voice.test; 127.0.0.2"\n}\n', None),
            ("an unclosed block", good + 'account {\n\tuser = "101"\n', None),
            ("a bad duration", "probe-interval = 5x\n" + good, 1),
            ("a negative duration", "probe-interval = -5s\n" + good, 1),
            ("a port out of range", good.replace("; 127.0.0.1", "; 127.0.0.1:70000"), 4),
            ("an empty serverspec", good.replace("; 127.0.0.1", "; ; 127.0.0.1"), 4),
            ("five serverspecs", good.replace("; 127.0.0.1", "; 127.0.0.1" * 5), 4),
            ("a name that is no name", good.replace("; 127.0.0.1", "; a_b!c"), 4),
            ("an account without server", 'control = "%s/c"\naccount {\n\tuser = "100"\n}\n' % w.directory, None)):
        code, said = verdict(text)
        equal(code, 1, "exit code for %s: %s" % (what, said))
        check(re.search(r"conf:%s:" % (line or r"\d+"), said), "%s, line %s: %s" % (what, line, said))
    said = verdict("")[1]
    check("warning: %s: no account" % path in said, "what it warns of: " + said)
    equal(said.count("warning:"), 1, "the word stands once: " + said)
    code, said = verdict('notify = "/no/such/program"\n' + good)
    equal(code, 0, "a program that another machine may have: " + said)
    check("warning: notify: /no/such/program: No such file" in said, "a warning about it: " + said)
    code, said = verdict('user = "no-such-user"\ncontrol-group = "no-such-group"\n' + good)
    equal(code, 0, "a user and a group that another machine may have: " + said)
    for name in ("user no-such-user", "group no-such-group"):
        check(re.search("warning: .*" + name, said), "a warning about %s: %s" % (name, said))
    done = subprocess.run([program("SIPKEEPD"), "-f", "-c", w.path("none")], capture_output=True, text=True, timeout=10,
                          env=environment(), stdin=subprocess.DEVNULL)
    equal(done.returncode, 1, "no file at all")
    check("none" in done.stdout + done.stderr, "it is named")
    done = subprocess.run([program("SIPKEEPD"), "--version"], capture_output=True, text=True, timeout=10,
                          env=environment())
    check(done.returncode == 0 and re.search(r"\d+\.\d+", done.stdout), "--version: " + done.stdout)


@case("B72")
def log_of_messages(w):
    """-d shows every message, secrets masked; SIGUSR1 writes the status to the log"""
    capture = w.capture()
    server = w.server(1, users={"100": "Quite-Secret-77"})
    daemon = w.daemon([account(w, "100", server, password="Quite-Secret-77")]).start()
    daemon.wait("100", "registered")
    daemon.settled("100")
    sent = next(packet.header("Authorization") for packet in capture.registers() if packet.header("Authorization"))
    response = re.search(r'response="([0-9a-f]+)"', sent).group(1)
    log = daemon.log()
    check("REGISTER sip:voice.test SIP/2.0" in log and "SIP/2.0 401" in log and "OPTIONS" in log,
          "the messages are there")
    check("Quite-Secret-77" not in log, "the password is in the log")
    check(response not in log, "the digest response is in the log")
    daemon.signal(signal.SIGUSR1)
    until(lambda: re.search(r"P1:1\s+%s\s+up\*" % re.escape(server.name), daemon.log()), 3, "the status in the log")
    daemon.settings["state-dir"] = w.path("other")
    daemon.write()
    code, out, err = daemon.reload()
    equal(code != 0, True, "a reload that would need a restart")
    check(re.search("state-dir.*restart", out + err), "it says which key: " + out + err)


@case("B72", limit=30)
def background(w):
    """daemon mode: returns when it is ready, pid file, no second one beside it, ends on SIGTERM"""
    server = w.server(1)
    daemon = w.daemon([account(w, "100", server)])
    pid_file = os.path.join(daemon.directory, "pid", "of", "it")
    daemon.settings["pid-file"] = pid_file
    daemon.write()
    done = subprocess.run([program("SIPKEEPD"), "-c", daemon.conf], timeout=10, env=environment(),
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(pid_file) as file:
        pid = int(file.read())
    with open(w.path("groups"), "a") as file:
        file.write("%d %s\n" % (pid, start_time(pid)))
    try:
        equal(done.returncode, 0, "the exit code of the starting command")
        daemon.wait("100", "registered")
        equal(os.getsid(pid) != os.getsid(0), True, "a session of its own")
        again = subprocess.run([program("SIPKEEPD"), "-f", "-c", daemon.conf], timeout=10, env=environment(),
                               stdin=subprocess.DEVNULL, capture_output=True, text=True)
        equal(again.returncode, 1, "a second one is refused: " + again.stderr)
        again = subprocess.run([program("SIPKEEPD"), "-c", daemon.conf], timeout=10, env=environment(),
                               stdin=subprocess.DEVNULL, capture_output=True, text=True)
        equal(again.returncode, 1, "a second one in the background")
        check("another sipkeepd holds it" in again.stderr, "it says whom it met: " + again.stderr)
        equal(daemon.account("100").state, "registered", "the first one is not harmed")
        equal(server.users(), ["100"], "the binding")
    finally:
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 6
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)     # we are its parent now (adopt_orphans)
        if ended:
            break
        time.sleep(0.02)
    else:
        os.kill(pid, signal.SIGKILL)
        check(False, "it has not ended")
    equal(os.waitstatus_to_exitcode(status), 0, "the exit code")
    check(not os.path.exists(pid_file), "the pid file is gone")
    check(not os.path.exists(daemon.control), "the control socket is gone")
    equal(server.users(), [], "the binding")


def as_other_user():
    """A user that root can become here, or None."""
    def become():
        os.setgroups([])
        os.setgid(pwd.getpwnam("nobody").pw_gid)
        os.setuid(pwd.getpwnam("nobody").pw_uid)
    if os.geteuid() != 0:
        return None
    try:
        subprocess.run(["true"], preexec_fn=become, check=True)
    except (OSError, KeyError, subprocess.SubprocessError):
        return None
    return pwd.getpwnam("nobody")


def let_in(w):
    """The way to the case's directory is open for that user."""
    for path in (w.directory, os.path.dirname(w.directory)):
        os.chmod(path, 0o711)


def owner_and_mode(path):
    found = os.lstat(path)
    return found.st_uid, stat.S_IMODE(found.st_mode)


@case("B40 B72")
def nothing_prepared(w):
    """state-dir and the directories of pid-file and control are made, with their parents, whatever the umask"""
    server = w.server(1)
    daemon = w.daemon([account(w, "100", server)])
    base = w.path("new")
    user = as_other_user()
    daemon.control = os.path.join(base, "run", "deep", "control")
    state = os.path.join(base, "var", "lib", "state")
    daemon.settings.update({"control": daemon.control, "state-dir": state})
    if user:
        let_in(w)
        daemon.settings["user"] = user.pw_name
    daemon.write()
    before = os.umask(0o077)
    try:
        daemon.start()
    finally:
        os.umask(before)
    uid = user.pw_uid if user else os.geteuid()
    daemon.wait("100", "registered")
    equal(owner_and_mode(os.path.join(base, "var", "lib")), (os.geteuid(), 0o755), "a parent")
    equal(owner_and_mode(state), (uid, 0o750), "state-dir")
    equal(owner_and_mode(os.path.dirname(daemon.control)), (uid, 0o755), "the socket's directory")
    equal(owner_and_mode(daemon.control), (uid, 0o600), "the socket")
    equal(owner_and_mode(os.path.join(state, "key")), (uid, 0o600), "the kept key")
    check("Contacts will differ" not in daemon.log(), "the key is kept")


@case("B40")
def kept_key(w):
    """a good key is kept, garbage is replaced, what cannot be read is left alone"""
    server = w.server(1)
    daemon = w.daemon([account(w, "100", server)])
    path = os.path.join(daemon.settings["state-dir"], "key")
    good = "0123456789abcdef" * 2

    def run_with(content):
        with open(path, "w") as file:
            file.write(content)
        daemon.start()
        equal(daemon.stop(), 0, "the exit code")
        with open(path) as file:
            return file.read()

    equal(run_with(good), good, "a good one")
    check("Contacts" not in daemon.log(), "nothing to say about it")
    for garbage in ("", good[1:], good + "\n", good + "0", "x" * 32):
        now = run_with(garbage)
        check(now != garbage and re.fullmatch("[0-9a-f]{32}", now), "%r has become %r" % (garbage, now))
        check("holds no key" in daemon.log(), "a warning about %r" % garbage)
    os.unlink(path)
    os.symlink("key", path)         # ELOOP
    daemon.start()
    daemon.stop()
    check(os.path.islink(path), "what cannot be read is left alone")
    check("Contacts will differ after a restart" in daemon.log(), "a warning about it")


@case("B73")
def notify_program(w):
    """the program is told of a failover, keeps the rights that the daemon gives up, and ends with the daemon"""
    one, two = w.servers(2)
    told = w.path("told")
    script = w.path("notify")
    with open(script, "w") as file:
        file.write("#!/bin/sh\n{ id -u; cat; } >> %s\n" % told)
    os.chmod(script, 0o755)
    daemon = w.daemon([account(w, "100", one, two)], notify=script)
    user = as_other_user()
    if user:
        let_in(w)
        os.chown(daemon.directory, user.pw_uid, -1)
        os.chown(os.path.join(daemon.directory, "state"), user.pw_uid, -1)
        os.chown(os.path.join(daemon.directory, "run"), user.pw_uid, -1)
        daemon.settings["user"] = user.pw_name
        daemon.write()
    daemon.start()
    daemon.wait("100", "registered")
    one.kill()

    def lines():
        with open(told) as file:
            return file.read().splitlines()

    until(lambda: os.path.exists(told) and any(line.startswith("failed-over\t") for line in lines()) and
          lines()[-1].startswith("registered\t"), 15, "the failover and the new registration are told")
    rows = [line.split("\t") for line in lines() if "\t" in line]
    check(all(len(row) == 8 for row in rows), "eight columns: %s" % rows)
    moved = [row for row in rows if row[0] == "failed-over"][0]
    equal(moved[1:4], ["100@voice.test", "udp:%s:5060" % two.address, "udp:%s:5060" % one.address], "who and where")
    equal({line for line in lines() if "\t" not in line}, {str(os.geteuid())}, "whose rights it has")
    incident = json.loads(daemon.ctl("journal", "--json")[1])[-1]
    equal([incident[key] for key in ("kind", "subject", "accounts", "registered_again", "end")],
          ["server-down", "udp:%s:5060" % one.address, 1, 1, None], "the journal has it as an incident")
    helpers = subprocess.run(["pgrep", "-f", script], capture_output=True, text=True).stdout.split()
    equal(len(helpers), 1, "one helper")
    daemon.stop()
    until(lambda: not os.path.exists("/proc/%s" % helpers[0]) or
          open("/proc/%s/stat" % helpers[0]).read().split()[2] == "Z", 5, "the helper has gone")


@case("B73")
def notify_helper_place(w):
    """what root runs as the helper is looked for beside the program and where it was installed, nowhere around"""
    folder, planted, mark = w.path("local/sbin"), w.path("src/net"), w.path("mark")
    os.makedirs(folder)
    os.makedirs(planted)
    with open(os.open(os.path.join(planted, "notifyhelper"), os.O_WRONLY | os.O_CREAT, 0o755), "w") as file:
        file.write("#!/bin/sh\n: > %s\n" % mark)
    with open(w.path("conf"), "w") as file:
        file.write(GOOD % w.directory + 'notify = "/bin/true"\n')
    copy = shutil.copy(program("SIPKEEPD"), folder)
    started = subprocess.Popen([copy, "-f", "-c", w.path("conf")], env=environment(), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    started.kill()
    started.wait()
    check(not os.path.exists(mark), "a planted helper has not been run")
