"""The test bench: what a client really sent, failures on demand, time and ids, and what was never tried."""

import io

import pytest
import world
from requests.exceptions import RequestException
from yandex_tracker_client.exceptions import NotFound, TrackerError

REPORT = b"sixteen bytes ok"


def uploads(mock, org):
    """The uploads of an organisation, as the journal tells them."""
    return mock.requests(org, operation="upload_temp_file")


def test_a_retry_after_503_stores_an_empty_file_and_the_journal_says_so(client, mock, org, tmp_path):
    """The client repeats the upload from where the first attempt left the file: at its end. It reports success."""
    path = tmp_path / "report.txt"
    path.write_bytes(REPORT)
    mock.arm(org, {"preset": "flaky-503"})

    uploaded = client.attachments.create(str(path))

    assert uploaded.size == 0, "the client reports success, and nothing was stored"
    first, second, third = uploads(mock, org)
    attempts = third["attempts"]
    assert (attempts["number"], attempts["of"]) == (3, 3)
    assert [(one["status"], one["faulted"], one["bytes"]) for one in attempts["requests"]] == [
        (503, True, len(REPORT)),
        (503, True, 0),
        (201, False, 0),
    ]
    digests = [one["xxh3-128"] for one in attempts["requests"]]
    assert digests[0] != digests[1] == digests[2]
    assert [one["kind"] for one in first["deviations"]] == []
    for retry in (second, third):
        assert [one["kind"] for one in retry["deviations"]] == ["retry-empty"]
        assert f"retries request {first['id']}, which had sent {len(REPORT)} bytes" in retry["deviations"][0]["message"]
    assert mock.verify(org, {"faults": "all-fired"})["ok"]


def test_a_lost_answer_makes_the_client_upload_twice(client, mock, org, note):
    mock.arm(org, {"preset": "lost-answer"})
    uploaded = client.attachments.create(note)
    stored = mock.state(org)["temporaryFiles"]
    assert len(stored) == 2, "the answer was lost, what was done was not"
    assert stored[-1]["id"] == uploaded.id
    lost, answered = uploads(mock, org)
    assert (lost["status"], answered["status"]) == (None, 201)
    assert lost["fault"]["name"] == "lost-answer"


def test_a_rate_limit_reaches_the_client(client, mock, org):
    mock.arm(org, {"preset": "rate-limit", "match": {"operation": "get_entity"}})
    with pytest.raises(TrackerError) as refused:
        client.project.get(world.PROJECT)
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "1"
    assert client.myself.login == "author", "other operations are not limited"


def test_a_truncated_download_is_noticed(client, mock, org):
    attachment = client.issues[world.ISSUE].attachments.create(io.BytesIO(b"x" * 10_000))
    mock.arm(org, {"preset": "truncated-download"})
    with pytest.raises(RequestException):
        b"".join(attachment.read())
    mock.arm(org)
    assert b"".join(attachment.read()) == b"x" * 10_000


def test_the_journal_tells_what_the_client_sent(client, mock, org, note):
    client.attachments.create(note)
    (upload,) = uploads(mock, org)
    (part,) = upload["upload"]["parts"]
    # The client calls every part "file" and says the name in the query.
    assert (part["filename"], part["bytes"]) == ("file", 8)
    assert upload["upload"]["name"] == {
        "value": "note.txt",
        "from": "?filename=",
        "why": "the query wins over the part",
    }
    assert upload["headers"]["authorization"] == "OAuth ***"
    assert upload["actor"]["login"] == "author"


def test_a_check_names_near_misses(client, mock, org):
    with pytest.raises(NotFound):
        client.project.get("6586d6fee2b9ef7400000000")
    check = {"match": {"operation": "get_entity", "status": 200}, "count": 1}
    verdict = mock.verify(org, check)
    assert not verdict["ok"]
    assert verdict["nearest"][0]["differs"] == [{"what": "status", "expected": "200", "actual": "404"}]
    client.project.get(world.PROJECT)
    assert mock.verify(org, check)["ok"]


def test_coverage_counts_what_the_client_reached(client, mock, org, project, note):
    uploaded = client.attachments.create(note)
    project.attachments.attach(uploaded.id, notify=False, expand="attachments")
    (attach,) = mock.coverage(org, operation="attach_file")["operations"]
    reached = {goal["goal"] for goal in attach["goals"] if goal["count"]}
    assert reached == {"status 200", "notify=false", "expand=attachments"}


def test_time_and_ids_repeat(client, mock, org, note):
    """The same clock, seed and requests after a reset give the same answers."""

    def run():
        mock.reset(org)
        mock.set_clock(org, {"mode": "tick", "at": "2024-01-13T14:06:29.000+0000", "step": "1s"})
        mock.set_seed(org, 7)
        uploaded = client.attachments.create(note)
        comment = client.issues[world.ISSUE].comments.create(text="Hello")
        return uploaded.as_dict(), comment.as_dict()

    first = run()
    assert first == run()
    assert first[0]["createdAt"] == "2024-01-13T14:06:29.000+0000"
    assert first[1]["createdAt"] == "2024-01-13T14:06:30.000+0000"
