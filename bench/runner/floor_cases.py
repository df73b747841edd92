"""tracker-mock against the floor."""

import json
import subprocess
from dataclasses import dataclass

from . import requests
from .load import Step, run_load
from .paths import FLOOR, PRODUCT
from .rounds import Side, interleave, rate_ratio
from .server import BenchError, start_announced
from .table import rate_text, ratio_row

KIB, MIB = 1024, 1024 * 1024
PROJECT = "/v2/entities/project/6586d6fee2b9ef74e69df1ef"
QUIET = ("--log-level", "off")


@dataclass
class Case:
    """A case against the floor. `kind` is what is timed; `log` is QUIET, or () for the default log, to /dev/null."""

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
    Case("upload-64m", "upload", 64 * MIB, 24, 2, 1.0),
    Case("attach", "attach", 100, 40_000, 32, 0.85),
    Case("download-20k", "download", 20 * KIB, 60_000, 32, 0.90),
    Case("download-64m", "download", 64 * MIB, 60, 2, 0.85),
]


def start_product(*options):
    return start_announced("tracker-mock", [PRODUCT, "--port", "0", *options])


def start_floor(created=400, json_bytes=400, download=1):
    options = ["--created-bytes", created, "--json-bytes", json_bytes, "--download-bytes", download]
    return start_announced("floor", [FLOOR, *options])


def clear_product(server):
    return lambda: server.call("POST", "/_mock/reset", expect=204)


def clear_floor(server):
    return lambda: server.call("DELETE", "/", expect=204)


def upload_one(server, size):
    """Uploads a file outside the timed part; the answer."""
    body = requests.form(requests.random_bytes(size))
    return server.call("POST", "/v2/attachments/", requests.form_headers(), body, expect=201)[1]


def measure(case, options, folder):
    """Runs a case; its row."""
    product = start_product(*case.log)
    servers = [product]
    try:
        answer = upload_one(product, case.size)
        file = json.loads(answer)
        attached = product.call("POST", f"{PROJECT}/attachments/{file['id']}", requests.AUTHORIZED, expect=200)[1]
        servers.append(start_floor(len(answer), len(attached), case.size))
        sides = SIDES[case.kind](case, options.scaled(case.requests), *servers, folder)
        interleave(sides, options.rounds(case.rounds))
    finally:
        for server in servers:
            server.stop()
    return row(case, *sides)


def row(case, ours, theirs):
    note = (
        f"{ours.connections} connections, {ours.requests} requests a round; processor time per request"
        f" {ours.median('server_cpu_us'):.1f} and {theirs.median('server_cpu_us'):.1f} us,"
        f" page faults {ours.median('faults'):.1f} and {theirs.median('faults'):.1f},"
        f" of the load {100 * ours.median('load_cpu_share'):.0f} and {100 * theirs.median('load_cpu_share'):.0f} %"
    )
    rates = rate_text(ours.median("rate")), rate_text(theirs.median("rate"))
    return ratio_row(case.name, rates[0], f"floor {rates[1]}", rate_ratio(ours, theirs), case.least, note)


def upload_sides(case, count, product, floor, folder):
    steps = [Step(folder.put(requests.upload(case.size)), 201)]
    return [
        Side("tracker-mock", product, steps, count, case.connections, clear_product(product)),
        Side("floor", floor, steps, count, case.connections, clear_floor(floor)),
    ]


def attach_sides(case, count, product, floor, folder):
    fill = [Step(folder.put(requests.upload(case.size)), 201)]

    def prepare():
        # Ids are given out in order.
        first = int(json.loads(upload_one(product, case.size))["id"]) + 1
        run_load(product, fill, count, case.connections)
        return first

    attach = [Step(folder.put(requests.wire("POST", f"{PROJECT}/attachments/{{n}}")), 200)]
    get = [Step(folder.put(requests.wire("GET", "/json")), 200)]
    return [
        Side("tracker-mock", product, attach, count, case.connections, clear_product(product), prepare),
        Side("floor", floor, get, count, case.connections),
    ]


def download_sides(case, count, product, floor, folder):
    content = json.loads(upload_one(product, case.size))["content"]
    path = "/" + content.split("/", 3)[3]
    if len(product.call("GET", path, requests.AUTHORIZED, expect=200)[1]) != case.size:
        raise BenchError("the product does not give back what was uploaded")
    steps = [Step(folder.put(requests.wire("GET", path)), 200)]
    return [
        Side("tracker-mock", product, steps, count, case.connections),
        Side("floor", floor, steps, count, case.connections),
    ]


SIDES = {"upload": upload_sides, "attach": attach_sides, "download": download_sides}
