"""Rounds: each a fixed number of requests against an empty store, taken in turn by all sides of a case."""

import statistics
from dataclasses import dataclass, field
from typing import Callable

from .load import run_load
from .table import number


@dataclass
class Side:
    """One server with its share of a case."""

    name: str
    server: object
    steps: list
    requests: int
    connections: int
    # Empties the store.
    clear: Callable = lambda: None
    # Fills it with what the timed part needs; returns the number that the load counts {n} from.
    prepare: Callable = lambda: 0
    # The first and the number of the values of {c}; may be set by `prepare`.
    circle: tuple = (0, 1)
    outcomes: list = field(default_factory=list)

    def round(self):
        first = self.prepare()
        outcome = run_load(self.server, self.steps, self.requests, self.connections, first, self.circle)
        self.clear()
        return outcome

    def median(self, what):
        return statistics.median(getattr(outcome, what) for outcome in self.outcomes)


def interleave(sides, rounds):
    """One round each that does not count, then `rounds` that do, in turn, every other time in the other order."""
    for side in sides:
        side.clear()
        side.round()
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            side.outcomes.append(side.round())


@dataclass
class Ratio:
    """The median of the ratios of each round, and the quartiles around it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, ours, theirs):
        ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
        low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
        return cls(median, low, high)


def rate_ratio(ours, theirs):
    """How many times as fast `ours` is, round by round."""
    return Ratio.of([one.rate for one in ours.outcomes], [one.rate for one in theirs.outcomes])


def processor_ratio(ours, theirs):
    """How many times as little processor time `ours` takes of its server for a request, round by round."""
    return Ratio.of([one.server_cpu_us for one in theirs.outcomes], [one.server_cpu_us for one in ours.outcomes])


def add_baseline(row, before, ours, baseline):
    """Completes a row: `before` is the ratio that the baseline reaches, and the two sides tell what changed since."""
    row.before = number(before.median)
    row.change = change_text(rate_ratio(ours, baseline), processor_ratio(ours, baseline))


def change_text(rate, processor=None):
    """What changed since the baseline; above 1 is better."""
    text = f"{number(rate.median)} ({number(rate.low)}..{number(rate.high)})"
    return f"{text}, processor {number(processor.median)}" if processor else text
