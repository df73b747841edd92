"""Virtual environments under target/. One pip installs into all of them: an environment takes longer to get a pip of
its own than what it is for."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
# The pip is one that Python 3.9 can run, too. The others build the wheel.
BUILDERS = [
    "pip==25.3",
    "hatchling==1.33.0",
    "packaging==26.3",
    "pathspec==1.1.1",
    "pluggy==1.6.0",
    "trove-classifiers==2026.9.21.13",
]
# The second names the first, and what is installed beside it.
CLIENTS = [ROOT / "tests/sdk/requirements.txt", HERE / "python/tests/requirements.txt"]


def builder():
    """The Python that has the pip, and what builds the wheel."""
    return make("python-venv-wheel", sys.executable, ["install", "--quiet", *BUILDERS])


def clients(builder):
    """The Python that has pytest and the clients of the Tracker API, which both suites in Python test with."""
    pins = "".join(path.read_text("utf-8") for path in CLIENTS)
    # A client that comes as a source archive would fetch the newest setuptools to be built with.
    setuptools = next(line for line in pins.splitlines() if line.startswith("setuptools=="))
    how = ["--quiet", "--no-deps", "--no-build-isolation", "--use-pep517"]
    commands = [["install", "--quiet", setuptools], ["install", *how, "--requirement", CLIENTS[1]], ["check"]]
    return make("python-venv", sys.executable, *commands, pins=pins, builder=builder)


def make(name, python, *commands, pins="", builder=None):
    """The Python of an environment on which pip did these commands. It is made anew when they, the pins or the Python
    change."""
    folder = TARGET / name
    inner, record = folder / "bin/python", folder / "made-from.txt"
    wanted = f"{subprocess.check_output([python, '-VV'], text=True)}{commands}{pins}"
    if not (inner.exists() and record.exists() and record.read_text("utf-8") == wanted):
        if importlib.util.find_spec("ensurepip") is None:
            sys.exit("this Python cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv")
        print(f"making {folder.relative_to(ROOT) if ROOT in folder.parents else folder}", flush=True)
        run([python, "-m", "venv", "--clear", *(["--without-pip"] if builder else []), folder])
        pip = [builder or inner, "-m", "pip", "--disable-pip-version-check", "--no-input", "--python", inner]
        for command in commands:
            run([*pip, *command])
        # Written last, so that an environment that was left half-made is made again.
        record.write_text(wanted, "utf-8")
    return inner


def run(command):
    done = subprocess.run([str(part) for part in command])
    if done.returncode:
        sys.exit(f"{Path(sys.argv[0]).name}: {' '.join(str(part) for part in command)} failed")
