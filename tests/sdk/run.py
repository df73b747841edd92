#!/usr/bin/env python3
"""Runs the tests of this folder: two Python clients, the official one and yatracker, against the release binary.

    python3 tests/sdk/run.py [arguments for pytest]

Needs Python 3.10 or later, as yatracker does, and a package index that pip can reach. What requirements.txt pins goes
into a virtual environment, target/python-venv, with what integrations/python needs beside it. The binary is that in
TRACKER_MOCK_BIN, else target/release/tracker-mock; it is built if it is missing. The exit code is pytest's. Whatever
keeps the tests from running is one line on stderr and exit code 1: they are never skipped.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
BINARY = Path(os.environ.get("TRACKER_MOCK_BIN", TARGET / "release" / "tracker-mock"))
sys.path.insert(0, str(ROOT / "integrations"))
import environments  # noqa: E402


def main():
    if sys.version_info < (3, 10):
        fail(f"Python 3.10 or later is needed, this is {sys.version.split()[0]}")
    try:
        python = environments.clients(environments.builder())
        build_binary()
        run_pytest(python, sys.argv[1:])
    except OSError as error:
        fail(str(error))


def build_binary():
    if not BINARY.exists():
        print(f"building {shown(BINARY)}", flush=True)
        if shutil.which("cargo") is None:
            fail(f"cannot build {shown(BINARY)}: there is no cargo on the PATH")
        if subprocess.run(["cargo", "build", "--release", "--locked"], cwd=ROOT).returncode != 0:
            fail(f"cannot build {shown(BINARY)}")


def run_pytest(python, arguments):
    # A proxy stands between this machine and the package index, not between the tests and their server.
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    env["TRACKER_MOCK_BINARY"] = str(BINARY)
    # Other plugins are there for the tests of integrations/python; one of them is the one that those test.
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.chdir(HERE)
    # -I: no PYTHONPATH, no packages of the user. -B: no __pycache__ beside the tests.
    os.execve(python, [str(python), "-I", "-B", "-m", "pytest", "-p", "pytest_asyncio.plugin", *arguments], env)


def shown(path):
    return path.relative_to(ROOT) if ROOT in path.parents else path


def fail(message):
    sys.exit(f"tests/sdk/run.py: {message}")


if __name__ == "__main__":
    main()
