"""What tracker-mock weighs: the time until it answers, the binary, and memory."""

import json
import statistics
import subprocess
import time

from . import requests
from .load import Step, run_load
from .paths import READY
from .product import GIB, HEALTH, MB, MIB, fill, reset, start_product, upload_one
from .server import BenchError
from .table import limit_row

# Freed memory may wait for the next file for a while.
GIVE_BACK_SECONDS = 10
LEFT_MIB = 10


def in_turn(options, rounds, figures_of):
    """What `figures_of` returns for each build, in a list for each, from this many rounds in which all have a turn."""
    figures = [[] for _ in options.builds]
    for _ in range(rounds):
        for build, own in zip(options.builds, figures):
            own += figures_of(build)
    return figures


def ready(options, _folder):
    def start(build):
        command = [READY, "--times", "5", "--path", HEALTH, "--", build.binary, "--port", "0"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise BenchError(done.stderr.strip())
        return json.loads(done.stdout)

    times = in_turn(options, options.rounds(10), start)
    low, _, high = statistics.quantiles(times[0], n=4, method="inclusive")
    note = f"until the whole answer of {HEALTH}, median of {len(times[0])} starts, slowest {max(times[0]):.1f} ms"
    return [limit_row("ready", [*map(statistics.median, times)], 10, "ms", note=note, spread=f"{low:.1f}..{high:.1f}")]


def binary(options, _folder):
    sizes = [build.binary.stat().st_size / MB for build in options.builds]
    return [limit_row("binary", sizes, 12, "MB", note="stripped, as `cargo build --release` makes it")]


def idle_memory(options, _folder):
    def start(build):
        product = start_product(build=build)
        product.call("GET", HEALTH, expect=200)
        time.sleep(0.5)
        memory = product.memory_bytes() / MB
        product.stop()
        return [memory]

    figures = in_turn(options, options.rounds(5), start)
    spread = f"{min(figures[0]):.1f}..{max(figures[0]):.1f}"
    note = "resident, after one request"
    return [limit_row("idle-memory", [*map(statistics.median, figures)], 12, "MB", note=note, spread=spread)]


def million_files(options, folder):
    count = options.scaled(1_000_000)
    measured = [million_files_of(build, count, folder) for build in options.builds]
    _, left, waited = measured[0]
    note = f"resident, over {count} uploads; {left / MIB:.0f} MiB more than before stay {waited:.1f} s after a reset"
    return [limit_row("memory-per-file", [each - 100 for each, _, _ in measured], 600, "B", digits=0, note=note)]


def million_files_of(build, count, folder):
    """The memory that each of many files takes, and what is left of it after a reset and how long after."""
    product = start_product(build=build)
    try:
        # What the first requests on many connections need once is not what a file costs.
        fill(product, folder, 1000)
        reset(product)
        empty = product.memory_bytes()
        fill(product, folder, count)
        each = (product.memory_bytes() - empty) / count
        reset(product)
        return each, *memory_left(product, empty)
    finally:
        product.stop()


def memory_left(product, before):
    """What it has more than `before`, as soon as that is little or after GIVE_BACK_SECONDS; and how long that took."""
    started = time.monotonic()
    while True:
        left, waited = product.memory_bytes() - before, time.monotonic() - started
        if left <= LEFT_MIB * MIB or waited > GIVE_BACK_SECONDS:
            return left, waited
        time.sleep(0.1)


def gibibyte(options, folder):
    measured = [gibibyte_of(build, folder) for build in options.builds]
    peaks, lefts, seconds, waits = zip(*measured)
    peak_note = f"over idle, while one file of 1 GiB is uploaded, in {seconds[0]:.2f} s"
    left_note = f"over idle, {waits[0]:.1f} s after the reset; 10 MiB are 1 % of the file"
    return [
        limit_row("memory-1gib peak", [peak / GIB for peak in peaks], 1.05, "GiB", 3, peak_note),
        limit_row("memory-1gib after reset", [left / MIB for left in lefts], LEFT_MIB, "MiB", note=left_note),
    ]


def gibibyte_of(build, folder):
    """The memory at its peak, the memory after a reset, the seconds that the upload took and that the reset took."""
    product = start_product(build=build)
    try:
        upload_one(product, 100)
        reset(product)
        idle = product.memory_bytes()
        step = Step(folder.put(requests.upload(GIB)), 201)
        outcome = run_load(product, [step], 1, 1)
        step.file.unlink()
        peak = product.memory_bytes("VmHWM") - idle
        reset(product)
        left, waited = memory_left(product, idle)
        return peak, left, outcome.seconds, waited
    finally:
        product.stop()


CASES = {
    "ready": ready,
    "binary": binary,
    "idle-memory": idle_memory,
    "memory-per-file": million_files,
    "memory-1gib": gibibyte,
}
