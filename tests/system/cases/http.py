# SPDX-License-Identifier: ISC
"""What is shown over HTTP: metrics, JSON, the status page in a browser; and who talks rubbish there."""

import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time

from parts.case import Skip, case, check, equal, stays, until
from parts.process import find_program
from cases.accounts import account

AT = ("127.0.0.1", 8060)
SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "src", "control",
                      "status.schema.json")


def get(path, method="GET", at=AT, timeout=10, **headers):
    """(status, headers, body)"""
    connection = http.client.HTTPConnection(*at, timeout=timeout)
    try:
        connection.request(method, path, headers={key.replace("_", "-"): value for key, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def metrics():
    """{'name{labels}': value}"""
    status, _, body = get("/metrics")
    equal(status, 200, "status of /metrics")
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in body.splitlines() if line[0] != "#"}


def listening(w, count=2, users=("100",), **settings):
    """Servers and a daemon that shows itself, its accounts registered on the first."""
    servers = w.servers(count, users={user: "secret" for user in users})
    daemon = w.daemon([account(w, user, *servers) for user in users], http="%s:%d" % AT, **settings).start()
    for user in users:
        daemon.active(user, servers[0].name)
        daemon.settled(user)
    return servers, daemon


@case("B70 B73", limit=40)
def metrics_for_prometheus(w):
    """/metrics is clean for promtool, and counts a failover, a refused reload, SIP messages and probes"""
    promtool = find_program("promtool", "prometheus")
    (first, second), daemon = listening(w)
    one = '{account="100@voice.test"}'
    before = metrics()
    equal(before["sipkeepd_account_registered" + one], 1, "registered")
    equal(before['sipkeepd_accounts{state="registered"}'], 1, "registered accounts")
    check(before['sipkeepd_account_active_server{account="100@voice.test",server="udp:%s",rank="1"}' % first.peer()], "active")
    first.kill()
    daemon.active("100", second.name)
    daemon.sees("100", _1="down", _2="up")
    daemon.write("nonsense\n")
    daemon.reload()
    daemon.write()
    after = metrics()
    equal(after["sipkeepd_account_failovers_total" + one], 1, "failovers of the account")
    equal(sum(value for key, value in after.items() if key.startswith("sipkeepd_failovers_total")), 1, "failovers")
    equal(after['sipkeepd_server_up{server="udp:%s"}' % first.peer()], 0, "the first is up")
    equal(after['sipkeepd_server_accounts{server="udp:%s"}' % second.peer()], 1, "accounts on the second")
    check(after['sipkeepd_server_probes_total{server="udp:%s",result="unreachable"}' % first.peer()] +
          after['sipkeepd_server_probes_total{server="udp:%s",result="silent"}' % first.peer()] > 0, "failed probes")
    check(after['sipkeepd_server_round_trip_seconds_count{server="udp:%s"}' % second.peer()] > 0, "answered probes")
    check(after['sipkeepd_sip_requests_total{direction="out",method="REGISTER"}'] >= 4, "REGISTERs")
    equal(after['sipkeepd_sip_responses_total{direction="in",method="REGISTER",code="200"}'], 2, "200 to them")
    equal((after['sipkeepd_config_reloads_total{result="refused"}'], after["sipkeepd_config_last_reload_successful"]),
          (1, 0), "the refused reload")
    check(0 < after["sipkeepd_account_unregistered_seconds_total" + one] < 10, "time without a registration")
    check(after["sipkeepd_loop_turn_seconds_count"] > 10, "turns of the loop")
    done = subprocess.run([promtool, "check", "metrics"], input=get("/metrics")[2], capture_output=True, text=True,
                          timeout=20)
    equal((done.returncode, done.stdout + done.stderr), (0, ""), "promtool check metrics")
    equal({key for key in metrics() if key.startswith("sipkeepd_account_")}, {key for key in after
          if key.startswith("sipkeepd_account_")}, "metrics of the account")
    check("sipkeepd_account_" not in get("/metrics?accounts=no")[2], "they are there without being wanted")


@case("B70", limit=40)
def status_json_and_its_schema(w):
    """/status.json is what sipkeepctl prints, as the installed schema says; a query shows some accounts only"""
    try:
        import jsonschema
    except ImportError:
        raise Skip("jsonschema is missing: apt-get install python3-jsonschema") from None
    (first, second), daemon = listening(w, users=("100", "101"))
    daemon.accounts.append(account(w, "102", first, second, password="wrong"))
    daemon.accounts.append(account(w, "103", first, second, server="voice.test; nowhere.invalid", nameserver=None))
    del daemon.accounts[-1]["nameserver"]
    daemon.write()
    daemon.reload()
    daemon.wait("102", "failed")
    first.kill()
    daemon.active("100", second.name)
    with open(SCHEMA) as file:
        validator = jsonschema.Draft7Validator(json.load(file))
    for text in (get("/status.json")[2], get("/status.json?limit=1")[2], daemon.ctl("status", "--json")[1],
                 daemon.ctl("status", "100", "--json")[1]):
        equal([str(error) for error in validator.iter_errors(json.loads(text))], [], "against the schema")
    shown = json.loads(get("/status.json")[2])
    printed = json.loads(daemon.ctl("status", "--json")[1])
    equal([(a["aor"], a["state"], [c["address"] for c in a["candidates"]]) for a in shown["accounts"]],
          [(a["aor"], a["state"], [c["address"] for c in a["candidates"]]) for a in printed["accounts"]], "accounts")
    equal(set(printed), set(shown), "members")
    some = json.loads(get("/status.json?state=unregistered&limit=1")[2])
    equal(([a["aor"] for a in some["accounts"]], some["matched"]), (["102@voice.test"], 2), "the query")
    equal(get("/status.json?state=blue")[0], 400, "status of nonsense")


@case("B71 B74", limit=40)
def health_and_readiness(w):
    """/healthz answers at once, /readyz when each account has had its outcome, after a reload too"""
    server = w.server(1, users={"100": "secret"})
    server.stop()
    daemon = w.daemon([account(w, "100", server)], http="%s:%d" % AT).start()
    equal(get("/healthz")[0], 200, "healthz")
    status, _, text = get("/readyz")
    equal((status, "without an outcome yet 1" in text), (503, True), "readyz at the start: " + text)
    server.cont()
    daemon.wait("100", "registered", timeout=20)
    status, _, text = get("/readyz")
    equal((status, "registered 1" in text), (200, True), "readyz: " + text)
    server.stop()
    daemon.accounts.append(account(w, "101", server))
    daemon.write()
    daemon.reload()
    equal(get("/readyz")[0], 503, "readyz with a new account")
    server.cont()
    daemon.wait("101", "failed", timeout=20)
    equal(get("/readyz")[0], 200, "readyz when it was refused")
    equal(get("/nowhere")[0], 404, "another path")
    equal(get("/", method="POST")[0], 405, "POST")
    equal((get("/healthz", method="HEAD")[0], get("/healthz", method="HEAD")[2]), (200, ""), "HEAD")
    equal(get("/healthz", Host="evil.example")[0], 421, "another name")
    equal(get("/healthz", Host="localhost:8060")[0], 200, "localhost")


def listens(port):
    try:
        return get("/healthz", at=(AT[0], port), timeout=2)[0] == 200
    except OSError:
        return False


@case("B71", limit=30)
def switched_by_reload(w):
    """a reload switches HTTP on, moves it and switches it off; an address that is taken refuses the reload"""
    server = w.server(1, users={"100": "secret"})
    daemon = w.daemon([account(w, "100", server)]).start()
    daemon.active("100", server.name)

    def reload(port):
        daemon.settings.pop("http", None)
        if port is not None:
            daemon.settings["http"] = "%s:%d" % (AT[0], port)
        daemon.write()
        return daemon.reload()[0]
    check(not listens(8060), "it listens without being told")
    equal(reload(8060), 0, "reload: on")
    check(listens(8060), "it does not listen")
    equal(reload(8061), 0, "reload: elsewhere")
    check(listens(8061) and not listens(8060), "it has not moved")
    daemon.settings["http-name"] = "gw.voice.test"
    equal(reload(8061), 0, "reload: a name")
    equal(get("/healthz", at=(AT[0], 8061), Host="gw.voice.test")[0], 200, "asked by that name")
    with socket.socket() as taken:
        taken.bind((AT[0], 8062))
        taken.listen()
        check(reload(8062) != 0, "a reload to an address that is taken is applied")
        check(listens(8061), "the old one is gone")
        equal(json.loads(get("/status.json", at=(AT[0], 8061))[2])["generation"], 4, "generation")
    with socket.socket() as client:
        client.connect((AT[0], 8061))
        equal(reload(None), 0, "reload: off")
        client.settimeout(5)
        equal(client.recv(10), b"", "a client who is connected")
    check(not listens(8061), "it still listens")
    equal(daemon.account("100").data["state"], "registered", "the account")


def rows(browser):
    return [re.sub(r"\s+", " ", text) for text in browser.texts("#rows li")]


@case("B70", limit=90)
def page_through_a_failover(w):
    """the status page in Chromium: live through a failover and failback, by keyboard, on a phone, honest when alone"""
    from parts.browser import Browser
    from selenium.webdriver.common.keys import Keys
    browser = w.owns(Browser(w)).start()
    users = ("100", "101", "102")
    (first, second), daemon = listening(w, users=users)
    daemon.accounts.append(account(w, "<b>103</b>", first, second))
    daemon.write()
    daemon.reload()
    if daemon.status().data["generation"] == 1:     # no such user is taken: then one that is refused
        daemon.accounts[-1]["user"] = "103"
        daemon.write()
        daemon.reload()
    daemon.wait(daemon.accounts[-1]["user"], "failed")
    browser.open("http://127.0.0.1:8060/")
    until(lambda: browser.text("h1") == "1 account of 4 is not registered.", 10, lambda: str(browser.text("h1")))
    equal(rows(browser)[:2], ["P1:1 %s up*" % first.name, "P2:1 %s up" % second.name], "candidates as on the screen")
    equal(browser.texts("#rows th")[:3], ["%s@voice.test" % user for user in users], "the accounts")
    equal(browser.text("#live"), "live", "it says that it is live")
    browser.scheme("light")
    browser.shot("status-light")

    first.kill()
    daemon.active("100", second.name)
    daemon.sees("100", _1="down")
    until(lambda: rows(browser)[:1] and rows(browser)[0].startswith("P1:1 %s down " % first.name)
          and rows(browser)[1] == "P2:1 %s up*" % second.name, 8, lambda: "the failover is seen: %s" % rows(browser))
    browser.shot("status-failover")
    browser.scheme("dark")
    browser.shot("status-dark")
    first.start()
    daemon.active("100", first.name, timeout=20)
    until(lambda: rows(browser)[:2] == ["P1:1 %s up*" % first.name, "P2:1 %s up" % second.name], 8,
          lambda: "the failback is seen: %s" % rows(browser))

    browser.run("document.activeElement.blur()")
    browser.driver.find_element("css selector", "body").send_keys(Keys.TAB)
    equal(browser.run("return document.activeElement.id"), "state-", "the first stop of the keyboard")
    browser.keys(Keys.TAB, Keys.NULL)
    browser.keys(Keys.ENTER)
    until(lambda: len(browser.texts("#rows tr")) == 1, 5, "not registered: one account")
    equal(browser.run("return document.activeElement.getAttribute('aria-pressed')"), "true", "the pressed button")
    check(browser.run("return getComputedStyle(document.activeElement).outlineStyle") != "none", "the focus is seen")
    browser.run("document.getElementById('state-').click()")
    browser.driver.find_element("id", "find").send_keys("101@")
    until(lambda: browser.texts("#rows th") == ["101@voice.test"], 5, lambda: "found: %s" % browser.texts("#rows th"))
    browser.driver.find_element("id", "find").send_keys(Keys.BACKSPACE * 4)
    until(lambda: len(browser.texts("#rows tr")) == 4, 5, "all of them again")

    tree = [node for node in browser.command("Accessibility.getFullAXTree")["nodes"] if not node.get("ignored")]
    roles = [node["role"]["value"] for node in tree if "role" in node]
    for role in ("main", "heading", "table", "columnheader", "rowheader", "status", "searchbox"):
        check(role in roles, "no %s for a screen reader: %s" % (role, sorted(set(roles))))
    browser.phone()
    wide = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    equal(wide, 0, "it is wider than a phone, pixels")
    roles = [node["role"]["value"] for node in browser.command("Accessibility.getFullAXTree")["nodes"]
             if not node.get("ignored") and "role" in node]
    check("table" in roles and "rowheader" in roles, "no table for a screen reader on a phone")
    browser.shot("status-phone")
    equal(browser.complaints(), [], "the browser complains")

    daemon.stop()
    until(lambda: str(browser.text("#live")).startswith("No answer since "), 20, lambda: str(browser.text("#live")))
    check(browser.run("return Number(getComputedStyle(document.querySelector('.sheet')).opacity)") < 1, "not greyed")
    check(browser.text("h1").startswith("When it last answered: "), "the headline is not honest: " + browser.text("h1"))
    browser.shot("status-no-answer")
    daemon.start()
    until(lambda: browser.text("#live") == "live", 35, lambda: "live again: %s" % browser.text("#live"))


def rubbish():
    return [b"\r\n" * 100, b"GET\r\n\r\n", b"\0" * 500, os.urandom(4000), b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 3000,
            b"GET /" + b"a" * 20000, b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 5000,
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nxx",
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 50, b"GET /metrics HTTP/1.0\r\n\r\n",
            b"GET http://127.0.0.1/metrics HTTP/1.1\r\n\r\n", b"OPTIONS sip:100@127.0.0.1 SIP/2.0\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(200), b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"]


def pester(seconds):
    """Rubbish, again and again, until the time is over; each connection is cut off at once."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for text in rubbish():
            try:
                with socket.create_connection(AT, timeout=1) as client:
                    client.sendall(text)
            except OSError:
                pass
        time.sleep(0.02)


@case("B71 B73", limit=90)
def http_rubbish(w):
    """rubbish, slow readers and writers and three thousand connections: the SIP side and who asks notice nothing"""
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
                                                resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    (first, _), daemon = listening(w)
    before = metrics()
    clients = []
    threads = [threading.Thread(target=pester, args=(8,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3000):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(AT)
            clients.append(client)
        slow = socket.create_connection(AT, timeout=5)
        clients.append(slow)
        deadline, answers, worst = time.monotonic() + 8, 0, 0.0
        while time.monotonic() < deadline:
            began = time.monotonic()
            equal(get("/healthz")[0], 200, "healthz in the crowd")
            worst = max(worst, time.monotonic() - began)
            answers += 1
            try:
                slow.send(b"G")
            except OSError:
                pass
        w.note("%d answers in the crowd, the slowest %d ms" % (answers, worst * 1000))
    finally:
        for thread in threads:
            thread.join()
        for client in clients:
            client.close()
    until(lambda: get("/healthz")[0] == 200, 5, "it answers when they have gone")
    after = metrics()
    key = 'sipkeepd_server_probes_total{server="udp:%s",result="%%s"}' % first.peer()
    check(after[key % "answered"] > before[key % "answered"] + 4, "probes went on")
    equal(after[key % "silent"], 0, "silent probes")
    equal(after['sipkeepd_account_failovers_total{account="100@voice.test"}'], 0, "failovers")
    equal(daemon.account("100").data["state"], "registered", "the account")
    late = after["sipkeepd_loop_delay_seconds_count"] - after['sipkeepd_loop_delay_seconds_bucket{le="0.1"}']
    w.note("timers more than 100 ms late: %d" % late)
    with open("/proc/%d/status" % daemon.pid()) as file:
        size = int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))
    w.note("%d KB" % size)
    until(lambda: len(os.listdir("/proc/%d/fd" % daemon.pid())) < 60, 15, "the connections are closed")
