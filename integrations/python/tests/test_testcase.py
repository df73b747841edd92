"""`unittest.TestCase`, under pytest and under `python -m unittest`."""

import os
import re
import subprocess
import sys

CASES = """
import unittest
from client import upload
from tracker_mock.testcase import TrackerMockTestCase

class Tests(TrackerMockTestCase):
    def test_passes(self):
        upload(self.tracker_mock)
        self.tracker_mock.assert_uploaded("note.txt", content="A note.")
        self.assertEqual(len(self.tracker_mock.requests()), 1)

    def test_found(self):
        upload(self.tracker_mock, path="/v2/attachments/?expnd=1")

    def test_fails(self):
        upload(self.tracker_mock, "other.txt")
        self.tracker_mock.assert_uploaded("note.txt")

    def test_asks_for_nothing(self):
        pass

    def test_skipped(self):
        self.tracker_mock.arm("flaky-503")
        self.skipTest("not now")

class Allowed(TrackerMockTestCase):
    tracker_mock_allow = ("unknown-parameter",)

    def test_allowed(self):
        upload(self.tracker_mock, path="/v2/attachments/?expnd=1")

class Asynchronous(TrackerMockTestCase, unittest.IsolatedAsyncioTestCase):
    async def test_passes(self):
        upload(self.tracker_mock)
        await self.tracker_mock.wait_for_async(operation="upload_temp_file")

    async def test_unfired(self):
        self.tracker_mock.arm("flaky-503")
"""


def test_under_pytest(suite):
    for arguments in ([], ["-n", "2"]):
        result = suite(CASES, *arguments)
        result.assert_outcomes(passed=4, failed=3, skipped=1, errors=0)
        text = result.stdout.str()
        assert len(re.findall("- what the client sent -", text)) == 3
        assert "tracker-mock found unknown-parameter, although the test passed:" in result.outlines
        assert "tracker-mock found fault-never-fired, although the test passed:" in result.outlines


def test_markers_hold_under_pytest(suite):
    result = suite(CASES.replace("class Tests", "@pytest.mark.tracker_mock(allow=['unknown-parameter'])\nclass Tests"))
    result.assert_outcomes(passed=5, failed=2, skipped=1)


def test_under_unittest(pytester, suite):
    suite(CASES)
    env = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_MOCK_")}
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "-v", "test_suite"],
        cwd=pytester.path,
        env=env,
        capture_output=True,
        text=True,
    )
    assert "Ran 8 tests" in done.stderr
    assert "FAILED (failures=3, skipped=1)" in done.stderr
    assert sorted(re.findall(r"^FAIL: (\w+)", done.stderr, re.M)) == ["test_fails", "test_found", "test_unfired"]
    assert (
        "AssertionError: tracker-mock found unknown-parameter, although the test passed:\n  unknown-parameter: request "
        in done.stderr
    )
    assert "AssertionError: No upload of 'note.txt' was accepted.\nThe nearest requests:\n" in done.stderr
    assert done.stderr.count(": what the client sent\nworld test-") == 3
