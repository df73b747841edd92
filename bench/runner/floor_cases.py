"""tracker-mock against the floor."""

import json
from dataclasses import dataclass
from functools import partial

from . import requests
from .load import Step
from .product import KIB, MIB, PROJECT, QUIET, clear_floor, fill, reset, start_floor, start_products, upload_one
from .rounds import Side, add_baseline, interleave, processor_ratio, rate_ratio
from .server import BenchError
from .table import rate_text, ratio_row


@dataclass
class Case:
    """A case against the floor. `kind` is one of SIDES; `log` is QUIET, or () for the default log, to /dev/null."""

    name: str
    kind: str
    size: int
    requests: int
    connections: int
    least: float | None
    log: tuple = QUIET
    rounds: int = 15


CASES = [
    Case("upload-100b", "upload", 100, 60_000, 32, None),
    Case("upload-100b-logged", "upload", 100, 60_000, 32, None, log=()),
    Case("upload-20k", "upload", 20 * KIB, 30_000, 32, 0.60),
    Case("upload-1m", "upload", MIB, 1_500, 8, 0.80),
    Case("upload-1m-fresh", "fresh", MIB, 1_500, 8, None),
    Case("upload-64m", "upload", 64 * MIB, 24, 2, 1.0),
    # An entity takes 11,100 changes.
    Case("attach", "attach", 100, 10_000, 32, 0.55),
    Case("download-20k", "download", 20 * KIB, 60_000, 32, 0.60),
    Case("download-64m", "download", 64 * MIB, 60, 2, 1.0),
]


def measure(case, options, folder):
    """Runs a case; its rows."""
    products = start_products(options.builds, *case.log)
    running = [*products]
    try:
        product = products[0]
        answer = upload_one(product, case.size)
        file = json.loads(answer)
        attached = product.call("POST", f"{PROJECT}/attachments/{file['id']}", requests.AUTHORIZED, expect=200)[1]
        floor = start_floor(len(answer), len(attached), case.size)
        running.append(floor)
        sides = SIDES[case.kind](case, options.scaled(case.requests), products, floor, folder)
        interleave(sides, options.rounds(case.rounds))
    finally:
        for server in running:
            server.stop()
    *ours, theirs = sides
    return [row(case, theirs, *ours)]


def row(case, theirs, ours, *baseline):
    note = (
        f"{ours.connections} connections, {ours.requests} requests a round; processor time per request"
        f" {ours.median('server_cpu_us'):.1f} and {theirs.median('server_cpu_us'):.1f} us,"
        f" page faults {ours.median('faults'):.1f} and {theirs.median('faults'):.1f},"
        f" of the load {100 * ours.median('load_cpu_share'):.0f} and {100 * theirs.median('load_cpu_share'):.0f} %"
    )
    texts = rate_text(ours.median("rate")), f"floor {rate_text(theirs.median('rate'))}"
    row = ratio_row(case.name, *texts, rate_ratio(ours, theirs), case.least, note, processor_ratio(ours, theirs))
    for side in baseline:
        add_baseline(row, rate_ratio(side, theirs), ours, side)
    return row


# Each of these makes the sides of one kind of case: one for each product, then the floor.


def upload_sides(case, count, products, floor, folder):
    steps = [Step(folder.put(requests.upload(case.size)), 201)]
    return [
        *(Side(one.name, one, steps, count, case.connections, partial(reset, one)) for one in products),
        Side("floor", floor, steps, count, case.connections, partial(clear_floor, floor)),
    ]


def fresh_sides(case, count, products, floor, folder):
    """Uploads again, but every round has servers of its own, whose memory was never used before."""
    sides = upload_sides(case, count, products, floor, folder)
    for side in sides:
        side.clear = side.server.restart
    return sides


def attach_sides(case, count, products, floor, folder):
    attach = [Step(folder.put(requests.wire("POST", f"{PROJECT}/attachments/{{n}}")), 200)]
    get = [Step(folder.put(requests.wire("GET", "/json")), 200)]

    def attach_side(product):
        def prepare():
            return fill(product, folder, count, case.size)[0]

        return Side(product.name, product, attach, count, case.connections, partial(reset, product), prepare)

    return [
        *map(attach_side, products),
        Side("floor", floor, get, count, case.connections),
    ]


def download_sides(case, count, products, floor, folder):
    def download_side(product):
        content = json.loads(upload_one(product, case.size))["content"]
        path = "/" + content.split("/", 3)[3]
        if product.call("GET", path, requests.AUTHORIZED, expect=200)[1] != requests.random_bytes(case.size):
            raise BenchError(f"{product.name} does not give back what was uploaded")
        steps = [Step(folder.put(requests.wire("GET", path)), 200)]
        return Side(product.name, product, steps, count, case.connections)

    sides = [download_side(product) for product in products]
    return [*sides, Side("floor", floor, sides[0].steps, count, case.connections)]


SIDES = {"upload": upload_sides, "fresh": fresh_sides, "attach": attach_sides, "download": download_sides}
