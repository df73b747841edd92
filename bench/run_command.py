#!/usr/bin/env python3
"""How long `tracker-mock run` makes a command take that does nothing.

    python3 bench/run_command.py [--binary PATH]

`true` alone and `tracker-mock run -- true` take turns; the difference of the medians is what a run adds. At most 60 ms
are due.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 50
LIMIT_MS = 60


def milliseconds(command):
    began = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=ROOT / "target/release/tracker-mock")
    binary = parser.parse_args().binary
    pairs = [(milliseconds(["true"]), milliseconds([binary, "run", "--", "true"])) for _ in range(ROUNDS)]
    alone, around = (statistics.median(times) for times in zip(*pairs[1:]))
    added = around - alone
    print(f"true: {alone:.1f} ms; tracker-mock run -- true: {around:.1f} ms; a run adds {added:.1f} ms of {LIMIT_MS} ms")
    sys.exit(added > LIMIT_MS)


if __name__ == "__main__":
    main()
