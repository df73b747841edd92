"""Cassettes that vcrpy has recorded of the official client, as `verify` reads them."""

import json
import os
import subprocess

import pytest
import vcr
from yandex_tracker_client import TrackerClient, exceptions

FILE = b"Hello, Tracker!\n"


@pytest.fixture
def cassette(mock, org, tmp_path):
    """Records what the client does to an issue: an upload, a list, a download, a comment with a file, a refusal."""
    file = tmp_path / "hello.txt"
    file.write_bytes(FILE)
    path = tmp_path / "cassette.yaml"
    client = TrackerClient(token="secret", org_id=org, base_url=mock.url)
    with vcr.use_cassette(str(path), record_mode="all", filter_headers=["Authorization", "X-Org-ID"]):
        issue = client.issues["JUNE-2"]
        uploaded = issue.attachments.create(str(file))
        assert "hello.txt" in [attachment.name for attachment in issue.attachments]
        uploaded.download_to(str(tmp_path))
        comment = issue.comments.create(text="See the file", attachments=[str(file)])
        comment.update(text="See the other file")
        uploaded.delete()
        with pytest.raises(exceptions.NotFound):
            client.issues["JUNE-999"]
    text = path.read_text()
    assert "secret" not in text
    return path


def verify(cassette):
    """The exit code, and the verdict on each exchange with what differs."""
    report = cassette.with_suffix(".json")
    command = [os.environ["TRACKER_MOCK_BINARY"], "verify", "--json", str(report), str(cassette)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode in (0, 1), ran.stderr
    findings = json.loads(report.read_text())
    told = [(f["case"].split()[1], f["verdict"], [d["at"] for d in f["differences"]]) for f in findings]
    return ran.returncode, told


def test_a_cassette_of_the_official_client_is_answered_as_it_was(cassette):
    code, told = verify(cassette)
    assert {verdict for _, verdict, _ in told} == {"same"}, told
    assert code == 0
    operations = {operation for operation, _, _ in told}
    expected = {"get_issue", "upload_to_issue", "list_issue_files", "download_issue_file", "upload_temp_file"}
    assert expected | {"add_issue_comment", "edit_issue_comment", "delete_issue_file"} <= operations


def test_what_a_service_answers_otherwise_is_found_in_its_cassette(cassette):
    text = cassette.read_text()
    cassette.write_text(text.replace('\\"mimetype\\":\\"text/plain\\"', '\\"mimetype\\":null').replace("code: 204", "code: 200"))
    code, told = verify(cassette)
    differ = {operation: at for operation, verdict, at in told if verdict == "differs"}
    assert code == 1
    assert differ["upload_to_issue"] == ["$.mimetype"]
    assert differ["delete_issue_file"] == [""]
