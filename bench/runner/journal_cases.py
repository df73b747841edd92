"""What the request journal costs: the default against `--journal-records 0`."""

import json
from functools import partial

from . import requests
from .load import Step
from .product import QUIET, has_option, reset, start_product, upload_one
from .rounds import Side, interleave, processor_ratio, rate_ratio
from .table import not_measured, rate_text, ratio_row

OPTION = "--journal-records"
LEAST = 0.97


def measure(kind, options, folder):
    case = f"journal-{kind}"
    if not has_option(OPTION):
        return [not_measured(case, f"this tracker-mock has no option {OPTION}", f">= {LEAST}")]
    servers = [start_product(*QUIET), start_product(*QUIET, OPTION, "0")]
    try:
        sides = [side_of(kind, server, options, folder) for server in servers]
        # Three percent are little beside the noise of one round, so these are many.
        interleave(sides, options.rounds(41))
    finally:
        for server in servers:
            server.stop()
    on, off = sides
    times = " and ".join(f"{side.median('server_cpu_us'):.2f}" for side in sides)
    note = f"{on.connections} connections, {on.requests} requests a round; processor time per request {times} us"
    texts = rate_text(on.median("rate")), f"without journal {rate_text(off.median('rate'))}"
    return [ratio_row(case, *texts, rate_ratio(on, off), LEAST, note, processor_ratio(on, off))]


def side_of(kind, server, options, folder):
    if kind == "upload":
        steps = [Step(folder.put(requests.upload(100)), 201)]
        return Side(server.name, server, steps, options.scaled(40_000), 32, partial(reset, server))
    file = json.loads(upload_one(server, 100))["id"]
    steps = [Step(folder.put(requests.wire("GET", f"/v2/attachments/{file}")), 200)]
    return Side(server.name, server, steps, options.scaled(40_000), 32)


CASES = {f"journal-{kind}": partial(measure, kind) for kind in ("get", "upload")}
