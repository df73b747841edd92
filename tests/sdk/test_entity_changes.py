"""Creating, finding, changing and deleting entities through the official client, their files and their history."""

import pytest
import world
from yandex_tracker_client.exceptions import BadRequest, NotFound, PreconditionFailed, UnprocessableEntity

EVERY_KIND = pytest.mark.parametrize("kind", ["project", "portfolio", "goal"])


def ids(result):
    return [entity.id for entity in result["values"]]


def displays(entity, **options):
    return [event["display"] for event in entity.get_event_history(**options)["events"]]


@EVERY_KIND
def test_create(client, mock, kind):
    fields = {"summary": "Новый", "teamAccess": True}

    created = getattr(client, kind).create(fields=fields, params={"fields": "summary,author,entityStatus,lead"})

    assert created.as_dict()["self"] == f"{mock.url}/v2/entities/{kind}/{created.id}"
    assert (created.entityType, created.version) == (kind, 1)
    assert created.createdAt == created.updatedAt
    assert created.createdBy.display == world.AUTHOR
    assert created.fields["summary"] == "Новый"
    assert created.fields["author"].display == world.AUTHOR
    assert created.fields["entityStatus"] == "draft"
    assert created.fields["lead"] is None
    again = getattr(client, kind).get(created.shortId, fields="summary,author,entityStatus,lead")
    assert again.as_dict() == created.as_dict()


def test_create_with_every_field(client):
    fields = {
        "summary": "Full",
        "description": "Everything",
        "author": "lead",
        "lead": 1900000003,
        "teamUsers": ["team-1", {"login": "team-2"}],
        "clients": ["client"],
        "followers": [{"id": "1900000006"}],
        "start": "2025-01-01",
        "end": "2025-12-31T00:00:00.000+0000",
        "checklistItems": [{"text": "First"}, {"text": "Second", "checked": True}],
        "tags": ["a", "b"],
        "parentEntity": {"primary": world.PORTFOLIO, "secondary": [world.GOAL]},
        "teamAccess": False,
        "quarter": ["2025 Q1"],
        "entityStatus": "in_progress",
        "queues": ["JUNE", "TREK"],
    }
    shown = [*(name for name in fields if name != "queues"), "issueQueues"]

    created = client.project.create(fields=fields, params={"fields": ",".join(shown)})

    assert list(created.fields) == [
        "summary",
        "description",
        "author",
        "lead",
        "teamUsers",
        "clients",
        "followers",
        "start",
        "end",
        "checklistItems",
        "tags",
        "parentEntity",
        "teamAccess",
        "quarter",
        "entityStatus",
        "issueQueues",
    ]
    assert created.fields["author"].display == world.LEAD
    assert created.fields["lead"].login == "team-1"
    assert [user.login for user in created.fields["teamUsers"]] == ["team-1", "team-2"]
    assert [user.login for user in created.fields["clients"]] == ["client"]
    assert [user.login for user in created.fields["followers"]] == ["follower"]
    assert (created.fields["start"], created.fields["end"]) == ("2025-01-01", "2025-12-31")
    assert [(item["text"], item["checked"]) for item in created.fields["checklistItems"]] == [
        ("First", False),
        ("Second", True),
    ]
    assert created.fields["tags"] == ["a", "b"]
    # The client speaks v2, which shows the main parent alone.
    assert created.fields["parentEntity"].shortId == world.PORTFOLIO_SHORT_ID
    assert created.fields["teamAccess"] is False
    assert created.fields["quarter"] == ["2025 Q1"]
    assert created.fields["entityStatus"] == "in_progress"
    assert [queue.key for queue in created.fields["issueQueues"]] == ["JUNE", "TREK"]


@pytest.mark.parametrize(
    "kind, fields, named",
    [
        ("goal", {}, "summary"),
        ("portfolio", {"summary": ""}, "summary"),
        ("project", {"teamAccess": True}, "summary"),
        ("goal", {"summary": "New", "lead": "nobody"}, "lead"),
        ("goal", {"summary": "New", "start": "soon"}, "start"),
        ("goal", {"summary": "New", "tags": "a"}, "tags"),
        ("goal", {"summary": "New", "status": "draft"}, "fields"),
    ],
)
def test_create_with_a_wrong_value(client, refused, kind, fields, named):
    with refused(UnprocessableEntity) as caught:
        getattr(client, kind).create(fields=fields)

    (field,) = caught.value.errors
    assert named in field


def test_update(client, project):
    updated_at = project.updatedAt

    project.update(
        fields={"summary": "Другое", "lead": "client", "tags": {"add": ["x"]}, "end": None},
        params={"fields": "summary,lead,tags,end,start"},
    )

    assert project.version == world.PROJECT_VERSION + 1
    assert project.updatedAt > updated_at
    assert project.fields["summary"] == "Другое"
    assert project.fields["lead"].login == "client"
    assert project.fields["tags"] == ["sample", "x"]
    assert project.fields["end"] is None
    # What is not named stays.
    assert project.fields["start"] == "2024-01-15"


def test_update_with_a_comment_and_links(client, project):
    project.update(
        fields={"summary": "Other"},
        comment="Why",
        links=[{"relationship": "works towards", "entity": world.GOAL}],
    )

    (comment,) = project.comments
    assert comment.text == "Why"
    assert project.version == world.PROJECT_VERSION + 1


def test_a_stale_version(client, project, refused):
    stale = client.project[world.PROJECT]
    project.update(fields={"summary": "Mine"})

    with refused(PreconditionFailed) as caught:
        stale.update(fields={"summary": "Theirs"}, comment="And more")
    assert caught.value.status_code == 412

    with refused(PreconditionFailed):
        stale.update(fields={"summary": "Theirs"}, ignore_version_change=True, params={"version": stale.version})

    stale.update(fields={"summary": "Theirs"}, ignore_version_change=True)
    assert stale.version == world.PROJECT_VERSION + 2


@EVERY_KIND
def test_delete(client, kind, note, refused):
    collection = getattr(client, kind)
    entity = collection.create(fields={"summary": "Short-lived", "teamAccess": True})
    file_id = client.attachments.create(note).id
    entity.attachments.attach(file_id)
    comment = entity.comments.create(text="With a file", attachments=[note])

    assert entity.delete() is None

    for attempt in (
        entity.delete,
        lambda: collection.get(entity.id),
        lambda: collection.get(entity.shortId),
        lambda: list(entity.attachments),
        lambda: client._connection.get(path=comment._path),
        # Its files are gone with it, and those of its comments.
        lambda: client.attachments[file_id],
        lambda: client.attachments[str(int(file_id) + 1)],
    ):
        with refused(NotFound):
            attempt()


def test_a_deleted_parent(client):
    client.portfolio[world.PORTFOLIO].delete()

    assert client.project.get(world.PROJECT, fields="parentEntity").fields["parentEntity"] is None


@pytest.mark.parametrize(
    "search, found",
    [
        ({}, [world.PROJECT, world.PROJECT_WITH_FILES]),
        ({"search_string": "two files"}, [world.PROJECT_WITH_FILES]),
        ({"search_string": "nothing has this name"}, []),
        ({"filter": {"entityStatus": "in_progress"}}, [world.PROJECT]),
        ({"filter": {"lead": "author"}}, [world.PROJECT_WITH_FILES]),
        ({"filter": {"author": "me()"}}, [world.PROJECT]),
        ({"filter": {"tags": "empty()"}}, [world.PROJECT_WITH_FILES]),
        ({"root_only": True}, [world.PROJECT_WITH_FILES]),
        ({"order_by": "summary", "order_asc": True}, [world.PROJECT_WITH_FILES, world.PROJECT]),
        ({"order_by": "createdAt", "order_asc": False}, [world.PROJECT, world.PROJECT_WITH_FILES]),
    ],
)
def test_find(client, search, found):
    result = client.project.find(**search)

    assert (result["hits"], result["pages"]) == (len(found), 1 if found else 0)
    assert ids(result) == found
    assert result.get("orderBy") == search.get("order_by")


def test_pages(client):
    made = [client.goal.create(fields={"summary": f"Number {number}"}).id for number in range(4)]

    pages = [client.goal.find(per_page=2, page=page, fields="summary") for page in (1, 2, 3, 4)]

    assert [(page["hits"], page["pages"]) for page in pages] == [(5, 3)] * 4
    assert [ids(page) for page in pages] == [[world.GOAL, made[0]], made[1:3], made[3:], []]
    assert pages[2]["values"][0].fields == {"summary": "Number 3"}


def test_found_entities_are_whole(client):
    (found, _) = client.project.find(fields="summary,lead", expand="attachments")["values"]

    expected = client.project.get(world.PROJECT, fields="summary,lead", expand="attachments")
    assert found.as_dict() == expected.as_dict()


@pytest.mark.parametrize("search", [{"filter": {"nonsense": "x"}}, {"filter": ["x"]}, {"order_by": "nonsense"}])
def test_find_by_what_does_not_exist(client, refused, search):
    with refused(UnprocessableEntity):
        client.project.find(**search)


def test_files(client):
    project = client.project[world.PROJECT_WITH_FILES]

    files = list(project.attachments)

    assert [file.name for file in files] == world.ITS_FILES
    expanded = client.project.get(project.id, expand="attachments").as_dict()["attachments"]
    assert [file.as_dict() for file in files] == expanded
    assert b"".join(files[0].read()) == b"A text file.\n"
    for file in files:
        path = f"/v2/entities/project/{project.id}/attachments/{file.id}"
        assert client._connection.get(path=path).as_dict() == file.as_dict()


def test_the_bytes_of_an_attached_file(client, project, photo, tmp_path):
    project.attachments.attach(client.attachments.create(photo).id)

    (file,) = project.attachments
    target = tmp_path / "target"
    target.mkdir()
    file.download_to(str(target))
    with open(photo, "rb") as original:
        assert (target / file.name).read_bytes() == original.read()
    file.download_thumbnail_to(str(target))
    assert (target / file.name).read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_delete_a_file(client, mock, org, refused):
    project = client.project[world.PROJECT_WITH_FILES]
    gone, kept = project.attachments

    assert project.attachments.delete(gone.id) is None

    assert [file.id for file in project.attachments] == [kept.id]
    project.update()
    assert project.version == 13
    assert displays(project)[-1] == "File removed"
    (notification,) = mock.outbox(org)
    assert (notification["event"], notification["file"]) == ("fileRemoved", {"id": gone.id, "name": "notes.txt"})
    for attempt in (
        lambda: project.attachments.delete(gone.id),
        lambda: project.attachments.attach(gone.id),
        lambda: client.attachments[gone.id],
        lambda: b"".join(gone.read()),
    ):
        with refused(NotFound):
            attempt()


@pytest.mark.parametrize("file_id", [world.ITS_FILE, world.UNKNOWN_FILE, "4"])
def test_delete_a_file_of_something_else(project, file_id, refused):
    with refused(NotFound):
        project.attachments.delete(file_id)


def test_the_history(client, project, note):
    project.attachments.attach(client.attachments.create(note).id).update(fields={"summary": "Other", "end": None})
    project.comments.create(text="What happened")
    project.attachments.delete("30")

    history = project.get_event_history()

    assert (history["hasNext"], history["hasPrev"]) == (False, False)
    *_, added, updated, commented, removed = history["events"]
    assert added["display"] == "File added"
    assert added["author"].login == "author"
    assert added["transport"] == "v2"
    assert added["changes"] == [
        {"diff": "<added>note.txt</added>", "field": {"id": "issue.attachments", "display": "Attachments"}}
    ]
    assert updated["display"] == "Issue updated"
    assert {change["field"]["id"]: change["diff"] for change in updated["changes"]} == {
        "summary": "<removed>Project without files</removed><added>Other</added>",
        "end": "<removed>2024-06-30</removed>",
    }
    assert commented["display"] == "Comment added"
    assert commented["changes"][0]["diff"] == "<added>What happened</added>"
    assert removed["display"] == "File removed"
    assert removed["changes"][0]["diff"] == "<removed>note.txt</removed>"


@pytest.fixture
def changed(client):
    """A goal with a history of seven events, and their ids, oldest first."""
    goal = client.goal.create(fields={"summary": "Number 0"})
    for number in range(1, 7):
        goal.update(fields={"summary": f"Number {number}"})
    events = [event["id"] for event in goal.get_event_history()["events"]]
    assert len(set(events)) == 7
    return goal, events


def part(goal, **options):
    history = goal.get_event_history(**options)
    return [event["id"] for event in history["events"]], history["hasNext"], history["hasPrev"]


def test_the_history_page_by_page(changed):
    goal, events = changed

    seen, after, more = [], None, True
    while more:
        page, more, _ = part(goal, per_page=3, event_from=after)
        seen += page
        after = page[-1]

    assert seen == events
    # Nothing comes after the last one.
    assert part(goal, event_from=events[-1]) == ([], False, True)


def test_parts_of_the_history(changed):
    goal, events = changed

    assert part(goal, per_page=3) == (events[:3], True, False)
    assert part(goal, per_page=3, event_from=events[2]) == (events[3:6], True, True)
    assert part(goal, per_page=3, selected=events[3]) == (events[2:5], True, True)
    assert part(goal, per_page=3, new_events_on_top=True) == (events[:3:-1], True, False)
    assert part(goal, per_page=3, direction="backward")[0] == events[:3:-1]
    # The client writes Python's booleans as they are.
    assert part(goal, new_events_on_top=False) == part(goal, direction="forward") == (events, False, False)


@pytest.mark.parametrize(
    "options",
    [
        {"event_from": "f" * 24, "selected": "f" * 24},
        {"event_from": "f" * 24},
        {"selected": "no-id"},
        {"per_page": 0},
        {"direction": "sideways"},
        {"new_events_on_top": "yes"},
    ],
)
def test_a_bad_part_of_the_history(project, refused, options):
    with refused(BadRequest):
        project.get_event_history(**options)
