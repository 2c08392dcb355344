# SPDX-License-Identifier: ISC
"""A network namespace for each case, where the machine allows it: nothing outside sees a packet of the tests."""

import fcntl
import os
import shutil
import socket
import struct
import subprocess

SIOCSIFFLAGS = 0x8914
IFF_UP = 1


def prefix():
    """What to put before a command so that it runs in a namespace of its own; [] if that is impossible here."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return []
    for option in (["-n"], ["-r", "-n"]):
        if os.getuid() != 0 and option == ["-n"]:
            continue
        done = subprocess.run([unshare] + option + ["true"], capture_output=True)
        if done.returncode == 0:
            return [unshare] + option
    return []


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False
