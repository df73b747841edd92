#!/usr/bin/env python3
"""How long `tracker-mock run` makes a command take that does nothing.

    python3 bench/run_command.py [--binary PATH]

`true` alone, `tracker-mock run -- true` and `tracker-mock run --https -- true` take turns; the difference of the medians
is what a run adds. At most 60 ms are due.
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
    commands = {"true": ["true"]}
    for options in ([], ["--https"]):
        commands[" ".join(["tracker-mock run", *options, "-- true"])] = [binary, "run", *options, "--", "true"]
    rounds = [[milliseconds(command) for command in commands.values()] for _ in range(ROUNDS)]
    alone, *around = (statistics.median(times) for times in zip(*rounds[1:]))
    print(f"true: {alone:.1f} ms")
    for name, median in zip(list(commands)[1:], around):
        print(f"{name}: {median:.1f} ms; adds {median - alone:.1f} ms of {LIMIT_MS} ms")
    sys.exit(max(around) - alone > LIMIT_MS)


if __name__ == "__main__":
    main()
