"""What tracker-mock weighs: the time until it answers, the binary, and memory."""

import json
import statistics
import subprocess
import time

from . import requests
from .load import Step, run_load
from .paths import PRODUCT, READY
from .product import GIB, HEALTH, MB, MIB, fill, reset, start_product, upload_one
from .server import BenchError
from .table import limit_row

# Freed memory may wait for the next file for a while.
GIVE_BACK_SECONDS = 10
LEFT_MIB = 10


def ready(options, _folder):
    command = [READY, "--times", str(options.rounds(50)), "--path", HEALTH, "--", PRODUCT, "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(done.stderr.strip())
    times = json.loads(done.stdout)
    low, _, high = statistics.quantiles(times, n=4, method="inclusive")
    note = f"until the whole answer of {HEALTH}, median of {len(times)} starts, slowest {times[-1]:.1f} ms"
    return [limit_row("ready", statistics.median(times), 10, "ms", note=note, spread=f"{low:.1f}..{high:.1f}")]


def binary(_options, _folder):
    size = PRODUCT.stat().st_size / MB
    return [limit_row("binary", size, 12, "MB", note="stripped, as `cargo build --release` makes it")]


def idle_memory(options, _folder):
    figures = []
    for _ in range(options.rounds(5)):
        product = start_product()
        product.call("GET", HEALTH, expect=200)
        time.sleep(0.5)
        figures.append(product.memory_bytes() / MB)
        product.stop()
    spread = f"{min(figures):.1f}..{max(figures):.1f}"
    note = "resident, after one request"
    return [limit_row("idle-memory", statistics.median(figures), 12, "MB", note=note, spread=spread)]


def million_files(options, folder):
    count = options.scaled(1_000_000)
    product = start_product()
    try:
        # What the first requests on many connections need once is not what a file costs.
        fill(product, folder, 1000)
        reset(product)
        empty = product.memory_bytes()
        fill(product, folder, count)
        each = (product.memory_bytes() - empty) / count
        reset(product)
        left, waited = memory_left(product, empty)
    finally:
        product.stop()
    note = f"resident, over {count} uploads; {left / MIB:.0f} MiB more than before stay {waited:.1f} s after a reset"
    return [limit_row("memory-per-file", each - 100, 600, "B", digits=0, note=note)]


def memory_left(product, before):
    """What it has more than `before`, as soon as that is little or after GIVE_BACK_SECONDS; and how long that took."""
    started = time.monotonic()
    while True:
        left, waited = product.memory_bytes() - before, time.monotonic() - started
        if left <= LEFT_MIB * MIB or waited > GIVE_BACK_SECONDS:
            return left, waited
        time.sleep(0.1)


def gibibyte(_options, folder):
    product = start_product()
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
    finally:
        product.stop()
    peak_note = f"over idle, while one file of 1 GiB is uploaded, in {outcome.seconds:.2f} s"
    left_note = f"over idle, {waited:.1f} s after the reset; 10 MiB are 1 % of the file"
    return [
        limit_row("memory-1gib peak", peak / GIB, 1.05, "GiB", 3, peak_note),
        limit_row("memory-1gib after reset", left / MIB, LEFT_MIB, "MiB", note=left_note),
    ]


CASES = {
    "ready": ready,
    "binary": binary,
    "idle-memory": idle_memory,
    "memory-per-file": million_files,
    "memory-1gib": gibibyte,
}
