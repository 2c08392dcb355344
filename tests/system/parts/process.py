# SPDX-License-Identifier: ISC
"""Processes in groups of their own. Only what was started here is ever signalled."""

import ctypes
import os
import shutil
import signal
import subprocess
import time

from parts.case import Skip

SBIN = os.pathsep.join(["/usr/local/sbin", "/usr/sbin", "/sbin"])


def find_program(name, package):
    """The path of a program, /usr/sbin included (a user's PATH often is without)."""
    path = shutil.which(name) or shutil.which(name, path=SBIN)
    if path is None:
        raise Skip("%s is missing: apt-get install %s" % (name, package))
    return path


class Group:
    """
    A process and all its children, in a session of their own.

    ledger  file that gets the group's number, so that the runner can end it should the case itself be lost
    """

    def __init__(self, ledger, argv, log, cwd=None, env=None):
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd,
                                            env=env, start_new_session=True)
        self.pid = self.process.pid
        with open(ledger, "a") as file:
            file.write("%d %s\n" % (self.pid, start_time(self.pid)))

    def running(self):
        return self.process.poll() is None

    def signal(self, number):
        """To the whole group; harmless when it is gone."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def end(self):
        self.signal(signal.SIGKILL)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        # The leader is reaped; its children die a moment later and are ours to reap then (adopt_orphans).
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            try:
                if os.waitpid(-self.pid, os.WNOHANG)[0] == 0:
                    time.sleep(0.005)
            except ChildProcessError:
                break

    def tail(self, lines=15):
        try:
            with open(self.log, errors="replace") as file:
                return "".join(file.readlines()[-lines:])
        except OSError:
            return ""


def start_time(pid):
    """Tells a process from a later one with the same number."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return "0"


def adopt_orphans():
    """Children whose parent dies become ours, so that a group that was ended leaves nothing behind."""
    PR_SET_CHILD_SUBREAPER = 36
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_ledger(ledger):
    """Ends what a lost case has left behind, by the numbers that it wrote down."""
    try:
        with open(ledger) as file:
            rows = [line.split() for line in file]
    except OSError:
        return
    for pid, started in rows:
        if started != "0" and start_time(int(pid)) not in (started, "0"):
            continue        # the number belongs to somebody else by now
        try:
            os.killpg(int(pid), signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
