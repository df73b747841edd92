#!/usr/bin/env python3
"""Builds tracker-mock and what it is measured against, measures, and prints one table. See README.md beside this file.

    python3 bench/run.py [--quick] [--cases NAME,...] [--list] [--baseline [NAME=]PATH]
"""

import argparse
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from runner import farm_cases, floor_cases, journal_cases, machine, peer_cases, scale_cases, size_cases
from runner.paths import BENCH, ROOT
from runner.product import OURS, Build
from runner.requests import Folder
from runner.server import BenchError
from runner.table import markdown, not_measured


class Options:
    """What to measure, and how much."""

    def __init__(self, quick, baseline):
        self.quick = quick
        # The builds that take turns: ours, then the baseline if there is one.
        self.builds = [OURS, baseline] if baseline else [OURS]

    def rounds(self, usual):
        return 5 if self.quick else usual

    def scaled(self, requests):
        return max(requests // 4, 8) if self.quick else requests


def all_cases():
    """Every case by name, in the order of the table: a function of the options and a folder, which makes its rows."""
    against_floor = {case.name: partial(floor_cases.measure, case) for case in floor_cases.CASES}
    others = (peer_cases, size_cases, scale_cases, journal_cases, farm_cases)
    return against_floor | {name: case for group in others for name, case in group.CASES.items()}


def main():
    arguments = parse_arguments()
    cases = all_cases()
    if arguments.list:
        print("\n".join(cases))
        return
    names = [name for name in arguments.cases.split(",") if name] or list(cases)
    if unknown := [name for name in names if name not in cases]:
        sys.exit(f"no such case: {', '.join(unknown)}; --list names them all")
    if not arguments.no_build:
        build()
    facts = machine.facts(arguments.baseline)
    rows = measure([(name, cases[name]) for name in names], Options(arguments.quick, arguments.baseline))
    # What was set up on the way has a version now.
    facts[-1] = machine.facts()[-1]
    print("".join(f"{what}: {value}\n" for what, value in facts))
    print(markdown(rows, notes=False))
    complete = not (arguments.quick or arguments.cases)
    if complete or arguments.save:
        compared = f"-against-{arguments.baseline.name}" if arguments.baseline else ""
        file = machine.write(facts, rows, compared if complete else f"{compared}-part")
        print(f"with notes: {os.path.relpath(file)}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, for a first look")
    parser.add_argument("--cases", default="", help="only these, comma-separated")
    parser.add_argument(
        "--baseline",
        type=build_at,
        metavar="[NAME=]PATH",
        help="another tracker-mock binary, measured in the same rounds; the table gets a before and a change",
    )
    parser.add_argument("--list", action="store_true", help="list the cases")
    parser.add_argument("--no-build", action="store_true", help="measure what is built already")
    parser.add_argument("--save", action="store_true", help="write results/ even if not everything was measured")
    return parser.parse_args()


def build_at(text):
    """The build at [NAME=]PATH."""
    name, _, path = text.rpartition("=")
    binary = Path(path).resolve()
    if not os.access(binary, os.X_OK) or binary.is_dir():
        raise argparse.ArgumentTypeError(f"{path} is no program")
    return Build(name or "baseline", binary)


def build():
    for folder in (ROOT, BENCH):
        subprocess.run(["cargo", "build", "--release", "--locked"], cwd=folder, check=True)
    # The load judges every answer, so it is judged first.
    subprocess.run(["cargo", "test", "--locked", "--quiet"], cwd=BENCH, check=True, stdout=subprocess.DEVNULL)


def measure(cases, options):
    """The rows of these cases. A case that cannot be measured is a row that says why."""
    rows = []
    with Folder() as folder:
        for number, (name, case) in enumerate(cases, 1):
            print(f"[{number}/{len(cases)}] {name}", file=sys.stderr, flush=True)
            try:
                measured = list(case(options, folder))
            except BenchError as error:
                measured = [not_measured(name, str(error))]
            for row in measured:
                shown = [text for column, text in row.cells().items() if text and column != "note"]
                print("   ", " ".join(shown), file=sys.stderr, flush=True)
            rows += measured
    return rows


if __name__ == "__main__":
    main()
