"""What the experiments of the program say of the official client, and of one that takes care."""

import json
import os
import subprocess
import sys

UPLOAD = """
import os, sys
from yandex_tracker_client import TrackerClient

client = TrackerClient(
    token=os.environ["TRACKER_MOCK_TOKEN"],
    org_id=os.environ["TRACKER_MOCK_ORG"],
    base_url=os.environ["TRACKER_MOCK_URL"],
)
client.issues["JUNE-2"].attachments.create(sys.argv[1])
"""


def experiment(tmp_path, name, *options, file, code=UPLOAD):
    """The exit code and the JSON of an experiment on a script that uploads with the official client."""
    script = tmp_path / "upload.py"
    script.write_text(code)
    report = tmp_path / "report.json"
    command = [os.environ["TRACKER_MOCK_BINARY"], name, "--json", str(report), *options]
    ran = subprocess.run([*command, "--", sys.executable, str(script), file], capture_output=True, text=True, timeout=300)
    assert ran.returncode in (0, 1), ran.stderr
    return ran.returncode, json.loads(report.read_text())


def test_the_official_client_stores_an_empty_file_after_503_and_reports_success(tmp_path):
    file = tmp_path / "hello.txt"
    file.write_bytes(b"Hello, Tracker!\n")
    only = [f"--only=*/{case}" for case in ["503-for-ever", "503-once", "503-twice", "close-after-commit", "slow-answer", "413*"]]
    code, report = experiment(tmp_path, "torture", *only, file=str(file))
    assert code == 1
    verdicts = {case["case"].split("/")[1]: case["verdict"] for case in report["cases"]}
    assert verdicts == {
        "503-for-ever": "hammered",
        "503-once": "empty",
        "503-twice": "empty",
        "close-after-commit": "twice",
        "slow-answer": "ok",
        "413-while-sending": "ok",
    }
    [first] = [case for case in report["cases"] if case["case"] == "upload_to_issue/503-once"]
    assert first["exitCode"] == 0
    assert first["why"] == 'exit code 0: "hello.txt" has 0 of 16 bytes on issue JUNE-2'
    sent = [(attempt["status"], attempt["faulted"], attempt["bytes"]) for attempt in first["attempts"]]
    assert sent == [(503, True, 16), (201, False, 0)]
    assert [(file["place"], file["name"], file["bytes"]) for file in first["stored"]] == [
        ("issue JUNE-2", "hello.txt", 0)
    ]


def test_the_official_client_at_its_own_url_has_the_same_fault(tmp_path, namespaces):
    file = tmp_path / "hello.txt"
    file.write_bytes(b"Hello, Tracker!\n")
    unchanged = UPLOAD.replace('    base_url=os.environ["TRACKER_MOCK_URL"],\n', "")
    assert "URL" not in unchanged
    only = ["--only=*/503-once", "--only=*/slow-answer"]
    code, report = experiment(tmp_path, "torture", "--sealed", *only, file=str(file), code=unchanged)
    assert code == 1
    assert {case["case"]: (case["verdict"], case["why"]) for case in report["cases"]} == {
        "upload_to_issue/503-once": ("empty", 'exit code 0: "hello.txt" has 0 of 16 bytes on issue JUNE-2'),
        "upload_to_issue/slow-answer": ("ok", "exit code 0: all is stored, once"),
    }


def test_the_official_client_sends_every_name_that_the_service_takes(tmp_path):
    code, findings = experiment(tmp_path, "names", file="{file}")
    assert code == 0
    assert len(findings) == 65
    refused = {finding["case"] for finding in findings if finding["verdict"] == "refused"}
    assert refused == {"backslash", "backslash-at-end", "backslash-quote", "carriage-return", "line-break", "tab"}
    others = {finding["verdict"] for finding in findings if finding["case"] not in refused | {"255-characters"}}
    assert others == {"exact"}
    assert {finding["encoding"] for finding in findings if finding["verdict"] == "exact"} == {"in the query"}
