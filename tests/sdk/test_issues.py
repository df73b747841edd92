"""Issues through the official client: create, read, change, find."""

import re

import pytest
import world
from yandex_tracker_client.exceptions import BadRequest, Conflict, NotFound, PreconditionFailed, UnprocessableEntity
from yandex_tracker_client.objects import SeekablePaginatedList


def keys(issues):
    return [issue.key for issue in issues]


def files(issue):
    """Id and name of every file that a list of an issue's files has."""
    return [(file.id, file.name) for file in issue.attachments]


def test_an_issue(client, mock):
    issue = client.issues[world.ISSUE]

    assert issue.as_dict() == {
        "self": f"{mock.url}/v2/issues/{world.ISSUE}",
        "id": world.ISSUE_ID,
        "key": world.ISSUE,
        "version": 1,
        "summary": "Issue without files",
        "statusStartTime": "2024-01-02T09:15:00.000+0000",
        "statusType": {"id": "new", "display": "New", "key": "new"},
        "updatedBy": user(mock, 2, world.LEAD),
        "type": {"self": f"{mock.url}/v2/issuetypes/2", "id": "2", "key": "task", "display": "Task"},
        "priority": {"self": f"{mock.url}/v2/priorities/3", "id": "3", "key": "normal", "display": "Medium"},
        "createdAt": "2024-01-02T09:15:00.000+0000",
        "createdBy": user(mock, 2, world.LEAD),
        "commentWithoutExternalMessageCount": 0,
        "votes": 0,
        "commentWithExternalMessageCount": 0,
        "queue": {"self": f"{mock.url}/v2/queues/JUNE", "id": "1", "key": "JUNE", "display": "June"},
        "updatedAt": "2024-01-09T12:00:00.000+0000",
        "status": {"self": f"{mock.url}/v2/statuses/1", "id": "1", "key": "open", "display": "Open"},
        "favorite": False,
    }


def user(mock, number, display):
    uid = str(1900000000 + number)
    return {
        "self": f"{mock.url}/v2/users/{uid}",
        "id": uid,
        "display": display,
        "cloudUid": f"ajeppa7dgp53{number:08}",
        "passportUid": 1500000000 + number,
    }


@pytest.mark.parametrize("name", [world.ISSUE, world.ISSUE_ID])
def test_by_key_and_by_id(client, name):
    assert client.issues[name].key == world.ISSUE
    assert client.issues.get(name).id == world.ISSUE_ID


def test_a_field_without_a_value(issue):
    # The client takes the names and their empty values from `GET /fields/`.
    assert issue.assignee is None
    assert issue.tags == []
    with pytest.raises(AttributeError):
        issue.nonsense


def test_an_unknown_issue(client, refused):
    with refused(NotFound) as caught:
        client.issues[world.UNKNOWN_ISSUE]

    (message,) = caught.value.error_messages
    assert world.UNKNOWN_ISSUE in message


@pytest.mark.parametrize("queue", ["JUNE", 1, "1", {"key": "JUNE"}, {"id": "1"}, {"id": 1}])
def test_the_queue_of_a_new_issue(client, queue):
    issue = client.issues.create(queue=queue, summary="New")

    assert re.fullmatch(r"JUNE-\d+", issue.key)
    assert issue.queue.key == "JUNE"


def test_create(client):
    issue = client.issues.create(
        queue=client.queues["JUNE"],
        summary="New feature",
        description="What **it** does",
        type="newFeature",
        priority="critical",
        assignee="lead",
        followers=["team-1", {"id": "1900000004"}],
        tags=["a", "b"],
        parent=client.issues[world.ISSUE],
    )

    assert issue.version == 1
    assert issue.description == "What **it** does"
    assert (issue.type.key, issue.priority.key, issue.status.key) == ("newFeature", "critical", "open")
    assert issue.assignee.display == world.LEAD
    assert [follower.display for follower in issue.followers] == ["Первый Участник", "Second Member"]
    assert issue.tags == ["a", "b"]
    assert issue.parent.key == world.ISSUE
    assert issue.createdBy.display == issue.updatedBy.display == world.AUTHOR
    assert client.issues[issue.key].as_dict() == issue.as_dict()


def test_a_type_by_its_name(client):
    # As in the client's own examples.
    assert client.issues.create(queue="JUNE", summary="New", type={"name": "Bug"}).type.key == "bug"


def test_create_with_files(client, mock, org, note, image):
    issue = client.issues.create(queue="JUNE", summary="With files", attachments=[note, image])

    assert files(issue) == [("30", "note.txt"), ("31", "pixel.gif")]
    assert mock.state(org)["temporaryFiles"] == []
    seen = client.issues.get(issue.key, expand="attachments").as_dict()
    assert seen["attachments"] == [
        {"self": f"{mock.url}/v2/issues/{issue.key}/attachments/30", "id": "30", "display": "note.txt"},
        {"self": f"{mock.url}/v2/issues/{issue.key}/attachments/31", "id": "31", "display": "pixel.gif"},
    ]
    assert "attachments" not in client.issues[issue.key].as_dict()


@pytest.mark.parametrize("make_id", [str, int])
def test_create_with_ids_of_files(client, file_id, make_id):
    issue = client.issues.create(queue="JUNE", summary="With a file", attachmentIds=[make_id(file_id)])

    assert files(issue) == [(file_id, "note.txt")]


@pytest.mark.parametrize("bad", [world.UNKNOWN_FILE, world.ITS_FILE])
def test_one_bad_file_spoils_all(client, issue, file_id, refused, bad):
    for attempt in (
        lambda: client.issues.create(queue="JUNE", summary="New", attachmentIds=[file_id, bad]),
        lambda: issue.update(attachmentIds=[file_id, bad]),
        lambda: issue.comments.create(text="New", attachmentIds=[file_id, bad]),
    ):
        with refused(UnprocessableEntity) as caught:
            attempt()
        assert list(caught.value.errors) == ["attachmentIds"]

    # The good one can still be used.
    issue.update(attachmentIds=[file_id])
    assert files(issue) == [(file_id, "note.txt")]


@pytest.mark.parametrize(
    "values, field",
    [
        ({"summary": "New"}, "queue"),
        ({"queue": "JUNE"}, "summary"),
        ({"queue": "NOPE", "summary": "New"}, "queue"),
        ({"queue": "JUNE", "summary": ["New"]}, "summary"),
        ({"queue": "JUNE", "summary": "New", "type": "nope"}, "type"),
        ({"queue": "JUNE", "summary": "New", "assignee": "nobody"}, "assignee"),
        ({"queue": "JUNE", "summary": "New", "attachmentIds": "30"}, "attachmentIds"),
    ],
)
def test_create_with_a_wrong_value(client, refused, values, field):
    with refused(UnprocessableEntity) as caught:
        client.issues.create(**values)

    assert list(caught.value.errors) == [field]
    assert caught.value.error_messages == []


def test_a_unique_value_makes_one_issue(client, mock, org):
    first = client.issues.create(queue="JUNE", summary="First", unique="once")
    before = mock.state(org)

    # The client meets a 409, and asks for the issue that has the value.
    second = client.issues.create(queue="TREK", summary="Second", unique="once")

    assert second.as_dict() == first.as_dict()
    assert mock.state(org) == before


def test_a_unique_value_is_a_conflict(client, refused):
    client.issues.create(queue="JUNE", summary="First", unique="once")

    with refused(Conflict) as caught:
        client._connection.post(path="/v2/issues/", data={"queue": "JUNE", "summary": "Second", "unique": "once"})

    assert list(caught.value.errors) == ["unique"]


def test_update(client, issue):
    updated_at = issue.updatedAt

    issue.update(summary="Другое", priority="minor", assignee="client", tags=["x"], followers={"add": ["lead"]})

    assert issue.version == 2
    assert issue.summary == "Другое"
    assert issue.priority.key == "minor"
    assert issue.assignee.display == "Заказчик Проекта"
    assert issue.tags == ["x"]
    assert [follower.display for follower in issue.followers] == [world.LEAD]
    assert issue.updatedBy.display == world.AUTHOR
    assert issue.createdBy.display == world.LEAD
    assert issue.updatedAt > updated_at
    assert client.issues[world.ISSUE].as_dict() == issue.as_dict()


def test_update_of_a_list(issue):
    issue.update(tags=["a", "b"])
    issue.update(tags={"add": ["c"], "remove": ["a"]})
    assert issue.tags == ["b", "c"]

    issue.update(tags=None, followers=[])
    assert issue.tags == []


def test_update_with_files(issue, note, image):
    issue.update(attachments=[note])
    issue.update(summary="Other", attachments=[image])

    assert files(issue) == [("30", "note.txt"), ("31", "pixel.gif")]
    assert issue.version == 3


def test_update_of_nothing_reads_again(client, issue):
    client.issues[world.ISSUE].update(summary="Other")
    assert issue.summary == "Issue without files"

    issue.update()

    assert (issue.summary, issue.version) == ("Other", 2)


def test_a_stale_version(client, issue, file_id, refused):
    stale = client.issues[world.ISSUE]
    issue.update(summary="Mine")

    for change in ({"summary": "Theirs"}, {"attachmentIds": [file_id]}):
        with refused(PreconditionFailed) as caught:
            stale.update(**change)
        assert caught.value.status_code == 412

    # Whoever does not care says so.
    stale.update(summary="Theirs", ignore_version_change=True)
    assert (stale.summary, stale.version) == ("Theirs", 3)


def test_a_stale_version_in_the_query(client, issue, refused):
    with refused(PreconditionFailed):
        issue.update(summary="Other", ignore_version_change=True, params={"version": 7})

    issue.update(summary="Other", ignore_version_change=True, params={"version": 1})
    assert issue.version == 2


def test_update_of_an_unknown_issue(client, issue, refused):
    with refused(NotFound):
        client._connection.patch(path=f"/v2/issues/{world.UNKNOWN_ISSUE}", data={"summary": "Other"})


@pytest.mark.parametrize(
    "search, found",
    [
        ({"queue": "JUNE"}, [world.ISSUE_WITH_FILES, world.ISSUE]),
        ({"keys": [world.OTHER_ISSUE, world.ISSUE]}, [world.ISSUE, world.OTHER_ISSUE]),
        ({"keys": world.ISSUE}, [world.ISSUE]),
        ({"filter": {"queue": "TREK"}}, [world.OTHER_ISSUE]),
        ({"filter": {"queue": "JUNE", "createdBy": "lead"}}, [world.ISSUE]),
        ({"filter": {"createdBy": "me()"}}, [world.ISSUE_WITH_FILES]),
        ({"filter": {"queue": "NOPE"}}, []),
        ({}, [world.ISSUE_WITH_FILES, world.ISSUE, world.OTHER_ISSUE]),
    ],
)
def test_find(client, search, found):
    result = client.issues.find(**search)

    assert len(result) == len(found)
    assert keys(result) == found
    assert client.issues.find(count_only=True, **search) == len(found)


def test_found_issues_are_whole(client):
    (found,) = client.issues.find(keys=[world.ISSUE])

    assert found.as_dict() == client.issues[world.ISSUE].as_dict()


def test_find_with_files(client):
    first, second = client.issues.find(queue="JUNE", expand="attachments")

    assert [file["id"] for file in first.as_dict()["attachments"]] == [world.ITS_FILE]
    assert second.as_dict()["attachments"] == []


def test_a_queue_is_read_to_its_end(client):
    made = [client.issues.create(queue="JUNE", summary=f"Number {number}").key for number in range(5)]

    result = client.issues.find(per_page=3, queue="JUNE")

    assert keys(result) == [world.ISSUE_WITH_FILES, world.ISSUE, *made]
    assert not isinstance(result, SeekablePaginatedList)


@pytest.mark.parametrize("search", [{"filter": {"queue": "JUNE"}}])
def test_pages(client, search):
    made = [client.issues.create(queue="JUNE", summary=f"Number {number}").key for number in range(5)]
    expected = [world.ISSUE_WITH_FILES, world.ISSUE, *made]

    result = client.issues.find(per_page=3, **search)

    assert isinstance(result, SeekablePaginatedList)
    assert len(result) == 7
    assert result.pages_count == 3
    assert keys(result) == expected
    # Each page can be had alone, the first as well as the last.
    assert [keys(result.get_page(number)) for number in (1, 2, 3)] == [expected[:3], expected[3:6], expected[6:]]
    assert [len(result.get_page(number)) for number in (1, 2, 3)] == [3, 3, 1]


def test_one_page(client):
    assert keys(client.issues.find(queue="JUNE", per_page=2)) == [world.ISSUE_WITH_FILES, world.ISSUE]
    assert keys(client.issues.find(filter={"queue": "JUNE"}, per_page=1, page=2)) == [world.ISSUE]


@pytest.mark.parametrize("per_page", [0, -1, "ten"])
def test_a_bad_page_size(client, refused, per_page):
    with refused(BadRequest) as caught:
        client.issues.find(queue="JUNE", per_page=per_page)

    assert list(caught.value.errors) == ["perPage"]


def test_the_query_language_is_refused(client, refused):
    for count_only in (False, True):
        with refused(BadRequest):
            client.issues.find("Queue: JUNE Assignee: me()", count_only=count_only)


def test_a_transition(client):
    issue = client.issues[world.ISSUE]
    assert [transition.id for transition in issue.transitions.get_all()] == ["start_progress", "close"]

    then = issue.transitions["close"].execute(comment="Done", resolution="wontFix")

    assert [transition.id for transition in then] == ["reopen"]
    closed = client.issues[world.ISSUE]
    assert (closed.status.key, closed.resolution.key, closed.previousStatus.key) == ("closed", "wontFix", "open")
    assert [comment.text for comment in closed.comments.get_all()] == ["Done"]


def test_entity_links_are_kept(client):
    client.project[world.PROJECT].update(links=[{"relationship": "works towards", "entity": world.GOAL}])

    links = client._connection.get(path=f"/v2/entities/project/{world.PROJECT}/links")
    assert [link["type"] for link in links] == ["works towards"]
