# SPDX-License-Identifier: ISC
"""Two gateways with keepalived between them, as contrib/keepalived has it: only the master registers."""

import os
import re
import signal
import subprocess

from parts.case import Skip, case, check, equal, stays, until
from parts.process import Group, find_program
from cases.restart import left_at

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SAMPLE = os.path.join(TOP, "contrib", "keepalived")
SERVICE = "10.99.0.20"

# Only what the sample's script asks of systemd.
SYSTEMCTL = """#!/bin/sh
cd '%(directory)s'
pid=$(cat pid 2>/dev/null)
alive() { [ -n "$pid" ] && grep -q '^State:.[^Z]' /proc/$pid/status; }
case $1 in
start)
	alive && exit
	setsid '%(sipkeepd)s' -f -d -c '%(conf)s' </dev/null >>log 2>&1 &
	echo $! >pid
	echo "$! $(sed 's/.*) //' /proc/$!/stat | cut -d ' ' -f 20)" >>'%(ledger)s'
	;;
stop)
	alive || exit 0
	kill $pid
	while alive; do sleep 0.02; done
	;;
is-active) alive ;;
esac
"""

# The other gateway's folder is at hand here.
RSYNC = """#!/bin/sh
cp -p "$2"* '%s'
"""


class Gateway:
    """A namespace of its own on our bridge, the daemon and keepalived in it."""

    def __init__(self, world, name, number, priority, servers):
        self.world, self.name = world, name
        self.holder = world.owns(Group(world.path("groups"), [find_program("unshare", "util-linux"), "-n", "sleep",
                                                              "600"], world.path("holder-" + name)))
        self.inside = [find_program("nsenter", "util-linux"), "-t", str(self.holder.pid), "-n"]
        until(lambda: os.readlink("/proc/%d/ns/net" % self.holder.pid) != os.readlink("/proc/self/ns/net"), 5,
              "the namespace is there")
        run("ip", "link", "add", "to-" + name, "type", "veth", "peer", "name", "eth0", "netns", str(self.holder.pid))
        run("ip", "link", "set", "to-" + name, "master", "hub", "up")
        run(*self.inside, "ip", "addr", "add", "10.99.0.%d/24" % number, "dev", "eth0")
        run(*self.inside, "ip", "link", "set", "eth0", "up")
        run(*self.inside, "ip", "link", "set", "lo", "up")
        self.daemon = world.daemon(
            [{"user": "100", "server": "; ".join(["voice.test"] + [server.name for server in servers]),
              "password": "secret"}], address=SERVICE, unregister_on_exit=False)
        self.priority = priority
        self.keepalived = None

    def install(self, other):
        """The sample, with the addresses and the speed of this test, and a systemctl and an rsync before the script."""
        directory = self.world.path(self.name)
        os.mkdir(directory)
        self.script = write(directory, "sipkeepd-pair", "#!/bin/sh\nPATH='%s':$PATH STATE='%s' exec '%s' \"$@\"\n"
                            % (directory, os.path.join(self.daemon.directory, "state"),
                               os.path.join(SAMPLE, "sipkeepd-pair")))
        write(directory, "systemctl", SYSTEMCTL % {
            "directory": directory, "conf": self.daemon.conf, "sipkeepd": os.environ["SIPKEEPD"],
            "ledger": self.world.path("groups")})
        write(directory, "rsync", RSYNC % os.path.join(other.daemon.directory, "state"))
        with open(os.path.join(SAMPLE, "keepalived.conf")) as file:
            text = file.read()
        for pattern, value in (("192.0.2.20", SERVICE), (r"priority \d+", "priority %d" % self.priority),
                               ("advert_int 1", "advert_int 0.3"), (r"notify .*", "notify " + self.script)):
            text, count = re.subn(pattern, value, text)
            check(count > 0, "the sample has " + pattern)
        self.conf = write(directory, "keepalived.conf", text, 0o600)
        self.directory = directory

    def begin(self):
        command = [find_program("keepalived", "keepalived"), "-nlP", "-f", self.conf, "-p", self.directory + "/k.pid",
                   "-r", self.directory + "/vrrp.pid"]
        self.keepalived = self.world.owns(Group(self.world.path("groups"), self.inside + command,
                                                self.directory + "/keepalived.log"))

    def hand_over(self):
        """As `systemctl stop keepalived` does."""
        os.kill(self.keepalived.pid, signal.SIGTERM)
        self.keepalived.process.wait(10)

    def push(self):
        """As sipkeepd-pair.path does."""
        equal(subprocess.run([self.script, "push"]).returncode, 0, "the push")

    def pid(self):
        """Of its daemon, None when that does not run."""
        try:
            with open(os.path.join(self.directory, "pid")) as file:
                pid = int(file.read())
            with open("/proc/%d/stat" % pid) as file:
                return pid if file.read().rsplit(")", 1)[1].split()[0] != "Z" else None
        except (OSError, ValueError):
            return None

    def die(self):
        """Without a word, with the daemon and keepalived."""
        run("ip", "link", "set", "to-" + self.name, "down")
        os.kill(self.pid(), signal.SIGKILL)
        self.keepalived.end()


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip("%s does not work here: %s" % (" ".join(command), done.stderr.strip()))


def write(directory, name, text, mode=0o700):
    path = os.path.join(directory, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    return path


@case("B30 B40 B55", limit=90)
def pair_of_gateways(w):
    """keepalived's sample: only the master registers; hand-over and take-back leave one binding, and so does a crash"""
    if not w.private or os.geteuid() != 0:
        raise Skip("no network namespaces of our own, or not root in them")
    run("ip", "link", "add", "hub", "type", "bridge")
    for address in ("10.99.0.1/24", "10.99.0.2/24"):
        run("ip", "addr", "add", address, "dev", "hub")
    run("ip", "link", "set", "hub", "up")
    first, second = (w.server(last, address="10.99.0.%d" % last) for last in (1, 2))
    one, two = (Gateway(w, name, number, priority, (first, second))
                for name, number, priority in (("one", 11, 150), ("two", 12, 100)))
    one.install(two)
    two.install(one)

    def master(gateway, server=first):
        until(lambda: gateway.pid() is not None, 15, lambda: "%s runs a daemon" % gateway.name)
        until(lambda: os.path.exists(gateway.daemon.control), 10, "its control socket")
        gateway.daemon.active("100", server.name)
        gateway.daemon.settled("100")
        return gateway.daemon

    one.begin()
    master(one)
    contact = first.bindings()["100"]
    check(len(contact) == 1 and SERVICE in contact[0], "the Contact is the service address: %s" % contact)
    two.begin()
    until(lambda: left_at(one.daemon, first), 10, "one remembers where it is")
    one.push()
    stays(lambda: two.pid() is None, 2, "the backup runs no daemon")

    since = os.path.getsize(os.path.join(one.directory, "log"))
    one.hand_over()
    master(two)
    equal(one.pid(), None, "the daemon of the one that handed over")
    equal(first.bindings()["100"], contact, "the same binding, replaced")
    with open(os.path.join(one.directory, "log")) as file:
        file.seek(since)
        check("Expires: 0" not in file.read(), "nothing is unregistered on leaving")
    two.push()

    one.begin()
    master(one)
    until(lambda: two.pid() is None, 5, "the other one has ended its daemon")
    equal(first.bindings()["100"], contact, "the same binding, taken back")
    equal(second.users(), [], "and no other")

    # It dies while it is on the second server; whoever takes over knows of that.
    first.stop()
    one.daemon.active("100", second.name, timeout=15)
    until(lambda: left_at(one.daemon, second), 10, "one remembers where it is")
    one.push()
    equal(second.users(), ["100"], "the binding there")
    first.cont()
    one.die()
    master(two)
    equal(first.bindings()["100"], contact, "the binding")
    until(lambda: second.users() == [], 10, "what the dead one has left is taken away")
    two.hand_over()
    until(lambda: two.pid() is None, 5, "all has ended")
