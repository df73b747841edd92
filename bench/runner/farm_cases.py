"""One, two and three servers behind nginx, by the configuration in integrations/farm, against one server behind it."""

import re
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from . import requests
from .load import Step
from .paths import MEMORY, ROOT
from .peer_setup import nginx
from .peers import free_port
from .product import KIB, OURS, QUIET, reset, start_products
from .rounds import Side, interleave, processor_ratio, rate_ratio
from .server import Server, wait_until_answering
from .table import rate_text, ratio_row

WORLDS = 300
MOST = 3


def measure(options, folder):
    """The rows for each number of servers. On a machine where proxy, load and servers have too few cores between them,
    more servers cannot be faster."""
    servers = start_products([OURS] * MOST, *QUIET)
    proxies, sides = [], []
    try:
        with tempfile.TemporaryDirectory(prefix="tracker-mock-bench-farm-", dir=MEMORY) as scratch:
            upload = folder.put(requests.upload(20 * KIB, org="bench-{c}"))
            for count in range(1, MOST + 1):
                proxies.append(start_proxy(servers[:count], Path(scratch)))
                side = Side(f"{count} behind nginx", proxies[-1], [Step(upload, 201)], options.scaled(10_000), 32)
                side.clear, side.circle = partial(clear, servers[:count]), (0, WORLDS)
                sides.append(side)
            interleave(sides, options.rounds(7))
    finally:
        for server in (*proxies, *servers):
            server.stop()
    one = sides[0]
    note = f"{one.connections} connections, {one.requests} uploads of 20 KiB to {WORLDS} worlds a round"
    against = f"{one.name} {rate_text(one.median('rate'))}"

    def row(side):
        figures = rate_text(side.median("rate")), against, rate_ratio(side, one)
        return ratio_row(f"farm, {side.name}", *figures, None, note, processor_ratio(side, one))

    return [row(side) for side in sides[1:]]


def clear(servers):
    for server in servers:
        reset(server)


def start_proxy(servers, scratch):
    text = (ROOT / "integrations" / "farm" / "nginx.conf").read_text()
    own = re.findall(r"^ +server 127.*\n", text, re.M)
    text = text.replace("".join(own), "".join(f"    server {server.address} max_fails=0;\n" for server in servers))
    port = free_port()
    text = text.replace("listen 8080", f"listen 127.0.0.1:{port}")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {scratch}/{kind};\n" for kind in kinds)
    main = f"daemon off; worker_processes auto; pid {scratch}/{port}.pid; events {{ worker_connections 1024; }}\n"
    file = scratch / f"{port}.conf"
    file.write_text(f"{main}http {{\naccess_log off;\nkeepalive_requests 1000000000;\n{temporary}{text}}}\n")
    command = [str(part) for part in (nginx(), "-p", scratch, "-e", scratch / "error.log", "-c", file)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    proxy = Server("nginx", process, port)
    wait_until_answering(proxy, "/_mock/health")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    # Both work for each request.
    proxy.pids += [int(child) for child in children] + [pid for server in servers for pid in server.pids]
    return proxy


CASES = {"farm": measure}
