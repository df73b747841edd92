#!/usr/bin/env python3
"""Builds tracker-mock and what it is measured against, measures, and prints one table. See README.md beside this file.

    python3 bench/run.py [--quick] [--cases NAME,...] [--list]
"""

import argparse
import subprocess
import sys
from functools import partial

from runner import floor_cases, journal_cases, peer_cases, scale_cases, size_cases
from runner.paths import BENCH, ROOT
from runner.requests import Folder
from runner.server import BenchError
from runner.table import markdown, not_measured


class Options:
    """How much to measure."""

    def __init__(self, quick):
        self.quick = quick

    def rounds(self, usual):
        return 5 if self.quick else usual

    def scaled(self, requests):
        return max(requests // 4, 8) if self.quick else requests


def all_cases():
    """Every case by name, in the order of the table: a function of the options and a folder, which makes its rows."""
    against_floor = {case.name: partial(floor_cases.measure, case) for case in floor_cases.CASES}
    return against_floor | peer_cases.CASES | size_cases.CASES | scale_cases.CASES | journal_cases.CASES


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, for a first look")
    parser.add_argument("--cases", default="", help="only these, comma-separated")
    parser.add_argument("--list", action="store_true", help="list the cases")
    parser.add_argument("--no-build", action="store_true", help="measure what is built already")
    arguments = parser.parse_args()
    cases = all_cases()
    if arguments.list:
        print("\n".join(cases))
        return
    names = [name for name in arguments.cases.split(",") if name] or list(cases)
    if unknown := [name for name in names if name not in cases]:
        sys.exit(f"unknown cases: {', '.join(unknown)}; --list names them")
    if not arguments.no_build:
        build()
    options = Options(arguments.quick)
    rows = []
    with Folder() as folder:
        for name in names:
            print(f"{name} ...", file=sys.stderr, flush=True)
            try:
                rows += cases[name](options, folder)
            except BenchError as error:
                rows.append(not_measured(name, str(error)))
    print(markdown(rows))


def build():
    for folder in (ROOT, BENCH):
        subprocess.run(["cargo", "build", "--release", "--locked"], cwd=folder, check=True)


if __name__ == "__main__":
    main()
