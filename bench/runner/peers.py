"""The peers as servers: how each is started, told to forget, and asked to keep or give a file."""

import base64
import hashlib
import hmac
import os
import shutil
import socket
import string
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

from . import peer_setup, requests
from .paths import BENCH, MEMORY, ROOT
from .server import Server, wait_until_answering


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Peer:
    """`upload` makes a whole request that uploads a file of the size; {n} makes the file's name a new one. `get` makes
    one that gets what the case is about, which it uploads first."""

    name = ""
    # How many requests take about a second at the most, by case. It takes no part in other cases.
    requests = {}
    created = 201
    counts_processor = True

    def least(self, _kind):
        """How many times as fast as this peer tracker-mock must be."""
        return 10

    def start(self):
        port = free_port()
        process = subprocess.Popen(
            [str(part) for part in self.command(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.server = Server(self.name, process, port)
        wait_until_answering(self.server)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        self.server.pids += [int(child) for child in children]
        self.begin()

    def begin(self):
        """What it needs before the first upload."""

    def stop(self):
        self.server.stop()


class FastApi(Peer):
    name = "FastAPI"
    requests = {"upload-20k": 1_500, "upload-1m": 200, "download-20k": 3_000}

    def least(self, kind):
        # At 1 MiB both are bound by moving bytes through the kernel.
        return 4 if kind == "upload-1m" else 10

    def command(self, port):
        app = ("upload_app:app", "--app-dir", BENCH / "peers")
        server = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
        return [peer_setup.python_packages(), "-B", "-m", "uvicorn", *app, *server, "--port", port]

    def clear(self):
        self.server.call("DELETE", "/v2/attachments/", expect=204)

    def upload(self, size):
        return requests.upload(size)

    def get(self, size):
        body = requests.form(requests.random_bytes(size))
        self.server.call("POST", "/v2/attachments/", requests.form_headers(), body, expect=201)
        return requests.wire("GET", "/v2/attachments/1/report.bin")


class Moto(Peer):
    name = "moto"
    requests = {"upload-20k": 400, "upload-1m": 100, "download-20k": 400}
    created = 200
    # It has a thread for each connection.
    counts_processor = False

    def command(self, port):
        return [peer_setup.python_packages(), "-m", "moto.server", "-p", port]

    def begin(self):
        self.clear()

    def clear(self):
        self.server.call("POST", "/moto-api/reset", expect=200)
        self.server.call("PUT", "/bench", expect=200)

    def upload(self, size):
        return requests.wire("PUT", "/bench/file-{n}", body=requests.random_bytes(size))

    def get(self, size):
        self.server.call("PUT", "/bench/file", body=requests.random_bytes(size), expect=200)
        return requests.wire("GET", "/bench/file")


class Azurite(Peer):
    name = "Azurite"
    requests = {"upload-20k": 1_000, "upload-1m": 200, "download-20k": 1_500}
    # Public: every Azurite has them.
    account = "devstoreaccount1"
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    version = "2019-12-12"

    def command(self, port):
        where = ("--blobHost", "127.0.0.1", "--blobPort", port)
        how = ("--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry")
        return ["node", peer_setup.azurite(), *where, *how]

    def begin(self):
        signature = self.shared_access_signature()
        self.path = lambda name, more="": f"/{self.account}/bench{name}?{more}{signature}"
        self.headers = {"x-ms-version": self.version}
        self.server.call("PUT", self.path("", "restype=container&"), self.headers, expect=201)

    def shared_access_signature(self):
        """Allows all of the account for a day, as the query of an URL."""
        expiry = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 86_400))
        fields = {"sp": "rwdlac", "ss": "b", "srt": "sco", "st": "", "se": expiry, "sip": "", "spr": ""}
        fields["sv"] = self.version
        text = "".join(f"{value}\n" for value in (self.account, *fields.values()))
        digest = hmac.new(base64.b64decode(self.key), text.encode(), hashlib.sha256).digest()
        fields["sig"] = base64.b64encode(digest).decode()
        return urllib.parse.urlencode({name: value for name, value in fields.items() if value})

    def clear(self):
        self.server.call("DELETE", self.path("", "restype=container&"), self.headers, expect=202)
        self.server.call("PUT", self.path("", "restype=container&"), self.headers, expect=201)

    def upload(self, size):
        headers = {**self.headers, "x-ms-blob-type": "BlockBlob", "Content-Type": "application/octet-stream"}
        return requests.wire("PUT", self.path("/file-{n}"), headers, requests.random_bytes(size))

    def get(self, size):
        headers = {**self.headers, "x-ms-blob-type": "BlockBlob"}
        self.server.call("PUT", self.path("/file"), headers, requests.random_bytes(size), expect=201)
        return requests.wire("GET", self.path("/file"), self.headers)


class Prism(Peer):
    """Reads the OpenAPI document of tracker-mock, checks each request against it, and makes an answer up. It keeps
    nothing, so it has no file to download."""

    name = "Prism"
    requests = {"upload-20k": 400, "upload-1m": 24, "get-json": 800}

    def command(self, port):
        where = ("--host", "127.0.0.1", "--port", port)
        return ["node", peer_setup.prism(), "mock", *where, "--verboseLevel", "silent", ROOT / "docs" / "openapi.json"]

    def clear(self):
        pass

    def upload(self, size):
        return requests.upload(size, path="/attachments")

    def get(self, _size):
        return requests.wire("GET", "/attachments/4")


class Nginx(Peer):
    name = "nginx"
    requests = {"upload-20k": 20_000, "upload-1m": 1_500, "download-20k": 60_000}

    def least(self, _kind):
        return 0.8

    def command(self, port):
        self.root = Path(tempfile.mkdtemp(prefix="tracker-mock-bench-nginx-", dir=MEMORY))
        (self.root / "files").mkdir()
        template = (BENCH / "peers" / "nginx.conf").read_text()
        # Started by root, its workers would be nobody, who cannot write here.
        user = "user root;" if os.geteuid() == 0 else ""
        text = string.Template(template).substitute(user=user, root=self.root, port=port)
        (self.root / "nginx.conf").write_text(text)
        return [peer_setup.nginx(), "-p", self.root, "-e", self.root / "error.log", "-c", self.root / "nginx.conf"]

    def clear(self):
        shutil.rmtree(self.root / "files")
        (self.root / "files").mkdir()

    def upload(self, size):
        return requests.wire("PUT", "/file-{n}", body=requests.form(requests.random_bytes(size)))

    def get(self, size):
        (self.root / "files" / "file").write_bytes(requests.random_bytes(size))
        return requests.wire("GET", "/file")

    def stop(self):
        super().stop()
        shutil.rmtree(self.root, ignore_errors=True)


PEERS = (FastApi, Moto, Azurite, Prism, Nginx)
