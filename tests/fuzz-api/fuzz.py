#!/usr/bin/env python3
"""Fuzzes the release binary with schemathesis, by what `GET /_mock/openapi.json` says of it; `make fuzz-api`.

    python3 tests/fuzz-api/fuzz.py [arguments for schemathesis, such as --max-examples 500 --seed 1]

Every answer must be one that the document knows: its status, content type, headers and body; none a server error; what
breaks the description of a request must be refused, and what fits it be taken, as far as schemathesis.toml says. First
the emulated API, single requests and sequences apart, then the control plane, which is given worlds of its own.

Needs Python 3.10 or later and a package index that pip can reach. What requirements.txt pins goes into
target/fuzz-api-venv. Not part of `make test`: it takes minutes. The exit code is 1 if there were failures.
"""

import base64
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
BINARY = TARGET / "release" / "tracker-mock"
VENV = TARGET / "fuzz-api-venv"
REQUIREMENTS = HERE / "requirements.txt"

# One pixel.
PICTURE = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==")
API = ["--exclude-path-regex", "^/_mock/"]
CONTROL = ["--include-path-regex", "^/_mock/"]


def main():
    make_venv()
    server = subprocess.Popen(
        [BINARY, "--port", "0", "--log-level", "warn"], stdout=subprocess.PIPE, text=True
    )
    try:
        url = server.stdout.readline().rsplit(" ", 1)[-1].strip()
        seed(url)
        state = f"{url}/_mock/state"
        results = [
            run("single requests", url, "/v2", [*API, "--phases", "examples,coverage,fuzzing"], state),
            run("sequences of requests", url, "/v3", [*API, "--phases", "stateful"], None),
        ]
        show_coverage(url)
        results.append(run("the control plane", url, "", [*CONTROL, "--phases", "examples,coverage,fuzzing"], None))
        alive = server.poll() is None
    finally:
        server.terminate()
        server.wait()
    if not alive:
        sys.exit("tests/fuzz-api/fuzz.py: the server ended by itself")
    sys.exit(1 if any(results) else 0)


def make_venv():
    # The record is written last, so that an environment that was left half-made is made again.
    record = VENV / "made-from.txt"
    wanted = f"# Python {sys.version}\n{REQUIREMENTS.read_text('utf-8')}"
    if record.exists() and record.read_text("utf-8") == wanted:
        return
    print(f"making {VENV.relative_to(ROOT) if ROOT in VENV.parents else VENV}", flush=True)
    pip = [VENV / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    subprocess.run([*pip, "install", "--no-deps", "--requirement", REQUIREMENTS], check=True)
    subprocess.run([*pip, "check"], check=True)
    record.write_text(wanted, "utf-8")


def seed(url):
    """Makes the world `seed`, which has one of everything that the fixtures have none of. hooks.py copies it."""

    def post(path, body, kind="application/json"):
        headers = {"Authorization": "OAuth any-token", "X-Org-ID": "seed", "Content-Type": kind}
        request = urllib.request.Request(f"{url}/v2{path}", data=body, headers=headers, method="POST")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def upload():
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="picture.gif"\r\n\r\n'
        return post("/attachments", head + PICTURE + b"\r\n--b--\r\n", "multipart/form-data; boundary=b")["id"]

    ids = [upload() for _ in range(8)]
    assert ids[0] == "30", ids
    issue = {"queue": "JUNE", "summary": "An image", "unique": "only-one", "attachmentIds": ids[:1]}
    assert post("/issues", json.dumps(issue).encode())["key"] == "JUNE-4"
    comment = json.dumps({"text": "A comment"}).encode()
    assert post("/entities/project/6586d6fee2b9ef74e69df1ef/comments", comment)["id"] == 22
    assert post("/issues/JUNE-4/comments", comment)["id"] == 23


def run(what, url, base, selection, state):
    """Gives the exit code of schemathesis."""
    print(f"\n=== {what} ===", flush=True)
    # A proxy stands between this machine and the package index, not between the fuzzer and its server.
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    if state:
        env["FUZZ_STATE"] = state
    env["PYTHONPATH"] = str(HERE)
    command = [
        *[VENV / "bin" / "schemathesis", "--config-file", HERE / "schemathesis.toml"],
        *["run", f"{url}/_mock/openapi.json", "--url", url + base, *selection, *sys.argv[1:]],
    ]
    # What it leaves behind is no part of the sources.
    work = TARGET / "fuzz-api"
    work.mkdir(parents=True, exist_ok=True)
    return subprocess.run(command, cwd=work, env=env).returncode


def show_coverage(url):
    """How deep it went, by the server's own count."""
    with urllib.request.urlopen(f"{url}/_mock/coverage?all=true") as answer:
        report = json.load(answer)
    print(f"\nReached {report['reached']} of {report['total']} documented statuses and values. Not reached:")
    for operation in report["operations"]:
        missing = [goal["goal"] for goal in operation["goals"] if goal["count"] == 0]
        if missing:
            print(f"  {operation['operation']}: {', '.join(missing)}")


if __name__ == "__main__":
    main()
