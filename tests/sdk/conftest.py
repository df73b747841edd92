"""One server for the whole run, one organisation for each test: that is all a test needs to be alone.

Every organisation starts as a copy of the fixtures, so nothing has to be set up before a test or undone after it.
"""

import asyncio
import base64
import contextlib
import gc
import json
import os
import pathlib
import re
import select
import signal
import struct
import subprocess
import urllib.parse
import urllib.request
import uuid
import zlib

import pytest
import pytest_asyncio
import world
from yandex_tracker_client import TrackerClient
from yatracker import YaTracker

# After an update the official client gives its object the `__dict__` of another one. Python 3.13 before 3.13.4 empties
# such a dictionary when it collects garbage (python/cpython#130327), so an issue would lose its key in mid-test. A run
# is too short to need the collector.
gc.disable()


class Mock:
    """A running tracker-mock and its control plane, `/_mock`, which needs no token."""

    def __init__(self, url, pid):
        self.url = url
        self.pid = pid

    def resident_bytes(self):
        """The memory that the server takes up now."""
        status = pathlib.Path(f"/proc/{self.pid}/status")
        if status.exists():
            return int(re.search(r"^VmRSS:\s+(\d+) kB$", status.read_text(), re.MULTILINE)[1]) * 1024
        # Not Linux, so there is a ps.
        shown = subprocess.run(["ps", "-o", "rss=", "-p", str(self.pid)], capture_output=True, check=True, text=True)
        return int(shown.stdout) * 1024

    def reset(self, org):
        """Puts an organisation back to the fixtures."""
        self._call("POST", "reset", org)

    def outbox(self, org):
        """The notifications that the real service would have sent, oldest first."""
        return json.loads(self._call("GET", "outbox", org))

    def state(self, org):
        """Everything that an organisation holds, in the format of the fixtures."""
        return json.loads(self._call("GET", "state", org))

    def arm(self, org, *rules):
        """Arms fault rules in place of those that an organisation has."""
        self._call("PUT", "faults", org, {"rules": rules})

    def requests(self, org, **filters):
        """The journal of an organisation, oldest request first."""
        return json.loads(self._call("GET", "requests", org, **filters))

    def verify(self, org, check):
        """What comes of a check of the journal."""
        return json.loads(self._call("POST", "verify", org, check))

    def coverage(self, org, **options):
        """What was reached in an organisation."""
        return json.loads(self._call("GET", "coverage", org, **options))

    def set_clock(self, org, clock):
        """Sets the clock of an organisation."""
        self._call("PUT", "clock", org, clock)

    def set_seed(self, org, seed):
        """Seeds the ids of an organisation."""
        self._call("PUT", "ids", org, {"seed": seed})

    def _call(self, method, name, org, body=None, **query):
        url = f"{self.url}/_mock/{name}?{urllib.parse.urlencode({'org': org, **query})}"
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data, method=method), timeout=10) as response:
            return response.read()


@pytest.fixture(scope="session")
def mock():
    """The server, on a free port of its own."""
    # Options may come from the environment, and these tests are about the defaults.
    env = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_MOCK_")}
    # Its log goes to stderr, so pytest shows it with a test that fails.
    command = [os.environ["TRACKER_MOCK_BINARY"], "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as server:
        try:
            yield Mock(read_url(server), server.pid)
        except BaseException:
            server.kill()
            raise
        server.send_signal(signal.SIGTERM)
        try:
            rest, _ = server.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            pytest.fail("tracker-mock did not stop within 10 s of SIGTERM")
    assert server.returncode == 0
    assert rest == b"", "stdout carries the ready line and nothing else"


def read_url(server):
    """The address in the line that the server prints once it accepts connections."""
    readable, _, _ = select.select([server.stdout], [], [], 10)
    assert readable, "tracker-mock did not say within 10 s that it listens"
    line = server.stdout.readline().decode()
    ready = re.fullmatch(r"tracker-mock listening on (http://127\.0\.0\.1:[1-9][0-9]*)\n", line)
    assert ready, f"not the ready line: {line!r}"
    return ready[1]


@pytest.fixture
def org(mock):
    """An organisation that no other test uses."""
    org = f"org-{uuid.uuid4()}"
    yield org
    # No test depends on it: it gives the memory of the files back.
    mock.reset(org)


@pytest.fixture
def client(mock, org):
    """The official client as its users make it, but for the address. Any token will do."""
    return TrackerClient(token="any-token", org_id=org, base_url=mock.url)


@pytest.fixture(scope="session")
def namespaces():
    """Leaves a test out on a machine that forbids `--sealed`. That of CI must allow it."""
    sealed = [os.environ["TRACKER_MOCK_BINARY"], "run", "--sealed", "--", "true"]
    tried = subprocess.run(sealed, capture_output=True, text=True, timeout=60)
    if tried.returncode == 2 and "--sealed" in tried.stderr:
        if os.environ.get("CI"):
            pytest.fail(tried.stderr)
        pytest.skip(f"LEFT OUT: {tried.stderr}")
    assert (tried.returncode, tried.stdout) == (0, ""), tried.stderr


@pytest_asyncio.fixture(scope="session")
async def trackers():
    """The yatracker clients of the run. Closing one takes it a quarter of a second, so all are closed at once."""
    made = []
    yield made
    await asyncio.gather(*(tracker.close() for tracker in made))


@pytest.fixture
def tracker(mock, org, trackers):
    """A yatracker client as its users make it, but for the address."""
    trackers.append(YaTracker(org_id=org, token="any-token", api_host=mock.url))
    return trackers[-1]


@pytest.fixture
def project(client):
    """A project without files, in which everybody has a role."""
    return client.project.get(world.PROJECT)


@pytest.fixture
def issue(client):
    """An issue without files or comments."""
    return client.issues[world.ISSUE]


@pytest.fixture
def note(tmp_path):
    """The path of a small text file."""
    path = tmp_path / "note.txt"
    path.write_bytes(b"A note.\n")
    return str(path)


@pytest.fixture
def image(tmp_path):
    """The path of an image of one pixel."""
    path = tmp_path / "pixel.gif"
    path.write_bytes(base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="))
    return str(path)


@pytest.fixture
def photo(tmp_path):
    """The path of an image that is larger than its thumbnail: 600 x 300."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", 600, 300, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + bytes(range(200)) * 3) * 300)
    path = tmp_path / "фото 1.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )
    return str(path)


@pytest.fixture
def file_id(client, note):
    """The id of a temporary file."""
    return client.attachments.create(note).id


@pytest.fixture
def unchanged(mock, org):
    """`with unchanged():` expects that what is done in it changes nothing at all."""

    @contextlib.contextmanager
    def unchanged():
        before = mock.state(org)
        yield
        assert mock.state(org) == before

    return unchanged


@pytest.fixture
def refused(unchanged):
    """`with refused(NotFound) as caught:` expects just that error, and that the request changed nothing at all."""

    @contextlib.contextmanager
    def refused(error):
        with unchanged(), pytest.raises(error) as caught:
            yield caught
        assert caught.type is error
        assert caught.value.response.headers["Content-Type"] == "application/json"
        assert caught.value.response.json() == {
            "errors": caught.value.errors,
            "errorMessages": caught.value.error_messages,
            "statusCode": caught.value.status_code,
        }

    return refused


@pytest.fixture
def rejected(unchanged):
    """`refused` for yatracker, whose exceptions do not carry the answer."""

    @contextlib.contextmanager
    def rejected(error):
        with unchanged(), pytest.raises(error) as caught:
            yield caught
        assert caught.type is error

    return rejected
