"""What a user writes, for mypy to check; it is not run."""

from pathlib import Path
from typing import Callable

import tracker_mock
from tracker_mock import File, Server, World
from tracker_mock.testcase import TrackerMockTestCase


def test_types(tracker_mock: World, tracker_mock_world: Callable[[], World], tracker_mock_server: Server) -> None:
    with tracker_mock.arm("flaky-503", {"do": {"status": 413}}) as world:
        world.wait_for(2, operation="upload_temp_file")
    files: list[File] = tracker_mock_world().assert_attached("a.txt", to="project/4", times=1)
    assert files[0].content == Path("a.txt").read_bytes()
    tracker_mock.clock.advance("90s")
    status: int = tracker_mock.assert_uploaded("a.txt", content=Path("a.txt"))["status"]
    assert status == 201 and tracker_mock_server.url


class Tests(TrackerMockTestCase):
    def test_types(self) -> None:
        self.assertEqual(self.tracker_mock.outbox, [])


def by_hand() -> str:
    with tracker_mock.start("--language", "ru") as server:
        return server.new_world().org
