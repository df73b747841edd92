"""The page does what it says."""

import json
import re
from pathlib import Path

PAGE = Path(__file__).parents[1].joinpath("README.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


def test_the_example_prints_what_the_page_shows(pytester):
    pytester.makepyfile(test_example=blocks("python")[0])
    result = pytester.runpytest_inprocess("-p", "no:asyncio")
    result.assert_outcomes(passed=1, failed=1)
    lines = blocks("text")[0].splitlines()
    at = result.outlines.index(lines[0])
    assert result.outlines[at : at + len(lines)] == lines


def test_the_marker_of_the_page(pytester, tracker_mock):
    pytester.makefile(".json", saved=json.dumps(tracker_mock.state()))
    pytester.makepyfile(
        f"import pytest\n\n{blocks('python')[1]}def test_a(tracker_mock):\n    assert len(tracker_mock.faults()) == 2"
    )
    pytester.runpytest_inprocess("-p", "no:asyncio").assert_outcomes(passed=1)


def test_the_test_case_of_the_page(pytester):
    pytester.makepyfile(blocks("python")[2])
    pytester.runpytest_inprocess("-p", "no:asyncio").assert_outcomes(passed=1)


def test_the_options_of_the_page_are_those_of_the_plugin(pytester):
    text = pytester.runpytest_inprocess("--help", "-p", "no:asyncio").stdout.str()
    has = re.findall(r"^  (tracker_mock_\w+) \(|^  (--tracker-mock-\w+)", text, re.M)
    shown = re.findall(r"^\| `(tracker_mock_\w+(?= =)|--tracker-mock-\w+)", PAGE, re.M)
    assert sorted(shown) == sorted(setting or option for setting, option in has)


def test_the_members_of_a_world_are_on_the_page(tracker_mock):
    hidden = {"call", "server", "faults", "findings", "forget"}  # for those who read the docstrings
    members = {name for name in dir(tracker_mock) if not name.startswith("_")} - hidden
    assert {name for name in members if not re.search(rf"`[^`\n]*\b{name}\b", PAGE)} == set()
