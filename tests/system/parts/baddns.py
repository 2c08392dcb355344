# SPDX-License-Identifier: ISC
"""A liar in front of a good name server: each answer is preceded by junk that must not be believed."""

import socket
import threading


class BadDns:
    """
    Passes questions on to a good server. Before the good answer it sends: noise, an answer with another ID, the answer
    to another question, and one from another address (all of them naming the address `lie`).
    """

    def __init__(self, world, address, stranger, port, good):
        self.address = address
        self.port = port
        self.good = good
        self.sent = 0
        self.running = True
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.socket.settimeout(0.1)
        self.stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.stranger.bind((stranger, port))
        self.thread = threading.Thread(target=self.run, daemon=True)

    def setting(self):
        return "%s:%d" % (self.address, self.port)

    def start(self):
        self.thread.start()
        return self

    def run(self):
        while self.running:
            try:
                question, client = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            except OSError:
                return
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as upstream:
                upstream.settimeout(1)
                upstream.sendto(question, (self.good.address, self.good.port))
                try:
                    answer = upstream.recv(4096)
                except OSError:
                    continue
            other_id = bytes([answer[0] ^ 0x55]) + answer[1:]
            other_name = answer[:13] + bytes([answer[13] ^ 1]) + answer[14:]
            broken = answer[:2] + b"\x81\x80" + b"\xff" * 20
            for junk in (b"", b"\x00", b"not DNS at all", other_id, other_name, broken):
                self.socket.sendto(junk, client)
                self.sent += 1
            self.stranger.sendto(answer, client)
            self.sent += 1
            self.socket.sendto(answer, client)

    def end(self):
        self.running = False
        if self.thread.is_alive():
            self.thread.join(2)
        self.socket.close()
        self.stranger.close()
