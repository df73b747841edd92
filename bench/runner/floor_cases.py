"""tracker-mock against the floor."""

import json
from dataclasses import dataclass
from functools import partial

from . import requests
from .load import Step
from .product import KIB, MIB, PROJECT, QUIET, clear_floor, fill, reset, start_floor, start_product, upload_one
from .rounds import Side, interleave, processor_ratio, rate_ratio
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
    Case("upload-100b", "upload", 100, 60_000, 32, 0.90),
    Case("upload-100b-logged", "upload", 100, 60_000, 32, None, log=()),
    Case("upload-20k", "upload", 20 * KIB, 30_000, 32, 0.90),
    Case("upload-1m", "upload", MIB, 1_500, 8, 1.0),
    Case("upload-1m-fresh", "fresh", MIB, 1_500, 8, None),
    Case("upload-64m", "upload", 64 * MIB, 24, 2, 1.0),
    Case("attach", "attach", 100, 40_000, 32, 0.85),
    Case("download-20k", "download", 20 * KIB, 60_000, 32, 0.90),
    Case("download-64m", "download", 64 * MIB, 60, 2, 0.85),
]


def measure(case, options, folder):
    """Runs a case; its rows."""
    product = start_product(*case.log)
    running = [product]
    try:
        answer = upload_one(product, case.size)
        file = json.loads(answer)
        attached = product.call("POST", f"{PROJECT}/attachments/{file['id']}", requests.AUTHORIZED, expect=200)[1]
        floor = start_floor(len(answer), len(attached), case.size)
        running.append(floor)
        sides = SIDES[case.kind](case, options.scaled(case.requests), product, floor, folder)
        interleave(sides, options.rounds(case.rounds))
    finally:
        for server in running:
            server.stop()
    return [row(case, *sides)]


def row(case, ours, theirs):
    note = (
        f"{ours.connections} connections, {ours.requests} requests a round; processor time per request"
        f" {ours.median('server_cpu_us'):.1f} and {theirs.median('server_cpu_us'):.1f} us,"
        f" page faults {ours.median('faults'):.1f} and {theirs.median('faults'):.1f},"
        f" of the load {100 * ours.median('load_cpu_share'):.0f} and {100 * theirs.median('load_cpu_share'):.0f} %"
    )
    texts = rate_text(ours.median("rate")), f"floor {rate_text(theirs.median('rate'))}"
    return ratio_row(case.name, *texts, rate_ratio(ours, theirs), case.least, note, processor_ratio(ours, theirs))


def upload_sides(case, count, product, floor, folder):
    steps = [Step(folder.put(requests.upload(case.size)), 201)]
    return [
        Side("tracker-mock", product, steps, count, case.connections, partial(reset, product)),
        Side("floor", floor, steps, count, case.connections, partial(clear_floor, floor)),
    ]


def fresh_sides(case, count, product, floor, folder):
    """Uploads again, but every round has servers of its own, whose memory was never used before."""
    sides = upload_sides(case, count, product, floor, folder)
    for side in sides:
        side.clear = side.server.restart
    return sides


def attach_sides(case, count, product, floor, folder):
    attach = [Step(folder.put(requests.wire("POST", f"{PROJECT}/attachments/{{n}}")), 200)]
    get = [Step(folder.put(requests.wire("GET", "/json")), 200)]

    def prepare():
        return fill(product, folder, count, case.size)[0]

    return [
        Side("tracker-mock", product, attach, count, case.connections, partial(reset, product), prepare),
        Side("floor", floor, get, count, case.connections),
    ]


def download_sides(case, count, product, floor, folder):
    content = json.loads(upload_one(product, case.size))["content"]
    path = "/" + content.split("/", 3)[3]
    if product.call("GET", path, requests.AUTHORIZED, expect=200)[1] != requests.random_bytes(case.size):
        raise BenchError("the product does not give back what was uploaded")
    steps = [Step(folder.put(requests.wire("GET", path)), 200)]
    return [
        Side("tracker-mock", product, steps, count, case.connections),
        Side("floor", floor, steps, count, case.connections),
    ]


SIDES = {"upload": upload_sides, "fresh": fresh_sides, "attach": attach_sides, "download": download_sides}
