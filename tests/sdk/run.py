#!/usr/bin/env python3
"""Runs the tests of this folder: two Python clients, the official one and yatracker, against the release binary.

    python3 tests/sdk/run.py [arguments for pytest]

Needs Python 3.10 or later, as yatracker does, and a package index that pip can reach. What requirements.txt pins goes
into a virtual environment, target/sdk-venv, which is made anew when the pins or the Python change. The binary is that in
TRACKER_MOCK_BIN, else target/release/tracker-mock; it is built if it is missing. The exit code is pytest's. Whatever
keeps the tests from running is one line on stderr and exit code 1: they are never skipped.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
BINARY = Path(os.environ.get("TRACKER_MOCK_BIN", TARGET / "release" / "tracker-mock"))
VENV = TARGET / "sdk-venv"
VENV_PYTHON = VENV / "bin" / "python"
VENV_LOG = TARGET / "sdk-venv.log"
REQUIREMENTS = HERE / "requirements.txt"


def main():
    if sys.version_info < (3, 10):
        fail(f"Python 3.10 or later is needed, this is {sys.version.split()[0]}")
    try:
        make_venv()
        build_binary()
        run_pytest(sys.argv[1:])
    except OSError as error:
        fail(str(error))


def make_venv():
    # The record is written last, so that an environment that was left half-made is made again.
    record = VENV / "made-from.txt"
    pins = REQUIREMENTS.read_text("utf-8")
    wanted = f"# Python {sys.version}\n{pins}"
    if VENV_PYTHON.exists() and record.exists() and record.read_text("utf-8") == wanted:
        return
    print(f"making {shown(VENV)} from {shown(REQUIREMENTS)}", flush=True)
    if importlib.util.find_spec("ensurepip") is None:
        fail("this Python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv")
    TARGET.mkdir(parents=True, exist_ok=True)
    VENV_LOG.write_text("", "utf-8")
    logged(f"cannot make {shown(VENV)}", [sys.executable, "-m", "venv", "--clear", VENV])

    pip = [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    # --no-deps: what requirements.txt does not name is not installed, and `pip check` says if something is missing.
    install = [*pip, "install", "--no-deps"]
    cannot_install = f"cannot install {shown(REQUIREMENTS)}"
    # A build of a source archive would fetch the newest setuptools for itself; it is to use the pinned one.
    setuptools = next(line for line in pins.splitlines() if line.startswith("setuptools=="))
    logged(cannot_install, [*install, setuptools])
    logged(cannot_install, [*install, "--no-build-isolation", "--use-pep517", "--requirement", REQUIREMENTS])
    logged(f"{shown(REQUIREMENTS)} is incomplete", [*pip, "check"])
    record.write_text(wanted, "utf-8")


def build_binary():
    if not BINARY.exists():
        print(f"building {shown(BINARY)}", flush=True)
        if shutil.which("cargo") is None:
            fail(f"cannot build {shown(BINARY)}: there is no cargo on the PATH")
        if subprocess.run(["cargo", "build", "--release", "--locked"], cwd=ROOT).returncode != 0:
            fail(f"cannot build {shown(BINARY)}")


def run_pytest(arguments):
    # A proxy stands between this machine and the package index, not between the tests and their server.
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    env["TRACKER_MOCK_BINARY"] = str(BINARY)
    os.chdir(HERE)
    # -I: no PYTHONPATH, no packages of the user. -B: no __pycache__ beside the tests.
    os.execve(VENV_PYTHON, [str(VENV_PYTHON), "-I", "-B", "-m", "pytest", *arguments], env)


def logged(complaint, command):
    """Runs a command whose output matters only if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = done.stdout.decode("utf-8", "replace")
    with VENV_LOG.open("a", encoding="utf-8") as log:
        log.write(output)
    if done.returncode != 0:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()]
        reason = (errors or lines or [f"exit code {done.returncode}"])[-1]
        fail(f"{complaint}: {reason.removeprefix('ERROR: ')} (more in {shown(VENV_LOG)})")


def shown(path):
    return path.relative_to(ROOT) if ROOT in path.parents else path


def fail(message):
    sys.exit(f"tests/sdk/run.py: {message}")


if __name__ == "__main__":
    main()
