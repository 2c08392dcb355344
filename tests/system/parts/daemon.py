# SPDX-License-Identifier: ISC
"""sipkeepd as it was built, in the foreground with a configuration of the case, and sipkeepctl beside it."""

import json
import os
import re
import signal
import subprocess
import time

from parts.case import Failed, check, until
from parts.process import Group

SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|Assertion .* failed")


def text_of(settings, indent=""):
    """{"probe-interval": "1s"} as lines of sipkeepd.conf: blanks around '=', secrets in single quotes."""
    lines = []
    for key, value in settings.items():
        if isinstance(value, bool):
            value = "yes" if value else "no"
        elif isinstance(value, (list, tuple)):
            value = "{" + ", ".join('"%s"' % item for item in value) + "}"
        elif key == "password":
            value = "'%s'" % value
        elif isinstance(value, str) and not re.fullmatch(r"\d+(ms|s|m|h)?|yes|no|udp|tcp|tls|any|ipv4|ipv6|ttl", value):
            value = '"%s"' % value
        lines.append("%s%s = %s\n" % (indent, key, value))
    return "".join(lines)


class Daemon:
    """
    accounts  list of {"user": …, "server": …, "password": …, …}
    settings  the global keys, '_' for '-'; those that are not given are set for a quick test
    """

    QUICK = {"probe-interval": "2s", "probe-interval-active": "1s", "probe-interval-down": "1s"}

    def __init__(self, world, accounts=(), address=None, port=5060, quick=True, arguments=("-f", "-d"), **settings):
        number = len(world.daemons)
        self.world = world
        self.address = address or world.ip(100 + number)
        self.port = port
        self.directory = world.path("d%d" % number)
        os.mkdir(self.directory, 0o700)
        self.conf = os.path.join(self.directory, "sipkeepd.conf")
        self.control = os.path.join(self.directory, "run", "control")
        self.arguments = list(arguments)
        self.group = None
        self.environment = {}       # of the daemon, beside what all get
        self.accounts = [dict(account) for account in accounts]
        host = "[%s]" % self.address if ":" in self.address else self.address
        self.settings = {"upstream": "udp:%s:%d" % (host, port), "control": self.control,
                         "state-dir": os.path.join(self.directory, "state")}
        os.mkdir(os.path.join(self.directory, "run"), 0o700)
        os.mkdir(os.path.join(self.directory, "state"), 0o700)
        if quick:
            self.settings.update(self.QUICK)
        self.settings.update({key.replace("_", "-"): value for key, value in settings.items()})
        self.write()

    def text(self):
        return text_of(self.settings) + "".join("\naccount {\n%s}\n" % text_of(account, "\t")
                                                for account in self.accounts)

    def write(self, text=None):
        """Writes the configuration, as it stands in self.settings and self.accounts or as given."""
        with open(os.open(self.conf, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(self.text() if text is None else text)

    def start(self):
        """Starts it and returns when its control socket answers."""
        check(self.group is None or not self.group.running(), "the daemon runs already")
        self.group = Group(self.world.path("groups"), [program("SIPKEEPD")] + self.arguments + ["-c", self.conf],
                           os.path.join(self.directory, "log"), cwd=self.directory,
                           env={**environment(), **self.environment})
        until(self.ready, 10, lambda: "the daemon answers on its control socket\n" + self.group.tail())
        return self

    def ready(self):
        check(self.group.running(),
              "the daemon ended with %s:\n%s" % (self.group.process.returncode, self.group.tail()))
        return os.path.exists(self.control) and self.ctl("status", "--json")[0] == 0

    def pid(self):
        return self.group.pid

    def log(self):
        with open(os.path.join(self.directory, "log"), errors="replace") as file:
            return file.read()

    # ---- sipkeepctl ----

    def ctl(self, *arguments, timeout=20):
        """(exit code, standard output, standard error) of sipkeepctl."""
        done = subprocess.run([program("SIPKEEPCTL"), "-s", self.control] + list(arguments), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout, env=environment())
        return done.returncode, done.stdout, done.stderr

    def status(self):
        code, out, err = self.ctl("status", "--json")
        check(code == 0, "sipkeepctl status --json: exit %d\n%s%s" % (code, out, err))
        return Status(json.loads(out))

    def account(self, user):
        return self.status().account(user)

    def wait(self, user, *conditions, timeout=10):
        """`sipkeepctl wait`, as a script would use it: a state, active=ADDRESS, or both."""
        code, out, err = self.ctl("wait", user, *(conditions or ("registered",)), "--timeout", str(timeout),
                                  timeout=timeout + 10)
        if code != 0:
            raise Failed("sipkeepctl wait %s %s: exit %d %s%s\n%s"
                         % (user, " ".join(conditions), code, out, err, self.ctl("status", "--long")[1]))

    def active(self, user, server, timeout=10):
        """Waits until the account is registered on that server."""
        self.wait(user, "registered", "active=" + server, timeout=timeout)

    def sees(self, user, timeout=10, **want):
        """Waits until candidates have the given states, by the last number of their address: _1="up"."""
        want = {self.world.ip(int(key[1:])): state for key, state in want.items()}

        def there():
            have = self.account(user).states()
            return all(have.get(server) == state for server, state in want.items())
        until(there, timeout, lambda: "candidates of %s are %s\n%s" % (user, want, self.ctl("status", "--long")[1]))

    def settled(self, user, timeout=10):
        """Waits until no candidate's state is unknown."""
        until(lambda: "unknown" not in self.account(user).states().values(), timeout,
              lambda: "all candidates of %s are known\n%s" % (user, self.ctl("status", "--long")[1]))

    def reload(self):
        return self.ctl("reload")

    # ---- ending ----

    def signal(self, number):
        os.kill(self.pid(), number)

    def stop(self, timeout=8):
        """SIGTERM; gives the exit code."""
        self.signal(signal.SIGTERM)
        try:
            return self.group.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed("the daemon has not ended %g s after SIGTERM\n%s" % (timeout, self.group.tail())) from None

    def verify(self):
        """Ended in order, or not at all yet; nothing from a sanitizer."""
        if self.group is None:
            return
        if self.group.running():
            equal_code = self.stop()
        else:
            equal_code = self.group.process.returncode
        found = [line for line in self.log().splitlines() if SANITIZER.search(line)]
        check(not found, "the daemon's log has: " + "; ".join(found[:3]))
        check(equal_code in (0, 1), "the daemon ended with %s\n%s" % (equal_code, self.group.tail()))

    def end(self):
        if self.group:
            self.group.end()

    # ---- what it costs ----

    def sanitized(self):
        with open("/proc/%d/maps" % self.pid()) as file:
            return "libasan" in file.read()

    def context_switches(self):
        with open("/proc/%d/status" % self.pid()) as file:
            return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", file.read(), re.M).group(1))

    def cpu_seconds(self):
        with open("/proc/%d/stat" % self.pid()) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """{"Rss": bytes, "Private_Dirty": bytes, …}"""
        with open("/proc/%d/smaps_rollup" % self.pid()) as file:
            return {name: int(size) * 1024 for name, size in re.findall(r"^(\w+):\s+(\d+) kB", file.read(), re.M)}


class Status:
    """`status --json`: the one place that knows the names of its fields."""

    def __init__(self, data):
        self.data = data
        self.accounts = [AccountStatus(row) for row in data["accounts"]]

    @property
    def generation(self):
        return self.data["generation"]

    @property
    def drops(self):
        """What came in and was dropped: {"garbage": 0, …}"""
        return self.data["dropped"]

    def account(self, user):
        for account in self.accounts:
            if account.aor == user or account.aor.split("@")[0] == user:
                return account
        raise Failed("no account %s in the status" % user)


class AccountStatus:
    def __init__(self, data):
        self.data = data
        self.aor = data["aor"]
        self.state = data["state"]
        self.candidates = [Candidate(row) for row in data["candidates"]]
        self.active = None if data["active"] is None else self.candidates[data["active"]].server

    def rows(self):
        """["P1:1  127.80.1.1  up*" …], as the bulletin's screen has it."""
        return ["%s  %s  %s%s" % (row.place, row.server, row.state, "*" if row.active else "")
                for row in self.candidates]

    def states(self):
        """{"127.80.1.1": "up" …}"""
        return {row.server: row.state for row in self.candidates}

    def failovers(self):
        return self.data["failovers"], self.data["failbacks"]


class Candidate:
    """
    place   "P1:1"
    server  "127.80.1.1", with its port when that is another than 5060
    state   unknown, up, down or failed
    """

    def __init__(self, data):
        self.data = data
        self.place = "P%d:%d" % (data["rank"], data["priority"])
        host = "[%s]" % data["address"] if ":" in data["address"] else data["address"]
        self.server = data["address"] if data["port"] == 5060 else "%s:%d" % (host, data["port"])
        self.state = data["state"]
        self.active = data["active"]
        self.held_off = data["held_off"]


def program(variable):
    path = os.environ.get(variable)
    if not path or not os.access(path, os.X_OK):
        raise Failed("%s names no program: %r" % (variable, path))
    return path


def environment():
    """Nothing of the caller's environment changes what the daemon says."""
    kept = {key: value for key, value in os.environ.items() if key.startswith(("ASAN_", "UBSAN_", "LSAN_", "LD_"))}
    kept.update({"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"})
    return kept


def wall():
    """Now, as the capture counts."""
    return time.time()
