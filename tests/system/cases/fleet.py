# SPDX-License-Identifier: ISC
"""Many accounts on servers that are equal."""

from parts.case import case, check, equal, stays, until
from parts.daemon import wall

# The draw of B6 hangs on the account and the servers' addresses alone, so with these it is the same for ever. Two
# hundred draws from four lie within a tenth of even for all four about once in six times: the numbers were chosen so.
# That the draw is even for any names is shown with twenty thousand in tests/unit/test_rendezvous.c.
ADDRESSES = ["127.79.0.%d" % n for n in (1, 2, 3, 4)]
USERS = [str(4600 + n) for n in range(200)]


def within_a_tenth(counts, text):
    even = sum(counts) / len(counts)
    check(all(0.9 * even <= count <= 1.1 * even for count in counts), "%s: %s" % (text, counts))


@case("B6 B30 B39 B42", limit=90)
def fleet_of_two_hundred(w):
    """200 accounts spread over four equals within a tenth of even, and so over three when one dies; the rest stays"""
    dns = w.dns(hosts=[("sip%d.voice.test" % n, address) for n, address in enumerate(ADDRESSES)],
                srv=[("_sip._udp.voice.test", "sip%d.voice.test" % n, 5060, 10, 0) for n in range(len(ADDRESSES))])
    servers = [w.server(n, address=address, users={user: "secret" for user in USERS})
               for n, address in enumerate(ADDRESSES)]
    daemon = w.daemon([{"user": user, "server": "voice.test", "password": "secret"} for user in USERS],
                      nameserver=[dns.setting()])

    def held():
        return [set(server.users()) if server.group.running() else set() for server in servers]

    def all_held():
        return sorted(user for users in held() for user in users) == USERS and \
            all(account.state == "registered" for account in daemon.status().accounts)

    since = wall()
    daemon.start()
    until(all_held, 30, lambda: "each account on one server: %s" % [len(users) for users in held()], pause=0.25)
    w.note("registered after %.1f s: %s" % (wall() - since, [len(users) for users in held()]))
    before = held()
    within_a_tenth([len(users) for users in before], "accounts on each of four")

    dead = servers[0]
    dead.kill()
    since = wall()
    until(all_held, 30, lambda: "each account on one of three: %s" % [len(users) for users in held()], pause=0.25)
    after = held()
    w.note("%d accounts of the dead one elsewhere after %.1f s: %s"
           % (len(before[0]), wall() - since, [len(users) for users in after[1:]]))
    within_a_tenth([len(users) for users in after[1:]], "accounts on each of three")
    check(all(old <= new for old, new in zip(before[1:], after[1:])), "an account of a living server has moved")
    equal(sorted(account.failovers() for account in daemon.status().accounts),
          [(0, 0)] * (len(USERS) - len(before[0])) + [(1, 0)] * len(before[0]), "failovers and failbacks")

    dead.start()
    until(lambda: daemon.account(USERS[0]).states()[dead.name] == "up", 10, "the dead one is up again")
    stays(lambda: held()[0] == set(), 3, "nobody goes back to an equal (B39)", pause=0.5)
    equal(held(), after, "the bindings")
