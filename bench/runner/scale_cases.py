"""Whether a request costs the same however much is stored: the same steps on a small and on a large store."""

# Uploads alone would make the small store large, so the steps go in a circle: upload a file, get something, attach the
# file, delete it. On one connection each step has a time of its own, the median of its latencies; on many the circle as
# a whole has a rate, in which rare and slow requests count too.

import statistics
from dataclasses import dataclass
from functools import partial
from typing import Callable

from . import requests
from .load import Step, run_load
from .product import OTHER_PROJECT, PROJECT, QUIET, fill, reset, start_product
from .rounds import Ratio, Side, change_text, interleave
from .table import Row

MOST = 1.15
STEPS = ("upload", "get", "attach", "delete")
JUDGED = ("upload", "get", "attach")


@dataclass
class Store:
    """A store of some size. `fill` fills it and returns the circle of {c}: the first value and how many."""

    name: str
    fill: Callable
    get: str
    entity: str = PROJECT
    org: str = requests.ORG
    # How many circles there are on one connection, and on many. An entity takes 11,100 changes; each circle makes two.
    circles: tuple = (4_000, 5_000)


def files(count):
    """A world with this many temporary files, of which one after the other is got."""
    return Store(f"{count:,} files", lambda product, folder: fill(product, folder, count), "/v2/attachments/{c}")


def attachments(count):
    """A world whose entity has this many attachments. The entity itself is got, without them."""

    def fill_entity(product, folder):
        first, _ = fill(product, folder, count)
        attach = folder.put_once("attach", requests.wire("POST", f"{OTHER_PROJECT}/attachments/{{n}}"))
        run_load(product, [Step(attach, 200)], count, 32, first)
        return 0, 1

    # The attachments are changes too.
    name = f"{count:,} attachments of one entity"
    return Store(name, fill_entity, OTHER_PROJECT, OTHER_PROJECT, circles=(2_500, 2_500))


def worlds(count):
    """This many worlds with one file each, of which one after the other is worked in."""
    org = "bench-{c}"

    def fill_worlds(product, folder):
        upload = folder.put_once("upload-worlds", requests.upload(100, org=org))
        run_load(product, [Step(upload, 201)], count, 32, circle=(0, count))
        return 0, count

    return Store(f"{count:,} worlds", fill_worlds, "/v2/attachments/{id}", org=org)


def sides_of(store, build, options, folder):
    """The store as two sides, on one server: one connection and many."""
    product = start_product(*QUIET, build=build)
    headers = {**requests.AUTHORIZED, "X-Org-ID": store.org}
    wires = [
        (requests.upload(100, org=store.org), 201),
        (requests.wire("GET", store.get, headers), 200),
        (requests.wire("POST", f"{store.entity}/attachments/{{id}}", headers), 200),
        (requests.wire("DELETE", f"{store.entity}/attachments/{{id}}", headers), 204),
    ]
    steps = [Step(folder.put(wire), status) for wire, status in wires]
    sides = []
    for requested, connections in zip(store.circles, (1, 32)):
        side = Side(store.name, product, steps, options.scaled(requested), connections, partial(reset, product))
        side.prepare = partial(prepare, side, store, folder)
        sides.append(side)
    return sides


def prepare(side, store, folder):
    side.circle = store.fill(side.server, folder)
    return 0


def compare(small, large, options, folder):
    """The rows that compare two or more stores; the first is what the others are held against."""
    by_build = [[] for _ in options.builds]
    pairs = []
    try:
        for store in (small, *large):
            for build, own in zip(options.builds, by_build):
                own.append(sides_of(store, build, options, folder))
                pairs.append(own[-1])
        interleave([single for single, _ in pairs], options.rounds(11))
        interleave([many for _, many in pairs], options.rounds(11))
    finally:
        for single, _ in pairs:
            single.server.stop()
    # For each build its costs, which are in the same order for all of them.
    costs = [[cost for pair in own[1:] for cost in costs_of(pair, own[0])] for own in by_build]
    return [row_of(*together) for together in zip(*costs, strict=True)]


@dataclass
class Cost:
    """What something costs in a large store and in a small one, in microseconds, round by round."""

    what: str
    large: Side
    small: Side
    in_large: list
    in_small: list
    judged: bool
    note: str
    processor: str = ""

    def ratio(self):
        return Ratio.of(self.in_large, self.in_small)


def costs_of(large, small):
    """The costs of one build, in two pairs of sides."""
    (large, large_many), (small, small_many) = large, small
    for index, step in enumerate(STEPS):
        costs = [[outcome.step_p50_us[index] for outcome in side.outcomes] for side in (large, small)]
        yield Cost(step, large, small, *costs, step in JUDGED, "one connection")
    costs = [[1e6 / outcome.rate for outcome in side.outcomes] for side in (large_many, small_many)]
    note = f"{large_many.connections} connections"
    taken = ([outcome.server_cpu_us for outcome in side.outcomes] for side in (large_many, small_many))
    yield Cost("all four", large_many, small_many, *costs, True, note, f"{Ratio.of(*taken).median:.3f}")


def row_of(cost, *baseline):
    ratio = cost.ratio()
    row = Row(
        f"{cost.what}, {cost.large.name}",
        f"{statistics.median(cost.in_large):.1f} us",
        f"{cost.small.name} {statistics.median(cost.in_small):.1f} us",
        f"{ratio.median:.3f}",
        f"{ratio.low:.3f}..{ratio.high:.3f}",
        f"<= {MOST:.2f}" if cost.judged else "",
        ratio.median <= MOST if cost.judged else None,
        cost.note,
        cost.processor,
    )
    for before in baseline:
        row.before = f"{before.ratio().median:.3f}"
        row.change = change_text(Ratio.of(before.in_large, cost.in_large))
    return row


CASES = {
    "scale-files": partial(compare, files(10), [files(1_000), files(100_000)]),
    "scale-entity": partial(compare, attachments(10), [attachments(5_000)]),
    "scale-worlds": partial(compare, worlds(10), [worlds(10_000)]),
}
