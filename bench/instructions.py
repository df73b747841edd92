#!/usr/bin/env python3
"""What the most expensive requests of about 1 MiB cost, in instructions, counted by callgrind.

    python3 bench/instructions.py [--binary PATH]

Needs valgrind. Each request meets a server of its own; what the same server takes without it is subtracted. A processor
of 3 GHz was measured to do 5,000 million instructions a second of such code, so 500 million are 100 ms.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/attacks"))
from attacks import ISSUE, PROJECT, Connection  # noqa: E402  after the path is set

LIMIT = 500_000_000
ask = Connection.request


def tags(prefix):
    return [f"{prefix}{number}" for number in range(49_000)]


def change(value):
    return ask("PATCH", PROJECT, {"fields": {"tags": value}})


def pairs(prefix, length):
    return [{"target": f"{prefix}{number}", "replacement": f"r{number}"} for number in range(length)]


def form(part, times):
    file = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n'
    return ask("POST", "/v2/attachments/", part * times + file + b"--B--\r\n", content_type="multipart/form-data; boundary=B")


def comment(text):
    return ask("POST", f"{ISSUE}/comments?expand=html", {"text": text})


# Requests before, which are not counted, and the request that is.
CASES = {
    "nothing": ([], None),
    "tags add": ([], change({"add": tags("a")})),
    "tags remove": ([change(tags("a"))], change({"remove": tags("a")})),
    "tags replace": ([change(tags("a"))], change({"replace": pairs("a", 9_900)})),
    "search entities by tags": (
        [change(tags("a"))], ask("POST", "/v2/entities/project/_search", {"filter": {"tags": tags("b")}})),
    "search issues by tags": ([], ask("POST", "/v2/issues/_search", {"filter": {"tags": tags("b")}})),
    "JSON of 16,000 objects": ([], ask("POST", f"{ISSUE}/comments", b'{"text":"a","x":[' + b",".join([b'{"":0}'] * 16_000) + b"]}")),
    "attachmentIds": ([], ask("POST", f"{ISSUE}/comments", {"text": "a", "attachmentIds": [1] * 49_000})),
    "comment of backticks": ([], comment("`" * 1_000_000)),
    "comment of brackets": ([], comment("[" * 1_000_000)),
    "comment of stars": ([], comment("*a " * 330_000)),
    "form of lines": ([], form(b'--B\r\nContent-Disposition: form-data; name="t"\r\n\r\n' + b"\r\n-" * 3000 + b"\r\n", 90)),
    "form that begins with dashes": ([], form(b"-" * 10_000 + b"\n", 90)),
    "unknown path of 60 KB": ([], ask("GET", "/v2/" + "a" * 60_000)),
    "4,000 unknown parameters": ([], ask("GET", "/v2/myself?" + "a&" * 4_000)),
    "journal by a pattern of stars": (
        [ask("GET", "/v2/attachments/" + "a" * 8_000)] * 300, ask("GET", "/_mock/requests?org=world&path=/v2/attachments/" + "*a" * 30 + "*b")),
}


def instructions(binary, before, request):
    """Runs a server for these requests, and gives how much it did."""
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    server = subprocess.Popen(
        [*valgrind, binary, "--port", "0", "--log-level", "off"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    port = int(server.stdout.readline().rsplit(":", 1)[1])
    status = None
    for message in [*before, *([request] if request else [])]:
        connection = Connection(port)
        connection.socket.settimeout(600)
        connection.socket.sendall(message)
        status = connection.status()
        connection.close()
    server.terminate()
    said = server.communicate()[1]
    return int(re.search(r"Collected : (\d+)", said)[1]), status


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=ROOT / "target/release/tracker-mock")
    parser.add_argument("--only", help="a part of the name of the cases that are wanted")
    options = parser.parse_args()
    alone, failed = {}, 0
    print(f"{'request':32} {'status':>6} {'million instructions':>21}   limit {LIMIT // 1_000_000}")
    for name, (before, request) in CASES.items():
        if request is None or (options.only and options.only not in name):
            continue
        key = tuple(before)
        if key not in alone:
            alone[key] = instructions(options.binary, before, None)[0]
        total, status = instructions(options.binary, before, request)
        own = total - alone[key]
        failed += own > LIMIT
        print(f"{name:32} {status:>6} {own / 1e6:21.1f}{'   TOO MANY' if own > LIMIT else ''}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
