# SPDX-License-Identifier: ISC
"""
A link between the case's network namespace and another one, with servers at its far end. The daemon stays on our end;
behind a switch (a bridge) and a router if that is asked for. Needs root in the namespace, ip(8) and veth links.
"""

import os
import subprocess

from parts.case import Skip, until
from parts.process import Group, find_program


class Link:
    """
    near        our address on the link; near_again: another one that may take its place
    far(n)      addresses at the other end of the link
    behind(n)   addresses behind the router, with switch=True
    far_end     put before a command, it runs at the other end
    """

    near, near_again, router = "10.99.0.100", "10.99.0.101", "10.99.0.254"

    def __init__(self, world, switch=False):
        if not world.private:
            raise Skip("no network namespace of our own: the machine's links are not touched")
        self.tool = find_program("ip", "iproute2")
        self.switch = switch
        # The other namespace lives as long as this process does, and what runs in it.
        self.holder = Group(world.path("groups"), [find_program("unshare", "util-linux"), "-n", "sleep", "600"],
                            world.path("far-end"))
        self.far_end = [find_program("nsenter", "util-linux"), "-t", str(self.holder.pid), "-n"]
        self.build()

    def run(self, command, within=()):
        done = subprocess.run(list(within) + command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Skip("%s does not work here: %s" % (" ".join(command), done.stderr.strip()))

    def ip(self, *arguments):
        self.run([self.tool] + list(arguments))

    def ip_far(self, *arguments):
        self.run([self.tool] + list(arguments), self.far_end)

    def build(self):
        self.wait_for_holder()
        self.ip("link", "add", "sk0", "type", "veth", "peer", "name", "sk1")
        self.ip_far("link", "set", "lo", "up")
        if self.switch:
            # sk0 - sk1 in a bridge here; the router hangs on the bridge's other port.
            self.ip("link", "add", "sksw", "type", "bridge")
            self.ip("link", "add", "sk2", "type", "veth", "peer", "name", "sk3")
            for port in ("sk1", "sk2"):
                self.ip("link", "set", port, "master", "sksw", "up")
            self.ip("link", "set", "sksw", "up")
            self.ip("link", "set", "sk3", "netns", str(self.holder.pid))
            self.far_device = "sk3"
        else:
            self.ip("link", "set", "sk1", "netns", str(self.holder.pid))
            self.far_device = "sk1"
        self.ip("addr", "add", self.near + "/24", "dev", "sk0")
        self.ip("link", "set", "sk0", "up")
        self.tune("conf", promote_secondaries=1)        # a second address outlives the first
        if self.switch:
            self.ip_far("addr", "add", self.router + "/24", "dev", self.far_device)
            for last in (1, 2):
                self.ip_far("addr", "add", self.behind(last) + "/32", "dev", "lo")
            # A neighbour is looked after soon, so that a case takes seconds, not minutes.
            self.tune("neigh", base_reachable_time_ms=2000, delay_first_probe_time=1, retrans_time_ms=300)
        else:
            for last in (1, 2):
                self.ip_far("addr", "add", self.far(last) + "/24", "dev", self.far_device)
        self.ip_far("link", "set", self.far_device, "up")
        if self.switch:
            self.ip("route", "add", "default", "via", self.router)

    def wait_for_holder(self):
        own = os.readlink("/proc/self/ns/net")
        until(lambda: os.readlink("/proc/%d/ns/net" % self.holder.pid) != own, 5, "the other namespace is there")

    @staticmethod
    def tune(kind, **values):
        """Of our end."""
        for name, value in values.items():
            try:
                with open("/proc/sys/net/ipv4/%s/sk0/%s" % (kind, name), "w") as file:
                    file.write(str(value))
            except OSError as error:
                raise Skip("%s cannot be set: %s" % (name, error)) from None

    def far(self, last):
        return "10.99.0.%d" % last

    def behind(self, last):
        return "10.98.0.%d" % last

    def down(self):
        """Our own end is shut: no route any more. What else stands on the device stays as it is."""
        self.ip("link", "set", "sk0", "down")

    def up(self):
        self.ip("link", "set", "sk0", "up")

    def unplug(self):
        """The other end goes: no carrier here, but behind a switch there is."""
        self.ip_far("link", "set", self.far_device, "down")

    def plug(self):
        self.ip_far("link", "set", self.far_device, "up")

    def end(self):
        self.holder.end()
