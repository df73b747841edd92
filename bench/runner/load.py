"""Runs the load program."""

import json
import subprocess
from dataclasses import dataclass

from .paths import LOAD
from .server import BenchError


@dataclass
class Step:
    """A request file and the status that its answer must have."""

    file: object
    status: int


@dataclass
class Outcome:
    """What one run of the load took, and what it took of the server."""

    rate: float
    seconds: float
    step_p50_us: list
    server_cpu_us: float
    faults: float
    load_cpu_share: float


def run_load(server, steps, rounds, connections, first=0, circle=(0, 1)):
    """Goes `rounds` times through the steps; the rate is in rounds per second."""
    command = [LOAD, "--address", server.address, "--connections", connections, "--rounds", rounds]
    command += ["--first", first, "--circle-first", circle[0], "--circle", circle[1]]
    for step in steps:
        command += ["--step", f"{step.status}:{step.file}"]
    cpu, faults = server.cpu_seconds(), server.page_faults()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    cpu, faults = server.cpu_seconds() - cpu, server.page_faults() - faults
    if done.returncode != 0:
        raise BenchError(f"load on {server.name}: {done.stderr.strip()}")
    report = json.loads(done.stdout)
    seconds = report["seconds"]
    return Outcome(
        rate=rounds / seconds,
        seconds=seconds,
        step_p50_us=[step["p50Us"] for step in report["steps"]],
        server_cpu_us=cpu / rounds * 1e6,
        faults=faults / rounds,
        load_cpu_share=report["cpuSeconds"] / seconds,
    )
