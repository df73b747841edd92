"""Suites that the tests write and run."""

from pathlib import Path

import pytest

CLIENT = Path(__file__).with_name("client.py")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("TRACKER_MOCK_URL", "TRACKER_MOCK_BIN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def suite(pytester):
    """`suite(text, *arguments)` runs pytest on a module with this text, after the imports that all need."""

    def run(text, *arguments, ini="", asyncio=False):
        pytester.makepyfile(client=CLIENT.read_text("utf-8"))
        pytester.makeini(f"[pytest]\n{'asyncio_default_fixture_loop_scope = function' * asyncio}\n{ini}")
        pytester.makepyfile(test_suite=f"import os\nimport pytest\nfrom client import send, upload\n\n{text}")
        plugins = ["cacheprovider", *([] if asyncio else ["asyncio", "anyio"])]
        # Workers of xdist want a process of their own above them.
        start = pytester.runpytest_subprocess if "-n" in arguments else pytester.runpytest_inprocess
        return start(*(option for plugin in plugins for option in ("-p", f"no:{plugin}")), *arguments)

    return run
