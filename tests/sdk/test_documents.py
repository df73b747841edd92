"""The Python of the documents is run, and what it leads to is what they show."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
README = ROOT / "README.md"
FIRST_STEPS = ROOT / "docs" / "first-steps.md"
GUIDE = ROOT / "docs" / "testing-with-tracker-mock.md"

# The server that the documents name.
SHOWN = "http://localhost:8080"


def blocks(document, language):
    """The fenced blocks of a document in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def examples(document):
    """The scripts of a document."""
    return [code for code in blocks(document, "python") if "import pytest" not in code]


@pytest.fixture
def run(mock, tmp_path):
    """Runs a script of a document against the server, with the file that they use."""
    (tmp_path / "hello.txt").write_text("Hello, Tracker!\n")

    def run(code, org):
        code = re.sub(r'org_id="[^"]*"', f'org_id="{org}"', code.replace(SHOWN, mock.url))
        script = [sys.executable, "-c", code]
        return subprocess.run(script, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60).stdout

    return run


@pytest.mark.parametrize("code", [*examples(README), *examples(FIRST_STEPS), *examples(GUIDE)])
def test_scripts_print_what_their_comments_say(mock, org, run, code):
    if ".size)" in code:
        mock.arm(org, {"preset": "flaky-503"})
    said = re.findall(r"^print\(.*\)  # (.*)$", code, re.MULTILINE)
    assert said
    assert run(code, org).splitlines() == said


def test_the_attempts_are_those_that_the_guide_shows(mock, org, run):
    (proof,) = [code for code in examples(GUIDE) if ".size)" in code]
    (shown,) = [json.loads(block) for block in blocks(GUIDE, "json") if '"retry-empty"' in block]
    attempts = shown["attempts"]
    mock.arm(org, {"preset": "flaky-503"})
    run(proof, org)
    *_, last = mock.requests(org, operation="upload_temp_file")
    first = last["attempts"]["requests"][0]["id"]
    told = [{**attempt, "id": attempt["id"] - first} for attempt in last["attempts"]["requests"]]
    assert told == [{**attempt, "id": attempt["id"] - attempts[0]["id"]} for attempt in attempts]
    (deviation,) = last["deviations"]
    said = deviation["message"].replace(f"request {first}", f"request {attempts[0]['id']}")
    assert {**deviation, "message": said} == shown["deviations"][0]


def test_the_readme_shows_what_the_journal_says(mock, org, run):
    (proof,) = [code for code in examples(README) if ".size)" in code]
    shown = [json.loads(block) for block in blocks(README, "json") if "retries request 1" in block]
    mock.arm(org, {"preset": "flaky-503"})
    run(proof, org)
    first, *_, last = mock.requests(org, operation="upload_temp_file")
    told = [deviation["message"].replace(f"request {first['id']}", "request 1") for deviation in last["deviations"]]
    assert told == shown


def test_the_test_of_the_guide_fails_as_it_says(mock, tmp_path):
    """With this client, that is: it says so itself."""
    (code,) = [code for code in blocks(GUIDE, "python") if "import pytest" in code]
    (tmp_path / "test_guide.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path]
    environment = {**os.environ, "TRACKER_URL": mock.url}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "['retry-empty'] == []" in ran.stdout
    assert "1 failed" in ran.stdout
    assert "error" not in ran.stdout.splitlines()[-1]
