"""A running server: started here, or reached at its address; and the calls to its control plane."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from .program import find_program

if TYPE_CHECKING:
    from .world import World

# What `tracker-mock run` and the tools around it set for a test is no option of the server.
NO_OPTIONS = ("TRACKER_MOCK_BIN", "TRACKER_MOCK_ORG", "TRACKER_MOCK_TOKEN", "TRACKER_MOCK_URL")
START_SECONDS = 30.0
CALL_SECONDS = 30.0


class MockError(Exception):
    """The server refused a call to its control plane, cannot be reached, or did not start."""

    def __init__(self, message: str, status: int | None = None, body: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = body


class Server:
    """A running tracker-mock. Calls may come from any thread: each takes a kept connection, or opens one."""

    def __init__(self, url: str, process: subprocess.Popen[bytes] | None = None) -> None:
        self.url = url.rstrip("/")
        self._parts = urlsplit(self.url)
        if self._parts.scheme not in ("http", "https") or self._parts.hostname is None:
            raise MockError(f"{url!r} is no address of a server, as http://localhost:8080")
        self._process = process
        self._idle: list[http.client.HTTPConnection] = []
        self._idle_of = os.getpid()

    @property
    def pid(self) -> int | None:
        """The process, if it was started here."""
        return self._process.pid if self._process else None

    def world(self, org: str) -> World:
        """The world of an organisation."""
        from .world import World

        return World(self, org)

    def new_world(self, name: str = "test") -> World:
        """A world that nobody else uses; its organisation begins with the name."""
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
        return self.world(f"{slug or 'test'}-{uuid.uuid4().hex[:12]}")

    def coverage(self, format: str = "json") -> Any:
        """What clients reached in all worlds: as `json`, `text`, `junit` or `markdown`."""
        return self.call("GET", "coverage", query={"all": "true", "format": format})

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        timeout: float = CALL_SECONDS,
    ) -> Any:
        """Calls `/_mock/{path}`. Gives what the JSON says, the text of another answer, or None."""
        target = f"{self._parts.path}/_mock/{path}" + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            status, kind, answer = self._exchange(method, target, content, headers, timeout)
        except (OSError, http.client.HTTPException) as error:
            raise MockError(f"tracker-mock at {self.url} does not answer: {error or type(error).__name__}") from error
        value = json.loads(answer) if kind.startswith("application/json") and answer else answer.decode() or None
        if status >= 400:
            raise MockError(f"tracker-mock refused {method} /_mock/{path}: {_reasons(value)}", status, value)
        return value

    def _exchange(
        self, method: str, target: str, content: bytes | None, headers: dict[str, str], timeout: float
    ) -> tuple[int, str, bytes]:
        if self._idle_of != os.getpid():
            # A fork shares the connections of its parent, and must not use them.
            self._idle, self._idle_of = [], os.getpid()
        while True:
            try:
                connection, kept = self._idle.pop(), True
            except IndexError:
                connection, kept = self._open(), False
            try:
                if connection.sock:
                    connection.sock.settimeout(timeout)
                connection.timeout = timeout
                connection.request(method, target, content, headers)
                answer = connection.getresponse()
                read = answer.read()
            except BaseException as error:
                connection.close()
                # The server ends connections that nobody used for a while.
                if kept and isinstance(error, ConnectionError):
                    continue
                raise
            self._idle.append(connection)
            return answer.status, answer.headers.get("Content-Type", ""), read

    def _open(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        return kind(self._parts.hostname or "", self._parts.port)

    def stop(self) -> None:
        """Ends the server if it was started here. There is nothing that it would have to save."""
        while self._idle:
            self._idle.pop().close()
        if self._process:
            self._process.kill()
            # Waits, and closes the pipes.
            self._process.communicate()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(*arguments: str, keep: bool = False) -> Server:
    """Starts a server on a free port, with further options of the program.

    It ends when this process does, even if that is killed; with `keep`, only when somebody ends it.
    """
    env = {name: value for name, value in os.environ.items() if name not in NO_OPTIONS}
    env["TRACKER_MOCK_PORT"] = "0"
    env.setdefault("TRACKER_MOCK_LOG_LEVEL", "off")
    env["TRACKER_MOCK_UNTIL_STDIN_CLOSES"] = "false" if keep else "true"
    program = find_program()
    with tempfile.TemporaryFile() as log:
        # In a session of its own, so that Ctrl-C does not end it before the tests have ended.
        process = subprocess.Popen(
            [program, *arguments],
            env=env,
            stdin=subprocess.DEVNULL if keep else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
        assert process.stdout
        deadline = threading.Timer(START_SECONDS, process.kill)
        deadline.start()
        line = process.stdout.readline().decode()
        deadline.cancel()
        ready = re.search(r"listening on (\S+)", line)
        if ready is None:
            process.kill()
            process.communicate()
            log.seek(0)
            said = log.read().decode("utf-8", "replace").strip()
            raise MockError(f"{program} did not start: {said or f'exit code {process.returncode}'}")
    return Server(ready[1], process)


def connect(url: str) -> Server:
    """A server that runs already, as in a service container."""
    server = Server(url)
    server.call("GET", "health")
    return server


def _reasons(value: Any) -> str:
    """What an answer says is wrong, on one line."""
    if not isinstance(value, dict):
        return str(value)
    named = [f"{path}: {reason}" for path, reason in (value.get("errors") or {}).items()]
    return "; ".join([*named, *(value.get("errorMessages") or [])]) or str(value)
