#!/usr/bin/env python3
"""Attacks on the memory of the release binary, each on a server of its own.

    python3 tests/attacks/attacks.py [--binary PATH] [NAME ...]

The server may keep 128 MiB, the default of --max-memory in a container of 256 MB, and must never take more than such a
container has: its peak (VmHWM) is read after each attack. Page tables and the kernel's socket buffers are not in it.
Then everything is reset, and what the server still takes may be at most 32 MiB above what it took before. It must answer
/_mock/health all the time. Linux only: elsewhere there is no /proc to read the peak from.
"""

import argparse
import json
import os
import re
import resource
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024
CONTAINER = 256 * MIB
BUDGET = "128MiB"
KEPT = 32 * MIB
ISSUE = "/v2/issues/JUNE-2"
PROJECT = "/v2/entities/project/4"
GIF = (b"GIF89a" + (3500).to_bytes(2, "little") * 2 + b"\x80\0\0" + b"\0" * 6
       + b",\0\0\0\0\1\0\1\0\0" + bytes([2, 2, 0x44, 1, 0, 0x3B]))


class Server:
    """A server that may keep what it could in a container of 256 MB."""

    def __init__(self, binary):
        self.process = subprocess.Popen(
            [binary, "--port", "0", "--max-memory", BUDGET, "--log-level", "off"],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.port = int(line.rsplit(":", 1)[1])
        self.before = self.memory("VmRSS")

    def memory(self, field):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) * 1024

    def connect(self):
        return Connection(self.port)

    def stop(self):
        self.process.terminate()
        return self.process.wait(30)


class Connection:
    """A kept connection, on which requests can be sent ahead of their answers."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.answers = self.socket.makefile("rb")

    @staticmethod
    def request(method, path, body=b"", org="world", content_type="application/json", headers=()):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Authorization: OAuth t",
                 f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers]
        # Calls of the control plane name their world in the query.
        if not path.startswith("/_mock/"):
            lines.append(f"X-Org-ID: {org}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def send(self, *args, **kwargs):
        self.socket.sendall(self.request(*args, **kwargs))

    def status(self):
        """The status of the next answer, whose body is thrown away."""
        line = self.answers.readline()
        if not line:
            raise ConnectionError("no answer")
        length = 0
        while (header := self.answers.readline()) not in (b"\r\n", b""):
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while length > 0:
            length -= len(self.answers.read(min(length, MIB)))
        return int(line.split()[1])

    def ask(self, *args, **kwargs):
        self.send(*args, **kwargs)
        return self.status()

    def close(self):
        self.answers.close()
        self.socket.close()


def until_full(server, make, most, ahead=64):
    """Sends `make(number)` until one is answered with 507, and says how many were not."""
    connection, sent = server.connect(), 0
    while sent < most:
        batch = [make(number) for number in range(sent, min(sent + ahead, most))]
        # A thread sends, so that neither side waits for the other with full buffers.
        sender = threading.Thread(target=connection.socket.sendall, args=(b"".join(batch),))
        sender.start()
        statuses = [connection.status() for _ in batch]
        sender.join()
        if 507 in statuses:
            return sent + statuses.index(507)
        wrong = [status for status in statuses if status not in (200, 201, 204)]
        assert not wrong, f"{wrong[0]} after {sent}"
        sent += len(batch)
    return None


def must_fill(server, make, most, ahead=64):
    stored = until_full(server, make, most, ahead)
    assert stored is not None, f"{most} requests, and none was refused"
    return f"{stored} stored"


def at_once(jobs):
    """Runs jobs side by side, and gives what they return."""
    results = [None] * len(jobs)

    def run(index):
        try:
            results[index] = jobs[index]()
        except OSError as error:
            results[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def form(content, name="a.bin"):
    head = f'--B\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n--B--\r\n"


def upload(content, org="world", path="/v2/attachments/"):
    return Connection.request("POST", path, form(content), org, "multipart/form-data; boundary=B")


TEXT = "x" * 1_000_000
ask = Connection.request
ATTACKS = []


def attack(function):
    """Marks an attack: it gets a server, says what it did, and fails where an answer is not the right one."""
    ATTACKS.append(function)
    return function


@attack
def large_comments_of_an_issue(server):
    return must_fill(server, lambda _: ask("POST", f"{ISSUE}/comments", {"text": TEXT}), 400, 4)


@attack
def large_comments_of_an_entity(server):
    return must_fill(server, lambda _: ask("POST", f"{PROJECT}/comments", {"text": TEXT}), 400, 4)


@attack
def large_descriptions(server):
    change = lambda number: ask("PATCH", PROJECT, {"fields": {"description": f"{number}{TEXT}"}})
    return must_fill(server, change, 400, 4)


@attack
def large_issues(server):
    return must_fill(server, lambda _: ask("POST", "/v2/issues", {"queue": "JUNE", "summary": TEXT}), 400, 4)


@attack
def small_comments_of_an_issue(server):
    return must_fill(server, lambda _: ask("POST", f"{ISSUE}/comments", {"text": "a"}), 600_000, 500)


@attack
def small_comments_of_an_entity(server):
    return must_fill(server, lambda _: ask("POST", f"{PROJECT}/comments", {"text": "a"}), 600_000, 500)


@attack
def small_entities(server):
    return must_fill(server, lambda _: ask("POST", "/v2/entities/goal", {"fields": {"summary": "a"}}), 600_000, 500)


@attack
def small_changes(server):
    for _ in range(60):
        assert server.connect().ask("POST", "/v2/entities/goal", {"fields": {"summary": "s"}}) in (200, 201)
    # An entity takes about 11,000 changes.
    goal = lambda number: f"/v2/entities/goal/{2 + number // 10_000}"
    change = lambda number: ask("PATCH", goal(number), {"fields": {"description": str(number)}})
    return must_fill(server, change, 600_000, 500)


@attack
def many_tags(server):
    change = lambda number: ask("PATCH", PROJECT, {"fields": {"tags": [f"{number}"] * 49_000}})
    return must_fill(server, change, 400, 2)


@attack
def files_that_are_attached_and_deleted(server):
    connection = server.connect()
    for number in range(30, 30 + 5_000):
        path = f"{PROJECT}/attachments/{number}"
        connection.socket.sendall(upload(b"a") + ask("POST", path) + ask("DELETE", path))
        assert [connection.status() for _ in range(3)] == [201, 200, 204]
    return "5000 times"


@attack
def worlds_with_a_file_each(server):
    make = lambda number: upload(b"a", org=f"{number:0>256}")
    return must_fill(server, make, 100_000, 200)


@attack
def organisations_that_only_look(server):
    until_full(server, lambda number: ask("GET", "/v2/myself", org=f"{number:0>256}"), 120_000, 500)
    return "120000 of them"


@attack
def organisations_that_reach_everything(server):
    """Coverage, and then files beside it."""
    paths = ["/v2/myself", "/v2/users", "/v2/queues", ISSUE, PROJECT, f"{ISSUE}/comments", f"{PROJECT}/attachments"]
    queries = ["", "?expand=all", "?expand=attachments&perPage=1", "?fields=summary,lead&expand=x", "?perPage=0", "?page=1"]
    targets = [path + query for path in paths for query in queries]
    connection = server.connect()
    for world in range(1500):
        connection.socket.sendall(b"".join(ask("GET", target, org=f"{world:0>256}") for target in targets))
        for _ in targets:
            connection.status()
    return must_fill(server, lambda _: upload(b"x" * MIB), 400, 4)


@attack
def fault_rules(server):
    rules = {"rules": [{"do": {"status": 503, "body": {"text": "x" * 50_000}}}] * 100}
    return must_fill(server, lambda number: ask("PUT", f"/_mock/faults?org={number}", rules, org=f"{number}"), 100, 2)


@attack
def a_state_of_empty_tags(server):
    tags = '"",' * 5_000_000 + '""'
    state = ('{"users":[{"login":"u","uid":1,"firstName":"A","lastName":"B","email":"e","cloudUid":"c","passportUid":2}],'
             '"entities":[{"id":"6586d6fee2b9ef74e69df1ef","shortId":1,"type":"project","createdBy":"u",'
             '"createdAt":"2024-01-13T14:06:29.747+0000","fields":{"summary":"s","tags":[' + tags + ']}}]}')
    status = server.connect().ask("PUT", "/_mock/state?org=world", state.encode())
    assert status == 507, status
    return "507"


@attack
def states_that_fit(server):
    connection = server.connect()
    text = "x" * 100_000
    users = [{"login": "u", "uid": 1, "firstName": "A", "lastName": "B", "email": "e", "cloudUid": "c", "passportUid": 2}]
    issues = [{"id": f"{number:024x}", "key": f"A-{number}", "summary": "s", "description": text, "createdBy": "u",
               "createdAt": "2024-01-13T14:06:29.747+0000"} for number in range(1, 200)]
    state = {"users": users, "queues": [{"id": 1, "key": "A", "name": "A", "lead": "u"}], "issues": issues}
    statuses = [connection.ask("PUT", f"/_mock/state?org={number}", state, org=str(number)) for number in range(10)]
    assert statuses[0] == 204 and statuses[-1] == 507, statuses
    return f"{statuses.count(204)} of 20 MB"


@attack
def many_values(server):
    values = ",".join(['{"":0}'] * 16_000)
    body = f'{{"text":"a","x":[{values}]}}'.encode()
    statuses = at_once([lambda: server.connect().ask("POST", f"{ISSUE}/comments", body)] * 40)
    assert set(statuses) <= {201, 507} and 201 in statuses, statuses
    large = b'{"text":"a","x":[' + b",".join([b'{"":0}'] * 1_400_000) + b"]}"
    assert server.connect().ask("POST", f"{ISSUE}/comments", large) == 413
    return f"{statuses.count(201)} of 40 read"


@attack
def many_rules(server):
    rules = b'{"rules":[' + b",".join([b"{}"] * 3_000_000) + b"]}"
    status = server.connect().ask("PUT", "/_mock/faults?org=world", rules)
    assert status == 413, status
    return "413"


@attack
def bodies_where_none_is_due(server):
    body = b'"' + b"x" * 9_900_000 + b'"'
    jobs = [lambda path=path: server.connect().ask("GET", path, body) for path in ["/_mock/health", "/v2/myself"] * 20]
    statuses = at_once(jobs)
    assert all(status == 413 or isinstance(status, OSError) for status in statuses), statuses
    return "413"


@attack
def rules_that_are_not_finished(server):
    """Bodies of 9 MB that stop before their ends, and stay."""
    connections = []
    for number in range(60):
        connection = server.connect()
        head = ask("PUT", f"/_mock/faults?org={number}", b"", org=str(number))
        head = head.replace(b"Content-Length: 0", b"Content-Length: 9900000")

        def begin(connection=connection, head=head):
            try:
                connection.socket.sendall(head + b'{"rules": [{"name": "' + b"x" * 9_000_000)
            except OSError:
                pass  # It was answered, and closed.

        thread = threading.Thread(target=begin, daemon=True)
        thread.start()
        connections.append((connection, thread))
    for _, thread in connections:
        thread.join(5)
    return "60 of 9 MB"


@attack
def unknown_parameters(server):
    query = "a&" * 4000
    until_full(server, lambda _: ask("GET", f"/v2/myself?{query}"), 1000, 50)
    assert at_once([lambda: server.connect().ask("GET", "/_mock/requests?org=world")] * 8).count(200) > 0
    return "1000 times 4000"


@attack
def waits_in_vain(server):
    query = "a&" * 500
    until_full(server, lambda _: ask("GET", f"/v2/myself?{query}"), 5000, 100)
    path = "/_mock/requests/wait?operation=get_myself&count=10000&timeout=2s&org=world"
    statuses = at_once([lambda: server.connect().ask("GET", path)] * 300)
    return f"{len(statuses)} waits"


@attack
def thumbnails_of_tiny_files(server):
    connection = server.connect()
    for _ in range(40):
        connection.socket.sendall(upload(GIF))
        assert connection.status() == 201
    statuses = at_once([lambda n=n: server.connect().ask("GET", f"/v2/thumbnails/{n}") for n in range(30, 70)])
    assert set(statuses) <= {200, 404, 507}, statuses
    return " ".join(f"{status}: {statuses.count(status)}" for status in sorted(set(statuses)))


@attack
def a_thumbnail_beside_full_memory(server):
    server.connect().socket.sendall(upload(GIF))
    must_fill(server, lambda _: upload(b"x" * MIB), 400, 4)
    status = server.connect().ask("GET", "/v2/thumbnails/30")
    assert status == 507, status
    return "507"


@attack
def files(server):
    return must_fill(server, lambda _: upload(b"x" * 100_000), 4000, 8)


@attack
def empty_files(server):
    return must_fill(server, lambda _: upload(b""), 600_000, 500)


@attack
def answers_that_nobody_reads(server):
    for _ in range(40):
        assert server.connect().ask("POST", f"{ISSUE}/comments", {"text": TEXT}) == 201
    unread = []
    for path in [f"{ISSUE}/comments", "/_mock/state?org=world", f"{ISSUE}/comments?expand=html"] * 60:
        connection = server.connect()
        connection.send("GET", path)
        unread.append(connection)
    time.sleep(3)
    return f"{len(unread)} of 40 MB"


@attack
def heads_that_do_not_end(server):
    open_ones = []
    for _ in range(4000):
        try:
            connection = server.connect()
            connection.socket.setblocking(False)
            connection.socket.send(b"GET /v2/myself HTTP/1.1\r\nX: " + b"x" * 120_000)
        except OSError:
            pass
        open_ones.append(connection)
    time.sleep(2)
    return f"{len(open_ones)} connections"


@attack
def uploads_that_do_not_end(server):
    head = upload(b"").replace(b"Content-Length: ", b"Content-Length: 9")
    open_ones = []
    for _ in range(1500):
        connection = server.connect()
        connection.socket.setblocking(False)
        try:
            connection.socket.send(head[:-11] + b"x" * 200_000)
        except OSError:
            pass
        open_ones.append(connection)
    time.sleep(2)
    return f"{len(open_ones)} uploads"


@attack
def ordered_searches(server):
    for number in range(60):
        fields = {"fields": {"summary": "s", "description": f"{number}{TEXT}"}}
        status = server.connect().ask("POST", "/v2/entities/goal", fields)
        if status == 507:
            break
    search = lambda: server.connect().ask("POST", "/v2/entities/goal/_search?fields=description", {"orderBy": "description"})
    statuses = at_once([search] * 8)
    assert set(statuses) <= {200, 507}, statuses
    return " ".join(f"{status}: {statuses.count(status)}" for status in sorted(set(statuses)))


@attack
def a_full_journal(server):
    text = {"text": "x" * 8000}
    for number in range(12):
        until_full(server, lambda _: ask("GET", "/v2/issues/JUNE-2?" + "a" * 8000, text, headers=["X-Large: " + "x" * 8000]),
                   1000, 50)
    must_fill(server, lambda _: upload(b"x" * MIB), 400, 4)
    return "12000 of 24 KB, then files"


def run(attacking, binary):
    server = Server(binary)
    done, silent = threading.Event(), []

    def watch():
        while not done.wait(0.5):
            try:
                connection = server.connect()
                connection.socket.settimeout(10)
                if connection.ask("GET", "/_mock/health") != 200:
                    silent.append("health is not 200")
                connection.close()
            except OSError as error:
                silent.append(f"health: {error}")

    began = time.monotonic()
    watcher = threading.Thread(target=watch)
    watcher.start()
    wrong = []
    try:
        said = attacking(server)
    except (AssertionError, OSError) as error:
        said, wrong = "", [f"{type(error).__name__}: {error}"]
    done.set()
    watcher.join()
    lasted = time.monotonic() - began
    try:
        return [f"the server ended with {server.process.wait(0.2)}"], said, 0, 0, lasted
    except subprocess.TimeoutExpired:
        peak = server.memory("VmHWM")
    status = server.connect().ask("POST", "/_mock/reset?all=true")
    if status != 204:
        wrong.append(f"reset: {status}")
    server.connect().ask("DELETE", "/_mock/faults?all=true")
    server.connect().ask("DELETE", "/_mock/requests?all=true")
    deadline = time.monotonic() + 40
    while (kept := server.memory("VmRSS") - server.before) > KEPT and time.monotonic() < deadline:
        time.sleep(0.2)
    if peak > CONTAINER:
        wrong.append("the container would have been killed")
    if kept > KEPT:
        wrong.append("memory did not go back")
    if silent:
        wrong.append(f"{len(silent)} times {silent[0]}")
    if server.stop() != 0:
        wrong.append("it did not stop in order")
    return wrong, said, peak, kept, lasted


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=os.environ.get("TRACKER_MOCK_BIN", ROOT / "target/release/tracker-mock"))
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if not Path("/proc/self/status").exists():
        print("attacks: left out, because there is no /proc to read the memory of a process from")
        return 0
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    chosen = [one for one in ATTACKS if not options.names or one.__name__ in options.names]
    failed = 0
    print(f"{'attack':40} {'peak':>8} {'kept':>8} {'time':>7}")
    for one in chosen:
        wrong, said, peak, kept, lasted = run(one, options.binary)
        failed += bool(wrong)
        print(f"{one.__name__:40} {peak / MIB:5.0f}MiB {kept / MIB:5.0f}MiB {lasted:6.1f}s  {said}", flush=True)
        for sentence in wrong:
            print(f"    FAILED: {sentence}", flush=True)
    print(f"{len(chosen) - failed} of {len(chosen)} attacks held")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
