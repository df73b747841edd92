"""Requests as bytes on the wire, and files of them for the load."""

import random
import shutil
import tempfile
from pathlib import Path

from .paths import MEMORY

BOUNDARY = "----bench7MA4YWxkTrZu0gW"
ORG = "bench"
AUTHORIZED = {"Authorization": "OAuth bench-token", "X-Org-ID": ORG}


def random_bytes(size):
    """Always the same bytes, which look like nothing."""
    block = random.Random(1).randbytes(min(size, 1024**2))
    return (block * (size // max(len(block), 1) + 1))[:size]


def form(content, name="report.bin"):
    """A multipart body with one file."""
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def form_headers(headers=None):
    return {**(AUTHORIZED if headers is None else headers), "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def wire(method, path, headers=None, body=None):
    """A whole HTTP/1.1 request."""
    headers = {"Host": "127.0.0.1", **(AUTHORIZED if headers is None else headers)}
    if body is not None or method in ("POST", "PUT"):
        headers["Content-Length"] = str(len(body or b""))
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode() + b"\r\n" + (body or b"")


def upload(size, path="/v2/attachments/", org=ORG):
    """The upload of one file of this size."""
    headers = form_headers({"Authorization": "OAuth bench-token", "X-Org-ID": org})
    return wire("POST", path, headers, form(random_bytes(size)))


class Folder:
    """A folder in memory for request files; gone at the end of the `with`."""

    def __enter__(self):
        self.path = Path(tempfile.mkdtemp(prefix="tracker-mock-bench-", dir=MEMORY))
        self.count = 0
        self.named = {}
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def put(self, request):
        self.count += 1
        file = self.path / f"request-{self.count}"
        file.write_bytes(request)
        return file

    def put_once(self, name, request):
        """The file of this name; `request` only if there is none yet."""
        if name not in self.named:
            self.named[name] = self.put(request)
        return self.named[name]
