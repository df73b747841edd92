#!/usr/bin/env python3
"""Builds the wheel, or tests it as it is installed.

    python3 integrations/python/run.py wheel    # dist/tracker_mock-*.whl, around the program of `make static`
    python3 integrations/python/run.py test [arguments for pytest]

Needs Python 3.10 or later and a package index. Everything is installed into virtual environments under target/. The
tests run with this Python; those of the plugin itself also with every other Python from 3.9 to 3.14 that is there.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DIST = ROOT / "dist"
sys.path.insert(0, str(HERE.parent))
import environments  # noqa: E402
from environments import run  # noqa: E402

# With xdist once, as it is slow to start.
FEW_TESTS = ["tests/test_plugin.py", "tests/test_testcase.py", "-k", "not arguments1"]
OTHERS = [f"3.{minor}" for minor in range(9, 15)]
# In a network of its own, switches on `lo` (SIOCSIFFLAGS, IFF_UP), and becomes the command.
ONLY_LOOPBACK = """
import fcntl, os, socket, struct, sys
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 1))
os.execvp(sys.argv[1], sys.argv[1:])
"""


def main():
    if sys.version_info < (3, 10):
        sys.exit("run.py: Python 3.10 or later is needed")
    what, arguments = sys.argv[1], sys.argv[2:]
    builder = environments.builder()
    wheel = build_wheel(builder)
    print(f"built {wheel.relative_to(ROOT)}", flush=True)
    if what == "wheel":
        return 0
    python = environments.clients(builder)
    install(builder, python, wheel)
    # What is tested is the installed wheel and the program in it.
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TRACKER_MOCK_") and not name.lower().endswith("_proxy")
    }
    env["WHEEL"] = str(wheel)
    env["WITHOUT_NETWORK"] = shlex.join(without_network())
    failed = subprocess.call([python, "-m", "mypy", "--strict", "src", "tests/typed.py"], cwd=HERE, env=env)
    failed |= subprocess.call([python, "-I", "-B", "-m", "pytest", *arguments], cwd=HERE, env=env)
    failed |= test_others(builder, wheel, env)
    if not env["WITHOUT_NETWORK"]:
        print("LEFT OUT: the network could not be turned off for the tests of the wheel; they used no index")
    return failed


def without_network():
    """What runs a command without any network but this machine itself, if that is allowed here."""
    for how in (["unshare", "--net"], ["unshare", "--net", "--map-root-user"]):
        command = [*how, sys.executable, "-c", ONLY_LOOPBACK]
        if shutil.which(how[0]) and subprocess.run([*command, "true"], stderr=subprocess.DEVNULL).returncode == 0:
            return command
    return []


def test_others(builder, wheel, env):
    """The tests of the plugin with the other versions of Python that there are."""
    failed, tested, missing = 0, [f"3.{sys.version_info.minor}"], []
    for version in OTHERS:
        if version in tested:
            continue
        program = find_python(version)
        if program is None:
            missing.append(version)
            continue
        # The last pytest for Python 3.9 is tested with all of the clients, too.
        few = ["install", "--quiet", f"pytest=={'8.4.2' if version == '3.9' else '9.2.0'}", "pytest-xdist==3.8.0"]
        python = environments.make(f"python-venv-{version}", program, few, builder=builder)
        install(builder, python, wheel)
        failed |= subprocess.call([python, "-I", "-B", "-m", "pytest", "--quiet", *FEW_TESTS], cwd=HERE, env=env)
        tested.append(version)
    print(f"tested with Python {', '.join(tested)}" + (f"; not there: {', '.join(missing)}" if missing else ""))
    return failed


def find_python(version):
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for program in [shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}.*/bin/python")]:
        # A shim of pyenv may stand for a version that is not installed.
        if program and subprocess.run([program, "-V"], capture_output=True).returncode == 0:
            return str(program)
    return None


def build_wheel(python):
    for old in DIST.glob("tracker_mock-*.whl"):
        old.unlink()
    run([python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", DIST, HERE])
    return next(DIST.glob("tracker_mock-*.whl"))


def install(builder, python, wheel):
    options = ["--quiet", "--no-index", "--no-deps", "--force-reinstall"]
    run([builder, "-m", "pip", "--python", python, "install", *options, wheel])


if __name__ == "__main__":
    sys.exit(main())
