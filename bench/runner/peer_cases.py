"""tracker-mock against what a user would take instead, each doing its own nearest job."""

import json
from functools import partial

from . import requests
from .load import Step
from .peers import PEERS
from .product import KIB, MIB, QUIET, reset, start_products, upload_one
from .rounds import Side, add_baseline, interleave, processor_ratio, rate_ratio
from .server import BenchError
from .table import not_measured, rate_text, ratio_row

# Size, connections, and how many requests a round has for tracker-mock itself.
KINDS = {
    "upload-20k": (20 * KIB, 32, 30_000),
    "upload-1m": (MIB, 8, 1_500),
    "download-20k": (20 * KIB, 32, 60_000),
    "get-json": (100, 32, 60_000),
}


def measure(kind, options, folder):
    """The rows of one case, one for each peer that takes part. What keeps a peer from it is said in its row and does
    not end the case."""
    products = start_products(options.builds, *QUIET)
    peers = [peer() for peer in PEERS if kind in peer.requests]
    started, missing = [], {}
    try:
        ours = [product_side(kind, product, options, folder) for product in products]
        sides = {}
        for peer in peers:
            try:
                peer.start()
                started.append(peer)
                side = side_of(peer, kind, options, folder)
                side.clear()
                side.round()
                sides[peer.name] = side
            except (BenchError, OSError) as error:
                missing[peer.name] = str(error)
        interleave([*ours, *sides.values()], options.rounds(7))
    finally:
        for server in (*products, *started):
            server.stop()
    return [row(kind, peer, missing, sides.get(peer.name), *ours) for peer in peers]


def row(kind, peer, missing, theirs, ours, *baseline):
    case, least = f"{kind} against {peer.name}", peer.least(kind)
    if theirs is None:
        return not_measured(case, missing[peer.name], f">= {least:g}")
    note = f"{ours.connections} connections, {ours.requests} and {theirs.requests} requests a round"
    # Of threads that have ended it is not known what they took.
    processor = processor_ratio(ours, theirs) if peer.counts_processor else None
    texts = rate_text(ours.median("rate")), f"{peer.name} {rate_text(theirs.median('rate'))}"
    row = ratio_row(case, *texts, rate_ratio(ours, theirs), least, note, processor)
    for side in baseline:
        add_baseline(row, rate_ratio(side, theirs), ours, side)
    return row


def product_side(kind, product, options, folder):
    size, connections, count = KINDS[kind]
    side = Side(product.name, product, [], options.scaled(count), connections)
    if kind.startswith("upload"):
        side.steps = [Step(folder.put(requests.upload(size)), 201)]
        side.clear = partial(reset, product)
    else:
        url = json.loads(upload_one(product, size))["self" if kind == "get-json" else "content"]
        side.steps = [Step(folder.put(requests.wire("GET", "/" + url.split("/", 3)[3])), 200)]
    return side


def side_of(peer, kind, options, folder):
    size, connections, _ = KINDS[kind]
    side = Side(peer.name, peer.server, [], options.scaled(peer.requests[kind]), connections)
    if kind.startswith("upload"):
        side.steps = [Step(folder.put(peer.upload(size)), peer.created)]
        side.clear = peer.clear
    else:
        side.steps = [Step(folder.put(peer.get(size)), 200)]
    return side


CASES = {f"peers-{kind}": partial(measure, kind) for kind in KINDS}
