#!/usr/bin/env python3
"""Several servers behind a real nginx and a real HAProxy, by the configurations in this folder.

    python3 integrations/farm/test.py [--binary PATH]

300 worlds, named by both headers and by ?org=, must each be on one of three servers, and no request in a wrong one.
Then the body of an upload must reach the server while the client still sends; and it is counted how many worlds move
when a server comes or goes. What is not installed is unpacked from Debian's packages below target/.
Where that cannot be, the last lines say what was left out; with CI in the environment that is a failure.
"""

import argparse
import concurrent.futures
import contextlib
import hashlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import programs  # noqa: E402

ROOT = HERE.parents[1]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
FOLDER = TARGET / "farm"
WORLDS = 300
BIG = 64 * 1024 * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = os.environ.get("TRACKER_MOCK_BIN", TARGET / "release" / "tracker-mock")
    parser.add_argument("--binary", type=Path, default=usual)
    binary = parser.parse_args().binary.resolve()
    with contextlib.ExitStack() as started:
        start = lambda kind, *arguments: started.enter_context(contextlib.closing(kind(*arguments)))
        for proxy in (Nginx, HAProxy):
            servers = [start(Server, binary, number) for number in range(1, 5)]
            farm = start(proxy, servers[:3])
            worlds_stay_apart(farm, servers[:3], binary)
            calls_for_all_are_refused(farm)
            bodies_are_not_kept_back(farm)
            faults_arrive(farm)
            comings_and_goings(farm, servers, lambda listed, proxy=proxy: start(proxy, listed))
            a_server_dies(farm, servers)


def worlds_stay_apart(farm, servers, binary):
    names = [name_of(number) for number in range(WORLDS)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: use_world(farm, number), range(WORLDS)))
    found = [{world["org"] for world in server.json("GET", "/_mock/worlds")} for server in servers]
    check("worlds on all servers together", sum(map(len, found)), WORLDS)
    check("worlds", set.union(*found), set(names))
    check("servers without a world", [each for each in found if not each], [])
    merged_coverage_is_the_sum(servers, binary)
    for org in names[:5]:
        farm.call("DELETE", f"/_mock/worlds/{urllib.parse.quote(org, safe='')}")
    left = {world["org"] for server in servers for world in server.json("GET", "/_mock/worlds")}
    check("worlds that were forgotten", set(names) - left, set(names[:5]))
    shares = ", ".join(str(len(each)) for each in found)
    farm.tell(f"{WORLDS} worlds on 3 servers ({shares}), and no request in a wrong one")


def name_of(number):
    """Ids of Tracker and of the cloud, and what else may stand in a header or, encoded, in a query."""
    kinds = (f"{6500000 + number}", f"bpf{number:017x}", f"team-{number}.test", f"мир {number}", f"a/b&c=%{number}+d")
    return kinds[number % len(kinds)]


def use_world(farm, number):
    """All that a test does in its world. What it finds there must be its own."""
    org = name_of(number)
    names = ("X-Org-ID", "X-Cloud-Org-ID", "x-org-id", "X-CLOUD-ORG-ID")
    turn = lambda step: {names[(number + step) % 4]: org.encode(), "Authorization": "OAuth any"}
    query, header = farm.naming(org)
    control = lambda method, path, body=None: farm.json(method, f"/_mock/{path}{query}", body, header)
    rule = {"name": f"rule {org}", "match": {"operation": "attach_file"}, "do": {"delay": "1ms"}}

    control("PUT", "faults", {"rules": [rule]})
    file = json.loads(farm.upload(f"{number}.txt", org.encode(), turn(0)))
    check("address of a file", file["content"], f"{farm.url}/v2/attachments/{file['id']}/{number}.txt")
    control("PUT", "snapshots/uploaded")
    # As the official client sends it for the header that it does not use.
    both = {**turn(1), **{name: b"not provided" for name in names[:2] if name.lower() not in lower(turn(1))}}
    farm.json("POST", f"/v2/entities/project/4/attachments/{file['id']}", None, both)
    listed = farm.json("GET", "/v3/entities/project/4/attachments", None, turn(2))
    check("files of the project", [one["name"] for one in listed], [f"{number}.txt"])
    check("content", farm.call("GET", f"/v2/attachments/{file['id']}/{number}.txt", None, turn(3)), org.encode())

    seen = [(request["org"], request["operation"]) for request in control("GET", "requests")]
    sent = ["upload_temp_file", "attach_file", "list_entity_files", "download_file"]
    check("journal", seen, [(org, operation) for operation in sent])
    (armed,) = control("GET", "faults")["rules"]
    check("fault", (armed["org"], armed["rule"]["name"], armed["fired"]), (org, f"rule {org}", 1))
    check("verdict", control("POST", "verify", {"strict": {}})["ok"], True)
    control("POST", "snapshots/uploaded/restore")
    check("temporary files", [one["name"] for one in control("GET", "state")["temporaryFiles"]], [f"{number}.txt"])


def lower(headers):
    return {name.lower() for name in headers}


def merged_coverage_is_the_sum(servers, binary):
    reports = [server.json("GET", "/_mock/coverage?all=true") for server in servers]
    sums = {}
    for operation in (operation for report in reports for operation in report["operations"]):
        for goal in operation["goals"]:
            key = (operation["operation"], goal["goal"])
            sums[key] = sums.get(key, 0) + goal["count"]
    command = [binary, "coverage", *(server.url for server in servers), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, env=without_settings())
    check("coverage of three servers", (done.returncode, done.stderr), (0, ""))
    merged = json.loads(done.stdout)["operations"]
    found = {(one["operation"], goal["goal"]): goal["count"] for one in merged for goal in one["goals"]}
    check("merged coverage", found, sums)
    check("uploads in it", found["upload_temp_file", "status 201"], WORLDS)


def calls_for_all_are_refused(farm):
    for method, path in (("POST", "/_mock/reset?all=true"), ("GET", "/_mock/worlds"), ("GET", "/_mock/requests")):
        status, body = farm.ask(method, path)
        check(f"{method} {path}", (status, json.loads(body)["errorMessages"][0][:32]),
              (501, "This proxy has several servers, "))
    for path in ("/_mock/health", "/_mock/openapi.json", "/_mock/evidence"):
        check(path, farm.ask("GET", path)[0], 200)
    check("a fresh world", farm.ask("POST", "/_mock/worlds")[0], 201)
    if isinstance(farm, Nginx):
        status, body = farm.ask("GET", "/_mock/requests?org=a%20b")
        message = "This proxy cannot decode it. Name the organisation by the header X-Org-ID."
        check("an encoded name", (status, json.loads(body)["errors"]), (400, {"org": message}))


def bodies_are_not_kept_back(farm):
    """A fault in the middle of an upload answers while the client has sent a part of it only."""
    rule = {"at": {"request": {"afterFileBytes": 1000}}, "do": {"status": 418}}
    farm.json("PUT", "/_mock/faults?org=body", {"rules": [rule]})
    head, tail = form("a.bin")
    length = len(head) + 512 * 1024 * 1024 + len(tail)
    lines = (f"POST /v2/attachments/ HTTP/1.1\r\nHost: {farm.address}\r\nAuthorization: OAuth t\r\nX-Org-ID: body\r\n"
             f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {length}\r\n\r\n")
    with socket.create_connection(("127.0.0.1", farm.port), timeout=30) as client:
        client.sendall(lines.encode() + head + bytes(2000))
        answer = client.recv(1000)
    check("answer within 512 MiB", answer.split(b"\r\n")[0].split()[1], b"418")
    farm.call("DELETE", "/_mock/faults?org=body")

    content = os.urandom(BIG)
    headers = {"Authorization": "OAuth t", "X-Org-ID": "body"}
    file = json.loads(farm.upload("big.bin", content, headers))
    back = farm.call("GET", f"/v2/attachments/{file['id']}/big.bin", None, headers)
    check("64 MiB, there and back", hashlib.sha256(back).digest(), hashlib.sha256(content).digest())
    farm.tell("an upload is answered before it ends, and 64 MiB come back as they went")


def faults_arrive(farm):
    """What a client meets that a fault cuts off, and that nobody asks twice in its place."""
    for what in ("close", "reset"):
        rules = {"rules": [{"match": {"operation": "get_myself"}, "do": {"connection": what}}]}
        farm.json("PUT", f"/_mock/faults?org={what}", rules)
        status, _ = farm.ask("GET", "/v2/myself", None, {"Authorization": "OAuth t", "X-Org-ID": what})
        (armed,) = farm.json("GET", f"/_mock/faults?org={what}")["rules"]
        check(f"how often {what} struck", (status, armed["fired"]), (502, 1))
    rule = {"match": {"operation": "list_queues"}, "at": {"answer": "half"}, "do": {"connection": "close"}}
    farm.json("PUT", "/_mock/faults?org=half", {"rules": [rule]})
    try:
        farm.ask("GET", "/v2/queues/", None, {"Authorization": "OAuth t", "X-Org-ID": "half"})
        found = "a whole answer"
    except http.client.IncompleteRead:
        found = "half an answer"
    check("a fault within an answer", found, "half an answer")


def comings_and_goings(farm, servers, start):
    """How many worlds another list of servers has elsewhere, and whether only those move that must."""
    before = places(farm, servers, "x")
    for what, listed in (("a fourth server comes", servers), ("the second of three goes", [servers[0], servers[2]])):
        other = start(listed)
        after = places(other, servers, f"y{len(listed)}")
        other.close()
        moved = {number for number in range(WORLDS) if before[number] != after[number]}
        if len(listed) == 4:
            needless = [number for number in moved if after[number] != 3]
        else:
            needless = [number for number in moved if before[number] != 1]
        farm.tell(f"{what}: {100 * len(moved) / WORLDS:.0f} % of the worlds move")
        check(f"worlds that moved without need when {what}", needless, [])
        check(f"whether at most half moved when {what}", len(moved) <= WORLDS / 2, True)


def places(farm, servers, file):
    """Which of the servers has which world, by a file of this name that is uploaded to each."""
    for number in range(WORLDS):
        farm.upload(file, b"", {"Authorization": "OAuth t", "X-Org-ID": f"place-{number}"})
    found = {}
    for index, server in enumerate(servers):
        for request in server.json("GET", f"/_mock/requests?all=true&file={file}&limit=1000"):
            found[int(request["org"].removeprefix("place-"))] = index
    return found


def a_server_dies(farm, servers):
    orgs = [f"place-{number}" for number in range(WORLDS)]
    ask = lambda org: farm.ask("GET", "/v2/myself", None, {"Authorization": "OAuth t", "X-Org-ID": org})[0]
    home = places(farm, servers, "z")
    servers[1].close()
    if isinstance(farm, HAProxy):
        wait_until("another server answers for the one that died", lambda: set(map(ask, orgs)) == {200})
        farm.tell("a server dies: others answer for its worlds, from the fixtures on")
    else:
        expected = [502 if home[number] == 1 else 200 for number in range(WORLDS)]
        check("answers while a server is away", [ask(org) for org in orgs], expected)
        farm.tell("a server dies: its worlds answer 502 until it is back")
    servers[1].start()
    wait_until("the server is back", lambda: set(map(ask, orgs)) == {200})
    wait_until("its worlds are back", lambda: places(farm, servers, f"w{time.monotonic_ns()}") == home)


def wait_until(what, holds):
    give_up = time.monotonic() + 30
    while not holds():
        if time.monotonic() > give_up:
            fail(f"{what}: not within 30 s")
        time.sleep(0.2)


class Address:
    """Something that listens on a port of the loopback interface."""

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.address}"

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def call(self, method, path, body=None, headers=None):
        status, text = self.ask(method, path, body, headers)
        if status >= 400:
            fail(f"{method} {path} of {headers}: {status} {text[:300]!r}")
        return text

    def json(self, method, path, body=None, headers=None):
        return json.loads(self.call(method, path, body and json.dumps(body), headers) or b"null")

    def upload(self, name, content, headers):
        head, tail = form(name)
        headers = {**headers, "Content-Type": "multipart/form-data; boundary=b"}
        return self.call("POST", "/v2/attachments/", head + content + tail, headers)

    def close(self):
        self.process.terminate()
        self.process.wait(30)


def form(name):
    """What stands before and after a file in a form."""
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode(), b"\r\n--b--\r\n"


class Server(Address):
    """A tracker-mock."""

    def __init__(self, binary, number):
        self.binary, self.number, self.port = binary, number, 0
        self.start()

    def start(self):
        command = [self.binary, "--port", str(self.port), "--log-level", "error", "--journal-records", "1000000"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=without_settings())
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])


class Proxy(Address):
    """A proxy in front of servers, by the configuration that stands in this folder."""

    def __init__(self, servers):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        folder = FOLDER / type(self).__name__
        folder.mkdir(parents=True, exist_ok=True)
        command = self.command(servers, folder)
        libraries = ":".join(map(str, FOLDER.glob("root/usr/lib/*-linux-gnu*")))
        self.process = subprocess.Popen(command, env={**os.environ, "LD_LIBRARY_PATH": libraries})
        wait_until("the proxy listens", self.listens)

    def listens(self):
        if self.process.poll() is not None:
            fail(f"{type(self).__name__} does not start")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True

    def naming(self, org):
        """How to name a world to the control plane: the query and headers."""
        return f"?org={urllib.parse.quote(org, safe='')}", {}

    def tell(self, what):
        print(f"integrations/farm/test.py: {type(self).__name__}: {what}", flush=True)

    def with_servers(self, text, line, servers):
        """The configuration with these servers in place of its own, and this port."""
        written = re.findall(line, text, re.M)
        check("servers in the configuration", len(written), 3)
        text = text.replace("".join(written[1:]), "")
        return text.replace(written[0], "".join(map(self.server_line, servers)))


class Nginx(Proxy):
    def command(self, servers, folder):
        text = self.with_servers((HERE / "nginx.conf").read_text(), r"^ +server 127.*\n", servers)
        text = text.replace("listen 8080", f"listen {self.address}")
        user = "user root;" if os.geteuid() == 0 else ""
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        scratch = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
        main = f"{user} daemon off; pid {folder}/{self.port}.pid; error_log {folder}/error.log; events {{}}"
        name = folder / f"{self.port}.conf"
        name.write_text(f"{main} http {{ access_log off; {scratch}\n{text}}}")
        return [program("nginx"), "-p", folder, "-e", folder / "error.log", "-c", name]

    def server_line(self, server):
        return f"    server {server.address} max_fails=0;\n"

    def naming(self, org):
        """nginx cannot decode a query."""
        return super().naming(org) if re.fullmatch("[A-Za-z0-9.-]+", org) else ("", {"X-Org-ID": org.encode()})


class HAProxy(Proxy):
    def command(self, servers, folder):
        text = self.with_servers((HERE / "haproxy.cfg").read_text(), r"^ +server .*\n", servers)
        name = folder / f"{self.port}.cfg"
        name.write_text(text.replace("bind :8080", f"bind {self.address}"))
        return [program("haproxy"), "-q", "-db", "-f", name]

    def server_line(self, server):
        return f"    server s{server.number} {server.address} id {server.number}\n"


def program(name):
    """Where a program is; unpacked from Debian's packages if it is not installed."""
    unpacked = FOLDER / "root" / "usr" / "sbin" / name
    search = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    if found := shutil.which(name, path=search) or (unpacked.exists() and unpacked):
        return found
    if shutil.which("apt-get") is None:
        leave_out(f"there is no {name}, and no apt to get it by")
    print(f"unpacking {name} from Debian's packages", flush=True)
    archives = FOLDER / "archives"
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    # With what it needs and this system lacks. Nothing is installed, so nothing is started either.
    options = ["--yes", "--download-only", "--no-install-recommends", "-o", f"Dir::Cache::archives={archives}"]
    get = ["apt-get", "--quiet", "install", *options, "-o", "Debug::NoLocking=1", name]
    done = subprocess.run(get, capture_output=True, text=True)
    if done.returncode != 0 and os.geteuid() == 0:
        subprocess.run(["apt-get", "--quiet", "update"], capture_output=True)
        done = subprocess.run(get, capture_output=True, text=True)
    if done.returncode != 0:
        leave_out(f"{name} cannot be had: {(done.stderr.strip().splitlines() or ['apt-get failed'])[-1]}")
    for package in archives.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, FOLDER / "root"], check=True)
    return unpacked


def without_settings():
    return {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_MOCK_")}


def leave_out(reason):
    programs.leave_out("integrations/farm/test.py", f"several servers behind a proxy were not tried: {reason}")


def check(what, found, expected):
    if found != expected:
        fail(f"{what}: {found!r}, not {expected!r}")


def fail(message):
    sys.exit(f"integrations/farm/test.py: {message}")


if __name__ == "__main__":
    main()
