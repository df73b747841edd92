"""What the request journal costs: the default against `--journal-records 0`."""

import json
from functools import partial

from . import requests
from .load import Step
from .product import QUIET, has_option, reset, start_product, upload_one
from .rounds import Side, add_baseline, interleave, processor_ratio, rate_ratio
from .table import not_measured, rate_text, ratio_row

OPTION = "--journal-records"
LEAST = 0.97


def measure(kind, options, folder):
    case = f"journal-{kind}"
    for build in options.builds:
        if not has_option(OPTION, build):
            return [not_measured(case, f"{build.name} has no option {OPTION}", f">= {LEAST}")]
    servers = []
    try:
        for build in options.builds:
            for more in ((), (OPTION, "0")):
                servers.append(start_product(*QUIET, *more, build=build))
        sides = [side_of(kind, server, options, folder) for server in servers]
        # Three percent are little beside the noise of one round, so these are many.
        interleave(sides, options.rounds(41))
    finally:
        for server in servers:
            server.stop()
    on, off, *baseline = sides
    times = f"{on.median('server_cpu_us'):.2f} and {off.median('server_cpu_us'):.2f}"
    note = f"{on.connections} connections, {on.requests} requests a round; processor time per request {times} us"
    texts = rate_text(on.median("rate")), f"without journal {rate_text(off.median('rate'))}"
    row = ratio_row(case, *texts, rate_ratio(on, off), LEAST, note, processor_ratio(on, off))
    if baseline:
        add_baseline(row, rate_ratio(*baseline), on, baseline[0])
    return [row]


def side_of(kind, server, options, folder):
    if kind == "upload":
        steps = [Step(folder.put(requests.upload(100)), 201)]
        return Side(server.name, server, steps, options.scaled(40_000), 32, partial(reset, server))
    file = json.loads(upload_one(server, 100))["id"]
    steps = [Step(folder.put(requests.wire("GET", f"/v2/attachments/{file}")), 200)]
    return Side(server.name, server, steps, options.scaled(40_000), 32)


CASES = {f"journal-{kind}": partial(measure, kind) for kind in ("get", "upload")}
