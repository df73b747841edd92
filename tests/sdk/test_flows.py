"""What clients do around files, from the first request to the last, through both clients."""

import io
from datetime import datetime, timezone

import world
from yandex_tracker_client.exceptions import Conflict, NotFound, UnprocessableEntity
from yatracker.exceptions import AlreadyExistsError

CREATED = "2017-08-29T12:34:41.740+0000"
CHANGED = "2023-01-01T00:00:00.000+0000"
WRITTEN = "2019-02-03T04:05:06.000+0000"


def moment(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def test_a_transition(issue, refused):
    close = issue.transitions["close"]
    assert close.to.key == "closed"
    with refused(UnprocessableEntity):
        close.execute(resolution="none")
    close.execute(resolution="wontFix", comment="No")

    issue = issue.update()
    assert (issue.status.key, issue.resolution.key, issue.previousStatus.key) == ("closed", "wontFix", "open")
    assert [comment.text for comment in issue.comments] == ["No"]
    assert [transition.id for transition in issue.transitions] == ["reopen"]


def test_a_link(client, issue, refused):
    link = issue.links.create(relationship="is subtask for", issue=world.OTHER_ISSUE)
    assert (link.object.key, link.type.id) == (world.OTHER_ISSUE, "subtask")
    assert [other.object.key for other in client.issues[world.OTHER_ISSUE].links] == [world.ISSUE]
    with refused(Conflict):
        issue.links.create(relationship="is subtask for", issue=world.OTHER_ISSUE)

    issue.links[link.id].delete()
    assert list(issue.links) == []
    assert list(client.issues[world.OTHER_ISSUE].links) == []


def test_a_checklist(issue, refused):
    issue.add_checklist_item("First", checked=True, assignee="lead", url="https://example.com")
    issue.add_checklist_item("Second", deadline={"date": "2021-05-09T00:00:00.000+0000", "deadlineType": "date"})
    # Without `self` the client leaves them dictionaries.
    first, second = issue.checklist_items
    assert (first["text"], first["checked"], first["url"]) == ("First", True, "https://example.com")
    assert (second["checked"], second["deadline"]["isExceeded"]) == (False, True)
    assert (issue.update().checklistTotal, issue.checklistDone) == (2, 1)
    with refused(UnprocessableEntity):
        issue.add_checklist_item("Third", assignee="nobody")


def test_an_import(client, refused, note):
    body = {"queue": world.QUEUE, "summary": "Old", "createdAt": CREATED, "createdBy": "lead", "unique": "once"}
    issue = client.issues.import_object(updatedAt=CHANGED, updatedBy="lead", **body)
    assert (issue.createdAt, issue.updatedAt, issue.createdBy.display) == (CREATED, CHANGED, world.LEAD)
    # After the 409 the client looks the issue up.
    assert client.issues.import_object(**body).key == issue.key

    comment = issue.comments.import_object(text="Old words", createdAt=WRITTEN, createdBy="lead")
    assert (comment.text, comment.createdAt, comment.updatedAt) == ("Old words", WRITTEN, WRITTEN)
    file = issue.attachments.import_object(note, params={"createdAt": WRITTEN, "createdBy": "lead"})
    assert (file.name, file.createdAt, file.createdBy.display) == ("note.txt", WRITTEN, world.LEAD)
    assert [one.name for one in issue.attachments] == ["note.txt"]
    with refused(UnprocessableEntity):
        issue.comments.import_object(text="Too late", createdAt="2023-01-02T00:00:00.000+0000", createdBy="lead")
    assert issue.update().updatedAt == CHANGED


def test_the_changelog(issue, note):
    issue.update(summary="Other")
    issue.attachments.create(note)
    issue.comments.create(text="Words")
    issue.transitions["start_progress"].execute()

    kinds = [entry.type for entry in issue.changelog]
    assert kinds == [
        "IssueCreated",
        "IssueUpdated",
        "IssueAttachmentAdded",
        "IssueCommentAdded",
        "IssueWorkflow",
    ]
    updated = list(issue.changelog)[1]
    [change] = updated.fields
    assert (change["field"].id, change["from"], change["to"]) == ("summary", "Issue without files", "Other")
    [status] = issue.changelog.get_all(field="status", type="IssueWorkflow")
    assert status.updatedBy.display == world.AUTHOR


def test_what_other_clients_ask_for(client, refused):
    project = client.project.create(fields={"summary": "A summary alone"})
    assert project.entityType == "project"
    issue = client.issues.get(world.ISSUE_WITH_FILES, expand="comments")
    assert [comment.id for comment in issue.comments] == [world.ITS_COMMENT]
    with refused(NotFound):
        client.issues[world.ISSUE].links["99"].delete()


async def test_a_transition_of_yatracker(tracker):
    transitions = await tracker.get_transitions(world.ISSUE)
    left = await tracker.execute_transition(transitions["close"], resolution="fixed", comment="Done")
    assert [transition.id for transition in left] == ["reopen"]
    assert (await tracker.get_issue(world.ISSUE)).status.key == "closed"


async def test_links_of_yatracker(tracker, client, issue):
    issue.links.create(relationship="relates", issue=world.OTHER_ISSUE)
    [link] = await tracker.get_issue_links(world.ISSUE)
    assert link.object.key == world.OTHER_ISSUE


async def test_a_checklist_of_yatracker(tracker):
    deadline = datetime(2030, 1, 1, tzinfo=timezone.utc)
    await tracker.add_checklist_item(world.ISSUE, "First", assignee="lead", deadline=deadline)
    [item] = await tracker.get_checklist(world.ISSUE)
    assert (item.text, item.checked, item.assignee.login, item.deadline.date) == ("First", False, "lead", deadline)
    await tracker.edit_checklist_item(world.ISSUE, item.id, "Other", checked=True)
    [item] = await tracker.get_checklist(world.ISSUE)
    assert (item.text, item.checked, item.assignee.login) == ("Other", True, "lead")
    await tracker.delete_checklist_item(world.ISSUE, item.id)
    assert await tracker.get_checklist(world.ISSUE) == []


async def test_an_import_of_yatracker(tracker, rejected):
    issue = await tracker.import_issue(
        world.QUEUE, "Old", moment(CREATED), "lead", updated_at=moment(CHANGED), updated_by="lead", key="JUNE-50"
    )
    assert (issue.key, issue.created_at, issue.updated_at) == ("JUNE-50", moment(CREATED), moment(CHANGED))
    with rejected(AlreadyExistsError):
        await tracker.import_issue(world.QUEUE, "Old", moment(CREATED), "lead", key="JUNE-50")
    comment = await tracker.import_comment(issue.key, "Words", moment(WRITTEN), "lead")
    assert comment.text == "Words"
    for comment_id in (None, comment.id):
        file = await tracker.import_attachment(
            issue.key, io.BytesIO(b"old"), "old.txt", moment(WRITTEN), "lead", comment_id=comment_id
        )
        assert (file.name, file.size) == ("old.txt", 3)
