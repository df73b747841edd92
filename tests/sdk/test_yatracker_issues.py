"""Issues, comments and what is around them through yatracker."""

import io
from datetime import datetime, timezone

import pytest
import world
from yatracker import YaTracker
from yatracker.exceptions import (
    AlreadyExistsError,
    NotAuthorizedError,
    ObjectNotFoundError,
    PreconditionFailedError,
    SufficientRightsError,
    YaTrackerError,
)
from yatracker.types import FullIssue


class TaggedIssue(FullIssue):
    """Users give the client types of their own for more than the common fields."""

    tags: list[str] = []


def keys(issues):
    return [issue.key for issue in issues]


@pytest.mark.parametrize("name", [world.ISSUE, world.ISSUE_ID])
async def test_an_issue(tracker, mock, name):
    issue = await tracker.get_issue(name)

    assert issue.url == f"{mock.url}/v3/issues/{world.ISSUE}"
    assert (issue.id, issue.key, issue.version) == (world.ISSUE_ID, world.ISSUE, 1)
    assert (issue.queue.key, issue.type.key, issue.priority.key, issue.status.key) == (
        "JUNE",
        "task",
        "normal",
        "open",
    )
    assert issue.created_at == datetime(2024, 1, 2, 9, 15, tzinfo=timezone.utc)
    assert issue.created_by.display == issue.updated_by.display == world.LEAD
    assert (issue.followers, issue.assignee, issue.votes, issue.favorite) == (None, None, 0, False)


async def test_expanded(tracker):
    assert await tracker.get_issue(world.ISSUE, expand="transitions,attachments") == await tracker.get_issue(world.ISSUE)


async def test_an_unknown_issue(tracker, rejected):
    with rejected(ObjectNotFoundError):
        await tracker.get_issue(world.UNKNOWN_ISSUE)


async def test_a_bad_expand(tracker, rejected):
    with rejected(YaTrackerError) as caught:
        await tracker.get_issue(world.ISSUE, expand="everything")
    assert '"expand"' in str(caught.value)


@pytest.mark.parametrize("queue", ["JUNE", 1, {"key": "JUNE"}, {"id": "1"}])
async def test_create(tracker, queue):
    parent = (await tracker.find_issues(keys=world.ISSUE))[0]
    file_id = (await tracker.upload_temp_file(io.BytesIO(b"A note.\n"), "note.txt")).id

    issue = await tracker.create_issue(
        "New",
        queue,
        parent=parent.key,
        description="What it does",
        type_="bug",
        priority=parent.priority,
        followers=["lead"],
        assignee=["client"],
        attachment_ids=[file_id],
        tags=["a"],
        _type=TaggedIssue,
    )

    assert issue.queue.key == "JUNE"
    assert issue.parent.key == world.ISSUE
    assert (issue.summary, issue.description, issue.type.key) == ("New", "What it does", "bug")
    assert issue.priority.key == "normal"
    assert [user.display for user in issue.followers] == [world.LEAD]
    assert issue.assignee.display == "Заказчик Проекта"
    assert issue.tags == ["a"]
    assert [file.id for file in await tracker.get_attachments(issue.id)] == [file_id]
    assert await tracker.get_issue(issue.key, _type=TaggedIssue) == issue


async def test_a_unique_value(tracker, rejected):
    await tracker.create_issue("First", "JUNE", unique="once")

    with rejected(AlreadyExistsError):
        await tracker.create_issue("Second", "JUNE", unique="once")


@pytest.mark.parametrize("values", [{"queue": "NOPE"}, {"attachment_ids": ["999999"]}, {"type_": "nope"}])
async def test_create_with_a_wrong_value(tracker, rejected, values):
    with rejected(YaTrackerError) as caught:
        await tracker.create_issue(**{"summary": "New", "queue": "JUNE", **values})
    assert '"statusCode":422' in str(caught.value)


async def test_edit(tracker):
    issue = await tracker.get_issue(world.ISSUE)
    file_id = (await tracker.upload_temp_file(io.BytesIO(b"A note.\n"), "note.txt")).id

    edited = await tracker.edit_issue(
        world.ISSUE,
        issue.version,
        TaggedIssue,
        summary="Другое",
        priority="critical",
        tags={"add": ["x"]},
        attachment_ids=[file_id],
    )

    assert edited.version == issue.version + 1
    assert (edited.summary, edited.priority.key, edited.tags) == ("Другое", "critical", ["x"])
    assert edited.updated_by.display == world.AUTHOR
    assert edited.updated_at > issue.updated_at
    assert [file.id for file in await tracker.get_attachments(world.ISSUE)] == [file_id]


async def test_a_stale_version(tracker, rejected):
    await tracker.edit_issue(world.ISSUE, 1, summary="Mine")

    with rejected(PreconditionFailedError):
        await tracker.edit_issue(world.ISSUE, 1, summary="Theirs")


@pytest.mark.parametrize(
    "search, found",
    [
        ({"queue": "JUNE"}, [world.ISSUE_WITH_FILES, world.ISSUE]),
        ({"keys": world.OTHER_ISSUE}, [world.OTHER_ISSUE]),
        ({"filter_": {"queue": "JUNE", "createdBy": "lead"}}, [world.ISSUE]),
        ({"filter_": {"queue": "NOPE"}}, []),
        ({"filter_": {"queue": "JUNE"}, "per_page": 1, "page": 2}, [world.ISSUE]),
        ({"filter_": {"queue": "JUNE"}, "per_page": 1, "page": 3}, []),
        ({"queue": "JUNE", "expand": "attachments", "order": "+key"}, [world.ISSUE_WITH_FILES, world.ISSUE]),
    ],
)
async def test_find(tracker, search, found):
    assert keys(await tracker.find_issues(**search)) == found


async def test_count(tracker, rejected):
    assert await tracker.count_issues({"queue": "JUNE"}) == 2
    assert await tracker.count_issues() == 3
    with rejected(YaTrackerError):
        await tracker.count_issues(query="Queue: JUNE")


@pytest.mark.parametrize("per_scroll", [1, 3, 7, 100])
@pytest.mark.parametrize("scroll_type", ["sorted", "unsorted"])
async def test_iterate(tracker, per_scroll, scroll_type):
    made = [(await tracker.create_issue(f"Number {number}", "JUNE")).key for number in range(5)]

    issues = tracker.iter_issues(
        queue="JUNE", per_scroll=per_scroll, scroll_type=scroll_type, scroll_ttl_millis=1000, order="+key"
    )

    assert [issue.key async for issue in issues] == [world.ISSUE_WITH_FILES, world.ISSUE, *made]


async def test_iterate_over_everything(tracker):
    assert len([issue async for issue in tracker.iter_issues(per_scroll=2)]) == 3
    assert [issue async for issue in tracker.iter_issues({"queue": "NOPE"})] == []


@pytest.mark.parametrize("search", [{"queue": "JUNE"}, {"keys": world.ISSUE}])
async def test_no_scroll_through_queues_and_keys(tracker, rejected, search):
    with rejected(YaTrackerError) as caught:
        await tracker.find_issues(scroll_type="sorted", per_scroll=1, **search)
    assert '"statusCode":400' in str(caught.value)


async def test_comments(tracker, mock):
    issue = await tracker.get_issue(world.ISSUE)
    file_id = (await tracker.upload_temp_file(io.BytesIO(b"A note.\n"), "note.txt")).id

    first = await issue.post_comment("Первый", attachment_ids=[file_id])
    second = await tracker.post_comment(world.ISSUE, "Second", is_add_to_followers=False, summonees=["lead"])

    assert first.url == f"{mock.url}/v3/issues/{world.ISSUE}/comments/{first.id}"
    assert (first.text, first.version) == ("Первый", 1)
    assert first.created_by.display == world.AUTHOR
    # The issue asks by its id, not by its key.
    assert await issue.get_comments() == [first, second]
    assert await tracker.get_comments(world.ISSUE, expand="all") == [first, second]
    assert await tracker.get_comments(world.ISSUE, per_page=1) == [first]
    assert await tracker.get_comments(world.ISSUE, per_page=1, id_=first.id) == [second]
    (file,) = await tracker.get_attachments(world.ISSUE)
    assert file.id == file_id
    assert await tracker._client.request("GET", file.content) == b"A note.\n"


async def test_edit_a_comment(tracker):
    comment = await tracker.post_comment(world.ISSUE, "Old")
    file_id = (await tracker.upload_temp_file(io.BytesIO(b"A note.\n"), "note.txt")).id

    edited = await tracker.edit_comment(
        world.ISSUE, comment.id, "New", attachment_ids=[file_id], summonees=["lead"], markup_type="md"
    )

    assert (edited.id, edited.text, edited.version) == (comment.id, "New", 2)
    assert edited.updated_at >= comment.updated_at
    assert await tracker.get_comments(world.ISSUE) == [edited]
    assert [file.id for file in await tracker.get_attachments(world.ISSUE)] == [file_id]


async def test_delete_a_comment(tracker, rejected):
    assert await tracker.delete_comment(world.ISSUE_WITH_FILES, world.ITS_COMMENT) is True

    assert await tracker.get_comments(world.ISSUE_WITH_FILES) == []
    # Its file is gone with it, the issue's own is not.
    assert [file.id for file in await tracker.get_attachments(world.ISSUE_WITH_FILES)] == [world.ITS_FILE]
    with rejected(ObjectNotFoundError):
        await tracker.delete_comment(world.ISSUE_WITH_FILES, world.ITS_COMMENT)
    with rejected(ObjectNotFoundError):
        await tracker.edit_comment(world.ISSUE_WITH_FILES, world.ITS_COMMENT, "New")


async def test_a_comment_needs_a_text(tracker, rejected):
    with rejected(YaTrackerError) as caught:
        await tracker.post_comment(world.ISSUE, "")
    assert '"text"' in str(caught.value)


async def test_queues(tracker):
    queue = await tracker.get_queue("JUNE", expand="all")
    assert (queue.id, queue.key, queue.name, queue.lead.display) == ("1", "JUNE", "June", world.LEAD)
    assert (queue.default_type.key, queue.default_priority.key) == ("task", "normal")
    assert "bug" in [kind.key for kind in queue.issue_types]

    assert [queue.key for queue in await tracker.get_queues()] == ["JUNE", "TREK"]


async def test_an_unknown_queue(tracker, rejected):
    with rejected(ObjectNotFoundError):
        await tracker.get_queue("NOPE")


async def test_priorities(tracker):
    priorities = await tracker.get_priorities()

    assert [priority.key for priority in priorities] == ["trivial", "minor", "normal", "critical", "blocker"]
    assert all(priority.id and priority.name and priority.order for priority in priorities)


async def test_what_is_not_emulated(tracker, rejected):
    with rejected(ObjectNotFoundError):
        await tracker.get_remote_links(world.ISSUE)


@pytest.mark.parametrize("credentials", [{"token": "any-token"}, {"iam_token": "any-iam-token"}])
@pytest.mark.parametrize("version", ["v2", "v3"])
async def test_a_cloud_organisation(mock, org, trackers, tracker, credentials, version):
    cloud = YaTracker(cloud_org_id=org, api_host=mock.url, api_version=version, **credentials)
    trackers.append(cloud)

    made = await cloud.create_issue("New", "JUNE")

    assert made.url.startswith(f"{mock.url}/{version}/")
    assert (await tracker.get_issue(made.key)).id == made.id


@pytest.mark.parametrize(
    "credentials, error",
    [
        ({"token": "", "org_id": "any-org"}, NotAuthorizedError),
        ({"token": "any-token", "org_id": ""}, SufficientRightsError),
    ],
)
async def test_who_may_ask(mock, trackers, rejected, credentials, error):
    tracker = YaTracker(api_host=mock.url, **credentials)
    trackers.append(tracker)

    with rejected(error):
        await tracker.get_issue(world.ISSUE)


async def test_a_transition(tracker):
    transitions = await tracker.get_transitions(world.ISSUE)

    then = await tracker.execute_transition(transitions["close"], resolution="fixed")

    assert [transition.id for transition in then] == ["reopen"]
    assert (await tracker.get_issue(world.ISSUE)).status.key == "closed"
