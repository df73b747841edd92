"""Whether a request costs the same however much is stored: the same steps on a small and on a large store."""

# Uploads alone would make the small store large, so the steps go in a circle: upload a file, get something, attach the
# file, delete it. On one connection each step has a time of its own, the median of its latencies; on many the circle as
# a whole has a rate, in which rare and slow requests count too.

from dataclasses import dataclass
from functools import partial
from typing import Callable

from . import requests
from .load import Step, run_load
from .product import OTHER_PROJECT, PROJECT, QUIET, fill, reset, start_product
from .rounds import Ratio, Side, interleave
from .table import Row

MOST = 1.10
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

    return Store(f"{count:,} attachments of one entity", fill_entity, OTHER_PROJECT, OTHER_PROJECT)


def worlds(count):
    """This many worlds with one file each, of which one after the other is worked in."""
    org = "bench-{c}"

    def fill_worlds(product, folder):
        upload = folder.put_once("upload-worlds", requests.upload(100, org=org))
        run_load(product, [Step(upload, 201)], count, 32, circle=(0, count))
        return 0, count

    return Store(f"{count:,} worlds", fill_worlds, "/v2/attachments/{id}", org=org)


def sides_of(store, options, folder):
    """The store as two sides, on one server: one connection and many."""
    product = start_product(*QUIET)
    headers = {**requests.AUTHORIZED, "X-Org-ID": store.org}
    wires = [
        (requests.upload(100, org=store.org), 201),
        (requests.wire("GET", store.get, headers), 200),
        (requests.wire("POST", f"{store.entity}/attachments/{{id}}", headers), 200),
        (requests.wire("DELETE", f"{store.entity}/attachments/{{id}}", headers), 204),
    ]
    steps = [Step(folder.put(wire), status) for wire, status in wires]
    sides = []
    for requested, connections in ((4_000, 1), (12_000, 32)):
        side = Side(store.name, product, steps, options.scaled(requested), connections, partial(reset, product))
        side.prepare = partial(prepare, side, store, folder)
        sides.append(side)
    return sides


def prepare(side, store, folder):
    side.circle = store.fill(side.server, folder)
    return 0


def compare(small, large, options, folder):
    """The rows that compare two or more stores; the first is what the others are held against."""
    stores = [small, *large]
    pairs = []
    try:
        for store in stores:
            pairs.append(sides_of(store, options, folder))
        interleave([single for single, _ in pairs], options.rounds(11))
        interleave([many for _, many in pairs], options.rounds(11))
    finally:
        for single, _ in pairs:
            single.server.stop()
    return [row for pair in pairs[1:] for row in cost_rows(pair, pairs[0])]


def cost_rows(large, small):
    for index, step in enumerate(STEPS):
        costs = [[outcome.step_p50_us[index] for outcome in side.outcomes] for side in (large[0], small[0])]
        texts = [f"{sorted(cost)[len(cost) // 2]:.1f} us" for cost in costs]
        yield cost_row(step, large[0], small[0], texts, Ratio.of(*costs), step in JUDGED, "one connection")
    costs = [[1 / outcome.rate for outcome in side.outcomes] for side in (large[1], small[1])]
    texts = [f"{1e6 / side.median('rate'):.1f} us" for side in (large[1], small[1])]
    ratio, note = Ratio.of(*costs), f"{large[1].connections} connections"
    processor = Ratio.of(*([outcome.server_cpu_us for outcome in side.outcomes] for side in (large[1], small[1])))
    yield cost_row("all four", large[1], small[1], texts, ratio, True, note, f"{processor.median:.3f}")


def cost_row(what, large, small, texts, ratio, judged, note, processor=""):
    return Row(
        f"{what}, {large.name}",
        texts[0],
        f"{small.name} {texts[1]}",
        f"{ratio.median:.3f}",
        f"{ratio.low:.3f}..{ratio.high:.3f}",
        f"<= {MOST:.2f}" if judged else "",
        ratio.median <= MOST if judged else None,
        note,
        processor,
    )


CASES = {
    "scale-files": partial(compare, files(10), [files(1_000), files(100_000)]),
    "scale-entity": partial(compare, attachments(10), [attachments(10_000)]),
    "scale-worlds": partial(compare, worlds(10), [worlds(10_000)]),
}
