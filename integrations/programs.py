"""Programs that the tests of the integrations need: found on the PATH, or installed by apt."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def tracker_mock():
    """The program under test: TRACKER_MOCK_BIN, else what `make static` makes."""
    path = Path(os.environ.get("TRACKER_MOCK_BIN") or ROOT / "target" / "static" / "tracker-mock").absolute()
    return path if path.exists() else sys.exit(f"there is no program {path}: run `make static` first")


def need(script, programs):
    """Installs by apt what is missing of `programs`, program to Debian package; without it, says so and ends."""
    missing = {name: package for name, package in programs.items() if shutil.which(name) is None}
    if not missing:
        return
    names = " and ".join(missing)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        leave_out(script, f"there is no {names}, and only root can install them by apt")
    print(f"installing {names} by apt", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing.values()]):
        done = subprocess.run(["apt-get", "--quiet", *command], env=env, capture_output=True, text=True)
        if done.returncode != 0:
            leave_out(script, f"{names} cannot be installed: {(done.stderr.strip().splitlines() or ['apt-get failed'])[-1]}")


def leave_out(script, reason):
    print(f"{script}: LEFT OUT: {reason}")
    sys.exit(1 if os.environ.get("CI") else 0)
