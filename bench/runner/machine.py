"""What was measured, and on what."""

import os
import platform
import re
import subprocess
import tomllib
from datetime import datetime, timezone
from pathlib import Path

from . import peer_setup
from .paths import BENCH, RESULTS, ROOT
from .table import markdown


def output(*command):
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def read(path):
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def facts(baseline=None):
    """Lines about the machine and the versions, as (what, value)."""
    model = re.search(r"^model name\s*:\s*(.+)$", read("/proc/cpuinfo"), re.M)
    memory = re.search(r"^MemTotal:\s*(\d+) kB", read("/proc/meminfo"), re.M)
    huge = re.search(r"\[(\w+)\]", read("/sys/kernel/mm/transparent_hugepage/enabled"))
    changed = ", with changes" if output("git", "status", "--porcelain", "--", "src", "Cargo.lock") else ""
    return [
        ("date", datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")),
        ("processor", f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores"),
        ("memory", f"{int(memory[1]) / 1024**2:.1f} GiB" if memory else "unknown"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("transparent huge pages", huge[1] if huge else "unknown"),
        ("load before", " ".join(f"{load:.2f}" for load in os.getloadavg())),
        ("tracker-mock", f"commit {output('git', 'rev-parse', '--short', 'HEAD')}{changed}"),
        *([("baseline", f"{baseline.name}, {output(baseline.binary, '--version')}")] if baseline else []),
        ("compiler", output("rustc", "--version")),
        ("crates of the floor", crates()),
        ("peers", peer_setup.versions() or "none"),
    ]


def crates():
    """The crates that both run on, which must be the same for the comparison to mean anything."""
    ours, floors = (locked(folder / "Cargo.lock") for folder in (ROOT, BENCH))
    names = ("hyper", "hyper-util", "tokio", "bytes", "httparse")
    other = [f"{name} {floors[name]}, not {ours[name]}" for name in names if floors[name] != ours[name]]
    if other:
        return f"OTHER than tracker-mock's: {'; '.join(other)}"
    return ", ".join(f"{name} {ours[name]}" for name in names) + ", as in tracker-mock"


def locked(file):
    return {package["name"]: package["version"] for package in tomllib.loads(file.read_text())["package"]}


def write(facts, rows, part=""):
    """Writes the table with its notes; the file is named by the day, the kind of machine, and `part` of what it is."""
    RESULTS.mkdir(exist_ok=True)
    day = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    file = RESULTS / f"{day}-{os.cpu_count()}-cores-{platform.machine()}{part}.md"
    lines = "".join(f"- {what}: {value}\n" for what, value in facts)
    file.write_text(f"# tracker-mock measured\n\n{lines}\n{markdown(rows)}")
    return file
