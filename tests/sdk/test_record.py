"""What `record` writes of the official client, which asks the real URL, and what `verify` says to that."""

import json
import os
import subprocess
import sys

import pytest

UPLOAD = """
import os, sys
from yandex_tracker_client import TrackerClient

client = TrackerClient(token=os.environ["TOKEN"], org_id=os.environ["ORG"])
client.issues["JUNE-2"].attachments.create(sys.argv[1])
"""


@pytest.mark.parametrize("options", [[], ["--values"]])
def test_the_official_client_is_recorded_as_it_is(mock, org, tmp_path, options):
    script, file, out = (tmp_path / name for name in ("upload.py", "private.txt", "out.ndjson"))
    script.write_text(UPLOAD)
    file.write_text("Hello, Tracker!\n")
    # The recorder makes its certificates.
    env = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_MOCK_")}
    program = os.environ["TRACKER_MOCK_BINARY"]
    words = [program, "record", "--https", "--to", mock.url, "--out", str(out), *options]
    command = [*words, "--", sys.executable, str(script), str(file)]
    ran = subprocess.run(command, env={**env, "TOKEN": "y0_hush", "ORG": org}, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.splitlines()[-1].startswith("tracker-mock: 3 exchanges, 0 of unknown operations, in ")

    text = out.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["operation"] for line in lines] == ["get_issue", "list_fields", "upload_to_issue"]
    assert [line["status"] for line in lines] == [200, 200, 201]
    assert lines[2]["path"] == "/v2/issues/{key#1}/attachments"
    part = {"name": "file", "filename": "ASCII, text 1-16", "content": "text, below 1 KiB"}
    assert lines[2]["request"] == {"kind": "form", "parts": [part], "closed": True}
    kept = {secret: secret in text for secret in ("y0_hush", org, "private", "Hello", "JUNE", "Автор")}
    assert kept == {secret: bool(options) and secret != "y0_hush" for secret in kept}
    assert [request["query"] for request in mock.requests(org) if request["operation"] == "upload_to_issue"] == [
        "filename=private.txt"
    ]

    verified = subprocess.run([program, "verify", str(out)], capture_output=True, text=True, timeout=60)
    assert (verified.returncode, "3 cases: 3 same" in verified.stdout) == (0, True), verified.stdout


def test_http_2_passes_too(mock, org, tmp_path):
    code = f"""
import httpx
with httpx.Client(http2=True) as client:
    answer = client.get("https://api.tracker.yandex.net/v2/myself", headers={{"Authorization": "OAuth t", "X-Org-ID": "{org}"}})
print(answer.http_version, answer.status_code, answer.json()["login"])
"""
    out = tmp_path / "out.ndjson"
    command = [os.environ["TRACKER_MOCK_BINARY"], "record", "--https", "--to", mock.url, "--out", str(out)]
    ran = subprocess.run([*command, "--", sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.stdout == "HTTP/2 200 author\n", ran.stderr
    assert json.loads(out.read_text())["operation"] == "get_myself"
