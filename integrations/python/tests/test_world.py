"""What a test does with its world, through the plugin that is installed here."""

import asyncio
import json
import threading

import anyio
import pytest
from client import send, upload

NOTE = b"A note."
# These tests send what no client should.
pytestmark = pytest.mark.tracker_mock(unfired=True, allow=["retry-empty", "retry-differs"])


def attach(world, file="30", to="entities/project/4", query=""):
    return send(world, "POST", f"/v2/{to}/attachments/{file}{query}")


def refusal(call, *arguments, **named):
    with pytest.raises(AssertionError) as caught:
        call(*arguments, **named)
    return str(caught.value)


def numbered(world, text):
    """The numbers of requests count from 1 in a world that is alone on its server."""
    for number, record in enumerate(world.requests(), 1):
        text = text.replace(f"#{record['id']} ", f"#{number} ").replace(
            f"request {record['id']},", f"request {number},"
        )
    return text


def test_what_a_client_needs(tracker_mock, tracker_mock_server):
    world = tracker_mock
    assert world.url == tracker_mock_server.url
    assert world.headers == {"Authorization": "OAuth any-token", "X-Org-ID": world.org}
    port = world.url.rpartition(":")[2]
    assert world.env(TRACKER_API="{url}/v2", ALL="{host} {port} {org} {token}") == {
        "TRACKER_MOCK_URL": world.url,
        "TRACKER_MOCK_ORG": world.org,
        "TRACKER_MOCK_TOKEN": "any-token",
        "TRACKER_API": f"{world.url}/v2",
        "ALL": f"127.0.0.1 {port} {world.org} any-token",
    }


def test_rules_are_armed_one_after_the_other(tracker_mock):
    world = tracker_mock
    world.arm("flaky-503")
    world.arm({"name": "too large", "do": {"status": 413}, "times": 1})
    assert [upload(world)[0] for _ in range(4)] == [503, 503, 413, 201]
    world.disarm()
    assert world.faults() == []


def test_rules_in_a_with_leave_those_before(tracker_mock):
    world = tracker_mock
    world.arm({"name": "outer", "do": {"status": 500}, "times": 3, "skip": 1})
    assert [upload(world)[0] for _ in range(2)] == [201, 500]
    with world.arm({"name": "inner", "match": {"operation": "get_issue"}, "do": {"status": 418}}) as same:
        assert same is world
        assert send(world, "GET", "/v2/issues/JUNE-2")[0] == 500
    assert [one["rule"]["name"] for one in world.faults()] == ["outer"]
    assert [upload(world)[0] for _ in range(2)] == [500, 201]
    assert world.findings() == ['fault-never-fired: the fault "inner" was disarmed and had never fired']


def test_the_journal(tracker_mock):
    world = tracker_mock
    upload(world)
    send(world, "GET", "/v2/issues/JUNE-2?expand=links")
    assert [one["operation"] for one in world.requests()] == ["upload_temp_file", "get_issue"]
    assert [one["operation"] for one in world.requests(query={"expand": "links"})] == ["get_issue"]
    assert [one["operation"] for one in world.requests(header={"x-org-id": world.org}, limit=1)] == ["get_issue"]
    assert [one["upload"]["name"]["value"] for one in world.uploads()] == ["note.txt"]
    assert [one["status"] for one in world.requests(part_type="text/*", status=201)] == [201]
    assert [one["method"] for one in world.requests(method="GET", path="/*/issues/*")] == ["GET"]


def test_waiting(tracker_mock):
    world = tracker_mock
    other = threading.Thread(target=upload, args=(world,))
    other.start()
    assert [one["status"] for one in world.wait_for(operation="upload_temp_file")] == [201]
    other.join()
    text = numbered(world, refusal(world.wait_for, 2, timeout=0.05, operation="attach_file"))
    assert text == (
        "Expected at least 2 requests with operation attach_file; seen 0 among 1 in the journal. The nearest other one is "
        'request 1, POST /v2/attachments/, answered 201: operation is "upload_temp_file" and not "attach_file".\n'
        "The nearest requests:\n"
        "  #1 POST /v2/attachments/ -> 201\n"
        '      operation is "upload_temp_file" and not "attach_file"'
    )


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_waiting_lets_the_event_loop_go_on(tracker_mock, backend):
    world, seen = tracker_mock, []

    async def wait():
        seen.extend(await world.wait_for_async(1, 20, operation="upload_temp_file"))

    async def both():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await anyio.to_thread.run_sync(upload, world)

    anyio.run(both, backend=backend)
    assert [one["status"] for one in seen] == [201]


def test_waiting_in_plain_asyncio(tracker_mock):
    async def both():
        waiting = asyncio.create_task(tracker_mock.wait_for_async(1, 20, operation="upload_temp_file"))
        await asyncio.get_running_loop().run_in_executor(None, upload, tracker_mock)
        return await waiting

    assert [one["status"] for one in asyncio.run(both())] == [201]


def test_what_the_world_holds(tracker_mock):
    world = tracker_mock
    upload(world, "новый.txt", "один")
    upload(world, "kept.txt")
    attach(world, query="?notify=true")
    found = {file.name: file for file in world.files()}
    assert (found["новый.txt"].at, found["новый.txt"].content) == ("project/4", "один".encode())
    assert (found["kept.txt"].at, found["kept.txt"].id, found["kept.txt"].mimetype) == ("temporary", "31", "text/plain")
    assert (found["alpha.txt"].at, found["report.csv"].at) == ("JUNE-2/comments/1", "JUNE-2")
    assert found["схема.png"].content.startswith(b"\x89PNG")
    entity = world.entity("project/4")
    assert [one["name"] for one in entity["attachments"]] == ["новый.txt"]
    assert world.entity(entity["id"]) == world.entity(f"project/{entity['id']}") == entity
    assert world.issue("JUNE-2") == world.issue(world.issue("JUNE-2")["id"])
    assert [(one["event"], one["file"]["name"]) for one in world.outbox] == [("fileAdded", "новый.txt")]
    for call, name in ((world.issue, "NONE-1"), (world.entity, "goal/99")):
        with pytest.raises(LookupError, match=f"There is no (issue|entity) {name} in this world."):
            call(name)


def test_the_clock(tracker_mock):
    clock = tracker_mock.clock
    clock.freeze("2026-03-01T12:00:00.000+0000")
    clock.advance("90s")
    assert clock.now == "2026-03-01T12:01:30.000+0000"
    clock.tick("1h", at="2026-03-01T00:00:00.000+0000")
    upload(tracker_mock)
    assert clock.now == "2026-03-01T01:00:00.000+0000"
    clock.run()
    assert tracker_mock.call("GET", "clock")["mode"] == "run"


def test_seeds_give_the_same_ids(tracker_mock_world):
    ids = []
    for _ in range(2):
        world = tracker_mock_world()
        world.clock.freeze("2026-03-01T12:00:00.000+0000")
        world.seed(7)
        body = json.dumps({"text": "Hello"})
        ids.append(
            json.loads(
                send(world, "POST", "/v2/issues/JUNE-2/comments", body, **{"Content-Type": "application/json"})[1]
            )["longId"]
        )
    assert ids[0] == ids[1]


def test_saving_and_loading(tracker_mock, tracker_mock_world, tmp_path):
    world = tracker_mock
    world.snapshot()
    upload(world)
    saved = world.state()
    world.restore()
    assert "note.txt" not in [file.name for file in world.files()]
    other = tracker_mock_world()
    other.load(saved)
    assert "note.txt" in [file.name for file in other.files()]
    (tmp_path / "saved.json").write_text(json.dumps(saved), "utf-8")
    world.load(tmp_path / "saved.json")
    assert "note.txt" in [file.name for file in world.files()]
    world.reset(keep_state=True)
    assert (world.requests(), "note.txt" in [file.name for file in world.files()]) == ([], True)
    world.reset()
    assert "note.txt" not in [file.name for file in world.files()]


def test_uploads_that_are_as_expected(tracker_mock, tmp_path):
    world = tracker_mock
    (tmp_path / "note").write_bytes(NOTE)
    world.arm({"preset": "flaky-503", "times": 1})
    upload(world)
    upload(world)
    for content in (None, NOTE, NOTE.decode(), tmp_path / "note"):
        assert world.assert_uploaded("note.txt", content=content, attempts=2)["status"] == 201
    attach(world)
    world.assert_uploaded("note.txt", content=NOTE)


def test_uploads_that_are_not(tracker_mock):
    world = tracker_mock
    assert refusal(world.assert_uploaded, "a.txt") == (
        "No upload of 'a.txt' was accepted.\nThe client sent no request to this world."
    )
    send(world, "GET", "/v2/issues/JUNE-2")
    assert numbered(world, refusal(world.assert_uploaded, "a.txt")) == (
        "No upload of 'a.txt' was accepted.\nNo request came near. The last ones:\n  #1 GET /v2/issues/JUNE-2 -> 200  get_issue"
    )
    world.arm({"preset": "flaky-503", "times": 1})
    upload(world, "b.txt", "four")
    upload(world, "b.txt", "")
    upload(world, "a.txt", "A nose.")
    assert numbered(world, refusal(world.assert_uploaded, "a.txt", content=NOTE, attempts=2)) == (
        "No upload of 'a.txt' with 7 bytes in 2 attempts was accepted.\n"
        "The nearest requests:\n"
        "  #4 POST /v2/attachments/ -> 201  upload_temp_file\n"
        "      from byte 4 on it sent b'se.' and not b'te.'\n"
        "      it took 1 attempt and not 2\n"
        "  #3 POST /v2/attachments/ -> 201  upload_temp_file  attempt 2 of 2\n"
        "      its name is 'b.txt' and not 'a.txt'\n"
        "      it sent 0 bytes and not 7\n"
        "  #2 POST /v2/attachments/ -> 503  upload_temp_file  attempt 1 of 2\n"
        "      its name is 'b.txt' and not 'a.txt'\n"
        "      it was answered 503, by the fault 'flaky-503'\n"
        "      it sent 4 bytes and not 7"
    )


def test_attachments(tracker_mock):
    world = tracker_mock
    upload(world)
    assert numbered(world, refusal(world.assert_attached, "note.txt", to="JUNE-3")) == (
        "'note.txt' is attached to JUNE-3 0 times and not at least once.\n"
        "  'note.txt' is temporary, as file 30\n"
        "The nearest requests:\n"
        "  #1 POST /v2/attachments/ -> 201  upload_temp_file\n"
        "      it uploads a temporary file, which a later request has to attach"
    )
    attach(world)
    long_id = world.entity("project/4")["id"]
    for to in (None, "project/4", long_id, f"project/{long_id}"):
        assert [file.at for file in world.assert_attached("note.txt", to=to, times=1)] == ["project/4"]
    assert world.assert_attached("alpha.txt", to="JUNE-2")[0].at == "JUNE-2/comments/1"
    assert numbered(world, refusal(world.assert_attached, "other.txt", to=long_id, times=2)) == (
        "'other.txt' is attached to project/4 0 times and not 2 times.\n"
        "  'note.txt' is attached to project/4, as file 30\n"
        "The nearest requests:\n"
        "  #2 POST /v2/entities/project/4/attachments/30 -> 200  attach_file\n"
        "      its file is 'note.txt' and not 'other.txt'\n"
        "  #1 POST /v2/attachments/ -> 201  upload_temp_file\n"
        "      its file is 'note.txt' and not 'other.txt'\n"
        "      it uploads a temporary file, which a later request has to attach"
    )


def test_notifications(tracker_mock):
    world = tracker_mock
    upload(world)
    attach(world, query="?notify=false")
    assert numbered(world, refusal(world.assert_notified, "lead", about="project/4")) == (
        "0 of 0 notifications in the outbox are as expected; at least one was expected.\n"
        "The nearest requests:\n"
        "  #2 POST /v2/entities/project/4/attachments/30?notify=false -> 200  attach_file\n"
        "      it asked for no notification"
    )
    upload(world, "told.txt")
    attach(world, "31", query="?notify=true")
    sent = world.assert_notified("lead", "follower", about="project/4", file="told.txt", event="fileAdded", times=1)
    assert sent == world.outbox
    text = numbered(world, refusal(world.assert_notified, "nobody", file="note.txt", times=2))
    assert text.splitlines()[:2] == [
        "0 of 1 notifications in the outbox are as expected; 2 were expected.",
        "  fileAdded 'told.txt' of project 6586d6fee2b9ef74e69df1ef: it went to lead, team-1, team-2, client, follower and not "
        "to nobody; its file is 'told.txt' and not 'note.txt'",
    ]


def test_a_refused_call_says_why(tracker_mock):
    from tracker_mock import MockError

    before = tracker_mock.state()
    with pytest.raises(MockError) as caught:
        tracker_mock.arm({"match": {"operation": "upload_temp_fiel"}, "do": {"status": 503}})
    assert str(caught.value) == (
        'tracker-mock refused POST /_mock/faults: rules[0].match.operation: "upload_temp_fiel" is not '
        "known here. Did you mean upload_temp_file?"
    )
    assert (caught.value.status, tracker_mock.faults(), tracker_mock.state()) == (400, [], before)


def test_calls_from_many_threads(tracker_mock):
    seen = []

    def work():
        for _ in range(20):
            seen.append(tracker_mock.clock.now)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 160
