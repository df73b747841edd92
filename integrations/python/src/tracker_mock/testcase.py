"""For `unittest.TestCase`: `class Tests(TrackerMockTestCase)`, alone or beside another base class.

It works under `python -m unittest` and under pytest, where markers and the report come from the plugin.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import unittest
from collections.abc import Iterator
from typing import Any, Callable

from .report import shown_findings, what_the_client_sent
from .server import Server, connect, start
from .world import World

_server: Server | None = None
_plugin: Callable[[], World] | None = None


class TrackerMockTestCase(unittest.TestCase):
    """Gives each test a world, made when it is first asked for, and judges it after the test."""

    tracker_mock_allow: tuple[str, ...] = ()
    """Kinds of findings to let pass."""

    _world: World | None = None

    @property
    def tracker_mock(self) -> World:
        """A world for this test alone."""
        if self._world is None:
            self._world = (_plugin or _new_world)()
            self.addCleanup(self._end_world, self._world)
        return self._world

    def _end_world(self, world: World) -> None:
        self._world = None
        if _plugin:
            return
        failed, skipped = self._ended()
        found = [] if failed or skipped else world.findings(self.tracker_mock_allow)
        if found or failed:
            print("\n".join(["", f"{self.id()}: what the client sent", *what_the_client_sent(world)]), file=sys.stderr)
        if world.server.pid:
            # Whoever has started the server himself may want to look into it.
            world.forget()
        if found:
            self.fail(shown_findings(found))

    def _ended(self) -> tuple[bool, bool]:
        """Whether the test itself has failed, and whether it was skipped, which unittest says nowhere in public."""
        outcome: Any = getattr(self, "_outcome", None)
        if hasattr(outcome, "errors"):
            # Until Python 3.10.
            return any(error for _, error in outcome.errors), bool(outcome.skipped)
        result = getattr(outcome, "result", None)
        failed, skipped = (
            any(test is self for kind in kinds for test, _ in getattr(result, kind, []))
            for kinds in (("failures", "errors"), ("skipped",))
        )
        return failed, skipped


@contextlib.contextmanager
def worlds_from(plugin: Callable[[], World]) -> Iterator[None]:
    """While a test runs under pytest, its worlds are those of the plugin."""
    global _plugin
    before, _plugin = _plugin, plugin
    try:
        yield
    finally:
        _plugin = before


def _new_world() -> World:
    global _server
    if _server is None:
        url = os.environ.get("TRACKER_MOCK_URL")
        _server = connect(url) if url else start()
        atexit.register(_server.stop)
    return _server.new_world()
