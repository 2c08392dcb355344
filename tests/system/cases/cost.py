# SPDX-License-Identifier: ISC
"""What it costs to do nothing."""

import os
import shutil
import subprocess
import time

from parts.case import case, check, equal
from parts.daemon import program, wall
from cases.accounts import account

SECONDS = 40
MEMORY = 1.5 * 1024 * 1024
STRIPPED = 400 * 1024


@case("", limit=60)
def idle(w):
    """ten accounts, nothing to do: wake-ups, processor time and memory"""
    capture = w.capture()
    users = {str(100 + n): "secret" for n in range(10)}
    first, second = w.servers(2, users=users)
    daemon = w.daemon([account(w, user, first, second) for user in users], quick=False, arguments=("-f",)).start()
    for user in users:
        daemon.active(user, first.name)
    daemon.settled("109")
    time.sleep(1)
    since, switches, cpu = wall(), daemon.context_switches(), daemon.cpu_seconds()
    time.sleep(SECONDS)
    switches, cpu = daemon.context_switches() - switches, daemon.cpu_seconds() - cpu
    packets = [packet for packet in capture.packets(since=since)
               if daemon.address in (packet.source[0], packet.target[0])]
    memory = daemon.memory()
    w.note("idle for %d s: %d voluntary context switches, %d packets, %.2f s of processor time"
           % (SECONDS, switches, len(packets), cpu))
    w.note("memory with 10 accounts: private dirty %d KB (aim: under 1536), resident %d KB"
           % (memory["Private_Dirty"] // 1024, memory["Rss"] // 1024))
    equal(first.users(), sorted(users), "the bindings")
    if daemon.sanitized():
        w.note("a build with sanitizers: its memory and size say nothing")
        return
    check(memory["Private_Dirty"] < MEMORY, "private dirty memory: %d KB" % (memory["Private_Dirty"] // 1024))
    with open("/proc/%d/maps" % daemon.pid()) as file:
        check("libssl" not in file.read(), "the TLS side of OpenSSL is loaded without an account that uses it")
    if shutil.which("strip"):
        subprocess.run(["strip", "-o", w.path("stripped"), program("SIPKEEPD")], check=True)
        size = os.path.getsize(w.path("stripped"))
        w.note("stripped daemon: %d KB (aim: under 400)" % (size // 1024))
        check(size < STRIPPED, "the stripped daemon has %d KB" % (size // 1024))
