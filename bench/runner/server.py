"""A server process: start, the figures that the system keeps of it, stop. And how to call it outside the timed part."""

import contextlib
import http.client
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 60


class BenchError(Exception):
    """Something that keeps a case from being measured; the text says what."""


@dataclass
class Server:
    """A running server. `pids` are the processes that do its work, where that is not the one that was started."""

    name: str
    process: subprocess.Popen
    port: int
    pids: list = field(default_factory=list)

    def __post_init__(self):
        self.pids = self.pids or [self.process.pid]

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def call(self, method, path, headers=None, body=None, expect=None):
        """One request on a connection of its own; its status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if expect is not None and answer.status != expect:
            raise BenchError(f"{self.name}: {method} {path} answered {answer.status}, not {expect}: {data[:300]!r}")
        return answer.status, data

    def cpu_seconds(self):
        """What its threads, those that have not ended, have taken of the processors so far."""
        nanoseconds = 0
        for pid in self.pids:
            for task in Path(f"/proc/{pid}/task").iterdir():
                # moto has a thread for each request.
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    nanoseconds += int((task / "schedstat").read_text().split()[0])
        return nanoseconds / 1e9

    def page_faults(self):
        """How often the system gave it a page so far."""
        return sum(int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[7]) for pid in self.pids)

    def memory_bytes(self, key="VmRSS"):
        """VmRSS is what it has in memory now, VmHWM the most that it ever had."""
        total = 0
        for pid in self.pids:
            total += int(re.search(rf"^{key}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M)[1]) * 1024
        return total

    def restart(self):
        """Starts one of our own programs anew; it listens elsewhere then."""
        self.stop()
        fresh = start_announced(self.name, self.process.args)
        self.process, self.port, self.pids = fresh.process, fresh.port, fresh.pids

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_announced(name, command, stderr=subprocess.DEVNULL):
    """Starts one of our own programs, which print the address that they listen on."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=stderr, text=True)
    line = process.stdout.readline()
    found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
    if not found:
        process.kill()
        raise BenchError(f"{name} does not start: {line!r}")
    return Server(name, process, int(found[1]))


def wait_until_answering(server, path="/", headers=None):
    """Waits for the first answer, whatever it says, of a server that does not announce itself."""
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        if server.process.poll() is not None:
            raise BenchError(f"{server.name} ended with exit code {server.process.returncode} while it started")
        try:
            server.call("GET", path, headers)
            return
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
    server.stop()
    raise BenchError(f"{server.name} did not answer within {START_SECONDS} s")
