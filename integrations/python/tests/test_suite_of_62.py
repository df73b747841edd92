"""What a suite of the usual size takes. The figure is printed and not judged, for machines differ."""

import os
import re

SUITE = """
@pytest.mark.parametrize("number", range(31))
def test_upload(tracker_mock, number):
    upload(tracker_mock, f"note-{number}.txt")
    tracker_mock.assert_uploaded(f"note-{number}.txt", content="A note.", attempts=1)

@pytest.mark.tracker_mock({"preset": "flaky-503", "times": 1})
@pytest.mark.parametrize("number", range(31))
def test_retry(tracker_mock, number):
    assert [upload(tracker_mock)[0] for _ in range(2)] == [503, 201]
    tracker_mock.assert_uploaded("note.txt", attempts=2)
"""

PLUGIN_ALONE = """
@pytest.mark.parametrize("number", range(500))
def test_nothing(FIXTURE, number):
    pass
"""


def seconds(result):
    return float(re.search(r" in ([\d.]+)s", result.stdout.str())[1])


def test_a_suite_of_62_tests(suite, capsys):
    result = suite(SUITE, "-n", "0")
    result.assert_outcomes(passed=62)
    with_fixture = suite(PLUGIN_ALONE.replace("FIXTURE", "tracker_mock"), "-n", "0")
    without = suite(PLUGIN_ALONE.replace("FIXTURE", "pytestconfig"), "-n", "0")
    each = (seconds(with_fixture) - seconds(without)) / 500 * 1000
    with capsys.disabled():
        load = f"the load is {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores"
        print(f"\n62 tests took {seconds(result)} s; a world and its verdict cost {each:.2f} ms a test; {load}")
