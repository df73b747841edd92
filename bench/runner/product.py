"""tracker-mock and the floor as servers, and what the cases do with them outside the timed part."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import requests
from .load import Step, run_load
from .paths import FLOOR, PRODUCT
from .server import BenchError, start_announced

KIB, MIB, GIB = 1024, 1024**2, 1024**3
MB = 1_000_000
PROJECT = "/v2/entities/project/6586d6fee2b9ef74e69df1ef"
OTHER_PROJECT = "/v2/entities/project/655f8cc523db213200000001"
HEALTH = "/_mock/health"
QUIET = ("--log-level", "off")


@dataclass(frozen=True)
class Build:
    """A binary of tracker-mock, and what to call it."""

    name: str
    binary: Path


OURS = Build("tracker-mock", PRODUCT)


def start_product(*options, build=OURS):
    """Starts a build with its own defaults, except for `options`; its log goes to /dev/null."""
    return start_announced(build.name, [build.binary, "--port", "0", *options])


def start_products(builds, *options):
    """Starts all of these builds. If one does not start, none is left."""
    started = []
    try:
        for build in builds:
            started.append(start_product(*options, build=build))
    except BenchError:
        for server in started:
            server.stop()
        raise
    return started


def start_floor(created=400, json_bytes=400, download=1):
    options = ["--created-bytes", created, "--json-bytes", json_bytes, "--download-bytes", download]
    return start_announced("floor", [FLOOR, *options])


def has_option(name, build=OURS):
    return name in subprocess.run([build.binary, "--help"], capture_output=True, text=True, check=True).stdout


def reset(product):
    product.call("POST", "/_mock/reset?all=true", expect=204)


def clear_floor(floor):
    floor.call("DELETE", "/", expect=204)


def upload_one(product, size):
    """Uploads a file; the answer as it came."""
    body = requests.form(requests.random_bytes(size))
    return product.call("POST", "/v2/attachments/", requests.form_headers(), body, expect=201)[1]


def fill(product, folder, count, size=100, connections=32):
    """Uploads `count` files; the ids, which are given out in order, as the first and how many."""
    first = int(json.loads(upload_one(product, size))["id"])
    if count > 1:
        run_load(product, [Step(folder.put_once(f"fill-{size}", requests.upload(size)), 201)], count - 1, connections)
    return first, count
