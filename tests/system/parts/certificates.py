# SPDX-License-Identifier: ISC
"""Certificates of the case's own, made by the openssl program."""

import os
import subprocess
import time

from parts.process import find_program

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def date(days):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400 - 60))


class Authority:
    def __init__(self, world, name):
        self.openssl = find_program("openssl", "openssl")
        self.directory = world.path(name)
        self.file = os.path.join(self.directory, "ca.pem")
        os.mkdir(self.directory)
        # Only `openssl ca` makes certificates that have expired already.
        with open(os.path.join(self.directory, "ca.cnf"), "w") as file:
            file.write("[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n"
                       "unique_subject=no\nrand_serial=yes\n[p]\ncommonName=supplied\n")
        open(os.path.join(self.directory, "index"), "w").close()
        self.run("req", "-x509", *KEY, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=" + name, "-days", "10")

    def run(self, *arguments):
        subprocess.run([self.openssl] + list(arguments), cwd=self.directory, check=True, stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=20)

    def issue(self, name, names, days=10):
        """(certificate, key) for these names; days below 0: it expired so long ago."""
        base = os.path.join(self.directory, name)
        with open(base + ".ext", "w") as file:
            file.write("subjectAltName=%s\n" % names)
        self.run("req", *KEY, "-keyout", base + ".key", "-out", base + ".csr", "-subj", "/CN=" + name)
        self.run("ca", "-batch", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-notext",
                 "-startdate", date(-10), "-enddate", date(days), "-in", base + ".csr", "-extfile", base + ".ext",
                 "-out", base + ".pem")
        return base + ".pem", base + ".key"
